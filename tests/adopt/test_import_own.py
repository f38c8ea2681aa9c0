"""A topology that labgen wrote becomes a spec that builds the same network; what it does not have is listed."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from labgen.adopt.netlab import write
from labgen.adopt.netlab.translate import Imported
from labgen.ground.labplan import LabPlan
from labgen.plan.build import build
from labgen.render import netlab
from labgen.spec.load import load

ROOT = Path(__file__).parents[2]
SPECS = sorted([*(ROOT / "examples" / "designs").glob("*.yml"), *(ROOT / "topologies").glob("*.yml")])
LOST = {
    **{key: {"DHCP snooping"} for key in ("access-snooping", "chain-snoop", "hotel-ports", "leaf-snoops", "wifi-phones")},
    "ot-plant": {"DHCP snooping", "expectations"},
    **{key: {"routers beyond the fabric", "DHCP snooping"} for key in ("bng", "fibre-lines")},
    "border-firewall": {"routers beyond the fabric"},
    "my-relay": {"programs of one's own"},
    **{key: {"faults"} for key in ("dci", "hub-and-spoke-loss", "two-evpn-sites")},
    **{key: {"expectations"} for key in ("anycast-giaddr-trap", "shared-pool-trap")},
}  # fmt: skip
"""What of a spec its topology does not have."""


def again(plan: LabPlan, folder: Path) -> tuple[LabPlan, Imported]:
    """The plan of the spec that is read from the plan's topology."""
    (text,) = (each.text for each in netlab.artifacts(plan) if each.path == "topology.yml")
    (folder / "topology.yml").write_text(text)
    found = write.imported(folder / "topology.yml")
    (folder / "spec.yml").write_text(write.text(found, "topology.yml"))
    return build(load(str(folder / "spec.yml"))), found


def addresses(plan: LabPlan, apart: frozenset[str]) -> dict[str, set[tuple[str, str]]]:
    """Addresses of every node that are not DHCP's, with their VRFs; but of `apart`."""
    return {
        node.name: {
            (str(port.address), port.vrf) for port in node.interfaces if port.address and not port.dhcp
        }
        for node in plan.nodes
        if node.name not in apart
    }


def relaying(plan: LabPlan) -> set[tuple[str, str, str, str, str]]:
    return {
        (segment.name, node.name, target.server, target.vrf, str(relay.giaddr))
        for segment in plan.segments
        for node, relay in plan.relays(segment.name)
        for target in relay.targets
    }


def service(plan: LabPlan) -> dict[tuple[str, str], tuple[object, ...]]:
    """What every server hands out, by segment."""
    return {
        (node.name, scope.segment): (
            scope.every_range, scope.lease, scope.renew, scope.rebind, scope.shortest, scope.longest, scope.classes,
            {option.code: option.data for option in scope.options},
            [(str(kept.address), kept.client, kept.circuit_id, kept.lease) for kept in scope.reservations],
        )
        for node in plan.nodes
        for scope in (node.server.scopes if node.server else ())
    }  # fmt: skip


SHAPE = (
    "name", "vrf", "prefix", "gateway", "vlan", "vni", "protocol", "routers", "clients", "servers",
    "mode", "dhcp", "secondary", "stretched",
)  # fmt: skip
"""What makes a segment."""


def shape(plan: LabPlan) -> list[tuple[object, ...]]:
    return [tuple(getattr(segment, key) for key in SHAPE) for segment in plan.segments]


@pytest.mark.slow
@pytest.mark.parametrize("file", SPECS, ids=lambda file: file.stem)
def test_the_topology_of_a_spec_is_read_back_as_the_same_network(file: Path, tmp_path: Path) -> None:
    plan = build(load(str(file)))
    other, found = again(plan, tmp_path)
    assert {each.partition(":")[0] for each in found.lost} == LOST.get(file.stem, set())
    apart = frozenset(node.name for node in plan.nodes if node.external or node.handovers)
    assert addresses(other, apart) == addresses(plan, apart)
    assert relaying(other) == relaying(plan)
    assert service(other) == service(plan)
    assert shape(other) == shape(plan)
    assert (other.name, other.underlay, other.overlay, other.playbooks) == (
        plan.name,
        plan.underlay,
        plan.overlay,
        plan.playbooks,
    )
    leaks = [{leak.vrfs for node in each.nodes for leak in node.leaks} for each in (plan, other)]
    assert leaks[0] == leaks[1] or "routers beyond the fabric" in LOST.get(file.stem, ())


def test_what_somebody_changed_in_the_topology_is_in_the_spec(tmp_path: Path) -> None:
    """A link more, another device: netlab's part is read, and not a copy of the old spec."""
    plan = build(load(str(ROOT / "topologies" / "evpn-redundant-server.yml")))
    again(plan, tmp_path)
    text = (tmp_path / "topology.yml").read_text()
    changed = text.replace(
        "\nlinks:\n",
        "\nlinks:\n- {srv1: {ipv4: 10.99.0.1/30}, sw1: {ipv4: 10.99.0.2/30}, type: p2p, prefix.ipv4: 10.99.0.0/30}\n",
    )
    (tmp_path / "topology.yml").write_text(
        changed.replace("role: server, device: kea", "role: server, device: isc-dhcpd", 1)
    )
    (tmp_path / "spec.yml").write_text(write.text(write.imported(tmp_path / "topology.yml"), "topology.yml"))
    other = build(load(str(tmp_path / "spec.yml")))
    assert {str(port.address) for port in other.node("srv1").interfaces} >= {"10.99.0.1/30"}
    assert (other.node("srv1").device, other.node("srv2").device) == ("isc-dhcpd", "kea")


def test_netlab_is_told_that_the_attribute_is_no_mistake(tmp_path: Path) -> None:
    plan = build(load("relay"))
    again(plan, tmp_path)
    data = yaml.safe_load((tmp_path / "topology.yml").read_text())
    assert data["defaults.attributes"]["global.labgen"] == "dict"
    assert data["labgen"]["name"] == "relay"


def test_a_node_may_be_called_what_a_link_has_as_an_attribute(tmp_path: Path) -> None:
    text = "nodes: {dhcp: {device: frr}, r1: {device: frr}}\nlinks:\n- {dhcp: {ipv4: 10.0.0.1/30}, r1: {ipv4: 10.0.0.2/30}}\n"
    (tmp_path / "topology.yml").write_text(text)
    assert write.imported(tmp_path / "topology.yml").data["links"] == [["dhcp", "r1"]]
