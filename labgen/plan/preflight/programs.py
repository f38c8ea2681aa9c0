"""Preflight: programs of the user's own are there, on nodes that run one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from labgen.ground import processes
from labgen.ground.errors import Problem
from labgen.ground.vocabulary import Role
from labgen.ground.yamldoc import Place
from labgen.plan import programs
from labgen.plan.preflight.case import PreflightCase
from labgen.spec.program import ProgramSpec


def found(case: PreflightCase) -> Iterator[Problem]:
    """The command of each program is a file beside the spec or on PATH, and so is its configuration."""
    folder = case.loaded.source.file.parent
    for name, node in case.spec.nodes.items():
        if node.program is None:
            continue
        place: Place = ("nodes", name, "program")
        if node.device is not None:
            reason = f"node `{name}` has both a device and a program of its own"
            yield case.problem((*place[:2], "device"), reason, "keep one of them")
        yield from _command(case, (*place, "command"), node.program, folder)
        yield from _config(case, (*place, "config"), node.program, folder)
        relays = any(name in segment.routers and segment.relay for segment in case.spec.segments.values())
        if case.ledger.roles.get(name) is Role.SWITCH and not relays:
            reason = f"switch `{name}` relays for no segment, so it would never run the program"
            yield case.problem(
                place, reason, "put `program` under a client, a server or a switch that relays"
            )


def _command(case: PreflightCase, place: Place, program: ProgramSpec, folder: Path) -> Iterator[Problem]:
    first = program.command[0]
    path = folder / first
    if "{" in first:
        yield case.problem(place, f"`{first}` cannot be what is started", "begin the command with a program")
    elif "/" in first and not path.is_file():
        yield case.problem(place, f"there is no program {first}", "paths are looked up beside the spec")
    elif "/" in first and not path.stat().st_mode & 0o111:
        yield case.problem(
            place, f"{first} cannot be executed", f"say `chmod +x {first}`, or begin with its interpreter"
        )
    elif "/" not in first and not path.is_file() and processes.program(first) is None:
        yield case.problem(
            place,
            f"there is no program `{first}` on this machine",
            f"write `./{first}` for a file beside the spec",
        )
    for word in program.command[1:]:
        looks = Path(word).suffix in (".py", ".sh", ".pl", ".rb", ".js") and "{" not in word
        if looks and not (folder / word).is_file():
            yield case.problem(place, f"there is no file {word}", "files are looked up beside the spec")


def _config(case: PreflightCase, place: Place, program: ProgramSpec, folder: Path) -> Iterator[Problem]:
    try:
        programs.text(program, folder)
    except (OSError, UnicodeError, ValueError):
        reason = f"there is no text file {program.config} beside the spec"
        yield case.problem(place, reason, "name one that is there, or write its text after `config: |`")


def paths(case: PreflightCase) -> Iterator[Problem]:
    """A name with a slash in a device's place is a program that can be executed."""
    spec = case.spec
    named: list[tuple[Place, str]] = [
        *((("devices", role.value), name) for role, name in spec.devices.items()),
        *((("nodes", node, "device"), each.device) for node, each in spec.nodes.items() if each.device),
        *((("servers", name, "device"), each.device) for name, each in spec.servers.items() if each.device),
    ]
    folder = case.loaded.source.file.parent
    for place, device in named:
        if device == programs.DEVICE:
            reason = "`program` is a device only where it is said which"
            yield case.problem(
                place, reason, "write `nodes: {NAME: {program: {command: ./my-client}}}`, or a path"
            )
        elif programs.is_path(device):
            yield from _command(case, place, ProgramSpec(command=(device,)), folder)


CHECKS = (found, paths)
