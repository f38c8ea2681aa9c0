"""Preflight: what cannot work is an error with its line; what is legal but a known trap is a warning."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from labgen.ground.errors import PlanError, Problem, SpecError
from labgen.ground.labplan import LabPlan, NodePlan, PlanWarning, RelayPlan, SegmentPlan
from labgen.ground.vocabulary import DEFAULT_VRF, RelayOption, Role
from labgen.plan import capability, placement, pools
from labgen.plan.ledger import Ledger
from labgen.spec.load import LoadedSpec

Check = Callable[[LoadedSpec], Iterator[Problem]]


def names(loaded: LoadedSpec) -> None:
    """Every name the spec uses is defined, once, as what it is used for. PlanError lists all faults."""
    for checks in (_NAME_CHECKS, _PLACE_CHECKS):  # where things are makes sense only once every name does
        problems = [problem for check in checks for problem in check(loaded)]
        if problems:
            raise PlanError(problems)


def plan(loaded: LoadedSpec, built: LabPlan) -> tuple[PlanWarning, ...]:
    """Addresses and reachability. PlanError lists all faults; the warnings are returned."""
    problems = [*_space(loaded, built), *_giaddr(loaded, built), *capability.problems(loaded, built)]
    if problems:
        raise PlanError(problems)
    return (*_warnings(built), *capability.warnings(built))


def _unique(loaded: LoadedSpec) -> Iterator[Problem]:
    spec, seen = loaded.spec, {}
    everything: list[tuple[str, tuple[str | int, ...]]] = [
        *((name, ("servers", name)) for name in spec.servers),
        *((name, ("switches", n)) for n, name in enumerate(spec.switches)),
    ]
    for segment_name, segment in spec.segments.items():
        for switch, members in segment.attach.items():
            for n, name in enumerate(members):
                if name not in spec.servers:
                    everything.append((name, ("segments", segment_name, "attach", switch, n)))
    for name, place in everything:
        if name in seen:
            yield loaded.source.problem(
                place, f"node `{name}` is used twice", "give each node one name and one place"
            )
        seen[name] = place


def _links(loaded: LoadedSpec) -> Iterator[Problem]:
    spec = loaded.spec
    known = {*spec.switches, *spec.servers}
    for n, link in enumerate(spec.links):
        ends = link.split("-")
        place = ("links", n)
        if len(ends) != 2 or not all(ends):
            yield loaded.source.problem(
                place,
                f"link `{link}` needs exactly two ends",
                "write it as `sw1-sw2`; client links come from `attach`",
            )
            continue
        for end in ends:
            if end not in known:
                yield loaded.source.problem(
                    place, f"link `{link}`: there is no node `{end}`", _define(end, known)
                )
        if ends[0] == ends[1]:
            yield loaded.source.problem(
                place, f"link `{link}` connects a node to itself", "name two different nodes"
            )


def _attachments(loaded: LoadedSpec) -> Iterator[Problem]:
    spec = loaded.spec
    for name, server in spec.servers.items():
        for switch in server.attach:
            if switch not in spec.switches:
                yield loaded.source.problem(
                    ("servers", name),
                    f"server `{name}` is attached to `{switch}`, which is no switch",
                    _define(switch, spec.switches),
                )
        linked = any(name in link.split("-") for link in spec.links)
        on_segment = any(name in members for s in spec.segments.values() for members in s.attach.values())
        if not (server.attach or linked or on_segment):
            yield loaded.source.problem(
                ("servers", name),
                f"server `{name}` has no link",
                f"write `{name}: {spec.switches[0] if spec.switches else 'sw1'}`",
            )
    for name, segment in spec.segments.items():
        for switch in segment.attach:
            if switch not in spec.switches:
                yield loaded.source.problem(
                    ("segments", name, "attach", switch), f"segment `{name}` is attached to `{switch}`, which is no switch",
                    _define(switch, spec.switches),
                )  # fmt: skip


def _references(loaded: LoadedSpec) -> Iterator[Problem]:
    spec = loaded.spec
    for name, segment in spec.segments.items():
        place = ("segments", name)
        if segment.vrf != DEFAULT_VRF and segment.vrf not in spec.vrfs:
            yield loaded.source.problem(
                (*place, "vrf"),
                f"segment `{name}` is in VRF `{segment.vrf}`, which is not defined",
                f"add `vrfs: {{{segment.vrf}: {{}}}}`",
            )
        relay = segment.relay
        if relay is None:
            continue
        for n, server in enumerate(relay.servers):
            if server not in spec.servers:
                yield loaded.source.problem(
                    (*place, "relay", "servers", n),
                    f"relay to `{server}`: there is no such server",
                    _define(server, spec.servers),
                )
        if relay.server_vrf != DEFAULT_VRF and relay.server_vrf not in spec.vrfs:
            yield loaded.source.problem(
                (*place, "relay", "server_vrf"),
                f"server VRF `{relay.server_vrf}` is not defined",
                "define it under `vrfs`, or use `default`",
            )
    roles = Ledger(spec).roles
    for name in spec.nodes:
        if name not in roles:
            yield loaded.source.problem(("nodes", name), f"there is no node `{name}`", _define(name, roles))


def _overlay(loaded: LoadedSpec) -> Iterator[Problem]:
    overlay = loaded.spec.overlay
    if overlay is None:
        for name, segment in loaded.spec.segments.items():
            if len(segment.attach) > 1 and segment.stretch:
                yield loaded.source.problem(
                    ("segments", name, "attach"), f"segment `{name}` is on {len(segment.attach)} switches, and there is no overlay",
                    "add `overlay: {data: vxlan, control: evpn, asn: 65000}`, or attach it to one switch",
                )  # fmt: skip
        return
    if overlay.control == "evpn" and overlay.asn is None:
        yield loaded.source.problem(("overlay",), "EVPN needs an AS number", "add `asn: 65000`")
    for name in overlay.route_reflectors:
        if name not in loaded.spec.switches:
            yield loaded.source.problem(
                ("overlay",), f"route reflector `{name}` is no switch", _define(name, loaded.spec.switches)
            )


def _define(name: str, known: Iterable[str]) -> str:
    return f"define `{name}`, or use one of: {', '.join(known) or 'none defined yet'}"


def _pools(loaded: LoadedSpec) -> Iterator[Problem]:
    prefixes = Ledger(loaded.spec).prefixes
    for name, segment in loaded.spec.segments.items():
        split = segment.pool.split
        prefix = prefixes[name]
        place = ("segments", name, "pool", "split")
        if not isinstance(split, dict):
            continue
        for server, ranges in split.items():
            if segment.relay and server not in segment.relay.servers:
                yield loaded.source.problem(
                    (*place, server),
                    f"pool for `{server}`, which no relay of `{name}` asks",
                    f"list it under segments.{name}.relay.servers",
                )
            for text in ranges:
                yield from _range(loaded, (*place, server), name, text, prefix)
        yield from _overlaps(loaded, name)


def _range(
    loaded: LoadedSpec, place: tuple[str, ...], name: str, text: str, prefix: object
) -> Iterator[Problem]:
    try:
        found = pools.parse(text)
    except ValueError as error:
        yield loaded.source.problem(
            place, f"`{text}` is no address range: {error}", "write it as `172.16.0.10-172.16.0.99`"
        )
        return
    if not all(address in prefix for address in (found.first, found.last)):  # type: ignore[operator]
        yield loaded.source.problem(
            place,
            f"pool {found} lies outside segment `{name}`, which is {prefix}",
            f"choose addresses inside {prefix}, or set segments.{name}.prefix",
        )


def _overlaps(loaded: LoadedSpec, name: str) -> Iterator[Problem]:
    split = loaded.spec.segments[name].pool.split
    if not isinstance(split, dict):
        return
    try:
        parsed = [(server, [pools.parse(text) for text in ranges]) for server, ranges in split.items()]
    except ValueError:
        return
    for n, (left, ranges) in enumerate(parsed):
        for right, others in parsed[n + 1 :]:
            shared = pools.overlap(ranges, others)
            if shared is not None:
                yield loaded.source.problem(
                    ("segments", name, "pool", "split", right), f"`{left}` and `{right}` both hand out {shared}: one address, two clients",
                    "make the ranges disjoint, or write `split: shared` to study what happens",
                )  # fmt: skip


_NAME_CHECKS: tuple[Check, ...] = (_unique, _links, _attachments, _references, _overlay, _pools)
_PLACE_CHECKS: tuple[Check, ...] = placement.CHECKS


def _space(loaded: LoadedSpec, built: LabPlan) -> Iterator[Problem]:
    """Prefixes that overlap in one VRF or are too small, pools that are empty, segment by segment."""
    found: dict[str, list[Problem]] = {name: [] for name in loaded.spec.segments}
    for checks in (_overlapping, _too_small, _empty_pools):
        for name, problem in checks(loaded, built):
            found[name].append(problem)
    for problems in found.values():
        yield from problems


def _overlapping(loaded: LoadedSpec, built: LabPlan) -> Iterator[tuple[str, Problem]]:
    for segment, other in overlaps(built.segments):
        yield (
            segment.name,
            loaded.source.problem(
                ("segments", segment.name, "prefix"),
                f"{segment.prefix} overlaps segment `{other.name}` in VRF `{segment.vrf}`",
                "give one of them another prefix or VRF",
            ),
        )


def overlaps(segments: Sequence[SegmentPlan]) -> list[tuple[SegmentPlan, SegmentPlan]]:
    """Pairs of segments in one VRF whose prefixes overlap, the later of the spec first. By one walk over sorted prefixes, in
    which those that hold the next one stay open: prefixes contain each other or have nothing in common."""
    order = {segment.name: n for n, segment in enumerate(segments)}
    pairs: list[tuple[SegmentPlan, SegmentPlan]] = []
    around: list[SegmentPlan] = []
    for segment in sorted(segments, key=lambda each: (each.vrf, each.prefix.version, each.prefix)):
        while around and not (around[-1].vrf == segment.vrf and around[-1].prefix.overlaps(segment.prefix)):
            around.pop()
        pairs += [(segment, outer) for outer in around]
        around.append(segment)
    ordered = [sorted(pair, key=lambda each: order[each.name]) for pair in pairs]
    return sorted(
        ((later, earlier) for earlier, later in ordered),
        key=lambda pair: (order[pair[0].name], order[pair[1].name]),
    )


def _too_small(loaded: LoadedSpec, built: LabPlan) -> Iterator[tuple[str, Problem]]:
    """Each segment's first node whose address lies outside."""
    told: set[str] = set()
    for node in built.nodes:
        for port in node.interfaces:
            name = port.segment
            if name is None or name in told or port.address is None or port.unnumbered:
                continue
            prefix = built.segment(name).prefix
            if port.address.ip not in prefix:
                told.add(name)
                yield (
                    name,
                    loaded.source.problem(
                        ("segments", name),
                        f"{prefix} is too small: node `{node.name}` has id {node.id}",
                        f"set segments.{name}.prefix to a larger prefix",
                    ),
                )


