"""`dataclass` as of the standard library, whose methods are made when they are first needed.

The standard library writes and compiles six functions for each class when it is defined. A run defines three hundred classes, a third of
which it makes no value of, and that was a fifth of its processor time. Here a class with slots starts with place holders: whoever calls
one, or asks for the fields, has the standard library write `__init__` for the class as it was written; the others need no writing.

What is not a plain class with slots (class variables, methods of its own in place of those that are made) is left to the standard
library at once. A type checker sees the standard library alone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from inspect import get_annotations
from operator import attrgetter
from reprlib import recursive_repr
from threading import RLock
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]

METHODS = ("__init__", "__repr__", "__eq__", "__hash__")
LOOKED_AT = ("__dataclass_fields__", "__dataclass_params__", "__signature__")
OWN = {*METHODS, "__setattr__", "__delattr__", "__getstate__", "__setstate__", "__slots__"}
SPECIAL = ("ClassVar", "InitVar", "KW_ONLY")
_LOCK = RLock()


def deferred(cls: type[Any] | None = None, /, **options: bool) -> Any:
    """`dataclass` and its options."""
    if cls is None:
        return lambda found: deferred(found, **options)
    if options.keys() - {"frozen"} != {"slots"} or not options["slots"] or not _is_plain(cls):
        return dataclasses.dataclass(**options)(cls)
    return _Deferred(cls, options.get("frozen", False)).slotted


def _is_plain(cls: type[Any]) -> bool:
    """Whether nothing of a class has to be looked at more closely than its annotations."""
    own = vars(cls)
    texts = get_annotations(cls).values()
    return (
        not OWN & own.keys()
        and all(isinstance(text, str) and not any(word in text for word in SPECIAL) for text in texts)
        and not any(
            isinstance(value, dataclasses.Field) and (not value.init or value.kw_only is True)
            for value in own.values()
        )
        and all("__slots__" in vars(base) for base in cls.__mro__[1:-1])
    )


class _Later:
    """An attribute of a class that is there as soon as somebody looks at it."""

    def __init__(self, name: str, complete: Callable[[], Any]) -> None:
        self._name, self._complete = name, complete

    def __get__(self, value: object, owner: type[Any]) -> Any:
        return getattr(self._complete(), self._name, None)


class _Deferred:
    """A class with slots, and the class as it was written, of which the standard library makes fields and `__init__`."""

    def __init__(self, cls: type[Any], frozen: bool) -> None:
        self._written: Any = cls
        self._frozen = frozen
        self._fields = tuple(get_annotations(cls))
        bases = cls.__mro__[1:-1]
        taken = {name for base in bases for name in _names(base)}
        inherited = next(
            (vars(base)["__match_args__"] for base in bases if "__match_args__" in vars(base)), ()
        )
        unwanted = (*self._fields, "__dict__", "__weakref__")
        own = {name: value for name, value in vars(cls).items() if name not in unwanted}
        own["__slots__"] = tuple(name for name in self._fields if name not in taken)
        own["__match_args__"] = tuple(dict.fromkeys((*inherited, *self._fields)))
        own |= {name: self._first(name) for name in METHODS}
        own |= {name: _Later(name, self.complete) for name in LOOKED_AT}
        own |= self._frozen_methods() if frozen else {"__hash__": None}
        kind: Any = type(cls)
        self.slotted: Any = kind(cls.__name__, cls.__bases__, own)
        self.slotted.__qualname__ = cls.__qualname__

    def complete(self) -> type[Any]:
        """The class with all its methods."""
        with _LOCK:
            if self._written is not None:
                whole: Any = dataclasses.dataclass(frozen=self._frozen, repr=False, eq=False)(self._written)
                self._written = None
                for name in ("__init__", "__dataclass_fields__", "__dataclass_params__"):
                    setattr(self.slotted, name, vars(whole)[name])
                for name, method in _methods(whole.__dataclass_fields__, self._frozen).items():
                    setattr(self.slotted, name, method)
                del self.slotted.__signature__
        found: type[Any] = self.slotted
        return found

    def _first(self, name: str) -> Callable[..., Any]:
        """A method that makes room for the one it stands for."""

        def first(value: object, *args: Any, **kwargs: Any) -> Any:
            return getattr(self.complete(), name)(value, *args, **kwargs)

        return first

    def _frozen_methods(self) -> Mapping[str, Callable[..., Any]]:
        def assign(value: Any, name: str, new: object) -> None:
            if type(value) is self.slotted or name in self._fields:
                raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
            super(self.slotted, value).__setattr__(name, new)

        def delete(value: Any, name: str) -> None:
            if type(value) is self.slotted or name in self._fields:
                raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
            super(self.slotted, value).__delattr__(name)

        return {
            "__setattr__": assign,
            "__delattr__": delete,
            "__getstate__": _state,
            "__setstate__": _restore,
        }


def _names(base: type[Any]) -> tuple[str, ...]:
    found = vars(base).get("__slots__", ())
    return (found,) if isinstance(found, str) else tuple(found)


def _methods(
    fields: Mapping[str, dataclasses.Field[Any]], frozen: bool
) -> Mapping[str, Callable[..., Any] | None]:
    """Comparison, hash and text, by what the fields say of themselves."""
    compared = _values(name for name, field in fields.items() if field.compare)
    hashed = _values(
        name for name, field in fields.items() if (field.compare if field.hash is None else field.hash)
    )
    shown = tuple(name for name, field in fields.items() if field.repr)

    def equal(value: object, other: object) -> bool:
        return compared(value) == compared(other) if value.__class__ is other.__class__ else NotImplemented

    def number(value: object) -> int:
        return hash(hashed(value))

    @recursive_repr()
    def text(value: object) -> str:
        parts = ", ".join(f"{name}={getattr(value, name)!r}" for name in shown)
        return f"{value.__class__.__qualname__}({parts})"

    return {"__eq__": equal, "__hash__": number if frozen else None, "__repr__": text}


def _values(names: Iterable[str]) -> Callable[[object], tuple[object, ...]]:
    """What reads these attributes of a value."""
    known = tuple(names)
    if len(known) > 1:
        return attrgetter(*known)
    return lambda value: tuple(getattr(value, name) for name in known)


def _state(value: Any) -> list[object]:
    """For pickle, which cannot assign to what is frozen."""
    return [getattr(value, field.name) for field in dataclasses.fields(value)]


def _restore(value: Any, state: list[object]) -> None:
    for field, found in zip(dataclasses.fields(value), state, strict=True):
        object.__setattr__(value, field.name, found)


if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:
    dataclass = deferred
