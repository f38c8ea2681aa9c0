"""The plan of a lab folder, read back.

A lab folder may come from anybody: by mail, from a repository, from another user of this machine. What it holds is executed in nodes,
so its owner must be somebody who could execute it anyway, and what is read from it is held to what labgen writes.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from labgen.ground import jsonfile
from labgen.ground.errors import InputError, UsageError
from labgen.ground.labplan import LabPlan
from labgen.ground.plancheck import whole

PLAN = "plan.json"


def read_plan(folder: Path) -> LabPlan:
    """The plan of a built folder. InputError when there is none, or it is damaged; UsageError when it is somebody else's."""
    _refuse_strangers(folder)
    file = folder / PLAN
    try:
        return whole(LabPlan.from_json(jsonfile.octets(file)))
    except FileNotFoundError:
        raise InputError(
            f"{folder} is no lab folder (no {PLAN}); make one with `labgen build SPEC -o {folder}`"
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            f"{file} cannot be read: {_why(error)}; build it again with `labgen build`"
        ) from error


def _why(error: Exception) -> str:
    """In one line what is wrong, and where in the plan."""
    if isinstance(error, ValidationError):
        fault = error.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    return (
        (error.strerror if isinstance(error, OSError) else "")
        or str(error).partition(";")[0]
        or type(error).__name__
    )


def _refuse_strangers(folder: Path) -> None:
    trusted = {0, os.geteuid()}
    if os.geteuid() == 0 and (caller := os.environ.get("SUDO_UID", "")).isdecimal():
        trusted.add(int(caller))
    with suppress(OSError):
        for place in (folder, folder / PLAN):
            if (owner := place.stat().st_uid) not in trusted:
                raise UsageError(
                    f"{place} belongs to another user (uid {owner}), and what a lab folder holds is run; look through it, "
                    f"then make it yours: `cp -r --no-preserve=ownership {folder} NAME`"
                )
