"""A message put together from the many lines IOS prints about it."""

from __future__ import annotations

from labgen.dhcp.logs import Reading
from labgen.dhcp.message import Direction, Message, MessageRole, MessageType, sighting
from labgen.dhcp.relay_options import RelayOptions


class MessageDraft:
    """A message as far as it is known; `message` freezes it."""

    def __init__(
        self, kind: MessageType, role: MessageRole, direction: Direction, number: int, text: str
    ) -> None:
        self.type = kind
        self.role = role
        self.direction = direction
        self.number = number
        self.text = text
        self.time: float | None = None
        self.node: str | None = None
        self.src: str | None = None
        self.dst: str | None = None
        self.giaddr: str | None = None
        self.server_id: str | None = None
        self.requested: str | None = None
        self.yiaddr: str | None = None
        self.ciaddr: str | None = None
        self.mac: str | None = None
        self.client_id: str | None = None
        self.xid: int | None = None
        self.override: str | None = None
        self.link: str | None = None
        self.circuit: str | None = None
        self.vss: str | None = None
        self.lease: int | None = None
        self.mask: str | None = None
        self.broadcast: bool | None = None
        self.hops: int | None = None
        self.interface: str | None = None
        self.notes: list[tuple[str, int, str]] = []

    def message(self, reading: Reading) -> Message:
        """The finished sighting."""
        return sighting(
            type=self.type,
            node=self.node or reading.node,
            role=reading.role or self.role,
            direction=self.direction,
            time=self.time,
            src=self.src,
            dst=self.dst,
            giaddr=self.giaddr,
            server_id=self.server_id,
            requested=self.requested,
            yiaddr=self.yiaddr,
            ciaddr=self.ciaddr,
            mac=self.mac,
            client_id=self.client_id,
            xid=self.xid,
            option82=True if self._has_option82() else None,
            relay_options=self._relay_options(),
            lease_seconds=self.lease,
            mask=self.mask,
            broadcast=self.broadcast,
            hops=self.hops,
            interface=self.interface,
            note="; ".join(dict.fromkeys(note for note, _, _ in self.notes)) or None,
            said=tuple(self.notes),
            file=reading.file,
            line=self.number,
            text=self.text,
        )

    def _has_option82(self) -> bool:
        return any((self.override, self.link, self.circuit, self.vss))

    def _relay_options(self) -> RelayOptions | None:
        if not self._has_option82():
            return None
        return RelayOptions(
            circuit_id=self.circuit,
            link_selection=self.link,
            server_id_override=self.override,
            vss=self.vss,
        )
