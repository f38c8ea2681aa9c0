"""Shapes that no scenario has, on every vendor's device: what is written is what was meant, or the build is refused with the reason."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from devices_shapes import FULL, LONG, REFUSED, SERVERS, SHAPES, SWITCHES, built, texts

from labgen.devices import readback, registry
from labgen.devices.sections import NAME_LENGTH, short
from labgen.ground.errors import SpecError
from labgen.ground.labplan import LabPlan
from labgen.plan.build import build
from labgen.spec import load


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("switch", SWITCHES)
def test_a_switch_is_told_what_is_meant_or_the_build_is_refused(
    switch: str, shape: str, tmp_path: Path
) -> None:
    plan = built(shape, tmp_path, switch=switch)
    if isinstance(plan, list):
        assert all(f"`{switch}` " in reason or "`kea` is not told the VRF" in reason for reason in plan)
        assert switch in REFUSED[shape]
        return
    assert switch not in REFUSED[shape]
    node = plan.node("sw1")
    assert readback.differences(plan, node, readback.text(plan, node)) == []


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("device", [*SWITCHES, *SERVERS])
def test_no_key_of_a_configuration_in_yaml_stands_twice(device: str, shape: str, tmp_path: Path) -> None:
    role = "switch" if device in SWITCHES else "server"
    plan = built(shape, tmp_path, **{role: device})
    if not isinstance(plan, LabPlan):
        return
    for node in plan.nodes:
        for file in registry.get(node.device).artifacts(plan, node):
            if file.path.endswith(".yml"):
                yaml.load(file.text, Loader=_Unique)


_Unique: Any = type("_Unique", (getattr(yaml, "CSafeLoader", yaml.SafeLoader),), {})
"""Refuses a mapping with one key twice, of which YAML itself takes the last."""


def _mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[object, object]:
    keys = Counter(loader.construct_object(key) for key, _ in node.value)
    assert max(keys.values(), default=1) == 1, f"twice: {keys}"
    return loader.construct_mapping(node, deep=True)


_Unique.add_constructor("tag:yaml.org,2002:map", _mapping)


@pytest.mark.parametrize("device", SERVERS)
def test_a_server_has_one_pool_for_each_segment_under_a_name_that_devices_take(
    device: str, tmp_path: Path
) -> None:
    plan = built(
        SHAPES["segments with other servers and options"].replace("  c:", f"  {LONG[:63]}:"),
        tmp_path,
        server=device,
    )
    if isinstance(plan, list):
        assert "binds one pool to the port" in plan[0]
        return
    text = texts(plan, plan.node("s2"))
    names = re.findall(r"(?:pool-name: |pool |shared-network-name |subnet |'(?=[\d.]+/))([\w.-]+)", text)
    assert max(map(len, names)) <= NAME_LENGTH
    assert set(names) >= {"b", short(LONG[:63])} or len(set(names)) == 2  # some name pools by prefix


def test_names_that_begin_alike_stay_two() -> None:
    first, second = short(f"{LONG}-east"), short(f"{LONG}-west")
    assert first != second
    assert {len(first), len(second)} == {NAME_LENGTH}
    assert short("users") == "users"


def test_ios_keeps_the_pools_of_two_tenants_apart(tmp_path: Path) -> None:
    """A second `ip dhcp pool` of the same name would move the first into the other VRF."""
    plan = built("two VRFs with one prefix", tmp_path, switch="csr", server="csr")
    assert isinstance(plan, LabPlan)
    lines = texts(plan, plan.node("s1")).splitlines()
    pools = [line for line in lines if line.startswith("ip dhcp pool ")]
    assert pools == ["ip dhcp pool p_10.5.0.0_red", "ip dhcp pool p_10.5.0.0_blue"]
    assert "vrf definition red" not in lines  # the recorded server names VRFs that it does not define
    assert lines[lines.index(pools[1]) + 1] == " vrf blue"


@pytest.mark.parametrize("switch", ["eos", "cat8000v", "iol"])
def test_descriptions_are_no_longer_than_a_device_takes(switch: str, tmp_path: Path) -> None:
    clients = ", ".join(f"client-number-{number}-of-the-many-in-one-segment" for number in range(9))
    plan = built(
        f"overlay: {{control: evpn, asn: 4200000001}}\nsegments:\n  {LONG[:63]}: {{gateway: anycast, attach: {{sw1: [{clients}]}}, "
        f"vni: 10010, relay: {{servers: [s1], source: loopback, options: {FULL}}}}}",
        tmp_path,
        switch=switch,
    )
    assert isinstance(plan, LabPlan)
    text = texts(plan, plan.node("sw1"))
    longest = max(len(line.strip()) for line in text.splitlines() if "description" in line)
    assert 150 < longest <= len("description ") + 200
    assert max((len(name) for name in re.findall(r"^   name (\S+)$", text, re.M)), default=0) <= 32


def test_ios_xr_relays_on_the_planned_interfaces_alone(tmp_path: Path) -> None:
    """A profile bound to a VRF would relay on the servers' segment of the VRF, too."""
    plan = built("servers inside two VRFs", tmp_path, switch="iosxr")
    assert isinstance(plan, LabPlan)
    node = plan.node("sw1")
    bound = re.findall(r"^ (interface|vrf) (\S+) relay profile", texts(plan, node), re.M)
    assert bound == [("interface", relay.interface) for relay in node.relays]


