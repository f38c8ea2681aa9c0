"""What single vendors need beside the relay's own lines, and what they must not be told."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from devices_specs import planned

from labgen.devices import registry
from labgen.devices.readback import switches
from labgen.ground.errors import SpecError
from labgen.ground.labplan import LabPlan
from labgen.ground.vocabulary import RelayOption
from labgen.plan.device_warnings import warnings

ONE = """
name: one
switches: [sw1]
segments: {a: {attach: {sw1: [a1]}, relay: {servers: [s1], %s}}}
servers: {s1: sw1}
"""
BETWEEN = """
name: between
switches: [sw1]
vrfs: {red: {}, svc: {}}
segments:
  a: {vrf: red, attach: {sw1: [a1]}, relay: {servers: [s1], server_vrf: svc, source: loopback,
    options: [link-selection, server-id-override]}}
  srv: {vrf: svc, attach: {sw1: [s1]}, dhcp: false}
servers: {s1: {}}
"""
FABRIC = """
name: fabric
switches: [sw1, sw2]
links: [sw1-sw2]
overlay: {data: vxlan, control: evpn, asn: 65000}
segments:
  a: {gateway: %s, attach: {sw1: [a1], sw2: [a2]}, relay: {servers: [s1], source: loopback,
    options: [link-selection, server-id-override]}}
servers: {s1: sw1}
"""
TRANSIT = """
name: transit
switches: [sw1, sw2]
links: [sw1-sw2]
overlay: {data: vxlan, control: evpn, asn: 65000}
vrfs: {red: {transit_vni: true}}
segments:
  a: {vrf: red, attach: {sw1: [a1]}, relay: {servers: [s1], server_vrf: red}}
  d: {vrf: red, attach: {%s: [s1]}, dhcp: false}
servers: {s1: {}}
"""


def text(plan: LabPlan, node: str = "sw1") -> str:
    return switches.text(plan, plan.node(node))


def test_eos_turns_option_82_on_only_for_a_suboption_that_it_sends(tmp_path: Path) -> None:
    """It sends 11 only for a source or another VRF, so that asking for it alone would bring circuit-id and remote-id instead."""
    plan = planned(ONE % "options: [server-id-override]", tmp_path, {"switch": "eos"})
    assert "information option" not in text(plan)
    assert "relay-without-override" in {warning.code for warning in warnings(plan)}
    asked = planned(ONE % "options: [circuit-id]", tmp_path, {"switch": "eos"})
    assert "ip dhcp relay information option\n" in text(asked)


def test_netlab_gets_the_loopback_in_a_vrf_that_eos_takes_giaddr_from(tmp_path: Path) -> None:
    plan = planned(BETWEEN, tmp_path, {"switch": "eos"})
    node = plan.node("sw1")
    device = registry.get("eos")
    given = device.netlab(plan, node, list(device.artifacts(plan, node)))  # type: ignore[attr-defined]
    (loopback,) = [vrf for vrf in node.vrfs if vrf.loopback]
    assert (
        f"interface {loopback.loopback_name}\n   vrf svc\n   ip address {loopback.loopback}\n" in given.config
    )
    assert given.config.count(f"source-interface {loopback.loopback_name}") == 1


@pytest.mark.parametrize("gateway", ["anycast", "switch"])
def test_os10_overrides_the_identifier_only_where_clients_have_a_shared_gateway(
    gateway: str, tmp_path: Path
) -> None:
    """The address it puts into sub-option 11 is the anycast gateway's or VRRP's, never the interface's own."""
    plan = planned(FABRIC % gateway, tmp_path, {"switch": "dellos10"})
    shared = gateway == "anycast"
    (relay,) = plan.node("sw1").relays
    assert (RelayOption.SERVER_ID_OVERRIDE in relay.sent) is shared
    assert ("ip dhcp-relay server-override" in text(plan)) is shared
    assert ("relay-without-override" in {warning.code for warning in warnings(plan)}) is not shared
    assert RelayOption.LINK_SELECTION in relay.sent


def test_nx_os_turns_fabric_forwarding_on_with_an_anycast_gateway_alone(tmp_path: Path) -> None:
    lines = text(planned(FABRIC % "anycast", tmp_path, {"switch": "nxos"})).splitlines()
    order = ("nv overlay evpn", "feature fabric forwarding", "  fabric forwarding mode anycast-gateway")
    assert [line for line in lines if line in order] == list(order)
    assert "fabric forwarding" not in text(planned(FABRIC % "switch", tmp_path, {"switch": "nxos"}))