def _empty_pools(loaded: LoadedSpec, built: LabPlan) -> Iterator[tuple[str, Problem]]:
    for server in built.role(Role.SERVER):
        for scope in server.server.scopes if server.server else ():
            if not scope.ranges:
                yield (
                    scope.segment,
                    loaded.source.problem(
                        ("segments", scope.segment, "pool"),
                        f"server `{server.name}` has no address left to hand out in {scope.prefix}",
                        "widen the prefix or its share",
                    ),
                )


def _giaddr(loaded: LoadedSpec, built: LabPlan) -> Iterator[Problem]:
    for name, segment in loaded.spec.segments.items():
        relay = segment.relay
        if relay is None:
            continue
        place = ("segments", name, "relay")
        foreign = any(plan.giaddr not in built.segment(name).prefix for _, plan in built.relays(name))
        if foreign and RelayOption.LINK_SELECTION not in relay.options:
            yield loaded.source.problem(
                (*place, "source"), f"giaddr is outside {built.segment(name).prefix} and link-selection is not sent: "
                "no server can tell the subnet",
                "add `link-selection` (RFC 3527) to relay.options, or use `source: interface`",
            )  # fmt: skip
        for switch, plan in built.relays(name):
            yield from _owner(loaded, (*place, "source"), switch, plan)


