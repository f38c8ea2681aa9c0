"""What a rule looks at, and how it says what it found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from labgen.dhcp.context import AddressBook, Context, Party
from labgen.dhcp.explain import explain
from labgen.dhcp.hops import Hop
from labgen.dhcp.message import Evidence, Message, MessageType, Role
from labgen.dhcp.model import Binding, Exchange, Finding

Shown = Hop | Message | Evidence | Binding


@dataclass(frozen=True, slots=True)
class Case:
    """One exchange with its hops, and the client's other exchanges and bindings."""

    exchange: Exchange
    hops: tuple[Hop, ...]
    book: AddressBook
    context: Context
    history: tuple[Exchange, ...] = ()
    bindings: tuple[Binding, ...] = ()

    def at_servers(self, *types: MessageType) -> Iterator[Hop]:
        """Requests on their way into a server."""
        return (hop for hop in self.hops if hop.type in types and hop.receiver.role is Role.SERVER)

    def from_servers(self, *types: MessageType) -> Iterator[Hop]:
        """Replies on their way out of a server."""
        return (hop for hop in self.hops if hop.type in types and hop.sender.role is Role.SERVER)

    def at_client(self, *types: MessageType) -> Iterator[Hop]:
        """Replies on their way to the client."""
        return (hop for hop in self.hops if hop.type in types and hop.receiver.role is Role.CLIENT)

    def from_client(self, *types: MessageType) -> Iterator[Hop]:
        """Requests as the client sent them."""
        return (hop for hop in self.hops if hop.type in types and hop.sender.role is Role.CLIENT)

    def servers(self) -> list[Party]:
        """The servers that take part, in order of appearance."""
        found = [hop.receiver for hop in self.hops] + [hop.sender for hop in self.hops]
        return list(dict.fromkeys(party for party in found if party.role is Role.SERVER))

    def finding(
        self,
        code: str,
        message: str,
        shown_by: Iterable[Hop | Message | Evidence | Binding],
        node: str | None = None,
    ) -> Finding:
        """A finding about this exchange's client."""
        return Finding(
            code=code,
            severity=explain(code).severity,
            message=message,
            node=node,
            client=str(self.exchange.client),
            evidence=evidence(shown_by),
        )


Rule = Callable[[Case], Iterator[Finding]]
GlobalRule = Callable[[Sequence[Case]], Iterator[Finding]]


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
    return tuple(dict.fromkeys(found))


def remarks(hops: Iterable[Hop], words: str) -> list[Evidence]:
    """The lines in which nodes say `words` about these hops' messages."""
    return [line for hop in hops for message in hop.sightings for line in message.remarks(words)]


def listed(names: Iterable[str | None]) -> str:
    """`a`, `a and b`, `a, b and c`, without repetition."""
    unique = list(dict.fromkeys(name for name in names if name))
    if len(unique) < 2:
        return "".join(unique)
    return ", ".join(unique[:-1]) + " and " + unique[-1]