def test_junos_names_the_circuit_between_instances_even_where_nobody_asked(tmp_path: Path) -> None:
    """An answer finds its way back into the client's instance by it."""
    plan = planned(BETWEEN, tmp_path, {"switch": "vjunos-switch"})
    (relay,) = plan.node("sw1").relays
    assert RelayOption.CIRCUIT_ID in relay.sent
    assert "circuit-id;" in text(plan)
    within = planned(ONE % "options: [remote-id]", tmp_path, {"switch": "vjunos-switch"})
    assert "circuit-id" not in text(within)


@pytest.mark.parametrize("options", ["[]", "[circuit-id, remote-id]"])
def test_sr_os_trusts_no_client_that_brings_option_82(options: str, tmp_path: Path) -> None:
    """`trusted` would relay what RFC 3046 section 2.1 has discarded."""
    plan = planned(ONE % f"options: {options}", tmp_path, {"switch": "sros"})
    assert "trusted" not in text(plan)


@pytest.mark.parametrize(
    ("release", "source", "agent"),
    [
        ("", "giaddress-interface:", ""),
        (":5.4", "giaddress-interface:", ""),
        (":5.5", "gateway-interface:", ""),
        (":5.7", "gateway-interface:", "enable: on"),
        (":5.13", "gateway-interface:", "enable: on"),
        (":5.14", "gateway-interface:", "state: enabled"),
        (":5.16", "gateway-interface:", "state: enabled"),
    ],
)
def test_cumulus_has_the_words_of_its_release(release: str, source: str, agent: str, tmp_path: Path) -> None:
    plan = planned(
        ONE % "source: loopback, options: [circuit-id, link-selection]",
        tmp_path,
        {"switch": f"cumulus_nvue{release}"},
    )
    found = text(plan)
    assert source in found
    assert ("agent:" in found, agent in found) == (bool(agent), True)
    assert {"giaddress-interface:", "gateway-interface:"} - {source} - set(found.split()) != set()
    assert switches.differences(plan, plan.node("sw1"), found) == []


def test_cumulus_before_5_7_cannot_send_a_circuit_id_from_the_clients_interface(tmp_path: Path) -> None:
    plan = planned(ONE % "options: [circuit-id]", tmp_path, {"switch": "cumulus_nvue"})
    assert plan.node("sw1").relays[0].sent == ()
    assert "relay-without-circuit-id" in {warning.code for warning in warnings(plan)}
    later = planned(ONE % "options: [circuit-id]", tmp_path, {"switch": "cumulus_nvue:5.7"})
    assert later.node("sw1").relays[0].sent == (RelayOption.CIRCUIT_ID,)


@pytest.mark.parametrize("release", ["", ":5.14"])
def test_cumulus_is_refused_where_answers_come_by_a_transit_vni(release: str, tmp_path: Path) -> None:
    """Its relay listens on the interfaces it is told, and the L3 VNI's has a name of the switch's own choice."""
    with pytest.raises(SpecError) as caught:
        planned(TRANSIT % "sw2", tmp_path, {"switch": f"cumulus_nvue{release}"})
    (problem,) = caught.value.problems
    assert "VRF `red` reaches them by a transit VNI, says the Cumulus Linux user guide" in problem.reason
    near = planned(TRANSIT % "sw1", tmp_path, {"switch": f"cumulus_nvue{release}"})
    assert "vlan1001: {}" in text(near)


CHAIN = """
name: chain
switches: [acc, sw1]
links: [acc-sw1]
segments: {a: {attach: {acc: [a1]}, relay: {servers: [s1, s2], via: sw1, options: [circuit-id]}}}
servers: {s1: sw1, s2: sw1}
"""
CHAINS = (
    "arubacx", "cat8000v", "csr", "frr", "frr-dhcrelay", "frr-dnsmasq", "iol", "iosv", "iosxr", "sros", "vjunos-router", "vjunos-switch",
    "vptx", "vyos", "vyos:1.4",
)  # fmt: skip


@pytest.mark.parametrize("switch", CHAINS)
def test_a_second_relay_asks_every_server_and_the_first_asks_it_once(switch: str, tmp_path: Path) -> None:
    plan = planned(CHAIN, tmp_path, {"switch": switch})
    for name in ("acc", "sw1"):
        assert switches.differences(plan, plan.node(name), text(plan, name)) == []
    second = str(plan.node("acc").relays[0].targets[0].address)
    asked = [line for line in text(plan, "acc").splitlines() if second in line and "address: 10" not in line]
    assert len(asked) <= 1
    (server, _) = (str(target.address) for target in plan.node("sw1").forwards[0].targets)
    (found,) = switches.differences(plan, plan.node("sw1"), text(plan).replace(server, "192.0.2.9"))
    assert "towards other relays: helper addresses [" in found


