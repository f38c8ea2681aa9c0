"""Pools of servers, from the plan back to the words of a spec: times, options, reservations, classes."""

from __future__ import annotations

import re
from typing import Any

from pydantic_core import PydanticCustomError

from labgen.ground.labplan import ClassPlan, OptionPlan, ReservationPlan, ScopePlan
from labgen.spec.options import parse_all
from labgen.spec.values import INFINITE

INTEGER = re.compile(r"-?\d{1,10}")
Words = dict[str, Any]


def times(scope: ScopePlan) -> Words:
    """Lease time, T1 and T2 where they are not what follows from it, and bounds for those who ask."""
    found: Words = {"lease": time(scope.lease)}
    if (scope.renew, scope.rebind) != (scope.lease // 2, scope.lease * 7 // 8) and scope.lease != INFINITE:
        found |= {"renew": scope.renew, "rebind": scope.rebind}
    found |= {"shortest": time(scope.shortest)} if scope.shortest else {}
    return found | ({"longest": time(scope.longest)} if scope.longest else {})


def time(seconds: int) -> int | str:
    """Seconds, or the word for no end."""
    return "infinite" if seconds == INFINITE else seconds


def _own(given: tuple[OptionPlan, ...], lease: int | None) -> Words:
    """The values of a class, or of a reservation, that the segment has otherwise."""
    return ({"lease": time(lease)} if lease else {}) | ({"options": options(given)} if given else {})


def reservation(kept: ReservationPlan) -> tuple[str, Any]:
    """An entry of `reservations`."""
    identifiers = (("circuit-id", kept.circuit_id), ("client-id", kept.client_id))
    by = kept.client or next((f"{word} {value}" for word, value in identifiers if value), kept.mac)
    more = _own(kept.options, kept.lease)
    return by, {"address": str(kept.address), **more} if more else str(kept.address)


def class_of(found: ClassPlan) -> Words:
    """An entry of `classes`."""
    matched: Words = {found.matched_by.replace("-", "_"): found.value, "clients": list(found.clients)}
    matched |= {"range": [str(each) for each in found.ranges]} if found.ranges else {}
    return matched | _own(found.options, found.lease)


def options(found: tuple[OptionPlan, ...]) -> Words:
    """Options in the form of a spec, by number; each value is read back as the same octets."""
    return {str(option.code): _value(option) for option in found}


def _value(option: OptionPlan) -> Any:
    texts = option.text.split(", ")
    if option.kind == "routes":
        return [dict(zip(("to", "via"), each.split(" via "), strict=True)) for each in texts]
    several: Any = texts if len(texts) > 1 else texts[0]
    for each in (
        int(texts[0]) if INTEGER.fullmatch(option.text) else None,
        option.text == "true",
        several,
        option.text,
    ):
        if each is not None and _data(option.code, each) == option.data:
            return each
    return ":".join(option.data[n : n + 2] for n in range(0, len(option.data), 2))


def _data(code: int, value: Any) -> str:
    try:
        return parse_all({code: value})[0].data.hex()
    except PydanticCustomError:
        return ""
