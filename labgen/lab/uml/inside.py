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
        status = guest.run(command(arguments, bring_out(folder, guest.EXCHANGE)), place, out, err)
        take_out(place.folder, folder, bundle)
    return status


def command(arguments: Sequence[str], after: str) -> guest.GuestCommand:
    """`labgen ARGUMENTS...` in this folder, as it is run inside; then the shell command `after`."""
    return guest.GuestCommand(
        (sys.executable, "-P", "-c", _ENTRY, *arguments), Path.cwd(), environment(), after
    )


def take_out(exchanged: Path, folder: Path, bundle: Path | None) -> None:
    """Move what came out into a folder of the exchange to where it belongs: runs to the lab folder, and the bundle."""
    _take_in(exchanged / RUNS, folder / RUNS)
    if bundle is not None and (exchanged / BUNDLE).exists():
        bundle.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(exchanged / BUNDLE, bundle)


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


def bring_out(folder: Path, into: str) -> str:
    """The shell command that copies runs younger than the `command` in a folder of the exchange, as it is called inside, into it."""
    runs, target = shlex.quote(str(folder / RUNS)), f"{into}/{RUNS}"
    fresh = f"find {runs} -mindepth 1 -maxdepth 1 -newer {into}/command"
    return f"mkdir -p {target}; [ ! -d {runs} ] || {fresh} -exec cp -r '{{}}' {target}/ ';'"


def _take_in(found: Path, runs: Path) -> None:
    for each in sorted(found.iterdir()) if found.is_dir() else ():
        runs.mkdir(exist_ok=True)
        shutil.move(each, runs / each.name)
