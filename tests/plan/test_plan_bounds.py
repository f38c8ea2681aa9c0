"""What devices do only so much, so long or so finely: refused at build time, and not what lies within the bounds."""

from __future__ import annotations

from pathlib import Path

import pytest

from labgen.devices import registry
from labgen.ground.errors import SpecError
from labgen.ground.labplan import LabPlan
from labgen.ground.vocabulary import Role
from labgen.plan.build import build
from labgen.spec.load import load

OPTIONS = "[circuit-id, link-selection, server-id-override, vss]"
SEGMENT = (
    "  {name}: {{vrf: {vrf}, prefix: {prefix}, attach: {{sw1: [pc-{name}]}}, pool: {pool}, relay: {relay}}}\n"
)
RED, BLUE = "{range: 10.5.0.10-10.5.0.20}", "{range: 10.5.0.30-10.5.0.40}"


def built(folder: Path, *segments: str, **devices: str) -> LabPlan:
    file = folder / "lab.yml"
    file.write_text(
        "name: lab\nswitches: [sw1]\nvrfs: {red: {}, blue: {}}\nsegments:\n"
        + "".join(segments)
        + "servers: {s1: sw1}\n"
    )
    return build(load(str(file), devices))


def tenant(name: str, prefix: str = "10.5.0.0/24", pool: str = "{}", options: str = OPTIONS) -> str:
    relay = f"{{servers: [s1], source: loopback, options: {options}}}"
    return SEGMENT.format(name=name, vrf=name, prefix=prefix, pool=pool, relay=relay)


def plain(pool: str) -> str:
    relay = "{servers: [s1], options: [circuit-id]}"
    return SEGMENT.format(name="users", vrf="default", prefix="10.5.0.0/24", pool=pool, relay=relay)


def refusal(folder: Path, *segments: str, **devices: str) -> str:
    with pytest.raises(SpecError) as caught:
        built(folder, *segments, **devices)
    return caught.value.problems[0].reason


def test_addresses_that_two_tenants_would_both_get_are_refused(tmp_path: Path) -> None:
    told = refusal(tmp_path, tenant("red"), tenant("blue", pool=BLUE), switch="frr", server="kea")
    assert (
        "keeps one lease for each address, and segments `red` and `blue` both hand out 10.5.0.30-10.5.0.40"
        in told
    )
    assert (
        built(
            tmp_path, tenant("red", pool=RED), tenant("blue", pool=BLUE), switch="frr", server="kea"
        ).warnings
        == ()
    )


@pytest.mark.parametrize("switch", ["csr", "cat8000v", "iol"])
def test_ios_keeps_leases_by_vrf_so_that_tenants_may_have_the_same_ones(switch: str, tmp_path: Path) -> None:
    plan = built(tmp_path, tenant("red"), tenant("blue"), switch=switch, server="csr")
    assert len(plan.node("s1").server.scopes) == 2  # type: ignore[union-attr]


@pytest.mark.parametrize("server", ["kea", "isc-dhcpd", "dnsmasq", "eos"])
def test_a_prefix_inside_another_tenants_is_refused(server: str, tmp_path: Path) -> None:
    inner = tenant("blue", "10.5.7.0/24", "{range: 10.5.7.10-10.5.7.20}")
    told = refusal(tmp_path, tenant("red", "10.5.0.0/16", RED), inner, switch="frr", server=server)
    assert "10.5.7.0/24" in told or "overlapping" in told


@pytest.mark.parametrize("switch", ["vjunos-switch", "dellos10"])
def test_a_circuit_id_of_unknown_form_tells_no_tenant(switch: str, tmp_path: Path) -> None:
    """labgen knows the names of ports, not what these relays make of them: a class on a guess would match nobody."""
    told = refusal(tmp_path, tenant("red", pool=RED), tenant("blue", pool=BLUE), switch=switch, server="kea")
    assert "is not told the VRF of segment `red`" in told


@pytest.mark.parametrize(
    ("switch", "value"), [("eos", "0x726564"), ("nxos", "0x00726564"), ("iosxr", "0x00726564")]
)
def test_a_server_expects_the_name_of_a_vrf_as_the_relay_sends_it(
    switch: str, value: str, tmp_path: Path
) -> None:
    """EOS sends sub-option 151 without the type octet of RFC 6607."""
    plan = built(tmp_path, tenant("red", pool=RED), tenant("blue", pool=BLUE), switch=switch, server="kea")
    (file,) = (
        f for f in registry.get("kea").artifacts(plan, plan.node("s1")) if f.path.endswith("kea-dhcp4.conf")
    )
    assert f"relay4[151].hex == {value}" in file.text
    assert "relay4[1]." not in file.text


def test_a_server_that_wants_the_type_octet_is_not_told_by_a_relay_without_it(tmp_path: Path) -> None:
    told = refusal(tmp_path, tenant("red"), tenant("blue"), switch="eos", server="csr")
    assert "is not told the VRF of segment `red`: no relay of it sends vss in a form it knows" in told


VENDORS_SERVERS = [
    name
    for name, device in registry.everything().items()
    if Role.SERVER in device.facts.roles and not device.facts.embedded
]


@pytest.mark.parametrize("server", VENDORS_SERVERS)
def test_timers_that_a_server_would_not_hand_out_are_refused(server: str, tmp_path: Path) -> None:
    told = refusal(tmp_path, plain("{lease: 600, renew: 100}"), server=server)
    assert "hands out no T1 and T2 that labgen could configure" in told
    assert built(tmp_path, plain("{lease: 600, renew: 300, rebind: 525}"), server=server)


@pytest.mark.parametrize(
    ("server", "given"), [("iosv", 120), ("eos", 120), ("arubacx", 120), ("vyos", None), ("kea", None)]
)
def test_a_lease_that_is_rounded_is_told(server: str, given: int | None, tmp_path: Path) -> None:
    warnings = {
        each.code: each.message for each in built(tmp_path, plain("{lease: 90}"), server=server).warnings
    }
    assert ("lease-rounded" in warnings) is (given is not None)
    if given:
        assert f"asks for 90 s and gets {given} s" in warnings["lease-rounded"]
    whole = built(tmp_path, plain("{lease: 120}"), server=server).warnings
    assert "lease-rounded" not in {each.code for each in whole}


@pytest.mark.parametrize("server", ["iosv", "csr", "iosxr"])
def test_a_lease_of_more_than_a_year_is_refused(server: str, tmp_path: Path) -> None:
    assert "grants no lease longer than 365 days" in refusal(tmp_path, plain("{lease: 366d}"), server=server)
    assert built(tmp_path, plain("{lease: 365d}"), server=server)


def test_ebgp_on_a_device_without_it_is_not_called_evpn(tmp_path: Path) -> None:
    file = tmp_path / "lab.yml"
    file.write_text(
        "name: lab\ndevices: {switch: nxos}\nswitches: [a, b]\nlinks: [a-b]\nunderlay: ebgp\nsegments:\n"
        "  u: {attach: {a: [pc]}, relay: {servers: [s]}}\nservers: {s: b}\n"
    )
    with pytest.raises(SpecError) as caught:
        build(load(str(file)))
    assert not any("EVPN" in problem.reason for problem in caught.value.problems)
