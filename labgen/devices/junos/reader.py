"""Questions to a running Junos node, the meaning of its answers, and its actions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

from labgen.devices.answers import Answers, ask
from labgen.devices.base import Action, Probe, Reader
from labgen.devices.collected import port_client, stopping, unplugging
from labgen.devices.junos import dhcp, state
from labgen.devices.observed import Observed, Raw
from labgen.dhcp.model import Binding
from labgen.ground.labplan import NodePlan
from labgen.ground.vocabulary import DEFAULT_VRF

_JSON = "| display json"

HARDWARE = ask(f"show interfaces {_JSON}", early=True)
ADDRESSES = ask(f"show interfaces terse {_JSON}")
INSTANCES = ask(f"show configuration routing-instances {_JSON}")
ROUTES = ask(f"show route {_JSON}")
OSPF = ask(f"show ospf neighbor instance all {_JSON}")
SESSIONS = ask(f"show bgp summary {_JSON}")
VNIS = ask(f"show evpn instance extensive {_JSON}")
MACS = ask(f"show evpn database {_JSON}")
PROCESS = ask('show system processes extensive | match "PID|jdhcpd"')
BINDINGS = ask("show dhcp server binding")
LEASE = ask("show dhcp client binding detail")

_TABLE = re.compile(r"^IP address\s.*Hardware address", re.MULTILINE | re.IGNORECASE)
_CLIENT = re.compile(r"^\s*Client Interface/Id:", re.MULTILINE)
_STATISTICS = re.compile(r"^Packets dropped:|^Messages received:", re.MULTILINE)
_PROCESS = re.compile(r"\bPID\b")
_DISABLED = "system processes dhcp-service disable"


def probes(node: NodePlan) -> tuple[Probe, ...]:
    """Probes that are worth asking this node. A relay that only forwards keeps no bindings."""
    wanted = [HARDWARE, ADDRESSES, INSTANCES, ROUTES]
    wanted += [_statistics(vrf) for vrf in _relayed(node)]
    if node.relays or node.server:
        wanted.append(PROCESS)
    if node.server:
        wanted.append(BINDINGS)
    if node.client:
        wanted.append(LEASE)
    if node.ospf:
        wanted.append(OSPF)
    if node.bgp:
        wanted.append(SESSIONS)
    if any(vlan.vni for vlan in node.vlans):
        wanted += [VNIS, _vteps(node), MACS]
    return tuple(wanted)


def observe(node: NodePlan, raw: Mapping[str, Raw]) -> Observed:
    """Typed facts. Texts that cannot be read are named in `problems`."""
    answers = Answers(node, raw)
    vrfs = dict(answers.structured(INSTANCES, state.members))
    remotes = answers.structured(_vteps(node), state.remote)
    own = Observed(
        bindings=_bindings(answers),
        addresses=answers.structured(ADDRESSES, partial(state.addresses, vrfs=vrfs)),
        hardware=answers.structured(HARDWARE, state.hardware),
        routes=answers.structured(ROUTES, state.routes),
        ospf=answers.structured(OSPF, state.neighbors),
        sessions=answers.structured(SESSIONS, state.sessions),
        vnis=answers.structured(VNIS, partial(state.vnis, remotes=remotes, vrfs=vrfs)),
        macs=answers.structured(MACS, state.macs),
        daemons=answers.table(PROCESS, _PROCESS, dhcp.process),
        counters=tuple(
            counter
            for vrf in _relayed(node)
            for counter in answers.table(_statistics(vrf), _STATISTICS, partial(dhcp.counters, vrf=vrf))
        ),
    )
    return Observed.total([own, answers.missed])


def _bindings(answers: Answers) -> tuple[Binding, ...]:
    if answers.node.client:
        return answers.table(LEASE, _CLIENT, dhcp.leases)
    return answers.table(BINDINGS, _TABLE, dhcp.bindings)


def _relayed(node: NodePlan) -> tuple[str, ...]:
    return tuple(dict.fromkeys(relay.vrf for relay in node.relays))


def _vteps(node: NodePlan) -> Probe:
    """The layer 2 table has another name on MX than on EX and PTX."""
    family = "l2-learning" if node.device.endswith("-router") else "ethernet-switching"
    return ask(f"show {family} vxlan-tunnel-end-point remote {_JSON}")


def _statistics(vrf: str) -> Probe:
    where = "" if vrf == DEFAULT_VRF else f" routing-instance {vrf}"
    return ask(f"show dhcp relay statistics{where}")


def actions(node: NodePlan) -> dict[str, Action]:
    """Actions of playbooks. Whether clearing a client's binding sends a RELEASE is unverified, so there is no `release`."""
    down, up = partial(_switch, "set"), partial(_switch, "delete")
    found = unplugging(node, down, up)
    if node.relays or node.server:
        role = "server" if node.server else "relay"
        off, on = (_committed(f"{word} {_DISABLED}") for word in ("set", "delete"))
        found |= stopping(role, off, on, PROCESS.text, "jdhcpd")
    if node.client:
        port = node.client.interface
        again = f"clear dhcp client binding interface {port}"
        bound = r"State:\s+BOUND"
        found |= port_client(port, LEASE.text, bound, down, up)
        found["acquire"] = Action((again,), LEASE.text, bound)
        found["renew"] = Action((f"request dhcp client renew interface {port}",))
    return found


def _switch(word: str, port: str) -> tuple[str, ...]:
    """`set` takes the port of a unit down, `delete` brings it back."""
    return _committed(f"{word} interfaces {port.partition('.')[0]} disable")


def _committed(*lines: str) -> tuple[str, ...]:
    return ("configure", *lines, "commit and-quit")


READER = Reader(probes, observe, actions)
