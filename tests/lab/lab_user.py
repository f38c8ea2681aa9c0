"""An ordinary user of this machine, made for the tests and removed after them: with a home, and labgen installed there from its wheel."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
PYTHON = f"python3.{sys.version_info.minor}"


@dataclass(frozen=True)
class User:
    """Commands run as they do after a login: `labgen` is on the path."""

    name: str
    home: Path

    def run(self, command: str, seconds: float = 120.0) -> subprocess.CompletedProcess[str]:
        login = f"PATH={self.home}/venv/bin:$PATH; cd; {command}"
        return subprocess.run(
            ["su", "-", self.name, "-c", login],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds, check=False,
        )  # fmt: skip

    def write(self, name: str, text: str) -> Path:
        file = self.home / name
        file.write_text(text)
        shutil.chown(file, self.name)
        return file


def _why_not() -> str:
    if os.geteuid() != 0:
        return "the whole suite already runs as an ordinary user"
    for program, package in {"useradd": "passwd", "su": "util-linux", "newuidmap": "uidmap"}.items():
        if shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin") is None:
            return f"{program} is not installed (package {package})"
    return "" if _python() else f"an ordinary user has no {PYTHON} with venv here"


def _python() -> str | None:
    """A Python of this minor version that everybody may run."""
    own = Path(sys.base_prefix).resolve()
    readable = all(path.stat().st_mode & 0o001 for path in (own, *own.parents))
    found = str(own / "bin" / PYTHON) if readable else shutil.which(PYTHON, path="/usr/local/bin:/usr/bin")
    works = found and subprocess.run([found, "-c", "import ensurepip"], capture_output=True).returncode == 0
    return found if works else None


@pytest.fixture(scope="session")
def user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    """A user with a fresh home, and labgen in a virtual environment there."""
    if reason := _why_not():
        pytest.skip(reason)
    name = f"labgen{os.getpid()}"
    _do("useradd", "--create-home", "--shell", "/bin/bash", name)
    try:
        if name not in Path("/etc/subuid").read_text():
            _do("usermod", "--add-subuids", "400000-465535", "--add-subgids", "400000-465535", name)
        person = User(name, Path(f"~{name}").expanduser())
        _install(person, _wheel(tmp_path_factory.mktemp("wheel")))
        yield person
        person.run("labgen down --all")  # this user's labs: an account with processes cannot be removed
    finally:
        subprocess.run(["userdel", "--remove", name], capture_output=True, check=False)


def _do(*command: str, cwd: Path | None = None) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"{shlex.join(command)}: {done.stdout}{done.stderr}"


def _wheel(folder: Path) -> Path:
    _do(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), cwd=PROJECT)
    return next(folder.glob("*.whl"))


def _install(person: User, wheel: Path) -> None:
    """Install the wheel with pip, which finds its dependencies there already: copied from this environment, not fetched."""
    python = _python()
    assert python is not None
    _do(python, "-m", "venv", str(person.home / "venv"))
    target = next((person.home / "venv" / "lib").glob("python3*")) / "site-packages"
    for name in sorted(_dependencies("labgen")):
        _copy(name, target)
    pip = [str(person.home / "venv/bin/python"), "-m", "pip", "install", "--no-index", "--quiet"]
    _do(*pip, "--disable-pip-version-check", str(wheel))
    _do("chown", "-R", f"{person.name}:", str(person.home))


def _dependencies(name: str, known: frozenset[str] = frozenset()) -> frozenset[str]:
    """Distributions that one needs here, itself not among them unless something else needs it."""
    found = known
    for line in distribution(name).requires or ():
        needed = re.match(r"[A-Za-z0-9._-]+", line)
        if "extra ==" in line or needed is None or needed[0] in found:
            continue
        try:
            distribution(needed[0])
        except PackageNotFoundError:  # for another system or Python
            continue
        found = _dependencies(needed[0], found | {needed[0]})
    return found


def _copy(name: str, target: Path) -> None:
    for file in distribution(name).files or ():
        if ".." not in file.parts and "__pycache__" not in file.parts:
            place = target / file
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(str(file.locate()), place)
