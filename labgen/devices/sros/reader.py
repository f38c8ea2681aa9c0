"""Questions to a running SR OS node, the meaning of its answers, and its actions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

from labgen.devices.answers import Answers, ask
from labgen.devices.base import Action, Probe, Reader
from labgen.devices.collected import unplugging
from labgen.devices.observed import InterfaceAddress, Observed, Raw
from labgen.devices.sros import state
from labgen.dhcp.model import Binding
from labgen.ground.labplan import NodePlan, RelayPlan, VlanPlan
from labgen.ground.vocabulary import DEFAULT_VRF

SERVER = "labgen"
"""The server's name in templates/sros/dhcp.j2."""

OSPF = ask("show router ospf neighbor")
SESSIONS = ask("show router bgp summary family evpn")
SERVERS = ask("show router dhcp servers")
LEASES = ask(f'show router dhcp local-dhcp-server "{SERVER}" leases')

_PORTS = re.compile(r"^Interface Table", re.MULTILINE)
_ROUTES = re.compile(r"^Route Table", re.MULTILINE)
_NEIGHBORS = re.compile(r"OSPFv2 Instance \d+ Neighbors")
_PEERS = re.compile(r"BGP \S*\s?Summary|BGP Router ID")
_VTEPS = re.compile(r"^Egress VTEP, ?VNI", re.MULTILINE)
_FDB = re.compile(r"^Forwarding Database", re.MULTILINE)
_SERVERS = re.compile(r"^Overview of DHCP Servers", re.MULTILINE)
_LEASES = re.compile(r"^Leases for DHCP server|^No (?:leases|matching)", re.MULTILINE | re.IGNORECASE)
_SUMMARY = re.compile(r"^DHCP Summary", re.MULTILINE | re.IGNORECASE)
_STATISTICS = re.compile(r"^DHCP (?:Global )?Statistics", re.MULTILINE | re.IGNORECASE)


def probes(node: NodePlan) -> tuple[Probe, ...]:
    """Probes that are worth asking this node: tables of every router it has, and of every stretched VLAN's service."""
    wanted = [_hardware(vrf) for vrf in _vrfs(node)]
    wanted += [_router(vrf, table) for vrf in _vrfs(node) for table in ("interface", "route-table")]
    for vrf in dict.fromkeys(relay.vrf for relay in node.relays):
        wanted += [_router(vrf, "dhcp summary"), _router(vrf, "dhcp statistics")]
    if node.server:
        wanted += [SERVERS, LEASES]
    if node.ospf:
        wanted.append(OSPF)
    if node.bgp:
        wanted.append(SESSIONS)
    for vlan in _stretched(node):
        wanted += [_service(vlan, "vxlan destinations"), _service(vlan, "fdb detail")]
    return tuple(wanted)


def observe(node: NodePlan, raw: Mapping[str, Raw]) -> Observed:
    """Typed facts. Texts that cannot be read are named in `problems`."""
    answers = Answers(node, raw)
    routers = Observed.total(_routing(answers, vrf) for vrf in _vrfs(node))
    parts = [
        routers,
        *(_relaying(answers, vrf) for vrf in dict.fromkeys(relay.vrf for relay in node.relays)),
        *(_bridging(answers, vlan, routers.addresses) for vlan in _stretched(node)),
        Observed(
            bindings=_bindings(answers),
            daemons=answers.table(SERVERS, _SERVERS, partial(state.servers, name=SERVER)),
            ospf=answers.table(OSPF, _NEIGHBORS, state.neighbors),
            sessions=answers.table(SESSIONS, _PEERS, state.sessions),
        ),
    ]
    return Observed.total([*parts, answers.missed])


def _routing(answers: Answers, vrf: str) -> Observed:
    return Observed(
        hardware=answers.read(_hardware(vrf), state.hardware),
        addresses=answers.table(_router(vrf, "interface"), _PORTS, partial(state.addresses, vrf=vrf)),
        routes=answers.table(_router(vrf, "route-table"), _ROUTES, partial(state.routes, vrf=vrf)),
    )


