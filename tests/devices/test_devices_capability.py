"""What a device cannot do is said when the lab is built, with the reason and the devices that can."""

from __future__ import annotations

from pathlib import Path

import pytest
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
        pytest.param(SHARED, {"switch": "iol"}, "knows no anycast gateway", "eos", id="anycast"),
        pytest.param(EVPN, {"switch": "sros"}, "cannot relay from one VRF into another", "eos", id="vrf"),
        pytest.param(EVPN, {"switch": "srlinux"}, "sends no link selection (RFC 3527)", "arubacx", id="srlinux"),
        pytest.param(LOOPBACK, {"switch": "vyos"}, "cannot take giaddr from a loopback", "csr", id="giaddr"),
        pytest.param(EVPN, {"server": "iosv"}, "as a server cannot read link selection", "kea", id="server"),
        pytest.param(ROUTED, {"server": "nxos"}, "cannot be a server", "kea", id="role"),
        pytest.param(
            EVPN.replace("11000", "101000"), {"switch": "arubacx"}, "no VNI above 65535", "segments.cv1.vni", id="vni"
        ),
        pytest.param(
            EVPN.replace("transit_vni: 12000", ""), {"switch": "nxos"}, "only with a transit VNI",
            "vrfs.client.transit_vni: true", id="irb",
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
