"""DHCP options as ISC's programs write them, in dhcpd.conf and dhclient.conf (dhcp-options(5))."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from labgen.ground.labplan import OptionPlan

NAMES: Mapping[int, str] = MappingProxyType(
    {
        2: "time-offset",
        4: "time-servers",
        6: "domain-name-servers",
        7: "log-servers",
        12: "host-name",
        15: "domain-name",
        17: "root-path",
        19: "ip-forwarding",
        26: "interface-mtu",
        28: "broadcast-address",
        42: "ntp-servers",
        43: "vendor-encapsulated-options",
        44: "netbios-name-servers",
        46: "netbios-node-type",
        60: "vendor-class-identifier",
        66: "tftp-server-name",
        67: "bootfile-name",
        119: "domain-search",
    }
)
"""Options the programs know by name; others are declared as octets."""

QUOTED = frozenset({"text", "domains"})
OCTETS = frozenset({"octets", "routes"})


class Written(NamedTuple):
    """An option's name there, how it is declared (empty where it is known), and its value."""

    name: str
    declaration: str
    value: str


def written(options: Iterable[OptionPlan]) -> Iterator[Written]:
    for option in options:
        known = NAMES.get(option.code)
        octets = ":".join(option.data[n : n + 2] for n in range(0, len(option.data), 2))
        if known is None:
            name = f"labgen-{option.code}"
            yield Written(name, f"option {name} code {option.code} = string;", octets)
            continue
        value = octets if option.kind in OCTETS else option.text
        if option.kind in QUOTED:
            value = ", ".join(f'"{_escaped(each)}"' for each in _parts(option))
        yield Written(known, "", value)


def _parts(option: OptionPlan) -> list[str]:
    return option.text.split(", ") if option.kind == "domains" else [option.text]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
