"""The container image of labgen: built from its Dockerfile, and a lab run in it, as root and without.

Needs a Docker engine. LABGEN_TEST_BASE names a Debian 12 image to build on where no registry is reachable.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
IMAGE = "labgen-test"
BASE = os.environ.get("LABGEN_TEST_BASE", "")
OPEN = ("seccomp=unconfined", "apparmor=unconfined", "systempaths=unconfined")
"""What the Dockerfile's head asks for: user namespaces, and a /proc in them."""


def docker(*arguments: str, timeout: int = 1800) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DOCKER_BUILDKIT": "0"}
    return subprocess.run(
        ("docker", *arguments), capture_output=True, text=True, timeout=timeout, check=False, env=environment
    )


def engine() -> bool:
    return shutil.which("docker") is not None and docker("version", timeout=60).returncode == 0


pytestmark = [pytest.mark.docker, pytest.mark.skipif(not engine(), reason="needs a Docker engine")]


@pytest.fixture(scope="module")
def image() -> Iterator[str]:
    """The image, built from this tree; gone afterwards."""
    base = ("--build-arg", f"BASE={BASE}") if BASE else ()
    built = docker("build", "-f", str(ROOT / "docker" / "Dockerfile"), *base, "-t", IMAGE, str(ROOT))
    assert built.returncode == 0, built.stdout[-2000:] + built.stderr[-2000:]
    yield IMAGE
    docker("image", "rm", "-f", "--no-prune", IMAGE)


def lab(image: str, folder: Path, scenario: str, *options: str) -> dict[str, object]:
    """The verdict of a scenario, run in a container."""
    folder.chmod(0o777)
    secured = [word for each in OPEN for word in ("--security-opt", each)]
    run = ("run", scenario, "--quick", "--format", "json", "-o", "/work/lab")
    done = docker("run", "--rm", *secured, *options, "-v", f"{folder}:/work", image, *run, timeout=600)
    assert done.returncode == 0, done.stderr[-2000:] + done.stdout[-2000:]
    return dict(json.loads(done.stdout))


def test_a_lab_passes_without_root_and_with_no_capability_beyond_the_usual(
    image: str, tmp_path: Path
) -> None:
    verdict = lab(image, tmp_path, "relay", "--user", "labgen", "--cap-drop", "SYS_RESOURCE")
    assert (verdict["verdict"], verdict["ran"]) == ("pass", verdict["planned"])
    assert (tmp_path / "lab" / "plan.json").stat().st_uid == 1000


def test_an_evpn_fabric_passes_without_root(image: str, tmp_path: Path) -> None:
    """`vtysh` asks for no account, which PAM would look for in a file that is not the user's."""
    verdict = lab(image, tmp_path, "evpn-redundant-server", "--user", "labgen", "--cap-drop", "SYS_RESOURCE")
    assert (verdict["verdict"], verdict["ran"]) == ("pass", verdict["planned"])


def test_an_evpn_fabric_passes_as_root_of_the_container(image: str, tmp_path: Path) -> None:
    verdict = lab(image, tmp_path, "evpn-redundant-server", "--cap-add", "ALL", "--cap-drop", "SYS_RESOURCE")
    assert (verdict["verdict"], verdict["ran"]) == ("pass", verdict["planned"])


def test_the_programs_that_map_users_are_not_roots(image: str) -> None:
    """As root's they would need a capability that Docker does not give."""
    listed = docker(
        "run", "--rm", "--entrypoint", "stat", image, "-c", "%A", "/usr/bin/newuidmap", "/usr/bin/newgidmap"
    )
    assert listed.stdout.split() == ["-rwxr-xr-x", "-rwxr-xr-x"]


def test_the_build_leaves_no_setting_that_keeps_services_from_starting(image: str) -> None:
    assert docker("run", "--rm", "--entrypoint", "test", image, "-e", "/usr/sbin/policy-rc.d").returncode == 1
