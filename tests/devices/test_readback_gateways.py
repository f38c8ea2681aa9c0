"""Gateways that move between switches, by VRRP or HSRP, as they are read back, and who refuses them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from devices_shapes import SHAPES, built, texts

from labgen.devices.readback import switches
from labgen.ground.errors import SpecError
from labgen.ground.labplan import LabPlan
from labgen.plan.build import build
from labgen.spec import load


def test_eos_and_ios_xe_tag_vlans_between_switches_and_move_the_gateway(tmp_path: Path) -> None:
    plan = built("a campus with trunks and VRRP", tmp_path, switch="eos")
    assert isinstance(plan, LabPlan)
    eos = texts(plan, plan.node("sw1"))
    assert "switchport trunk allowed vlan 10,20" in eos
    assert [line.strip() for line in eos.splitlines() if "vrrp" in line] == [
        "vrrp 10 priority-level 200",
        "vrrp 10 ipv4 version 3",
        "vrrp 10 ipv4 10.1.1.254",
    ]
    plan = built("a campus with trunks and VRRP", tmp_path, switch="cat8000v")
    assert isinstance(plan, LabPlan)
    ios = texts(plan, plan.node("sw1"))
    assert ios.count("rewrite ingress tag pop 1 symmetric") == 2
    assert re.search(
        r"interface BDI10\n(?: .*\n)*? vrrp 10 address-family ipv4\n  priority 200\n  address 10.1.1.254 primary\n",
        ios,
    )
    assert "10.1.2.126" not in re.findall(r"  address (\S+) primary", ios)
    bridging = texts(plan, plan.node("access-1"))
    assert "interface BDI" not in bridging
    assert "bridge-domain 20" in bridging


def test_ios_xe_and_nxos_move_a_gateway_by_hsrp_whose_group_is_the_vlan(tmp_path: Path) -> None:
    plan = built("a campus with HSRP", tmp_path, switch="cat8000v")
    assert isinstance(plan, LabPlan)
    for name, priority in (("sw1", 200), ("core-2", 190)):
        ios = texts(plan, plan.node(name))
        assert [line.strip() for line in ios.splitlines() if "standby" in line or "vrrp" in line] == [
            "standby version 2",
            "standby 310 ip 10.1.1.254",
            f"standby 310 priority {priority}",
            "standby 310 preempt",
        ]
    assert "standby" not in texts(plan, plan.node("access-1"))
    plan = built("a campus with HSRP", tmp_path, switch="nxos")
    assert isinstance(plan, LabPlan)
    assert (
        "interface vlan310\n  hsrp version 2\n  hsrp 310\n    preempt\n    priority 190\n    ip 10.1.1.254\n"
        in texts(plan, plan.node("core-2"))
    )
    assert "feature hsrp" not in texts(plan, plan.node("access-1"))
    (port,) = [each for each in plan.node("sw1").interfaces if each.vrrp]
    assert port.vrrp is not None
    assert port.vrrp.mac == "00:00:0c:9f:f1:36"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        pytest.param(
            " standby version 2\n", "", "HSRP has version 1, planned 2", id="groups up to 255 alone"
        ),
        pytest.param("standby 310", "standby 301", "HSRP has group 301, planned 310", id="another group"),
        pytest.param(
            "ip 10.1.1.254", "ip 10.1.1.253", "HSRP has address 10.1.1.253, planned 10.1.1.254", id="address"
        ),
        pytest.param("priority 200", "priority 90", "HSRP has priority 90, planned 200", id="priority"),
        pytest.param(" standby 310 preempt\n", "", "HSRP takes nothing back from", id="no preemption"),
        pytest.param("standby", "no standby", "BDI310 is in no group of HSRP", id="none"),
    ],
)
def test_hsrp_that_is_configured_otherwise_is_told_from_the_plan(
    old: str, new: str, said: str, tmp_path: Path
) -> None:
    plan = built("a campus with HSRP", tmp_path, switch="csr")
    assert isinstance(plan, LabPlan)
    text = switches.text(plan, plan.node("sw1"))
    assert switches.differences(plan, plan.node("sw1"), text) == []
    assert old in text
    found = switches.differences(plan, plan.node("sw1"), text.replace(old, new))
    assert len(found) == 1
    assert said in found[0]


def test_devices_without_hsrp_say_what_to_write_instead(tmp_path: Path) -> None:
    file = tmp_path / "campus.yml"
    file.write_text(f"name: campus\n{SHAPES['a campus with HSRP']}")
    with pytest.raises(SpecError) as caught:
        build(load.load(str(file), {"switch": "frr"}))
    (problem,) = caught.value.problems
    assert "`frr` has no HSRP, which is Cisco's own protocol, that labgen could configure" in problem.reason
    assert problem.remedy == "write `protocol: vrrp` or `anycast`, or use one of: cat8000v, csr, iol, nxos"
    file.write_text(file.read_text().replace("protocol: hsrp", "protocol: vrrp"))
    assert build(load.load(str(file), {"switch": "frr"})).segments[0].protocol == "vrrp"
