"""`labgen-relay snoop`: carries the frames of access ports between the port and the bridge, and looks into their DHCP.

Each port is outside the bridge; in its place a veth pair is in it, whose other end this process has. So nothing of the port gets
by, on any kernel. Whatever is no DHCP is carried as it is, checksum offload included (`PACKET_VNET_HDR`).
"""

from __future__ import annotations

import select
import signal
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address
from types import FrameType

from labgen.dhcp.jsonform import Json, xid_text
from labgen.dhcp.packet import Packet
from labgen.ground.errors import InfrastructureError
from labgen.relay.config import VrfConfig
from labgen.relay.log import JsonLog
from labgen.relay.opener import Opener
from labgen.relay.snoop.config import SnoopConfig, SnoopedPort
from labgen.relay.snoop.frame import DhcpFrame, dhcp_in, is_message
from labgen.relay.snoop.policy import Decision, SnoopedVlan, SnoopReason
from labgen.relay.sockets import SocketSpec

_SOL_PACKET, _VNET_HEADER, _IGNORE_OUTGOING = 263, 15, 23
_ETH_P_ALL = 3
_VNET_LENGTH = 10
_WHOLE = bytes(_VNET_LENGTH)
"""The header of a frame whose checksums are complete."""
_LONGEST = (1 << 16) + _VNET_LENGTH + 64
_BATCH = 256
Decide = Callable[[str, DhcpFrame], Decision]


@dataclass(frozen=True, slots=True)
class Lane:
    """One direction of one port. `requests`: from the client."""

    port: SnoopedPort
    source: socket.socket
    target: socket.socket
    decide: Decide
    requests: bool


class Snooper:
    """The running snooper."""

    def __init__(self, config: SnoopConfig) -> None:
        """Opens the log. Raises InfrastructureError."""
        self._config = config
        self._log = JsonLog(config.log)
        self._lanes: dict[int, Lane] = {}

    def start(self) -> None:
        """Open every port. Raises InfrastructureError for one that is not there."""
        places = {name: vrf for name, vrf in self._config.vrfs.items() if vrf.netns is not None}
        opener = Opener(bool(places))
        try:
            for vlan, ports in self._vlans().items():
                snooped = SnoopedVlan(ports, verify_mac=self._config.verify_mac)
                for port in ports.values():
                    self._open(opener, places.get(vlan[0]), port, snooped)
        finally:
            opener.close()
        self._log.write("ready", ports=[port.name for port in self._config.ports])

    def _vlans(self) -> dict[tuple[str, int], dict[str, SnoopedPort]]:
        found: dict[tuple[str, int], dict[str, SnoopedPort]] = {}
        for port in self._config.ports:
            found.setdefault((port.vrf, port.vlan), {})[port.name] = port
        return found

    def _open(self, opener: Opener, place: VrfConfig | None, port: SnoopedPort, vlan: SnoopedVlan) -> None:
        outer, inner = (self._socket(opener, place, name) for name in (port.name, port.inner))
        self._lanes[outer.fileno()] = Lane(port, outer, inner, vlan.from_client, True)
        self._lanes[inner.fileno()] = Lane(port, inner, outer, vlan.to_client, False)

    def _socket(self, opener: Opener, place: VrfConfig | None, name: str) -> socket.socket:
        path = place.netns if place is not None else None
        try:
            sock = opener.open(path, SocketSpec("raw"))
            sock.setsockopt(_SOL_PACKET, _VNET_HEADER, 1)
            sock.setsockopt(_SOL_PACKET, _IGNORE_OUTGOING, 1)
            sock.bind((name, _ETH_P_ALL))
            sock.setblocking(False)
        except OSError as error:
            raise InfrastructureError(
                f"cannot snoop on {name}: {error.strerror}. `ip link` shows the interfaces there are; it takes CAP_NET_RAW."
            ) from error
        return sock

    def run(self) -> None:
        """Carry frames until SIGTERM or SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _end)
        poller = select.poll()
        for fd in self._lanes:
            poller.register(fd, select.POLLIN)
        while True:
            for fd, _ in poller.poll():
                self._carry(self._lanes[fd])

    def _carry(self, lane: Lane) -> None:
        for _ in range(_BATCH):
            try:
                octets = lane.source.recv(_LONGEST)
            except OSError:  # nothing more, or a port that goes down, which reports ENETDOWN once
                return
            frame = dhcp_in(octets[_VNET_LENGTH:])
            if frame is None:
                _put(lane.target, octets)
                continue
            decision = lane.decide(lane.port.name, frame)
            if decision.frame is not None:
                # What was not altered keeps its header: its checksum may be left to the receiver.
                _put(lane.target, octets if decision.frame is frame.octets else _WHOLE + decision.frame)
            self._tell(lane, frame, decision)

    def _tell(self, lane: Lane, frame: DhcpFrame, decision: Decision) -> None:
        if decision.reason is SnoopReason.NOT_FOR_CLIENTS:
            return  # every broadcast, at every other port
        fields: dict[str, Json] = {
            "port": lane.port.name,
            "vlan": lane.port.vlan,
            "direction": "request" if lane.requests else "reply",
            "action": decision.action,
        }
        if decision.reason is not None:
            fields["reason"] = decision.reason.value
        self._log.write("snooped", **fields, **_content(frame, decision))


def _content(frame: DhcpFrame, decision: Decision) -> dict[str, Json]:
    source, destination = struct.unpack_from("!4s4s", frame.octets, frame.udp - 8)
    fields: dict[str, Json] = {"src": str(IPv4Address(source)), "dst": str(IPv4Address(destination))}
    if not is_message(frame.payload):
        return fields
    packet = Packet.decode(frame.payload)
    fields |= {"message": packet.message, "xid": xid_text(packet.xid), "mac": packet.mac}
    after = dhcp_in(decision.frame) if decision.frame is not None else None
    shown = Packet.decode(after.payload) if after and decision.action == "inserted" else packet
    if shown.relay_agent is not None:
        fields["option82"] = shown.relay_agent.summary().to_json()
    return fields


def _end(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def _put(target: socket.socket, octets: bytes) -> None:
    with suppress(OSError):  # a full queue or a port that is down loses the frame, as cables do
        target.send(octets)
