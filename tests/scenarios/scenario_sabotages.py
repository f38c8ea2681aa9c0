"""Ways to break each scenario's running lab that can be taken back, and the check that has to notice.

The flagship's are in tests/verify, beside the machinery they were made for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

KEA = ("kea-dhcp4", "/etc/kea/kea-dhcp4.conf")
DHCPD = ("dhcpd", "/etc/dhcp/dhcpd.conf")
RELAY = ("labgen-relay", "/etc/labgen-relay/relay.yml")


@dataclass(frozen=True)
class Sabotage:
    """Shell commands on a node before and after, and a daemon that restarts after either; with `stop` the daemon is down
    in between. `cause` is a check that must fail, `words` stand in what it says.
    """

    name: str
    node: str
    cause: str
    words: tuple[str, ...]
    break_it: str = ""
    repair: str = ""
    daemon: str = ""
    stop: bool = False


def stopped(node: str, daemon: str, cause: str, *words: str) -> Sabotage:
    return Sabotage(f"{daemon} of {node} stopped", node, cause, words, daemon=daemon, stop=True)


def edited(what: str, node: str, of: tuple[str, str], change: str, cause: str, *words: str) -> Sabotage:
    """A daemon with a changed configuration file, and the true one again."""
    daemon, file = of
    forget = "rm -f /var/lib/kea/kea-leases4.csv"
    break_it = f"cp {file} /tmp/true && sed -i -E '{change}' {file} && ! cmp -s /tmp/true {file} && {forget}"
    return Sabotage(what, node, cause, words, break_it, f"cp /tmp/true {file}", daemon)


def typed(what: str, node: str, break_it: str, repair: str, cause: str, *words: str) -> Sabotage:
    return Sabotage(what, node, cause, words, break_it, repair)


def server_down(node: str = "srv") -> Sabotage:
    return stopped(
        node, "kea-dhcp4", f"server.running:{node}", f"does not run on {node}", f"labgen logs {node}"
    )


def relay_down(node: str, client: str, server: str) -> Sabotage:
    """One of several relays of a segment."""
    return stopped(node, "labgen-relay", f"server.copies:{client}:{server}", f"nothing came through {node}")


def wrong_lease(node: str, client: str) -> Sabotage:
    change = 's/"valid-lifetime": 86400/"valid-lifetime": 7200/'
    return edited(
        "a wrong lease time", node, KEA, change, f"lease.options:{client}", "lease 86400 s", "lease 7200 s"
    )


def wrong_pool(node: str, client: str, *changes: tuple[str, str]) -> Sabotage:
    """Ranges, last octets of first and last address, become others."""
    change = "; ".join(
        rf's/"172\.16\.0\.{old} - 172\.16\.0\.{end}"/"172.16.0.{first} - 172.16.0.{last}"/'
        for (old, end), (first, last) in ((was.split("-"), now.split("-")) for was, now in changes)
    )
    return edited("a wrong pool", node, KEA, change, f"server.pool:{client}:{node}", "pool configured on")


def without(option: str, node: str, client: str, server: str, *words: str) -> Sabotage:
    change = f"s/, *{option}//; s/{option}, *//"
    return edited(f"no {option}", node, RELAY, change, f"server.sub-options:{client}:{server}", *words)


def bgp_down(node: str, peer: str) -> Sabotage:
    neighbor = f"vtysh -c 'configure terminal' -c 'router bgp 65000' -c '%s neighbor {peer} shutdown'"
    up = f"vtysh -c 'show bgp l2vpn evpn summary json' | tr -d ' \\n' | grep -q '\"{peer}\":{{[^}}]*\"state\":\"Established\"'"
    wait = f"for i in $(seq 100); do {up} && break; sleep 0.1; done; {up}; sleep 0.5"
    return typed(
        "an EVPN session down", node, neighbor % "", f"{neighbor % 'no'}; {wait}",
        f"control-plane.evpn-session:{node}", "established", "show bgp l2vpn evpn summary",
    )  # fmt: skip


def no_default_route(node: str) -> Sabotage:
    keep = "ip route save default >/tmp/routes; while ip route del default 2>/dev/null; do :; done"
    return typed("no way back from the server", node, keep, "ip route restore </tmp/routes",
                 "control-plane.return-route:", "no route to", "giaddr")  # fmt: skip


def no_flooding(node: str, remote: str, segment: str) -> Sabotage:
    entry = f"00:00:00:00:00:00 dev vxlan1000 dst {remote}"
    return typed("a VTEP missing from the flood list", node, f"bridge fdb del {entry}", f"bridge fdb append {entry}",
                 f"control-plane.vtep:{node}:{segment}", "no VTEP for", "VNI")  # fmt: skip


def at_least(*own: Sabotage) -> tuple[Sabotage, ...]:
    assert len(own) >= 3
    return own


SABOTAGES: Mapping[str, tuple[Sabotage, ...]] = MappingProxyType(
    {
        "relay": at_least(
            wrong_lease("srv", "user"),
            wrong_pool("srv", "user", ("1-1", "2-2")),
            edited("option 82 unasked", "relay", RELAY, "s/options: \\[\\]/options: [circuit-id]/",
                   "server.sub-options:user:srv", "unplanned option 82", "adds option 82 unasked"),
        ),
        "vrf-relay": at_least(
            without("server-id-override", "relay", "user", "srv", "server-id-override (11) absent", "RFC 5107"),
            without("vss", "relay", "user", "srv", "no VSS (151)", "RFC 6607"),
            edited("a server that answers with its own identifier", "srv", KEA, 's/"code": 54/"code": 43/',
                   "server.identifier:user:srv", "172.16.0.2", "RFC 5107"),
        ),
        "vrf-relay-loopback": at_least(
            without("vss", "relay", "user", "srv", "no VSS (151)", "RFC 6607"),
            without("circuit-id", "relay", "user", "srv", "no circuit-id (1)"),
            wrong_lease("srv", "user"),
        ),
        "vxlan-relay": at_least(
            relay_down("sw2", "cl_a", "srv"),
            no_flooding("sw1", "10.0.0.4", "client"),
            wrong_lease("srv", "cl_a"),
        ),
        "evpn-relay": at_least(
            bgp_down("sw1", "10.0.0.4"),
            without("link-selection", "sw1", "cl_a", "srv", "no link-selection (5)", "RFC 3527"),
            wrong_lease("srv", "cl_b"),
        ),
        "evpn-relay-loopback": at_least(
            relay_down("sw2", "cl_a", "srv"),
            without("link-selection", "sw1", "cl_a", "srv", "no link-selection (5)", "RFC 3527"),
            wrong_lease("srv", "cl_b"),
        ),
        "evpn-relay-v2": at_least(
            no_default_route("srv"),
            relay_down("sw2", "cl_a", "srv"),
            wrong_lease("srv", "cl_a"),
        ),
        "vxlan-redundant-server": at_least(
            server_down("srv2"),
            relay_down("sw1", "cl_b", "srv1"),
            wrong_pool("srv1", "cl_a", ("2-3", "200-220"), ("6-128", "221-250")),
        ),
        "evpn-symmetric-irb": at_least(
            relay_down("l2", "red_a", "srv1"),
            server_down("srv1"),
            without("server-id-override", "l1", "blue_a", "srv2", "server-id-override (11) absent"),
        ),
        "overlapping-vrfs": at_least(
            edited("tenants taken for each other", "srv1", KEA, "s/0x00726564/0x00x/; s/0x00626c7565/0x00726564/; s/0x00x/0x00626c7565/",
                   "server.pool:red:srv1", "172.16.0.32", "pool configured on"),
            without("vss", "sw1", "red", "srv1", "no VSS (151)", "RFC 6607"),
            stopped("srv2", "dhcpd", "server.running:srv2", "does not run on srv2"),
        ),
        "anycast-giaddr-trap": at_least(
            stopped("leaf1", "labgen-relay", "relay.running:leaf1", "does not run on leaf1"),
            server_down(),
            edited("the trap disarmed", "leaf2", RELAY, "s/172.16.0.1$/10.0.0.4/; s/\\[circuit-id\\]/[circuit-id, link-selection]/",
                   "lease.witnesses:cl_b", "expects this check to fail"),
        ),
        "anycast-giaddr-fixed": at_least(
            edited("the anycast address as giaddr", "leaf2", RELAY, "s/giaddr: .*/giaddr: 172.16.0.1/",
                   "server.copies:cl_b:srv", "172.16.0.1"),
            wrong_lease("srv", "cl_a"),
            wrong_pool("srv", "cl_b", ("2-2", "3-4"), ("5-254", "1-1")),
        ),
        "unnumbered-lan": at_least(
            edited("the borrowed address in link-selection", "sw", RELAY, "s/link_selection: .*/link_selection: 10.0.0.2/",
                   "server.sub-options:user:srv", "link-selection (5) 10.0.0.2 is outside"),
            wrong_lease("srv", "user"),
            wrong_pool("srv", "user", ("1-1", "2-2")),
        ),
        "shared-pool-trap": at_least(
            edited("the trap disarmed", "srv2", KEA, "s/0.1 - 172.16.0.2/0.3 - 172.16.0.3/; s/0.4 - 172.16.0.254/0.255 - 172.16.0.255/",
                   "server.loser-silent:user", "expects this check to fail"),
            server_down("srv2"),
            without("server-id-override", "sw1", "user", "srv1", "server-id-override (11) absent"),
        ),
        "shared-pool-fixed": at_least(
            edited("the whole subnet on both", "srv2", KEA, 's/"pool": "172.16.0.1[0-9]+ - /"pool": "172.16.0.4 - /',
                   "server.pool:user:srv2", "double leases"),
            server_down("srv1"),
            without("server-id-override", "sw1", "user", "srv2", "server-id-override (11) absent"),
        ),
        "relay-chain": at_least(
            stopped("dist", "labgen-relay", "relay.running:dist", "does not run on dist"),
            edited("no option 82 from the first relay", "access", RELAY, "s/\\[circuit-id\\]/[]/",
                   "server.sub-options:user:srv", "no option 82"),
            wrong_lease("srv", "user"),
        ),
        "relay-uplink": at_least(
            edited("a wrong lease time", "srv", DHCPD, "s/lease-time 86400/lease-time 7200/",
                   "lease.options:user", "lease 7200 s"),
            edited("a wrong pool", "srv", DHCPD, "s/range 172.16.0.1 .*/range 172.16.0.2 172.16.0.2;/; /range 172.16.0.3 /d",
                   "server.pool:user:srv", "pool configured on"),
            stopped("relay", "dhcrelay", "relay.running:relay", "does not run on relay"),
        ),
        "leaf-spine": at_least(
            relay_down("l4", "c1", "srv1"),
            server_down("srv2"),
            bgp_down("l1", "10.0.0.8"),
        ),
    }
)  # fmt: skip
