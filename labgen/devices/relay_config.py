"""DHCP relaying by a device's own configuration, whoever wrote it.

A module `config_reader` beside a device's `device.py` has a function `read`: text of a configuration, as the device shows or
loads it, to `RelayReading`. It knows the device's syntax and nothing of labgen's templates, so that what is rendered can be
read back, and the configurations of a network can be looked through.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from importlib import import_module
from ipaddress import IPv4Interface, IPv6Interface, ip_address, ip_interface

from labgen.devices import registry
from labgen.ground.vocabulary import DEFAULT_VRF, Address, Interface, RelayOption

ConfigReader = Callable[[str], "RelayReading"]


@dataclass(frozen=True, slots=True)
class ConfiguredInterface:
    """A routed interface. `vrf` is the default one where the configuration names none; `line` is where it begins, from 1.
    `borrows` is the interface whose address an unnumbered one has; `down` where it is turned off.
    """

    name: str
    vrf: str = DEFAULT_VRF
    addresses: tuple[Interface, ...] = ()
    anycast: tuple[Interface, ...] = ()
    line: int = 0
    borrows: str = ""
    down: bool = False


@dataclass(frozen=True, slots=True)
class ConfiguredTarget:
    """A helper address. `vrf` is empty where it is the client interface's; `source` is what giaddr is taken from for this
    server, an interface's name or an address, empty where that is the relay's. `group` is the HSRP group whose active router alone
    relays to it."""

    address: Address
    vrf: str = ""
    source: str = ""
    line: int = 0
    group: str = ""


@dataclass(frozen=True, slots=True)
class ConfiguredRelay:
    """Relaying on one client interface.

    `interface` is empty where the configuration says it for every interface of `vrf`. `source` is what giaddr is taken from,
    an interface's name or an address, empty where that is left to the device. `options` are the sub-options the configuration turns
    on; what a device sends without being told is not in them. `trusts`: requests with option 82 and giaddr 0 are taken, as access
    switches send them; None where the reader does not look for that.
    """

    interface: str
    targets: tuple[ConfiguredTarget, ...]
    vrf: str = ""
    source: str = ""
    options: frozenset[RelayOption] = frozenset()
    line: int = 0
    trusts: bool | None = None


@dataclass(frozen=True, slots=True)
class ConfiguredVlan:
    """A VLAN: names of ports that carry it without and with its tag, its VNI, 0 without, and its routed interface, empty without."""

    number: int
    untagged: frozenset[str] = frozenset()
    tagged: frozenset[str] = frozenset()
    vni: int = 0
    routed: str = ""


@dataclass(frozen=True, slots=True)
class ConfiguredStandby:
    """A group of HSRP on an interface. `address` is None where it learns it, `name` the one that helper addresses can name; `line` is
    where it begins, from 1."""

    interface: str
    group: int
    address: Address | None = None
    priority: int = 100
    preempts: bool = False
    version: int = 1
    name: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class RelayReading:
    """`unread` are lines about DHCP relaying that the reader does not understand, with their numbers; `off` where relaying as
    a whole is turned off, or was never turned on although the device asks for it. `vrf_sources`: interfaces that clients of a VRF
    get their giaddr from, where the device says it for the VRF. `inserts`: VLANs in whose requests the device puts option 82
    without being their relay. `snooped`: VLANs, by number or by name, in which it keeps servers away from ports that are not `trusted`,
    each with whether option 82 is put in; `*` are all but those that are `spared`. `vlans` are read of devices whose VLANs labgen writes,
    `advertised` are routed interfaces that a routing protocol is told of, with their VRF, `moving` VRRP's addresses by interface,
    with their priority, `standby` groups of HSRP. `stripped` are ports whose address is taken away, `sharing` interfaces
    whose address is an anycast gateway's, and `anycast_mac` its MAC address.
    `answered_at`: ports that servers' answers are taken at, None where the device is told of none. `private`: link selection and
    server identifier override go into the vendor's own sub-options (150, 152), which other vendors' servers do not know."""

    interfaces: tuple[ConfiguredInterface, ...] = ()
    relays: tuple[ConfiguredRelay, ...] = ()
    unread: tuple[tuple[int, str], ...] = ()
    off: bool = False
    vrf_sources: tuple[tuple[str, str], ...] = ()
    inserts: frozenset[int] = frozenset()
    snooped: tuple[tuple[str, bool], ...] = ()
    spared: frozenset[str] = frozenset()
    trusted: frozenset[str] = frozenset()
    vlans: tuple[ConfiguredVlan, ...] = ()
    advertised: frozenset[tuple[str, str]] = frozenset()
    moving: tuple[tuple[str, Address, int], ...] = ()
    standby: tuple[ConfiguredStandby, ...] = ()
    stripped: frozenset[str] = frozenset()
    sharing: frozenset[str] = frozenset()
    anycast_mac: str = ""
    answered_at: frozenset[str] | None = None
    private: bool = False

    def interface(self, name: str) -> ConfiguredInterface | None:
        """The interface of this name, whatever case and spaces it is written with."""
        return next((each for each in self.interfaces if plain_name(each.name) == plain_name(name)), None)

    def source(self, relay: ConfiguredRelay, target: ConfiguredTarget | None = None, vrf: str = "") -> str:
        """The interface or address that giaddr is taken from: said for the server, else for the clients' VRF, else for the interface;
        `vrf` is that of the clients where the configuration at hand does not tell it."""
        of_vrf = dict(self.vrf_sources).get(vrf or relay.vrf or DEFAULT_VRF, "")
        return (target.source if target else "") or of_vrf or relay.source

    def giaddr(self, relay: ConfiguredRelay, target: ConfiguredTarget | None = None) -> Address | None:
        """The giaddr of what is relayed to a target; None where only the device, at run time, knows it."""
        source = self.source(relay, target)
        if source:
            try:
                return ip_address(source)
            except ValueError:
                pass
        elif target is not None and target.vrf not in ("", relay.vrf or DEFAULT_VRF):
            return None
        owner = self.interface(source or relay.interface)
        own = (*owner.addresses, *owner.anycast) if owner else ()
        return own[0].ip if own else None


def with_borrowed(interfaces: Iterable[ConfiguredInterface]) -> tuple[ConfiguredInterface, ...]:
    """Unnumbered interfaces with the address of the one they borrow it from."""
    known = {plain_name(each.name): each for each in interfaces}
    return tuple(
        replace(each, addresses=known[plain_name(each.borrows)].addresses[:1])
        if not each.addresses and plain_name(each.borrows) in known
        else each
        for each in known.values()
    )


def read(device: str, text: str) -> RelayReading | None:
    """A configuration of a device; None where nobody reads that device's. SpecError where there is no such device."""
    reader = reader_of(device)
    return reader(text) if reader else None


