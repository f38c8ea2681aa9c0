"""Everything the checks of one step may look at: the plan, what the nodes said, what was on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from labgen.devices.observed import Observed
from labgen.dhcp.model import Binding, Exchange, Finding, Kind, Message
from labgen.dhcp.model import Role as MessageRole
from labgen.plan.model import LabPlan, NodePlan, RelayPlan


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts of one step. `messages` are sightings on the wire; `observed.messages` are what daemons logged.

    `unreachable` maps a node to why nothing could be collected from it. `remarks` maps a node to what happened to its action
    (for example that it took effect only after the deadline).
    """

    plan: LabPlan
    observed: Observed
    messages: tuple[Message, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    findings: tuple[Finding, ...] = ()
    unreachable: Mapping[str, str] = field(default_factory=dict)
    remarks: Mapping[str, str] = field(default_factory=dict)

    def mac(self, client: str) -> str:
        """MAC address of a client's data port."""
        node = self.plan.node(client)
        assert node.client is not None
        return node.interface(node.client.linux).mac

    def exchange(self, client: str, kind: Kind) -> Exchange | None:
        """The client's last exchange of a kind in this step."""
        mac = self.mac(client)
        return next((e for e in reversed(self.exchanges) if e.kind is kind and e.client.mac == mac), None)

    def relays(self, client: str) -> tuple[tuple[NodePlan, RelayPlan], ...]:
        """Switches that relay for a client."""
        node = self.plan.node(client)
        return self.plan.relays(node.client.segment) if node.client else ()

    def lease(self, client: str) -> Binding | None:
        """The client's own newest lease."""
        own = [b for b in self.observed.bindings if b.node == client and b.role is MessageRole.CLIENT]
        return own[-1] if own else None

    def bindings(self, client: str) -> tuple[Binding, ...]:
        """Active bindings of servers for a client."""
        mac = self.mac(client)
        return tuple(
            b
            for b in self.observed.bindings
            if b.role is MessageRole.SERVER and b.mac == mac and b.state in ("active", "bound")
        )

    def logged(self, node: str, client: str) -> tuple[Message, ...]:
        """What a node's daemon logged about a client's messages."""
        mac = self.mac(client)
        return tuple(m for m in self.observed.messages if m.node == node and m.mac == mac)
