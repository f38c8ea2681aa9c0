"""DHCP relaying in a Junos configuration, as `show configuration` gives it or with `| display set`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from labgen.devices.base import CIRCUIT, LINK, OVERRIDE, REMOTE
from labgen.devices.blocks import LONGEST_SPAN, Block, braced
from labgen.devices.relay_config import (
    ConfiguredInterface,
    ConfiguredRelay,
    ConfiguredTarget,
    RelayReading,
    address,
    with_borrowed,
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
    """A group of interfaces, or what is said for all groups of an instance. `sources` are those of one interface."""

    interfaces: dict[str, int] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    excluded: set[str] = field(default_factory=set)
    server_group: str = ""
    source: str = ""
    vrf: str = ""
    options: frozenset[RelayOption] = frozenset()


@dataclass(slots=True)
class _Instance:
    """`forwarding-options dhcp-relay` of a routing instance."""

    common: _Group = field(default_factory=_Group)
    groups: dict[str, _Group] = field(default_factory=dict)
    servers: dict[str, dict[Address, int]] = field(default_factory=dict)
    helpers: _Helpers = field(default_factory=lambda: _Helpers())


@dataclass(slots=True)
class _Helpers:
    """`forwarding-options helpers bootp`: servers for every interface, and those of one."""

    servers: list[ConfiguredTarget] = field(default_factory=list)
    interfaces: dict[str, tuple[int, list[ConfiguredTarget]]] = field(default_factory=dict)


def read(text: str) -> RelayReading:
    """The relaying of a configuration; what a group leaves open is said for its whole instance."""
    instances: dict[str, _Instance] = {}
    vrfs: dict[str, str] = {}
    addresses: dict[str, _Port] = {}
    unread: list[tuple[int, str]] = []
    snooping = [
        words for _, words in statements(text) if words[2:4] == ("forwarding-options", "dhcp-security")
    ]
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
        elif rest[:3] == ("forwarding-options", "helpers", "bootp"):
            _helping(number, rest[3:], instances.setdefault(vrf, _Instance()).helpers)
        elif rest[:2] == ("forwarding-options", "dhcp-relay") and not _relaying(
            number, rest[2:], instances.setdefault(vrf, _Instance())
        ):
            unread.append((number, " ".join(words)))
    return RelayReading(
        with_borrowed(
            ConfiguredInterface(
                name,
                vrfs.get(name, DEFAULT_VRF),
                tuple(sorted(port.own, key=lambda own: (own not in port.first, own.ip.version, own.ip))),
                tuple(port.shared),
                port.number,
                port.lender,
                port.down or name.partition(".")[0] in _turned_off(text),
            )
            for name, port in addresses.items()
        ),
        tuple(relay for vrf, instance in instances.items() for relay in _relays(vrf, instance)),
        tuple(unread),
        snooped=tuple(_snooped(snooping).items()),
        trusted=frozenset(_trusted(snooping)),
    )


def _snooped(said: list[tuple[str, ...]]) -> dict[str, bool]:
    """VLANs, or bridge domains, with `dhcp-security`: whether option 82 is put in."""
    return {
        name: any(w[1] == name and "option-82" in w for w in said)
        for name in dict.fromkeys(w[1] for w in said)
    }


def _trusted(said: list[tuple[str, ...]]) -> Iterator[str]:
    """Interfaces of groups that are trusted: `group G overrides trusted`, `group G interface I`."""
    groups = {w[:6] for w in said if w[6:] == ("overrides", "trusted")}
    yield from (w[7] for w in said if w[:6] in groups and w[6:7] == ("interface",) and w[7:])


def statements(text: str) -> Iterator[Statement]:
    """Every statement with its place and the words on the way to it, from either form."""
    lines = [line.strip() for line in text.splitlines()]
    if any(line.startswith("set ") for line in lines):
        dead = [tuple(line.split()[1:]) for line in lines if line.startswith(("deactivate ", "delete "))]
        for number, line in enumerate(lines, 1):
            words = tuple(line.split()[1:])
            if line.startswith("set ") and not any(words[: len(each)] == each for each in dead):
                yield number, words
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


@dataclass(slots=True)
class _Port:
    """A unit of an interface."""

    number: int
    own: list[Interface] = field(default_factory=list)
    first: set[Interface] = field(default_factory=set)
    shared: list[Interface] = field(default_factory=list)
    lender: str = ""
    down: bool = False


def _turned_off(text: str) -> set[str]:
    """Interfaces that are disabled as a whole."""
    return {w[1] for _, w in statements(text) if w[:1] == ("interfaces",) and w[2:] == ("disable",)}


def _port(number: int, words: tuple[str, ...], found: dict[str, _Port]) -> None:
    """`X unit N family inet address A/len`, with what stands behind it; `unnumbered-address`; `disable`."""
    if len(words) > 3 and words[1] == "unit" and words[3] == "disable":
        found.setdefault(f"{words[0]}.{words[2]}", _Port(number)).down = True
    if len(words) < 6 or words[1] != "unit" or words[3:5] != ("family", "inet"):
        return
    port = found.setdefault(f"{words[0]}.{words[2]}", _Port(number))
    if words[5] == "unnumbered-address" and len(words) > 6:
        port.lender = words[6]
    parsed = with_length(words[6]) if words[5] == "address" and len(words) > 6 else None
    if parsed is None:
        return
    if parsed not in port.own:
        port.own.append(parsed)
    if "primary" in words[7:]:  # `preferred` is of one subnet
        port.first.add(parsed)
    if words[7:8] == ("virtual-gateway-address",) and len(words) > 8:
        gateway = with_length(f"{words[8]}/{parsed.network.prefixlen}")
        if gateway is not None:
            port.shared.append(gateway)


def _helping(number: int, words: tuple[str, ...], helpers: _Helpers) -> None:
    """One statement of `helpers bootp`: `[interface I] server A [routing-instance V]`."""
    match words:
        case ("interface", name, "server", server, *rest):
            targets = helpers.interfaces.setdefault(name, (number, []))[1]
            targets += _helper(number, server, rest)
        case ("interface", name, *_):
            helpers.interfaces.setdefault(name, (number, []))
        case ("server", server, *rest):
            helpers.servers += _helper(number, server, rest)


def _helper(number: int, server: str, rest: list[str]) -> list[ConfiguredTarget]:
    found = address(server)
    vrf = rest[1] if rest[:1] == ["routing-instance"] and rest[1:] else ""
    return [ConfiguredTarget(found, vrf, "", number)] if found is not None else []


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
        case ("interface", first, "upto", last, *_):
            group.interfaces |= dict.fromkeys(_upto(first, last), number)
        case ("interface", name, "exclude", *_):
            group.excluded.add(name)
        case ("interface", name, "overrides", "relay-source", source, *_):
            group.interfaces.setdefault(name, number)
            group.sources[name] = source
        case ("interface", name, *_):
            group.interfaces.setdefault(name, number)
        case ("active-server-group", name, *_):
            group.server_group = name
        case ("overrides", "relay-source", name, *_):
            group.source = name
        case ("forward-only", "routing-instance", name, *_):
            group.vrf = name
        case ("relay-option-82",):
            group.options |= OPTIONS["circuit-id"]
        case ("relay-option-82", name, *_) if name in OPTIONS:
            group.options |= OPTIONS[name]
        case (
            "overrides"
            | "forward-only"
            | "forward-only-replies"
            | "source-ip-change"
            | "liveness-detection"
            | "relay-option",
            *_,
        ):
            pass
        case _:
            return False
    return True


def _upto(first: str, last: str) -> list[str]:
    """Units from one to another: `irb.10 upto irb.20`."""
    port, _, low = first.rpartition(".")
    high = last.rpartition(".")[2]
    if not (low.isdecimal() and high.isdecimal()):
        return [first, last]
    return [f"{port}.{unit}" for unit in range(int(low), min(int(high), int(low) + LONGEST_SPAN) + 1)]


def _relays(vrf: str, instance: _Instance) -> Iterator[ConfiguredRelay]:
    common = instance.common
    for group in instance.groups.values():
        servers = instance.servers.get(group.server_group or common.server_group, {})
        target_vrf = group.vrf or common.vrf
        targets = tuple(ConfiguredTarget(each, target_vrf, "", line) for each, line in servers.items())
        for name, line in group.interfaces.items():
            if name in group.excluded:
                continue
            source = group.sources.get(name) or group.source or common.source
            own = "" if name == "all" else name
            yield ConfiguredRelay(own, targets, vrf, source, group.options or common.options, line)
    for name, (line, named) in instance.helpers.interfaces.items():
        yield ConfiguredRelay(name, tuple(named or instance.helpers.servers), vrf, "", frozenset(), line)
