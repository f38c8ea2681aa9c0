"""The wire of a run: the lab's captures as messages, and waiting for an exchange to show."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from labgen.dhcp import Message, reconstruct
from labgen.dhcp.context import Context
from labgen.dhcp.model import FULFILLED, Binding, Exchange, ExchangeOutcome, Kind, MessageRole
from labgen.ground.labplan import LabPlan
from labgen.ground.vocabulary import Role
from labgen.lab.deadline import Deadline, rest
from labgen.lab.provider import Lab
from labgen.verify import captures
from labgen.verify.captures import Captured, KnownCaptures
from labgen.verify.groups import LEASING, grants
from labgen.verify.playbook_spec import Wanted
from labgen.verify.store import Store

PAUSE = 0.1
COARSER = 0.05
"""What is waited for long is looked for less often: how late it is seen is a part of how long it took."""
_ANSWERED = FULFILLED | {ExchangeOutcome.ANSWERED}


@dataclass(frozen=True, slots=True)
class Waited:
    """The result of waiting: `seconds` until the exchange showed, by client; `beyond` are clients for whom it cannot come any more, since
    they went on to rebinding; `granted` the address that the wire last brought each of those that it did show for, where it was to
    bring one; `gave_up` why the time granted was not waited for."""

    seconds: Mapping[str, float]
    beyond: frozenset[str] = frozenset()
    granted: Mapping[str, str] = field(default_factory=dict)
    gave_up: str = ""


@dataclass(frozen=True, slots=True)
class Recording:
    """Captures of a running lab. `plan` has the MAC addresses its nodes really have."""

    lab: Lab
    store: Store
    plan: LabPlan
    _known: KnownCaptures = field(default_factory=KnownCaptures)

    def look(self, nodes: Collection[str] | None = None, *, claims: bool = False) -> Captured:
        """DHCP on the wire up to now: everywhere, or at some nodes only; with `claims`, what ARP says of addresses too."""
        files = self.lab.save_captures(self.store.captures)
        return captures.read(files, self.store.folder, self.plan, nodes, claims=claims, known=self._known)


Look = Callable[[Collection[str]], Iterable[Message]]


@dataclass(frozen=True, slots=True)
class Watch:
    """Waiting for exchanges to show; `look` gives what some nodes saw up to now."""

    look: Look

    def wait(
        self,
        macs: Mapping[str, str],
        kinds: Collection[Kind],
        wanted: Wanted,
        since: float,
        timeout: float,
        why_stop: Callable[[float], str] = lambda elapsed: "",
    ) -> Waited:
        """Wait until an exchange of one of these kinds shows for every client (name -> MAC), at most `timeout` seconds, or until
        it is `why_stop`, which is given the seconds gone by.
        """
        deadline, started = Deadline.after(timeout), time.monotonic()
        found: dict[str, float] = {}
        while True:
            looked = time.monotonic()
            exchanges = reconstruct(self.look(macs))
            seen = {e.client.mac for e in exchanges if shows(e, kinds, wanted, since)}
            beyond = _beyond(exchanges, since) if set(kinds) == {Kind.RENEW} else set()
            now = time.monotonic()
            found |= {name: now - started for name, mac in macs.items() if mac in seen and name not in found}
            gone = {name for name, mac in macs.items() if mac in beyond and name not in found}
            complete = len(found) + len(gone) == len(macs)
            gave_up = "" if complete or deadline.over else why_stop(now - started)
            if complete or deadline.over or gave_up:
                leasing = set(kinds) <= set(LEASING) and (wanted == "answered" or wanted in _ANSWERED)
                granted = _granted(exchanges, {name: macs[name] for name in found if leasing})
                return Waited(found, frozenset(gone), granted, gave_up)
            rest(looked, max(PAUSE, (now - started) * COARSER))


def _granted(exchanges: Sequence[Exchange], macs: Mapping[str, str]) -> dict[str, str]:
    held = {name: grants(exchanges, mac) for name, mac in macs.items()}
    return {name: acks[-1].yiaddr or "" for name, acks in held.items() if acks}


def _beyond(exchanges: Iterable[Exchange], since: float) -> set[str | None]:
    """Clients that tried to renew after a moment, got no answer, and went on to rebinding."""
    own = [e for e in exchanges if e.started is not None and e.started >= since]
    tried = {e.client.mac for e in own if e.kind is Kind.RENEW and e.outcome is ExchangeOutcome.NO_REPLY}
    return {e.client.mac for e in own if e.kind is Kind.REBIND} & tried


def shows(exchange: Exchange, kinds: Collection[Kind], wanted: Wanted, since: float) -> bool:
    """True if this is an exchange of one of these kinds, going on after a moment, with the wanted outcome."""
    if exchange.kind not in kinds or exchange.ended is None or exchange.ended < since:
        return False
    if wanted == "any":
        return True
    return exchange.outcome in _ANSWERED if wanted == "answered" else exchange.outcome is wanted


def _servers_of(plan: LabPlan) -> Iterator[tuple[str, frozenset[str]]]:
    """By MAC of each client, the identifiers that planned answers can have: of its segment's servers, and of its relays."""
    for segment in plan.segments:
        for name in segment.clients if segment.servers else ():
            own = {str(address) for server in segment.servers for address in plan.node(server).addresses}
            own |= {str(relay.link_address) for _, relay in plan.relays_for(name)}
            yield plan.node(name).client_mac, frozenset(own)


def _networks(plan: LabPlan) -> Iterator[tuple[str, str]]:
    """The VRF of each client, by its MAC."""
    for segment in plan.segments:
        for name in segment.clients:
            yield plan.node(name).client_mac, segment.vrf


def context(plan: LabPlan, bindings: Iterable[Binding]) -> Context:
    """The plan's knowledge beside the messages."""
    addresses = {str(address): node.name for node in plan.nodes for address in node.addresses}
    servers = {address for address, name in addresses.items() if plan.node(name).role is Role.SERVER}
    servers |= {str(relay.link_address) for node in plan.nodes for relay in node.relays}
    return Context(
        addresses=addresses,
        roles={node.name: captures.tap(node, "").role for node in plan.nodes},
        subnets=tuple(str(each) for segment in plan.segments if segment.servers for each in segment.prefixes),
        shared_networks={
            str(each.prefix): str(segment.prefix) for segment in plan.segments for each in segment.secondary
        },
        servers=frozenset(servers),
        servers_of=dict(_servers_of(plan)),
        networks=dict(_networks(plan)),
        bindings=tuple(b for b in bindings if b.role is MessageRole.SERVER),
    )
