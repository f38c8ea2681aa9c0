"""netlab accepts networks that no scenario is: other underlays, trunks, gateways that move, and addresses of the spec's choice."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from members import some
from netlab_runner import Netlab, programs, version

from labgen.devices import registry
from labgen.plan.build import build
from labgen.render import folder
from labgen.spec import load

pytestmark = [
    pytest.mark.netlab,
    pytest.mark.skipif(
        not programs(), reason="networklab is not installed: put netlab on PATH, or name it in LABGEN_NETLAB"
    ),
]

THREE = """
switches: [l1, l2, sp]
links: [l1-sp, l2-sp]
segments:
  a: {attach: {l1: [a1]}, relay: {servers: [s1], options: [circuit-id]}}
servers: {s1: l2}
"""
CAMPUS = """
switches: [core-1, core-2, access-1]
links: [core-1-core-2, core-1-access-1, core-2-access-1]
segments:
  users: {vlan: 10, prefix: 10.1.1.0/24, gateway: {address: 10.1.1.254, protocol: vrrp, nodes: {core-1: 10.1.1.201, core-2: 10.1.1.202}},
    bridge: [access-1], attach: {access-1: [pc1, pc2]}, relay: {servers: [dhcp1, dhcp2], options: [circuit-id]}}
  voice: {vlan: 20, prefix: 10.1.2.0/25, gateway: {address: 10.1.2.126, nodes: [core-1]}, bridge: [access-1],
    attach: {access-1: [ph1]}, relay: {servers: [dhcp1]}}
servers: {dhcp1: core-1, dhcp2: core-2}
"""
MLAG = """
switches: [core, tor1, tor2]
links: [core-tor1, core-tor2, tor1-tor2]
segments:
  hosts: {vlan: 20, gateway: {address: 10.4.2.1, nodes: [core]}, prefix: 10.4.2.0/24, bridge: [tor1, tor2],
    attach: {tor1: [h1, h2], tor2: [h1, h3]}, relay: {servers: [dhcp]}}
servers: {dhcp: core}
"""
SEGMENT = """
switches: [sw1, sw2]
links: [sw1-sw2]
segments:
  local: {attach: {sw1: [a1, s1]}}
  far: {attach: {sw2: [b1]}, relay: {servers: [s1], options: [circuit-id]}}