def _owner(
    loaded: LoadedSpec, place: tuple[str, ...], switch: NodePlan, relay: RelayPlan
) -> Iterator[Problem]:
    """giaddr is an address of the switch, in the VRF the servers answer from (RFC 2131 section 4.1: they answer to it)."""
    if relay.owner is None:
        own = ", ".join(str(address) for address in switch.addresses)
        yield loaded.source.problem(
            place, f"giaddr {relay.giaddr} is no address of `{switch.name}`: servers would answer to nobody",
            f"use `interface`, `loopback`, `uplink`, or one of its addresses: {own}",
        )  # fmt: skip
        return
    far = next((target for target in relay.targets if target.vrf != relay.owner.vrf), None)
    if far is not None:
        yield loaded.source.problem(
            place, f"servers in VRF `{far.vrf}` have no route back to a giaddr in VRF `{relay.owner.vrf}`"
            f" (`{relay.owner.interface}` of `{switch.name}`)",
            "use `source: loopback` with link-selection and server-id-override",
        )  # fmt: skip


def _warnings(built: LabPlan) -> Iterator[PlanWarning]:
    for segment in built.segments:
        relays = [relay for _, relay in built.relays(segment.name)]
        if segment.anycast and len(relays) > 1 and any(relay.giaddr == segment.gateway for relay in relays):
            yield PlanWarning(
                code="giaddr-anycast",
                message=f"segment {segment.name}: giaddr {segment.gateway} is the anycast gateway of {len(relays)} switches; "
                "a server's reply goes to the nearest of them, which need not be the one that relayed",
            )
        if any(relay.inter_vrf and RelayOption.SERVER_ID_OVERRIDE not in relay.sent for relay in relays):
            yield PlanWarning(
                code="no-server-id-override",
                message=f"segment {segment.name}: relays between VRFs without server-id-override (RFC 5107); "
                "clients will send renewals to a server address their VRF may not reach",
            )
        if segment.split == "shared" and len(segment.servers) > 1:
            yield PlanWarning(
                code="shared-pool",
                message=f"segment {segment.name}: {' and '.join(segment.servers)} hand out the same addresses; "
                "two clients can get the same one",
            )


__all__ = ["PlanError", "SpecError", "names", "plan"]
