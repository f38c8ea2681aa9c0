"""DHCP relaying in CONFIG_DB, as a switch keeps it in /etc/sonic/config_db.json and as `show runningconfiguration all` prints it.

Tables and fields as SONiC's own click plugin wrote them when dhcp4relay was recorded (docs/sonic.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from labgen.devices.base import IDENTIFIERS, LINK, OVERRIDE, VSS
from labgen.devices.relay_config import (
    ConfiguredInterface,
    ConfiguredRelay,
    ConfiguredTarget,
    ConfiguredVlan,
    RelayReading,
    address,
    with_length,
)
from labgen.ground.vocabulary import DEFAULT_VRF, Interface

Table = Mapping[str, Mapping[str, object]]
FLAGS = {"link_selection": LINK, "server_id_override": OVERRIDE, "vrf_selection": VSS}
_INTERFACES = ("VLAN_INTERFACE", "INTERFACE", "PORTCHANNEL_INTERFACE", "LOOPBACK_INTERFACE")
_NEW, _OLD = "DHCPV4_RELAY", "VLAN"
"""The tables of dhcp4relay, and of the relay before it, whose servers are a VLAN's `dhcp_servers`."""


def read(tables: Mapping[str, object], text: str) -> RelayReading:
    """The relaying of the tables; `text` is what they were read from, for the numbers of lines."""
    places = _Lines(text)
    device, feature = _row(tables, "DEVICE_METADATA", "localhost"), _row(tables, "FEATURE", "dhcp_relay")
    new = device.get("has_sonic_dhcpv4_relay") == "True" if device else bool(_table(tables, _NEW))
    rows = _table(tables, _NEW if new else _OLD)
    return RelayReading(
        interfaces=tuple(_interfaces(tables, places)),
        relays=tuple(
            _relay(name, row, places.of(_NEW if new else _OLD, name), new=new)
            for name, row in rows.items()
            if row.get("dhcpv4_servers" if new else "dhcp_servers")
        ),
        off=feature.get("state") == "disabled",
        vlans=tuple(_vlans(tables)),
    )


def _vlans(tables: Mapping[str, object]) -> Iterator[ConfiguredVlan]:
    """VLANs with their members, the VNI that they are mapped to, and their routed interface where it has an address."""
    members = _table(tables, "VLAN_MEMBER")
    vnis = {str(row.get("vlan")): str(row.get("vni")) for row in _table(tables, "VXLAN_TUNNEL_MAP").values()}
    routed = {
        name for name, bar, _ in (key.partition("|") for key in _table(tables, "VLAN_INTERFACE")) if bar
    }
    for name in _table(tables, "VLAN"):
        number, vni = name.removeprefix("Vlan"), vnis.get(name, "")
        own = {key.partition("|")[2]: row for key, row in members.items() if key.partition("|")[0] == name}
        if number.isdecimal():
            yield ConfiguredVlan(
                int(number),
                frozenset(port for port, row in own.items() if row.get("tagging_mode") == "untagged"),
                frozenset(port for port, row in own.items() if row.get("tagging_mode") != "untagged"),
                int(vni) if vni.isdecimal() else 0,
                name if name in routed else "",
            )


def _relay(name: str, row: Mapping[str, object], line: int, *, new: bool) -> ConfiguredRelay:
    vrf = str(row.get("server_vrf", "")) if new else ""
    servers = _list(row.get("dhcpv4_servers" if new else "dhcp_servers"))
    found = (address(server) for server in servers)
    targets = tuple(ConfiguredTarget(each, vrf, "", line) for each in found if each is not None)
    if not new:
        return ConfiguredRelay(name, targets, "", "", frozenset(), line)
    flags = {flag for field, flag in FLAGS.items() if row.get(field) == "enable"}
    return ConfiguredRelay(name, targets, "", str(row.get("source_interface", "")), IDENTIFIERS | flags, line)


def _interfaces(tables: Mapping[str, object], places: _Lines) -> Iterator[ConfiguredInterface]:
    for table in _INTERFACES:
        rows = _table(tables, table)
        addresses: dict[str, list[Interface]] = {}
        for key in rows:
            name, _, own = key.partition("|")
            addresses.setdefault(name, [])
            parsed = with_length(own) if own else None
            if parsed is not None and rows[key].get("secondary") != "true":
                addresses[name].append(parsed)
        for name, found in addresses.items():
            vrf = str(rows.get(name, {}).get("vrf_name", "")) or DEFAULT_VRF
            yield ConfiguredInterface(name, vrf, tuple(found), (), places.of(table, name))


class _Lines:
    """The line of a key of a table in the text, from 1; the table's line, or 0, where that is not found."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()

    def of(self, table: str, key: str) -> int:
        begin = self._first(f'"{table}"', 0)
        return self._first(f'"{key}', begin) or begin

    def _first(self, words: str, after: int) -> int:
        return next((n for n, line in enumerate(self._lines[after:], after + 1) if words in line), 0)


def _table(tables: Mapping[str, object], name: str) -> Table:
    found = tables.get(name)
    if not isinstance(found, dict):
        return {}
    return {key: row if isinstance(row, dict) else {} for key, row in found.items()}


def _row(tables: Mapping[str, object], table: str, key: str) -> Mapping[str, object]:
    return _table(tables, table).get(key, {})


def _list(value: object) -> list[str]:
    """A list as JSON has it, or as Redis does, with commas."""
    if isinstance(value, list):
        return [str(each).strip() for each in value]
    return [each.strip() for each in str(value or "").split(",") if each.strip()]
