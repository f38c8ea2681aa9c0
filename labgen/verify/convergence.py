"""Waiting until what was answered is taken in: an ACK is seen before its address is configured, and before partners and gateways know."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping

from labgen.collect.session import Session
from labgen.devices.observed import Observed
from labgen.ground.labplan import LabPlan, SegmentPlan
from labgen.lab.deadline import Deadline
from labgen.verify.groups import active, gateway_holders
from labgen.verify.polling import poll

PAUSE = 0.1
LIMIT = 3.0
"""Seconds. A client that still tells another address then is judged by what it tells."""

ELECTION = 8.0
"""Seconds for switches to agree on one master: twice Master_Down_Interval at intervals of a second (RFC 5798 section 6.1), and some."""


def wait_until_configured(
    plan: LabPlan, session: Session, granted: Mapping[str, str], limit: float = LIMIT
) -> bool:
    """Ask clients until each holds the address it was granted (by name), at most `limit` seconds. Whether all do."""
    deadline, left = Deadline.patient(limit), dict(granted)
    while True:
        observed = poll(plan, session, tuple(left))
        left = {name: address for name, address in left.items() if observed.held(name) != address}
        if not left or deadline.over:
            return not left
        time.sleep(PAUSE)


def _together(observed: Observed, group: Iterable[str]) -> bool:
    """False where partners that both run are on their way to each other still, by what they say."""
    running = {each.node for each in observed.daemons if each.running}
    whole = {each.node: each.whole for each in observed.pairs}
    return not {*group} <= running or all(whole.get(name, True) for name in group)


def agree(plan: LabPlan, session: Session, partners: Iterable[Collection[str]], limit: float = LIMIT) -> bool:
    """Ask servers until partners hold the same bindings and work together, at most `limit` seconds: they tell each other after they
    have answered.
    """
    groups = [tuple(group) for group in partners]
    names = tuple({name for group in groups for name in group})
    deadline = Deadline.patient(limit)
    while True:
        observed = poll(plan, session, names)
        held = {
            name: {b.address for b in observed.bindings if b.node == name and active(b, time.time())}
            for name in names
        }
        alike = all(held[name] == held[group[0]] for group in groups for name in group)
        if alike and all(_together(observed, group) for group in groups):
            return True
        if deadline.over:
            return False
        time.sleep(PAUSE)


def disputed(plan: LabPlan, observed: Observed) -> tuple[SegmentPlan, ...]:
    """Segments whose gateway several switches have at once, where it is to move from one to another."""
    moving = (segment for segment in plan.segments if segment.moves)
    return tuple(
        each for each in moving if len({a.node for a in gateway_holders(each, observed.addresses)}) > 1
    )


def elect(
    plan: LabPlan, session: Session, segments: Collection[SegmentPlan], limit: float = ELECTION
) -> bool:
    """Ask switches until no two have the gateway of any of some segments, at most `limit` seconds. One that was kept from its processor
    for a moment goes unheard, and until it is heard again there are two masters.
    """
    names = tuple({name for segment in segments for name in segment.routers})
    deadline = Deadline.patient(limit)
    while disputed(plan, poll(plan, session, names)):
        if deadline.over:
            return False
        time.sleep(PAUSE)
    return True
