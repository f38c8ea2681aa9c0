"""Questions to a running IOS XR node, the meaning of its answers, and its actions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

from labgen.devices.answers import Answers, ask
from labgen.devices.base import Action, Probe, Reader
from labgen.devices.collected import port_client, stopping, unplugging
from labgen.devices.iosxr import show, state
from labgen.devices.observed import Observed, Raw
from labgen.dhcp.model import MessageRole
from labgen.ground.labplan import NodePlan

HARDWARE = ask("show interfaces", early=True)
ADDRESSES = ask("show ipv4 vrf all interface")
ROUTES = ask("show route")
VRF_ROUTES = ask("show route vrf all")
OSPF = ask("show ospf neighbor")
PROCESS = ask("show processes dhcpd")
BINDINGS = ask("show dhcp ipv4 server binding")
LEASE = ask("show dhcp ipv4 client")


def _head(pattern: str) -> re.Pattern[str]:
    """A table by its head. Above every answer stands the time; with nothing to tell, it stands there alone."""
    return re.compile(rf"{pattern}|\A\s*\w{{3}} \w{{3}} +\d+ [\d:.]+ \w+\s*\Z", re.IGNORECASE)


_HARDWARE = _head("line protocol is ")
_PORTS = _head("ipv4 protocol is ")
_ROUTES = _head("Codes: C - connected")
_NEIGHBORS = _head("Neighbors for OSPF|Neighbor ID")
_STATISTICS = _head("DHCP IPv4 .*Statistics")
_PROCESS = _head("Process state:|Job Id:")
_BINDINGS = _head("MAC Address +IP Address")
_LEASE = _head("Interface.*Address")


def probes(node: NodePlan) -> tuple[Probe, ...]:
    """Probes that are worth asking this node. In relay mode it keeps no bindings."""
    wanted = [HARDWARE, ADDRESSES, ROUTES]
    if node.vrfs:
        wanted.append(VRF_ROUTES)
    if node.relays or node.server:
        wanted.append(PROCESS)
    wanted += [_statistics(vrf) for vrf in _relayed(node)]
    if node.server:
        wanted.append(BINDINGS)
    if node.client:
        wanted.append(LEASE)
    if node.ospf:
        wanted.append(OSPF)
    return tuple(wanted)


def observe(node: NodePlan, raw: Mapping[str, Raw]) -> Observed:
    """Typed facts. Texts that cannot be read are named in `problems`."""
    answers = Answers(node, raw)
    own = Observed(
        addresses=answers.table(ADDRESSES, _PORTS, state.addresses),
        hardware=answers.read(HARDWARE, partial(state.hardware, head=_HARDWARE)),
        routes=(
            *answers.table(ROUTES, _ROUTES, state.routes),
            *answers.table(VRF_ROUTES, _ROUTES, state.routes),
        ),
        ospf=answers.table(OSPF, _NEIGHBORS, state.neighbors),
        daemons=answers.table(PROCESS, _PROCESS, state.process),
        bindings=answers.table(LEASE, _LEASE, state.leases),
        counters=tuple(
            counter
            for vrf in _relayed(node)
            for counter in answers.table(_statistics(vrf), _STATISTICS, partial(state.counters, vrf=vrf))
        ),
    )
    served = answers.records(BINDINGS, _BINDINGS, show.parse, MessageRole.SERVER)
    return Observed.total([served, own, answers.missed])


def _relayed(node: NodePlan) -> tuple[str, ...]:
    return tuple(dict.fromkeys(relay.vrf for relay in node.relays))


def _statistics(vrf: str) -> Probe:
    return ask(f"show dhcp vrf {vrf} ipv4 relay statistics")


def actions(node: NodePlan) -> dict[str, Action]:
    """Actions of playbooks. A client starts again with its interface; renewing by command is not documented."""
    down, up = partial(_on, "shutdown"), partial(_on, "no shutdown")
    found = unplugging(node, down, up)
    if node.relays or node.server:
        role = "server" if node.server else "relay"
        stop, start = ("process shutdown dhcpd",), ("process start dhcpd",)
        found |= stopping(role, stop, start, PROCESS.text, r"Process state:\s*Run")
    if node.client:
        found |= port_client(node.client.interface, LEASE.text, r"\bBOUND\b", down, up)
    return found


def _on(word: str, port: str) -> tuple[str, ...]:
    return ("configure", f"interface {port}", word, "commit", "end")


READER = Reader(probes, observe, actions)
