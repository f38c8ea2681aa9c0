"""Users of addresses, as ARP (RFC 826) in a capture tells: what a client that declines an address has heard."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from socket import inet_aton, inet_ntoa

from labgen.dhcp.logs import Record
from labgen.dhcp.message import Message, MessageRole, MessageType
from labgen.dhcp.remarks import Cause, Remark

_MOST = 20_000
"""Addresses that are kept."""
_NOBODY, _ASKS, _REPLY = bytes(4), 1, 2
_FEW = 3
SOUGHT = "and nobody answers: is that another server, or its failover partner?"
Wanted = dict[tuple[bytes, bytes], tuple[int, int]]
"""Who asks for whom, how often, and the last frame."""
PING, UNDERLAY, _ALL = "Ping: ", "Underlay: ", "255.255.255.255"
_NEAR, _CANDIDATES, _PINGS, _MOSTLY = 6, 3, 2, 3
"""Frames after a DISCOVER in which a server pings its candidate, DISCOVERs with such a ping that are no chance, pings of one candidate,
and candidates for one other address that it pings."""
_IN_VAIN = 3
"""ARP requests without answer that are no accident."""


@dataclass(slots=True)
class Neighbours:
    """Hardware addresses by the IPv4 address they say is theirs, each with the frame that shows it first."""

    speakers: dict[bytes, dict[bytes, int]] = field(default_factory=dict)
    probes: set[tuple[bytes, bytes]] = field(default_factory=set)
    """who asked whether anybody has an address before using it (RFC 5227 section 2.1.1), with the address"""
    refusals: dict[tuple[bytes, bytes], tuple[bytes, int]] = field(default_factory=dict)
    """who answered such a probe, with the frame"""
    latest: dict[tuple[bytes, bytes], int] = field(default_factory=dict)
    """the last frame in which an address was somebody's, by address and hardware address"""
    announced: dict[bytes, dict[bytes, int]] = field(default_factory=dict)
    """who announced an address to everybody (RFC 5227 section 2.3), with the last frame"""

    sought: dict[tuple[bytes, bytes], tuple[int, int]] = field(default_factory=dict)
    """who asks for whom, how often, and the last frame"""

    pings: dict[tuple[bytes, bytes], tuple[int, int]] = field(default_factory=dict)
    """first frame of an ICMP echo request, and how many there are, by who asks whom"""
    echoes: dict[tuple[bytes, bytes], int] = field(default_factory=dict)
    """first frame of its answer, by who asked whom"""
    carried: dict[int, tuple[bytes, bytes]] = field(default_factory=dict)
    """ends of the tunnel (VXLAN, Geneve) around the DHCP datagram of a frame"""

    def ping(self, source: bytes, destination: bytes, number: int, *, answer: bool) -> None:
        """Take an ICMP echo request, or the answer to one that was seen."""
        if answer and (destination, source) in self.pings:
            self.echoes.setdefault((destination, source), number)
        elif not answer and (len(self.pings) < _MOST or (source, destination) in self.pings):
            first, times = self.pings.get((source, destination), (number, 0))
            self.pings[source, destination] = first, times + 1

    def hear(self, data: bytes, at: int, number: int) -> None:
        """Take an ARP packet, from its hardware type on, in frame `number`."""
        if data[at + 2 : at + 6] != b"\x08\x00\x06\x04":
            return
        hardware, address = data[at + 8 : at + 14], data[at + 14 : at + 18]
        target, sought = data[at + 18 : at + 24], data[at + 24 : at + 28]
        if data[at + 7] == _ASKS and address not in (_NOBODY, sought):
            key = address, sought
            if key in self.sought or len(self.sought) < _MOST:
                self.sought[key] = self.sought.get(key, (0, 0))[0] + 1, number
        if address == _NOBODY and len(self.probes) < _MOST:
            self.probes.add((hardware, sought))
        if data[at + 7] == _REPLY and (target, address) in self.probes and target != hardware:
            self.refusals.setdefault((target, address), (hardware, number))
        if (
            len(address) == 4
            and address != _NOBODY
            and (address in self.speakers or len(self.speakers) < _MOST)
        ):
            self.speakers.setdefault(address, {}).setdefault(hardware, number)
            self.latest[address, hardware] = number
            if sought == address:
                self.announced.setdefault(address, {})[hardware] = number

    def of(self, address: str) -> dict[bytes, int]:
        """The machines that said that an address is theirs, each with the frame."""
        return self.speakers.get(inet_aton(address), {})


