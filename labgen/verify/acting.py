"""Doing what a playbook says to nodes, and taking faults back."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from labgen.collect.session import Session
from labgen.devices.base import Action
from labgen.devices.linux.client import ADDRESS, IDENTIFIERS, SERVER_ID
from labgen.dhcp.model import Exchange, Message
from labgen.ground.errors import LabgenError
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.lab.deadline import Deadline
from labgen.lab.provider import Lab
from labgen.verify import groups
from labgen.verify.expected_leases import ExpectedLeases
from labgen.verify.playbook import find_action
from labgen.verify.playbook_spec import LAB_ACTIONS, SETTLE, ActionSpec
from labgen.verify.remark import NotDone
from labgen.verify.stalled_daemons import StalledDaemons

MOST_GRACE = 10.0
UNDO_SECONDS = 15.0
MOST_DELAY = 3.0
PAUSE = 0.1
Tell = Callable[[str], None]


def grace(timeout: float) -> float:
    """Seconds to go on after a deadline, only to tell what would have been."""
    return min(MOST_GRACE, timeout)


STARTS = frozenset({"acquire", "bind", "reboot"})
"""Actions that make a client broadcast at once."""
AT_ONCE = 8
APART = 0.15
"""Seconds between groups of `AT_ONCE` clients: servers read one packet at a time, and their sockets hold some hundred."""


def spread(actions: Mapping[str, Action]) -> dict[str, Action]:
    """Actions of many nodes, begun a few at a time."""
    found: dict[str, Action] = {}
    for number, (node, action) in enumerate(actions.items()):
        pause = APART * (number // AT_ONCE)
        commands = (
            (f"sleep {pause:.2f}; {action.commands[0]}", *action.commands[1:]) if pause else action.commands
        )
        found[node] = action._replace(commands=commands)
    return found


@runtime_checkable
class Movable(Protocol):
    """A lab in which clients can be plugged into another switch."""

    def move(self, client: str, switch: str) -> None: ...


@runtime_checkable
class Settling(Protocol):
    """A lab that tells when its control plane is as it was at the start, or what is missing then."""

    def settle(self, seconds: float) -> str: ...


@dataclass(frozen=True, slots=True)
class OpenFault:
    """Something a playbook broke, and the action that repairs it."""

    node: str
    undo: str


@dataclass
class Actor:
    """Acts on the nodes of one lab. `exchanges` tells what is known of the clients' leases when it is asked."""

    lab: Lab
    plan: LabPlan
    session: Session
    exchanges: Callable[[], Sequence[Exchange]]
    tell: Tell
    faults: list[OpenFault] = field(default_factory=list)
    roles: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.expected_leases = ExpectedLeases(self.plan, self.exchanges)
        self.stalled = StalledDaemons(self.lab, lambda: {fault.node for fault in self.faults})

    def nodes(self, group: str) -> tuple[NodePlan, ...]:
        """The nodes of a group. What only the lab tells is asked once a playbook: the selected server stays
        the one that was, also after it failed.
        """
        if group in self.roles:
            return tuple(self.plan.node(name) for name in self.roles[group])
        focus = groups.focus(self.plan)
        if group not in groups.DYNAMIC or focus is None:
            return groups.candidates(group, self.plan)
        known = self._known_leases(focus.client_mac)
        for name in groups.DYNAMIC:
            found = groups.resolve(name, self.plan, known, focus.client_mac)
            self.roles[name] = tuple(node.name for node in found)
        return self.nodes(group)

    def _known_leases(self, mac: str) -> Sequence[Exchange]:
        """The exchanges known of the leases once one of this client is: a capture may be a moment behind the client."""
        deadline = Deadline.patient(MOST_DELAY)
        while not groups.grants(known := self.exchanges(), mac) and not deadline.over:
            time.sleep(PAUSE)
        return known

    def do(self, spec: ActionSpec) -> dict[str, NotDone]:
        """Act on all nodes at once. Returns a remark for each node where it did not take effect in time."""
        chosen = self.nodes(spec.on)
        if (spec.action, spec.on) == ("acquire", "clients"):
            chosen = (*chosen, *groups.refused(self.plan))
        if not chosen:
            return {spec.on: NotDone(spec.name, f"nobody is the {spec.on}: no lease tells")}
        if spec.action == SETTLE:
            return self._settle(spec, chosen)
        if spec.action in LAB_ACTIONS:
            return self._move(spec.action, chosen)
        remarks: dict[str, NotDone] = {}
        before = {node.name: len(self._granted(node)) for node in chosen if _tells_nothing(node)}
        wanted: dict[str, list[tuple[str, Action]]] = defaultdict(list)
        for node in chosen:
            found = find_action(self.plan, node, spec.action)
            if found is not None:
                at, action = found
                wanted[at.name].append((node.name, self._filled(action, node)))
                if action.undo:
                    self.faults.append(OpenFault(node.name, action.undo))
        actions = {place: _merged([action for _, action in own]) for place, own in wanted.items()}
        if spec.action in STARTS:
            actions = spread(actions)
        for place, remark in self._acted(spec, actions).items():
            remarks |= {name: remark for name, _ in wanted[place]}
        remarks |= self._seen_bound(spec, [node for node in chosen if _tells_nothing(node)], before)
        self._forget(spec.action, (node.name for node in chosen))
        return remarks

    def _granted(self, client: NodePlan) -> Sequence[Message]:
        return groups.grants(self.exchanges(), client.client_mac)

    def _seen_bound(
        self, spec: ActionSpec, clients: Sequence[NodePlan], before: Mapping[str, int]
    ) -> dict[str, NotDone]:
        """Clients that do not say when they are bound are watched on the wire; a remark for each that no ACK reached in time."""
        waiting = list(clients) if spec.action in STARTS else []
        deadline = Deadline.patient(spec.timeout)
        while waiting and not deadline.over:
            waiting = [node for node in waiting if len(self._granted(node)) <= before[node.name]]
            time.sleep(PAUSE if waiting else 0)
        why = f"no ACK on the wire after {spec.timeout:g} s"
        return {node.name: NotDone(spec.action, why, None) for node in waiting}

    def _settle(self, spec: ActionSpec, waiting: Iterable[NodePlan]) -> dict[str, NotDone]:
        """Wait for the control plane, where the lab can tell; elsewhere the waits for exchanges that follow have to do."""
        missing = self.lab.settle(spec.timeout) if isinstance(self.lab, Settling) else ""
        remark = NotDone(spec.name, " ".join(missing.split()))
        if missing:
            self.tell(f"  {remark}")
        return {node.name: remark for node in waiting} if missing else {}

    def _move(self, action: str, clients: Iterable[NodePlan]) -> dict[str, NotDone]:
        for client in clients:
            if action == "move":
                self.faults.append(OpenFault(client.name, "move-back"))
            self._plug(client.name, action)
            self._forget(action, [client.name])
        return {}

    def _plug_back(self, fault: OpenFault) -> None:
        try:
            self._plug(fault.node, fault.undo)
        except LabgenError as error:
            self.tell(f"  {fault.node}: {fault.undo} failed, the lab is left broken: {error}")

    def _plug(self, client: str, action: str) -> None:
        home = groups.home_switch(self.plan, client)
        switch = home if action == "move-back" else groups.other_switch(self.plan)
        if not isinstance(self.lab, Movable) or switch is None:
            raise LabgenError(
                f"{client} cannot be moved: this lab's provider has no way to plug cables elsewhere"
            )
        self.lab.move(client, switch)

    def _acted(self, spec: ActionSpec, actions: Mapping[str, Action]) -> dict[str, NotDone]:
        """On a node that is late, wait a little longer only to say so."""
        why_stop = self._why_stop if spec.action in STARTS else self.stalled.why_stop
        done = self.session.act(actions, spec.timeout, why_stop) if actions else ()
        unfinished = {d.node: actions[d.node]._replace(commands=()) for d in done if d.late}
        after = {d.node: d for d in self.session.act(unfinished, grace(spec.timeout))} if unfinished else {}
        remarks: dict[str, NotDone] = {}
        for d in done:
            if d.error:
                would = after.get(d.node)
                late = spec.timeout + would.seconds if would and not would.error else None
                remarks[d.node] = NotDone(spec.action, d.error, late, d.lost)
                self.tell(f"  {d.node}: {remarks[d.node]}")
        return remarks

    def _why_stop(self, elapsed: float) -> str:
        return self.stalled.why_stop(elapsed) or self.expected_leases.why_stop(elapsed)

    def _forget(self, action: str, nodes: Iterable[str]) -> None:
        """An undo that the playbook did itself is not done again."""
        repaired = {OpenFault(node, action) for node in nodes}
        self.faults = [fault for fault in self.faults if fault not in repaired]

    def undo(self) -> None:
        """Takes back every fault, the latest first; one that cannot be taken back is reported, and the others still are."""
        while self.faults:
            fault = self.faults.pop()
            if fault.undo in LAB_ACTIONS:
                self._plug_back(fault)
                continue
            found = find_action(self.plan, self.plan.node(fault.node), fault.undo)
            if found is None:
                continue
            at, action = found
            for done in self.session.act({at.name: action}, UNDO_SECONDS):
                if done.error:
                    self.tell(f"  {fault.node}: {fault.undo} failed, the lab is left broken: {done.error}")
        self.roles.clear()

    def _filled(self, action: Action, node: NodePlan) -> Action:
        """The action with the lease of this client (or, at somebody else's place, of the focus) filled in."""
        marks = {
            mark
            for command in action.commands
            for mark in (ADDRESS, SERVER_ID, IDENTIFIERS)
            if mark in command
        }
        if not marks:
            return action
        focus = groups.focus(self.plan)
        grant = self._grant(node if marks - {ADDRESS} else focus or node)
        values = {ADDRESS: grant.yiaddr or "", SERVER_ID: grant.server_id or "", IDENTIFIERS: ""}
        if IDENTIFIERS in marks:
            values[IDENTIFIERS] = " ".join(self._identifiers(node))
        return action._replace(commands=tuple(_fill(command, values) for command in action.commands))

    def _identifiers(self, client: NodePlan) -> tuple[str, ...]:
        """The servers that a client may renew at: the copies of an ACK through several relays name several, and it may have taken any."""
        identifiers = [grant.server_id or "" for grant in groups.granted(self.exchanges(), client.client_mac)]
        relays = [str(relay.link_address) for _, relay in self.plan.relays_for(client.name)]
        assert client.client is not None
        servers = [self.plan.node(name) for name in self.plan.segment(client.client.segment).servers]
        own = [str(address) for server in servers for address in server.addresses]
        return tuple(sorted({*identifiers, *relays, *own} - {""}))

    def _grant(self, client: NodePlan) -> Message:
        held = groups.grants(self.exchanges(), client.client_mac)
        if not held:
            raise LabgenError(f"{client.name} has no lease yet; let the playbook `bind` it before")
        return held[-1]


def _tells_nothing(node: NodePlan) -> bool:
    """True if a client is a program of the user's own that has no word for being bound."""
    return node.client is not None and node.program is not None and not node.program.ready


def _fill(command: str, values: Mapping[str, str]) -> str:
    for mark, value in values.items():
        command = command.replace(mark, value)
    return command


def _merged(actions: Sequence[Action]) -> Action:
    """One action where a switch does the same for several of its clients."""
    if len(actions) == 1:
        return actions[0]
    commands = tuple(command for action in actions for command in action.commands)
    return actions[-1]._replace(commands=commands)
