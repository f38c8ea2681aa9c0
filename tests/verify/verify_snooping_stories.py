"""Stories about an access switch that snoops, as captures at its ports tell them."""

from __future__ import annotations

from functools import cache

import snooping_specs
from verify_facts import ACK, DISCOVER, OFFER, RX, TX, Tale
from verify_labs import written

from labgen.dhcp.model import MessageRole, RelayOptions
from labgen.ground.labplan import LabPlan
from labgen.verify.checks.snooping import FORGED_XID

UPLINK, OWN, OTHER = "eth1.10", "eth2", "eth3"
RIGHT = RelayOptions(circuit_id="eth2:10", remote_id="access")
WRONG = RelayOptions(circuit_id="eth3:10", remote_id="access")


@cache
def campus() -> LabPlan:
    return written(snooping_specs.campus())


def asked(options: RelayOptions | None = RIGHT, *, strays: bool = False) -> Tale:
    """pc1 asks at its port; the request leaves by the uplink, and by another port where it strays."""
    tale = Tale(campus()).began()
    own = {"mac": tale.mac("pc1")}
    tale._add(DISCOVER, "access", MessageRole.TRANSIT, RX, interface=OWN, **own)
    tale._add(
        DISCOVER, "access", MessageRole.TRANSIT, TX, interface=UPLINK,
        option82=options is not None, relay_options=options, **own,
    )  # fmt: skip
    if strays:
        tale._add(DISCOVER, "access", MessageRole.TRANSIT, TX, interface=OTHER, **own)
    return tale


def answered(*, stripped: bool) -> Tale:
    """The answer comes by the uplink with option 82, and leaves at pc1's port."""
    tale = asked()
    own = {"mac": tale.mac("pc1"), "giaddr": "10.1.10.254"}
    tale._add(
        ACK, "access", MessageRole.TRANSIT, RX, interface=UPLINK, option82=True, relay_options=RIGHT, **own
    )
    tale._add(
        ACK, "access", MessageRole.TRANSIT, TX, interface=OWN,
        option82=not stripped, relay_options=None if stripped else RIGHT, **own,
    )  # fmt: skip
    return tale


def forged(*, stopped: bool) -> Tale:
    """pc1 says OFFER at its port."""
    tale = Tale(campus()).began()
    tale.xid = FORGED_XID
    nobody = {"mac": "02:6c:61:62:67:00"}
    tale._add(OFFER, "access", MessageRole.TRANSIT, RX, interface=OWN, **nobody)
    if not stopped:
        tale._add(OFFER, "access", MessageRole.TRANSIT, TX, interface=UPLINK, **nobody)
    return tale
