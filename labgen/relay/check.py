"""What a configuration comes to, for `labgen-relay check`: sub-options by interface, and known traps."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.relay.config import InterfaceConfig, RelayConfig, ServerConfig
from labgen.relay.dialects import DIALECTS, SentSubOption
from labgen.relay.policy import wanted_options


def describe(config: RelayConfig) -> Iterator[str]:
    """Lines: one per interface and server, warnings after them. Looks at the configuration only."""
    for item in config.interfaces:
        for server in item.servers:
            names = ", ".join(_options(config, item, server)) or "no option 82"
            giaddr = server.giaddr or item.giaddr or "its address"
            place = f"{item.name} ({item.vrf}) -> {server.address} ({server.vrf})"
            yield f"{place}: giaddr {giaddr}, {names}"
    yield from (f"warning: {text}" for text in _warnings(config))


def _options(config: RelayConfig, item: InterfaceConfig, server: ServerConfig) -> list[str]:
    """A giaddr that is set counts as outside the clients' subnet: which that is, only the machine knows."""
    outside = (server.giaddr or item.giaddr) is not None
    names = wanted_options(DIALECTS[config.dialect], item, server.vrf, outside)
    return [name.value for name in SentSubOption if name in names]


def _warnings(config: RelayConfig) -> Iterator[str]:
    shared: dict[tuple[object, str], str] = {}
    for item in config.interfaces:
        for server in item.servers:
            giaddr = server.giaddr or item.giaddr
            names = _options(config, item, server)
            if giaddr is not None and SentSubOption.LINK_SELECTION not in names:
                yield (
                    f"{item.name}: giaddr {giaddr} without link-selection: unless it is in the clients' "
                    "subnet, the server cannot tell which subnet to serve (RFC 3527)"
                )
            circuit = item.circuit_id or item.name if SentSubOption.CIRCUIT_ID in names else ""
            other = shared.setdefault((giaddr, circuit), item.name) if giaddr is not None else item.name
            if other != item.name:
                yield f"{other} and {item.name}: same giaddr and circuit-id, replies may be ambiguous"
