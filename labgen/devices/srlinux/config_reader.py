"""DHCP relaying in SR Linux' configuration: updates of paths in YAML, as its JSON-RPC takes them, or `set /` lines.

Leaves of `srl_nokia-interfaces-ip-dhcp-relay`.
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

OPTIONS = {"circuit-id": CIRCUIT, "remote-id": REMOTE}
KNOWN = {
    "admin-state",
    "server",
    "gi-address",
    "use-gi-addr-as-src-ip-addr",
    "network-instance",
    "option",
    "trace-options",
}
_PLACE = re.compile(r"/?interface\[name=(?P<name>[^]]+)\]/subinterface\[index=(?P<unit>\d+)\](?P<below>.*)")
_MEMBER = re.compile(r"/?network-instance\[name=(?P<vrf>[^]]+)\]/interface\[name=(?P<name>[^]]+)\]")
_SET = re.compile(
    r"set\s+/\s*interface\s+(?P<name>\S+)\s+subinterface\s+(?P<unit>\d+)\s+ipv4\s+dhcp-relay\s+(?P<rest>.+)"
)


def read(text: str) -> RelayReading:
    """A relay that is not enabled relays nothing and is left out."""
    if any(line.lstrip().startswith("set /") for line in text.splitlines()):
        return _read_set(text)
    relays: list[ConfiguredRelay] = []
    vrfs: dict[str, str] = {}
    ports: list[tuple[str, Branch]] = []
    unread: list[tuple[int, str]] = []
    for update in document(text).at("updates").list():
        path, value = update.at("path"), update.at("value")
        member = _MEMBER.match(path.text)
        if member:
            vrfs[member["name"]] = member["vrf"]
        place = _PLACE.match(path.text)
        if place is None:
            continue
        name = f"{place['name']}.{place['unit']}"
        if place["below"] == "/ipv4/dhcp-relay":
            relays += _relay(name, path.line, value)
            unread += [(each.line, key) for key, each in value.items() if key not in KNOWN]
        else:
            ports.append((name, value.at("ipv4") if place["below"] == "" else value))
    return RelayReading(
        tuple(_interface(name, vrfs.get(name, DEFAULT_VRF), value) for name, value in ports),
        tuple(relays),
        tuple(unread),
    )


def _interface(name: str, vrf: str, ipv4: Branch) -> ConfiguredInterface:
    """The address that is `primary` is the one of giaddr; without such a word it is the lowest."""
    given = [
        (each.at("primary").value is None, own)
        for each in ipv4.at("address").list()
        if (own := with_length(each.at("ip-prefix").text)) is not None
    ]
    ordered = sorted(given, key=lambda each: (each[0], each[1].ip.version, each[1].ip))
    return ConfiguredInterface(name, vrf, tuple(own for _, own in ordered), (), ipv4.line)


def _relay(name: str, line: int, value: Branch) -> Iterator[ConfiguredRelay]:
    if value.at("admin-state").text == "disable":
        return
    vrf = value.at("network-instance").text
    servers = [(address(each.text), each.line) for each in value.at("server").list()]
    options = frozenset(OPTIONS[each.text] for each in value.at("option").list() if each.text in OPTIONS)
    yield ConfiguredRelay(
        name,
        tuple(ConfiguredTarget(server, vrf, "", at) for server, at in servers if server is not None),
        "",
        value.at("gi-address").text,
        options,
        line,
    )


def _read_set(text: str) -> RelayReading:
    found: dict[str, tuple[int, dict[str, list[str]]]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        match = _SET.match(line.strip())
        if match:
            key, *values = match["rest"].replace("[", " ").replace("]", " ").split()
            _, said = found.setdefault(f"{match['name']}.{match['unit']}", (number, {}))
            said[key] = [*said.get(key, []), *values]
    return RelayReading(relays=tuple(_set_relay(name, line, said) for name, (line, said) in found.items()))


def _set_relay(name: str, line: int, said: dict[str, list[str]]) -> ConfiguredRelay:
    vrf = "".join(said.get("network-instance", []))
    servers = (address(server) for server in said.get("server", []))
    return ConfiguredRelay(
        name,
        tuple(ConfiguredTarget(server, vrf, "", line) for server in servers if server is not None),
        "",
        "".join(said.get("gi-address", [])),
        frozenset(OPTIONS[word] for word in said.get("option", []) if word in OPTIONS),
        line,
    )
