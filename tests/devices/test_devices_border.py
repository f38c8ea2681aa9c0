"""Border switches of vendors: sessions with external routers, in their VRF, with no communities that would bring routes into another."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from devices_specs import planned

from labgen.devices import registry
from labgen.ground.errors import SpecError
from labgen.ground.vocabulary import Role

FABRIC = """
name: border
switches: [leaf, border]
links: [leaf-border]
overlay: {data: vxlan, control: evpn, asn: 65000}
vrfs: {red: {transit_vni: true}, blue: {transit_vni: true}}
segments:
  desks: {vrf: red, gateway: anycast, attach: {leaf: [pc1]},
    relay: {servers: [dhcp], source: loopback, options: [circuit-id, link-selection, server-id-override]}}
  shop: {vrf: blue, gateway: anycast, attach: {leaf: [pc2]},
    relay: {servers: [dhcp], source: loopback, options: [circuit-id, link-selection, server-id-override]}}
servers: {dhcp: border}
externals:
  fw: {attach: {border: ATTACH}, reaches: [10.9.9.0/24]}
"""
PLAIN = """
name: border
switches: [border]
vrfs: {red: {}}
segments:
  desks: {vrf: red, attach: {border: [pc1]},
    relay: {servers: [dhcp], source: loopback, options: [link-selection, server-id-override]}}
servers: {dhcp: border}
externals:
  fw: {attach: {border: ATTACH}, reaches: [10.9.9.0/24]}
"""
RED = "{vrf: red, address: 10.8.0.1/30, asn: 64999}"
ABLE = sorted(
    name
    for name, device in registry.everything().items()
    if device.facts.fabric.handover and not device.facts.embedded
)
VTEPS = [name for name in ABLE if registry.get(name).facts.fabric.evpn]
OTHERS = sorted(
    name
    for name, device in registry.everything().items()
    if Role.SWITCH in device.facts.roles and not device.facts.embedded and name not in ABLE
)


def config(switch: str, folder: Path, text: str) -> str:
    plan = planned(text, folder, {"switch": switch})
    return "\n".join(file.text for file in registry.get(switch).artifacts(plan, plan.node("border")))


def place(switch: str, text: str, vrf: str) -> str:
    """What BGP is told of a VRF."""
    head = rf"   vrf {vrf}\n" if switch == "eos" else rf" address-family ipv4 vrf {vrf}\n"
    end = r"(?=^   !\n   vrf|^!)" if switch == "eos" else r"(?= exit-address-family)"
    bgp = text[text.index("router bgp ") :]
    found = re.search(rf"^{head}(.*?){end}", bgp, re.M | re.S)
    assert found is not None, bgp
    return found[1]


def test_five_are_borders() -> None:
    assert ABLE == ["cat8000v", "csr", "eos", "iol", "iosv"]


@pytest.mark.parametrize("switch", VTEPS)
def test_a_session_is_in_the_vrf_and_sends_no_communities(switch: str, tmp_path: Path) -> None:
    text = config(switch, tmp_path, FABRIC.replace("ATTACH", RED))
    red = place(switch, text, "red")
    assert re.search(r"^ +neighbor 10\.8\.0\.1 remote-as 64999$", red, re.M)
    assert re.search(r"^ +neighbor 10\.8\.0\.1 activate$", red, re.M)
    assert "redistribute connected" in red
    assert not re.search(r"neighbor 10\.8\.0\.1 .*communit", text), "route targets stay in the fabric"
    assert text.count("neighbor 10.8.0.1 remote-as") == 1
    assert re.search(r"neighbor 10\.0\.0\.\d+ send-community", text), "which EVPN itself needs"


@pytest.mark.parametrize("switch", VTEPS)
def test_a_firewall_in_two_vrfs_brings_no_route_targets_from_one_to_the_other(
    switch: str, tmp_path: Path
) -> None:
    second = RED.replace("red", "blue").replace("10.8.0.1", "10.8.0.5")
    text = config(switch, tmp_path, FABRIC.replace("ATTACH", f"[{RED}, {second}]"))
    for vrf, peer in (("red", "10.8.0.1"), ("blue", "10.8.0.5")):
        assert f"neighbor {peer} remote-as 64999" in place(switch, text, vrf)
        assert not re.search(rf"neighbor {re.escape(peer)} .*communit", text)


@pytest.mark.parametrize("switch", ABLE)
def test_a_switch_without_a_fabric_speaks_bgp_with_the_router_alone(switch: str, tmp_path: Path) -> None:
    text = config(switch, tmp_path, PLAIN.replace("ATTACH", RED))
    assert "neighbor 10.8.0.1 activate" in place(switch, text, "red")
    assert len(re.findall(r"^ +neighbor \S+ remote-as", text, re.M)) == 1
    assert "redistribute bgp" not in text, "what is in a VRF is not OSPF's"


@pytest.mark.parametrize("switch", ABLE)
def test_in_the_default_vrf_ospf_is_told_what_the_router_says(switch: str, tmp_path: Path) -> None:
    text = config(switch, tmp_path, PLAIN.replace("ATTACH", RED.replace("red", "default")))
    assert re.search(r"^ +redistribute bgp", text[text.index("router ospf") :], re.M)
    assert re.search(r"^ +redistribute ospf", text[text.index("router bgp") :], re.M)


@pytest.mark.parametrize("switch", VTEPS)
def test_without_bgp_the_route_is_static_and_the_fabric_is_told(switch: str, tmp_path: Path) -> None:
    text = config(switch, tmp_path, FABRIC.replace("ATTACH", RED.replace(", asn: 64999", "")))
    assert re.search(r"^ip route vrf red 10\.9\.9\.0(/24| 255\.255\.255\.0) 10\.8\.0\.1$", text, re.M)
    assert "redistribute static" in place(switch, text, "red")


@pytest.mark.parametrize("switch", OTHERS)
def test_others_are_refused_with_those_that_can(switch: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="knows no links to external routers") as refused:
        config(switch, tmp_path, PLAIN.replace("ATTACH", RED.replace("red", "default")))
    assert any("use one of: " in each.remedy and "eos" in each.remedy for each in refused.value.problems)


def test_nobody_but_frr_is_the_router_beyond(tmp_path: Path) -> None:
    text = f"{PLAIN.replace('ATTACH', RED)}nodes: {{fw: {{device: eos}}}}\n"
    with pytest.raises(SpecError, match="knows no being an external router"):
        planned(text, tmp_path, {"switch": "eos"})
