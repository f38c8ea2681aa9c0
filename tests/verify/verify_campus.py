"""Two access routers, a core and one server: clients whose renewals go straight there."""

from __future__ import annotations

from functools import cache

from verify_facts import Tale
from verify_labs import written

from labgen.ground.labplan import LabPlan

CAMPUS = """\
name: campus
switches: [r1, r2, core]
links: [r1-core, r2-core]
segments:
  users:
    prefix: 10.41.0.0/24
    attach: {r1: [u1, u2]}
    relay: {servers: [d1]}
    pool: {lease: 12s, renew: 2s, rebind: 4s}
servers: {d1: core}
"""


@cache
def campus() -> LabPlan:
    return written(CAMPUS)


def giaddr() -> str:
    return str(campus().relays_for("u1")[0][1].giaddr)


def server() -> str:
    own = campus().node("d1").server
    assert own is not None
    return str(own.address)


def leased() -> Tale:
    return Tale(campus()).acquire("u1", "d1", "10.41.0.9", via="r1").wait(1).began()
