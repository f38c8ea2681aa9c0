"""Tables EOS prints for people: their columns are documented, the JSON of these commands is not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from labgen.devices.observed import DaemonState, EvpnMac, Raw
from labgen.ground.labplan import NodePlan

_IP = r"\d+\.\d+\.\d+\.\d+"
_FLOOD = re.compile(rf"(?P<vlans>\d[\d,-]*)?\s+(?P<vteps>{_IP}(?:\s+{_IP})*)\s*$")
_REMOTE = re.compile(
    rf"\s*(?P<vlan>\d+)\s+(?P<mac>[0-9a-f]{{4}}(?:\.[0-9a-f]{{4}}){{2}})\s+\S+\s+Vx\d+\s+(?P<vtep>{_IP})\b"
)
_LEARNED = re.compile(
    r"\s*(?P<vlan>\d+)\s+(?P<mac>[0-9a-f]{4}(?:\.[0-9a-f]{4}){2})\s+DYNAMIC\s+(?P<port>(?!Vx|Cpu|Router)\S+)"
)
_INTERFACE = re.compile(r"Interface: (\S+)")
_SERVERS = re.compile(r"\s+DHCP(?:v4)? servers: \S")
_INACTIVE = re.compile(r"DHCP relay is (?:not active|inactive|disabled)", re.IGNORECASE)


def mac_text(dotted: str) -> str:
    """`0050.7966.6807` as octets with colons."""
    digits = dotted.replace(".", "").lower()
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


def flood(text: str) -> Mapping[int, tuple[str, ...]]:
    """`show vxlan flood vtep`: remote VTEPs by VLAN. A long list goes on in lines without VLANs."""
    found: dict[int, tuple[str, ...]] = {}
    vlans: tuple[int, ...] = ()
    for match in filter(None, map(_FLOOD.match, text.splitlines())):
        vlans = tuple(_numbers(match["vlans"])) if match["vlans"] else vlans
        for vlan in vlans:
            found[vlan] = (*found.get(vlan, ()), *match["vteps"].split())
    return found


def _numbers(ranges: str) -> Iterator[int]:
    for part in filter(None, ranges.split(",")):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def remote_macs(node: NodePlan, raw: Raw) -> Iterator[EvpnMac]:
    """`show vxlan address-table`: what other VTEPs announced."""
    for match in filter(None, map(_REMOTE.match, raw.text.splitlines())):
        yield from _mac(node, raw, match, match["vtep"])


def local_macs(node: NodePlan, raw: Raw) -> Iterator[EvpnMac]:
    """`show mac address-table`: what was learned on ports, not through the tunnel."""
    for match in filter(None, map(_LEARNED.match, raw.text.splitlines())):
        yield from _mac(node, raw, match, None)


def _mac(node: NodePlan, raw: Raw, match: re.Match[str], vtep: str | None) -> Iterator[EvpnMac]:
    vnis = {vlan.id: vlan.vni for vlan in node.vlans}
    vni = vnis.get(int(match["vlan"]))
    if vni:
        yield EvpnMac(node.name, vni, mac_text(match["mac"]), vtep, raw.file)


def relay_state(node: NodePlan, raw: Raw) -> Iterator[DaemonState]:
    """`show ip dhcp relay`: it runs where every interface that should relay has servers."""
    served, port = set[str](), ""
    for line in raw.text.splitlines():
        named = _INTERFACE.match(line)
        port = named[1] if named else port
        if _SERVERS.match(line):
            served.add(port)
    wanted = {side.interface for side in (*node.relays, *node.forwards)}
    running = wanted <= served and not _INACTIVE.search(raw.text)
    yield DaemonState(node.name, "relay", running, raw.file)
