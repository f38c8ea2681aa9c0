"""Readable packets into octets, and what is different between what came and what was to come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network

from labgen.conform.vector import TYPES, CopyText, FrameText, PacketText, address
from labgen.dhcp.options import Option, OptionCode, RelayAgentInfo, encode_options, split_long
from labgen.dhcp.packet import COOKIE, Packet
from labgen.dhcp.ports import SERVER_PORT
from labgen.relay.values import octets

CLIENT_MAC = bytes.fromhex("0200000000c1")
BROADCAST_MAC = b"\xff" * 6
_MINIMUM = 300


@dataclass(frozen=True, slots=True)
class Names:
    """Values of the `$names` in a vector: addresses, and option 82 as the relay sends it (None: it sends none)."""

    addresses: dict[str, IPv4Address]
    agent: bytes | None
    port: int = SERVER_PORT
    """Where the relay takes replies."""
    other_circuit: bytes = b""
    """The circuit-id of the other interface of the same VRF."""


def encode(text: PacketText, xid: int, names: Names) -> bytes:
    """The octets of a packet, padded to 300 unless its length is given."""
    packet = Packet(
        op=text.op,
        xid=xid,
        htype=text.htype,
        hlen=text.hlen,
        hops=text.hops,
        secs=text.secs,
        flags=(0x8000 if text.broadcast else 0) | (0x7FFF if text.reserved else 0),
        ciaddr=address(text.ciaddr, names.addresses),
        yiaddr=address(text.yiaddr, names.addresses),
        giaddr=address(text.giaddr, names.addresses),
        chaddr=(octets(text.chaddr) if text.chaddr else CLIENT_MAC).ljust(16, b"\0"),
        sname=octets(text.sname).ljust(64, b"\0")[:64],
        file=octets(text.file).ljust(128, b"\0")[:128],
    )
    head = packet.encode()[:236]
    if text.bootp:
        return _cut(head + bytes(64), text.length)
    return _cut(head + COOKIE + encode_options(_options(text, names)) + octets(text.tail), text.length)


def _cut(data: bytes, length: int | None) -> bytes:
    return data.ljust(_MINIMUM, b"\0") if length is None else data[:length]


def _options(text: PacketText, names: Names) -> Iterator[Option]:
    if text.message is not None:
        kind = TYPES.index(text.message) + 1 if isinstance(text.message, str) else text.message
        yield Option(OptionCode.MESSAGE_TYPE, bytes((kind,)))
    for pair in text.options:
        for code, value in pair.items():
            data = _value(value, names)
            if data is not None:
                yield from split_long(code, data) if code else (Option(0),)


def _value(value: str | Mapping[int, str], names: Names) -> bytes | None:
    """The octets of an option; None for an option 82 that the relay does not send."""
    if isinstance(value, Mapping):
        return encode_options(Option(code, _octets(text, names)) for code, text in value.items())[:255]
    if value == "$agent":
        return names.agent
    return _octets(value, names)


def _octets(text: str, names: Names) -> bytes:
    if text == "$circuit":
        return RelayAgentInfo.decode(names.agent or b"").circuit_id or b""
    if text == "$other-circuit":
        return names.other_circuit
    return address(text[1:], names.addresses).packed if text.startswith("=") else octets(text)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A datagram as a server got it: where from, and what its IP header said."""

    source: tuple[str, int]
    tos: int = 0
    ttl: int = 64


def copy_differences(
    want: CopyText, sent: bytes, got: bytes, arrival: Arrival, names: Names
) -> Iterator[str]:
    """Describes what is wrong with a copy that a server received."""
    packet, source = Packet.decode(got), arrival.source
    if want.giaddr is not None and packet.giaddr != address(want.giaddr, names.addresses):
        yield f"giaddr {packet.giaddr}, not {address(want.giaddr, names.addresses)}"
    if want.hops is not None and packet.hops != want.hops:
        yield f"hops {packet.hops}, not {want.hops}"
    if want.source_port is not None and source[1] != want.source_port:
        yield f"source port {source[1]}, not {want.source_port}"
    if want.source is not None and source[0] != str(address(want.source, names.addresses)):
        yield f"source {source[0]}, not {address(want.source, names.addresses)}"
    yield from _header_differs(want, arrival)
    yield from _options_differ(want.options, packet)
    yield from _option82_differs(want.option82, packet)
    yield from _sub_options_differ(want, packet, names)
    if want.least is not None and len(got) < want.least:
        yield f"{len(got)} octets, not {want.least}"
    if want.same and not (_fixed(got) == _fixed(sent) and _others(packet) == _others(Packet.decode(sent))):
        yield "more than hops, giaddr and option 82 is changed"


