"""Values of frozen dataclasses, made quickly.

The `__init__` of a frozen dataclass sets each field through `object.__setattr__`, which for a message of forty fields takes longer
than decoding the packet. A twin of the class, not frozen, with the same slots, is filled at a quarter of that price and then turned
into the frozen class: nobody ever sees it unfrozen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import MISSING, Field, field, fields, make_dataclass
from typing import Any, ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")


def maker(kind: Callable[P, T]) -> Callable[P, T]:
    """What makes values of a frozen dataclass with slots and without `__post_init__`, with the arguments of the class itself."""
    return cast("Callable[P, T]", _twin(cast(type[Any], kind), ()))


def ordered_maker(kind: type[T], order: Sequence[str]) -> Callable[..., T]:
    """The same, which takes the fields in `order`, by place; the others have their defaults. To match fifty arguments by name takes
    three times as long as to store them.
    """
    return cast("Callable[..., T]", _twin(kind, order))


def _twin(frozen: type[Any], order: Sequence[str]) -> Any:
    def turn(value: Any) -> None:
        value.__class__ = frozen

    known = {f.name: f for f in fields(frozen)}
    columns: list[tuple[str, Any, Any]] = [
        (name, known[name].type, field() if name in order else _default(known[name]))
        for name in dict.fromkeys((*order, *known))
    ]
    return make_dataclass(
        f"_{frozen.__name__}", columns, namespace={"__post_init__": turn}, slots=True, eq=False, repr=False
    )


def _default(known: Field[Any]) -> Any:
    if known.default_factory is not MISSING:
        return field(default_factory=known.default_factory)
    return field() if known.default is MISSING else field(default=known.default)
