"""SONiC's `config` commands, one after the other: interfaces, VLANs, VRFs and relays that they make."""

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

FLAGS = {"--link-selection": LINK, "--server-id-override": OVERRIDE, "--vrf-selection": VSS}


@dataclass(slots=True)
class Script:
    """What the commands read so far have made."""

    ports: dict[str, ConfiguredInterface] = field(default_factory=dict)
    vlans: dict[str, ConfiguredVlan] = field(default_factory=dict)
    relays: list[ConfiguredRelay] = field(default_factory=list)
    unread: list[tuple[int, str]] = field(default_factory=list)
    shared: set[str] = field(default_factory=set)
    moving: list[tuple[str, Address]] = field(default_factory=list)
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
            case ["vlan", *rest] | ["vxlan", "map", *rest]:
                self._vlan(rest, mapped=words[0] == "vxlan")
            case ["dhcpv4_relay" | "dhcp_relay", *_]:
                self.unread.append((number, line))

    def _interface(self, number: int, words: Sequence[str]) -> None:
        match words:
            case ["ip", "add", name, own, *_] if (parsed := with_length(own)) is not None:
                before = self.ports.get(name, ConfiguredInterface(name, line=number))
                self.ports[name] = replace(before, addresses=(*before.addresses, parsed))
            case ["ip", "remove", name, own]:
                before = self.ports.get(name, ConfiguredInterface(name, line=number))
                kept = tuple(each for each in before.addresses if str(each) != own)
                self.ports[name] = replace(before, addresses=kept)
            case ["vrf", "bind", name, vrf]:
                before = self.ports.get(name, ConfiguredInterface(name, line=number))
                self.ports[name] = replace(before, vrf=vrf, addresses=())
            case ["vrrp", "ip", "add", name, _, own] if (virtual := with_length(own)) is not None:
                self.moving.append((name, virtual.ip))

    def _vlan(self, words: Sequence[str], *, mapped: bool) -> None:
        match words:
            case ["add", _, vlan, vni] if mapped and vni.isdecimal():
                self._change(vlan, vni=int(vni))
            case ["add", vlan]:
                self._change(vlan)
            case ["member", "add", "-u" | "--untagged", vlan, port]:
                self._change(vlan, untagged=port)
            case ["member", "add", vlan, port]:
                self._change(vlan, tagged=port)
            case ["static-anycast-gateway", "enable", vlan]:
                self.shared.add(f"Vlan{vlan}")

    def _change(self, vlan: str, *, untagged: str = "", tagged: str = "", vni: int = 0) -> None:
        if vlan.isdecimal():
            before = self.vlans.get(vlan, ConfiguredVlan(int(vlan)))
            self.vlans[vlan] = replace(
                before,
                untagged=before.untagged | ({untagged} if untagged else set()),
                tagged=before.tagged | ({tagged} if tagged else set()),
                vni=vni or before.vni,
            )

    def vtysh(self, commands: Sequence[str]) -> None:
        """Commands of one call of FRR's shell."""
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
            tuple(self.relays),
            tuple(self.unread),
            vlans=tuple(
                replace(vlan, routed=f"Vlan{number}" if self._addressed(f"Vlan{number}") else "")
                for number, vlan in self.vlans.items()
            ),
            advertised=frozenset(self._advertised()),
            moving=tuple(self.moving),
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