def _header_differs(want: CopyText, arrival: Arrival) -> Iterator[str]:
    if want.dscp is not None and arrival.tos >> 2 != want.dscp:
        yield f"DSCP {arrival.tos >> 2}, not {want.dscp}"
    if want.ttl_least is not None and arrival.ttl < want.ttl_least:
        yield f"TTL {arrival.ttl}, not {want.ttl_least}"


def _sub_options_differ(want: CopyText, packet: Packet, names: Names) -> Iterator[str]:
    found = [option.data for option in packet.options if option.code == OptionCode.RELAY_AGENT]
    if want.options82 is not None and len(found) != want.options82:
        yield f"{len(found)} options 82, not {want.options82}"
    info = RelayAgentInfo.decode(b"".join(found))
    if want.well_formed and (info.malformed is not None or not info.sub_options):
        yield f"option 82 is malformed or empty: {b''.join(found).hex()}"
    for code, text in want.sub_options.items():
        values = [sub.data for sub in info.sub_options if sub.code == code]
        if len(values) != 1:
            yield f"{len(values)} sub-options {code}, not 1"
        elif not _fits(values[0], text, names):
            yield f"sub-option {code} is {values[0].hex() or 'empty'}, not {text or 'empty'}"
    for code in want.without:
        if info.get(code) is not None:
            yield f"sub-option {code} is there"


def _fits(value: bytes, text: str, names: Names) -> bool:
    if text.startswith("in "):
        return len(value) == 4 and IPv4Address(value) in IPv4Network(text[3:])
    return text == "any" or value == _octets(text, names)


def _fixed(data: bytes) -> bytes:
    """The header without hops and giaddr."""
    return data[:3] + data[4:24] + data[28:236]


def _others(packet: Packet) -> list[Option]:
    return [option for option in packet.options if option.code not in (0, OptionCode.RELAY_AGENT)]


def frame_differences(want: FrameText, sent: bytes, got: bytes, ends: Ends, names: Names) -> Iterator[str]:
    """Describes what is wrong with a frame on a client's wire."""
    packet = Packet.decode(got)
    if want.mac is not None and ends.mac != (CLIENT_MAC if want.mac == "client" else BROADCAST_MAC):
        yield f"sent to {ends.mac.hex(':')}"
    if want.destination is not None and ends.destination != address(want.destination, names.addresses):
        yield f"IP destination {ends.destination}, not {address(want.destination, names.addresses)}"
    if want.source is not None and ends.source != address(want.source, names.addresses):
        yield f"IP source {ends.source}, not {address(want.source, names.addresses)}"
    if want.giaddr is not None and packet.giaddr != address(want.giaddr, names.addresses):
        yield f"giaddr {packet.giaddr}, not {address(want.giaddr, names.addresses)}"
    if want.source_port is not None and ends.source_port != want.source_port:
        yield f"source port {ends.source_port}, not {want.source_port}"
    yield from _options_differ(want.options, packet)
    yield from _option82_differs(want.option82, packet)
    if want.least is not None and len(got) < want.least:
        yield f"{len(got)} octets, not {want.least}"
    if want.same and not (got[:236] == sent[:236] and _others(packet) == _others(Packet.decode(sent))):
        yield "more than option 82 is changed"


@dataclass(frozen=True, slots=True)
class Ends:
    """The source and destination of a frame."""

    mac: bytes
    destination: IPv4Address
    source_port: int
    source: IPv4Address = field(default_factory=lambda: IPv4Address(0))


def _options_differ(want: tuple[int, ...] | None, packet: Packet) -> Iterator[str]:
    codes = tuple(option.code for option in packet.options if option.code)
    if want is not None and codes != want:
        yield f"options {', '.join(map(str, codes)) or 'none'}, not {', '.join(map(str, want))}"


def _option82_differs(want: str | Mapping[int, str] | None, packet: Packet) -> Iterator[str]:
    value = packet.option(OptionCode.RELAY_AGENT)
    codes = [option.code for option in packet.options if option.code]
    if want == "absent" and value is not None:
        yield "option 82 is there"
    elif want in ("present", "last") and value is None:
        yield "no option 82"
    elif want == "last" and codes[-1:] != [OptionCode.RELAY_AGENT]:
        yield f"option 82 is followed by {codes[-1]}"
    elif isinstance(want, Mapping):
        expected = encode_options(Option(code, octets(text)) for code, text in want.items())
        if value != expected:
            yield f"option 82 is {value.hex() if value is not None else 'not there'}, not {expected.hex()}"
