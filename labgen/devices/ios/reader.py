"""Questions to a running IOS or IOS XE node, the meaning of its answers, and its actions."""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Iterator, Mapping
from dataclasses import replace
from ipaddress import IPv4Network

from labgen.devices import reading
from labgen.devices.base import Action, Probe, Reader
from labgen.devices.collected import configured, port_client, stopping, unplugging
from labgen.devices.ios import config, log, overlay
from labgen.devices.ios.lines import octets
from labgen.devices.observed import (
    DaemonState,
    HardwareAddress,
    InterfaceAddress,
    Observed,
    OspfNeighbor,
    Raw,
    Route,
)
from labgen.dhcp.model import Binding, MessageRole
from labgen.dhcp.stamps import MONTHS
from labgen.ground.labplan import NodePlan
from labgen.ground.vocabulary import DEFAULT_VRF, Role

MINUTE = 60.0
LOG = Probe("show-logging", "show logging")
CLOCK = Probe("show-clock", "show clock")
HARDWARE = Probe("show-interfaces", "show interfaces | include line protocol|address is", early=True)
SERVICE = Probe(
    "show-running-config-dhcp", "show running-config | include service dhcp|ip dhcp pool|ip helper-address"
)
BINDINGS = Probe("show-ip-dhcp-binding", "show ip dhcp binding")
STATISTICS = Probe("show-ip-dhcp-server-statistics", "show ip dhcp server statistics")
LEASE = Probe("show-dhcp-lease", "show dhcp lease")
OSPF = Probe("show-ip-ospf-neighbor", "show ip ospf neighbor")
ADDRESSES = Probe(
    "show-ip-interface", "show ip interface | include line protocol|Internet address|VPN Routing"
)
ROUTES = Probe("show-ip-route", "show ip route")

_NEIGHBOR = re.compile(
    r"(?P<id>\d+\.\d+\.\d+\.\d+)\s+\d+\s+(?P<state>[A-Z0-9]+)/\s*\S*\s+\S+\s+\S+\s+(?P<port>\S+)\s*$"
)
_PORT = re.compile(r"(\S+) is .*, line protocol is (\S+)")
_ADDRESS = re.compile(r"\s+Internet address is (\S+/\d+)")
_HARDWARE = re.compile(r"\s+Hardware is .*, address is ([0-9a-f]{4}(?:\.[0-9a-f]{4}){2})\b")
_CLOCK = re.compile(
    r"[*.]?(?P<time>\d\d:\d\d:\d\d)(?P<fraction>\.\d+)? \S+ \w{3} (?P<month>\w{3}) +(?P<day>\d+) (?P<year>\d{4})"
)
_VRF = re.compile(r'\s+VPN Routing/Forwarding "(\S+)"')
_PARENT = re.compile(r"\s+\d+\.\d+\.\d+\.\d+/(\d+) is subnetted")
_ROUTE = re.compile(r"[A-Z]\S*\*?(?: [A-Z]\w)?\s+(\d+\.\d+\.\d+\.\d+)(?:/(\d+))?(?: is| \[)")


def probes(node: NodePlan) -> tuple[Probe, ...]:
    """Probes that are worth asking this node. The clock is asked right behind the log."""
    wanted = [HARDWARE, LOG, CLOCK, ADDRESSES, ROUTES]
    if node.server or node.relays:
        wanted += [STATISTICS, SERVICE]
    if node.server:
        wanted.append(BINDINGS)
    if node.client:
        wanted.append(LEASE)
    if node.ospf:
        wanted.append(OSPF)
    return (*wanted, *overlay.probes(node))


def observe(node: NodePlan, raw: Mapping[str, Raw]) -> Observed:
    """Typed facts; DHCP that was not understood is in `problems`."""
    role = {Role.SERVER: MessageRole.SERVER, Role.CLIENT: MessageRole.CLIENT}.get(
        node.role, MessageRole.RELAY
    )
    clock = device_clock(raw.get(CLOCK.name))
    texts = [raw.get(probe.name) for probe in (LOG, BINDINGS, STATISTICS, LEASE)]
    parts = [reading.records(log.parse, text, node.name, role, clock or reading.NO_CLOCK) for text in texts]
    parts[1] = replace(parts[1], bindings=tuple(_held(b, clock) for b in parts[1].bindings))
    found = tuple(addresses(node, raw[ADDRESSES.name])) if ADDRESSES.name in raw else ()
    own = Observed(
        ospf=tuple(neighbors(node, raw[OSPF.name])) if OSPF.name in raw else (),
        addresses=found,
        hardware=tuple(hardware(node, raw[HARDWARE.name])) if HARDWARE.name in raw else (),
        routes=tuple(routes(node, raw[ROUTES.name])) if ROUTES.name in raw else (),
        daemons=tuple(service(node, raw[SERVICE.name])) if SERVICE.name in raw else (),
    )
    return Observed.total([*parts, own, overlay.observe(node, raw, {a.interface: a.vrf for a in found})])


