"""The fabric that relayed messages cross, by a device's own configuration: VRFs, VLANs, tunnels and routing.

A module `config_fabric` beside a device's `device.py` has a function `read`: text of a whole configuration to `FabricReading`. It is
there for devices whose whole configuration labgen writes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from labgen.devices import registry
from labgen.devices.relay_config import ConfiguredVlan
from labgen.ground.vocabulary import DEFAULT_VRF, Address, Network

FabricReader = Callable[[str], "FabricReading"]


@dataclass(frozen=True, slots=True)
class ConfiguredVrf:
    """A VRF that is made. `routed`: IPv4 is routed in it; `vni` is its transit VNI, 0 without."""

    name: str
    rd: str = ""
    imports: frozenset[str] = frozenset()
    exports: frozenset[str] = frozenset()
    vni: int = 0
    routed: bool = True


@dataclass(frozen=True, slots=True)
class ConfiguredInstance:
    """EVPN of a VLAN: route distinguisher and route targets."""

    vlan: int
    rd: str = ""
    imports: frozenset[str] = frozenset()
    exports: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ConfiguredOspf:
    """OSPF on an interface; `hello` and `dead` are 0 where nothing is said of them."""

    port: str
    vrf: str = DEFAULT_VRF
    passive: bool = False
    point_to_point: bool = False
    hello: int = 0
    dead: int = 0


@dataclass(frozen=True, slots=True)
class ConfiguredPeer:
    """A BGP session. `families` are those that are activated; `extended`: it carries extended communities, which route targets are."""

    address: str
    asn: int
    vrf: str = DEFAULT_VRF
    families: frozenset[str] = frozenset()
    extended: bool = False
    reflected: bool = False
    source: str = ""
    local_asn: int = 0


@dataclass(frozen=True, slots=True)
class ConfiguredBond:
    """A port that is part of an Ethernet segment (RFC 7432): its identifier, its route target and the system that LACP speaks as."""

    port: str
    esi: str
    target: str
    system: str


@dataclass(frozen=True, slots=True)
class FabricReading:
    """`routes` are static ones: prefix, VRF, and the address or interface they lead to. `redistributed`: into which protocol, from which,
    in which VRF. `floods`: VNI and the other end of its tunnel. `on` are ports that a line turns on, `routing` those that route and
    do not switch. `moving` are VRRP's addresses by interface, with their priority. `shared_mac`: the MAC address of anycast gateways,
    by interface, or for all of them under an empty name. `tunnels`: the interface that tunnels begin at. `paths`: how many equal
    routes BGP uses."""

    vrfs: tuple[ConfiguredVrf, ...] = ()
    vlans: tuple[ConfiguredVlan, ...] = ()
    instances: tuple[ConfiguredInstance, ...] = ()
    ospf: tuple[ConfiguredOspf, ...] = ()
    peers: tuple[ConfiguredPeer, ...] = ()
    bonds: tuple[ConfiguredBond, ...] = ()
    routes: frozenset[tuple[Network, str, str]] = frozenset()
    redistributed: frozenset[tuple[str, str, str]] = frozenset()
    floods: frozenset[tuple[int, Address]] = frozenset()
    on: frozenset[str] = frozenset()
    routing: frozenset[str] = frozenset()
    moving: tuple[tuple[str, Address, int], ...] = ()
    shared_mac: tuple[tuple[str, str], ...] = ()
    tunnels: str = ""

    def vrf(self, name: str) -> ConfiguredVrf | None:
        """The VRF of this name; None where it is not made. The default one always is."""
        return next((each for each in self.vrfs if each.name == name), None)


def read(device: str, text: str) -> FabricReading | None:
    """The fabric by a configuration of a device; None where nobody reads that device's."""
    module = registry.module_beside(device, "config_fabric")
    if module is None:
        return None
    reader: FabricReader = import_module(module).read
    return reader(text)
