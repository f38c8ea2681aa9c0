"""The relay's log: JSON lines, one per packet at level debug, some of the dropped packets at level info."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address

from labgen.dhcp.jsonform import Json, xid_text
from labgen.dhcp.packet import BOOTREPLY, HEADER_LENGTH, Packet
from labgen.ground.errors import InfrastructureError
from labgen.relay.config import LogLevel
from labgen.relay.counters import STOPPED, DropReason
from labgen.relay.forward import Sighting
from labgen.relay.limits import RateLimit
from labgen.relay.sink import LineSink

_DROP_LINES = 10
_DROP_SECONDS = 1.0
"""Dropped packets of one reason that have a line of their own in that time, at level info."""
_STOPPED_SECONDS = 60.0
"""What keeps VRFs and clients apart tells so often that it had to, at every level."""


class JsonLog:
    """Lines of JSON to a file, or to standard output for `-`. It never waits for a reader.

    `lost` counts the lines that could not be written: neither a full disk nor a stalled reader may stop the relay.
    """

    def __init__(self, target: str) -> None:
        """Raises InfrastructureError where the file cannot be opened."""
        self.lost = 0
        self._lost_lines = 0
        try:
            self._sink = LineSink(target)
        except OSError as error:
            raise InfrastructureError(
                f"log {target}: {error.strerror}. Set `log` to a file that can be written, or to -."
            ) from error

    def reopen(self) -> None:
        """Start over in a new file after rotation. Raises OSError; the old file is then kept."""
        self._sink.reopen()

    def write(self, event: str, **fields: Json | list[str]) -> None:
        if self._lost_lines and self._put("lines-lost", {"lines": self._lost_lines}):
            self._lost_lines = 0
        if not self._put(event, fields):
            self.lost += 1
            self._lost_lines += 1

    def _put(self, event: str, fields: Mapping[str, object]) -> bool:
        line = {"ts": round(time.time(), 6), "event": event, **fields}
        return self._sink.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")

    def packet(self, sighting: Sighting) -> None:
        """One line for one packet."""
        self.write("packet", **packet_fields(sighting))

    def close(self) -> None:
        self._sink.close()


class DropLog:
    """Tells about dropped packets: every one at level debug, so many a second of each reason at info, none at warning.

    What was stopped to keep VRFs and clients apart is told at every level, in one line a minute for each reason.
    """

    def __init__(self, log: JsonLog, level: LogLevel, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._level = level
        self._clock = clock
        self._lines = RateLimit(_DROP_LINES, _DROP_SECONDS)
        self._stopped = RateLimit(1, _STOPPED_SECONDS)

    def dropped(self, reason: DropReason, sighting: Callable[[], Sighting]) -> None:
        """Deal with one dropped packet; `sighting` is asked for only if there is a line to write."""
        if self._level is LogLevel.DEBUG:
            self._log.packet(sighting())
        if reason in STOPPED:
            self._tell(self._stopped, "stopped-replies", reason, sighting)
        elif self._level is LogLevel.INFO:
            self._tell(self._lines, "packet", reason, sighting)

    def _tell(
        self, limit: RateLimit, event: str, reason: DropReason, sighting: Callable[[], Sighting]
    ) -> None:
        left_out = limit.admit(reason, self._clock())
        if left_out is not None:
            fields = packet_fields(sighting())
            if left_out:
                fields["left_out"] = left_out
            self._log.write(event, **fields)

    def tick(self) -> None:
        """Tell the number of those whose line is overdue, after the last of them."""
        now = self._clock()
        for limit in (self._lines, self._stopped):
            for reason, number in limit.left_out(now).items():
                assert isinstance(reason, DropReason)
                self._log.write("dropped", reason=reason.text, left_out=number)


def shows_packets(level: LogLevel) -> bool:
    """True if every packet has a line at this level."""
    return level is LogLevel.DEBUG


def packet_fields(sighting: Sighting) -> dict[str, Json]:
    """The fields of a packet in the log. `src` and `dst` are as it reached the relay."""
    link = sighting.link
    fields: dict[str, Json] = {
        "direction": "reply" if sighting.before[:1] == bytes((BOOTREPLY,)) else "request",
        "action": "relayed" if sighting.reason is None else "dropped",
        "interface": link.policy.config.name if link is not None else sighting.port.name,
        "src": str(IPv4Address(sighting.source)),
        "dst": str(IPv4Address(sighting.destination)),
    }
    if link is not None:
        fields["vrf"] = link.policy.config.vrf
    if sighting.reason is not None:
        fields["reason"] = sighting.reason.text
    if len(sighting.before) >= HEADER_LENGTH:
        fields.update(_content(sighting))
    if sighting.reason is None and link is not None:
        fields.update(_onward(sighting))
    return fields


def _onward(sighting: Sighting) -> dict[str, Json]:
    link = sighting.link
    if link is None or sighting.before[:1] == bytes((BOOTREPLY,)):
        return {"client": str(IPv4Address(sighting.delivered))}
    servers = [str(server.address) for group in link.policy.groups for server in group.servers]
    return {"servers": list[Json](servers)}


def _content(sighting: Sighting) -> dict[str, Json]:
    before = Packet.decode(sighting.before)
    reply = before.op == BOOTREPLY
    packet = before if reply or not sighting.after else Packet.decode(sighting.after)
    fields: dict[str, Json] = {
        "message": packet.message,
        "xid": xid_text(packet.xid),
        "mac": packet.mac,
        "ciaddr": str(packet.ciaddr),
        "yiaddr": str(packet.yiaddr),
        "giaddr": str(packet.giaddr),
        "hops": packet.hops,
        "broadcast": packet.broadcast,
    }
    for name in ("server_id", "requested"):
        address = getattr(packet, name)
        if address is not None:
            fields[name] = str(address)
    info = packet.relay_agent
    if info is not None:
        fields["option82"] = info.summary().to_json()
    return fields