def device_clock(raw: Raw | None) -> reading.DeviceClock | None:
    """`show clock`, against the clock of whoever asked; None where that is not known."""
    match = _CLOCK.search(raw.text) if raw is not None else None
    if raw is None or match is None or not raw.at or match["month"] not in MONTHS:
        return None
    year, month = int(match["year"]), MONTHS.index(match["month"]) + 1
    hour, minute, second = (int(part) for part in match["time"].split(":"))
    own = timegm((year, month, int(match["day"]), hour, minute, second))
    return reading.DeviceClock(year, raw.at - own - float(f"0{match['fraction'] or '.0'}"))


def _held(binding: Binding, clock: reading.DeviceClock | None) -> Binding:
    """A binding on labgen's clock. IOS shows the minute it ends in, and none that has ended."""
    if binding.expires is None or clock is None:
        return replace(binding, expires=None)
    return replace(binding, expires=binding.expires + MINUTE + clock.ahead)


def service(node: NodePlan, raw: Raw) -> Iterator[DaemonState]:
    """Part of the running configuration, which names the service only where it is off."""
    name, needs = ("server", "ip dhcp pool ") if node.server else ("relay", "ip helper-address ")
    lines = [line.strip() for line in raw.text.splitlines()]
    running = "no service dhcp" not in lines and any(line.startswith(needs) for line in lines)
    yield DaemonState(node.name, name, running, raw.file)


def hardware(node: NodePlan, raw: Raw) -> Iterator[HardwareAddress]:
    """`show interfaces`, the lines with a port's name and its hardware."""
    port = ""
    for line in raw.text.splitlines():
        if start := _PORT.match(line):
            port = start[1]
        elif found := _HARDWARE.match(line):
            yield HardwareAddress(node.name, port, octets(found[1]), raw.file)


def neighbors(node: NodePlan, raw: Raw) -> Iterator[OspfNeighbor]:
    """`show ip ospf neighbor`."""
    for match in filter(None, map(_NEIGHBOR.match, raw.text.splitlines())):
        yield OspfNeighbor(node.name, match["id"], match["port"], match["state"].lower(), raw.file)


def addresses(node: NodePlan, raw: Raw) -> Iterator[InterfaceAddress]:
    """`show ip interface`: the VRF's line comes after the address's."""
    port, address, vrf = "", "", DEFAULT_VRF
    for line in [*raw.text.splitlines(), "end is up, line protocol is up"]:
        if start := _PORT.match(line):
            if address:
                yield InterfaceAddress(node.name, port, vrf, address, raw.file)
            port, address, vrf = start[1], "", DEFAULT_VRF
        elif found := _ADDRESS.match(line):
            address = found[1]
        elif named := _VRF.match(line):
            vrf = named[1]


def routes(node: NodePlan, raw: Raw) -> Iterator[Route]:
    """`show ip route`: a route under `is subnetted` has that line's length."""
    length = "32"
    for line in raw.text.splitlines():
        if parent := _PARENT.match(line):
            length = parent[1]
        elif match := _ROUTE.match(line):
            prefix = IPv4Network(f"{match[1]}/{match[2] or length}", strict=False)
            yield Route(node.name, DEFAULT_VRF, str(prefix), raw.file)


def actions(node: NodePlan) -> dict[str, Action]:
    """Actions of playbooks and of every session: `prepare`, `clear-log` before a step, `restore` at the end."""
    debugs = config.debugs(node)
    found = {"clear-log": Action(("clear logging", ""))}
    if debugs:
        found["prepare"] = Action(debugs)
        found["restore"] = Action(("undebug all",))
    if node.client:
        found |= _client(node.client.interface)
    if node.server or node.relays:
        role = "server" if node.server else "relay"
        found |= stopping(role, configured("no service dhcp"), configured("service dhcp"))
    return found | unplugging(node)


def _client(port: str) -> dict[str, Action]:
    bound = "state: 5 Bound"
    release, renew = f"release dhcp {port}", f"renew dhcp {port}"
    return port_client(port, LEASE.text, bound) | {
        "acquire": Action((release, renew), LEASE.text, bound),
        "bind": Action((renew,), LEASE.text, bound, once=True),
        "renew": Action((renew,)),
        "release": Action((release,)),
    }


READER = Reader(probes, observe, actions)
