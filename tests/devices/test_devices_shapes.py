"""Shapes that no scenario has, on every vendor's device: what is written is what was meant, or the build is refused with the reason."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from devices_shapes import FULL, LONG, REFUSED, SERVERS, SHAPES, SWITCHES, built, texts

from labgen.devices import registry
from labgen.devices.readback import switches
from labgen.devices.sections import NAME_LENGTH, short
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
    assert switches.differences(plan, node, switches.text(plan, node)) == []


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


@pytest.mark.parametrize(("server", "gateway"), [("csr", "0.0.0.0 0.0.0.0"), ("eos", "0.0.0.0/0")])
def test_a_server_on_two_segments_has_a_way_out_by_each(server: str, gateway: str) -> None:
    """The second is for when the first is gone."""
    plan = build(load.load("evpn-relay-v2", {"server": server}))
    routes = [line for line in texts(plan, plan.node("srv")).splitlines() if line.startswith("ip route ")]
    assert routes == [f"ip route {gateway} 172.16.0.3", f"ip route {gateway} 172.16.1.4 100"]
