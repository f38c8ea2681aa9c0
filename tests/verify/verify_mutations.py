"""Everything that is altered in stored evidence, kind by kind."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

from verify_mutants import (
    Frame,
    Mutant,
    RunCopy,
    alike,
    messages,
    with_option,
    with_sub_option,
)
from verify_table_mutants import fabric, tables

from labgen.dhcp.model import Direction, Message, MessageRole, MessageType
from labgen.dhcp.packet import Packet
from labgen.ground.labplan import LabPlan
from labgen.verify import groups
from labgen.verify.evidence import RunEvidence

TX, RX = Direction.TX, Direction.RX

ELSEWHERE = IPv4Address("203.0.113.66")

OTHER = ELSEWHERE.packed

GRANTS = (MessageType.OFFER, MessageType.ACK)


def mutants(folder: Path) -> Iterator[Mutant]:
    """All mutants of a run that passed."""
    plan, known = RunEvidence.read(folder).plan, messages(folder)
    yield from _legs(plan, known)
    yield from _requests(plan, known)
    yield from _replies(plan, known)
    yield from _rogues(known)
    yield from tables(folder, plan)
    yield from fabric(folder, plan)
    yield from _files(folder, plan)
    yield from _run(plan)
    yield from _after_faults(folder, plan, known)


AFTER = "after a fault: "
BROKEN = frozenset({"server-failure/failure", "relay-failure/failure", "gateway-failure/failure", "bond-failure/member",
                    "bond-failure/switch", "link-flap/renew"})  # fmt: skip
"""Steps in which clients do with something that was broken, or was for a moment."""


def _after_faults(folder: Path, plan: LabPlan, known: tuple[Message, ...]) -> Iterator[Mutant]:
    """What the watched client and those it asks say to each other once something was broken."""
    for step in RunEvidence.read(folder).steps:
        if f"{step.playbook}/{step.step}" not in BROKEN:
            continue
        bonded = groups.candidates("bonded", plan) if step.playbook == "bond-failure" else ()
        mac = bonded[0].client_mac if bonded else groups.focus_mac(plan)
        own = tuple(m for m in known if m.mac == mac and step.acted <= (m.time or 0.0) <= step.at)
        for made in (*_legs(plan, own), *_requests(plan, own), *_replies(plan, own)):
            yield replace(made, kind=f"{AFTER}{made.kind}", what=f"{step.playbook}: {made.what}")


def _own(known: tuple[Message, ...], role: MessageRole, direction: Direction) -> Iterator[Message]:
    """One sighting of each packet at nodes of a role: the last port it passed there."""
    found: dict[tuple[object, ...], Message] = {}
    for m in known:
        if m.role is role and m.direction is direction:
            found[m.node, m.type, m.xid, m.giaddr, m.dst, m.yiaddr, m.server_id] = m
    yield from found.values()


def _legs(plan: LabPlan, known: tuple[Message, ...]) -> Iterator[Mutant]:
    """One leg dropped or doubled, everything before and after it as it was."""
    for role in (MessageRole.CLIENT, MessageRole.RELAY, MessageRole.SERVER):
        for direction in (TX, RX):
            for m in _own(known, role, direction):
                same = [
                    o
                    for o in known
                    if (o.node, o.role, o.direction, o.type, o.xid, o.giaddr, o.yiaddr, o.server_id, o.dst)
                    == (m.node, m.role, m.direction, m.type, m.xid, m.giaddr, m.yiaddr, m.server_id, m.dst)
                ]
                what = f"{m.type.value} {direction.value} at {m.node} (giaddr {m.giaddr})"
                yield Mutant(f"leg dropped: {role.value} {direction.value}", what, (m.node,), _dropped(same))
                if role is MessageRole.SERVER and direction is RX and not m.type.is_reply:
                    yield Mutant("leg doubled", what, (m.node,), _doubled(m))


def _dropped(same: list[Message]) -> Callable[[RunCopy], None]:
    def change(run: RunCopy) -> None:
        for m in sorted(same, key=lambda m: -(m.frame or 0)):
            run.edit(m, lambda frame: [])

    return change


def _doubled(m: Message) -> Callable[[RunCopy], None]:
    def change(run: RunCopy) -> None:
        run.edit(m, lambda frame: [frame, frame.later(0.0002)])

    return change


def _changed(same: list[Message], how: Callable[[Packet], Packet]) -> Callable[[RunCopy], None]:
    return lambda run: run.rewrite(same, how)


def _requests(plan: LabPlan, known: tuple[Message, ...]) -> Iterator[Mutant]:
    """What relays put on the wire towards servers, altered wherever it was seen."""
    ways: dict[str, Callable[[Packet], Packet]] = {
        "giaddr": lambda p: replace(p, giaddr=ELSEWHERE),
        "hops": lambda p: replace(p, hops=p.hops + 3),
        "ciaddr": lambda p: replace(p, ciaddr=ELSEWHERE),
        "flags": lambda p: replace(p, flags=p.flags ^ 0x8000),
        "client identifier": with_option(61, b"\x01\x02\x03\x04"),
        "parameter list": with_option(55, b"\x01"),
        "host name": with_option(12, b"somebody-else"),
        "option 82 removed": with_option(82, None),
        "circuit-id": with_sub_option(1, b"Ethernet99"),
        "link selection": with_sub_option(5, OTHER),
        "server identifier override": with_sub_option(11, OTHER),
        "VSS": with_sub_option(151, b"\x00stranger"),
        "circuit-id removed": with_sub_option(1, None),
        "link selection removed": with_sub_option(5, None),
        "override removed": with_sub_option(11, None),
    }
    for m in _own(known, MessageRole.SERVER, RX):
        if m.giaddr is None or m.type.is_reply or m.payload is None:
            continue
        relay = next((n.name for n in plan.nodes for r in n.relays if str(r.giaddr) == m.giaddr), m.giaddr)
        packet = Packet.decode(m.payload)
        for name, how in ways.items():
            if how(packet).encode() == packet.encode() or (
                packet.option(82) is None and "82" not in name and name in _SUBS
            ):
                continue
            what = f"{name} of {m.type.value} through {relay} to {m.node}"
            yield Mutant(f"request: {name}", what, (relay, m.node, m.giaddr), _changed(alike(known, m), how))


_SUBS = frozenset(
    {"circuit-id", "link selection", "server identifier override", "VSS", "circuit-id removed", "link selection removed",
     "override removed"}
)  # fmt: skip


def _replies(plan: LabPlan, known: tuple[Message, ...]) -> Iterator[Mutant]:
    """What servers answer, altered from the server to the client."""
    ways: dict[str, tuple[Callable[[Packet], Packet], tuple[MessageType, ...]]] = {
        "server identifier": (with_option(54, OTHER), GRANTS),
        "yiaddr": (lambda p: replace(p, yiaddr=ELSEWHERE), GRANTS),
        "yiaddr of a node": (lambda p: replace(p, yiaddr=IPv4Address("172.16.0.1")), (MessageType.ACK,)),
        "mask": (with_option(1, b"\xff\xff\x00\x00"), (MessageType.ACK,)),
        "mask removed": (with_option(1, None), (MessageType.ACK,)),
        "router": (with_option(3, OTHER), (MessageType.ACK,)),
        "router removed": (with_option(3, None), (MessageType.ACK,)),
        "DNS added": (with_option(6, OTHER), (MessageType.ACK,)),
        "domain added": (with_option(15, b"evil.example"), (MessageType.ACK,)),
        "lease time": (with_option(51, (77).to_bytes(4, "big")), (MessageType.ACK,)),
        "T1": (with_option(58, (1).to_bytes(4, "big")), (MessageType.ACK,)),
        "T2": (with_option(59, (2).to_bytes(4, "big")), (MessageType.ACK,)),
        "static routes added": (with_option(121, b"\x00" + OTHER), (MessageType.ACK,)),
        "interface MTU added": (with_option(26, (576).to_bytes(2, "big")), (MessageType.ACK,)),
        "time servers added": (with_option(42, OTHER), (MessageType.ACK,)),
        "proxy configuration added": (with_option(252, b"http://evil.example/wpad"), (MessageType.ACK,)),
        "TFTP server added": (with_option(150, OTHER), (MessageType.ACK,)),
        "next server": (lambda p: replace(p, siaddr=ELSEWHERE), (MessageType.ACK,)),
        "boot file": (lambda p: replace(p, file=b"x.efi".ljust(128, b"\0")), (MessageType.ACK,)),
        "flags": (lambda p: replace(p, flags=p.flags ^ 0x8000), GRANTS),
    }
    for m in known:
        if m.role is not MessageRole.CLIENT or m.direction is not RX or m.type not in GRANTS:
            continue
        same = [
            o for o in known
            if (o.type, o.xid, o.yiaddr, o.server_id) == (m.type, m.xid, m.yiaddr, m.server_id) and o.role is not MessageRole.TRANSIT
        ]  # fmt: skip
        for name, (how, kinds) in ways.items():
            if m.type in kinds:
                what = f"{name} in the {m.type.value} of {m.yiaddr} to {m.node}"
                yield Mutant(f"reply: {name}", what, (m.node,), _changed(same, how))
        at_client = [m]
        yield Mutant("reply to the client: option 82 left in", f"{m.type.value} to {m.node}", (m.node,),
                     _changed(at_client, with_option(82, b"\x01\x01x")))  # fmt: skip
        yield Mutant("reply to the client: router", f"{m.type.value} to {m.node}", (m.node,),
                     _changed(_relay_copy(known, m), with_option(3, OTHER)))  # fmt: skip
    for m in _own(known, MessageRole.SERVER, TX):
        if m.giaddr is not None and m.type in GRANTS:
            what = f"{m.type.value} of {m.node} to {m.giaddr}"
            yield Mutant(
                "server: option 82 not echoed", what, (m.node,), _changed([m], with_option(82, b"\x01\x01x"))
            )
            yield Mutant("server: sent elsewhere", what, (m.node,), _readdressed(m))


def _relay_copy(known: tuple[Message, ...], m: Message) -> list[Message]:
    """A reply from the relay on: there, and at the client."""
    return [
        o for o in known
        if (o.type, o.xid, o.yiaddr, o.server_id) == (m.type, m.xid, m.yiaddr, m.server_id)
        and (o.role is MessageRole.CLIENT or (o.role is MessageRole.RELAY and o.direction is TX))
    ]  # fmt: skip


def _readdressed(m: Message) -> Callable[[RunCopy], None]:
    def elsewhere(frame: Frame) -> list[Frame]:
        return [Frame(frame.seconds, frame.nanoseconds, frame.data[:30] + OTHER + frame.data[34:])]

    return lambda run: run.edit(m, elsewhere)


def _rogues(known: tuple[Message, ...]) -> Iterator[Mutant]:
    """Somebody else answers, too."""
    for m in known:
        if m.role is MessageRole.CLIENT and m.direction is RX and m.type in GRANTS:

            def strange(p: Packet) -> Packet:
                return replace(with_option(54, OTHER)(p), yiaddr=IPv4Address("172.16.0.99"))

            def change(run: RunCopy, m: Message = m) -> None:
                run.edit(
                    m,
                    lambda f: [
                        f,
                        f.later(0.0003).carrying(strange(Packet.decode(f.data[f.dhcp :])).encode()),
                    ],
                )

            yield Mutant(
                "another server answers", f"{m.type.value} to {m.node}", (m.node, str(ELSEWHERE)), change
            )


def _files(folder: Path, plan: LabPlan) -> Iterator[Mutant]:
    """Evidence that is not whole, or somebody else's."""
    run = RunEvidence.read(folder)
    involved = {n.name for n in plan.nodes if n.client or n.server or n.relays}
    names = sorted(file.name for file in (folder / "captures").glob("*.pcap"))
    sizes = {name: (folder / "captures" / name).stat().st_size for name in names}
    for name in names:
        node = max((n.name for n in plan.nodes if name.startswith(f"{n.name}-")), key=len)
        if node not in involved:
            continue

        def remove(copy: RunCopy, name: str = name) -> None:
            (copy.folder / "captures" / name).unlink()

        def cut(copy: RunCopy, name: str = name) -> None:
            file = copy.folder / "captures" / name
            file.write_bytes(file.read_bytes()[: max(30, sizes[name] // 2)])

        def empty(copy: RunCopy, name: str = name) -> None:
            (copy.folder / "captures" / name).write_bytes(b"")

        yield Mutant("capture missing", name, (node,), remove)
        if sizes[name] > 200:
            yield Mutant("capture cut", name, (node,), cut)
            yield Mutant("capture empty", name, (node,), empty)
    clients = [n for n in names if any(n.startswith(f"{c.name}-") for c in plan.nodes if c.client)]
    for one, two in itertools.pairwise(clients):
        yield Mutant(
            "capture of another node",
            f"{one} is {two}",
            tuple(n.partition("-eth")[0] for n in (one, two)),
            _swapped(one, two),
        )
    for kept in run.steps[-1].files:
        if kept.octets < 3 or kept.probe.startswith("kea-leases4"):
            continue

        def shorter(copy: RunCopy, file: str = kept.file, octets: int = kept.octets) -> None:
            target = copy.folder / file
            target.write_bytes(target.read_bytes()[: octets // 2])

        yield Mutant("answer cut", kept.file, (kept.node,), shorter)


def _swapped(one: str, two: str) -> Callable[[RunCopy], None]:
    def change(copy: RunCopy) -> None:
        frames = copy.frames(two)
        copy.write(one, frames)

    return change


def _run(plan: LabPlan) -> Iterator[Mutant]:
    """What the run says of itself."""

    def lost(copy: RunCopy) -> None:
        copy.data["steps"][-1]["lost"] = 90874

    yield Mutant("frames lost", "90874 frames", ("90874",), lost)
    for node in plan.nodes:
        if node.client or node.server or node.relays:

            def gone(copy: RunCopy, name: str = node.name) -> None:
                copy.data["steps"][-1]["unreachable"][name] = "connection refused"

            yield Mutant("node unreachable", node.name, (node.name,), gone)