def test_ios_leaves_option_82_of_the_first_relay_as_it_is(tmp_path: Path) -> None:
    """Its default is to replace it."""
    plan = planned(CHAIN, tmp_path, {"switch": "iol"})
    assert "ip dhcp relay information policy keep\n" in text(plan)
    assert "policy" not in text(plan, "acc")


@pytest.mark.parametrize("switch", ["cumulus_nvue", "dellos10", "eos", "nxos", "sonic", "srlinux"])
def test_a_second_relay_is_refused_with_the_reason_where_none_is_known(switch: str, tmp_path: Path) -> None:
    with pytest.raises(
        SpecError, match="knows no relaying for other relays that labgen could configure, says "
    ):
        planned(CHAIN, tmp_path, {"switch": switch})


LOCAL = """
name: local
switches: [sw1]
segments:
  a: {attach: {sw1: [a1]}, relay: {servers: [s1], options: [circuit-id]}}
  d: {attach: {sw1: [s1]}, dhcp: false}
servers: {s1: {}}
"""


def test_dhcrelay_hears_a_server_on_a_segment_of_the_switch(tmp_path: Path) -> None:
    """It takes answers from ports that it is told are upstream alone."""
    plan = planned(LOCAL, tmp_path, {"switch": "frr-dhcrelay"})
    node = plan.node("sw1")
    (argv,) = [each.argv for each in registry.get(node.device).daemons(plan, node) if each.name == "dhcrelay"]
    ports = {port.segment: port.linux for port in node.interfaces}
    assert [argv[at + 1] for at, word in enumerate(argv) if word == "-iu"] == [ports["d"]]
    assert argv[argv.index("-id") + 1] == ports["a"]


CAMPUS = """
name: campus
switches: [sw1, core-2, access-1]
links: [sw1-core-2, sw1-access-1, core-2-access-1]
%s
segments:
  users: {vlan: 10, prefix: 10.1.1.0/24, gateway: {address: 10.1.1.254, protocol: vrrp, nodes: [sw1, core-2]},
    bridge: [access-1], attach: {access-1: [pc1]}, relay: {servers: [s1]}}
servers: {s1: sw1}
"""


def test_os10_relays_on_a_virtual_network_only_where_the_vlan_has_a_vni(tmp_path: Path) -> None:
    plain = text(planned(CAMPUS % "", tmp_path, {"switch": "dellos10"}))
    assert "interface vlan10\n" in plain
    assert "virtual-network" not in plain
    stretched = text(planned(FABRIC % "anycast", tmp_path, {"switch": "dellos10"}))
    assert "interface virtual-network1000\n" in stretched
    assert "interface vlan" not in stretched


