"""Kea's client classes for classes of a segment (Kea ARM, "Client Classification").

A subnet's options go before those of a class, so an option that some class has otherwise is none of the subnet: it is one of the
class of all others. Classes with options are evaluated for their own subnet alone, where it asks for them; a class that guards a
pool has to be known before, and has no options.
"""

from __future__ import annotations

from collections.abc import Iterator

from labgen.devices.kea import lifetimes
from labgen.devices.kea.ha import Json
from labgen.ground.labplan import ClassPlan, OptionPlan, ScopePlan


def option(planned: OptionPlan) -> Json:
    return {"code": planned.code, "space": "dhcp4", "csv-format": False, "data": planned.data}


def declared(scope: ScopePlan, tenant: str = "") -> Iterator[Json]:
    """Definitions of the classes of a segment; where another VRF has its prefix, of those alone who are in the class `tenant`."""
    of = [f"member('{tenant}')"] if tenant else []
    names = [_member(scope, each.name) for each in scope.classes]
    for each, name in zip(scope.classes, names, strict=True):
        lasting = lifetimes.of_class(scope, each.lease)
        yield {"name": name, "test": " and ".join([*of, _sends(each, alone=not of)]), **lasting}
    if not names:
        return
    yield {"name": _rest(scope, "others"), "test": " and ".join([*of, *_none_of(names)])}
    if sharing(scope):
        apart = [_member(scope, each.name) for each in _with_own(scope)]
        yield {"name": sharing(scope), "test": " and ".join([*of, *_none_of(apart)])}
    for each, name in zip(scope.classes, names, strict=True):
        if options := _of_class(scope, each):
            yield _with_options(name, options)
    if own := _otherwise(scope):
        yield _with_options(_rest(scope, "others"), own)


def _sends(each: ClassPlan, *, alone: bool) -> str:
    """A test of option 60, or of option 77, whose classes have their lengths before them (RFC 3004), which many leave out."""
    octets = each.value.encode()
    if each.matched_by == "vendor-class":
        return f"substring(option[60].hex,0,{len(octets)}) == 0x{octets.hex()}"
    tests = (f"substring(option[77].hex,{start},{len(octets)}) == 0x{octets.hex()}" for start in (1, 0))
    return " or ".join(tests) if alone else f"({' or '.join(tests)})"


def _none_of(names: list[str]) -> list[str]:
    return [f"not member('{name}')" for name in names]


def _with_options(name: str, options: tuple[OptionPlan, ...]) -> Json:
    return {
        "name": f"{name}.options",
        "test": f"member('{name}')",
        "only-if-required": True,
        "option-data": [option(each) for each in options],
    }


def _member(scope: ScopePlan, name: str) -> str:
    return f"{scope.segment}.{name}"


def _rest(scope: ScopePlan, name: str) -> str:
    """A class of those that are not in others; no class of a spec has a colon in its name."""
    return f"{scope.segment}:{name}"


def _otherwise(scope: ScopePlan) -> tuple[OptionPlan, ...]:
    """Options of the segment that some class has otherwise."""
    codes = {own.code for each in scope.classes for own in each.options}
    return tuple(each for each in scope.options if each.code in codes)


def _of_class(scope: ScopePlan, own: ClassPlan) -> tuple[OptionPlan, ...]:
    """Options of a class, and those of the segment that only other classes have otherwise."""
    found = {each.code: each for each in (*_otherwise(scope), *own.options)}
    return tuple(found[code] for code in sorted(found))


def common(scope: ScopePlan) -> tuple[OptionPlan, ...]:
    """Options of the segment that every client gets."""
    apart = _otherwise(scope)
    return tuple(each for each in scope.options if each not in apart)


def required(scope: ScopePlan) -> list[str]:
    """Classes with options that a subnet asks for."""
    own = [f"{_member(scope, each.name)}.options" for each in scope.classes if _of_class(scope, each)]
    return [*own, *([f"{_rest(scope, 'others')}.options"] if _otherwise(scope) else [])]


def sharing(scope: ScopePlan) -> str:
    """The class that may have addresses of the segment's own range, where a class has another; empty where all may."""
    return _rest(scope, "shared") if _with_own(scope) else ""


def _with_own(scope: ScopePlan) -> list[ClassPlan]:
    """Classes with a range of their own."""
    return [each for each in scope.classes if each.ranges]


def pools(scope: ScopePlan) -> Iterator[Json]:
    """Pools of classes with a range of their own, which is in the segment's first subnet."""
    for each in _with_own(scope):
        for part in each.ranges:
            if part.first in scope.prefix:
                yield {"pool": f"{part.first} - {part.last}", "client-class": _member(scope, each.name)}
