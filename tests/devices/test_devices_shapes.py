"""Shapes that no scenario has, on every vendor's device: what is written is what was meant, or the build is refused with the reason."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml
from devices_specs import planned

from labgen.devices import readback, registry
from labgen.devices.sections import NAME_LENGTH, short
from labgen.ground.errors import SpecError
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.ground.vocabulary import Role
from labgen.plan.build import build
from labgen.spec import load

FULL = "[circuit-id, remote-id, link-selection, server-id-override]"
LONG = "the-segment-of-all-users-on-the-seventh-floor-of-building-forty-2"

SHAPES = {
    "segments with other servers and options": """
segments:
  a: {prefix: 10.9.0.0/23, attach: {sw1: [a1]}, relay: {servers: [s1], options: [circuit-id]}}
  b: {attach: {sw1: [b1]}, relay: {servers: [s1, s2], options: [remote-id]}}
  c: {attach: {sw1: [c1]}, relay: {servers: [s2]}}
""",
    "one segment, two groups of servers": """
segments:
  a: {attach: {sw1: [a1]}, relay: [{servers: [s1], options: [circuit-id]}, {servers: [s2], options: [circuit-id]}]}
""",
    "two groups, two sources of giaddr": f"""
segments:
  a: {{attach: {{sw1: [a1]}}, relay: [{{servers: [s1], source: loopback, options: {FULL}}},
    {{servers: [s2], source: uplink, options: {FULL}}}]}}
""",
    "three VRFs, servers in the default one": f"""
vrfs: {{red: {{}}, blue: {{}}, green: {{}}}}
segments:
  a: {{vrf: red, attach: {{sw1: [a1]}}, relay: {{servers: [s1], source: loopback, options: {FULL}}}}}
  a2: {{vrf: red, attach: {{sw1: [a2c]}}, relay: {{servers: [s1], source: loopback, options: {FULL}}}}}
  b: {{vrf: blue, attach: {{sw1: [b1]}}, relay: {{servers: [s1, s2], source: loopback, options: {FULL}}}}}
  c: {{vrf: green, attach: {{sw1: [c1]}}, relay: {{servers: [s2], source: loopback, options: {FULL}}}}}
""",
    "two groups in two VRFs": f"""
vrfs: {{red: {{}}, mgmt: {{}}}}
segments:
  a: {{vrf: red, attach: {{sw1: [a1]}}, relay: [{{servers: [s1], server_vrf: mgmt, source: loopback, options: {FULL}}},
    {{servers: [s2], source: loopback, options: {FULL}}}]}}
  svc: {{vrf: mgmt, attach: {{sw1: [s1]}}, dhcp: false}}
servers: {{s1: {{}}, s2: sw1}}
""",
    "servers inside two VRFs": """
vrfs: {red: {}, blue: {}}
segments:
  a: {vrf: red, attach: {sw1: [a1]}, relay: {servers: [s1], server_vrf: red, options: [circuit-id]}}
  as: {vrf: red, attach: {sw1: [s1]}, dhcp: false}
  b: {vrf: blue, attach: {sw1: [b1]}, relay: {servers: [s2], server_vrf: blue, options: [circuit-id]}}
  bs: {vrf: blue, attach: {sw1: [s2]}, dhcp: false}
servers: {s1: {}, s2: {}}
""",
    "two VRFs with one prefix": """
vrfs: {red: {}, blue: {}}
segments:
  a: {vrf: red, prefix: 10.5.0.0/24, attach: {sw1: [a1]}, pool: {range: 10.5.0.10-10.5.0.20},
    relay: {servers: [s1], source: loopback, options: [link-selection, server-id-override, vss]}}
  b: {vrf: blue, prefix: 10.5.0.0/24, attach: {sw1: [b1]}, pool: {range: 10.5.0.30-10.5.0.40},
    relay: {servers: [s1], source: loopback, options: [link-selection, server-id-override, vss]}}
servers: {s1: sw1}
""",
    "a campus with trunks and VRRP": """
switches: [sw1, core-2, access-1]
links: [sw1-core-2, sw1-access-1, core-2-access-1]
segments:
  users: {vlan: 10, prefix: 10.1.1.0/24, gateway: {address: 10.1.1.254, protocol: vrrp, nodes: {sw1: 10.1.1.201, core-2: 10.1.1.202}},
    bridge: [access-1], attach: {access-1: [pc1]}, relay: {servers: [s1, s2], options: [circuit-id]}}
  voice: {vlan: 20, prefix: 10.1.2.0/25, gateway: {address: 10.1.2.126, nodes: [sw1]}, bridge: [access-1],
    attach: {access-1: [ph1]}, relay: {servers: [s1, s2], options: [circuit-id]}}
