"""dnsmasq as a server that runs somewhere: its configuration is a file, or the same words on its command line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from labgen.devices.running import RunningProgram
from labgen.devices.served import Served, kept
from labgen.ground.vocabulary import Role

_LEASE = re.compile(r"(\d+)([smhdw]?)|infinite")
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_MAC = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}")
_DEFAULT = 3600


def read(text: str, subnets: Sequence[IPv4Network]) -> Iterator[Served]:
    """Subnets with a range. A range without a mask has that of one of `subnets`."""
    lines = [line.split("#")[0].strip().removeprefix("--") for line in text.splitlines()]
    said = [
        (key.strip(), [part.strip() for part in value.split(",")])
        for key, _, value in (line.partition("=") for line in lines)
    ]
    tagged = {
        parts[0].removeprefix("set:"): (
            key.removeprefix("dhcp-").replace("class", "_class"),
            ",".join(parts[1:]),
        )
        for key, parts in said
        if key in ("dhcp-vendorclass", "dhcp-userclass") and len(parts) > 1
    }
    circuits = {
        parts[0].removeprefix("set:"): parts[1]
        for key, parts in said
        if key == "dhcp-circuitid" and len(parts) == 2
    }
    found: dict[IPv4Network, Served] = {}
    for key, parts in said:
        if key == "dhcp-range":
            _range(found, parts, tagged, circuits, subnets)
    for key, parts in said:
        if key == "dhcp-host":
            _host(found, parts)
        elif key == "dhcp-option" and parts[-2:-1] in (["3"], ["option:router"]):
            for each in _routed(found, said, parts):
                each.router = parts[-1]
        elif key == "dhcp-option":
            _option(found, said, parts)
        elif key == "shared-network" and len(parts) == 2 and all(map(_is, parts)):
            first, further = (next((p for p in found if IPv4Address(part) in p), None) for part in parts)
            if first and further and first != further:
                found[further].shared_with = first
    yield from sorted(found.values(), key=lambda each: each.shared_with is not None)


def _routed(
    found: dict[IPv4Network, Served], said: list[tuple[str, list[str]]], parts: list[str]
) -> Iterator[Served]:
    """Subnets that a router is handed out in: those of the tag it is for, which their ranges set, else the one that it is in."""
    tagged = list(_tagged(found, said, parts))
    for each in found.values() if _is(parts[-1]) else ():
        if each in tagged or IPv4Address(parts[-1]) in each.prefix:
            yield each


def _option(found: dict[IPv4Network, Served], said: list[tuple[str, list[str]]], parts: list[str]) -> None:
    """T1, T2, or an option by its code, for all clients of subnets: for classes and single clients a line has a second tag."""
    tags = [part for part in parts if part.startswith("tag:") and not part.startswith("tag:!")]
    name, *values = [part for part in parts if not part.startswith("tag:")]
    for each in _tagged(found, said, parts) if len(tags) == 1 else ():
        if name == "option:T1":
            each.renew = int(values[0])
        elif name == "option:T2":
            each.rebind = int(values[0])
        elif name.isdecimal() and each.options is not None:
            each.options[int(name)] = ",".join(values)


def _tagged(
    found: dict[IPv4Network, Served], said: list[tuple[str, list[str]]], parts: list[str]
) -> Iterator[Served]:
    """Subnets of the tags that a line is for."""
    tags = {part.removeprefix("tag:") for part in parts if part.startswith("tag:")}
    set_by = [
        own for key, own in said if key == "dhcp-range" and tags & {p.removeprefix("set:") for p in own}
    ]
    starts = [
        IPv4Address(part) for own in set_by for part in own[:3] if _is(part) and not part.startswith("255.")
    ]
    yield from (each for each in found.values() if any(start in each.prefix for start in starts))


def _is(text: str) -> bool:
    return bool(re.fullmatch(r"\d+\.\d+\.\d+\.\d+", text))


def _range(
    found: dict[IPv4Network, Served],
    parts: list[str],
    tagged: dict[str, tuple[str, str]],
    circuits: dict[str, str],
    subnets: Sequence[IPv4Network],
) -> None:
    tags = [part.removeprefix("tag:") for part in parts if part.startswith("tag:")]
    rest = [part for part in parts if ":" not in part and not part.startswith(("tag", "set"))]
    addresses = [part for part in rest if _is(part)]
    if not addresses:
        return
    start = IPv4Address(addresses[0])
    mask = next((part for part in addresses[1:] if part.startswith("255.")), "")
    prefix = (
        IPv4Network(f"{start}/{mask}", strict=False)
        if mask
        else next((each for each in subnets if start in each), IPv4Network(f"{start}/24", strict=False))
    )
    lease = lease_time(rest[-1])
    own = found.setdefault(prefix, Served(prefix, options={}))
    static = "static" in rest
    span = (
        ""
        if static or len(addresses) < 2 or addresses[1].startswith("255.")
        else f"{addresses[0]}-{addresses[1]}"
    )
    tag = next((each for each in tags if each in tagged), "")
    if tag:
        each: dict[str, Any] = own.classes.setdefault(tag, {tagged[tag][0]: tagged[tag][1], "clients": []})
        each |= ({"range": [span]} if span else {}) | ({"lease": lease} if lease else {})
        return
    circuit = next((circuits[each] for each in tags if each in circuits), "")
    if circuit and addresses[:1] == addresses[1:2]:
        own.reservations[f"circuit-id {circuit}"] = kept(
            addresses[0], lease if own.lease and lease != own.lease else 0
        )
        return
    own.lease = lease or own.lease or _DEFAULT
    own.ranges += [span] if span and span not in own.ranges else []


def _host(found: dict[IPv4Network, Served], parts: list[str]) -> None:
    known = next((part.lower() for part in parts if _MAC.fullmatch(part)), "")
    known = known or next((f"client-id {part[3:]}" for part in parts if part.startswith("id:")), "")
    address = next((part for part in parts if _is(part)), "")
    segment = next((each for each in found.values() if address and IPv4Address(address) in each.prefix), None)
    if known and segment is not None:
        segment.reservations[known] = kept(address, lease_time(parts[-1]))


def lease_time(text: str) -> int:
    """Seconds of a lease as dnsmasq writes it; 0 where it is none."""
    match = _LEASE.fullmatch(text)
    if match is None:
        return 0
    return int(match[1]) * _UNITS[match[2]] if match[1] else 0xFFFFFFFF


def _served(text: str, words: Sequence[str], subnets: Sequence[IPv4Network]) -> Iterator[Served]:
    return read("\n".join((text, *words)), subnets)


PROGRAMS = (
    RunningProgram(
        "dnsmasq", "dnsmasq", Role.SERVER, ("-C", "--conf-file"), "/etc/dnsmasq.conf", served=_served
    ),
)
