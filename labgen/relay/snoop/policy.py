"""Decisions about DHCP frames at access ports. Pure: opens nothing, sends nothing.

From the client: server messages, requests of other relays and requests with option 82 of somebody else's are stopped (RFC 3046
section 2.1: such a port is not trusted); what is left gets the port's option 82. Towards the client: what other clients say stays
away, the port's own option 82 is taken out, and a reply with that of another port is for that port alone.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from labgen.dhcp.options import Option, OptionCode, RelayAgentInfo, encode_options
from labgen.dhcp.packet import BOOTREPLY, COOKIE, HEADER_LENGTH
from labgen.ground.suboption import SubOptionCode
from labgen.relay.snoop.config import SnoopedPort
from labgen.relay.snoop.frame import DhcpFrame, is_message
from labgen.relay.values import octets
from labgen.relay.walk import walk, without_relay_agent

_OPTIONS = HEADER_LENGTH + len(COOKIE)
_GIADDR, _YIADDR, _CIADDR, _CHADDR = slice(24, 28), slice(16, 20), slice(12, 16), slice(28, 34)
_UNSET = bytes(4)
_ACK, _DECLINE, _RELEASE = 5, 4, 7
_REQUESTED = 50
_BROADCAST = b"\xff" * 6
_LARGEST_TABLE = 65536
_SURE_TO_FIT = 1500
"""Octets of an IP packet that every Ethernet carries."""


class SnoopReason(StrEnum):
    """The reason why a frame went no further."""

    SERVER_MESSAGE = "server-message"
    """A server's message from an access port: no server is there."""
    RELAYED = "relayed"
    """A request with a giaddr from an access port: no relay is there."""
    UNTRUSTED_OPTION82 = "untrusted-option82"
    MAC_MISMATCH = "mac-mismatch"
    """chaddr is not the hardware address that the frame came from."""
    NOT_ITS_LEASE = "not-its-lease"
    """RELEASE or DECLINE of an address that a client at another port has."""
    MALFORMED = "malformed"
    FRAGMENT = "fragment"
    """A DHCP message in fragments, which cannot be looked into."""
    NOT_FOR_CLIENTS = "not-for-clients"
    """Another client's request, on its way to servers."""
    OTHER_PORT = "other-port"
    """A reply for the client of another port."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The frame that goes on (None: nothing), what was done to it, and why it was stopped."""

    frame: bytes | None
    action: str
    reason: SnoopReason | None = None


@dataclass(slots=True)
class _Recent:
    """A table that forgets what was used least recently once it is full."""

    entries: OrderedDict[bytes, str] = field(default_factory=OrderedDict)

    def put(self, key: bytes, port: str) -> None:
        self.entries[key] = port
        self.entries.move_to_end(key)
        if len(self.entries) > _LARGEST_TABLE:
            self.entries.popitem(last=False)

    def get(self, key: bytes) -> str | None:
        return self.entries.get(key)

    def drop(self, key: bytes) -> None:
        self.entries.pop(key, None)


