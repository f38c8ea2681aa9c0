"""ISC dhcpd as it runs somewhere, and what its configuration hands out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network

from labgen.devices.dhcpd import statements
from labgen.devices.dhcpd.statements import Declaration
from labgen.devices.running import RunningProgram
from labgen.devices.served import Served, kept, spanned
from labgen.ground.vocabulary import Role

_MATCH = re.compile(r'option (vendor-class-identifier|user-class)\b.*=\s*"([^"]*)"')
_HARDWARE = re.compile(r"match if hardware = 1:([0-9a-f:]{17})", re.IGNORECASE)
"""A class of one client: a pool of one address for it alone keeps the address for it."""
_IDENTIFIERS = {"dhcp-client-identifier": "client-id", "agent.circuit-id": "circuit-id"}
_IDENTIFIED = re.compile(
    r"match if option (dhcp-client-identifier|agent\.circuit-id) = ([0-9a-f]{2}(?::[0-9a-f]{2})*)",
    re.IGNORECASE,
)
_MATCHED = {"vendor-class-identifier": "vendor_class", "user-class": "user_class"}
_TIMES = {
    "default-lease-time": "lease",
    "min-lease-time": "shortest",
    "max-lease-time": "longest",
    "option dhcp-renewal-time": "renew",
    "option dhcp-rebinding-time": "rebind",
    "option routers": "router",
}


def read(text: str) -> Iterator[Served]:
    """Its subnets; nothing where it has none."""
    top = statements.parsed(text)
    everything = list(_within(top, {}))
    classes = {
        each.words.split(None, 1)[1].strip('"'): (each, own)
        for each, own in everything
        if each.words.startswith("class ")
    }
    hosts = [(each, own) for each, own in everything if each.words.startswith("host ")]
    shared_networks = dict(_shared_networks(everything))
    codes = statements.codes(top)
    for block, own in everything:
        if prefix := block.prefix:
            found = _subnet(prefix, block, own, classes, hosts)
            found.shared_with = shared_networks.get(prefix)
            found.options = dict(_options(_common(block), codes))
            yield found


def _shared_networks(everything: list[Found]) -> Iterator[tuple[IPv4Network, IPv4Network]]:
    """Further subnets of shared networks, each with the first one of its own."""
    for block, _ in everything:
        if block.words.startswith("shared-network"):
            prefixes = [prefix for each in block.blocks if (prefix := each.prefix)]
            yield from ((each, prefixes[0]) for each in prefixes[1:])


def _settings(block: Declaration) -> dict[str, str]:
    """Times and routers that are set right in a block."""
    return {
        name: text[len(key) :].strip().split(",")[0]
        for text in block.said
        for key, name in _TIMES.items()
        if text.startswith(f"{key} ")
    }


def _within(block: Declaration, around: Mapping[str, str]) -> Iterator[tuple[Declaration, dict[str, str]]]:
    """Every block with what is set in it and around it."""
    own = {**around, **_settings(block)}
    yield block, own
    for each in block.blocks:
        yield from _within(each, own)


Found = tuple[Declaration, dict[str, str]]


def _subnet(
    prefix: IPv4Network,
    block: Declaration,
    own: Mapping[str, str],
    classes: Mapping[str, Found],
    hosts: list[Found],
) -> Served:
    own = {**own, **_settings(_common(block))}
    found = Served(prefix, router=own.get("router", ""))
    found.lease = _seconds(own, "lease") or 43200
    found.renew, found.rebind = _seconds(own, "renew"), _seconds(own, "rebind")
    least, most = _seconds(own, "shortest"), _seconds(own, "longest")
    found.shortest, found.longest = (least if least < found.lease else 0), (most if most > found.lease else 0)
    for pool in (block, *(each for each in block.blocks if each.words == "pool")):
        ranges = [spanned(text) for text in pool.said if text.startswith("range ")]
        name = pool.value("allow members of").strip('"')
        matched = _matched_by(classes[name][0]) if name in classes else {}
        alone = _alone(classes[name][0]) if name in classes else ""
        if matched:
            found.classes[name] = {**matched, "clients": [], "range": ranges}
        elif alone and len(ranges) == 1 and "-" not in ranges[0]:
            lease = _seconds(_settings(pool), "lease")
            found.reservations[alone] = kept(ranges[0], lease if lease != found.lease else 0)
        else:
            found.ranges += ranges
    for name, (each, _) in classes.items():
        if (matched := _matched_by(each)) and (lease := _seconds(_settings(each), "lease")):
            found.classes.setdefault(name, {**matched, "clients": []})["lease"] = lease
    for host, _ in hosts:
        mac, address = host.value("hardware ethernet"), host.value("fixed-address")
        if mac and re.fullmatch(r"\d+(\.\d+){3}", address) and IPv4Address(address) in prefix:
            found.reservations[mac.lower()] = kept(address, _seconds(_settings(host), "lease"))
    return found


def _common(block: Declaration) -> Declaration:
    """The part of a subnet that is for every client: its pool that is for no class, or the subnet itself."""
    pools = (each for each in block.blocks if each.words == "pool" and not each.value("allow members of"))
    return next(pools, block)


def _options(block: Declaration, codes: Mapping[str, int]) -> Iterator[tuple[int, str]]:
    """Options that are set right in a block."""
    for text in block.said:
        word, _, rest = text.partition(" ")
        name, _, value = rest.partition(" ")
        if word == "option" and name in codes:
            yield codes[name], value


def _alone(block: Declaration) -> str:
    """The one client that a class is for, as reservations name it; empty where it may be several."""
    said = " ".join(block.said)
    if hardware := _HARDWARE.search(said):
        return hardware[1].lower()
    found = _IDENTIFIED.fullmatch(said)
    return f"{_IDENTIFIERS[found[1]]} {found[2].lower()}" if found else ""


def _matched_by(block: Declaration) -> dict[str, str]:
    match = next((m for text in block.said if (m := _MATCH.search(text))), None)
    return {_MATCHED[match[1]]: match[2]} if match and match[2] else {}


def _seconds(own: Mapping[str, str], name: str) -> int:
    text = own.get(name, "")
    return int(text) if text.isdecimal() else 0


def _served(text: str, words: Sequence[str], subnets: Sequence[IPv4Network]) -> Iterator[Served]:
    return read(text)


PROGRAMS = (
    RunningProgram("dhcpd", "isc-dhcpd-plain", Role.SERVER, ("-cf",), "/etc/dhcp/dhcpd.conf", served=_served),
)
