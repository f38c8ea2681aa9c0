"""The labs behind docs/readback.md: one switch, in each shape of relaying, with each source of giaddr."""

from __future__ import annotations

from labgen.devices import registry
from labgen.ground.vocabulary import Role

GIADDR = {
    "interface": "interface",
    "loopback": "loopback",
    "uplink": "uplink",
    "own address": "",
    "an address": "10.77.7.7",
}
SHAPES = (
    "one segment",
    "two segments",
    "two VRFs",
    "two server groups",
    "two groups, one segment",
    "secondary subnet",
)
FULL = "[circuit-id, link-selection, server-id-override]"


def switches() -> list[str]:
    return [name for name, device in registry.everything().items() if Role.SWITCH in device.facts.roles]


def _loopback(shape: str) -> str:
    """The address of the switch's loopback, by its number, which comes after those of the servers."""
    return "10.0.0.3" if "groups" in shape else "10.0.0.2"


def spec(switch: str, giaddr: str, shape: str) -> str:
    """A spec of one switch, `sw`, in a shape; its second segment differs in what the shape is about."""
    source = GIADDR[giaddr] or _loopback(shape)
    first = f"source: {source}, options: {'[circuit-id]' if source == 'interface' else FULL}"
    second = "source: interface, options: []" if shape == "two segments" else first
    vrfs = ("red", "blue") if shape == "two VRFs" else ("default", "default")
    server = "srv2" if shape in ("two server groups", "two groups, one segment") else "srv1"
    secondary = "secondary: [10.9.9.0/24], " if shape == "secondary subnet" else ""
    relay = f"{{servers: [srv1], {first}}}"
    if shape == "two groups, one segment":
        relay = f"[{relay}, {{servers: [srv2], {first}}}]"
    lines = [
        "name: shape", f"devices: {{switch: {switch}}}", "switches: [sw]", "vrfs: {red: {}, blue: {}}", "segments:",
        f"  a: {{vrf: {vrfs[0]}, {secondary}attach: {{sw: [pc1]}}, relay: {relay}}}",
    ]  # fmt: skip
    if shape in ("two segments", "two VRFs", "two server groups"):
        lines.append(
            f"  b: {{vrf: {vrfs[1]}, attach: {{sw: [pc2]}}, relay: {{servers: [{server}], {second}}}}}"
        )
    return "\n".join(
        [*lines, f"servers: {{{', '.join(f'{each}: sw' for each in dict.fromkeys(('srv1', server)))}}}", ""]
    )
