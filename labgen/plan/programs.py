"""Programs of the user's own: what each node runs, with everything filled in."""

from __future__ import annotations

from pathlib import Path

from labgen.devices.program.device import CONFIG
from labgen.ground.labplan import NodePlan
from labgen.ground.planned_program import ProgramPlan
from labgen.ground.vocabulary import Role
from labgen.spec.program import STDOUT, ProgramSpec

DEVICE = "program"
ARGUMENTS = {
    Role.CLIENT: ("{interface}",),
    Role.SERVER: ("{interfaces}",),
    Role.SWITCH: ("{interfaces}", "{servers}"),
}
"""What a program that is named in a device's place is started with."""


def is_path(device: str) -> bool:
    """True if what stands in a device's place is a program: no device has a slash in its name."""
    return "/" in device


def from_path(device: str, role: Role) -> ProgramSpec:
    """The program that a path in a device's place means."""
    return ProgramSpec(command=(device, *ARGUMENTS[role]))


def planned(program: ProgramSpec, node: NodePlan, folder: Path) -> ProgramPlan:
    """The command of a node. Words that are files in `folder` become their paths."""
    filled = _placeholders(node)
    words = [_file(word, folder) for word in program.command]
    for name, value in filled.items():
        words = [word.replace(f"{{{name}}}", value) for word in words]
    found = text(program, folder)
    return ProgramPlan(
        argv=tuple(words),
        config=None if found is None else found.encode("unicode_escape").decode("ascii"),
        ready=program.ready or "",
        log="" if program.log == STDOUT else program.log,
    )


def text(program: ProgramSpec, folder: Path) -> str | None:
    """The text of its configuration file: a file beside the spec, or what the spec says itself. OSError, UnicodeError where that file
    cannot be read."""
    if program.config is None:
        return None
    file = folder / program.config
    inline = "\n" in program.config or " " in program.config.strip()
    return program.config if inline else file.read_text(encoding="utf-8")


def _file(word: str, folder: Path) -> str:
    """A file beside the spec by its path; what is on PATH, and every other word, as it stands."""
    found = folder / word
    return str(found.resolve()) if "{" not in word and found.is_file() else word


def _placeholders(node: NodePlan) -> dict[str, str]:
    sides = [*node.relays, *node.forwards]
    ports = [port.linux for port in node.interfaces if port.kind in ("p2p", "lan", "svi")]
    if node.role is Role.SWITCH:
        ports = list(dict.fromkeys(side.linux for side in sides))
    servers = dict.fromkeys(str(address) for side in sides for address, _ in side.asks)
    return {
        "interface": node.client.linux if node.client else (ports[0] if ports else ""),
        "interfaces": ",".join(ports),
        "name": node.name,
        "config": CONFIG,
        "address": str(node.server.address) if node.server else "",
        "giaddr": str(node.relays[0].giaddr) if node.relays else "",
        "servers": ",".join(servers),
    }
