"""What tests do in a kernel of their own, and where there is none to be had."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from labgen.ground.errors import MissingToolError
from labgen.ground.processes import search_path
from labgen.lab.uml import guest, kernel

REPOSITORY = Path(__file__).parents[2]
LONG = "LABGEN_TEST_VRF"
"""Set by `make test-vrf`: also what takes minutes."""


def missing() -> str:
    """Why no kernel can be started; empty where one can."""
    try:
        kernel.require()
        if not kernel.WIDE_STATE.isdisjoint(kernel.processor_flags()) and not kernel.compiler():
            return "needs a C compiler on this processor"
    except MissingToolError as error:
        return str(error)
    return ""


needs_kernel = pytest.mark.skipif(bool(missing()), reason=missing() or "there is one")
takes_minutes = pytest.mark.skipif(LONG not in os.environ, reason=f"takes minutes; {LONG} is not set")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command inside ended."""

    status: int
    out: str
    err: str


def inside(
    *argv: str,
    modules: tuple[str, ...] = kernel.MODULES,
    memory: int = guest.MEMORY,
    disks: tuple[str, ...] = (),
    **changes: str,
) -> Ended:
    """Run a command in a kernel of its own, in the repository's folder; `changes` are to the environment, where an empty value takes a
    variable out.
    """
    out, err = bytearray(), bytearray()
    known = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{search_path()}", **changes}
    environment = {name: value for name, value in known.items() if value}
    command = guest.GuestCommand(argv, REPOSITORY, environment)
    with guest.exchange() as place:
        status = guest.run(
            command, place, out.extend, err.extend, memory=memory, modules=modules, disks=disks
        )
    return Ended(status, out.decode(errors="replace"), err.decode(errors="replace"))
