"""Questions to a node with a program of the user's own: to the kernel and FRR, not to the program."""

from __future__ import annotations

from collections.abc import Mapping

from labgen.devices import reading
from labgen.devices.base import Action, Probe, Reader
from labgen.devices.frr import gateway, state
from labgen.devices.linux import client, kernel, ports, process
from labgen.devices.observed import Observed, Raw
from labgen.devices.program.device import OUTPUT, daemon, runs
from labgen.ground.labplan import NodePlan
from labgen.ground.vocabulary import Role

STATE = "program-state"
LOG_FILE = Probe("program.log", OUTPUT, "file")


def probes(node: NodePlan) -> tuple[Probe, ...]:
    if node.role is Role.CLIENT:
        return (*kernel.HOST, LOG_FILE)
    own = (process.state(STATE, daemon(node)), LOG_FILE) if runs(node) else ()
    return (*state.probes(node), *own)


def observe(node: NodePlan, raw: Mapping[str, Raw]) -> Observed:
    """Facts of the kernel and FRR. The program's log is kept for people to read."""
    if node.role is Role.CLIENT:
        return kernel.observe(node, raw)
    role = "relay" if node.role is Role.SWITCH else "server"
    return Observed.total([state.observe(node, raw), reading.running(raw.get(STATE), node.name, role)])


def actions(node: NodePlan) -> Mapping[str, Action]:
    if node.role is Role.SERVER:
        return process.actions("server", daemon(node))
    if node.role is Role.SWITCH:
        own = process.actions("relay", daemon(node)) if runs(node) else {}
        return own | ports.actions(node) | gateway.actions(node)
    return _client(node)


def _client(node: NodePlan) -> dict[str, Action]:
    """A client is bound when its log says so; without a word for that, the wire tells."""
    assert node.client is not None and node.program is not None
    port = node.client.linux
    log = node.program.log or OUTPUT
    known = client.ClientDaemon(daemon(node), port, log, node.program.ready, "rm -rf /var/lib/program/*")
    found = client.actions(known)
    if not node.program.ready:
        found |= {name: found[name]._replace(watch="", done="") for name in ("acquire", "bind", "reboot")}
    return found


READER = Reader(probes, observe, actions)
