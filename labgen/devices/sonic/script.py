"""SONiC's `config` commands, one after the other: interfaces, VLANs, VRFs, tunnels and relays that they make.

A command about what was not made before it does nothing, as on a switch, which refuses it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

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
from labgen.ground.vocabulary import DEFAULT_VRF, Address

CHOICE = ["DEVICE_METADATA|localhost", "has_sonic_dhcpv4_relay", "True"]
FLAGS = {"--link-selection": LINK, "--server-id-override": OVERRIDE, "--vrf-selection": VSS}


@dataclass(slots=True)
class Moving:
    """A virtual address of VRRP; `version` 2 where nothing is said."""

    address: Address
    version: str = "2"
    priority: int = 100


@dataclass(slots=True)
class Script:
    """The state that the commands read so far have made. `vrfs` with their VNI, `known`: the VRF that dhcp4relay finds for a VLAN;
    `chosen` and `started`: the relay is dhcp4relay, and its container began after that was said; `whole`: something is said of either
    at all. `spoken`: EVPN tells of tunnels."""

    ports: dict[str, ConfiguredInterface] = field(default_factory=dict)
    vlans: dict[str, ConfiguredVlan] = field(default_factory=dict)
    relays: list[ConfiguredRelay] = field(default_factory=list)
    unread: list[tuple[int, str]] = field(default_factory=list)
    shared: set[str] = field(default_factory=set)
    moving: dict[tuple[str, str], Moving] = field(default_factory=dict)
    vrfs: dict[str, int] = field(default_factory=dict)
    loopbacks: set[str] = field(default_factory=set)
    stripped: set[str] = field(default_factory=set)
    vtep: str = ""
    spoken: bool = False
    shared_mac: str = ""
    known: dict[str, str] = field(default_factory=dict)
    chosen: bool = False
    whole: bool = False
    started: bool = False
    shells: list[tuple[str, ...]] = field(default_factory=list)
    ospf: set[str] = field(default_factory=set)
    networks: set[str] = field(default_factory=set)

    def config(self, number: int, words: Sequence[str], line: str) -> None:
        """One command, without its first word `config`."""
        match words:
            case ["dhcpv4_relay", "add", *rest]:
                self.relays.append(_dhcp4relay(number, rest))
            case ["dhcp_relay", "ipv4", "helper", "add", vlan, *servers] if vlan.isdecimal():
                targets = _targets(servers, "", number)
                self.relays.append(ConfiguredRelay(f"Vlan{vlan}", targets, "", "", frozenset(), number))
            case ["interface", *rest]:
                self._interface(number, rest)
            case ["vlan", *rest]:
                self._vlan(rest)
            case ["vxlan", *rest]:
                self._vxlan(rest)
            case ["vrf", *rest]:
                self._vrf(rest)
            case ["loopback", "add", name]:
                self.loopbacks.add(name)
            case ["static-anycast-gateway", "mac_address", "add", mac]:
                self.shared_mac = mac
            case ["feature", "state", "dhcp_relay", state, *_]:
                self.whole, self.started = True, self.started and state != "disabled"
            case ["dhcpv4_relay" | "dhcp_relay", *_]:
                self.unread.append((number, line))

    def _interface(self, number: int, words: Sequence[str]) -> None:
        match words:
            case ["ip", "add", name, own, *_] if (parsed := with_length(own)) is not None and self._there(
                name
            ):
                before = self.ports.get(name, ConfiguredInterface(name, line=number))
                self.ports[name] = replace(before, addresses=(*before.addresses, parsed))
            case ["ip", "remove", name, own, *_]:
                before = self.ports.get(name, ConfiguredInterface(name, line=number))
                kept = tuple(each for each in before.addresses if str(each) != own)
                self.ports[name] = replace(before, addresses=kept)
                self.stripped.add(name)
            case ["vrf", "bind", name, vrf] if vrf in self.vrfs and self._there(name):
                before = self.ports.get(name, ConfiguredInterface(name, line=number))
                self.ports[name] = replace(before, vrf=vrf, addresses=())
            case ["vrrp", "ip", "add", name, group, own] if (virtual := with_length(own)) is not None:
                self.moving[name, group] = Moving(virtual.ip)
            case ["vrrp", "version" | "priority" as what, name, group, value] if (name, group) in self.moving:
                if what == "version":
                    self.moving[name, group].version = value
                else:
                    self.moving[name, group].priority = int(value) if value.isdecimal() else 0

    def _there(self, name: str) -> bool:
        """Ports are always there, VLANs and loopbacks once they are made."""
        if name.startswith("Vlan"):
            return name.removeprefix("Vlan") in self.vlans
        return name in self.loopbacks or name == "Loopback0" or not name.startswith("Loopback")

    def _vrf(self, words: Sequence[str]) -> None:
        match words:
            case ["add", name]:
                self.vrfs[name] = 0
            case ["add_vrf_vni_map", name, vni] if name in self.vrfs and vni.isdecimal():
                self.vrfs[name] = int(vni)

    def _vxlan(self, words: Sequence[str]) -> None:
        match words:
            case ["add", _, own]:
                self.vtep = own
            case ["evpn_nvo", "add", *_]:
                self.spoken = bool(self.vtep)
            case ["map", "add", _, vlan, vni] if vni.isdecimal() and self.vtep:
                self._change(vlan, vni=int(vni))

    def _vlan(self, words: Sequence[str]) -> None:
        match words:
            case ["add", vlan] if vlan.isdecimal():
                self.vlans[vlan] = ConfiguredVlan(int(vlan))
            case ["member", "add", "-u" | "--untagged", vlan, port]:
                self._change(vlan, untagged=port)
            case ["member", "add", vlan, port]:
                self._change(vlan, tagged=port)
            case ["static-anycast-gateway", "enable", vlan]:
                self.shared.add(f"Vlan{vlan}")

    def _change(self, vlan: str, *, untagged: str = "", tagged: str = "", vni: int = 0) -> None:
        before = self.vlans.get(vlan)
        if before is not None:
            self.vlans[vlan] = replace(
                before,
                untagged=before.untagged | ({untagged} if untagged else set()),
                tagged=before.tagged | ({tagged} if tagged else set()),
                vni=vni or before.vni,
            )

    def other(self, words: Sequence[str]) -> None:
        """A command that is not `config`: fields of a database, and the container of the relay."""
        match words:
            case ["sonic-db-cli", "CONFIG_DB", "hset", *rest] if rest == CHOICE:
                self.whole = self.chosen = True
            case ["sonic-db-cli", "STATE_DB", "hset", key, "vrf_name", vrf]:
                self.known[key.removeprefix("INTERFACE_TABLE|")] = vrf
            case ["systemctl", "restart" | "start", "dhcp_relay", *_]:
                self.whole, self.started = True, self.chosen

    def vtysh(self, commands: Sequence[str]) -> None:
        """Commands of one call of FRR's shell."""
        self.shells.append(tuple(commands))
        names = [each.split()[1] for each in commands if each.startswith("interface ")]
        if any(each.startswith("ip ospf area") for each in commands):
            self.ospf.update(names)
        if any(each.startswith("router bgp ") and " vrf " not in each for each in commands):
            self.networks |= {each.split()[1] for each in commands if each.startswith("network ")}

    def reading(self) -> RelayReading:
        found = {
            name: replace(each, anycast=each.addresses if name in self.shared else ())
            for name, each in self.ports.items()
            if each.addresses or each.vrf != DEFAULT_VRF
        }
        return RelayReading(
            tuple(found.values()),
            tuple(replace(relay, vrf=self.known.get(relay.interface, "")) for relay in self.relays),
            tuple(self.unread),
            off=self.whole and not self.started and any(relay.options for relay in self.relays),
            vlans=tuple(
                replace(vlan, routed=f"Vlan{number}" if self._addressed(f"Vlan{number}") else "")
                for number, vlan in self.vlans.items()
            ),
            advertised=frozenset(self._advertised()),
            moving=tuple(
                (name, each.address, each.priority)
                for (name, _), each in self.moving.items()
                if each.version == "3"
            ),
            stripped=frozenset(self.stripped),
            sharing=frozenset(self.shared),
            anycast_mac=self.shared_mac,
        )

    def _addressed(self, name: str) -> bool:
        return name in self.ports and bool(self.ports[name].addresses)

    def _advertised(self) -> Iterator[tuple[str, str]]:
        for name, each in self.ports.items():
            if name in self.ospf or any(str(own.network) in self.networks for own in each.addresses):
                yield name, each.vrf


def _dhcp4relay(number: int, words: Sequence[str]) -> ConfiguredRelay:
    """dhcp4relay sends circuit-id and remote-id always."""
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


def _targets(servers: Sequence[str], vrf: str, number: int) -> tuple[ConfiguredTarget, ...]:
    found = (address(server.strip()) for server in servers)
    return tuple(ConfiguredTarget(each, vrf, "", number) for each in found if each is not None)
