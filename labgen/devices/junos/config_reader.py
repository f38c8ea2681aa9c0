"""DHCP relaying in a Junos configuration, as `show configuration` gives it or with `| display set`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from labgen.devices.base import CIRCUIT, LINK, OVERRIDE, REMOTE
from labgen.devices.blocks import Block, braced
from labgen.devices.relay_config import (
    ConfiguredInterface,
    ConfiguredRelay,
    ConfiguredTarget,
    RelayConfig,
    address,
    with_length,
)
from labgen.ground.vocabulary import DEFAULT_VRF, Address, Interface, RelayOption

Statement = tuple[int, tuple[str, ...]]
OPTIONS = {
    "circuit-id": frozenset({CIRCUIT}),
    "remote-id": frozenset({REMOTE}),
    "link-selection": frozenset({LINK}),
    "server-id-override": frozenset({LINK, OVERRIDE}),
}
KNOWN = ("server-group", "group", "relay-option-82", "overrides", "forward-only", "forward-only-replies",
         "active-server-group", "relay-option", "source-ip-change", "liveness-detection")  # fmt: skip


@dataclass(slots=True)
class _Group:
    """A group of interfaces, or what is said for all groups of an instance."""

    interfaces: dict[str, int] = field(default_factory=dict)
    server_group: str = ""
    source: str = ""
    vrf: str = ""
    forwards: bool = False
    options: frozenset[RelayOption] = frozenset()


@dataclass(slots=True)
class _Instance:
    """`forwarding-options dhcp-relay` of a routing instance."""

    common: _Group = field(default_factory=_Group)
    groups: dict[str, _Group] = field(default_factory=dict)
    servers: dict[str, dict[Address, int]] = field(default_factory=dict)


def read(text: str) -> RelayConfig:
    """What a group leaves open is said for its whole instance."""
    instances: dict[str, _Instance] = {}
    vrfs: dict[str, str] = {}
    addresses: dict[str, tuple[int, list[Interface]]] = {}
    unread: list[tuple[int, str]] = []
    for number, words in statements(text):
        if words[:1] == ("interfaces",):
            _port(number, words[1:], addresses)
            continue
        vrf, rest = (
            (words[1], words[2:])
            if words[:1] == ("routing-instances",) and words[2:]
            else (DEFAULT_VRF, words)
        )
        if rest[:1] == ("interface",) and vrf != DEFAULT_VRF and rest[1:]:
            vrfs[rest[1]] = vrf
        elif rest[:2] == ("forwarding-options", "dhcp-relay") and not _relaying(
            number, rest[2:], instances.setdefault(vrf, _Instance())
        ):
            unread.append((number, " ".join(words)))
    return RelayConfig(
        tuple(
            ConfiguredInterface(name, vrfs.get(name, DEFAULT_VRF), tuple(found), (), number)
            for name, (number, found) in addresses.items()
        ),
        tuple(relay for vrf, instance in instances.items() for relay in _relays(vrf, instance)),
        tuple(unread),
    )


def statements(text: str) -> Iterator[Statement]:
    """Every statement with its place and the words on the way to it, from either form."""
    lines = [line.strip() for line in text.splitlines()]
    if any(line.startswith("set ") for line in lines):
        for number, line in enumerate(lines, 1):
            if line.startswith("set "):
                yield number, tuple(line.split()[1:])
        return
    yield from _leaves(braced(text), ())


def _leaves(block: Block, above: tuple[str, ...]) -> Iterator[Statement]:
    words = (*above, *(word for word in block.words if word not in ("replace:", "inactive:", "protect:")))
    if block.words[:1] == ("inactive:",):
        return
    if not block.children and block.number:
        yield block.number, words
    for child in block.children:
        yield from _leaves(child, words)


def _port(number: int, words: tuple[str, ...], found: dict[str, tuple[int, list[Interface]]]) -> None:
    """`X unit N family inet address A/len`."""
    if len(words) > 5 and words[1] == "unit" and words[3:5] == ("family", "inet"):
        own = found.setdefault(f"{words[0]}.{words[2]}", (number, []))
        parsed = with_length(words[6]) if words[5] == "address" and len(words) > 6 else None
        if parsed is not None and parsed not in own[1]:
            own[1].append(parsed)


def _relaying(number: int, words: tuple[str, ...], instance: _Instance) -> bool:
    """Takes in one statement of an instance; False where it is not understood."""
    if not words or words[0] not in KNOWN:
        return False
    if words[0] == "server-group":
        server = address(words[2]) if len(words) > 2 else None
        if server is not None:
            instance.servers.setdefault(words[1], {})[server] = number
        return server is not None
    if words[0] != "group":
        return _setting(number, words, instance.common)
    return len(words) > 2 and _setting(number, words[2:], instance.groups.setdefault(words[1], _Group()))


def _setting(number: int, words: tuple[str, ...], group: _Group) -> bool:
    match words:
        case ("interface", name, *_):
            group.interfaces.setdefault(name, number)
        case ("active-server-group", name, *_):
            group.server_group = name
        case ("overrides", "relay-source", name, *_):
            group.source = name
        case ("forward-only", "routing-instance", name, *_):
            group.vrf, group.forwards = name, True
        case ("forward-only", *_):
            group.forwards = True
        case ("relay-option-82", name, *_) if name in OPTIONS:
            group.options |= OPTIONS[name]
        case (
            "overrides" | "forward-only-replies" | "source-ip-change" | "liveness-detection" | "relay-option",
            *_,
        ):
            pass
        case _:
            return False
    return True


def _relays(vrf: str, instance: _Instance) -> Iterator[ConfiguredRelay]:
    common = instance.common
    for group in instance.groups.values():
        servers = instance.servers.get(group.server_group or common.server_group, {})
        target_vrf = group.vrf or common.vrf
        targets = tuple(ConfiguredTarget(each, target_vrf, "", line) for each, line in servers.items())
        for name, line in group.interfaces.items():
            yield ConfiguredRelay(
                name, targets, vrf, group.source or common.source, group.options or common.options, line
            )
