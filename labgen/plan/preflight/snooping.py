"""Preflight: access switches that snoop have ports to snoop on, tell them apart, and relays that can do with what they send."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.ground.errors import Problem
from labgen.ground.labplan import LabPlan, PlanWarning
from labgen.ground.vocabulary import Existing, RelayOption, Role
from labgen.plan.preflight.case import PreflightCase
from labgen.plan.preflight.names import define
from labgen.plan.preflight.serving import clients_of
from labgen.plan.snooping import snoopers

ABROAD = (RelayOption.LINK_SELECTION, RelayOption.SERVER_ID_OVERRIDE, RelayOption.VSS)
"""What only a relay puts into option 82, and not where it keeps an access switch's (RFC 3046 section 2.1.1)."""
OWN = {"circuit_id": "{port}", "remote_id": "{host}"}
"""What a device's own formats tell: RFC 3046 sections 3.1 and 3.2."""
FORMATS = (("circuit_id", RelayOption.CIRCUIT_ID), ("remote_id", RelayOption.REMOTE_ID))


def places(case: PreflightCase) -> Iterator[Problem]:
    """Switches that snoop are the segment's and have clients; the segment is a VLAN there; trusted clients are its clients."""
    for name, segment in case.spec.segments.items():
        if segment.snooping is None:
            continue
        at = ("segments", name, "snooping")
        for n, switch in enumerate(segment.snooping.switches):
            if switch not in segment.switches:
                reason = f"`{switch}` is no switch of segment `{name}`, so it has nothing to snoop on"
                yield case.problem((*at, "switches", n), reason, define(switch, segment.switches))
        for (own, node), bond in case.ledger.bonds.of.items():
            seen = [switch for switch in bond.switches if switch in snoopers(segment)]
            if own == name and seen and node not in segment.snooping.trust:
                both = " and ".join(f"`{each}`" for each in bond.switches)
                reason = f"`{node}` has a bond to {both}, and a switch snoops on a port alone"
                yield case.problem(at, reason, f"write `trust: [{node}]`, or attach it to one of them")
        known = clients_of(case.spec, segment)
        for n, client in enumerate(segment.snooping.trust):
            if client not in known:
                reason = f"`{client}` is no client of segment `{name}`"
                yield case.problem((*at, "trust", n), reason, define(client, known))
        if not case.ledger.is_vlan(segment):
            yield case.problem(
                at,
                f"segment `{name}` is a routed port, and snooping is done between ports of a VLAN",
                "give the segment a `vlan`, or an access switch under `bridge`",
            )
        elif set(snoopers(segment)) <= set(segment.switches) and not any(
            case.ledger.roles.get(each) is Role.CLIENT and each not in segment.snooping.trust
            for switch in snoopers(segment)
            for each in segment.attach.get(switch, ())
        ):
            there = snoopers(segment)
            verb = "snoops" if len(there) == 1 else "snoop"
            reason = f"no client hangs on {' or '.join(f'`{each}`' for each in there)}, which {verb} for segment `{name}`"
            yield case.problem(at, reason, "attach a client there, or leave `snooping` out")


def formats(case: PreflightCase) -> Iterator[Problem]:
    """A format is of a sub-option that is put in, and ports of a switch are told apart by what they get."""
    for name, segment in case.spec.segments.items():
        asked = segment.snooping
        if asked is None:
            continue
        at = ("segments", name, "snooping")
        for key, option in FORMATS:
            if key in asked.model_fields_set and option not in asked.options:
                reason = f"`{key}` says what the {option} looks like, which is not put in"
                yield case.problem((*at, key), reason, f"add `{option}` to `options`, or leave it out")
        said = [getattr(asked, key) or OWN[key] for key, option in FORMATS if option in asked.options]
        several = any(
            len([c for c in segment.attach.get(switch, ()) if c in clients_of(case.spec, segment)]) > 1
            for switch in snoopers(segment)
        )
        if said and several and not any("{port}" in text or "{interface}" in text for text in said):
            yield case.problem(
                (*at, "circuit_id") if "circuit_id" in asked.model_fields_set else at,
                f"all ports of a switch in segment `{name}` would get the same option 82: replies could not be told apart",
                'put `{port}` into `circuit_id`, such as "{port}:{vlan}"',
            )


def policies(case: PreflightCase) -> Iterator[Problem]:
    """A relay that keeps what an access switch put in adds nothing of its own: giaddr has to tell the subnet."""
    for group in case.groups:
        asked, relay = group.segment.snooping, group.relay
        if asked is None or not asked.options or not relay.trust:
            continue
        if relay.existing is Existing.APPEND:
            reason = "a relay appends to option 82 of other relays; of an access switch's request it keeps or replaces it"
            yield case.problem((*group.place, "existing"), reason, "write `keep` or `replace`")
        lost = [option for option in relay.options if option in ABROAD]
        if relay.existing in (None, Existing.KEEP) and (lost or relay.source == "loopback"):
            what = ", ".join(lost) or "link-selection"
            yield case.problem(
                (*group.place, "options" if lost else "source"),
                f"the relay keeps the option 82 of the access switch, and so does not send {what} (RFC 3046 section 2.1.1)",
                "write `existing: replace`, or `source: interface` without these options",
            )


def warnings(plan: LabPlan) -> Iterator[PlanWarning]:
    """Relays that drop what an access switch put option 82 into: legal, and how such networks fail."""
    for segment in plan.segments:
        inserting = [
            node.name
            for node in plan.nodes
            for each in node.snooping
            if each.segment == segment.name and any(port.inserts for port in each.ports)
        ]
        deaf = [
            node.name
            for node, relay in plan.relays(segment.name)
            if not relay.trusted or relay.existing is Existing.DROP
        ]
        if inserting and deaf:
            yield PlanWarning(
                code="option-82-not-trusted",
                message=f"{', '.join(dict.fromkeys(deaf))} drops requests of segment {segment.name}, which have option 82 of "
                f"{', '.join(dict.fromkeys(inserting))} and no giaddr (RFC 3046 section 2.1); "
                "`trust: true` in `relay`, and no `existing: drop`, have it take them",
            )


CHECKS = (places, formats, policies)
