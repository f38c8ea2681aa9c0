"""Pools of an SR OS configuration: `dhcp-server` of a router, in updates of paths in YAML (`nokia-conf-router-dhcp-server`)."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from labgen.devices.documents import Branch, document
from labgen.devices.served import Served

_SERVER = "/dhcp-server/dhcpv4[name="


def read(text: str) -> Iterator[Served]:
    """Pools of servers that are turned on and that an interface names. An address-range that a giaddr chooses is a subnet's."""
    updates = document(text).at("updates").list()
    named = {update.at("val", "local-dhcp-server").text for update in updates}
    for update in updates:
        _, found, name = update.at("path").text.partition(_SERVER)
        value = update.at("val")
        chosen = value.at("pool-selection", "use-gi-address", "scope").text == "subnet"
        if found and name.rstrip("]") in named and value.at("admin-state").text == "enable" and chosen:
            yield from (
                _subnet(pool, subnet)
                for pool in value.at("pool").list()
                for subnet in pool.at("subnet").list()
            )


def _subnet(pool: Branch, subnet: Branch) -> Served:
    found = Served(IPv4Network(subnet.at("ipv4-prefix").text), options={})
    ends = ((each.at("start").text, each.at("end").text) for each in subnet.at("address-range").list())
    found.ranges = [f"{first}-{last}" for first, last in ends if first and last]
    least, most = pool.at("min-lease-time").text, pool.at("max-lease-time").text
    found.lease = int(most or 864000)
    if found.lease < int(least or 600):
        found.lease = int(least or 600)
    options: dict[int, str] = {}
    for each in subnet.at("options", "option").list():
        number = each.at("number").text
        if number == "default-router":
            found.router = next((own.text for own in each.at("ipv4-address").list()), "")
        elif number.isdecimal():
            options[int(number)] = each.at("hex-string").text.removeprefix("0x")
    found.options = options
    return found