def reader_of(device: str) -> ConfigReader | None:
    """The function that reads configurations of a device."""
    module = registry.module_beside(device, "config_reader")
    if module is None:
        return None
    found: ConfigReader = import_module(module).read
    return found


def tells(device: str, text: str) -> bool:
    """True if a configuration has a line that only this device's have; false where the device has no such line."""
    module = registry.module_beside(device, "config_reader")
    telling = getattr(import_module(module), "TELLING", None) if module else None
    return isinstance(telling, re.Pattern) and telling.search(text) is not None


def plain_name(interface: str) -> str:
    """An interface's name without what devices are free in: case and spaces."""
    return "".join(interface.split()).lower()


def same_mac(one: str, other: str) -> bool:
    """True if two texts are one hardware address, or one identifier, however its digits are grouped."""
    first, second = ("".join(filter(str.isalnum, each.lower())) for each in (one, other))
    return first == second


def address(text: str) -> Address | None:
    """An address, or None where a text is none."""
    try:
        return ip_address(text)
    except ValueError:
        return None


def with_length(text: str, mask: str = "") -> IPv4Interface | IPv6Interface | None:
    """`172.16.0.1/24`, or an address and a mask, as an interface's address; None where it is none."""
    try:
        return ip_interface(f"{text}/{mask}" if mask else text)
    except ValueError:
        return None
