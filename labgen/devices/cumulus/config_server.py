"""Pools of NVUE's YAML: `service dhcp-server` up to 5.14, `dhcp-server-v4` of a VRF from 5.15 on (user guide, "DHCP Servers")."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network

from labgen.devices.cumulus.device import OPTIONS
from labgen.devices.documents import Branch, document
from labgen.devices.option_words import hex_of_addresses, hex_of_text
from labgen.devices.served import Served


def read(text: str) -> Iterator[Served]:
    """Pools of a VRF that an interface serves."""
    for entry in document(text).list():
        top = entry.at("set")
        for _, server in top.at("service", "dhcp-server").items():
            yield from _pools(server, server.at("pool"), server.at("static"))
        for _, vrf in top.at("vrf").items():
            server = vrf.at("dhcp-server-v4")
            yield from _pools(server, server.at("subnet"), server.at("static-host"))


def _pools(server: Branch, pools: Branch, static: Branch) -> Iterator[Served]:
    serves = any(True for _ in server.at("interface").items())
    for prefix, pool in pools.items() if serves else ():
        found = Served(IPv4Network(prefix), lease=int(pool.at("lease-time").text or 3600))
        ends = ((first, each.at("to").text) for first, each in pool.at("range").items())
        found.ranges = [f"{first}-{last}" for first, last in ends if last]
        found.router = next((address for address, _ in pool.at("gateway").items()), "")
        found.options = dict(_options(pool))
        hosts = [(each.at("mac-address").text, each.at("ip-address").text) for _, each in static.items()]
        found.reservations = {
            mac: own for mac, own in hosts if mac and own and IPv4Address(own) in found.prefix
        }
        yield found


def _options(pool: Branch) -> Iterator[tuple[int, str]]:
    for code, (name, listed) in OPTIONS.items():
        given = pool.at(name)
        if given.value is not None:
            yield (
                code,
                hex_of_addresses(each for each, _ in given.items()) if listed else hex_of_text(given.text),
            )
