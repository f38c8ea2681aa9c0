"""DHCP relaying in VyOS' set commands (`show configuration commands`): ISC dhcrelay, one for the whole router."""

from __future__ import annotations

from labgen.devices.base import CIRCUIT
from labgen.devices.relay_config import (
    ConfiguredInterface,
    ConfiguredRelay,
    ConfiguredTarget,
    RelayReading,
    address,
    with_length,
)
from labgen.ground.vocabulary import DEFAULT_VRF, Interface

RELAY = ["service", "dhcp-relay"]


def read(text: str) -> RelayReading:
    """Every listening interface asks every server; dhcrelay adds a circuit-id whatever is configured."""
    listening: dict[str, int] = {}
    servers: list[ConfiguredTarget] = []
    ports: dict[str, tuple[int, list[Interface], str]] = {}
    unread: list[tuple[int, str]] = []
    off, answered_at = False, set[str]()
    for number, line in enumerate(text.splitlines(), 1):
        words = [word.strip("'") for word in line.split()]
        if words[:1] != ["set"]:
            continue
        match words[1:]:
            case ["service", "dhcp-relay", "listen-interface" | "interface" as word, name]:
                listening.setdefault(name, number)
                answered_at |= {name} if word == "interface" else set()
            case ["service", "dhcp-relay", "server", server] if (found := address(server)) is not None:
                servers.append(ConfiguredTarget(found, "", "", number))
            case ["service", "dhcp-relay", "disable"]:
                off = True
            case ["service", "dhcp-relay", "upstream-interface", name]:
                answered_at.add(name)
            case ["service", "dhcp-relay", "relay-options", *_]:
                pass
            case ["service", "dhcp-relay", *_]:
                unread.append((number, line.strip()))
            case ["interfaces", kind, *rest] if kind != "loopback":
                _port(number, rest, ports)
    return RelayReading(
        tuple(
            ConfiguredInterface(name, vrf, tuple(found), (), line)
            for name, (line, found, vrf) in ports.items()
        ),
        tuple(
            ConfiguredRelay(name, tuple(servers), DEFAULT_VRF, "", frozenset({CIRCUIT}), line)
            for name, line in listening.items()
        ),
        tuple(unread),
        off,
        answered_at=frozenset(answered_at),
    )


def _port(number: int, words: list[str], ports: dict[str, tuple[int, list[Interface], str]]) -> None:
    """`NAME [vif N] address A/len`, `NAME [vif N] vrf V`."""
    name, rest = (f"{words[0]}.{words[2]}", words[3:]) if words[1:2] == ["vif"] else (words[0], words[1:])
    line, found, vrf = ports.get(name, (number, [], DEFAULT_VRF))
    parsed = with_length(rest[1]) if rest[:1] == ["address"] and len(rest) > 1 else None
    ports[name] = (
        line,
        [*found, parsed] if parsed else found,
        rest[1] if rest[:1] == ["vrf"] and len(rest) > 1 else vrf,
    )
