"""labgen itself in a kernel of its own: what `labgen run --kernel uml` does."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import labgen
from labgen.lab import credentials
from labgen.lab.deadline import PATIENCE
from labgen.lab.uml import guest
from labgen.lab.uml.guest import Write

RUNS, BUNDLE = "runs", "bundle.html"
PASSED_ON = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TERM",
    "COLUMNS",
    "NO_COLOR",
    "FORCE_COLOR",
    "TZ",
    "USER",
    "SUDO_UID",
)
_ENTRY = "from labgen.cli.main import main; main()"


def run(arguments: Sequence[str], folder: Path, out: Write, err: Write, bundle: Path | None = None) -> int:
    """Run `labgen ARGUMENTS...` on a lab folder in a kernel of its own; the runs it adds to the folder, and the bundle if one is
    asked for, are there afterwards. Returns its exit status. Raises MissingToolError, LabStartError.
    """
    if bundle is not None:
        arguments = (*arguments, "--bundle", f"{guest.EXCHANGE}/{BUNDLE}")
    with guest.exchange() as place:
        command = guest.GuestCommand(
            (sys.executable, "-P", "-c", _ENTRY, *arguments), Path.cwd(), environment(), _bring_out(folder)
        )
        status = guest.run(command, place, out, err)
        _take_in(place.folder / RUNS, folder / RUNS)
        if bundle is not None and (place.folder / BUNDLE).exists():
            bundle.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(place.folder / BUNDLE, bundle)
    return status


def environment() -> dict[str, str]:
    """Variables that say how labgen is to work and to look. Inside, it is root that works, for whoever started this."""
    package = str(Path(labgen.__file__).resolve().parent.parent)
    paths = [package, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    own = {
        name: value
        for name, value in os.environ.items()
        if name.startswith("LABGEN_") and name != PATIENCE and not credentials.secret(name)
    }
    known = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    caller = {} if os.geteuid() == 0 else {"SUDO_UID": str(os.geteuid())}
    caller["XDG_RUNTIME_DIR"] = "/run"  # the caller's own is on this machine, and not root's
    return {**known, **own, **caller, "PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1"}


def _bring_out(folder: Path) -> str:
    """The shell command that copies runs younger than the start of this one into the exchange."""
    runs, target = shlex.quote(str(folder / RUNS)), f"{guest.EXCHANGE}/{RUNS}"
    fresh = f"find {runs} -mindepth 1 -maxdepth 1 -newer {guest.EXCHANGE}/command"
    return f"mkdir -p {target}; [ ! -d {runs} ] || {fresh} -exec cp -r '{{}}' {target}/ ';'"


def _take_in(found: Path, runs: Path) -> None:
    for each in sorted(found.iterdir()) if found.is_dir() else ():
        runs.mkdir(exist_ok=True)
        shutil.move(each, runs / each.name)