def test_os10_is_refused_vrrp_on_a_stretched_vlan(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        planned(
            CAMPUS % "overlay: {data: vxlan, control: evpn, asn: 65000}", tmp_path, {"switch": "dellos10"}
        )
    assert any(
        "runs no VRRP on stretched VLANs, says netlab 26.10" in each.reason for each in caught.value.problems
    )


@pytest.mark.parametrize(("vlan", "refused"), [(3966, False), (3967, True)])
def test_nx_os_is_refused_the_vlans_it_keeps_for_itself(vlan: int, refused: bool, tmp_path: Path) -> None:
    spec = CAMPUS.replace("vlan: 10,", f"vlan: {vlan},") % ""
    if refused:
        with pytest.raises(SpecError, match="has no VLAN above 3966, says netlab"):
            planned(spec, tmp_path, {"switch": "nxos"})
    else:
        assert f"interface vlan{vlan}\n" in text(planned(spec, tmp_path, {"switch": "nxos"}))


EBGP = """
name: ebgp
switches: [sp, sw1, sw2]
links: [sp-sw1, sp-sw2]
underlay: {protocol: ebgp, asn: {sp: 65000, sw1: 65001, sw2: 65002}}
overlay: {data: vxlan, control: evpn}
vrfs: {red: {transit_vni: true}}
segments:
  a: {vrf: red, gateway: anycast, attach: {sw1: [a1], sw2: [a2]}, relay: {servers: [s1], source: loopback,
    options: [link-selection, server-id-override]}}
servers: {s1: sw2}
"""


def test_eos_carries_evpn_over_the_sessions_of_its_links(tmp_path: Path) -> None:
    """A spine that put itself in as next hop of EVPN routes would break the tunnels between its leaves."""
    plan = planned(EBGP, tmp_path, {"switch": "eos"})
    (peer,) = (each.address for each in plan.node("sw1").bgp.neighbors)  # type: ignore[union-attr]
    leaf, spine = text(plan), text(plan, "sp")
    bgp = leaf[leaf.index("router bgp 65001") :]
    evpn = bgp[bgp.index("   address-family evpn\n") : bgp.index("   address-family ipv4\n")]
    assert f"      neighbor {peer} activate\n" in evpn
    assert f"   neighbor {peer} send-community standard extended\n" in bgp
    assert "   vlan 1000\n      rd 10.0.0.4:1000\n" in bgp
    assert "   vrf red\n      rd " in bgp
    assert "ospf" not in leaf
    assert "      bgp next-hop-unchanged\n" in spine
    assert "vlan 1000" not in spine


POLICY = """
name: policy
switches: [sw1]
segments:
  a: {attach: {sw1: [a1]}, relay: {servers: [s1], options: [circuit-id], %s}}
  b: {attach: {sw1: [b1]}, relay: {servers: [s1], options: [circuit-id]}}
servers: {s1: sw1}
"""


def interface(found: str, head: str) -> str:
    """The block of a configuration that begins with a line, to the next that is indented as little."""
    lines = found.splitlines()
    start = lines.index(head)
    depth = len(head) - len(head.lstrip())
    more = (line for line in lines[start + 1 :] if line.strip())
    block = []
    for line in more:
        if len(line) - len(line.lstrip()) <= depth:
            break
        block.append(line.strip())
    return "\n".join(block)


@pytest.mark.parametrize(
    ("switch", "asked", "head", "written"),
    [
        ("iol", "trust: true", "interface Ethernet0/2", "ip dhcp relay information trusted"),
        ("iosv", "existing: append", "interface GigabitEthernet0/2", "ip dhcp relay information policy-action encapsulate"),
        ("cat8000v", "existing: drop", "interface GigabitEthernet3", "ip dhcp relay information policy-action drop"),
        ("iosxr", "existing: append", " profile LABGEN-1 relay", "relay information policy encapsulate"),
        ("iosxr", "trust: true", " profile LABGEN-1 relay", "relay information option allow-untrusted"),
        ("vjunos-switch", "existing: replace", "        group LABGEN-1 {", "always-write-option-82;"),
        ("vjunos-switch", "trust: true", "        group LABGEN-1 {", "trust-option-82;"),
    ],
)  # fmt: skip
def test_what_becomes_of_option_82_of_others_is_told_on_the_clients_interface_alone(
    switch: str, asked: str, head: str, written: str, tmp_path: Path
) -> None:
    plan = planned(POLICY % asked, tmp_path, {"switch": switch})
    found = text(plan)
    assert written in interface(found, head)
    assert found.count(written) == 1
    assert written not in text(planned(POLICY % "source: interface", tmp_path, {"switch": switch}))


@pytest.mark.parametrize(
    "switch",
    ["iol", "eos", "nxos", "arubacx", "dellos10", "srlinux", "sros", "iosxr", "vptx", "sonic", "frr-dnsmasq"],
)
def test_further_helper_addresses_are_relayed_to(switch: str, tmp_path: Path) -> None:
    plan = planned(POLICY % "helpers: [192.0.2.7]", tmp_path, {"switch": switch})
    node = plan.node("sw1")
    found = text(plan)
    assert found.count("192.0.2.7") == 1
    assert switches.differences(plan, node, found) == []
    (told,) = switches.differences(plan, node, found.replace("192.0.2.7", "192.0.2.8"))
    assert told.startswith("segment a: helper addresses")


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ("trust: true", "has no `trust` that labgen could configure"),
        ("existing: keep", "has no `existing: keep` that labgen could configure"),
        ('circuit_id: "{host}"', "has no words of its own for circuit_id and remote_id"),
    ],
)
def test_a_policy_that_a_switch_cannot_keep_is_refused_by_its_key(
    asked: str, reason: str, tmp_path: Path
) -> None:
    with pytest.raises(SpecError) as caught:
        planned(POLICY % asked, tmp_path, {"switch": "eos"})
    (problem,) = caught.value.problems
    assert reason in problem.reason
    assert "frr" in problem.remedy


def test_watchfrr_gives_a_slow_machine_time_to_start_daemons_and_tries_again_soon(tmp_path: Path) -> None:
    """By itself it kills what has not started within 20 s, and waits a minute, then two, then four before it tries again."""
    plan = planned(ONE % "options: []", tmp_path, {})
    daemons = next(file for file in registry.files(plan)["sw1"] if file.path.endswith("etc/frr/daemons"))
    script = f"{daemons.text}\necho $watchfrr_options"
    told = subprocess.run(("sh", "-c", script), capture_output=True, text=True, check=True).stdout.split()
    seconds = dict(zip(told[::2], map(int, told[1::2]), strict=True))
    assert seconds["--restart-timeout"] >= 120
    assert seconds["--min-restart-interval"] <= seconds["--max-restart-interval"] <= 20
