"""The case that a rule looks at, and the making of its findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import PurePath

from msgspec import field

from labgen.dhcp.context import AddressBook, Context, Party
from labgen.dhcp.explain import explain
from labgen.dhcp.fast_values import QuickValue
from labgen.dhcp.hops import Hop, hops
from labgen.dhcp.message import Evidence, Message, MessageRole, MessageType
from labgen.dhcp.model import Binding, Exchange, Finding, Severity
from labgen.dhcp.relay_options import RelayOptions
from labgen.dhcp.remarks import Remark
from labgen.dhcp.vantage import answer_would_show

Shown = Hop | Message | Evidence | Binding | Remark
MOST_EVIDENCE = 24
"""Places one finding lists: what a client did for hours is not listed whole."""


class History:
    """All exchanges of one client in one segment, in order, and what servers gave it when."""

    def __init__(self, exchanges: Sequence[Exchange] = ()) -> None:
        self.exchanges = exchanges
        self._given: dict[tuple[str, str], int] | None = None

    def given(self, server: str, address: str, before: int) -> bool:
        """True if a server acknowledged an address to the client in an exchange before this one."""
        if self._given is None:
            self._given = {}
            for at, exchange in enumerate(self.exchanges):
                for message in exchange.messages:
                    if message.type is MessageType.ACK and message.yiaddr is not None:
                        self._given.setdefault((message.node, message.yiaddr), at)
        return self._given.get((server, address), before) < before


class Case(QuickValue, frozen=True, gc=False):
    """One exchange with its hops, the client's history with the place of this exchange in it, bindings, and the remarks
    that nodes made about it. `ordinary`: option 82 (empty where there is none) of one in which no rule can find anything odd
    (`labgen.dhcp.rules.ordinary`); None for any other.
    """

    exchange: Exchange
    book: AddressBook
    context: Context
    history: History = field(default_factory=History)
    at: int = 0
    bindings: tuple[Binding, ...] = ()
    remarks: tuple[Remark, ...] = ()
    ordinary: RelayOptions | None = None
    _hops: list[tuple[Hop, ...]] = field(default_factory=list)

    @property
    def hops(self) -> tuple[Hop, ...]:
        """The hops of the exchange; most exchanges are never asked for them."""
        if not self._hops:
            self._hops.append(hops(self.exchange, self.book))
        return self._hops[0]

    @property
    def is_plain(self) -> bool:
        """A captured exchange on one link with one of each message, in which nothing can be odd but what it ends in."""
        messages = self.exchange.messages
        types = tuple(message.type for message in messages)
        if types not in _PLAIN or self.remarks or messages[-2].wanted not in (None, messages[-1].yiaddr):
            return False
        return all(map(_is_plain, messages))

    def earlier(self) -> Iterator[Exchange]:
        """The client's exchanges before this one, the last one first."""
        return (self.history.exchanges[at] for at in range(self.at - 1, -1, -1))

    def later(self) -> Iterator[Exchange]:
        """The client's exchanges after this one."""
        return (self.history.exchanges[at] for at in range(self.at + 1, len(self.history.exchanges)))

    def answer_would_show(self, *, later: bool = False) -> bool:
        """True if an answer would have been seen, had there been one."""
        return answer_would_show(self.exchange.messages, self.context.vantages, later=later)

    def at_servers(self, *types: MessageType) -> Iterator[Hop]:
        """Requests on their way into a server."""
        return (hop for hop in self.hops if hop.type in types and hop.receiver.role is MessageRole.SERVER)

    def from_servers(self, *types: MessageType) -> Iterator[Hop]:
        """Replies on their way out of a server."""
        return (hop for hop in self.hops if hop.type in types and hop.sender.role is MessageRole.SERVER)

    def at_client(self, *types: MessageType) -> Iterator[Hop]:
        """Replies on their way to the client."""
        return (hop for hop in self.hops if hop.type in types and hop.receiver.role is MessageRole.CLIENT)

    def from_client(self, *types: MessageType) -> Iterator[Hop]:
        """Requests as the client sent them."""
        return (hop for hop in self.hops if hop.type in types and hop.sender.role is MessageRole.CLIENT)

    def servers(self) -> list[Party]:
        """The servers that take part, in order of appearance."""
        found = [hop.receiver for hop in self.hops] + [hop.sender for hop in self.hops]
        return list(dict.fromkeys(party for party in found if party.role is MessageRole.SERVER))

    def finding(
        self,
        code: str,
        message: str,
        shown_by: Iterable[Hop | Message | Evidence | Binding | Remark],
        node: str | None = None,
        severity: Severity | None = None,
    ) -> Finding:
        """A finding about this exchange's client, of the code's own severity unless another is given."""
        return Finding(
            code=code,
            severity=severity or explain(code).severity,
            message=message,
            node=node,
            client=str(self.exchange.client),
            evidence=evidence(shown_by),
        )


_PLAIN = frozenset(
    {
        (MessageType.DISCOVER, MessageType.OFFER, MessageType.REQUEST, MessageType.ACK),
        (MessageType.REQUEST, MessageType.ACK),
    }
)


def _is_plain(message: Message) -> bool:
    captured = message.frame is not None and message.role is MessageRole.TRANSIT and not message.copy
    return captured and message.giaddr is None and not message.option82 and message.note is None


Rule = Callable[[Case], Iterator[Finding]]
ClientRule = Callable[[Sequence[Case]], Iterator[Finding]]
"""Over all exchanges of one client, in order."""
GlobalRule = Callable[[Sequence[Case]], Iterator[Finding]]
ContextRule = Callable[[Sequence[Case], Context], Iterator[Finding]]


def evidence(items: Iterable[Shown]) -> tuple[Evidence, ...]:
    """Places to look at, without repetition."""
    found: list[Evidence] = []
    for item in items:
        if isinstance(item, Hop):
            found.extend(message.evidence() for message in item.sightings)
        elif isinstance(item, Evidence):
            found.append(item)
        else:
            found.append(item.evidence())
    return tuple(dict.fromkeys(found))[:MOST_EVIDENCE]


def seen(message: Message) -> str:
    """Says where a message was seen: `seen in FILE, frame 7`."""
    if message.file is None:
        return f"seen at {message.node}"
    place = f"frame {message.frame}" if message.frame is not None else f"line {message.line}"
    return f"seen in {PurePath(message.file).name}, {place}"


def remarks(hops: Iterable[Hop], words: str) -> list[Evidence]:
    """The lines in which nodes say `words` about these hops' messages."""
    return [line for hop in hops for message in hop.sightings for line in message.remarks(words)]


def listed(names: Iterable[str | None]) -> str:
    """`a`, `a and b`, `a, b and c`, without repetition."""
    unique = list(dict.fromkeys(name for name in names if name))
    if len(unique) < 2:
        return "".join(unique)
    return ", ".join(unique[:-1]) + " and " + unique[-1]
