"""The relay's log: JSON lines, one per packet at level debug, one per dropped packet at level info."""

from __future__ import annotations

import json
import os
import time
from ipaddress import IPv4Address

from labgen.dhcp.jsonform import Json, xid_text
from labgen.dhcp.packet import BOOTREPLY, HEADER_LENGTH, Packet
from labgen.ground.errors import InfrastructureError
from labgen.relay.config import LogLevel
from labgen.relay.forward import Sighting


class JsonLog:
    """Lines of JSON to a file, or to standard output for `-`. Every line is out when `write` returns.

    `lost` counts the lines that could not be written: a full disk must not stop the relay.
    """

    def __init__(self, target: str) -> None:
        """Raises InfrastructureError where the file cannot be opened."""
        self._target = target
        self.lost = 0
        try:
            self._fd = self._open()
        except OSError as error:
            raise InfrastructureError(
                f"log {target}: {error.strerror}. Set `log` to a file that can be written, or to -."
            ) from error

    def _open(self) -> int:
        if self._target == "-":
            return 1
        return os.open(self._target, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)

    def reopen(self) -> None:
        """Start over in a new file after rotation. Raises OSError; the old file is then kept."""
        fresh = self._open()
        self.close()
        self._fd = fresh

    def write(self, event: str, **fields: Json | list[str]) -> None:
        line = {"ts": round(time.time(), 6), "event": event, **fields}
        text = json.dumps(line, separators=(",", ":")) + "\n"
        try:
            os.write(self._fd, text.encode())
        except OSError:
            self.lost += 1

    def packet(self, sighting: Sighting) -> None:
        """One line for one packet."""
        self.write("packet", **packet_fields(sighting))

    def close(self) -> None:
        if self._target != "-":
            os.close(self._fd)


def shows_packets(level: LogLevel) -> bool:
    return level is LogLevel.DEBUG


def shows_drops(level: LogLevel) -> bool:
    return level is not LogLevel.WARNING


def packet_fields(sighting: Sighting) -> dict[str, Json]:
    """What the log says about a packet. `src` and `dst` are as it reached the relay."""
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
    servers = [str(server) for group in link.policy.groups for server in group.servers]
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