def candidates_in_use(
    messages: Sequence[Message], neighbours: Neighbours, file: str, node: str
) -> Iterator[Remark]:
    """Addresses that a server pings right after DISCOVERs (RFC 2131 section 3.1 point 2), which answer, and are not offered. Who pings
    the same address again, at other times as well, or beside a server that offers, watches the network.
    """
    asked = sorted(m.frame for m in messages if m.type is MessageType.DISCOVER and m.frame is not None)
    offered = {m.yiaddr for m in messages if m.type.is_reply}
    servers = {m.src for m in messages if m.type.is_reply}
    found: dict[bytes, list[tuple[bytes, int, int]]] = defaultdict(list)
    others: Counter[bytes] = Counter()
    for (source, address), number in neighbours.echoes.items():
        first, times = neighbours.pings[source, address]
        at = bisect_left(asked, first) - 1
        near = at >= 0 and first - asked[at] <= _NEAR and times <= _PINGS
        if near and inet_ntoa(address) not in offered:
            found[source].append((address, asked[at], number))
        elif inet_ntoa(address) not in offered:
            others[source] += 1
    for source, candidates in found.items():
        after = {discover for _, discover, _ in candidates}
        stranger = bool(servers) and inet_ntoa(source) not in servers
        if len(after) < _CANDIDATES or stranger or others[source] * _MOSTLY > len(candidates):
            continue
        for address, _, number in candidates:
            users = " and ".join(sorted(mac.hex(":") for mac in neighbours.of(inet_ntoa(address))))
            words = (
                f"{PING}{inet_ntoa(source)} pings {inet_ntoa(address)} after a DISCOVER and does not offer it: "
                f"{users or 'somebody'} answers"
            )
            yield Remark(
                node,
                MessageRole.TRANSIT,
                words,
                Cause.CONFLICT,
                address=inet_ntoa(address),
                file=file,
                frame=number,
            )


def carried_elsewhere(
    messages: Sequence[Message], neighbours: Neighbours, file: str, node: str
) -> Iterator[Remark]:
    """OFFERs that go through a tunnel to another end than the one their DISCOVERs came from (RFC 7348)."""
    if not neighbours.carried:
        return
    came: dict[tuple[int | None, str | None], set[bytes]] = defaultdict(set)
    for m in messages:
        ends = neighbours.carried.get(m.frame or 0)
        if ends is not None and m.giaddr is not None and m.type is MessageType.DISCOVER and m.dst != _ALL:
            came[m.xid, m.giaddr].add(ends[0])
    told: set[tuple[int | None, str | None]] = set()
    for m in messages:
        ends, key = neighbours.carried.get(m.frame or 0), (m.xid, m.giaddr)
        if (
            ends is None
            or m.type is not MessageType.OFFER
            or m.dst != m.giaddr
            or not came[key]
            or key in told
        ):
            continue
        if ends[1] not in came[key] and ends[0] not in came[key]:
            told.add(key)
            sources = " and ".join(map(inet_ntoa, sorted(came[key])))
            words = (
                f"{UNDERLAY}DISCOVERs of {m.giaddr} come from the tunnel endpoint {sources}, and the "
                f"OFFERs for it go to {inet_ntoa(ends[1])}: is giaddr on several nodes (anycast)?"
            )
            yield Remark(
                node,
                MessageRole.TRANSIT,
                words,
                Cause.OTHER,
                mac=m.mac,
                address=m.giaddr,
                file=file,
                frame=m.frame,
            )


def arp_remarks(records: Iterable[Record], neighbours: Neighbours, file: str, node: str) -> Iterator[Remark]:
    """Remarks of ARP in a capture about the DHCP messages in it."""
    if not (neighbours.speakers or neighbours.sought or neighbours.echoes or neighbours.carried):
        return
    messages = [record for record in records if isinstance(record, Message)]
    yield from candidates_in_use(messages, neighbours, file, node)
    yield from carried_elsewhere(messages, neighbours, file, node)
    heard = _Heard(messages, neighbours, file, node)
    yield from heard.users_of_declined()
    yield from heard.users_of_granted()
    yield from heard.relays_sought_in_vain()


