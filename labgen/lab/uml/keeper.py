"""`python -m labgen.lab.uml.keeper` holds a kernel that stays after the command that started it.

It says the folder of its exchange, and lives until it is told to end, or until its standard input ends before it was told to `keep`
the kernel: whatever ends the command that starts a lab, nothing is left of it.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
from pathlib import Path

from labgen.ground import resources
from labgen.ground.errors import LabgenError
from labgen.lab.interrupts import signals_raise
from labgen.lab.uml import guest

KEEP = "keep\n"
ASKED = "asked"
_SERVE = "serve"


def main() -> None:
    """Hold a kernel until somebody ends this process."""
    with signals_raise(), guest.exchange() as place:
        (place.folder / ASKED).mkdir()
        shutil.copy(resources.templates() / "uml" / "serve.sh", place.folder / _SERVE)
        threading.Thread(target=_until_let_go, daemon=True).start()
        sys.stdout.write(f"{place.folder}\n")
        sys.stdout.flush()
        command = guest.GuestCommand(("sh", f"{guest.EXCHANGE}/{_SERVE}"), Path("/"), {"PATH": os.defpath})
        guest.run(command, place, _unheard, _unheard)


def _until_let_go() -> None:
    """End this process where whoever started it ended without a word."""
    if sys.stdin.readline() != KEEP:
        os.kill(os.getpid(), signal.SIGTERM)


def _unheard(text: bytes) -> None:
    """Leave a text unheard: who asks has streams of its own."""


if __name__ == "__main__":
    try:
        main()
    except LabgenError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
