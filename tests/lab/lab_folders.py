"""Lab folders for tests: scenarios and small specs, and daemons that only wait."""

from __future__ import annotations

from pathlib import Path

from labgen.devices.base import Daemon, Ready
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.plan.build import build
from labgen.render import folder as lab_folder
from labgen.spec.load import load

FLAGSHIP = "evpn-redundant-server"

ROUTED = """\
name: routed
devices: {switch: frr, server: kea, client: dhclient}
switches: [sw1]
underlay: none
segments:
  lan:
    attach: {sw1: [cl_a, cl_b, cl_c]}
    relay: none
servers: {srv: sw1}
"""

STATIC = """\
name: static
devices: {switch: frr, server: kea, client: dhclient}
switches: [sw1, sw2]
links: [sw1-sw2]
overlay: {data: vxlan, control: static}
segments:
  red:
    attach: {sw1: [cl_a], sw2: [cl_b]}
    relay: {servers: [srv]}
servers: {srv: sw2}
"""

SYMMETRIC = """\
name: symmetric
devices: {switch: frr, server: kea, client: dhclient}
switches: [sw1, sw2]
links: [sw1-sw2]
overlay: {data: vxlan, control: evpn, asn: 65000}
vrfs: {tenant: {transit_vni: 9000}}
segments:
  red:
    vrf: tenant
    attach: {sw1: [cl_a]}
    relay: &relay
      servers: [srv]
      server_vrf: default
      source: loopback
      options: [circuit-id, link-selection, server-id-override]
  blue:
    vrf: tenant
    attach: {sw2: [cl_b]}
    relay: *relay
servers: {srv: sw2}
"""


def plan_of(text: str, place: Path) -> LabPlan:
    """The plan of a spec's text, or of a scenario by name."""
    if "\n" not in text:
        return build(load(text))
    place.mkdir(parents=True, exist_ok=True)
    spec = place / "spec.yml"
    spec.write_text(text)
    return build(load(str(spec)))


def make_folder(text: str, place: Path) -> Path:
    """A built lab folder below `place`."""
    plan = plan_of(text, place)
    target = place / plan.name
    lab_folder.write(plan, target)
    return target


def no_daemons(plan: LabPlan, node: NodePlan) -> tuple[Daemon, ...]:
    """Nodes without anything but their SSH server."""
    return ()


def sleeper(**changes: object) -> Daemon:
    """A daemon that serves at once and does nothing."""
    fields: dict[str, object] = {
        "name": "sleeper",
        "argv": ("sh", "-c", "echo at work; touch /run/serving; exec sleep 1000"),
        "ready": Ready("exists", "/run/serving"),
        "log": "/var/log/sleeper.log",
    }
    return Daemon(**(fields | changes))  # type: ignore[arg-type]
