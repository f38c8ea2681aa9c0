"""The effect of a configuration, for `labgen-relay check`: sub-options by interface, and known traps."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.relay.config import InterfaceConfig, RelayConfig, ServerConfig
from labgen.relay.dialects import DIALECTS, SentSubOption, wanted_options
from labgen.relay.values import filled, is_pattern


def describe(config: RelayConfig) -> Iterator[str]:
    """Lines: one per interface and server, warnings after them. Looks at the configuration only."""
    for item in config.interfaces:
        for server in item.servers:
            names = ", ".join(_options(config, item, server)) or "no option 82"
            giaddr = server.giaddr or item.giaddr or "its address"
            place = f"{item.name} ({item.vrf}) -> {server.address} ({server.vrf})"
            yield f"{place}: giaddr {giaddr}, {names}"
    yield from dict.fromkeys(f"warning: {text}" for text in _warnings(config))


def _options(config: RelayConfig, item: InterfaceConfig, server: ServerConfig) -> list[str]:
    """A giaddr that is set counts as outside the clients' subnet: which that is, only the machine knows."""
    outside = (server.giaddr or item.giaddr) is not None
    names = wanted_options(DIALECTS[config.dialect], item.options, server.vrf != item.vrf, outside)
    return [name.value for name in SentSubOption if name in names]


def _warnings(config: RelayConfig) -> Iterator[str]:
    shared: dict[tuple[object, ...], str] = {}
    for item in config.interfaces:
        if item.trusted_option82 != "keep" and not item.trusted:
            yield f"{item.name}: trusted_option82 means nothing where `trusted` is not set: option 82 is dropped"
        for server in item.servers:
            giaddr = server.giaddr or item.giaddr
            names = _options(config, item, server)
            if giaddr is None:
                continue
            if SentSubOption.LINK_SELECTION not in names:
                yield (
                    f"{item.name}: giaddr {giaddr} without link-selection: unless it is in the clients' "
                    "subnet, the server cannot tell which subnet to serve (RFC 3527)"
                )
            circuit = _circuit_id(config, item) if SentSubOption.CIRCUIT_ID in names else ""
            if is_pattern(item.name) and "{" not in circuit:
                yield f"{item.name}: all have giaddr {giaddr} and one circuit-id, replies may be ambiguous"
            other = shared.setdefault((giaddr, server.vrf, server.address, circuit), item.key)
            if other != item.key:
                yield f"{other} and {item.key}: same giaddr and circuit-id, replies may be ambiguous"


def _circuit_id(config: RelayConfig, item: InterfaceConfig) -> str:
    """The circuit-id of an interface; interfaces of a pattern keep their placeholder, since each has its own."""
    text = item.circuit_id or DIALECTS[config.dialect].circuit_id
    return filled(text, config.name, "{interface}" if is_pattern(item.name) else item.name)
