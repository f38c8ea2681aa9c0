"""Preflight: the address plan. Prefixes that overlap, are too small or are nobody's to use; pools that are empty."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network

from labgen.ground.errors import Problem
from labgen.ground.labplan import LabPlan, PlanWarning, ScopePlan, SegmentPlan
from labgen.ground.vocabulary import Role
from labgen.ground.yamldoc import Place
from labgen.plan.ledger import Ledger
from labgen.plan.preflight.case import PreflightCase
from labgen.plan.space import management
from labgen.spec.service import RESERVED_ONLY

UNUSABLE = (
    (IPv4Network("0.0.0.0/8"), "this network"),
    (IPv4Network("127.0.0.0/8"), "loopback"),
    (IPv4Network("169.254.0.0/16"), "link-local"),
    (IPv4Network("224.0.0.0/4"), "multicast"),
    (IPv4Network("240.0.0.0/4"), "reserved"),
)
"""Prefixes that no segment can have: the special-purpose address registries say what each is for."""


def usable(case: PreflightCase) -> Iterator[Problem]:
    """Segments and pools are of addresses that hosts can have."""
    spec = case.spec
    wanted: list[tuple[Place, str, IPv4Network | None]] = [
        (("segments", n, "prefix"), f"segment `{n}`", s.prefix) for n, s in spec.segments.items()
    ]
    wanted += [
        (("segments", name, "secondary", n), f"secondary subnet {n + 1} of `{name}`", each.prefix)
        for name, segment in spec.segments.items()
        for n, each in enumerate(segment.secondary)
    ]
    wanted += [(("addressing", key), f"addressing.{key}", getattr(spec.addressing, key)) for key in POOLS]
    for place, what, prefix in wanted:
        for block, meaning in UNUSABLE:
            if prefix is not None and prefix.overlaps(block):
                reason = f"{what} is {prefix}, which holds {meaning} addresses ({block})"
                yield case.problem(place, reason, "use a private prefix, such as 10.20.0.0/16")
                break


def hosts(case: PreflightCase) -> Iterator[Problem]:
    """Addresses and links that the spec gives are of addresses that hosts can have."""
    spec = case.spec
    wanted: list[tuple[Place, str, IPv4Network | None]] = [
        (("links", n), f"the subnet of link `{'-'.join(ends)}`", link.prefix)
        for n, (link, ends) in enumerate(zip(spec.links, spec.link_ends, strict=True))
    ]
    wanted += [
        (("nodes", name, "loopback"), f"the loopback of `{name}`", IPv4Network(node.loopback))
        for name, node in spec.nodes.items()
        if node.loopback is not None
    ]
    wanted += [
        (("externals", name, "attach", switch), f"the link to `{name}`", each.address.network)
        for name, external in spec.externals.items()
        for switch, some in external.attach.items()
        for each in some
    ]
    wanted += [
        ((*group.place, "helpers", n), "a helper", IPv4Network(address))
        for group in case.groups
        for n, address in enumerate(group.relay.helpers)
    ]
    for place, what, prefix in wanted:
        for block, meaning in UNUSABLE:
            if prefix is not None and prefix.overlaps(block):
                shown = prefix.network_address if prefix.prefixlen == prefix.max_prefixlen else prefix
                reason = f"{what} is {shown}, and {block} is for {meaning} addresses"
                yield case.problem(
                    place, reason, "use what hosts can have, such as addresses of 10.20.0.0/16"
                )
                break


def roomy(case: PreflightCase) -> Iterator[Problem]:
    """A segment holds more than two addresses."""
    for name, segment in case.spec.segments.items():
        if segment.prefix is not None and segment.prefix.prefixlen > 29 and any(segment.attach.values()):
            reason = f"segment `{name}` is {segment.prefix}, with no room for a gateway and a pool"
            yield case.problem(("segments", name, "prefix"), reason, "a /29 is the smallest that holds both")
        for n, each in enumerate(segment.secondary):
            if each.prefix.prefixlen > 29:
                reason = f"secondary subnet {each.prefix} has no room for a gateway and a pool"
                place = ("segments", name, "secondary", n)
                yield case.problem(place, reason, "a /29 is the smallest that holds both")


def secondary(case: PreflightCase) -> Iterator[Problem]:
    """Secondary subnets are apart from each other and from every other subnet that the same servers or VRF have."""
    spec, ledger = case.spec, case.ledger
    for name, segment in spec.segments.items():
        if segment.secondary and segment.unnumbered:
            reason = f"segment `{name}` is unnumbered, so its switch has no address in a secondary subnet"
            yield case.problem(("segments", name, "secondary"), reason, "leave one of the two keys out")
        for n, each in enumerate(segment.secondary):
            others = [(name, prefix) for prefix in ledger.subnets(name)[: n + 1]]
            others += [
                (other, prefix)
                for other, found in spec.segments.items()
                if other != name
                and (found.vrf == segment.vrf or set(ledger.servers_of(other)) & set(ledger.servers_of(name)))
                for prefix in ledger.subnets(other)
            ]
            for other, prefix in others:
                if prefix.overlaps(each.prefix):
                    whose = "its own subnet" if other == name else f"segment `{other}`, which is"
                    reason = f"secondary subnet {each.prefix} of `{name}` overlaps {whose} {prefix}"
                    place = ("segments", name, "secondary", n)
                    yield case.problem(place, reason, "choose a prefix that is nobody's")
                    break


POOLS = ("loopback", "vrf_loopback", "p2p", "lan", "mgmt")


def pools_apart(case: PreflightCase) -> Iterator[Problem]:
    """Pools that the spec sets overlap neither each other nor a segment; labgen's own move out of the way."""
    spec = case.spec
    taken: list[tuple[IPv4Network, str]] = [
        (segment.prefix, f"segment `{name}`") for name, segment in spec.segments.items() if segment.prefix
    ]
    taken += [(each.prefix, f"segment `{name}`") for name, s in spec.segments.items() for each in s.secondary]
    for key in POOLS:
        if key not in spec.addressing.model_fields_set:
            continue
        own: IPv4Network = getattr(spec.addressing, key)
        others = [(prefix, what) for prefix, what in taken if prefix.overlaps(own)]
        if key == "lan":  # segments are taken from it; the next free one is what counts
            others = [each for each in others if not each[1].startswith("segment")]
        for prefix, what in others[:1]:
            reason = f"addressing.{key} {own} overlaps {what}, which is {prefix}"
            yield case.problem(("addressing", key), reason, "choose another pool, or leave it to labgen")
        taken.append((own, f"addressing.{key}"))


