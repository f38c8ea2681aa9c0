"""What a device cannot do is said when the lab is built, with the reason and the devices that can."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from devices_specs import EVPN, ONE_VRF, ROUTED, planned

from labgen.devices import registry
from labgen.ground.errors import SpecError
from labgen.ground.vocabulary import Role

LOOPBACK = ROUTED.replace("servers: [srv]}", "servers: [srv], source: loopback, options: [link-selection]}")
SHARED = ONE_VRF.replace("vni: 11000", "vni: 11000, gateway: anycast")
TWO_SERVERS = EVPN.replace("servers: [srv]", "servers: [srv, srv2]").replace(
    "{srv: sw1}", "{srv: sw1, srv2: sw2}"
)


@pytest.mark.parametrize(
    ("spec", "devices", "reason", "instead"),
    [
        pytest.param(EVPN, {"switch": "csr"}, "knows no EVPN over VXLAN", "frr", id="fabric"),
        pytest.param(SHARED, {"switch": "vyos"}, "knows no anycast gateway", "eos", id="anycast"),
        pytest.param(EVPN, {"switch": "sros"}, "cannot relay from one VRF into another", "eos", id="vrf"),
        pytest.param(
            EVPN, {"switch": "srlinux", "server": "isc-dhcpd"}, "sends no link selection (RFC 3527)", "arubacx", id="srlinux"
        ),
        pytest.param(LOOPBACK, {"switch": "vyos"}, "cannot take giaddr from a loopback", "csr", id="giaddr"),
        pytest.param(EVPN, {"server": "iosv"}, "as a server cannot read link selection", "kea", id="server"),
        pytest.param(ROUTED, {"server": "nxos"}, "cannot be a server", "kea", id="role"),
        pytest.param(
            EVPN.replace("11000", "101000"), {"switch": "arubacx"}, "no VNI above 65535", "segments.cv1.vni", id="vni"
        ),
        pytest.param(ONE_VRF, {"switch": "dellos10"}, "runs no OSPF on stretched VLANs", "source: loopback", id="os10"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_an_error_that_names_a_way_out(
    spec: str, devices: dict[str, str], reason: str, instead: str, tmp_path: Path
) -> None:
    with pytest.raises(SpecError) as caught:
        planned(spec, tmp_path, devices)
    problem = next(problem for problem in caught.value.problems if reason in problem.reason)
    assert instead in problem.remedy
    assert problem.line is not None or problem.reason.startswith("--device")


@pytest.mark.parametrize(
    ("spec", "devices", "code"),
    [
        pytest.param(
            ONE_VRF.replace("[circuit-id]", "[circuit-id, server-id-override]"), {"switch": "srlinux"},
            "relay-without-override", id="srlinux",
        ),
        pytest.param(ROUTED, {"switch": "nxos"}, "unverified-device", id="unverified"),
        pytest.param(EVPN, {"server": "kea-plain"}, "server-ignores-override", id="plain Kea"),
    ],
)  # fmt: skip
def test_what_works_differently_is_a_warning(
    spec: str, devices: dict[str, str], code: str, tmp_path: Path
) -> None:
    assert code in {warning.code for warning in planned(spec, tmp_path, devices).warnings}


def test_open_devices_that_can_do_everything_warn_of_nothing(tmp_path: Path) -> None:
    assert planned(EVPN, tmp_path, {}).warnings == ()


@pytest.mark.parametrize("name", registry.everything())
def test_capabilities_match_the_roles(name: str) -> None:
    facts = registry.get(name).facts
    assert (facts.relay is not None) == (Role.SWITCH in facts.roles)
    assert (facts.server is not None) == (Role.SERVER in facts.roles)
    assert (facts.client is not None) == (Role.CLIENT in facts.roles)


@pytest.mark.parametrize("name", registry.everything())
def test_every_device_has_names_in_the_tools(name: str) -> None:
    facts = registry.get(name).facts
    assert facts.netlab
    assert facts.containerlab
    assert facts.netmiko


@pytest.mark.parametrize(
    "name", [n for n, d in registry.everything().items() if d.facts.evidence == "unverified"]
)
def test_unverified_devices_say_why(name: str) -> None:
    assert registry.get(name).facts.notes


def test_a_switch_that_needs_a_transit_vni_gets_one_and_others_do_not(tmp_path: Path) -> None:
    spec = EVPN.replace("transit_vni: 12000", "")
    assert [vrf.transit_vni for vrf in planned(spec, tmp_path, {"switch": "nxos"}).node("sw1").vrfs] == [
        200000
    ]
    assert [vrf.transit_vni for vrf in planned(spec, tmp_path, {"switch": "eos"}).node("sw1").vrfs] == [None]


def test_vnis_are_what_every_switch_can_count_to(tmp_path: Path) -> None:
    spec = EVPN.replace("vni: 11000\n", "stretch: true\n").replace("transit_vni: 12000", "transit_vni: true")
    for switch, vni, transit in (("arubacx", 11000, 20000), ("eos", 101000, 200000)):
        node = planned(spec, tmp_path, {"switch": switch}).node("sw1")
        assert [vlan.vni for vlan in node.vlans] == [vni]
        assert [vrf.transit_vni for vrf in node.vrfs] == [transit]


@pytest.mark.parametrize(
    ("switch", "own"), [("nxos", "172.16.0.1/24"), ("iol", "172.16.0.1/24"), ("eos", "172.16.0.3/24")]
)
def test_a_switch_with_room_for_one_address_has_the_anycast_gateways_alone(
    switch: str, own: str, tmp_path: Path
) -> None:
    plan = planned(
        SHARED.replace("options:", "source: loopback, options:").replace("[circuit-id]", "[link-selection]"),
        tmp_path,
        {"switch": switch},
    )
    node = plan.node("sw1")
    svi = node.on_segment("cv1")
    assert svi is not None
    assert (str(svi.address), str(svi.anycast)) == (own, "172.16.0.1/24")
    assert ("172.16.0.1" in {str(address) for address in node.addresses}) is False
    assert str(node.relays[0].link_address) == own.partition("/")[0]


def test_a_server_that_can_be_told_a_giaddr_needs_no_link_selection(tmp_path: Path) -> None:
    """SR Linux sends none; Kea takes each leaf's loopback as the name of the one segment it relays for."""
    plan = planned(EVPN, tmp_path, {"switch": "srlinux"})
    server = plan.node("srv").server
    assert server is not None
    assert [str(address) for address in server.scopes[0].named_by] == ["10.0.0.2", "10.0.0.3"]
    text = next(file.text for file in registry.files(plan)["srv"] if file.path.endswith("kea-dhcp4.conf"))
    assert '"ip-addresses": [' in text
    open_plan = planned(EVPN, tmp_path, {})
    assert open_plan.node("srv").server is not None
    assert "ip-addresses" not in "".join(file.text for file in registry.files(open_plan)["srv"])


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("vyos", "option default-router 172.16.0.2"),
        ("vyos:1.5", "subnet-id 1"),
        ("vyos:1.4", "subnet 172.16.0.0/24 default-router 172.16.0.2"),
        ("cumulus_nvue:5.13", "pool-name: user"),
        ("cumulus_nvue:5.14", "pool-name: user"),
        ("cumulus_nvue:5.15", "dhcp-server-v4:"),
    ],
)
def test_a_release_has_its_own_commands(asked: str, written: str, tmp_path: Path) -> None:
    plan = planned(ROUTED, tmp_path, {"server": asked})
    text = "".join(file.text for file in registry.files(plan)["srv"])
    assert written in text
    assert ("subnet-id" in text) is (asked in ("vyos", "vyos:1.5"))