servers: {s1: sw1, s2: core-2}
""",
    "eBGP between switches": """
switches: [sw1, l2, sp]
links: [sw1-sp, l2-sp]
underlay: {protocol: ebgp, asn: {sw1: 4200000001, l2: 4200000002, sp: 65000}}
segments:
  a: {attach: {sw1: [a1]}, relay: {servers: [s1], options: [circuit-id]}}
servers: {s1: l2}
""",
    "long names": f"""
segments:
  {LONG[:63]}: {{attach: {{sw1: [the-computer-of-the-director-of-everything]}}, relay: {{servers: [s1], options: [circuit-id]}}}}
""",
}  # fmt: skip

VENDORS = [name for name, device in registry.everything().items() if not device.facts.embedded]
SWITCHES = [
    *(name for name in VENDORS if Role.SWITCH in registry.get(name).facts.roles),
    "cumulus_nvue:5.14",
    "cumulus_nvue:5.15",
    "vyos:1.4",
]
SERVERS = [
    *(name for name in VENDORS if Role.SERVER in registry.get(name).facts.roles),
    "cumulus_nvue:5.14",
    "vyos:1.4",
]


REFUSED = {
    "segments with other servers and options": (
        "arubacx",
        "cumulus_nvue",
        "eos",
        "nxos",
        "vyos",
        "cumulus_nvue:5.14",
        "cumulus_nvue:5.15",
        "vyos:1.4",
    ),
    "one segment, two groups of servers": (),
    "two groups, two sources of giaddr": (
        "arubacx",
        "cat8000v",
        "csr",
        "cumulus_nvue",
        "dellos10",
        "iol",
        "iosv",
        "nxos",
        "sonic",
        "srlinux",
        "sros",
        "vjunos-router",
        "vjunos-switch",
        "vptx",
        "vyos",
        "cumulus_nvue:5.14",
        "cumulus_nvue:5.15",
        "vyos:1.4",
    ),
    "three VRFs, servers in the default one": (
        "cumulus_nvue",
        "sonic",
        "srlinux",
        "sros",
        "vyos",
        "cumulus_nvue:5.14",
        "cumulus_nvue:5.15",
        "vyos:1.4",
    ),
    "two groups in two VRFs": (
        "cat8000v",
        "csr",
        "cumulus_nvue",
        "dellos10",
        "iol",
        "iosv",
        "nxos",
        "sonic",
        "srlinux",
        "sros",
        "vjunos-router",
        "vjunos-switch",
        "vptx",
        "vyos",
        "cumulus_nvue:5.14",
        "cumulus_nvue:5.15",
        "vyos:1.4",
    ),
    "servers inside two VRFs": ("sonic", "vyos", "vyos:1.4"),
    "two VRFs with one prefix": (
        "cumulus_nvue",
        "dellos10",
        "sonic",
        "srlinux",
        "sros",
        "vjunos-router",
        "vjunos-switch",
        "vptx",
        "vyos",
        "cumulus_nvue:5.14",
        "cumulus_nvue:5.15",
        "vyos:1.4",
    ),
    "a campus with trunks and VRRP": ("iosv", "iosxr", "sonic", "srlinux"),
    "eBGP between switches": ("nxos",),
    "long names": (),
}
"""Switches that cannot do a shape, each for a reason that `refused.txt` or the device's facts have."""


def spec(shape: str) -> str:
    text = SHAPES.get(shape, shape).strip("\n")
    servers = "" if "\nservers:" in text else "servers: {s1: sw1, s2: sw1}\n"
    switches = "" if "switches:" in text else "switches: [sw1]\n"
    return f"name: shape\n{switches}{text}\n{servers}"


def built(shape: str, folder: Path, **devices: str) -> LabPlan | list[str]:
    """The plan, or the reasons of a refusal."""
    try:
        return planned(spec(shape), folder, devices)
    except SpecError as error:
        return [problem.reason for problem in error.problems]


def texts(plan: LabPlan, node: NodePlan) -> str:
    return "\n".join(file.text for file in registry.get(node.device).artifacts(plan, node))


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


class _Unique(yaml.SafeLoader):
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
    names = re.findall(r"(?:pool-name:|pool|shared-network-name|subnet) ([\w.-]+)", text)
    assert max(map(len, names)) <= NAME_LENGTH
    assert set(names) >= {"b", short(LONG[:63])} or len(set(names)) == 2  # EOS and IOS name pools by prefix


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
