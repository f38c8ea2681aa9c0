"""Access switches that snoop: what they put in, what relays make of it, and what cannot work."""

from __future__ import annotations

from pathlib import Path

import pytest
from plan_specs import config, plan, refusal, scope
from snooping_specs import campus


def test_every_access_port_gets_an_option_82_of_its_own(tmp_path: Path) -> None:
    built = plan(campus(), tmp_path)
    (vlan,) = built.node("access").snooping
    assert [(p.linux, p.client, p.circuit_id, p.remote_id) for p in vlan.ports] == [
        ("eth2", "pc1", "eth2:10", "access"),
        ("eth3", "pc2", "eth3:10", "access"),
    ]
    assert vlan.trusted == ("eth1",)
    assert built.node("core").snooping == ()


def test_formats_are_filled_in(tmp_path: Path) -> None:
    built = plan(campus('{circuit_id: "{segment}/{port}", options: circuit-id}'), tmp_path)
    ports = built.node("access").snooping[0].ports
    assert [(port.circuit_id, port.remote_id) for port in ports] == [("users/eth2", ""), ("users/eth3", "")]


def test_a_trusted_client_has_a_port_as_any_other_bridge_has(tmp_path: Path) -> None:
    built = plan(campus("{trust: pc2}"), tmp_path)
    (vlan,) = built.node("access").snooping
    assert [port.client for port in vlan.ports] == ["pc1"]
    assert vlan.trusted == ("eth1", "eth3")
    assert built.snooped("pc2") is None


def test_a_reservation_by_circuit_id_is_for_the_client_of_that_port(tmp_path: Path) -> None:
    assert scope(plan(campus(), tmp_path), "dhcp").reservations[0].behind == ("pc1",)


@pytest.mark.parametrize(
    ("policy", "line", "keeps"),
    [
        ("", "", True),
        (", existing: keep", "", True),
        (", existing: replace, options: [circuit-id]", "trusted_option82: replace", False),
        (", existing: drop", "trusted_option82: discard", False),
    ],
)
def test_a_relay_keeps_replaces_or_drops_what_the_access_switch_put_in(
    tmp_path: Path, policy: str, line: str, keeps: bool
) -> None:
    built = plan(campus().replace("trust: true", f"trust: true{policy}"), tmp_path)
    text = config(built, "core", "relay.yml")
    assert "    trusted: true\n" in text
    assert ("trusted_option82" in text) == bool(line)
    assert line in text
    kept = built.kept("pc1", built.node("core").relays[0])
    assert (kept.circuit_id if kept else None) == ("eth2:10" if keeps else None)


def test_the_snooper_is_told_its_ports_alone(tmp_path: Path) -> None:
    text = config(plan(campus("{trust: pc2}"), tmp_path), "access", "snoop.yml")
    assert "  - name: eth2\n    inner: eth2-snoop\n    vlan: 10\n" in text
    assert "eth3" not in text


@pytest.mark.parametrize("policy", ["", ", trust: true, existing: drop"])
def test_a_relay_that_drops_what_the_access_switch_sends_is_warned_of(tmp_path: Path, policy: str) -> None:
    deaf = plan(campus().replace(", trust: true", policy), tmp_path).warnings
    assert any(
        each.code == "option-82-not-trusted" and "core drops requests" in each.message for each in deaf
    )
    assert not any(each.code == "option-82-not-trusted" for each in plan(campus(), tmp_path).warnings)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("snooping: true", "snooping: [core]"), "no client hangs on `core`"),
        (("snooping: true", "snooping: [acces]"), "did you mean `access`?"),
        (("snooping: true", "snooping: {trust: [pc9]}"), "`pc9` is no client of segment `users`"),
        (("snooping: true", "snooping: {circuit_id: '{host}'}"), "would get the same option 82"),
        (
            ("snooping: true", "snooping: {options: [link-selection]}"),
            "does not put `link-selection` into option 82",
        ),
        (
            ("snooping: true", "snooping: {options: circuit-id, remote_id: a}"),
            "remote-id looks like, which is not put in",
        ),
        (("trust: true", "trust: true, existing: append"), "keeps or replaces it"),
        (
            ("trust: true", "trust: true, source: loopback, options: [link-selection]"),
            "does not send link-selection",
        ),
        (
            ("switches: [core, access]", "switches: [core, access]\ndevices: {switch: iol}"),
            "DHCP snooping",
        ),
    ],
)
def test_what_cannot_work_is_refused(tmp_path: Path, change: tuple[str, str], words: str) -> None:
    said = refusal(campus().replace(*change), tmp_path)
    assert words in said
    assert "own.yml:" in said


def test_a_routed_port_has_nothing_to_snoop_between(tmp_path: Path) -> None:
    text = """\
name: routed
switches: [core]
segments:
  users: {attach: {core: [pc1]}, snooping: true, relay: {servers: [dhcp]}}
servers: {dhcp: core}
"""
    assert "give the segment a `vlan`" in refusal(text, tmp_path)
