"""What is read from a section vendor's switch is enough for the control plane to be judged, either way."""

from __future__ import annotations

from pathlib import Path

import devices_texts as texts
import pytest
from devices_specs import EVPN, planned

from labgen.devices import readers
from labgen.devices.observed import Raw
from labgen.verify.check import Subject
from labgen.verify.checks import control_plane
from labgen.verify.facts import Facts
from labgen.verify.judgement import Judgement

CX = {
    "show-ip-route-all-vrfs": texts.CX_ROUTES,
    "show-ip-ospf-neighbors": texts.CX_NEIGHBORS,
    "show-bgp-l2vpn-evpn-summary": texts.CX_SUMMARY,
    "show-interface-vxlan1": texts.CX_VXLAN,
    "show-evpn-mac-ip": texts.CX_MACS,
    "show-dhcp-relay": texts.CX_RELAY,
}
OS10 = {
    "show-ip-route": texts.OS10_ROUTES,
    "show-ip-route-vrf-client": texts.OS10_ROUTES_CLIENT,
    "show-ip-ospf-neighbor": texts.OS10_NEIGHBORS,
    "show-ip-bgp-l2vpn-evpn-summary": texts.OS10_SUMMARY,
    "show-nve-remote-vtep": texts.OS10_VTEPS,
    "show-mac-vni-11000": texts.OS10_MACS,
}
SPOILT = (
    ("INIT/DROTHER", "INIT"),  # the second neighbor is sw1's server, and not full
    ("172.16.0.2", "172.16.0.99"),
    ("10.0.0.3", "10.0.0.9"),
)


def judged(
    device: str, known: dict[str, str], folder: Path, *changes: tuple[str, str]
) -> dict[str, Judgement]:
    """Judgements on sw1 of a fabric, from texts with changes made to them."""
    plan = planned(EVPN, folder, {"switch": device})
    mac = plan.node("cl_b").interfaces[0].mac
    raw = {}
    for name, text in known.items():
        for old, new in (("10.0.0.4", "10.0.0.1"), ("02:01:00:00:00:05", mac), *changes):
            text = text.replace(old, new)
        raw[name] = Raw(text, f"raw/sw1/{name}.txt")
    facts = Facts(plan, readers.get(device).observe(plan.node("sw1"), raw))
    switch, segment = Subject(switch="sw1"), Subject(switch="sw1", segment="cv1")
    return {
        "ospf": control_plane.ospf(switch, facts),
        "session": control_plane.evpn_session(switch, facts),
        "vni": control_plane.vni(segment, facts),
        "vtep": control_plane.vtep(segment, facts),
        "gateway": control_plane.gateway(segment, facts),
        "mac": control_plane.mac(Subject(switch="sw1", client="cl_b"), facts),
    }


@pytest.mark.parametrize(("device", "known"), [("arubacx", CX), ("dellos10", OS10)])
def test_healthy_switch_passes(device: str, known: dict[str, str], tmp_path: Path) -> None:
    found = judged(device, known, tmp_path, ("INIT", "FULL"))
    assert {name: judgement.outcome for name, judgement in found.items()} == dict.fromkeys(found, "pass")


@pytest.mark.parametrize(("device", "known"), [("arubacx", CX), ("dellos10", OS10)])
def test_sick_switch_fails(device: str, known: dict[str, str], tmp_path: Path) -> None:
    found = judged(device, known, tmp_path, *SPOILT)
    expected = dict.fromkeys(found, "fail") | {"vni": "pass"}
    assert {name: judgement.outcome for name, judgement in found.items()} == expected


CX_DEFAULT = {"show-ip-route-all-vrfs": texts.CX_ROUTES.replace("VRF: client", "VRF: default")}
OS10_DEFAULT = {"show-ip-route": texts.OS10_ROUTES_CLIENT, "show-ip-route-vrf-client": ""}


@pytest.mark.parametrize(
    ("device", "known"), [("arubacx", CX | CX_DEFAULT), ("dellos10", OS10 | OS10_DEFAULT)]
)
def test_vlan_interface_in_another_vrf_fails(device: str, known: dict[str, str], tmp_path: Path) -> None:
    found = judged(device, known, tmp_path)
    assert (found["vni"].outcome, found["gateway"].outcome) == ("fail", "fail")
