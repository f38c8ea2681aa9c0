"""New inputs from old ones: octets, lines and pieces changed, doubled, cut and put together anew."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

INTERESTING = (
    b"\x00", b"\xff", b"\x1b[2J", b"\x9b2J", b"\x1b]0;x\x07", b"\xe2\x80\xae", b"\xed\xa0\x80", b"\r\n", b"\n\n", b"\t",
    b"-1", b"0", b"255.0.255.0", b"0x10", b"010", b"1:30", b"9" * 400, b"1e999", b".nan", b"~", b"null", b"[]", b"{}",
    b"&a", b"*a", b"<<: *a", b"!!int", b"!!python/object:os.system", b"!x", b"!!timestamp", b"2001-13-45", b"---", b"...",
    b"../..", b"/etc/x", b"::1", b"fe80::/64", b"300.1.2.3/99", b"10.0.0.0/0", b"{" * 40, b"[" * 40, b"a" * 300, b"%n%s",
)  # fmt: skip


def mutations(seeds: Sequence[bytes], seed: int) -> Iterator[bytes]:
    """Inputs without end, the same for the same seed: first the seeds themselves."""
    yield from seeds
    chance = random.Random(seed)
    known = list(seeds) or [b""]
    while True:
        data = chance.choice(known)
        for _ in range(chance.choice((1, 1, 2, 4, 8))):
            data = chance.choice(_CHANGES)(data, chance, known)
        yield data[: 1 << 16]


def _place(data: bytes, chance: random.Random) -> int:
    return chance.randrange(len(data) + 1)


def _flip(data: bytes, chance: random.Random, known: Sequence[bytes]) -> bytes:
    if not data:
        return data
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


def _insert(data: bytes, chance: random.Random, known: Sequence[bytes]) -> bytes:
    at = _place(data, chance)
    return data[:at] + chance.choice(INTERESTING) + data[at:]


def _replace(data: bytes, chance: random.Random, known: Sequence[bytes]) -> bytes:
    start = _place(data, chance)
    return data[:start] + chance.choice(INTERESTING) + data[start + chance.randrange(1, 12) :]


def _cut(data: bytes, chance: random.Random, known: Sequence[bytes]) -> bytes:
    start = _place(data, chance)
    return data[:start] + data[start + chance.randrange(1, 64) :]


def _end(data: bytes, chance: random.Random, known: Sequence[bytes]) -> bytes:
    return data[: _place(data, chance)]


def _double(data: bytes, chance: random.Random, known: Sequence[bytes]) -> bytes:
    start = _place(data, chance)
    piece = data[start : start + chance.randrange(1, 200)]
    return data[:start] + piece * chance.choice((2, 3, 20)) + data[start:]


def _splice(data: bytes, chance: random.Random, known: Sequence[bytes]) -> bytes:
    other = chance.choice(known)
    return data[: _place(data, chance)] + other[_place(other, chance) :]


def _lines(data: bytes, chance: random.Random, known: Sequence[bytes]) -> bytes:
    lines = data.split(b"\n")
    first, second = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[first], lines[second] = lines[second], lines[first]
    if chance.random() < 0.3:
        del lines[first]
    return b"\n".join(lines)


def _number(data: bytes, chance: random.Random, known: Sequence[bytes]) -> bytes:
    """Another number in the place of one that stands there."""
    digits = [at for at, octet in enumerate(data) if 48 <= octet <= 57]
    if not digits:
        return data
    at = chance.choice(digits)
    return (
        data[:at]
        + str(chance.choice((0, 1, 7, 33, 255, 256, 4095, 65536, 2**32, 2**63))).encode()
        + data[at + 1 :]
    )


_CHANGES = (_flip, _insert, _replace, _cut, _end, _double, _splice, _lines, _number)