def _relaying(answers: Answers, vrf: str) -> Observed:
    return Observed(
        daemons=answers.table(_router(vrf, "dhcp summary"), _SUMMARY, state.relays),
        counters=answers.table(
            _router(vrf, "dhcp statistics"), _STATISTICS, partial(state.counters, vrf=vrf)
        ),
    )


def _bridging(answers: Answers, vlan: VlanPlan, known: tuple[InterfaceAddress, ...]) -> Observed:
    svi = f"svi.{vlan.id}"
    vrf = next((found.vrf for found in known if found.interface == svi), DEFAULT_VRF)
    return Observed(
        vnis=answers.table(
            _service(vlan, "vxlan destinations"), _VTEPS, partial(state.vnis, svi=svi, vrf=vrf)
        ),
        macs=answers.table(_service(vlan, "fdb detail"), _FDB, state.macs),
    )


def _bindings(answers: Answers) -> tuple[Binding, ...]:
    if answers.node.client:
        return answers.table(_router(DEFAULT_VRF, "interface"), _PORTS, state.lease)
    return answers.table(LEASES, _LEASES, state.leases)


def _vrfs(node: NodePlan) -> tuple[str, ...]:
    return (DEFAULT_VRF, *(vrf.name for vrf in node.vrfs))


def _stretched(node: NodePlan) -> tuple[VlanPlan, ...]:
    return tuple(vlan for vlan in node.vlans if vlan.vni)


def _router(vrf: str, table: str) -> Probe:
    """The default VRF is the router `Base`; another one is a VPRN service."""
    return ask(f"show router {table}" if vrf == DEFAULT_VRF else f'show router service-name "{vrf}" {table}')


def _hardware(vrf: str) -> Probe:
    return _router(vrf, "interface detail")._replace(early=True)


def _service(vlan: VlanPlan, table: str) -> Probe:
    """netlab makes a VPLS `vlan<id>` of a VLAN."""
    return ask(f'show service id "vlan{vlan.id}" {table}')


def actions(node: NodePlan) -> dict[str, Action]:
    """Actions of playbooks; all of it is configured, since SR OS documents no command for it."""
    found = unplugging(node, partial(_port, "disable"), partial(_port, "enable"))
    for role, lines in (("relay", _relays(node)), ("server", _server(node))):
        if lines:
            off, on = (_committed(*(f"{line} {word}" for line in lines)) for word in ("disable", "enable"))
            found[f"stop-{role}"] = Action(off, undo=f"start-{role}")
            found[f"start-{role}"] = Action(on)
    if node.client:
        found |= _client(node.client.interface)
    return found


def _relays(node: NodePlan) -> tuple[str, ...]:
    return tuple(f"/configure {_where(node, relay)} ipv4 dhcp admin-state" for relay in node.relays)


def _where(node: NodePlan, relay: RelayPlan) -> str:
    """The path where the relay's interface is configured; netlab puts SVIs of the default VRF into an IES."""
    owner = 'router "Base"'
    if relay.vrf != DEFAULT_VRF:
        owner = f'service vprn "{relay.vrf}"'
    elif node.interface(relay.interface).vlan:
        owner = 'service ies "default"'
    return f'{owner} interface "{relay.interface}"'


def _server(node: NodePlan) -> tuple[str, ...]:
    return (f'/configure router "Base" dhcp-server dhcpv4 "{SERVER}" admin-state',) if node.server else ()


def _client(port: str) -> dict[str, Action]:
    line = f'/configure router "Base" interface "{port}" autoconfigure ipv4 dhcp-client admin-state'
    bounce = (*_committed(f"{line} disable"), *_committed(f"{line} enable"))
    bound = rf"^{re.escape(port)}\s.*\n\s+\d+\.\d+\.\d+\.\d+/\d+"
    return {
        "acquire": Action(bounce, _router(DEFAULT_VRF, "interface").text, bound),
        "vanish": Action(_port("disable", port)),
    }


def _port(word: str, port: str) -> tuple[str, ...]:
    """The interface `eth-1/1/c2` is the only port behind connector 1/1/c2."""
    return _committed(f"/configure port {port.removeprefix('eth-')}/1 admin-state {word}")


def _committed(*lines: str) -> tuple[str, ...]:
    return ("edit-config exclusive", *lines, "commit", "quit-config")


READER = Reader(probes, observe, actions)
