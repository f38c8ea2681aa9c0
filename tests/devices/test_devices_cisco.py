"""Decisions behind the Cisco and Arista configurations."""

from __future__ import annotations

from pathlib import Path

import pytest
from devices_specs import EVPN, ROUTED, VRF_RELAY, planned

from labgen.devices.eos import config as eos
from labgen.devices.ios import config as ios

FAMILY = frozenset({"iosv", "csr"})


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        pytest.param(86400, "", id="the default is not written"),
        pytest.param(172800, "2", id="days"),
        pytest.param(5400, "0 1 30", id="ninety minutes"),
        pytest.param(3600, "0 1", id="an hour"),
        pytest.param(12, "0 0 1", id="at least a minute"),
        pytest.param(61, "0 0 2", id="rounded up"),
    ],
)
def test_ios_lease_is_written_in_days_hours_minutes(seconds: int, text: str) -> None:
    assert ios.lease(seconds) == text


@pytest.mark.parametrize(
    ("server", "standard"),
    [
        pytest.param("csr", False, id="Cisco's own codes between Cisco devices"),
        pytest.param("kea", True, id="RFC codes for others"),
    ],
)
def test_sub_option_codes_follow_the_server(server: str, standard: bool, tmp_path: Path) -> None:
    plan = planned(VRF_RELAY, tmp_path, {"server": server})
    text = ios.dhcp(plan, plan.node("relay"), FAMILY)
    assert ("ip dhcp compatibility suboption link-selection standard" in text) is standard
    assert ("ip dhcp compatibility suboption server-override standard" in text) is standard


@pytest.mark.parametrize(
    ("switch", "options", "vrf"),
    [
        pytest.param("iosv", "[link-selection, server-id-override, vss]", True, id="named by sub-option 151"),
        pytest.param(
            "iosv", "[link-selection, server-id-override]", True, id="IOS sends 151 with the others"
        ),
        pytest.param("frr", "[link-selection, server-id-override]", False, id="not named on the wire"),
        pytest.param("eos", "[link-selection, vss]", False, id="named without the type octet"),
    ],
)
def test_pool_has_a_vrf_only_where_relays_name_it(
    switch: str, options: str, vrf: bool, tmp_path: Path
) -> None:
    spec = VRF_RELAY.replace("[link-selection, server-id-override, vss]", options)
    plan = planned(spec, tmp_path, {"switch": switch})
    text = ios.dhcp(plan, plan.node("srv"), FAMILY)
    assert ("\n vrf client\n" in text) is vrf
    assert ("ip dhcp excluded-address vrf client" in text) is vrf


def test_eos_names_the_server_vrf_and_the_source(tmp_path: Path) -> None:
    plan = planned(EVPN, tmp_path, {"switch": "eos"})
    text = eos.dhcp(plan, plan.node("sw1"))
    assert "ip dhcp relay information option\n" in text
    server = plan.node("srv").loopback
    assert server is not None
    assert f"ip helper-address {server.ip} vrf default source-interface Loopback0" in text


def test_eos_plain_relay_sends_no_option_82(tmp_path: Path) -> None:
    plan = planned(ROUTED, tmp_path, {"switch": "eos"})
    text = eos.dhcp(plan, plan.node("relay"))
    assert "information option" not in text
    assert "vrf" not in text


@pytest.mark.parametrize("device", ["eos", "iosv", "csr", "cat8000v", "iol"])
@pytest.mark.parametrize(("timers", "hello"), [("fast", True), ("device", False)])
def test_ospf_timers_agree_with_open_neighbours(
    device: str, timers: str, hello: bool, tmp_path: Path
) -> None:
    plan = planned(ROUTED.replace("timers: device", f"timers: {timers}"), tmp_path, {"switch": device})
    node = plan.node("relay")
    text = (
        eos.full(plan, node) if device == "eos" else ios.full(plan, node, device, FAMILY)
    )  # fmt: skip
    assert ("ip ospf hello-interval 1\n" in text) is hello
    assert ("ip ospf dead-interval 4\n" in text) is hello


TWO_KINDS = """
name: two-kinds
devices: {switch: iosv, server: kea, client: dhclient}
switches: [sw]
timers: device
vrfs: {red: {}}
segments:
  told: {attach: {sw: [a]}, relay: {servers: [srv], options: [circuit-id]}}
  bare: {attach: {sw: [b]}, relay: {servers: [srv]}}
  away: {vrf: red, attach: {sw: [c]}, relay: {servers: [srv], source: loopback, options: [link-selection, server-id-override]}}
servers: {srv: sw}
"""


def test_an_interface_that_needs_other_sub_options_sends_identifiers_where_another_does(
    tmp_path: Path,
) -> None:
    """`option-insert none` takes all of option 82 away: link selection, which the pool is found by, would go with it."""
    plan = planned(TWO_KINDS, tmp_path, {})
    told, bare, away = (plan.relays(segment)[0][1] for segment in ("told", "bare", "away"))
    assert [str(option) for option in told.sent] == ["circuit-id", "remote-id"]
    assert bare.sent == ()
    assert {"circuit-id", "remote-id", "link-selection", "server-id-override"} <= {*map(str, away.sent)}
    blocks = ios.dhcp(plan, plan.node("sw"), FAMILY).split("interface ")
    without = {block.split()[0] for block in blocks if "option-insert none" in block}
    assert without == {bare.interface}


def test_identifiers_stay_out_where_no_interface_sends_them(tmp_path: Path) -> None:
    plan = planned(TWO_KINDS.replace(", options: [circuit-id]", ""), tmp_path, {})
    assert "circuit-id" not in {*map(str, plan.relays("away")[0][1].sent)}
    text = ios.dhcp(plan, plan.node("sw"), FAMILY)
    assert "option-insert" not in text
    assert "ip dhcp relay information option vpn\n" in text
    assert "ip dhcp relay information option\n" not in text
