"""`python -m labgen.lab.uml COMMAND...` runs a command in a kernel of its own; its exit status is passed on."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from labgen.ground.errors import LabgenError
from labgen.lab.uml import guest


def main() -> int:
    """Run the command of the arguments in a kernel of its own; its exit status."""
    with guest.exchange() as place:
        command = guest.GuestCommand(tuple(sys.argv[1:]), Path.cwd(), dict(os.environ))
        return guest.run(command, place, sys.stdout.buffer.write, sys.stderr.buffer.write)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except LabgenError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
