"""Waiting until clients have taken in what the wire brought them: an ACK is seen before its address is configured."""

from __future__ import annotations

import time
from collections.abc import Mapping

from labgen.collect.session import Session
from labgen.devices import registry
from labgen.devices.observed import Observed, Raw
from labgen.lab.deadline import Deadline
from labgen.plan.model import LabPlan

PAUSE = 0.1
LIMIT = 3.0
"""Seconds. A client that still tells another address then is judged by what it tells."""


def settle(plan: LabPlan, session: Session, granted: Mapping[str, str], limit: float = LIMIT) -> bool:
    """Ask clients until each holds the address it was granted (by name), at most `limit` seconds. Whether all do."""
    deadline, left = Deadline.after(limit), dict(granted)
    while True:
        observed = _asked(plan, session, tuple(left))
        left = {name: address for name, address in left.items() if observed.held(name) != address}
        if not left or deadline.over:
            return not left
        time.sleep(PAUSE)


def _asked(plan: LabPlan, session: Session, clients: tuple[str, ...]) -> Observed:
    devices = {name: registry.get(plan.node(name).device) for name in clients}
    probes = {name: device.probes(plan, plan.node(name)) for name, device in devices.items()}
    raw: dict[str, dict[str, Raw]] = {name: {} for name in clients}
    for output in session.collect(probes):
        if not output.error:
            raw[output.node][output.probe.name] = Raw(output.text, "")
    parts = [device.observe(plan, plan.node(name), raw[name]) for name, device in devices.items()]
    return Observed.total(parts)
