"""Wires with a fault: every frame goes through a process that loses, delays, doubles or alters it, in either direction.

The kernel's netem does the first three, where it is built in; labs run on kernels without it, and no kernel alters a DHCP reply.
Both ends of such a wire are veth pairs into the lab's own namespace, and this process is the cable between them. What is lost
is chosen by a generator that the wire's name seeds: a lab behaves alike each time.
"""

from __future__ import annotations

import heapq
import os
import random
import select
import signal
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from ipaddress import ip_address, ip_network
from typing import NoReturn

from labgen.lab.embedded import syscalls as sc
from labgen.lab.embedded.blueprint import Impairment
from labgen.lab.embedded.bond import Bond
from labgen.lab.embedded.carrier import CarrierWatch
from labgen.lab.embedded.replies import altered, is_reply

_ETH_P_ALL = 3
_SOL_PACKET, _IGNORE_OUTGOING = 263, 23
_ETHERNET, _IPV4 = 14, 0x0800
_LOCAL_MULTICAST = 0xE00000
"""224.0.0.0/24, which routers do not forward (RFC 5771), without its last octet."""
_LONGEST = 1 << 16
_BATCH = 256

Net = tuple[int, int]
"""Network address and mask, as numbers."""


@dataclass(frozen=True, slots=True)
class Cable:
    """An impaired wire: names of its two ports in the lab's namespace, and what is wrong with it."""

    ports: tuple[str, str]
    impairment: Impairment


@dataclass(frozen=True, slots=True)
class BondCables:
    """A bond: the lab's port of its node, and the wires from there to each of its switches."""

    port: str
    members: tuple[Cable, ...]


@dataclass(slots=True)
class ImpairedDirection:
    """Frames from one port to the other. `alters`: the node they come from is the server whose replies are wrong; `bond` and
    `member`: the wire carries frames only while it is the bond's active one.
    """

    source: socket.socket
    target: socket.socket
    impairment: Impairment
    alters: bool
    chance: random.Random
    nets: tuple[Net, ...]
    spared: frozenset[int]
    bond: Bond | None = None
    member: str = ""
    of_node: bool = False

    @property
    def open(self) -> bool:
        """True if it carries frames now."""
        return self.bond is None or self.bond.active == self.member

    def copies(self, frame: bytes) -> list[bytes]:
        """The copies of a frame that arrive: none, one or two."""
        wrong = self.impairment
        if wrong.mtu and len(frame) > wrong.mtu + _ETHERNET:
            return []
        if self.nets and _falls(frame, self.nets, self.spared):
            return []
        if wrong.loss and self.chance.random() * 100 < wrong.loss:
            return []
        if self.alters and is_reply(frame):
            changed = altered(frame, wrong.reply)
            if changed is None:
                return []
            frame = changed
        twice = wrong.duplicate and self.chance.random() * 100 < wrong.duplicate
        return [frame, frame] if twice else [frame]


def _falls(frame: bytes, nets: Sequence[Net], spared: frozenset[int]) -> bool:
    """True if a frame goes into a black hole: IPv4 packets to its prefixes do, unless they are for the ends of the link itself. What
    routing protocols send to their neighbors (224.0.0.0/24) and what is no IPv4 gets through: that is why nobody routes around it.
    """
    if len(frame) < _ETHERNET + 20 or int.from_bytes(frame[12:14], "big") != _IPV4:
        return False
    destination = int.from_bytes(frame[_ETHERNET + 16 : _ETHERNET + 20], "big")
    if destination in spared or destination >> 8 == _LOCAL_MULTICAST:
        return False
    return any(destination & mask == network for network, mask in nets)


