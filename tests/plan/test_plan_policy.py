"""Relay policy: identifiers, trust, option 82 of others, further helpers, overrides of single switches."""

from __future__ import annotations

from pathlib import Path

import pytest

from labgen.devices import registry
from labgen.ground.errors import SpecError
from labgen.ground.labplan import LabPlan
from labgen.ground.vocabulary import Existing
from labgen.plan.build import build
from labgen.relay.config import parse_config
from labgen.spec.load import load

CAMPUS = """\
name: policy
switches: [sw1, sw2, acc]
links: [sw1-sw2, sw1-acc, sw2-acc]
segments:
  users:
    vlan: 10
    prefix: 10.1.1.0/24
    gateway: {protocol: vrrp, nodes: [sw1, sw2]}
    bridge: [acc]
    attach: {acc: [pc1]}
    relay: RELAY
    reservations: {"circuit-id vlan10:1/3": 10.1.1.77}
servers: {srv1: sw2}
"""
RELAY = """\
{servers: [srv1], options: [circuit-id, remote-id], circuit_id: "{host}:vlan{vlan}", remote_id: "{host}/{segment}",
            existing: keep, helpers: [10.9.9.67], overrides: {sw2: {circuit_id: "vlan10:1/3", trust: true}}}"""


def plan(relay: str, tmp_path: Path, switch: str = "frr") -> LabPlan:
    file = tmp_path / "own.yml"
    file.write_text(CAMPUS.replace("RELAY", relay))
    return build(load(str(file), {"switch": switch}))


def test_identifiers_are_filled_in_and_a_switch_can_have_its_own(tmp_path: Path) -> None:
    relays = {node.name: relay for node, relay in plan(RELAY, tmp_path).relays("users")}
    assert {name: relay.circuit_id for name, relay in relays.items()} == {
        "sw1": "sw1:vlan10",
        "sw2": "vlan10:1/3",
    }
    assert {name: relay.remote_id for name, relay in relays.items()} == {
        "sw1": "sw1/users",
        "sw2": "sw2/users",
    }
    assert {name: relay.trusted for name, relay in relays.items()} == {"sw1": False, "sw2": True}
    assert {relay.existing for relay in relays.values()} == {Existing.KEEP}


def test_the_relay_is_configured_so_and_takes_the_configuration(tmp_path: Path) -> None:
    built = plan(RELAY, tmp_path)
    node = built.node("sw2")
    texts = {each.path: each.text for each in registry.get("frr").artifacts(built, node)}
    (interface,) = parse_config(texts["config/sw2/etc/labgen-relay/relay.yml"]).interfaces
    assert (interface.circuit_id, interface.remote_id) == ("vlan10:1/3", "sw2/users")
    assert (interface.trusted, interface.relayed) == (True, "forward")
    assert [str(server.address) for server in interface.servers] == ["10.0.0.2", "10.9.9.67"]


def test_a_reservation_by_circuit_id_is_for_the_clients_whose_relay_sends_it(tmp_path: Path) -> None:
    server = plan(RELAY, tmp_path).node("srv1").server
    assert server is not None
    assert server.scopes[0].reservations[0].behind == ("pc1",)
    elsewhere = RELAY.replace('circuit_id: "vlan10:1/3"', 'circuit_id: "vlan10:1/4"')
    server = plan(elsewhere, tmp_path).node("srv1").server
    assert server is not None
    assert server.scopes[0].reservations[0].behind == ()


def test_the_overrides_of_one_group_leave_the_other_groups_of_the_switch(tmp_path: Path) -> None:
    options = "options: [link-selection]"
    text = f"[{{servers: [srv1], {options}, overrides: {{sw2: {{source: loopback}}}}}}, {{servers: [srv2], {options}}}]"
    file = tmp_path / "own.yml"
    file.write_text(CAMPUS.replace("RELAY", text).replace("{srv1: sw2}", "{srv1: sw2, srv2: sw1}"))
    built = build(load(str(file)))
    asked = {
        node.name: [(target.server, str(relay.giaddr)) for target in relay.targets]
        for node, relay in built.relays("users")
        if relay.targets[0].server == "srv2"
    }
    assert set(asked) == {"sw1", "sw2"}
    giaddrs = {n.name: str(r.giaddr) for n, r in built.relays("users") if r.targets[0].server == "srv1"}
    loopback = built.node("sw2").loopback
    assert loopback is not None and giaddrs["sw2"] == str(loopback.ip)
    assert giaddrs["sw1"].startswith("10.1.1.")


def test_without_policy_neither_plan_nor_configuration_speaks_of_it(tmp_path: Path) -> None:
    text = plan("{servers: [srv1]}", tmp_path).to_json()
    assert not any(f'"{key}"' in text for key in ("trusted", "existing", "helpers", "remote_id"))


@pytest.mark.parametrize("switch", ["frr-dhcrelay", "frr-dnsmasq"])
def test_a_relay_without_such_knobs_is_refused(tmp_path: Path, switch: str) -> None:
    with pytest.raises(SpecError, match="has no words of its own for circuit_id and remote_id"):
        plan(RELAY, tmp_path, switch)
