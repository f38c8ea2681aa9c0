"""Values made of octets, kept for when the same octets come again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_MOST = 65_536


class _Kept(dict[bytes, T]):
    """Values that `make` makes of octets; forgotten when there are too many of them."""

    def __init__(self, make: Callable[[bytes], T]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, octets: bytes) -> T:
        if len(self) >= _MOST:
            self.clear()
        made = self[octets] = self._make(octets)
        return made


def kept(make: Callable[[bytes], T]) -> Callable[[bytes], T]:
    """`make`, asked once for the same octets. Half the price of `functools.lru_cache`, which notes who was asked for when."""
    return _Kept(make).__getitem__
