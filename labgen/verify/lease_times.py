"""The lease time that a client is to be granted, and what else its server may grant."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.ground.labplan import ScopePlan
from labgen.verify import redundancy
from labgen.verify.facts import Facts


def lease_words(facts: Facts, client: str, scope: ScopePlan) -> str:
    first = redundancy.of_client(facts.plan, client).first_lease
    return (
        f"{scope.lease} s"
        if first is None or first >= scope.lease
        else f"{scope.lease} s, or {first} s at first"
    )


def lease_time(
    facts: Facts, client: str, scope: ScopePlan, seconds: int | None, server: str | None
) -> Iterator[str]:
    """A first lease may be shorter, though no shorter than the MCLT, and so may a later one of a `server` that answers with what is
    left of it.
    """
    first = redundancy.of_client(facts.plan, client).first_lease
    left = redundancy.left(facts.plan, server, scope) if server else scope.lease
    least = min(left, scope.lease if first is None else first)
    if seconds is not None and least <= seconds <= scope.lease:
        return
    yield f"lease {seconds} s instead of {lease_words(facts, client, scope)}"
