"""What the machines of a world answer to show commands, in the formats their vendors document."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta

from devices_logs import dotted, entry
from devices_world import World

from labgen.ground.labplan import InterfacePlan, NodePlan, RelayPlan
from labgen.ground.vocabulary import Role

Answers = dict[str, str | Callable[[], str]]
COUNTERS = "show ip dhcp relay counters"


def answers(world: World, node: NodePlan) -> Answers:
    """Every command labgen may ask, with a text or what makes one."""
    return _eos(world, node) if node.device == "eos" else _ios(world, node)


def _eos(world: World, node: NodePlan) -> Answers:
    own: Answers = {
        "terminal width 511": "Width set to 511 columns.\n",
        "terminal length 0": "Pagination disabled.\n",
        "show logging": "Syslog logging: enabled\n",
        "show interfaces | json": _json({"interfaces": _eos_hardware(world, node)}),
        "show ip interface | json": _json({"interfaces": {p.name: _eos_address(p) for p in node.interfaces if p.address}}),
        "show ip route vrf all | json": _json({"vrfs": {"default": {"routes": {prefix: {} for prefix in _loopbacks(world)}}}}),
        "show ip ospf neighbor | json": _json({"vrfs": {"default": {"instList": {"1": {
            "ospfNeighborEntries": [
                {"routerId": rid, "adjacencyState": "full", "interfaceName": port} for rid, port in _ospf(world, node)
            ]}}}}}),
    }  # fmt: skip
    if node.bgp:
        peers = {str(n.address): {"peerState": "Established"} for n in node.bgp.neighbors}
        own["show bgp evpn summary | json"] = _json({"vrfs": {"default": {"peers": peers}}})
    if node.vlans:
        own |= _eos_vxlan(world, node)
    if node.relays:
        own |= {"show ip dhcp relay": _eos_relay(node.relays[0]), COUNTERS: counters(node.relays[0], 12)}
    return own


def _json(data: object) -> str:
    return json.dumps(data, indent=4)


def _eos_hardware(world: World, node: NodePlan) -> Mapping[str, Mapping[str, str]]:
    ports = {
        port.name: {"physicalAddress": world.wires.mac(node.name, port.name)} for port in node.interfaces
    }
    return ports | {"Loopback0": {"lineProtocolStatus": "up"}}


def _eos_address(port: InterfacePlan) -> Mapping[str, object]:
    assert port.address is not None
    primary = {"address": str(port.address.ip), "maskLen": port.address.network.prefixlen}
    return {"vrf": port.vrf, "interfaceAddress": {"primaryIp": primary}}


def _loopbacks(world: World) -> list[str]:
    return [f"{node.loopback.ip}/32" for node in world.plan.nodes if node.loopback]


def _ospf(world: World, node: NodePlan) -> list[tuple[str, str]]:
    peers = (
        (world.plan.node(n.node), port)
        for port in node.interfaces
        if port.kind == "p2p"
        for n in port.neighbors
    )
    return [(str(peer.loopback.ip), port.name) for peer, port in peers if peer.loopback]


def _eos_vxlan(world: World, node: NodePlan) -> Answers:
    (vlan,) = node.vlans
    others = [n for n in world.plan.role(Role.SWITCH) if n.vlans and n is not node]
    binding = {
        "vlan": vlan.id,
        "dynamicVlan": False,
        "source": "static",
        "interfaces": {"Vxlan1": {"dot1q": vlan.id}},
    }
    near, far = _macs(world, node, vlan.id)
    vteps = "   ".join(str(n.loopback.ip) for n in others if n.loopback)
    return {
        "show vxlan vni | json": _json({"vxlanIntfs": {"Vxlan1": {"vniBindings": {str(vlan.vni): binding}}}}),
        "show vxlan flood vtep": flood(vlan.id, vteps),
        "show vxlan address-table": "          Vxlan Mac Address Table\n" + "-" * 70 + "\n\n"
        "VLAN  Mac Address     Type      Prt  VTEP             Moves   Last Move\n"
        "----  -----------     ----      ---  ----             -----   ---------\n"
        f"{far}Total Remote Mac Addresses for this criterion: {len(far.splitlines())}\n",
        "show mac address-table": "          Mac Address Table\n" + "-" * 66 + "\n\n"
        "Vlan    Mac Address       Type        Ports      Moves   Last Move\n"
        "----    -----------       ----        -----      -----   ---------\n"
        f"{near}Total Mac Addresses for this criterion: 2\n",
    }


def flood(vlan: int, vteps: str) -> str:
    """`show vxlan flood vtep`."""
    row = f"{vlan:<32}{vteps}\n" if vteps else ""
    head = (
        "          VXLAN Flood VTEP Table\n" + "-" * 80 + "\n\nVLANS                            Ip Address\n"
    )
    return f"{head}-----------------------------   ------------------------------------------------\n{row}"


def _macs(world: World, node: NodePlan, vlan: int) -> tuple[str, str]:
    """Rows of clients at this switch, and of those behind others."""
    near, far = "", ""
    for client in world.plan.role(Role.CLIENT):
        (home,) = client.interfaces[0].neighbors
        mac, vtep = dotted(world.party(client.name).mac), world.plan.node(home.node).loopback
        if home.node == node.name:
            near += f"{vlan:4}    {mac}    DYNAMIC     Et3        1       0:02:03 ago\n"
        elif vtep:
            near += f"{vlan:4}    {mac}    DYNAMIC     Vx1        1       0:02:03 ago\n"
            far += f"{vlan:4}  {mac}  EVPN      Vx1  {vtep.ip}         1       0:02:03 ago\n"
    return near, far


def _eos_relay(relay: RelayPlan) -> str:
    first, *more = (f"{target.address}:vrf={target.vrf}" for target in relay.targets)
    rest = "".join(f"                {server}\n" for server in more)
    return (
        "DHCP Relay is active\nDHCP Relay Option 82 is enabled\nDHCP Smart Relay is disabled\n"
        f"Interface: {relay.interface}\n  Option 82 Circuit ID: {relay.interface}\n"
        f"  DHCP Smart Relay is disabled\n  DHCP servers: {first}\n{rest}"
    )


def counters(relay: RelayPlan, forwarded: int) -> str:
    return (
        "          |  Dhcp Packets  |\nInterface | Rcvd Fwdd Drop |         Last Cleared\n"
        f"  All Req | {forwarded:4} {forwarded:4}    0 | 4 days, 19:55:12 ago\n"
        f"{relay.interface:>9} | {forwarded:4} {forwarded:4}    0 | 4 days, 19:54:24 ago\n"
    )


def _ios(world: World, node: NodePlan) -> Answers:
    own: Answers = {
        "show logging": lambda: _log(world, node.name),
        "show clock": world.clock,
        "show interfaces | include line protocol|address is": _ios_hardware(world, node),
        "show ip interface | include line protocol|Internet address|VPN Routing": lambda: _ios_addresses(world, node),
        "show ip route": _ios_routes(world, node),
        "show ip ospf neighbor": "\nNeighbor ID     Pri   State           Dead Time   Address         Interface\n"
        + "".join(f"{rid:16}  0   FULL/  -        00:00:33    10.1.0.2        {port}\n" for rid, port in _ospf(world, node)),
        "show ip dhcp server statistics": "Memory usage         32768\n",
        "show running-config | include service dhcp|ip dhcp pool|ip helper-address": "ip dhcp pool p_172.16.0.0\n"
        if node.server
        else " ip helper-address global 10.0.0.1\n",
    }  # fmt: skip
    if node.server:
        own["show ip dhcp binding"] = lambda: _bindings(world, node)
    if node.client:
        own["show dhcp lease"] = lambda: _lease(world, node.name)
    return own


def _log(world: World, node: str) -> str:
    head = "Syslog logging: enabled (0 messages dropped, 0 flushes, 0 overruns, xml disabled, filtering disabled)\n\n"
    return head + "Log Buffer (1000000 bytes):\n\n" + "".join(f"{line}\n" for line in world.logs[node])


def _ios_hardware(world: World, node: NodePlan) -> str:
    lines = ""
    for port in node.interfaces:
        mac = dotted(world.wires.mac(node.name, port.name))
        lines += (
            f"{port.name} is up, line protocol is up \n  Hardware is iGbE, address is {mac} (bia {mac})\n"
        )
        lines += f"  Internet address is {port.address}\n"
    return lines + "Loopback0 is up, line protocol is up \n"


def _ios_addresses(world: World, node: NodePlan) -> str:
    lines = "GigabitEthernet0 is up, line protocol is up\n  Internet address is 192.168.121.10/24\n"
    lines += '  VPN Routing/Forwarding "MGMT"\n'
    for port in node.interfaces:
        lease = world.holds(node.name)
        address = f"{lease.address}/24" if lease else "" if port.dhcp else str(port.address)
        lines += f"{port.name} is up, line protocol is up\n"
        lines += (
            f"  Internet address is {address}\n" if address else "  Internet protocol processing disabled\n"
        )
        lines += f'  VPN Routing/Forwarding "{port.vrf}"\n' if port.vrf != "default" else ""
    return lines


def _ios_routes(world: World, node: NodePlan) -> str:
    gateway = world.plan.segment(node.client.segment).gateway if node.client else None
    default = f"S*       0.0.0.0/0 [254/0] via {gateway}\n" if gateway else ""
    own = "".join(
        f"O        {prefix} [110/3] via 10.1.0.2, 00:12:33, GigabitEthernet2\n"
        for prefix in _loopbacks(world)
    )
    return (
        "Codes: L - local, C - connected, O - OSPF\n\nGateway of last resort is not set\n\n"
        f"      10.0.0.0/8 is variably subnetted, 9 subnets, 2 masks\n{own}{default}"
        "C        10.1.0.0/30 is directly connected, GigabitEthernet2\n"
    )


def _bindings(world: World, node: NodePlan) -> str:
    """Client identifiers go on in the next lines. A server that lost shows what it still holds as selecting."""
    assert node.server is not None
    relay = next(r for n in world.plan.nodes for r in n.relays)
    vrf = f"Bindings from VRF pool {relay.vrf}:" if world.plan.devices[Role.SWITCH] != "eos" else ""
    lines = f"{vrf or 'Bindings from all pools not associated with VRF:'}\n"
    lines += (
        "IP address      Client-ID/              Lease expiration        Type       State      Interface\n"
    )
    lines += "                Hardware address/\n                User name\n"
    ends = world.now() + timedelta(seconds=node.server.scopes[0].lease)
    for client, lease in world.leases.items():
        own = world.offered[node.name, client]
        won = node.name == world.plan.role(Role.SERVER)[0].name or world.sabotage.two_answers
        address = world.sabotage.server_says or own if won else own
        first, *more = _wrapped(world.party(client).identifier)
        when = f"{ends:%b} {ends.day} {ends:%Y %I:%M %p}"
        lines += f"{address:16}{first:24}{when:24}Automatic  {'Active' if won else 'Selecting':11}GigabitEthernet2\n"
        lines += "".join(f"{'':16}{part}\n" for part in more)
        assert lease
    return lines


def _wrapped(identifier: str) -> list[str]:
    return [identifier[at : at + 20] for at in range(0, len(identifier), 20)]


def _lease(world: World, client: str) -> str:
    lease = world.holds(client)
    if lease is None:
        return ""
    return "\n".join(entry(world.party(client), lease, "5 Bound", lease.address, lease.override)) + "\n"