def capacity(case: PreflightCase) -> Iterator[Problem]:
    """Pools and numbers are enough for what the lab has."""
    ledger = case.ledger
    addressing = ledger.addressing
    links = sum(link.routed and frozenset(link.nodes) not in ledger.link_prefixes for link in ledger.links)
    lans = sum(segment.prefix is None for segment in case.spec.segments.values())
    highest = max(ledger.ids.values())
    needs = (
        ("p2p", links, addressing.p2p.num_addresses // 4, "point-to-point links", "a /30 each"),
        ("lan", lans, ledger.free_lans if lans else 0, "segments without `prefix`", "a /24 each"),
    )
    for key, needed, there, what, each in needs:
        if needed > there:
            reason = f"addressing.{key} {getattr(addressing, key)} is too small for {needed} {what}, {each}"
            yield case.problem(("addressing", key), reason, "use a shorter mask")
    own = case.spec.addressing
    if "loopback" in own.model_fields_set and highest >= own.loopback.num_addresses:
        reason = f"addressing.loopback {own.loopback} is too small for node ids up to {highest}"
        yield case.problem(("addressing", "loopback"), reason, "use a shorter mask")
    if not ledger.enough_vlans:
        reason = f"{len(case.spec.segments)} segments need more VLANs than there are"
        yield case.problem(
            ("segments",), reason, "4094 is the highest VLAN id; set `vlan` or use fewer segments"
        )


def moved(ledger: Ledger) -> Iterator[PlanWarning]:
    """labgen's own pools that made room for a prefix of the spec."""
    spec, addressing = ledger.spec, ledger.addressing
    for key in POOLS:
        now = getattr(addressing, key)
        was = getattr(spec.addressing, key) or management(spec.name)
        if was != now:
            yield PlanWarning(
                code="pool-moved",
                message=f"addressing.{key} is {now}: the default {was} overlaps a prefix of the spec",
            )


SPEC_CHECKS = (usable, hosts, roomy, secondary, pools_apart, capacity)


def problems(case: PreflightCase, built: LabPlan) -> Iterator[Problem]:
    """Prefixes that overlap in one VRF or are too small, pools that are empty, segment by segment."""
    found: dict[str, list[Problem]] = {name: [] for name in case.spec.segments}
    for checks in (_overlapping, _too_small, _empty_pools):
        for name, problem in checks(case, built):
            found[name].append(problem)
    for each in found.values():
        yield from each


def _overlapping(case: PreflightCase, built: LabPlan) -> Iterator[tuple[str, Problem]]:
    for segment, other in overlaps(built.segments):
        where = case.place_of(("segments", other.name, "prefix"))
        reason = f"{segment.prefix} overlaps segment `{other.name}`{where} in VRF `{segment.vrf}`"
        place = ("segments", segment.name, "prefix")
        yield segment.name, case.problem(place, reason, "give one of them another prefix or VRF")


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


def _too_small(case: PreflightCase, built: LabPlan) -> Iterator[tuple[str, Problem]]:
    """Each segment's first node whose address lies outside."""
    reported: set[str] = set()
    for node in built.nodes:
        for port in node.interfaces:
            name = port.segment
            if name is None or name in reported or port.address is None or port.unnumbered:
                continue
            prefix = built.segment(name).prefix
            if port.address.ip not in prefix or (prefix.prefixlen < 31 and port.address.ip == prefix[-1]):
                reported.add(name)
                reason = f"{prefix} is too small: node `{node.name}` has id {node.id}"
                remedy = f"set segments.{name}.prefix to a larger prefix"
                yield name, case.problem(("segments", name, "prefix"), reason, remedy)


def _scopes(built: LabPlan, segment: str) -> list[ScopePlan]:
    """The scopes of all servers on a segment."""
    served = (scope for node in built.role(Role.SERVER) if node.server for scope in node.server.scopes)
    return [scope for scope in served if scope.segment == segment]


def _empty_pools(case: PreflightCase, built: LabPlan) -> Iterator[tuple[str, Problem]]:
    for server in built.role(Role.SERVER):
        for scope in server.server.scopes if server.server else ():
            for n, subnet in enumerate(scope.secondary):
                if not any(each.secondary[n].ranges for each in _scopes(built, scope.segment)):
                    reason = f"server `{server.name}` has no address left to hand out in {subnet.prefix}"
                    own: Place = ("segments", scope.segment, "secondary", n)
                    yield (
                        scope.segment,
                        case.problem(own, reason, "switches and gateway have the others; widen it"),
                    )
            if not scope.every_range:
                yield from _nothing(case, server.name, scope)


def _nothing(case: PreflightCase, server: str, scope: ScopePlan) -> Iterator[tuple[str, Problem]]:
    """A server without a dynamic address on a segment, which is meant where some are reserved and no range is wanted."""
    place: Place = ("segments", scope.segment, "pool")
    split = case.spec.segments[scope.segment].pool.by_server
    if split is not None and server not in split:
        reason = f"`split` says nothing of `{server}`, which the relays of `{scope.segment}` ask as well"
        yield (
            scope.segment,
            case.problem((*place, "split"), reason, "give it a range, or no longer ask it"),
        )
    elif case.spec.segments[scope.segment].pool.range != RESERVED_ONLY:
        reason = f"server `{server}` has no address left to hand out in {scope.prefix}"
        yield scope.segment, case.problem(place, reason, "widen the prefix or its share")
    elif not scope.reservations:
        reason = f"segment `{scope.segment}` has no range, and no address is reserved there"
        yield (
            scope.segment,
            case.problem(
                (*place, "range"), reason, "add `reservations`, or `dhcp: false` if no lease is meant"
            ),
        )
