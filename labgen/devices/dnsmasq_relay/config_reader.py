"""dnsmasq as a relay: `dhcp-relay=LOCAL,SERVER` lines (dnsmasq(8)). The local address tells the interface."""

from __future__ import annotations

from labgen.devices.relay_config import ConfiguredRelay, ConfiguredTarget, RelayReading, address
from labgen.ground.vocabulary import DEFAULT_VRF


def read(text: str) -> RelayReading:
    """`interface` of a relay is its local address, which is also the giaddr; option 82 is never sent."""
    found: dict[str, list[ConfiguredTarget]] = {}
    unread: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        key, _, value = line.strip().partition("=")
        if key.strip() != "dhcp-relay":
            continue
        local, _, rest = value.partition(",")
        server = address(rest.split(",")[0].split("#")[0].strip())
        if server is None or address(local.strip()) is None:
            unread.append((number, line.strip()))
        else:
            found.setdefault(local.strip(), []).append(ConfiguredTarget(server, "", "", number))
    relays = (
        ConfiguredRelay(local, tuple(targets), DEFAULT_VRF, local, frozenset(), targets[0].line)
        for local, targets in found.items()
    )
    return RelayReading(relays=tuple(relays), unread=tuple(unread))
