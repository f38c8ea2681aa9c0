"""The answers of dnsmasq to one client: its tags, and the ranges and options that are for them (dnsmasq(8), `dhcp-range`, `dhcp-option`,
`tag-if`).

A range with tags goes before one without, and one before those written after it; of the range that is taken, further options follow by
the tag that it sets.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from labgen.devices.dnsmasq.running import lease_time
from labgen.devices.handouts import AskingClient, Handout

_LEASE, _SHORTEST = 3600, 120
"""Seconds of a range that says none, and the shortest lease that a client can ask for."""
_ROUTERS, _T1, _T2 = "3", "58", "59"
_EITHER = " or "
"""Between the values of an option that several lines give one client."""
_NAMED = {"option:router": _ROUTERS, "option:T1": _T1, "option:T2": _T2}
Said = Sequence[tuple[str, list[str]]]


def read(text: str, client: AskingClient) -> Iterator[Handout]:
    """Every range that a client may have an address of, or the address that is kept for it in each subnet that has it."""
    said = [
        (key.strip(), [part.strip() for part in value.split(",")])
        for key, _, value in (line.partition("=") for line in text.splitlines())
    ]
    host = next((parts for key, parts in said if key == "dhcp-host" and _is_for(parts, client)), [])
    tags = {*_sent(said, client), *(part[4:] for part in host if part.startswith("set:"))}
    for prefix, ranges in _by_subnet(said, tags).items():
        own = [each for each in ranges if each.tagged] or ranges
        address = next((IPv4Address(part) for part in host if _is_address(part)), None)
        if address is not None and address in prefix:
            lasting = lease_time(host[-1]) or own[0].lease
            yield _handout(said, own[0], tags, (address, address), lasting, client)
            continue
        for each in _reached(own):
            yield _handout(said, each, tags, each.span, each.lease, client)


@dataclass(frozen=True, slots=True)
class _Range:
    """A `dhcp-range`; without `span` it has none but kept addresses. `alone`: it is one address, for who is behind one circuit."""

    prefix: IPv4Network
    span: tuple[IPv4Address, IPv4Address] | None
    lease: int
    sets: str
    tagged: bool
    alone: bool


def _reached(ranges: Sequence[_Range]) -> Iterator[_Range]:
    """Ranges that a client gets to: a later one when those before it are full, which one that is for this client alone is never."""
    for each in ranges:
        if each.span:
            yield each
            if each.alone:
                return


def _sent(said: Said, client: AskingClient) -> Iterator[str]:
    """Tags by what a client or its relay sends."""
    for key, parts in said:
        value = ",".join(parts[1:])
        octets = value.strip('"').encode()
        found = (
            (key == "dhcp-vendorclass" and octets in client.vendor_class)
            or (key == "dhcp-userclass" and octets in client.user_class)
            or (key == "dhcp-circuitid" and value.replace(":", "") == client.circuit_id.hex())
        )
        if found:
            yield parts[0].removeprefix("set:")


def _is_for(parts: Sequence[str], client: AskingClient) -> bool:
    identified = [part[3:].replace(":", "") for part in parts if part.startswith("id:")]
    return client.mac in parts or bool(client.client_id and client.client_id.hex() in identified)


def _met(parts: Sequence[str], tags: set[str]) -> bool:
    """True if a client has all tags that a line is for, and none that it is not for."""
    wanted = [part[4:] for part in parts if part.startswith("tag:")]
    return all((each[1:] not in tags) if each.startswith("!") else (each in tags) for each in wanted)


def _by_subnet(said: Said, tags: set[str]) -> dict[IPv4Network, list[_Range]]:
    found: dict[IPv4Network, list[_Range]] = {}
    circuits = {parts[0].removeprefix("set:") for key, parts in said if key == "dhcp-circuitid"}
    for key, parts in said:
        if key != "dhcp-range" or not _met(parts, tags):
            continue
        rest = [part for part in parts if not part.startswith(("tag:", "set:"))]
        mask = next(part for part in rest[1:] if part.startswith("255."))
        prefix = IPv4Network(f"{rest[0]}/{mask}", strict=False)
        span = None if rest[1] == "static" else (IPv4Address(rest[0]), IPv4Address(rest[1]))
        sets = next((part[4:] for part in parts if part.startswith("set:")), "")
        wanted = {part[4:] for part in parts if part.startswith("tag:")}
        alone = span is not None and span[0] == span[1] and bool(wanted & circuits)
        lease = lease_time(rest[-1]) or _LEASE
        found.setdefault(prefix, []).append(_Range(prefix, span, lease, sets, bool(wanted), alone))
    return found


def _handout(
    said: Said,
    own: _Range,
    tags: set[str],
    span: tuple[IPv4Address, IPv4Address] | None,
    lease: int,
    client: AskingClient,
) -> Handout:
    options: dict[str, str] = {}
    for key, parts in said:
        if key == "dhcp-option" and _met(parts, tags | {own.sets}):
            name, *values = [part for part in parts if not part.startswith("tag:")]
            code, value = _NAMED.get(name, name), ",".join(values)
            if value not in options.setdefault(code, value).split(_EITHER):
                options[code] += f"{_EITHER}{value}"
    router, renew, rebind = (options.pop(code, "") for code in (_ROUTERS, _T1, _T2))
    if client.lease:
        lease = min(lease, max(client.lease, _SHORTEST))
    ranges = (span,) if span else ()
    times = (int(renew or lease // 2), int(rebind or lease * 7 // 8))
    return Handout(
        own.prefix, ranges, lease, *times, router, {int(code): text for code, text in options.items()}
    )


def _is_address(text: str) -> bool:
    return text.count(".") == 3 and text.replace(".", "").isdecimal()