@dataclass(slots=True)
class ReplyExchange:
    """The process: reads every port, sends at once or later."""

    directions: dict[int, tuple[ImpairedDirection, ...]]
    """by the descriptor they read from: a bond's port has one for each member"""
    watch: CarrierWatch
    later: list[tuple[float, int, socket.socket, bytes]] = field(default_factory=list)
    number: int = 0
    bonds: tuple[Bond, ...] = ()

    def run(self) -> None:
        """Carry frames for ever."""
        poller = select.poll()
        for fd in (*self.directions, self.watch.socket.fileno()):
            poller.register(fd, select.POLLIN)
        self.watch.begin()
        while True:
            for fd, _ in poller.poll(self._patience()):
                if fd in self.directions:
                    self._carry(self.directions[fd])
                else:
                    self.watch.read()
            self._due()

    def _patience(self) -> float | None:
        """Milliseconds until the next delayed frame, or announcement of a bond, is due."""
        moments = [bond.due[0] for bond in self.bonds if bond.due]
        moments += [self.later[0][0]] if self.later else []
        return max((min(moments) - time.monotonic()) * 1000, 0.0) if moments else None

    def _carry(self, directions: tuple[ImpairedDirection, ...]) -> None:
        for _ in range(_BATCH):
            try:
                frame = directions[0].source.recv(_LONGEST)
            except (BlockingIOError, OSError):  # a port that goes down reports ENETDOWN once
                return
            for direction in directions:
                if direction.open:
                    self._pass(direction, frame)

    def _pass(self, direction: ImpairedDirection, frame: bytes) -> None:
        if direction.bond is not None and direction.of_node:
            direction.bond.note(frame)
        for copy in direction.copies(frame):
            self._send(direction, copy)

    def _send(self, direction: ImpairedDirection, frame: bytes) -> None:
        delay = direction.impairment.delay / 1000
        if delay:
            self.number += 1
            heapq.heappush(self.later, (time.monotonic() + delay, self.number, direction.target, frame))
            return
        _put(direction.target, frame)

    def _due(self) -> None:
        while self.later and self.later[0][0] <= time.monotonic():
            *_, target, frame = heapq.heappop(self.later)
            _put(target, frame)
        for bond in self.bonds:
            bond.tick(time.monotonic())


def _put(target: socket.socket, frame: bytes) -> None:
    with suppress(OSError):  # a full queue or a port that is down loses the frame, as cables do
        target.send(frame)


def _open(port: str) -> socket.socket:
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    sock.setsockopt(_SOL_PACKET, _IGNORE_OUTGOING, 1)
    sock.bind((port, _ETH_P_ALL))
    sock.setblocking(False)
    return sock


def _both(cable: Cable, ends: tuple[socket.socket, socket.socket]) -> Iterator[ImpairedDirection]:
    wrong = cable.impairment
    nets = tuple((int(net.network_address), int(net.netmask)) for net in map(ip_network, wrong.blackhole))
    for n in (0, 1):
        yield ImpairedDirection(
            ends[n],
            ends[1 - n],
            wrong,
            bool(wrong.reply) and wrong.server == n,
            random.Random(f"{cable.ports[n]} {wrong}"),
            nets,
            frozenset(int(ip_address(each)) for each in wrong.spared),
        )


def _of_cable(cable: Cable) -> Iterator[ImpairedDirection]:
    one, other = cable.ports
    yield from _both(cable, (_open(one), _open(other)))


def _of_bond(bonded: BondCables) -> Iterator[ImpairedDirection]:
    """The directions of a bond, which know it."""
    node = _open(bonded.port)
    members = {cable.ports[1]: _open(cable.ports[1]) for cable in bonded.members}
    bond = Bond(bonded.port, tuple(members), members)
    for cable in bonded.members:
        name = cable.ports[1]
        for direction in _both(cable, (node, members[name])):
            yield replace(direction, bond=bond, member=name, of_node=direction.source is node)


def start(cables: Sequence[Cable], bonded: Sequence[BondCables] = ()) -> None:
    """Fork the process that is the impaired wires and the bonds of a lab; none where there are none. OSError where a port is not there."""
    if not cables and not bonded:
        return
    directions = [direction for cable in cables for direction in _of_cable(cable)]
    directions += [direction for each in bonded for direction in _of_bond(each)]
    bonds = {port: each.bond for each in directions if each.bond for port in (each.bond.port, each.member)}
    watch = CarrierWatch.of((cable.ports for cable in cables), bonds)
    if os.fork() == 0:
        _carry_for_ever(directions, watch)
    for direction in directions:
        direction.source.close()
    watch.socket.close()


def _carry_for_ever(directions: Sequence[ImpairedDirection], watch: CarrierWatch) -> NoReturn:
    try:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        sc.set_process_name("labgen-wires")
        by_source: dict[int, tuple[ImpairedDirection, ...]] = {}
        for direction in directions:
            fd = direction.source.fileno()
            by_source[fd] = (*by_source.get(fd, ()), direction)
        bonds = {id(each.bond): each.bond for each in directions if each.bond is not None}
        ReplyExchange(by_source, watch, bonds=tuple(bonds.values())).run()
    finally:
        os._exit(1)