class SnoopedVlan:
    """The access ports of one VLAN: who was heard where, and who has which address."""

    def __init__(self, ports: Mapping[str, SnoopedPort], *, verify_mac: bool = True) -> None:
        self._ports = ports
        self._verify_mac = verify_mac
        self._own = {name: option82(port) for name, port in ports.items()}
        self._heard, self._holders = _Recent(), _Recent()

    def from_client(self, name: str, frame: DhcpFrame) -> Decision:
        """A frame that came in at an access port."""
        message = frame.payload
        if not message:
            return _stopped(SnoopReason.FRAGMENT)
        if not is_message(message):
            return _stopped(SnoopReason.MALFORMED)
        if message[0] == BOOTREPLY or not frame.to_server:
            return _stopped(SnoopReason.SERVER_MESSAGE)
        if message[_GIADDR] != _UNSET:
            return _stopped(SnoopReason.RELAYED)
        if self._verify_mac and message[1:3] == b"\x01\x06" and message[_CHADDR] != frame.source:
            return _stopped(SnoopReason.MAC_MISMATCH)
        return self._request(name, frame)

    def _request(self, name: str, frame: DhcpFrame) -> Decision:
        message, end, kind, agent = frame.payload, 0, 0, 0
        if message[HEADER_LENGTH:_OPTIONS] == COOKIE:
            end, kind, agent = walk(message + bytes(2), _OPTIONS, len(message))
        if end < 0:
            return _stopped(SnoopReason.MALFORMED)
        if agent:
            return _stopped(SnoopReason.UNTRUSTED_OPTION82)
        if kind in (_DECLINE, _RELEASE) and self._others(name, message, kind):
            return _stopped(SnoopReason.NOT_ITS_LEASE)
        self._heard.put(message[_CHADDR], name)
        own = self._own[name]
        if not own or not end or frame.packet_length + len(own) > max(_SURE_TO_FIT, frame.packet_length):
            return Decision(frame.octets, "passed")
        return Decision(frame.carrying(_with(message, end, own)), "inserted")

    def _others(self, name: str, message: bytes, kind: int) -> bool:
        address = message[_CIADDR] if kind == _RELEASE else _requested(message)
        return self._holders.get(address) not in (None, name)

    def to_client(self, name: str, frame: DhcpFrame) -> Decision:
        """A frame that leaves the bridge towards an access port."""
        message = frame.payload
        if frame.to_server:
            return _stopped(SnoopReason.NOT_FOR_CLIENTS)
        if not is_message(message) or message[HEADER_LENGTH:_OPTIONS] != COOKIE:
            return Decision(frame.octets, "passed")
        end, kind, agent = walk(message + bytes(2), _OPTIONS, len(message))
        if end < 0:
            return Decision(frame.octets, "passed")
        if not agent:
            return self._bare_reply(name, frame, kind)
        kept, value = without_relay_agent(bytearray(message), _OPTIONS, end)
        owner = self._owner(value)
        if owner not in (None, name):
            return _stopped(SnoopReason.OTHER_PORT)
        if owner is None:
            return self._bare_reply(name, frame, kind)
        self._learn(name, message, kind)
        return Decision(frame.carrying(_padded(message, kept)), "stripped")

    def _bare_reply(self, name: str, frame: DhcpFrame, kind: int) -> Decision:
        """A reply without option 82 of this switch: its client is where it was heard last."""
        at = self._heard.get(frame.payload[_CHADDR])
        if frame.destination == _BROADCAST and at not in (None, name):
            return _stopped(SnoopReason.OTHER_PORT)
        if at == name:
            self._learn(name, frame.payload, kind)
        return Decision(frame.octets, "passed")

    def _learn(self, name: str, message: bytes, kind: int) -> None:
        if kind == _ACK and message[_YIADDR] != _UNSET:
            self._holders.put(message[_YIADDR], name)

    def _owner(self, value: bytes) -> str | None:
        """The port whose option 82 this is; None where no port of this switch puts it in."""
        info = RelayAgentInfo.decode(value)
        for name, port in self._ports.items():
            if not self._own[name]:
                continue
            own = (_octets(port.circuit_id), _octets(port.remote_id))
            if (info.get(SubOptionCode.CIRCUIT_ID), info.get(SubOptionCode.REMOTE_ID)) == own:
                return name
        return None


def option82(port: SnoopedPort) -> bytes:
    """The whole option of a port, code and length included; empty where it puts none in."""
    values = ((SubOptionCode.CIRCUIT_ID, port.circuit_id), (SubOptionCode.REMOTE_ID, port.remote_id))
    subs = [Option(code, octets(text)) for code, text in values if text is not None]
    return Option(OptionCode.RELAY_AGENT, encode_options(subs)).encode() if subs else b""


def _octets(text: str | None) -> bytes | None:
    return None if text is None else octets(text)


def _stopped(reason: SnoopReason) -> Decision:
    return Decision(None, "dropped", reason)


def _with(message: bytes, end: int, option: bytes) -> bytes:
    """A message with one more option before its end option; padding behind that makes room."""
    grown = message[:end] + option + b"\xff"
    return grown + bytes(max(len(message) - len(grown), 0))


def _padded(message: bytes, options: bytes) -> bytes:
    shorter = message[:_OPTIONS] + options + b"\xff"
    return shorter + bytes(max(min(len(message), 300) - len(shorter), 0))


def _requested(message: bytes) -> bytes:
    """The address of option 50; no address where there is none."""
    at = _OPTIONS
    while at + 1 < len(message) and message[at] != 255:
        if message[at] == _REQUESTED:
            return message[at + 2 : at + 6]
        at += 2 + message[at + 1] if message[at] else 1
    return _UNSET
