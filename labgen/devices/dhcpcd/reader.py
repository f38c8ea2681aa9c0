"""Questions to a dhcpcd host, the meaning of its answers, and its actions."""

from __future__ import annotations

from collections.abc import Mapping

from labgen.devices.base import Action, Probe, Reader
from labgen.devices.dhcpcd import leases as lease_file
from labgen.devices.dhcpcd import log as client_log
from labgen.devices.dhcpcd.device import CONFIG, LOG, daemon, inform, lease, port
from labgen.devices.linux import client, kernel, observing, process, reach
from labgen.devices.observed import Observed, Raw
from labgen.ground.labplan import NodePlan

LEASE = "dhcpcd-lease"
LOG_FILE = Probe("dhcpcd.log", LOG, "file")


def probes(node: NodePlan) -> tuple[Probe, ...]:
    return (*kernel.HOST, _lease(node), LOG_FILE)


def _lease(node: NodePlan) -> Probe:
    dump = f"dhcpcd -4 -f {CONFIG} -U {port(node)}"
    # It asks the dhcpcd that runs. Where none does, as after an INFORM, no lease is in force whatever the file holds.
    none = f"{dump} 2>&1 | grep -q 'is not running'"
    return Probe(LEASE, f"if [ -e {lease(node)} ]; then {dump} 2>/dev/null || {none}; fi")


def observe(node: NodePlan, raw: Mapping[str, Raw]) -> Observed:
    texts = {_lease(node): lease_file.LEASES, LOG_FILE: client_log.LOG}
    return observing.observe(node, raw, texts)


def actions(node: NodePlan) -> Mapping[str, Action]:
    """A second dhcpcd tells the first; it finds it only with the same `-4`."""
    known = client.ClientDaemon(daemon(node), port(node), LOG, r": leased \S+ for", f"rm -f {lease(node)}")
    again = Action((f": >{LOG}; {_tell(node, '-N')}",), f"cat {LOG}", r": leased \S+ for")
    return client.actions(known) | {
        "renew": again,
        "rebind": Action((f": >{LOG}; {_tell(node, '-n')}",), again.watch, again.done),
        "inform": Action((f"{process.stop(daemon(node), 'KILL')}; {process.start(inform(node))}",)),
        "release": Action((_tell(node, "-k"),), f"cat {LOG}", "sending RELEASE|exited"),
    }


def _tell(node: NodePlan, option: str) -> str:
    return f"dhcpcd -4 -f {CONFIG} {option} {port(node)} >/dev/null 2>&1"


READER = Reader(probes, observe, actions, reach.probe)
