"""Rules about relays one behind the other."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.dhcp.context import inside, network_of
from labgen.dhcp.message import Message, MessageType
from labgen.dhcp.model import GRANTED, Finding
from labgen.dhcp.rules.case import Case, seen

_ASKS = frozenset({MessageType.DISCOVER, MessageType.REQUEST})


def giaddr_replaced(case: Case) -> Iterator[Finding]:
    """A relay that puts its own address over another one's giaddr, so that the server chooses its network (RFC 1542 section 4.1.1). One
    that names the client's link in sub-option 5 (RFC 3527) may do so, and where the client gets an address of its network nothing is lost.
    """
    relayed = [m for m in case.exchange.messages if m.type in _ASKS and m.giaddr]
    for one in relayed:
        other = next((m for m in relayed if _replaces(m, one)), None)
        if other is not None and not _is_served(case, one):
            text = (
                f"{other.src} put {other.giaddr} in place of the giaddr {one.giaddr} that the first relay had set; "
                f"{seen(other)}"
            )
            address = case.exchange.address
            text += f": the client was given {address}, of another network" if address else ""
            yield case.finding("giaddr-replaced", text, [one, other], node=other.src)
            return


def _replaces(later: Message, first: Message) -> bool:
    """True if a request is another one passed on by whom that was sent to, with his address in place of the first relay's."""
    passed_on = later.type is first.type and later.src == first.dst and (later.hops or 0) > (first.hops or 0)
    options = later.relay_options
    named = options is not None and (options.link_selection or options.vss)
    return passed_on and later.giaddr not in (None, first.giaddr) and not named


def _is_served(case: Case, first: Message) -> bool:
    """True if the client got an address of the network that the first relay named."""
    exchange = case.exchange
    mask = next((m.mask for m in exchange.messages if m.type.is_reply and m.mask), None)
    if exchange.outcome not in GRANTED or exchange.address is None or mask is None:
        return exchange.outcome in GRANTED
    return inside(exchange.address, network_of(first.giaddr or "", mask) or "")
