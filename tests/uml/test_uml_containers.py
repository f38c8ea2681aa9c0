"""Labs in real containers on a kernel with VRF devices, by containerlab and by netlab: a Docker engine in a kernel of its own.

Needs what cannot be fetched here by itself: containerlab on PATH, netlab with Ansible in LABGEN_NETLAB or on PATH, and the image of
open nodes as `docker save` wrote it, in LABGEN_TEST_IMAGE.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from uml_guest import REPOSITORY, inside, needs_kernel, takes_minutes

from labgen.lab.uml import kernel

pytestmark = [pytest.mark.uml, needs_kernel, takes_minutes]
IMAGE = "LABGEN_TEST_IMAGE"
MODULES = (*kernel.MODULES, "br_netfilter", "ip_tables", "iptable_nat", "iptable_filter", "nf_tables")
PROGRAMS = {
    "containerlab": ("dockerd", "containerlab", "iptables-legacy", "mkfs.ext4"),
    "netlab": (
        "dockerd",
        "containerlab",
        "iptables-legacy",
        "mkfs.ext4",
        "netlab",
        "ansible-playbook",
        "sudo",
    ),
}
DISK, MEMORY = 12 << 30, 6144
"""Bytes of a sparse file, and MiB of memory."""


def path() -> str:
    own = [str(Path(program).parent) for program in os.environ.get("LABGEN_NETLAB", "").split(":") if program]
    return os.pathsep.join((*own, os.environ["PATH"], "/usr/sbin", "/sbin"))


@pytest.mark.parametrize(
    ("scenario", "provider"),
    [
        ("vrf-relay", "containerlab"),
        ("vrf-relay", "netlab"),
        ("evpn-relay", "containerlab"),
        ("evpn-relay", "netlab"),
    ],
)
def test_every_check_passes_in_containers_with_vrf_devices(
    scenario: str, provider: str, tmp_path: Path
) -> None:
    missing = [name for name in PROGRAMS[provider] if shutil.which(name, path=path()) is None]
    if missing or not os.environ.get(IMAGE):
        pytest.skip(f"needs {', '.join(missing) or IMAGE}")
    disk = tmp_path / "disk"
    with disk.open("wb") as file:
        file.truncate(DISK)
    subprocess.run((shutil.which("mkfs.ext4", path=path()) or "", "-q", "-F", str(disk)), check=True)
    run = (
        sys.executable,
        "-c",
        "from labgen.cli.main import main; main()",
        "run",
        scenario,
        "--provider",
        provider,
    )
    ended = inside(
        str(REPOSITORY / "tests" / "uml" / "containers.sh"), os.environ[IMAGE], *run, "-o", "/var/tmp/lab",
        modules=MODULES, memory=MEMORY, disks=(f"ubda={disk}",), PATH=path(), DOCKER_HOST="",
    )  # fmt: skip
    assert ended.status == 0, ended.err[-4000:] + ended.out[-4000:]
    assert "PASS" in ended.out.splitlines()[-1]
