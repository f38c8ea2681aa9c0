"""Fuzz the forwarder: `python tests/relay/relay_fuzz.py --seconds 600`; needs no rights.

Mutates packets of the corpus (corpus.txt: a direction and octets in hexadecimal per line) and checks
relay_invariants; packets from a side of a VRF (`red/1000/10.9.0.2`) are checked for reaching nobody they must not
reach; with --compiled also that the compiled cache and Python cannot be told apart. A packet that leads to an
outcome not seen before joins the pool; with --keep it is added to the corpus. A packet that breaks something is
printed, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from ctypes import CDLL
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from relay_bench import Bench
from relay_compiled import Came, Twins, compiled_library
from relay_invariants import check_reply, check_request, options_of, roomy_bench, with_options
from relay_tenants import ADDRESSES, SIDES, Side, check_isolation, tenants_bench

from labgen.dhcp.options import Option

CORPUS = Path(__file__).with_name("corpus.txt")
CHECKS = {"request": check_request, "reply": check_reply}
SIDE_MARK = "/"
Entry = tuple[str, bytes]


_ADDRESSES = [bytes(map(int, text.split("."))) for text in ("0.0.0.0", "10.0.0.4", "10.0.0.9")]
_ADDRESSES += [bytes(map(int, text.partition("/")[0].split("."))) for text in ADDRESSES.values()]
_SUBS = [
    b"\x01\x04same",
    b"\x01\x06vlan20",
    b"\x01\x05vlan1",
    b"\x97\x04\0red",
    b"\x97\x05\0blue",
    b"\x97\x01\xff",
    b"\x98\x00",
]
_SUBS += [b"\x0b\x04\xac\x10\x00\x04", b"\x05\x04\xac\x10\x00\x04"]
"""What is worth trying as giaddr, and as sub-options."""


def read_corpus() -> list[Entry]:
    lines = CORPUS.read_text(encoding="utf-8").splitlines()
    return [(direction, bytes.fromhex(octets)) for direction, octets in (line.split() for line in lines)]


@dataclass
class Target:
    """What is fuzzed: one interface in every detail, and tenants beside each other."""

    single: Bench
    tenants: Bench
    twins: tuple[Twins, Twins] | None = None
    """The same beside each other with the compiled cache, and without."""

    @classmethod
    def make(cls, library: CDLL | None = None) -> Target:
        made = cls(roomy_bench(), tenants_bench())
        if library is not None:
            made.twins = (Twins(roomy_bench, library), Twins(tenants_bench, library))
        return made


def run(target: Target, entry: Entry) -> str:
    """Check one packet; how it fared."""
    direction, data = entry
    if target.twins is not None:
        target.twins[SIDE_MARK in direction].check(as_it_came(entry))
    if SIDE_MARK in direction:
        return check_isolation(target.tenants, Side.parse(direction), data)
    return CHECKS[direction](target.single, data)


def as_it_came(entry: Entry) -> Came:
    """A packet with where it comes from: a client interface, a server, or a side of a VRF."""
    direction, data = entry
    giaddr = str(IPv4Address(data[24:28])) if len(data) >= 28 else "10.0.0.4"
    destination = giaddr if data[:1] == b"\x02" else "255.255.255.255"
    if SIDE_MARK in direction:
        side = Side.parse(direction)
        return Came(data, side.vrf, side.ifindex, side.source, destination)
    if direction == "request":
        return Came(data, "client", 1, "0.0.0.0", destination)
    return Came(data, "default", 1000, "10.0.0.2", destination)


def mutate(rng: random.Random, entry: Entry, other: bytes) -> Entry:
    """One to four changes to the octets, or to the options as such."""
    direction, data = entry
    if SIDE_MARK in direction and rng.random() < 0.5:
        direction = str(rng.choice(SIDES))
    for _ in range(rng.randint(1, 4)):
        data = rng.choice((_flip, _cut, _grow, _special, _options, _splice))(rng, data, other)
    return direction, data[:65000]


def _flip(rng: random.Random, data: bytes, _: bytes) -> bytes:
    if not data:
        return data
    changed = bytearray(data)
    changed[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(changed)


def _cut(rng: random.Random, data: bytes, _: bytes) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _grow(rng: random.Random, data: bytes, _: bytes) -> bytes:
    return data + rng.randbytes(rng.choice((1, 2, 60, 300, 1400)))


def _special(rng: random.Random, data: bytes, _: bytes) -> bytes:
    """A meaningful octet at a meaningful place."""
    if len(data) >= 28 and rng.random() < 0.3:
        giaddr = rng.choice(_ADDRESSES)
        return data[:24] + giaddr + data[28:]
    place = rng.choice((0, 1, 2, 3, 10, 24, 27, 236, *range(240, 250)))
    if place >= len(data):
        return data
    changed = bytearray(data)
    changed[place] = rng.choice((0, 1, 2, 6, 16, 17, 52, 53, 82, 128, 255))
    return bytes(changed)


def _options(rng: random.Random, data: bytes, _: bytes) -> bytes:
    options = list(options_of(data))
    code = rng.choice((0, 12, 52, 53, 55, 61, 82, 82, 82, 151, 254))
    if code == 82 and rng.random() < 0.5:
        options.append(Option(82, b"".join(rng.sample(_SUBS, rng.randint(1, len(_SUBS))))))
        return with_options(data, tuple(options), b"\xff")
    value = b"" if code == 0 else rng.randbytes(rng.choice((0, 1, 4, 30, 255)))
    options.insert(rng.randint(0, len(options)), Option(code, value))
    if rng.random() < 0.3:
        rng.shuffle(options)
    tail = rng.choice((b"\xff", b"", b"\xff" + bytes(40), b"\x52", b"\x52\xf0\x01"))
    return with_options(data, tuple(options), tail)


def _splice(rng: random.Random, data: bytes, other: bytes) -> bytes:
    place = rng.randrange(min(len(data), len(other)) + 1)
    return data[:place] + other[place:]


def fuzz(
    target: Target, seconds: float, rng: random.Random, pool: list[Entry]
) -> tuple[int, Counter[str], list[Entry]]:
    """Packets tried, outcomes, and the packets that led to new ones. Raises AssertionError as the checks do."""
    outcomes: Counter[str] = Counter()
    found: list[Entry] = []
    for entry in pool:
        outcomes[run(target, entry)] += 1
    deadline, tried = time.monotonic() + seconds, 0
    while time.monotonic() < deadline:
        entry = mutate(rng, rng.choice(pool), rng.choice(pool)[1])
        try:
            outcome = run(target, entry)
        except Exception:
            sys.stderr.write(f"{entry[0]} {entry[1].hex()}\n")
            raise
        tried += 1
        if outcome not in outcomes:
            found.append(entry)
            pool.append(entry)
        outcomes[outcome] += 1
    return tried, outcomes, found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--compiled", action="store_true", help="with the compiled cache; needs a C compiler")
    options = parser.parse_args()
    library = compiled_library() if options.compiled else None
    tried, outcomes, found = fuzz(
        Target.make(library), options.seconds, random.Random(options.seed), read_corpus()
    )
    sys.stdout.write(f"{tried} packets in {options.seconds:g} s, seed {options.seed}\n")
    for outcome, count in sorted(outcomes.items()):
        sys.stdout.write(f"{count:>10}  {outcome}\n")
    if options.keep:
        with CORPUS.open("a", encoding="utf-8") as corpus:
            corpus.writelines(f"{direction} {data.hex()}\n" for direction, data in found)


if __name__ == "__main__":
    main()
