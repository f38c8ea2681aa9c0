"""Conditions on who asks, as dhcpd and Kea write them: comparisons, `substring`, `and`, `or`, `not` and parentheses
(dhcp-eval(5); Kea ARM, "Using Expressions in Classification")."""

from __future__ import annotations

import re
from collections.abc import Callable

_TOKEN = re.compile(r"'[^']*'|\"[^\"]*\"|==|[(),=]|[^\s(),='\"]+")
_OCTETS = re.compile(r"[0-9A-Fa-f]{1,2}(?::[0-9A-Fa-f]{1,2})*")
LookUp = Callable[[str], bytes | None]
"""The value of words that are no constant; None where a message has none."""


def holds(condition: str, look_up: LookUp) -> bool:
    """True if a condition is met. `member('x')` is looked up as it is written. ValueError where it is not understood."""
    rest = _TOKEN.findall(condition)
    found = _either(rest, look_up)
    if rest:
        raise ValueError(f"a condition is not understood from `{rest[0]}` on: {condition}")
    return found


def _either(rest: list[str], look_up: LookUp) -> bool:
    found = _both(rest, look_up)
    while rest[:1] == ["or"]:
        del rest[0]
        found = _both(rest, look_up) or found
    return found


def _both(rest: list[str], look_up: LookUp) -> bool:
    found = _one(rest, look_up)
    while rest[:1] == ["and"]:
        del rest[0]
        found = _one(rest, look_up) and found
    return found


def _one(rest: list[str], look_up: LookUp) -> bool:
    if rest[:1] == ["not"]:
        del rest[0]
        return not _one(rest, look_up)
    if rest[:1] == ["("]:
        del rest[0]
        found = _either(rest, look_up)
        _expect(rest, ")")
        return found
    if rest[:1] == ["exists"]:
        rest[0] = "option"
        return _value(rest, look_up) is not None
    left = _value(rest, look_up)
    if rest[:1] not in (["="], ["=="]):
        return left is not None
    del rest[0]
    right = _value(rest, look_up)
    return left is not None and left == right


def _value(rest: list[str], look_up: LookUp) -> bytes | None:
    """A constant, a part of a value, or what is looked up."""
    if not rest:
        raise ValueError("a condition ends where a value is due")
    word = rest.pop(0)
    if rest[:1] == ["("]:
        return _called(word, rest, look_up)
    if word[0] in "'\"":
        return word[1:-1].encode()
    if word.startswith("0x"):
        return bytes.fromhex(word[2:])
    if _OCTETS.fullmatch(word):
        return bytes(int(octet, 16) for octet in word.split(":"))
    if word == "option" and rest:
        word = f"option {rest.pop(0)}"
    return look_up(word)


def _called(name: str, rest: list[str], look_up: LookUp) -> bytes | None:
    _expect(rest, "(")
    if name != "substring":
        word = rest.pop(0)
        _expect(rest, ")")
        return look_up(f"{name}({word})")
    whole = _value(rest, look_up)
    _expect(rest, ",")
    start = int(rest.pop(0))
    _expect(rest, ",")
    length = rest.pop(0)
    _expect(rest, ")")
    end = None if length == "all" else start + int(length)
    return whole[start:end] if whole else None


def _expect(rest: list[str], token: str) -> None:
    if rest[:1] != [token]:
        raise ValueError(f"`{token}` is due in a condition before `{' '.join(rest)}`")
    del rest[0]