@pytest.mark.parametrize(
    ("switch", "most"), [("srlinux", 8), ("sros", 8), ("vjunos-switch", 5), ("vptx", 5), ("arubacx", 8)]
)
def test_more_servers_than_an_interface_takes_are_refused_with_the_source(
    switch: str, most: int, tmp_path: Path
) -> None:
    names = [f"s{number}" for number in range(most + 1)]
    shape = (
        "segments:\n  a: {attach: {sw1: [a1]}, relay: {servers: [%s], options: [circuit-id]}}\nservers: {%s}"
    )
    reasons = built(
        shape % (", ".join(names), ", ".join(f"{name}: sw1" for name in names)), tmp_path, switch=switch
    )
    assert isinstance(reasons, list)
    assert (
        f"relays an interface to {most} servers at most, and segment `a` has {most + 1}, says " in reasons[0]
    )
    fewer = names[:-1]
    plan = built(
        shape % (", ".join(fewer), ", ".join(f"{name}: sw1" for name in names)), tmp_path, switch=switch
    )
    assert isinstance(plan, LabPlan)


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
    text = readback.text(plan, plan.node("sw1"))
    assert readback.differences(plan, plan.node("sw1"), text) == []
    assert old in text
    found = readback.differences(plan, plan.node("sw1"), text.replace(old, new))
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


@pytest.mark.parametrize("switch", ["eos", "csr", "iosv"])
def test_ebgp_sessions_are_over_links_and_tell_of_a_server_behind_a_static_route(
    switch: str, tmp_path: Path
) -> None:
    plan = built("eBGP between switches", tmp_path, switch=switch)
    assert isinstance(plan, LabPlan)
    text = texts(plan, plan.node("l2"))
    assert "router bgp 4200000002" in text
    assert re.search(r"neighbor 10\.1\.0\.10 remote-as 65000", text)
    assert "redistribute static" in text
    assert re.search(r"ip route 10\.0\.0\.1(/32| 255\.255\.255\.255) 10\.1\.0\.1\b", text)
    assert not re.search(r"evpn|ospf", text)


@pytest.mark.parametrize("switch", ["cat8000v", "vjunos-switch"])
def test_evpn_over_ebgp_is_refused_where_it_cannot_be_configured(switch: str, tmp_path: Path) -> None:
    reasons = built(
        "switches: [sw1, sw2]\nlinks: [sw1-sw2]\nunderlay: ebgp\noverlay: {control: evpn}\nsegments:\n"
        "  a: {attach: {sw1: [a1], sw2: [a2]}, relay: {servers: [s1], options: [circuit-id]}}\nservers: {s1: sw1}",
        tmp_path,
        switch=switch,
    )
    assert isinstance(reasons, list)
    assert "carries EVPN over no session of eBGP that labgen could configure, says " in reasons[0]


def test_bgp_over_links_without_addresses_is_refused_but_on_frr(tmp_path: Path) -> None:
    shape = SHAPES["eBGP between switches"].replace("ebgp,", "ebgp, unnumbered: true,")
    reasons = built(shape, tmp_path, switch="eos")
    assert isinstance(reasons, list)
    assert "speaks no BGP over links without addresses" in reasons[0]
    assert isinstance(built(shape, tmp_path, switch="frr"), LabPlan)


@pytest.mark.parametrize(("server", "gateway"), [("csr", "0.0.0.0 0.0.0.0"), ("eos", "0.0.0.0/0")])
def test_a_server_on_two_segments_has_a_way_out_by_each(server: str, gateway: str) -> None:
    """The second is for when the first is gone."""
    plan = build(load.load("evpn-relay-v2", {"server": server}))
    routes = [line for line in texts(plan, plan.node("srv")).splitlines() if line.startswith("ip route ")]
    assert routes == [f"ip route {gateway} 172.16.0.3", f"ip route {gateway} 172.16.1.4 100"]
