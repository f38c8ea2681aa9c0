"""Switches that are Linux with FRR, and ISC's DHCP programs under systemd: what they have in common, whoever packs them.

The texts are FRR's, iproute2's and ISC's own; parsers that labgen's open devices prove every day read them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from labgen.devices import reading
from labgen.devices.base import Action, Probe
from labgen.devices.collected import cables
from labgen.devices.dhclient import leases as client_leases
from labgen.devices.dhclient import log as client_log
from labgen.devices.dhcpd import leases as server_leases
from labgen.devices.dhcpd import log as server_log
from labgen.devices.dhcrelay import log as relay_log
from labgen.devices.frr import state
from labgen.devices.linux import systemd
from labgen.devices.linux.systemd import ROOT
from labgen.devices.observed import Observed, Raw
from labgen.dhcp.logs import LogFormat
from labgen.dhcp.model import MessageRole
from labgen.ground.labplan import NodePlan

RELAY_STATE, RELAY_LOG = "dhcrelay-state", "dhcrelay-log"
SERVER_STATE, SERVER_LOG, SERVER_LEASES = "dhcpd-state", "dhcpd-log", "dhcpd.leases"
CLIENT_LOG, CLIENT_LEASES = "dhclient-log", "dhclient.leases"
_TEXTS = (
    (relay_log.LOG, RELAY_LOG, MessageRole.RELAY),
    (client_log.LOG, CLIENT_LOG, MessageRole.CLIENT),
    (client_leases.LEASES, CLIENT_LEASES, MessageRole.CLIENT),
)
_FAILED = re.compile(r"^(?:sudo|cat|journalctl|-?\w*sh): .*$", re.MULTILINE)
"""What stands in the place of a text that could not be had."""


@dataclass(frozen=True, slots=True)
class ServerProgram:
    """A DHCP server under systemd: a pattern of its units, its name in the journal, its lease file, and what both are like."""

    units: str
    leases: str
    tag: str = "dhcpd"
    log: LogFormat = server_log.LOG
    lease_format: LogFormat = server_leases.LEASES


@dataclass(frozen=True, slots=True)
class IscSwitch:
    """The parts that a reader is made of. `relays` is a pattern of systemd units; `{port}` in `client_leases` stands for the client's
    interface. `client` gives the actions of a client on an interface, `about_relays` are further probes of a relay."""

    relays: str
    server: ServerProgram
    client_leases: str
    client: Callable[[str], Mapping[str, Action]]
    about_relays: tuple[Probe, ...] = ()

    def probes(self, node: NodePlan) -> tuple[Probe, ...]:
        """Probes that are worth asking this node."""
        wanted = [*state.probes(node, ROOT)]
        if node.relays:
            wanted += [systemd.state(RELAY_STATE, self.relays), systemd.journal(RELAY_LOG, "dhcrelay")]
            wanted += self.about_relays
        if node.server:
            wanted += [
                systemd.state(SERVER_STATE, self.server.units),
                systemd.journal(SERVER_LOG, self.server.tag),
            ]
            wanted.append(Probe(SERVER_LEASES, f"{ROOT}cat {self.server.leases}"))
        if node.client:
            port = node.client.interface
            wanted.append(Probe(CLIENT_LEASES, f"{ROOT}cat {self.client_leases.format(port=port)}"))
            wanted.append(systemd.journal(CLIENT_LOG, "dhclient"))
        return tuple(wanted)

    @property
    def texts(self) -> tuple[tuple[LogFormat, str, MessageRole], ...]:
        """Formats of what is collected, with the names of the probes."""
        server = self.server
        return (
            *_TEXTS,
            (server.log, SERVER_LOG, MessageRole.SERVER),
            (server.lease_format, SERVER_LEASES, MessageRole.SERVER),
        )

    def observe(self, node: NodePlan, raw: Mapping[str, Raw]) -> Observed:
        """Typed facts. Texts that cannot be read are named in `problems`."""
        parts = [
            reading.records(format.parse, raw.get(name), node.name, role) for format, name, role in self.texts
        ]
        states = [
            reading.running(raw.get(RELAY_STATE), node.name, "relay"),
            reading.running(raw.get(SERVER_STATE), node.name, "server"),
        ]
        missing = Observed(problems=tuple(self._missing(raw)))
        return Observed.total([state.observe(node, raw), *parts, *states, missing])

    def actions(self, node: NodePlan) -> dict[str, Action]:
        """Actions of playbooks. The configuration is left alone: a port goes down and up in the kernel."""
        found = {"clear-log": systemd.CLEAR_LOG}
        if node.relays:
            found |= systemd.actions("relay", self.relays)
        if node.server:
            found |= systemd.actions("server", self.server.units)
        if node.client:
            found |= self.client(node.client.interface)
        for client, port in cables(node).items():
            found[f"unplug-{client}"] = Action((f"{ROOT}ip link set dev {port} down",), undo="plug")
            found[f"plug-{client}"] = Action((f"{ROOT}ip link set dev {port} up",))
        return found

    def _missing(self, raw: Mapping[str, Raw]) -> Iterator[str]:
        for _, name, _ in self.texts:
            found = _FAILED.search(raw[name].text) if name in raw else None
            if found:
                yield f"{raw[name].file}: not collected ({found[0]})"
