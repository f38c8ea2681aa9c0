"""Answers that another switch of the segment got, and hands over on it: relays on Linux take them by the client interface."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from labgen.devices import registry
from labgen.ground.labplan import LabPlan
from labgen.plan.build import build
from labgen.spec.load import load

SPEC = """\
name: detour
devices: {{switch: {device}}}
switches: [l1, l2, core]
links: [l1-l2, l1-core, l2-core]
overlay: {{data: vxlan, control: static}}
segments:
  users: {{{how} attach: {{l1: [pc1], l2: [pc2]}}, relay: {{servers: [dhcp]}}}}
  desks: {{attach: {{l1: [pc3]}}, relay: {{servers: [dhcp]}}}}
servers: {{dhcp: core}}
"""


def planned(folder: Path, how: str, device: str = "frr") -> LabPlan:
    file = folder / "detour.yml"
    file.write_text(SPEC.format(how=how, device=device))
    return build(load(str(file)))


SHARED = [
    pytest.param("gateway: anycast,", {"users"}, id="anycast"),
    pytest.param("gateway: switch,", {"users"}, id="each its own address"),
    pytest.param("gateway: {address: 172.16.0.1, nodes: [l1]},", set(), id="one of them routes"),
]
"""How a segment of two switches is routed, and the segments on which answers may come in."""


@pytest.mark.parametrize(("how", "segments"), SHARED)
def test_labgen_relay_is_told_where_answers_may_come_in(how: str, segments: set[str], tmp_path: Path) -> None:
    plan = planned(tmp_path, how)
    (text,) = (file.text for file in registry.files(plan)["l1"] if file.path.endswith("relay.yml"))
    told = {
        each["name"]: each.get("replies_on_segment", False) for each in yaml.safe_load(text)["interfaces"]
    }
    assert told == {relay.linux: relay.segment in segments for relay in plan.node("l1").relays}
    assert len(told) == 2


@pytest.mark.parametrize(("how", "segments"), SHARED)
def test_dhcrelay_hears_servers_where_answers_may_come_in(
    how: str, segments: set[str], tmp_path: Path
) -> None:
    """`-id` is a port for clients alone: what servers say there is dropped."""
    plan = planned(tmp_path, how, "frr-dhcrelay")
    node = plan.node("l1")
    (argv,) = (d.argv for d in registry.get(node.device).daemons(plan, node) if d.name == "dhcrelay")
    told = {argv[n + 1]: word for n, word in enumerate(argv) if word in ("-i", "-id")}
    assert told == {relay.linux: "-i" if relay.segment in segments else "-id" for relay in node.relays}
    assert len(told) == 2
