"""labgen's own address pools: netlab's defaults, moved if the spec has a prefix of its own there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from ipaddress import IPv4Network

from labgen.spec.fabric import AddressingSpec

MOVING = ("loopback", "vrf_loopback", "p2p", "mgmt", "lan")


MGMT = IPv4Network("198.18.0.0/15")
"""Where management networks come from: addresses for tests of network devices, which neither homes nor companies
number their networks with, and no part of Docker's own pools."""


def management(lab: str) -> IPv4Network:
    """The management network of a lab unless the spec sets one: a /24 that follows from its name, so that labs of containers
    run side by side on one machine."""
    numbers = MGMT.num_addresses // 256
    number = int.from_bytes(sha256(lab.encode()).digest()[:4]) % numbers
    return IPv4Network((int(MGMT.network_address) + 256 * number, 24))


def placed(
    wanted: AddressingSpec,
    own: Sequence[IPv4Network],
    nodes: int,
    mgmt: IPv4Network,
    loopbacks: Sequence[IPv4Network] = (),
) -> AddressingSpec:
    """The pools as they are used. Those the spec sets stay; each other takes the first place that overlaps neither one of
    `own` prefixes nor another pool, nor, but for the pool of loopbacks, holds one of the `loopbacks` that the spec
    sets. `nodes` is what the loopback pool has to hold, `mgmt` the default of the management pool."""
    fixed = [key for key in MOVING if key in wanted.model_fields_set and getattr(wanted, key)]
    taken = [*own, *(getattr(wanted, key) for key in fixed)]
    found: dict[str, IPv4Network] = {} if "mgmt" in fixed else {"mgmt": mgmt}
    for key in MOVING:
        if key in fixed:
            continue
        default: IPv4Network = mgmt if key == "mgmt" else getattr(wanted, key)
        size = _wide(default, nodes) if key == "loopback" else default
        if key == "lan":  # segments of the spec may be in it: only what is left must be enough
            blocked = any(
                prefix.prefixlen <= default.prefixlen and prefix.overlaps(default) for prefix in taken
            )
        else:
            blocked = any(prefix.overlaps(size) for prefix in _others(key, taken, loopbacks))
        if blocked:
            default = next(
                (
                    each
                    for each in _elsewhere(key, default)
                    if not any(each.overlaps(p) for p in _others(key, taken, loopbacks))
                ),
                default,
            )
            found[key] = default
        taken.append(_wide(default, nodes) if key == "loopback" else default)
    return wanted.model_copy(update=found)


def _others(
    key: str, taken: Sequence[IPv4Network], loopbacks: Sequence[IPv4Network]
) -> Sequence[IPv4Network]:
    """Prefixes that a pool must stay clear of: a loopback that the spec sets may be one of the pool of loopbacks."""
    return taken if key == "loopback" else (*taken, *loopbacks)


def _wide(pool: IPv4Network, nodes: int) -> IPv4Network:
    """The pool, wider where node ids go beyond it."""
    while pool.num_addresses < nodes:
        pool = pool.supernet()
    return pool


def _elsewhere(key: str, pool: IPv4Network) -> Iterator[IPv4Network]:
    """Other places for a pool, in the private blocks (RFC 1918)."""
    if key == "mgmt":
        yield from (IPv4Network(f"192.168.{n}.0/24") for n in range(254, 0, -1))
    for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"):
        network = IPv4Network(block)
        if pool.prefixlen >= network.prefixlen:
            yield from _backwards(network, max(pool.prefixlen, 16))


def _backwards(block: IPv4Network, length: int) -> Iterator[IPv4Network]:
    """Subnets of a block, each in a /16 of its own, from its end: plans of one's own begin at its start."""
    for outer in reversed(list(block.subnets(new_prefix=max(16, block.prefixlen)))):
        yield next(outer.subnets(new_prefix=length)) if length >= outer.prefixlen else outer
