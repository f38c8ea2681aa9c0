"""The embedded lab on a kernel with VRF devices: the scenarios that use VRFs, from the command a user types."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from uml_guest import LONG, REPOSITORY, inside, needs_kernel, takes_minutes

pytestmark = [pytest.mark.uml, needs_kernel]

LABGEN = (sys.executable, "-c", "from labgen.cli.main import main; main()")


@pytest.mark.parametrize(
    ("scenario", "quick"), [("vrf-relay", ("acquire",)), ("evpn-redundant-server", ("acquire", "renew"))]
)
def test_every_check_passes_and_the_evidence_comes_out(
    scenario: str, quick: tuple[str, ...], tmp_path: Path
) -> None:
    """With all playbooks of the spec where there are minutes to spend."""
    books = [] if LONG in os.environ else [word for name in quick for word in ("--playbook", name)]
    place = ("-o", str(tmp_path / "lab"), "--format", "json")
    command = (*LABGEN, "run", scenario, "--kernel", "uml", *books, *place)
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    verdict = json.loads(done.stdout)
    assert verdict["verdict"] == "pass"
    assert verdict["ran"] == verdict["planned"] > 20
    assert verdict["provenance"]["vrfs"] == "kernel", "devices, not namespaces as on kernels without them"
    (run,) = (each for each in (tmp_path / "lab" / "runs").iterdir() if each.is_dir())
    assert json.loads((run / "verdict.json").read_text()) == verdict
    assert {"report.html", "raw", "captures"} <= {file.name for file in run.iterdir()}


def installed(place: Path) -> str:
    """labgen as other users can run it, from an environment made of the system's Python and this one's packages."""
    subprocess.run(("/usr/bin/python3", "-m", "venv", "--without-pip", str(place)), check=True)
    (site,) = place.glob("lib/python3*/site-packages")
    (site / "tested.pth").write_text("\n".join(filter(None, (str(REPOSITORY), *sys.path))))
    for name, module in (("labgen", "labgen.cli.main"), ("labgen-relay", "labgen.relay.main")):
        script = place / "bin" / name
        script.write_text(f"#!{place}/bin/python\nfrom {module} import main\nmain()\n")
        script.chmod(0o755)
    return str(place / "bin" / "labgen")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")
@takes_minutes
def test_an_ordinary_user_has_the_same_lab(tmp_path: Path) -> None:
    """Without root, and without namespaces of one's own."""
    home = Path("/tmp") / f"labgen-uml-user-{os.getpid()}"
    home.mkdir()
    os.chown(home, 65533, 65533)
    try:
        labgen = installed(home / "venv")
        become = ("setpriv", "--reuid=65533", "--regid=65533", "--clear-groups", "sh", "-c", 'exec "$0" "$@"')
        environment = {**os.environ, "HOME": str(home)}
        tried = (*become, labgen, "--version")
        if subprocess.run(tried, cwd=home, env=environment, capture_output=True, check=False).returncode:
            pytest.skip("labgen cannot be run by other users here")
        command = (
            *become,
            labgen,
            "run",
            "vrf-relay",
            "--kernel",
            "uml",
            "-o",
            str(home / "lab"),
            "--format",
            "json",
        )
        done = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        assert json.loads(done.stdout)["verdict"] == "pass"
    finally:
        subprocess.run(("rm", "-rf", str(home)), check=True)


@takes_minutes
def test_the_relay_serves_vrf_devices() -> None:
    """The relay's own tests of VRF devices, which this machine's kernel may not be able to run."""
    tests = sorted(str(file) for file in (REPOSITORY / "tests" / "relay").glob("test_relay_vrf_device*.py"))
    ended = inside(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests)
    assert ended.status == 0, ended.out[-4000:]
    assert " passed" in ended.out
    assert "skipped" not in ended.out
