"""Names for those who took part in a run: addresses and MACs to nodes of the plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from labgen.dhcp.context import AddressBook
from labgen.dhcp.identities import mac_in_client_id
from labgen.dhcp.model import Exchange
from labgen.ground.labplan import LabPlan
from labgen.ground.vocabulary import Role
from labgen.verify.recording import context
from labgen.verify.verdict import Verdict

ROLES: Mapping[Role, str] = MappingProxyType(
    {Role.SERVER: "servers", Role.SWITCH: "switches", Role.CLIENT: "clients"}
)
"""What nodes of a role are called together, in the order reports name them."""


@dataclass(frozen=True, slots=True)
class Parties:
    """`names` maps MACs to nodes; `book` names the parties of a ladder."""

    names: Mapping[str, str]
    book: AddressBook

    def client(self, identity: str | None) -> str:
        """The node of a MAC, or of a client identifier that contains one; what was given where no node has it."""
        known = identity or ""
        mac = known if known in self.names else mac_in_client_id(known)
        return self.names.get(mac or "", known or "?")

    def clients(self, macs: Iterable[str | None]) -> tuple[str, ...]:
        """Nodes of some MACs, each once, without the unknown."""
        return tuple(dict.fromkeys(self.client(mac) for mac in macs if mac))

    def by_client(self, exchanges: Iterable[Exchange]) -> dict[str, list[tuple[int, Exchange]]]:
        """Exchanges of each client with their places among all, in order."""
        found: dict[str, list[tuple[int, Exchange]]] = defaultdict(list)
        for at, exchange in enumerate(exchanges):
            found[self.of(exchange)].append((at, exchange))
        return found

    def of(self, exchange: Exchange) -> str:
        """The client of an exchange."""
        return self.client(exchange.client.mac or exchange.client.client_id)


def parties(verdict: Verdict, plan: LabPlan) -> Parties:
    """The parties of the exchanges, by plan and by what the messages give away."""
    names = {port.mac: node.name for node in plan.nodes for port in node.interfaces if port.kind != "svi"}
    names |= verdict.macs
    return Parties(names, AddressBook(verdict.exchanges, context(plan, verdict.bindings)))
