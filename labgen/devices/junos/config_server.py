"""Pools of a Junos configuration: `access address-assignment` (Junos OS DHCP User Guide)."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from labgen.devices.junos.config_reader import statements
from labgen.devices.option_words import hex_of_addresses, hex_of_text
from labgen.devices.served import Served
from labgen.ground.planned_serving import INFINITE

LISTED = {"name-server": 6, "wins-server": 44}
POOL = ("access", "address-assignment", "pool")


def read(text: str) -> Iterator[Served]:
    """Its pools, where an interface has the local server."""
    pools: dict[str, list[tuple[str, ...]]] = {}
    serves = False
    for _, words in statements(text):
        serves |= words[:3] == ("system", "services", "dhcp-local-server") and "interface" in words
        if words[:3] == POOL and words[4:6] == ("family", "inet"):
            pools.setdefault(words[3], []).append(words[6:])
    yield from (_pool(said) for said in pools.values() if serves and any(w[0] == "network" for w in said))


def _pool(said: list[tuple[str, ...]]) -> Served:
    found = Served(IPv4Network(next(words[1] for words in said if words[0] == "network")))
    ends = {(words[1], words[2]): words[3] for words in said if words[0] == "range"}
    names = dict.fromkeys(name for name, _ in ends)
    found.ranges = [
        f"{ends[name, 'low']}-{ends[name, 'high']}"
        for name in names
        if {(name, "low"), (name, "high")} <= set(ends)
    ]
    hosts = {(words[1], words[2]): words[3] for words in said if words[0] == "host"}
    for name in dict.fromkeys(name for name, _ in hosts):
        if {(name, "hardware-address"), (name, "ip-address")} <= set(hosts):
            found.reservations[hosts[name, "hardware-address"]] = hosts[name, "ip-address"]
    _attributes(found, [words[1:] for words in said if words[0] == "dhcp-attributes"])
    return found


def _attributes(found: Served, said: list[tuple[str, ...]]) -> None:
    found.options = {}
    listed: dict[int, list[str]] = {}
    for words in said:
        match words:
            case ("maximum-lease-time", time):
                found.lease = INFINITE if time == "infinite" else int(time)
            case ("router", address):
                found.router = address
            case ("domain-name", *name):
                found.options[15] = hex_of_text(" ".join(name).strip('"'))
            case ("option", code, "hex-string", data):
                found.options[int(code)] = data
            case (name, address) if name in LISTED:
                listed.setdefault(LISTED[name], []).append(address)
    found.options |= {code: hex_of_addresses(each) for code, each in listed.items()}