servers: {s1: {}}
"""
ASN = "underlay: {protocol: ebgp, asn: {l1: 4200000001, l2: 4200000002, sp: 65000}}"
SPECS = {
    "ebgp": ASN + THREE,
    "ebgp-unnumbered": ASN.replace("ebgp,", "ebgp, unnumbered: true,") + THREE,
    "isis": "underlay: isis" + THREE,
    "static": "underlay: static" + THREE,
    "campus": CAMPUS,
    "hsrp": CAMPUS.replace("protocol: vrrp", "protocol: hsrp").replace(", options: [circuit-id]", ""),
    "server-on-a-segment": SEGMENT,
    "mlag": MLAG,
}  # fmt: skip


ASKED_MORE = ("ebgp", "campus", "hsrp", "mlag")
"""Specs with a test of their own, which looks at the addresses as well."""


def lab(name: str, tmp_path: Path, switch: str = "frr") -> dict[str, str]:
    """What netlab renders for a lab, whose addresses it must have as they were planned."""
    file = tmp_path / "spec.yml"
    file.write_text(f"name: shape\ndevices: {{switch: {switch}}}\n{SPECS[name]}")
    plan = build(load.load(str(file)))
    folder.write(plan, tmp_path / "lab")
    netlab = Netlab(programs()[0], tmp_path / "lab")
    found = netlab.create()
    for node in plan.nodes:
        made = registry.get(node.device).facts.fabric.netlab_vlan
        for port in node.interfaces:
            if port.address and not port.dhcp and (made or port.kind != "svi"):
                assert found[node.name].ports[port.name] == str(port.address), port.name
    return netlab.rendered()


@pytest.mark.parametrize("name", some([name for name in SPECS if name not in ASKED_MORE], "ebgp-unnumbered"))
def test_netlab_keeps_every_address_of_the_plan(name: str, tmp_path: Path) -> None:
    lab(name, tmp_path)


def test_ebgp_has_the_as_numbers_of_the_spec_and_tells_of_the_server(tmp_path: Path) -> None:
    rendered = lab("ebgp", tmp_path)
    bgp = text(rendered, "l2", "bgp")
    assert "router bgp 4200000002" in bgp
    assert re.search(r"neighbor 10\.1\.0\.10 remote-as 65000", bgp)
    assert "redistribute static" in bgp
    assert "10.0.0.1/32" in text(rendered, "l2", "routing")
    assert not [file for file in rendered if "evpn" in file]


def test_a_campus_gets_trunks_and_a_gateway_that_moves(tmp_path: Path) -> None:
    rendered = lab("campus", tmp_path)
    gateway = text(rendered, "core-1", "gateway")
    assert "vrrp 10 ip 10.1.1.254" in gateway
    assert "vrrp 10 priority 200" in gateway
    assert "10.1.2.126" not in gateway
    assert not [file for file in rendered if file.startswith("access-1") and "gateway" in file]


@pytest.mark.parametrize(("switch", "said"), some([("csr", "standby 10 ip"), ("nxos", "hsrp 10\n")], "csr"))
def test_netlab_which_knows_no_hsrp_gets_it_from_labgen(switch: str, said: str, tmp_path: Path) -> None:
    rendered = lab("hsrp", tmp_path, switch)
    assert not [file for file in rendered if ".gateway" in file]
    assert said in text(rendered, "core-1", "labgen")
    assert "10.1.1.201" in "".join(found for file, found in rendered.items() if file.startswith("core-1"))


@pytest.mark.parametrize("switch", some(["iosxr", "sonic"], "iosxr"))
@pytest.mark.parametrize("name", some(["campus", "server-on-a-segment", "ebgp"], "campus"))
def test_netlab_is_told_nothing_of_vlans_that_labgen_writes(switch: str, name: str, tmp_path: Path) -> None:
    if switch == "sonic" and version(programs()[0]) < (26, 10):
        pytest.skip("this netlab does not run SONiC in containers")
    rendered = lab(name, tmp_path, switch)
    assert not [file for file in rendered if ".vlan" in file or ".gateway" in file]
    sections = "".join(found for file, found in rendered.items() if ".labgen." in file)
    told = {"iosxr": "bridge-domain VLAN10\n", "sonic": "config vlan add 10\n"}[switch]
    assert (told in sections) == (name == "campus")


@pytest.mark.parametrize(
    ("switch", "pair", "bond"),
    some(
        [
            ("eos", "peer-link port-channel 4094", "mlag 1\n"),
            ("arubacx", "inter-switch-link lag", "multi-chassis"),
            ("cumulus_nvue", "peer-ip: linklocal", "id: 1\n"),
            ("dellos10", "vlt-domain 1", "vlt-port-channel 1\n"),
        ],
        "eos",
    ),
)
def test_netlab_makes_the_mlag_pair_of_two_switches_without_evpn(
    switch: str, pair: str, bond: str, tmp_path: Path
) -> None:
    rendered = lab("mlag", tmp_path, switch)
    for name in ("tor1", "tor2"):
        assert pair in text(rendered, name, "lag")
        assert bond in text(rendered, name, "lag")
    assert "bond1" in text(rendered, "h1", "lag")
    assert not [file for file in rendered if file.startswith("core.lag")]


BONDS = """
name: bonds
devices: {switch: SWITCH}
switches: [l1, l2, sp]
links: [l1-sp, l2-sp]
overlay: {data: vxlan, control: evpn, asn: 65000, multihoming: true}
vrfs: {red: {transit_vni: true}}
segments:
  a: {vrf: red, gateway: anycast, attach: {l1: [p1, p2, p3], l2: [p1, p2]},
    relay: {servers: [s1], source: loopback, options: [link-selection, server-id-override]}}
  b: {vrf: red, gateway: anycast, attach: {l1: [q1], l2: [q1]},
    relay: {servers: [s1], source: loopback, options: [link-selection, server-id-override]}}
servers: {s1: sp}
"""


@pytest.mark.parametrize("switch", some(["eos", "vjunos-switch"], "vjunos-switch"))
def test_a_leaf_has_as_many_bonds_as_clients_with_two_ports(switch: str, tmp_path: Path) -> None:
    file = tmp_path / "spec.yml"
    file.write_text(BONDS.replace("SWITCH", switch))
    plan = build(load.load(str(file)))
    folder.write(plan, tmp_path / "lab")
    netlab = Netlab(programs()[0], tmp_path / "lab")
    netlab.create()
    segments = {port.lag.esi for port in plan.node("l1").interfaces if port.lag}
    assert len(segments) == 3
    for leaf in ("l1", "l2"):
        found = "".join(told for name, told in netlab.rendered().items() if name.startswith(f"{leaf}."))
        assert all(esi in found.lower() or _grouped(esi) in found.lower() for esi in segments)


def _grouped(esi: str) -> str:
    """An identifier of an Ethernet segment as EOS writes it."""
    octets = esi.replace(":", "")
    return ":".join(octets[n : n + 4] for n in range(0, len(octets), 4))


def text(rendered: dict[str, str], node: str, module: str) -> str:
    return "\n".join(found for file, found in rendered.items() if file.startswith(node) and module in file)