def test_cumulus_serves_in_the_vrf_from_5_15_on(tmp_path: Path) -> None:
    """NVIDIA's table of commands that 5.15 changed: the pool of a service became a subnet of a VRF, without a name."""
    plan = planned(ROUTED, tmp_path, {"server": "cumulus_nvue:5.15"})
    (file,) = (each for each in registry.files(plan)["srv"] if "dhcp-server" in each.text)
    assert yaml.safe_load(file.text) == [{"set": {"vrf": {"default": {"dhcp-server-v4": {
        "interface": {"swp1": {}},
        "subnet": {"172.16.0.0/24": {
            "lease-time": 5400,
            "gateway": {"172.16.0.2": {}},
            "range": {"172.16.0.1": {"to": "172.16.0.1"}, "172.16.0.3": {"to": "172.16.0.254"}},
        }},
    }}}}}]  # fmt: skip


@pytest.mark.parametrize(
    ("release", "groups"), [("", False), (":5.13", False), (":5.14", True), (":5.16.1", True)]
)
def test_cumulus_relays_by_server_groups_from_5_14_on(release: str, groups: bool, tmp_path: Path) -> None:
    plan = planned(ROUTED, tmp_path, {"switch": f"cumulus_nvue{release}"})
    text = "".join(file.text for file in registry.files(plan)["relay"])
    assert ("server-group:" in text) is groups


@pytest.mark.parametrize(
    ("asked", "reason"),
    [("vyos:1.2", "older than what labgen writes"), ("iol:17.16", "no release"), ("vyos:x", "no release")],
)
def test_a_release_labgen_does_not_know_is_refused(asked: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=reason):
        planned(ROUTED, tmp_path, {"switch": asked})
