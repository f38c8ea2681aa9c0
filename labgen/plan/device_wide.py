"""Preflight: what two segments ask differently of one switch that is told once for both."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import NamedTuple

from labgen.devices.base import RelayCapability, Scope
from labgen.ground.labplan import NodePlan, RelayPlan
from labgen.ground.yamldoc import Place


class _Knob(NamedTuple):
    """Something a device is told once for a whole scope: what it is called, where the spec says it, what a relay asks of it."""

    title: str
    key: str
    scope: Scope
    asks: Callable[[RelayPlan], object]


def _knobs(can: RelayCapability, node: NodePlan | None = None) -> tuple[_Knob, ...]:
    """A list of servers is that of an interface: what its groups ask for, all together, but not of two VRFs. A policy that the device does
    not have at all is refused where the spec asks for it."""
    one_each = can.server_scope == "interface"
    listed = _listed(node.relays if node else ())
    return (
        _Knob("source of giaddr", "source", can.source_scope, lambda relay: relay.source and relay.giaddr),
        _Knob("choice of option 82", "options", can.option_scope, lambda relay: set(relay.sent)),
        _Knob(
            "policy for option 82 of others",
            "existing",
            can.option_scope,
            lambda relay: relay.existing if relay.existing in can.existing else "the device's own",
        ),
        _Knob("dialect", "dialect", "device", lambda relay: relay.dialect),
        _Knob(
            "VRF of servers" if one_each else "list of servers",
            "servers",
            can.server_scope,
            lambda relay: {target.vrf for target in relay.targets} if one_each else listed[relay.interface],
        ),
    )


def _listed(relays: Iterable[RelayPlan]) -> dict[str, set[str]]:
    """The demands of all groups of each interface together."""
    found: dict[str, set[str]] = defaultdict(set)
    for relay in relays:
        found[relay.interface] |= {f"{target.address} in {target.vrf}" for target in relay.targets}
    return found


def shared(
    node: NodePlan, can: RelayCapability, relays_that: Callable[[Callable[[RelayCapability], bool]], str]
) -> Iterator[tuple[Place, str, str]]:
    """Things that two segments ask differently of one switch that has one knob for both."""
    if len(node.relays) < 2:
        return
    for knob in _knobs(can, node):
        first: dict[str, RelayPlan] = {}
        for relay in node.relays:
            reach = _reach(knob.scope, relay)
            other = first.setdefault(reach, relay) if reach else relay
            if knob.asks(other) != knob.asks(relay):
                yield (
                    ("segments", relay.segment, "relay", knob.key),
                    f"has one {knob.title} for {reach}, and {_who(other, relay)} ask for different ones: "
                    f"{_worded(knob.asks(other))} and {_worded(knob.asks(relay))}",
                    _remedy(other, relay, knob.key, relays_that),
                )


def _remedy(
    first: RelayPlan,
    second: RelayPlan,
    key: str,
    relays_that: Callable[[Callable[[RelayCapability], bool]], str],
) -> str:
    """Two groups of a segment share an interface: only a device that is told it for each server has both."""
    if first.segment == second.segment:
        both, able = "groups", partial(_scoped, key, ("server",))
    else:
        both, able = "segments", partial(_scoped, key, ("interface", "server"))
    others = relays_that(able)
    joined = f", or {others}" if others.startswith("use") else f": {others}"
    return f"let both {both} ask for the same, or give them switches of their own{joined}"


def _who(first: RelayPlan, second: RelayPlan) -> str:
    if first.segment == second.segment:
        return f"two groups of segment `{first.segment}`"
    return f"segments `{first.segment}` and `{second.segment}`"


def _reach(scope: Scope, relay: RelayPlan) -> str:
    """The range of a relay's knob, in words; empty where the relay has its own."""
    if scope == "device":
        return "the whole device"
    if scope == "vrf":
        return f"VRF `{relay.vrf}`"
    if scope == "server-vrf":
        return f"servers in VRF `{relay.targets[0].vrf}`"
    return f"interface `{relay.interface}`" if scope == "interface" else ""


def _scoped(key: str, scopes: tuple[Scope, ...], can: RelayCapability) -> bool:
    """True if a device has this knob for one of these."""
    return all(knob.scope in scopes for knob in _knobs(can) if knob.key == key)


def _worded(value: object) -> str:
    """A demand of a segment, in the words of a spec."""
    if isinstance(value, set | frozenset):
        return f"[{', '.join(sorted(str(each) for each in value))}]"
    return str(value or "that of each interface")
