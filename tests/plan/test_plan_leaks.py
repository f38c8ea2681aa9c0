"""Routes that leak between VRFs: which switch knows which prefix of which, who is kept apart, and what cannot work."""

from __future__ import annotations

from pathlib import Path

import pytest
from plan_specs import config, plan, refusal

from labgen.ground.labplan import LabPlan
from labgen.verify.reach_targets import leaked, servers, strangers

SHARED = (Path(__file__).parents[2] / "examples" / "designs" / "shared-services-leak.yml").read_text()
LOCAL = """\
name: local
switches: [core]
vrfs: {users: {leaks: services}, services: {}}
segments:
  pcs: {vrf: users, prefix: 10.1.1.0/24, attach: {core: [pc1]}, relay: {servers: [dhcp], server_vrf: users}}
  printers: {vrf: services, prefix: 10.9.8.0/24, attach: {core: [p1]}, relay: {servers: [dhcp], server_vrf: services}}
  servers: {vrf: services, prefix: 10.9.9.0/24, attach: {core: [dhcp]}, dhcp: false}
servers: {dhcp: {}}
"""


def told(built: LabPlan, switch: str) -> set[tuple[str, str, str]]:
    return {(r.vrf, str(r.prefix), r.interface) for r in built.node(switch).routes}


def test_a_switch_with_both_vrfs_knows_the_prefixes_of_each_in_the_other(tmp_path: Path) -> None:
    assert told(plan(LOCAL, tmp_path), "core") == {
        ("users", "10.9.8.0/24", "leak1a"),
        ("users", "10.9.9.0/24", "leak1a"),
        ("services", "10.1.1.0/24", "leak1b"),
    }


def test_the_border_leaks_for_tenants_on_other_leaves_and_no_tenant_learns_of_another(tmp_path: Path) -> None:
    built = plan(SHARED, tmp_path)
    of_tenants = {(vrf, prefix) for vrf, prefix, _ in told(built, "border") if vrf != "services"}
    assert of_tenants == {("red", "10.9.9.0/24"), ("blue", "10.9.9.0/24")}
    assert {vrf.name for vrf in built.node("border").vrfs} == {"red", "blue", "services"}
    assert told(built, "leaf-1") == told(built, "leaf-2") == set()


def test_each_pair_of_vrfs_has_four_addresses_of_its_own(tmp_path: Path) -> None:
    ends = [[str(end.address) for end in leak.ends] for leak in plan(SHARED, tmp_path).node("border").leaks]
    assert ends == [["169.254.64.1/30", "169.254.64.2/30"], ["169.254.64.5/30", "169.254.64.6/30"]]


def test_relays_stay_in_their_own_vrf(tmp_path: Path) -> None:
    built = plan(SHARED, tmp_path)
    assert {
        (relay.vrf, target.vrf) for node in built.nodes for relay in node.relays for target in relay.targets
    } == {
        ("red", "red"),
        ("blue", "blue"),
    }
    assert not any(relay.inter_vrf for node in built.nodes for relay in node.relays)


def test_the_vrfs_of_frr_announce_what_leaked_into_them(tmp_path: Path) -> None:
    built = plan(SHARED, tmp_path)
    assert config(built, "border", "frr.conf").count("redistribute kernel") == 3
    assert "redistribute kernel" not in config(built, "leaf-1", "frr.conf")


def test_checks_of_isolation_know_what_leaks(tmp_path: Path) -> None:
    built = plan(LOCAL, tmp_path)
    assert [(s.client, s.peer) for s in leaked(built)] == [("pc1", "p1"), ("p1", "pc1")]
    assert list(strangers(built)) == []
    assert ("pc1", "dhcp") in {(s.client, s.server) for s in servers(built)}


def test_tenants_that_share_services_are_still_strangers(tmp_path: Path) -> None:
    assert {(s.client, s.peer) for s in strangers(plan(SHARED, tmp_path))} == {
        ("r1", "b1"),
        ("r2", "b1"),
        ("b1", "r1"),
    }


def test_without_leaking_the_server_is_in_another_vrf(tmp_path: Path) -> None:
    said = refusal(LOCAL.replace("{leaks: services}", "{}"), tmp_path)
    assert "server `dhcp` is in VRF `services`, not in `users`" in said
    assert "have the VRFs leak routes" in said


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("leaks: services", "leaks: service"), "did you mean `services`?"),
        (("leaks: services", "leaks: users"), "leaks into itself"),
        (("leaks: services", "leaks: default"), "the global table is none"),
        (("leaks: services", "leaks: {services: [cor]}"), "did you mean `core`?"),
        (("10.9.8.0/24", "10.1.1.0/25"), "overlap"),
        (("switches: [core]", "switches: [core]\ndevices: {switch: eos}"), "leaking of routes between VRFs"),
    ],
)
def test_what_cannot_work_is_refused(tmp_path: Path, change: tuple[str, str], words: str) -> None:
    said = refusal(LOCAL.replace(*change), tmp_path)
    assert words in said
    assert "own.yml:" in said


def test_vrfs_that_no_switch_has_both_of_need_one_that_leaks(tmp_path: Path) -> None:
    text = SHARED.replace("leaks: {services: [border]}", "leaks: services")
    assert "no switch has both VRF `red` and VRF `services`" in refusal(text, tmp_path)
