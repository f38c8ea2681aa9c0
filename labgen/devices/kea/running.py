"""Kea as it runs somewhere: its configuration is JSON with comments."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Network
from typing import Any

from labgen.devices.running import RunningProgram
from labgen.devices.served import Served, kept, spanned
from labgen.ground.vocabulary import Role

Data = Mapping[str, Any]
_NOISE = re.compile(r'"(?:[^"\\]|\\.)*"|(//[^\n]*|#[^\n]*|/\*.*?\*/)', re.DOTALL)
_OPTION = r"option\[(60|77)\]\.(?:hex|text)"
_TEST = re.compile(
    rf"(?:substring\({_OPTION}, *\d+, *(?:\d+|all)\)|{_OPTION}) *== *(?:'([^']*)'|0x([0-9A-Fa-f]+))"
)
_MATCHED = {"60": "vendor_class", "77": "user_class"}
_KNOWN_BY = {"hw-address": "", "client-id": "client-id ", "circuit-id": "circuit-id "}


def read(text: str) -> Iterator[Served]:
    """Its IPv4 subnets; nothing where it is no configuration of Kea's DHCPv4 server."""
    try:
        data = json.loads(_NOISE.sub(lambda match: "" if match[1] else match[0], text))
    except ValueError:
        return
    server = data.get("Dhcp4") if isinstance(data, dict) else None
    if not isinstance(server, dict):
        return
    classes = {str(each.get("name")): each for each in listed(server, "client-classes")}
    for around in ({}, *listed(server, "shared-networks")):
        first: IPv4Network | None = None
        for subnet in (each for each in listed(around or server, "subnet4") if "subnet" in each):
            found = _subnet({**server, **around, **subnet}, subnet, classes)
            found.shared_with = first
            first = (first or found.prefix) if around else None
            yield found


def listed(data: Data, key: str) -> list[dict[str, Any]]:
    return [each for each in data.get(key) or () if isinstance(each, dict)]


def _subnet(own: Data, subnet: Data, classes: Mapping[str, Data]) -> Served:
    found = Served(IPv4Network(str(own["subnet"]), strict=False))
    found.lease = int(own.get("valid-lifetime", 7200))
    found.renew, found.rebind = int(own.get("renew-timer", 0)), int(own.get("rebind-timer", 0))
    least, most = int(own.get("min-valid-lifetime", 0)), int(own.get("max-valid-lifetime", 0))
    found.shortest = least if least < found.lease else 0
    found.longest = most if most > found.lease else 0
    found.router = next(
        (
            str(o.get("data", "")).split(",")[0]
            for o in listed(own, "option-data")
            if "routers" in (o.get("name"),) or o.get("code") == 3
        ),
        "",
    )
    found.options = dict(_octets(own))
    for pool in (each for each in listed(subnet, "pools") if "pool" in each):
        wanted = str(pool.get("client-class", ""))
        matched = _matched_by(classes.get(wanted, {}))
        if matched:
            found.classes.setdefault(_name(wanted), {**matched, "clients": []}).setdefault(
                "range", []
            ).append(spanned(str(pool["pool"])))
        else:
            found.ranges.append(spanned(str(pool["pool"])))
    for name, each in classes.items():
        if (matched := _matched_by(each)) and each.get("valid-lifetime"):
            found.classes.setdefault(_name(name), {**matched, "clients": []})["lease"] = int(
                each["valid-lifetime"]
            )
    used = own.get("host-reservation-identifiers", list(_KNOWN_BY))
    for host in listed(subnet, "reservations"):
        if any(key in used for key in _KNOWN_BY if host.get(key)):
            _host(found, host, classes)
    return found


def _octets(own: Data) -> Iterator[tuple[int, str]]:
    """Options by code that are written as octets."""
    for each in listed(own, "option-data"):
        if isinstance(each.get("code"), int) and each.get("csv-format") is False:
            yield each["code"], str(each.get("data", ""))


def _host(found: Served, host: Data, classes: Mapping[str, Data]) -> None:
    by = next((key for key in _KNOWN_BY if host.get(key)), "")
    if not by or not host.get("ip-address"):
        return
    value = str(host[by]).strip("'")
    if (
        by == "circuit-id"
        and re.fullmatch(r"[0-9A-Fa-f]{2}(:?[0-9A-Fa-f]{2})*", value)
        and "'" not in str(host[by])
    ):
        value = _characters(value.replace(":", "")) or value
    lease = next(
        (
            int(classes[c]["valid-lifetime"])
            for c in host.get("client-classes") or ()
            if "valid-lifetime" in classes.get(c, {})
        ),
        0,
    )
    found.reservations[_KNOWN_BY[by] + value.lower() if by == "hw-address" else _KNOWN_BY[by] + value] = kept(
        str(host["ip-address"]), lease
    )


def _matched_by(own: Data) -> dict[str, str]:
    """The option and text that a class is matched by, where its test compares the two."""
    match = _TEST.fullmatch(str(own.get("test", "")).strip())
    if match is None:
        return {}
    text = match[3] if match[3] is not None else _characters(match[4])
    return {_MATCHED[match[1] or match[2]]: text} if text else {}


def _characters(octets: str) -> str:
    """Octets as printable text; empty where they are none. A user class has its length before it (RFC 3004)."""
    data = bytes.fromhex(octets)
    data = data[1:] if data and data[0] == len(data) - 1 else data
    return data.decode("ascii") if data.isascii() and data.decode("ascii").isprintable() else ""


def _name(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-_")[:63] or "class"


def _served(text: str, words: Sequence[str], subnets: Sequence[IPv4Network]) -> Iterator[Served]:
    return read(text)


PROGRAMS = (
    RunningProgram("kea-dhcp4", "kea", Role.SERVER, ("-c",), "/etc/kea/kea-dhcp4.conf", served=_served),
)
