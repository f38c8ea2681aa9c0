"""What the fields of a playbook and of a plan mean, by model and field, where the models do not say so themselves."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

Words = Mapping[str, Mapping[str, str]]

PLAYBOOK: Words = MappingProxyType(
    {
        "PlaybookSpec": {
            "name": "name, as `--playbook` takes it",
            "title": "one line about it",
            "lease": "longest lease, in seconds or with a unit, with which it can be run; labs are made with leases as short as that",
            "renew": "T1 of that lease",
            "rebind": "T2 of that lease",
            "told": "action that makes a client do at once what its timers would have it do; where every client has it, any lease will do",
            "needs": "what a lab must have for it",
            "steps": "its steps, in order",
        },
        "StepSpec": {
            "name": "name of the step",
            "title": "one line about it",
            "do": "what is done, in order",
            "checks": "checks that must then hold, by name or pattern (`server.*`)",
            "findings": "codes of findings of severity error that are expected of what the step does",
        },
        "ActionSpec": {
            "action": "an action of the devices: acquire, renew, release, stop-server, ...; or move and move-back of the lab",
            "wait": "kind of exchange to wait for on the wire of each client, instead of an action",
            "outcome": "how that exchange must end",
            "on": "a group of nodes, or one node",
            "timeout": "how long it may take to show",
            "optional": "leave out nodes whose device has no such action",
        },
    }
)

_NAMES = {
    "interface": "interface, as its device spells it",
    "linux": "interface, as the kernel of a Linux node names it",
}
_SIDE = {
    "segment": "segment whose clients it serves",
    **_NAMES,
    "vrf": "VRF of that interface",
    "targets": "servers it sends to, in order",
}
_RD_RT = {"rd": "route distinguisher", "vrf": "VRF"}

PLAN: Words = MappingProxyType(
    {
        "LabPlan": {
            "schema": "name and version of this form",
            "name": "name of the lab",
            "summary": "one line about it",
            "devices": "device of each role where a node says nothing else",
            "nodes": "every node, in the order of ids",
            "links": "every wire",
            "segments": "client subnets",
            "overlay": "VXLAN; null where no segment is stretched",
            "underlay": "routing between switches",
            "anycast_mac": "MAC address that anycast gateways share",
            "playbooks": "playbooks that are run where none is named",
            "timers": "protocol timers",
            "expect": "what the scenario is there to show",
            "warnings": "what is legal, but a known trap",
            "show_vrf": "whether the address table has a column for the VRF",
            "rule_width": "width of the address table's rules, in characters",
        },
        "AddressRange": {"first": "first address", "last": "last address, included"},
        "BgpNeighbor": {
            "name": "neighbor's name",
            "address": "address of the session",
            "asn": "its AS number",
            "rr_client": "whether it is a client of this route reflector",
        },
        "BgpPlan": {"asn": "own AS number", "router_id": "router id", "neighbors": "sessions"},
        "ClientPlan": {"segment": "segment the client is on", **_NAMES},
        "Endpoint": {"node": "node", **_NAMES},
        "Expectation": {"findings": "codes of findings", "failures": "checks that fail, by id or pattern"},
        "ForwardPlan": _SIDE,
        "GiaddrOwner": {
            "kind": "what kind of interface owns the address; none where no interface of the switch does",
            "linux": _NAMES["linux"],
            "vrf": "VRF of that interface",
            "shared": "whether other switches have the same address",
            "outgoing": "whether packets to the servers leave through this interface",
        },
        "InterfacePlan": {
            "name": _NAMES["interface"],
            "linux": _NAMES["linux"],
            "kind": "p2p: routed core link; lan: routed port on a segment; access: switch port of a VLAN; svi: routed interface of a VLAN",
            "mac": "MAC address",
            "description": "text for the configuration",
            "address": "address and prefix length",
            "anycast": "anycast gateway address and prefix length",
            "dhcp": "whether the address is got by DHCP; `address` is then what the address table prints",
            "ospf": "whether OSPF runs on it",
            "vrf": "VRF",
            "segment": "segment it belongs to",
            "vlan": "VLAN id",
            "neighbors": "other ends",
        },
        "LinkPlan": {
            "index": "number of the link, from 1",
            "kind": "p2p: has a prefix of its own; lan: belongs to a segment",
            "endpoints": "its ends",
            "prefix": "prefix of a p2p link",
            "segment": "segment of a lan link",
        },
        "Neighbor": {"node": "node at the other end", "interface": "its interface, as its device spells it"},
        "NodePlan": {
            "name": "name",
            "id": "number that addresses are made of",
            "role": "server, switch or client",
            "device": "device",
            "loopback": "loopback address and prefix length",
            "mgmt": "address on the management network of the lab",
            "interfaces": "interfaces",
            "ospf": "whether it speaks OSPF",
            "bgp": "BGP, where it speaks it",
            "vrfs": "VRFs of a switch",
            "vlans": "VLANs of a switch",
            "relays": "relaying for clients, by interface",
            "forwards": "relaying for other relays, by interface",
            "routes": "static routes",
            "server": "what a server hands out",
            "client": "where a client is",
        },
        "OptionPlan": {
            "code": "option code (RFC 2132)",
            "name": "name in a spec",
            "data": "octets in hexadecimal",
            "text": "value for people",
        },
        "OverlayPlan": {"data": "data plane", "control": "control plane", "asn": "AS number of EVPN"},
        "PlanWarning": {"code": "name of the warning", "message": "its text"},
        "RelayPlan": {
            **_SIDE,
            "source": "what giaddr is: the interface's address, a loopback's, the address towards the server, or one that was given",
            "giaddr": "relay agent address",
            "owner": "the interface of this switch that has the giaddr",
            "link_address": "the relay's own address on the client interface",
            "options": "sub-options of option 82",
            "dialect": "how labgen-relay writes them",
        },
        "RelayTarget": {"server": "server", "address": "helper address", "vrf": "VRF it is reached in"},
        "ReservationPlan": {
            "address": "reserved address",
            "client": "client it is for",
            "circuit_id": "circuit-id it is for",
        },
        "ScopePlan": {
            "segment": "segment",
            "prefix": "subnet",
            "vrf": "VRF of the clients",
            "ranges": "addresses it hands out",
            "excluded": "addresses inside the ranges that it does not hand out",
            "router": "option 3",
            "lease": "lease time, seconds",
            "renew": "T1, seconds",
            "rebind": "T2, seconds",
            "options": "further options",
            "reservations": "addresses kept for clients",
        },
        "SegmentPlan": {
            "name": "name",
            "vrf": "VRF",
            "prefix": "subnet",
            "gateway": "gateway address of clients",
            "anycast": "whether every switch has that address",
            "vlan": "VLAN id",
            "vni": "VNI, where it is stretched over VXLAN",
            "switches": "switches it is on",
            "clients": "clients on it",
            "server_vrf": "VRF its servers are in",
            "split": "how servers share the pool",
        },
        "ServerPlan": {"scopes": "what it hands out, by segment"},
        "StaticRoute": {
            "prefix": "destination",
            "interface": _NAMES["linux"],
            "via": "next hop; null: on link",
            "metric": "metric",
        },
        "Timers": {"profile": "fast: labs converge in a blink; device: defaults are left alone"},
        "VlanPlan": {
            "id": "VLAN id",
            "name": "name",
            "segment": "segment",
            "vni": "VNI, where it is stretched",
            "rt": "route target",
            **_RD_RT,
        },
        "VrfPlan": {
            "name": "name",
            "table": "routing table of the kernel",
            "loopback": "address of its own, with prefix length",
            "loopback_name": "the loopback interface, as its device spells it",
            "rt_import": "route targets it imports",
            "rt_export": "route targets it exports",
            "transit_vni": "layer 3 VNI of symmetric IRB",
            "router_mac": "MAC address of its transit",
            **_RD_RT,
        },
    }
)
