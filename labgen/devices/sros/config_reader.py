"""DHCP relaying in SR OS' configuration: updates of paths in YAML, as netlab hands them to gNMI.

Leaves of `nokia-conf-router` and `nokia-conf-svc-vprn`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from labgen.devices.base import CIRCUIT, REMOTE
from labgen.devices.documents import Branch, document
from labgen.devices.relay_config import (
    ConfiguredInterface,
    ConfiguredRelay,
    ConfiguredTarget,
    RelayReading,
    address,
    with_length,
)
from labgen.ground.vocabulary import DEFAULT_VRF

KNOWN = {
    "admin-state",
    "server",
    "gi-address",
    "src-ip-addr",
    "trusted",
    "option-82",
    "release-include-gi-address",
}
_PLACE = re.compile(
    r"/?configure/(?:service/(?P<kind>vprn|ies)\[service-name=(?P<service>[^]]+)\]|router\[router-name=(?P<router>[^]]+)\])"
    r"/interface\[interface-name=(?P<name>[^]]+)\](?P<below>.*)"
)


def read(text: str) -> RelayReading:
    """Servers are in the router or service of the interface: SR OS has no leaf for another."""
    interfaces: list[ConfiguredInterface] = []
    relays: list[ConfiguredRelay] = []
    unread: list[tuple[int, str]] = []
    for update in document(text).at("updates").list():
        place = _PLACE.match(update.at("path").text)
        if place is None:
            continue
        vrf = place["service"] if place["kind"] == "vprn" else DEFAULT_VRF
        value, line = update.at("val"), update.at("path").line
        if place["below"] == "/ipv4/dhcp":
            relays += _relay(place["name"], vrf, line, value)
            unread += [(each.line, key) for key, each in value.items() if key not in KNOWN]
        else:
            ipv4 = value if place["below"] == "/ipv4" else value.at("ipv4")
            interfaces.append(_interface(place["name"], vrf, line, ipv4))
    return RelayReading(tuple(interfaces), tuple(relays), tuple(unread))


def _interface(name: str, vrf: str, line: int, ipv4: Branch) -> ConfiguredInterface:
    given = (ipv4.at("primary"), *ipv4.at("secondary").list())
    own = (with_length(f"{each.at('address').text}/{each.at('prefix-length').text}") for each in given)
    return ConfiguredInterface(name, vrf, tuple(each for each in own if each), (), line)


def _relay(name: str, vrf: str, line: int, value: Branch) -> Iterator[ConfiguredRelay]:
    """With `option-82 action keep`, the default, nothing is added."""
    if value.at("admin-state").text != "enable":
        return
    given = value.at("option-82")
    options = set()
    if given.at("action").text == "replace":
        options |= {CIRCUIT} if given.at("circuit-id").value is not None else set()
        options |= {REMOTE} if given.at("remote-id").value is not None else set()
    servers = [(address(each.text), each.line) for each in value.at("server").list()]
    targets = tuple(ConfiguredTarget(server, "", "", at) for server, at in servers if server is not None)
    yield ConfiguredRelay(name, targets, vrf, value.at("gi-address").text, frozenset(options), line)
