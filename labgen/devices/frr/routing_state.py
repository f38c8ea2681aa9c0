"""FRR's daemons as they are asked while a lab starts, without a `vtysh` for each question (FRR, lib/vty.c)."""

from __future__ import annotations

import json
import re
from contextlib import suppress

from labgen.devices.routing_suite import Neighbors, RoutingSuite

_FULL = re.compile(r"^(\S+)\s+\d+\s+Full/", re.MULTILINE)
_ISIS_UP = re.compile(r"^\s*\S+\s+(\S+)\s+\d\s+Up\s", re.MULTILINE)


def _established(answer: str) -> list[str]:
    """Peers that are up in every address family they were configured in."""
    states: dict[str, set[str]] = {}
    with suppress(ValueError, AttributeError):
        for family in json.loads(answer[max(answer.find("{"), 0) :]).values():
            for peer, entry in family.get("peers", {}).items():
                states.setdefault(peer, set()).add(str(entry.get("state")))
    return [peer for peer, found in states.items() if found == {"Established"}]


SUITE = RoutingSuite(
    package="frr",
    folder="/etc/frr",
    run="/run/frr",
    programs="/usr/lib/frr",
    router=("zebra", "ospfd"),
    daemons=frozenset({"zebra", "ospfd", "bgpd", "isisd", "staticd", "vrrpd"}),
    shell="vtysh",
    end=b"\0\0\0",
    ospf=Neighbors("ospfd", "show ip ospf neighbor", _FULL.findall),
    bgp=Neighbors("bgpd", "show bgp summary json", _established),
    isis=Neighbors("isisd", "show isis neighbor", _ISIS_UP.findall),
    evpn_summary=("bgpd", "show bgp l2vpn evpn summary json"),
    evpn_next_hops=("zebra", "show evpn next-hops vni {vni} json"),
    router_macs="show evpn rmac vni all",
)