@dataclass(frozen=True, slots=True)
class _Heard:
    messages: Sequence[Message]
    neighbours: Neighbours
    file: str
    node: str

    def _remark(self, words: str, cause: Cause, address: str, frame: int, mac: str | None = None) -> Remark:
        return Remark(
            self.node,
            MessageRole.TRANSIT,
            f"ARP: {words}",
            cause,
            mac=mac,
            address=address,
            file=self.file,
            frame=frame,
        )

    def users_of_granted(self) -> Iterator[Remark]:
        """Machines that answer a client which asks, before it uses the address it was given, whether anybody has it (RFC 2131 section
        4.4.1)."""
        if not self.neighbours.refusals and not self.neighbours.announced:
            return
        declined = {(m.mac, m.requested) for m in self.messages if m.type is MessageType.DECLINE}
        given = {
            (m.mac, m.yiaddr) for m in self.messages if m.type is MessageType.ACK and m.yiaddr
        } - declined
        for (client, address), (hardware, number) in self.neighbours.refusals.items():
            mac, text = client.hex(":"), inet_ntoa(address)
            if (mac, text) in given:
                words = f"{hardware.hex(':')} answers {mac}, which was given {text} and asks whether anybody has it"
                yield self._remark(words, Cause.CONFLICT, text, number, mac)

        for mac, text in sorted((mac or "", address or "") for mac, address in given):
            rival = _rival(self.neighbours, mac, text)
            if rival is not None and (rival[0].hex(":"), text) in given:
                continue  # it was given the address after the other one, and has a lease for it
            if rival is not None and (octets(mac), inet_aton(text)) not in self.neighbours.refusals:
                words = f"{rival[0].hex(':')} announces {text}, which was given to {mac} and is used by it before and after"
                yield self._remark(words, Cause.CONFLICT, text, rival[1], mac)

    def users_of_declined(self) -> Iterator[Remark]:
        """Machines that answer ARP for the addresses that clients declined (RFC 2131 section 4.4.1)."""
        found: dict[bytes, dict[str, int]] = defaultdict(dict)
        for message in self.messages:
            if message.type is not MessageType.DECLINE or not message.requested:
                continue
            for hardware, number in self.neighbours.of(message.requested).items():
                if hardware.hex(":") != message.mac:
                    found[hardware].setdefault(message.requested, number)
        for hardware, addresses in found.items():
            all_of_them = (
                f", as it does for {len(addresses) - 1} other declined addresses: proxy ARP?"
                if len(addresses) > 1
                else ""
            )
            for address, number in addresses.items():
                yield self._remark(
                    f"{address} is at {hardware.hex(':')}{all_of_them}", Cause.CONFLICT, address, number
                )

    def relays_sought_in_vain(self) -> Iterator[Remark]:
        """Servers that ask by ARP for the address of a relay on their own link, and get no answer. Where a capture does not show what
        goes to the server alone, it would not show the answer either.
        """
        wanted = {
            key: found
            for key, found in self.neighbours.sought.items()
            if found[0] >= _IN_VAIN and key[1] not in self.neighbours.speakers
        }
        if not wanted:
            return
        if not self.messages and len(wanted) <= _FEW:  # what a relay that finds no server leaves behind
            for (asker, target), (times, number) in wanted.items():
                words = (
                    f"{inet_ntoa(asker)} asks {times} times who has {inet_ntoa(target)}, and nobody answers"
                )
                yield self._remark(words, Cause.OTHER, inet_ntoa(target), number)
        asked = {(m.dst, m.giaddr) for m in self.messages if m.giaddr is not None and not m.type.is_reply}
        for (asker, target), (times, number) in wanted.items():
            server, relay = inet_ntoa(asker), inet_ntoa(target)
            if (server, relay) in asked:
                words = (
                    f"{server} asks {times} times who has {relay}, the relay's address, and nobody answers"
                )
                yield self._remark(words, Cause.UNREACHABLE, relay, number)
        yield from self._partners_sought_in_vain(wanted)

    def _partners_sought_in_vain(self, wanted: Wanted) -> Iterator[Remark]:
        """Addresses that a server, or who brings it requests, seeks again and again: no candidates that a server is about to offer."""
        relayed = [m for m in self.messages if m.giaddr is not None and not m.type.is_reply]
        askers = {m.dst for m in relayed} | {m.src for m in self.messages if m.type.is_reply}
        brings = {m.link_source for m in relayed}
        known = (
            {m.giaddr for m in relayed}
            | {m.yiaddr for m in self.messages}
            | {m.requested for m in self.messages}
        )
        found = []
        for (asker, target), (times, number) in wanted.items():
            who, whom = inet_ntoa(asker), inet_ntoa(target)
            hardware = {mac.hex(":") for mac in self.neighbours.of(who)}
            if whom not in known and (who in askers or hardware & brings):
                found.append((who, whom, times, number))
        if len(found) <= _FEW:
            for who, whom, times, number in found:
                words = f"{who} asks {times} times who has {whom}, {SOUGHT}"
                yield self._remark(words, Cause.OTHER, whom, number)


def octets(mac: str) -> bytes:
    """A hardware address as octets."""
    return bytes.fromhex(mac.replace(":", ""))


def _rival(neighbours: Neighbours, mac: str, address: str) -> tuple[bytes, int] | None:
    """The machine that announces an address between two ARP packets in which it is its holder's, with the frame."""
    own, packed = octets(mac), inet_aton(address)
    first, last = neighbours.of(address).get(own), neighbours.latest.get((packed, own))
    if first is None or last is None:
        return None
    others = neighbours.announced.get(packed, {}).items()
    return next((each for each in others if each[0] != own and first < each[1] < last), None)
