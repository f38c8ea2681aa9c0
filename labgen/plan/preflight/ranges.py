"""Preflight: what servers hand out lies in the segment, and belongs to one of them."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.ground.errors import Problem
from labgen.ground.labplan import AddressRange
from labgen.ground.vocabulary import Network
from labgen.ground.yamldoc import Place
from labgen.plan import pools
from labgen.plan.preflight.case import Case
from labgen.plan.preflight.names import define


def shares(case: Case) -> Iterator[Problem]:
    prefixes = case.ledger.prefixes
    for name, segment in case.spec.segments.items():
        split, place = segment.pool.split, ("segments", name, "pool", "split")
        if not isinstance(split, dict):
            continue
        asked = case.ledger.servers_of(name)
        for server, texts in split.items():
            if asked and server not in asked:
                reason = f"pool for `{server}`, which no relay of `{name}` asks"
                yield case.problem((*place, server), reason, define(server, asked))
            for text in texts:
                yield from _range(case, (*place, server), name, text, prefixes[name])
        yield from _overlaps(case, name, split)


def _range(case: Case, place: Place, name: str, text: str, prefix: Network) -> Iterator[Problem]:
    try:
        found = pools.parse(text)
    except ValueError as error:
        reason = f"`{text}` is no address range: {error}"
        yield case.problem(
            place,
            reason,
            f"write it as `{prefix[1]}-{prefix[-2]}`"
            if prefix.num_addresses > 3
            else "choose addresses of the segment",
        )
        return
    if not (found.first in prefix and found.last in prefix):
        reason = f"pool {found} lies outside segment `{name}`, which is {prefix}"
        yield case.problem(place, reason, f"choose addresses inside {prefix}, or set segments.{name}.prefix")
        return
    yield from _edges(case, place, found, prefix)


def _edges(case: Case, place: Place, found: AddressRange, prefix: Network) -> Iterator[Problem]:
    if prefix.prefixlen >= 31:
        return
    whole = pools.whole(prefix)
    for edge, what in ((prefix[0], "network"), (prefix[-1], "broadcast")):
        if edge in found:
            reason = f"pool {found} holds {edge}, the {what} address of {prefix}"
            yield case.problem(place, reason, f"no host can have it: stay within {whole}")


def _overlaps(case: Case, name: str, split: dict[str, tuple[str, ...]]) -> Iterator[Problem]:
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


CHECKS = (shares,)
