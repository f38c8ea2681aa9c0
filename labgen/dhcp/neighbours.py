"""Who uses which address, as ARP (RFC 826) in a capture tells: what a client that declines an address has heard."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from socket import inet_aton

from labgen.dhcp.logs import Record
from labgen.dhcp.message import Message, MessageRole, MessageType
from labgen.dhcp.remarks import Cause, Remark

_MOST = 20_000
"""Addresses that are kept."""
_NOBODY = bytes(4)


@dataclass(slots=True)
class Neighbours:
    """Hardware addresses by the IPv4 address they say is theirs, each with the frame that shows it first."""

    speakers: dict[bytes, dict[bytes, int]] = field(default_factory=dict)

    def hear(self, data: bytes, at: int, number: int) -> None:
        """Take an ARP packet, from its hardware type on, in frame `number`."""
        if data[at + 2 : at + 6] != b"\x08\x00\x06\x04":
            return
        hardware, address = data[at + 8 : at + 14], data[at + 14 : at + 18]
        if (
            len(address) == 4
            and address != _NOBODY
            and (address in self.speakers or len(self.speakers) < _MOST)
        ):
            self.speakers.setdefault(address, {}).setdefault(hardware, number)

    def of(self, address: str) -> dict[bytes, int]:
        """Who said that an address is theirs."""
        return self.speakers.get(inet_aton(address), {})


def users_of_declined(
    records: Iterable[Record], neighbours: Neighbours, file: str, node: str
) -> Iterator[Remark]:
    """Who answers ARP for the addresses that clients declined (RFC 2131 section 4.4.1)."""
    found: dict[bytes, dict[str, int]] = defaultdict(dict)
    for record in records:
        if not isinstance(record, Message) or record.type is not MessageType.DECLINE or not record.requested:
            continue
        for hardware, number in neighbours.of(record.requested).items():
            if hardware.hex(":") != record.mac:
                found[hardware].setdefault(record.requested, number)
    for hardware, addresses in found.items():
        all_of_them = (
            f", as it does for {len(addresses) - 1} other declined addresses: proxy ARP?"
            if len(addresses) > 1
            else ""
        )
        for address, number in addresses.items():
            words = f"ARP: {address} is at {hardware.hex(':')}{all_of_them}"
            yield Remark(
                node, MessageRole.TRANSIT, words, Cause.CONFLICT, address=address, file=file, frame=number
            )
