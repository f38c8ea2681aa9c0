"""Captures of a run as messages, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import file_digest
from pathlib import Path

from labgen.dhcp import Message, Tap
from labgen.dhcp.capture import CaptureTally, read_capture
from labgen.dhcp.model import MessageRole
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.ground.vocabulary import Role
from labgen.verify import arp
from labgen.verify.arp import ArpClaim
from labgen.verify.echoes import CaptureFile

SUFFIX = ".pcap"
"""What the MAC address of an IPv4 virtual router begins with (RFC 5798 section 7.3)."""


@dataclass(frozen=True, slots=True)
class Captured:
    """The contents of captures. `frames` counts them by file; `nodes` are those with a capture, one without a frame counts; `problems`
    says by file what cannot be read; `claims` are what clients' wires say of addresses by ARP, where that was asked for; `files` are
    the captures themselves."""

    messages: tuple[Message, ...] = ()
    frames: Mapping[str, int] = field(default_factory=dict)
    nodes: frozenset[str] = frozenset()
    problems: Mapping[str, str] = field(default_factory=dict)
    claims: tuple[ArpClaim, ...] = ()
    files: tuple[CaptureFile, ...] = ()


@dataclass(frozen=True, slots=True)
class _Content:
    """The contents of a file, to the end of it, and what was read to know that."""

    digest: bytes
    tap: Tap
    messages: tuple[Message, ...]
    frames: int
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KnownCaptures:
    """The captures that were read before: they are looked at many times, and at most times nothing has come to most of them."""

    _contents: dict[Path, _Content] = field(default_factory=dict)

    def content(self, file: Path, folder: Path, own: Tap) -> _Content:
        """InputError when the file cannot be opened."""
        try:
            with file.open("rb") as stream:
                digest = file_digest(stream, "sha256").digest()
        except OSError:
            digest = b""  # the reader says why
        known = self._contents.get(file)
        if known is None or not digest or (known.digest, known.tap) != (digest, own):
            tally = CaptureTally()
            name = str(file.relative_to(folder))
            messages = tuple(
                m for m in read_capture(file, own, name=name, tally=tally) if not _overheard(m, own)
            )
            known = _Content(digest, own, messages, tally.frames, tuple(tally.problems))
            self._contents[file] = known
        return known


def read(
    files: Iterable[Path],
    folder: Path,
    plan: LabPlan,
    nodes: Collection[str] | None = None,
    limits: Mapping[str, int] | None = None,
    *,
    claims: bool = False,
    known: KnownCaptures | None = None,
) -> Captured:
    """DHCP in capture files, in order of time: everywhere, or at some `nodes` only. `limits` are frames to read by file
    name; those of later steps come after them. With `claims`, ARP on the clients' wires is read as well. What is `known` is not read again.
    """
    known = known or KnownCaptures()
    messages: list[Message] = []
    said: list[ArpClaim] = []
    own_files: list[CaptureFile] = []
    frames: dict[str, int] = {}
    problems: dict[str, str] = {}
    present: set[str] = set()
    for file in files:
        place = owner(file.stem, plan)
        if place is None or (limits is not None and file.name not in limits):
            continue
        node, interface = place
        present.add(node)
        if nodes is not None and node not in nodes:
            continue
        limit = None if limits is None else limits[file.name]
        content = known.content(file, folder, tap(plan.node(node), interface, plan.anycast_mac))
        messages += (m for m in content.messages if limit is None or (m.frame or 0) <= limit)
        if claims and plan.node(node).role is Role.CLIENT:
            said += arp.claims(file, node, str(file.relative_to(folder)), limit)
        own_files.append(CaptureFile(node, interface, file, str(file.relative_to(folder)), limit))
        frames[file.name] = content.frames if limit is None else min(content.frames, limit)
        if content.problems:
            problems[file.name] = "; ".join(content.problems)
        elif limit is not None and content.frames < limit:
            problems[file.name] = f"cut: {content.frames} of {limit} frames are left"
    ordered = sorted(messages, key=lambda message: message.time or 0.0)
    return Captured(tuple(ordered), frames, frozenset(present), problems, tuple(said), tuple(own_files))


def owner(stem: str, plan: LabPlan) -> tuple[str, str] | None:
    """Node and interface of a capture `<node>-<interface>`; names of nodes may hold hyphens. None for nobody's."""
    fits = [node.name for node in plan.nodes if stem.startswith(f"{node.name}-")]
    if not fits:
        return None
    node = max(fits, key=len)
    return node, stem[len(node) + 1 :]


def _overheard(message: Message, own: Tap) -> bool:
    """Another client's broadcast: a bystander on the segment is no witness."""
    return own.role is MessageRole.CLIENT and message.mac not in own.macs


def tap(node: NodePlan, interface: str, anycast_mac: str | None = None) -> Tap:
    """The node and role whose traffic a capture of the lab holds. `anycast_mac` is the lab's, for switches that have an anycast gateway."""
    roles = {Role.SERVER: MessageRole.SERVER, Role.CLIENT: MessageRole.CLIENT}
    role = roles.get(node.role, MessageRole.RELAY if node.relays or node.forwards else MessageRole.TRANSIT)
    addresses = {str(address) for address in node.addresses}
    addresses |= {str(port.anycast.ip) for port in node.interfaces if port.anycast}
    try:
        vrf: str | None = node.interface(interface).vrf
    except KeyError:
        vrf = None
    macs = {port.mac for port in node.interfaces} | {vrf.router_mac for vrf in node.vrfs if vrf.router_mac}
    macs |= set(_virtual(node, anycast_mac))
    return Tap(node.name, role, frozenset(macs), frozenset(addresses), interface, vrf)


def _virtual(node: NodePlan, anycast_mac: str | None) -> Iterator[str]:
    """MAC addresses a switch answers to beside those of its ports: hosts send there what goes to their gateway."""
    for port in node.interfaces:
        if port.anycast and anycast_mac:
            yield anycast_mac
        if port.vrrp:
            yield port.vrrp.mac
