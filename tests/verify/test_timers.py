"""Leases are shortened for playbooks that wait for timers, and a lab with long ones is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from verify_labs import SHORT, flagship, planned

from labgen.ground.errors import UsageError
from labgen.spec.load import load as load_spec
from labgen.verify import playbook, timers
from labgen.verify.playbook_spec import PlaybookSpec

STEPS = ({"name": "s"},)


def spec(**times: str) -> PlaybookSpec:
    return PlaybookSpec.model_validate({"name": "x", "steps": STEPS, **times})


def test_the_shortest_time_that_any_playbook_asks_for_wins() -> None:
    found = timers.asked(
        [spec(lease="1m"), spec(lease="12s", renew="4s"), spec(rebind="6s", renew="3s"), spec()]
    )
    assert found == timers.Times(lease=12, renew=3, rebind=6)


def test_settings_shorten_every_relayed_segment() -> None:
    loaded = load_spec("evpn-redundant-server")
    found = timers.settings(loaded.spec, [spec(lease="12s", renew="2s", rebind="4s")])
    assert found == SHORT
    plan = flagship(*found)
    scopes = [scope for node in plan.nodes if node.server for scope in node.server.scopes]
    assert {(scope.lease, scope.renew, scope.rebind) for scope in scopes} == {(12, 2, 4)}


KEPT = """\
name: kept
switches: [sw]
segments:
  users:
    prefix: 10.1.1.0/24
    attach: {sw: [pc1]}
    relay: {servers: [srv], options: [circuit-id], circuit_id: "floor 1.2=a"}
    pool: {lease: 8h}
    reservations:
      pc1: {address: 10.1.1.10, lease: 7d}
      02-00-00-00-00-09: {address: 10.1.1.11, lease: 7d}
      0200.0000.0008: {address: 10.1.1.12, lease: 7d}
      "circuit-id floor 1.2=a": {address: 10.1.1.13, lease: 7d}
      "client-id 01:aa": {address: 10.1.1.14, lease: 7d, options: {domain: example.net}}
servers: {srv: sw}
"""


def test_lease_times_of_reservations_are_taken_out_whatever_their_client_is_known_by(tmp_path: Path) -> None:
    file = tmp_path / "kept.yml"
    file.write_text(KEPT)
    loaded = load_spec(str(file))
    assert {each.lease for each in loaded.spec.segments["users"].reservations} == {7 * 86400}
    found = timers.settings(loaded.spec, [spec(lease="12s", renew="2s", rebind="4s")])
    kept = load_spec(str(file), None, found).spec.segments["users"].reservations
    assert {each.lease for each in kept} == {None}
    assert len(kept) == 5
    assert [each.name for each in kept[-1].options] == ["domain"]


@pytest.mark.parametrize(
    ("settings", "times"),
    [
        pytest.param((), {}, id="nobody asks"),
        pytest.param(("segments.cv1.pool.lease=10s",), {"lease": "12s"}, id="short enough already"),
    ],
)
def test_settings_are_left_alone(settings: tuple[str, ...], times: dict[str, str]) -> None:
    loaded = load_spec("evpn-redundant-server", None, settings)
    assert timers.settings(loaded.spec, [spec(**times)]) == ()


@pytest.mark.parametrize("name", ["renew", "rebind", "expire", "server-failure", "relay-failure"])
def test_a_lab_with_long_leases_is_refused_with_the_remedy(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        playbook.load(name, flagship())
    assert caught.value.exit_code == 2
    text = str(caught.value)
    assert "lease 86400 s, T1 43200 s, T2 75600 s" in text
    assert f"labgen up SPEC --playbook {name}" in text
    assert "--set segments.cv1.pool.lease=12s" in text


@pytest.mark.parametrize(("key", "done"), [("trigger", True), ("told", True), ("title", False)])
def test_what_makes_clients_renew_has_two_names(key: str, done: bool) -> None:
    """`told` was the first, and is still taken."""
    clients = planned("evpn-redundant-server", {"switch": "eos", "server": "csr", "client": "iosv"})
    assert timers.needs_no_timer(spec(**{key: "renew"}), clients) is done


def test_any_lease_will_do_where_every_client_can_be_told() -> None:
    clients = planned("evpn-redundant-server", {"switch": "eos", "server": "csr", "client": "iosv"})
    assert playbook.load("renew", clients).planned
    with pytest.raises(UsageError):
        playbook.load("expire", clients)


@pytest.mark.parametrize(
    "settings", [SHORT, ("segments.cv1.pool.lease=12s",)], ids=["as asked", "by the remedy"]
)
def test_short_leases_are_accepted(settings: tuple[str, ...]) -> None:
    assert playbook.load("renew", flagship(*settings)).planned > 0


def test_a_playbook_without_timers_runs_on_any_lease() -> None:
    assert playbook.load("release", flagship()).planned > 0
