"""DHCP relaying in NVUE's YAML (`nv config show`): one relay for each VRF up to 5.13, server groups from 5.14 on."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.devices.base import CIRCUIT, LINK, REMOTE
from labgen.devices.documents import Branch, document
from labgen.devices.relay_config import (
    ConfiguredInterface,
    ConfiguredRelay,
    ConfiguredTarget,
    RelayReading,
    address,
    with_length,
)
from labgen.ground.vocabulary import DEFAULT_VRF, Interface, RelayOption

ON = ("on", "enabled", "True")


def read(text: str) -> RelayReading:
    """Reads NVUE's YAML. Up to 5.13 interfaces towards clients and servers are in one list; those with an address in no server's way are
    not told apart, so that each of them counts as listening."""
    interfaces: list[ConfiguredInterface] = []
    relays: list[ConfiguredRelay] = []
    answered_at: set[str] = set()
    for entry in document(text).list():
        top = entry.at("set")
        interfaces += [_interface(name, each) for name, each in top.at("interface").items()]
        for vrf, relay in top.at("service", "dhcp-relay").items():
            relays += _groups(vrf, relay) if relay.at("server-group").value else _plain(vrf, relay)
            answered_at |= set(_answered_at(relay))
    return RelayReading(tuple(interfaces), tuple(relays), answered_at=frozenset(answered_at))


def _answered_at(relay: Branch) -> Iterator[str]:
    """Ports towards servers: from 5.14 on those of server groups, before all that are listed."""
    groups = relay.at("server-group").items()
    places = [each.at("upstream-interface") for _, each in groups] or [relay.at("interface")]
    yield from (name for place in places for name, _ in place.items())


def _interface(name: str, value: Branch) -> ConfiguredInterface:
    """Addresses are `ip address` up to 5.14, `ipv4 address` from 5.15 on, where the VRF is the interface's own."""
    vrf = value.at("vrf").text or value.at("ip", "vrf").text or DEFAULT_VRF
    addresses = (*_addresses(value.at("ip", "address")), *_addresses(value.at("ipv4", "address")))
    return ConfiguredInterface(name, vrf, addresses, (), value.line)


def _addresses(value: Branch) -> Iterator[Interface]:
    for text, _ in value.items():
        found = with_length(text)
        if found is not None:
            yield found


def _said(relay: Branch) -> tuple[str, frozenset[RelayOption]]:
    """Source and sub-options of a relay: its gateway interface is dhcrelay's -U, which adds 1 and 5 (RFC 3527)."""
    named = (*relay.at("gateway-interface").items(), *relay.at("giaddress-interface").items())
    sources = [each.at("address").text or name for name, each in named]
    agent = relay.at("agent")
    options = {CIRCUIT} if agent.at("enable").text in ON or agent.at("state").text in ON else set()
    options |= {REMOTE} if agent.at("remote-id").text else set()
    options |= {CIRCUIT, LINK} if sources else set()
    return next(iter(sources), ""), frozenset(options)


def _targets(value: Branch) -> tuple[ConfiguredTarget, ...]:
    found = [(address(name), each.line) for name, each in value.items()]
    return tuple(ConfiguredTarget(server, "", "", line) for server, line in found if server is not None)


def _plain(vrf: str, relay: Branch) -> Iterator[ConfiguredRelay]:
    source, options = _said(relay)
    for name, each in relay.at("interface").items():
        yield ConfiguredRelay(name, _targets(relay.at("server")), vrf, source, options, each.line)


def _groups(vrf: str, relay: Branch) -> Iterator[ConfiguredRelay]:
    source, options = _said(relay)
    for name, each in relay.at("downstream-interface").items():
        group = relay.at("server-group", each.at("server-group-name").text)
        yield ConfiguredRelay(name, _targets(group.at("server")), vrf, source, options, each.line)
