"""Labs of an ordinary user: a real account in a home of its own, with labgen from its wheel, as somebody new tries it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from lab_user import User

DOCS = Path(__file__).resolve().parents[2] / "docs"
pytest_plugins = ["lab_fixtures", "lab_user"]
pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("can_run_labs")]


@pytest.fixture(scope="module")
def lab(user: User) -> Iterator[str]:
    """Folder, below the home, of a lab that the user runs."""
    done = user.run("labgen up evpn-redundant-server -o labs/mine")
    assert done.returncode == 0, done.stderr
    yield "labs/mine"
    assert user.run("labgen down labs/mine").returncode == 0


def test_doctor_says_ok_and_means_it(user: User) -> None:
    doctor = user.run("labgen doctor --format json")
    report = json.loads(doctor.stdout)
    assert (doctor.returncode, report["embedded"]) == (0, True)
    rights = [item["detail"] for item in report["items"] if item["area"] == "rights"]
    assert rights == ["as user namespace"]
    run = user.run("labgen run relay --playbook acquire")
    assert run.returncode == 0, run.stderr
    assert "PASS" in run.stdout and "Traceback" not in run.stderr


def test_flagship_runs_with_vrfs_and_leaves_nothing(user: User) -> None:
    done = user.run("labgen run evpn-redundant-server --playbook acquire --format json")
    assert done.returncode == 0, done.stderr
    verdict = json.loads(done.stdout)
    assert verdict["verdict"] == "pass" and verdict["planned"] == verdict["ran"] > 60
    assert "no lab is running" in user.run("labgen status").stderr


def test_processes_of_the_lab_belong_to_the_user(user: User, lab: str) -> None:
    status = json.loads(user.run(f"labgen status {lab} --format json").stdout)
    pid = status["labs"][0]["pid"]
    assert Path(f"/proc/{pid}").stat().st_uid == Path(user.home).stat().st_uid


def test_files_of_the_host_are_seen_but_not_changed(user: User, lab: str) -> None:
    """A node has an /etc of its own, filled with the host's: what is written there stays there."""
    before = Path("/etc/services").read_bytes()
    script = "echo mine >> /etc/services && tail -n 1 /etc/services; cat /etc/hostname"
    done = user.run(f"labgen exec --lab {lab} cl_a -- sh -c {script!r}")
    assert done.stdout.split() == ["mine", "cl_a"], done.stderr
    assert Path("/etc/services").read_bytes() == before


def test_another_user_does_not_reach_the_lab(user: User, lab: str) -> None:
    from labgen.ground.errors import LabNotUpError
    from labgen.lab import find

    with pytest.raises(LabNotUpError):
        find.find(user.home / lab)


def test_nornir_script_of_the_docs_works(user: User, lab: str) -> None:
    (script,) = re.findall(r"```python\n(.*?)```", (DOCS / "nornir.md").read_text(), re.DOTALL)
    user.write("script.py", script)
    done = user.run("venv/bin/python script.py")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("BGP router identifier") == 3
    assert re.search(r"eth1\S*\s+UP\s+10\.1\.", done.stdout)
    assert "Error" not in done.stdout + done.stderr


def test_piped_commands_run_in_a_node_and_connect_returns(user: User, lab: str) -> None:
    done = user.run(f"echo 'hostname; exit 4' | labgen connect --lab {lab} cl_a", seconds=20)
    assert (done.returncode, done.stdout) == (4, "cl_a\n"), done.stderr


def test_a_folder_of_somebody_else_is_refused_with_the_reason(user: User) -> None:
    done = user.run("labgen build relay -o /usr/lab")
    assert done.returncode == 3
    assert "/usr/lab: Permission denied" in done.stderr and "-o DIR" in done.stderr
    assert "Traceback" not in done.stderr
