"""Questions to a DHCP client on Linux and the meaning of its answers, whichever client it is."""

from __future__ import annotations

from collections.abc import Mapping

from labgen.devices import reading
from labgen.devices.base import Probe
from labgen.devices.linux import kernel, reach
from labgen.devices.observed import Observed, Raw
from labgen.dhcp.logs import LogFormat
from labgen.dhcp.model import MessageRole
from labgen.ground.labplan import NodePlan


def observe(node: NodePlan, raw: Mapping[str, Raw], texts: Mapping[Probe, LogFormat]) -> Observed:
    """The kernel's tables, what reachability probes found, and what the client wrote: its leases and its log, each by its probe."""
    written = [
        reading.records(form.parse, raw.get(probe.name), node.name, MessageRole.CLIENT)
        for probe, form in texts.items()
    ]
    return Observed.total([kernel.observe(node, raw), reach.observe(node, raw), *written])
