"""Altered evidence: one thing changed in a stored run that passed, as if the network had behaved so."""

from __future__ import annotations

import json
import shutil
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from labgen.dhcp.model import Message, MessageType
from labgen.dhcp.options import Option, split_long
from labgen.dhcp.packet import Packet
from labgen.ground.labplan import LabPlan
from labgen.verify import captures
from labgen.verify.evidence import RUN_FILE, RunEvidence

HEADER, RECORD = 24, struct.Struct("=IIII")
ETHERNET, UDP = 14, 8
Json = Any


@dataclass(frozen=True)
class Mutant:
    """One change. `kind` groups mutants in the table; one of `named` has to stand in what catches it."""

    kind: str
    what: str
    named: tuple[str, ...]
    change: Callable[[RunCopy], None]


@dataclass
class Frame:
    """A captured frame. `seconds` and `nanoseconds` as the record has them."""

    seconds: int
    nanoseconds: int
    data: bytes

    @property
    def dhcp(self) -> int:
        """Where the UDP payload begins."""
        return ETHERNET + (self.data[ETHERNET] & 15) * 4 + UDP

    def later(self, seconds: float) -> Frame:
        total = self.seconds * 10**9 + self.nanoseconds + int(seconds * 10**9)
        return Frame(total // 10**9, total % 10**9, self.data)

    def carrying(self, payload: bytes) -> Frame:
        """The frame with another UDP payload; lengths follow, checksums do not."""
        head = bytearray(self.data[: self.dhcp])
        at = ETHERNET + (head[ETHERNET] & 15) * 4
        head[ETHERNET + 2 : ETHERNET + 4] = (len(head) - ETHERNET + len(payload)).to_bytes(2, "big")
        head[at + 4 : at + 6] = (UDP + len(payload)).to_bytes(2, "big")
        return Frame(self.seconds, self.nanoseconds, bytes(head) + payload)


class RunCopy:
    """A copy of a run's folder that may be changed."""

    def __init__(self, source: Path, target: Path) -> None:
        shutil.copytree(source, target)
        self.folder = target
        self.data: dict[str, Json] = json.loads((target / RUN_FILE).read_text())

    @property
    def plan(self) -> LabPlan:
        return RunEvidence.read(self.folder).plan

    def close(self) -> None:
        (self.folder / RUN_FILE).write_text(json.dumps(self.data))

    # --- captures ---

    def frames(self, name: str) -> list[Frame]:
        data = (self.folder / "captures" / name).read_bytes()
        at, found = HEADER, []
        while at + RECORD.size <= len(data):
            seconds, rest, length, _ = RECORD.unpack_from(data, at)
            at += RECORD.size
            found.append(Frame(seconds, rest, data[at : at + length]))
            at += length
        return found

    def write(self, name: str, frames: list[Frame], at: int = 0) -> None:
        """Replace a capture. Steps that had the frame `at` now have more of them, or fewer, by what was added or taken away."""
        file = self.folder / "captures" / name
        head, before = file.read_bytes()[:HEADER], len(self.frames(name))
        body = b"".join(
            RECORD.pack(f.seconds, f.nanoseconds, len(f.data), len(f.data)) + f.data for f in frames
        )
        file.write_bytes(head + body)
        for step in self.data["steps"]:
            if step["frames"].get(name, 0) >= at and name in step["frames"]:
                step["frames"][name] += len(frames) - before

    def edit(self, message: Message, change: Callable[[Frame], list[Frame]]) -> None:
        """Replace the frame of one sighting by others."""
        assert message.file is not None and message.frame is not None
        name = Path(message.file).name
        found = self.frames(name)
        at = message.frame - 1
        self.write(name, [*found[:at], *change(found[at]), *found[at + 1 :]], message.frame)

    def rewrite(self, messages: list[Message], change: Callable[[Packet], Packet]) -> None:
        """Change the packet wherever it was seen."""
        for message in messages:
            self.edit(message, lambda f: [f.carrying(change(Packet.decode(f.data[f.dhcp :])).encode())])

    # --- raw outputs ---

    def raw(self, node: str, probe: str) -> Path:
        step = self.data["steps"][-1]
        kept = next(k for k in step["files"] if (k["node"], k["probe"]) == (node, probe))
        return self.folder / str(kept["file"])

    def text(self, node: str, probe: str, change: Callable[[str], str]) -> None:
        """Change an answer of a node, in every step that has it."""
        file = self.raw(node, probe)
        new = change(file.read_text())
        file.write_text(new)
        for step in self.data["steps"]:
            for kept in step["files"]:
                if self.folder / kept["file"] == file:
                    kept["octets"] = len(new.encode())

    def table(self, node: str, probe: str, change: Callable[[Json], Json]) -> None:
        """Change a JSON answer."""
        self.text(node, probe, lambda text: json.dumps(change(json.loads(text))))

    def probes(self) -> set[tuple[str, str]]:
        return {(k["node"], k["probe"]) for k in self.data["steps"][-1]["files"]}


def messages(folder: Path) -> tuple[Message, ...]:
    """Every DHCP message in the captures of a run, as the judge reads them."""
    run = RunEvidence.read(folder)
    files = sorted((folder / "captures").glob("*.pcap"))
    return captures.read(files, folder, run.plan).messages


def with_option(code: int, value: bytes | None) -> Callable[[Packet], Packet]:
    """A packet with an option set to a value, or without it."""

    def change(packet: Packet) -> Packet:
        kept = [o for o in packet.options if o.code not in (code, 0)]
        more = split_long(code, value) if value is not None else []
        return replace(packet, options=(*kept, *more))

    return change


def with_sub_option(code: int, value: bytes | None) -> Callable[[Packet], Packet]:
    """A packet whose option 82 has a sub-option set to a value, or not at all."""

    def change(packet: Packet) -> Packet:
        octets = packet.option(82) or b""
        subs: list[tuple[int, bytes]] = []
        at = 0
        while at + 1 < len(octets):
            subs.append((octets[at], octets[at + 2 : at + 2 + octets[at + 1]]))
            at += 2 + octets[at + 1]
        kept = [(c, v) for c, v in subs if c != code] + ([(code, value)] if value is not None else [])
        data = b"".join(bytes((c, len(v))) + v for c, v in kept)
        options = [Option(82, data) if o.code == 82 else o for o in packet.options]
        return replace(packet, options=tuple(options))

    return change


def alike(known: tuple[Message, ...], message: Message) -> list[Message]:
    """All bare sightings of a packet: at its sender, on its way, at its receiver; the same frame of a file once."""

    def key(m: Message) -> tuple[object, ...]:
        return (m.type, m.xid, m.giaddr, m.yiaddr, m.server_id, m.src, m.dst, m.ciaddr)

    return [m for m in known if key(m) == key(message) and m.payload == message.payload and bare(m)]


def bare(message: Message) -> bool:
    """Not inside a tunnel: those frames are left as they are."""
    return message.role.value != "transit"


def replies(known: tuple[Message, ...], *kinds: MessageType) -> Iterator[Message]:
    return (m for m in known if m.type in kinds)
