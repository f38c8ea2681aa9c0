"""DHCP relaying in SONiC's `config` commands (the click plugin `dhcp_relay` of docker-dhcp-relay), and in CONFIG_DB."""

from __future__ import annotations

import json
import shlex

from labgen.devices.base import IDENTIFIERS, LINK, OVERRIDE, VSS
from labgen.devices.relay_config import (
    ConfiguredInterface,
    ConfiguredRelay,
    ConfiguredTarget,
    RelayReading,
    address,
    with_length,
)
from labgen.devices.sonic import database
from labgen.ground.vocabulary import DEFAULT_VRF, Interface

FLAGS = {"--link-selection": LINK, "--server-id-override": OVERRIDE, "--vrf-selection": VSS}


def read(text: str) -> RelayReading:
    """`config dhcpv4_relay add` for dhcp4relay, `config dhcp_relay ipv4 helper add VLAN-NUMBER SERVER...` for the older relay.

    dhcp4relay sends circuit-id and remote-id always. A text that is CONFIG_DB as JSON is read as that.
    """
    tables = _tables(text)
    if tables is not None:
        return database.read(tables, text)
    relays: list[ConfiguredRelay] = []
    ports: dict[str, tuple[int, list[Interface], str]] = {}
    unread: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        words = shlex.split(line, comments=True)
        match words[1:] if words[:1] in (["config"], ["sudo"]) else []:
            case ["dhcpv4_relay", "add", *rest]:
                relays.append(_dhcp4relay(number, rest))
            case ["dhcp_relay", "ipv4", "helper", "add", vlan, *servers] if vlan.isdecimal():
                relays.append(
                    ConfiguredRelay(f"Vlan{vlan}", _targets(servers, "", number), "", "", frozenset(), number)
                )
            case ["interface", "ip", "add", name, own]:
                line_number, found, vrf = ports.get(name, (number, [], DEFAULT_VRF))
                parsed = with_length(own)
                ports[name] = (line_number, [*found, parsed] if parsed else found, vrf)
            case ["interface", "vrf", "bind", name, vrf]:
                line_number, found, _ = ports.get(name, (number, [], DEFAULT_VRF))
                ports[name] = (line_number, found, vrf)
            case ["dhcpv4_relay" | "dhcp_relay", *_]:
                unread.append((number, line.strip()))
    return RelayReading(
        tuple(
            ConfiguredInterface(name, vrf, tuple(found), (), line)
            for name, (line, found, vrf) in ports.items()
        ),
        tuple(relays),
        tuple(unread),
    )


def _tables(text: str) -> dict[str, object] | None:
    """CONFIG_DB's tables, where a text is JSON."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _dhcp4relay(number: int, words: list[str]) -> ConfiguredRelay:
    options, names = dict[str, str](), list[str]()
    rest = iter(words)
    for word in rest:
        name, equals, value = word.partition("=")
        if word.startswith("--"):
            options[name] = value if equals else next(rest, "")
        else:
            names.append(word)
    flags = {flag for option, flag in FLAGS.items() if options.get(option) == "enable"}
    return ConfiguredRelay(
        names[0] if names else "",
        _targets(options.get("--dhcpv4-servers", "").split(","), options.get("--server-vrf", ""), number),
        "",
        options.get("--source-interface", ""),
        IDENTIFIERS | flags,
        number,
    )


def _targets(servers: list[str], vrf: str, number: int) -> tuple[ConfiguredTarget, ...]:
    found = (address(server.strip()) for server in servers)
    return tuple(ConfiguredTarget(each, vrf, "", number) for each in found if each is not None)
