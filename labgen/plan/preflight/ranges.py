"""Preflight: what servers hand out lies in the segment, and belongs to one of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Network

from labgen.ground.errors import Problem
from labgen.ground.labplan import AddressRange, LabPlan, PlanWarning
from labgen.ground.vocabulary import Address, Network
from labgen.ground.yamldoc import Place
from labgen.plan import pools
from labgen.plan.preflight.case import PreflightCase
from labgen.plan.preflight.names import define

GATEWAY = "the gateway"
_ADDRESS = re.compile(r"(?<!\d)(?<!\d\.)\d{1,3}(?:\.\d{1,3}){3}(?!\.?\d)")


def shares(case: PreflightCase) -> Iterator[Problem]:
    """Ranges by server name servers of the segment, and lie in it."""
    for name, segment in case.spec.segments.items():
        split, place = segment.pool.by_server, ("segments", name, "pool", "split")
        if split is None:
            continue
        asked = case.ledger.servers_of(name)
        for server, texts in split.items():
            if asked and server not in asked:
                reason = f"pool for `{server}`, which no relay of `{name}` asks"
                yield case.problem((*place, server), reason, define(server, asked))
            for text in texts:
                yield from range_problems(case, (*place, server), name, text, case.ledger.subnets(name))
        yield from _overlaps(case, name, split)


def range_problems(
    case: PreflightCase, place: Place, name: str, text: str, prefixes: Sequence[Network]
) -> Iterator[Problem]:
    """Faults of one range of a segment: its text, its place, and its edges."""
    try:
        found = pools.parse(text)
    except ValueError as error:
        reason = f"`{text}` is no address range: {error}"
        yield case.problem(place, reason, f"write it as `{_meant(text, prefixes[0])}`")
        return
    prefix = next((each for each in prefixes if found.first in each and found.last in each), None)
    if prefix is None:
        prefix = prefixes[0]
        reason = f"pool {found} lies outside segment `{name}`, which is {' and '.join(map(str, prefixes))}"
        yield case.problem(place, reason, f"choose addresses inside {prefix}, or set segments.{name}.prefix")
        return
    yield from _edges(case, place, found, prefix)


def _meant(text: str, prefix: Network) -> str:
    """The range that somebody meant: the last octet alone, the ends the other way round, other words between them, a prefix, or just an
    example."""
    first, _, last = (part.strip() for part in text.partition("-"))
    octets = first.split(".")
    ends = _ADDRESS.findall(text)
    candidates = [f"{first}-{'.'.join([*octets[:3], last])}", f"{last}-{first}"]
    if len(ends) == 2:
        candidates.append("-".join(ends))
    if "/" in text:
        candidates += _hosts(text)
    for candidate in candidates:
        try:
            if pools.parse(candidate).first in prefix:
                return candidate
        except ValueError:
            continue
    return str(pools.whole(prefix))


def _hosts(text: str) -> Iterator[str]:
    """The hosts of a prefix, as a range."""
    try:
        yield str(pools.whole(IPv4Network(text.strip(), strict=False)))
    except ValueError:
        return


def _edges(case: PreflightCase, place: Place, found: AddressRange, prefix: Network) -> Iterator[Problem]:
    if prefix.prefixlen >= 31:
        return
    whole = pools.whole(prefix)
    for edge, what in ((prefix[0], "network"), (prefix[-1], "broadcast")):
        if edge in found:
            reason = f"pool {found} holds {edge}, the {what} address of {prefix}"
            yield case.problem(place, reason, f"no host can have it: stay within {whole}")


def _overlaps(case: PreflightCase, name: str, split: Mapping[str, tuple[str, ...]]) -> Iterator[Problem]:
    try:
        parsed = [(server, [pools.parse(text) for text in ranges]) for server, ranges in split.items()]
    except ValueError:
        return
    for n, (left, ranges) in enumerate(parsed):
        for right, others in parsed[n + 1 :]:
            shared = pools.overlap(ranges, others)
            if shared is not None:
                yield case.problem(
                    ("segments", name, "pool", "split", right),
                    f"`{left}` and `{right}` both hand out {shared}: one address, two clients",
                    "make the ranges disjoint, or write `split: shared` to study what happens",
                )


def whole(case: PreflightCase) -> Iterator[Problem]:
    """The pool of a segment lies in it, each address once."""
    for name, segment in case.spec.segments.items():
        place, prefixes = ("segments", name, "pool", "range"), case.ledger.subnets(name)
        if segment.pool.range and segment.pool.by_server is not None:
            reason = f"segment `{name}` has both a `range` and ranges by server under `split`"
            yield case.problem(place, reason, "keep one of them")
        problems = [
            p for text in segment.pool.ranges for p in range_problems(case, place, name, text, prefixes)
        ]
        yield from problems
        if problems:
            continue
        parsed = [pools.parse(text) for text in segment.pool.ranges]
        for n, each in enumerate(parsed):
            shared = pools.overlap([each], parsed[n + 1 :])
            if shared is not None:
                yield case.problem(place, f"{shared} stands in two ranges", "make the ranges disjoint")


def server_names(case: PreflightCase) -> Iterator[Problem]:
    """`pool` says something only where somebody hands out addresses."""
    for name, segment in case.spec.segments.items():
        said = segment.pool.range or segment.pool.by_server is not None
        if said and not case.ledger.servers_of(name):
            reason = f"segment `{name}` has a pool, and nothing serves it"
            yield case.problem(("segments", name, "pool"), reason, "add a relay, or leave the pool out")


def secondary(case: PreflightCase) -> Iterator[Problem]:
    """The range of a secondary subnet lies in it, and `pool` says nothing else of the same addresses."""
    for name, segment in case.spec.segments.items():
        for n, each in enumerate(segment.secondary):
            place = ("segments", name, "secondary", n, "range")
            parsed: list[AddressRange] = []
            for text in each.range:
                problems = list(range_problems(case, place, name, text, (each.prefix,)))
                yield from problems
                parsed += [] if problems else [pools.parse(text)]
            for m, one in enumerate(parsed):
                shared = pools.overlap([one], parsed[m + 1 :])
                if shared is not None:
                    yield case.problem(place, f"{shared} stands in two ranges", "make the ranges disjoint")


def warnings(case: PreflightCase, built: LabPlan) -> Iterator[PlanWarning]:
    """Ranges of the spec that hold an address of a switch or server, which is left out."""
    for name, segment in case.spec.segments.items():
        split = segment.pool.by_server
        shared = segment.pool.ranges if split is None else ()
        texts = [*shared, *(text for each in segment.secondary for text in each.range)]
        texts += [text for each in (split or {}).values() for text in each]
        owners = _owners(built, name) if texts else {}
        for text in texts:
            for address, owner in owners.items():
                if address in pools.parse(text):
                    yield PlanWarning(
                        code="pool-holds-gateway" if owner == GATEWAY else "pool-holds-node",
                        message=f"segment {name}: the pool {text} holds {address}, the address of {owner}, "
                        "which no server hands out",
                    )


def _owners(built: LabPlan, name: str) -> dict[Address, str]:
    """Addresses of a segment that are somebody's, and whose."""
    segment = built.segment(name)
    found: dict[Address, str] = {}
    for node in built.nodes:
        port = node.on_segment(name)
        if port is not None and not port.dhcp and not port.unnumbered:
            ends = (port.address, *port.secondary)
            found |= {each.ip: f"`{node.name}`" for each in ends if each}
    return found | ({segment.gateway: GATEWAY} if segment.gateway else {})


CHECKS = (secondary, shares, whole, server_names)
