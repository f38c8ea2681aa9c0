"""A bond of a node in an embedded lab: which member carries, what a lost carrier changes, and what is announced then."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from labgen.lab.embedded.blueprint import bond_ports
from labgen.lab.embedded.bond import Bond
from labgen.lab.embedded.carrier import LOWER_UP, UP
from labgen.lab.embedded.provider import EmbeddedProvider
from labgen.lab.provider import Lab
from labgen.plan.build import build
from labgen.render import folder as lab_folder
from labgen.spec.load import load
from labgen.verify import playbook, runner
from labgen.verify.judgement import Outcome
from labgen.verify.verdict import Conclusion, Verdict

pytest_plugins = ["lab_fixtures"]

WHOLE, CUT, OFF = UP | LOWER_UP, UP, 0
MAC, ADDRESS = bytes.fromhex("52dc00fe0701"), bytes((10, 1, 1, 7))
PORT, MEMBERS = bond_ports(0, 2)
FIRST, SECOND = MEMBERS


def bond(*alive: str) -> Bond:
    """A bond whose members have a carrier."""
    made = Bond(PORT, MEMBERS)
    for member in alive:
        made.heard(member, WHOLE)
    return made


def arp(sender: bytes) -> bytes:
    """An ARP request from an address of the node."""
    return (
        b"\xff" * 6
        + MAC
        + b"\x08\x06"
        + b"\x00\x01\x08\x00\x06\x04\x00\x01"
        + MAC
        + sender
        + bytes(6)
        + sender
    )


def test_the_first_member_carries_as_long_as_it_has_a_carrier() -> None:
    assert bond(FIRST, SECOND).active == FIRST
    assert bond(SECOND, FIRST).active == FIRST


def test_the_second_takes_over_and_the_first_takes_back() -> None:
    found = bond(FIRST, SECOND)
    assert found.heard(FIRST, CUT) == ()
    assert found.active == SECOND
    assert found.heard(FIRST, WHOLE) == ()
    assert found.active == FIRST


def test_a_node_whose_last_member_fails_loses_its_carrier_and_gets_it_back() -> None:
    found = bond(FIRST, SECOND)
    found.heard(SECOND, CUT)
    assert found.heard(FIRST, CUT) == ((PORT, False),)
    assert found.active is None
    assert found.heard(PORT, OFF) == found.heard(PORT, CUT) == ()  # of this process' own making
    assert found.heard(SECOND, WHOLE) == ((PORT, True),)
    assert found.active == SECOND


def test_switches_lose_their_carrier_with_a_node_that_turns_its_bond_off() -> None:
    found = bond(FIRST, SECOND)
    assert found.heard(PORT, CUT) == ((FIRST, False), (SECOND, False))
    assert found.active is None
    assert found.heard(FIRST, CUT) == found.heard(SECOND, OFF) == ()
    assert found.heard(PORT, WHOLE) == ((FIRST, True), (SECOND, True))
    assert found.active == FIRST


def test_addresses_of_the_node_are_announced_over_the_member_that_takes_over() -> None:
    ours, theirs = zip(*(socket.socketpair(type=socket.SOCK_DGRAM) for _ in MEMBERS), strict=True)
    found = Bond(PORT, MEMBERS, dict(zip(MEMBERS, ours, strict=True)))
    for member in MEMBERS:
        found.heard(member, WHOLE)
    found.note(arp(ADDRESS))
    found.heard(FIRST, CUT)
    theirs[1].setblocking(False)
    assert theirs[1].recv(100) == arp(ADDRESS)
    found.tick(found.due[0] - 0.1)
    with pytest.raises(BlockingIOError):
        theirs[1].recv(100)
    for moment in list(found.due):
        found.tick(moment)
        assert theirs[1].recv(100) == arp(ADDRESS)
    assert found.due == []
    theirs[0].setblocking(False)
    with pytest.raises(BlockingIOError):
        theirs[0].recv(100)
    for each in (*ours, *theirs):
        each.close()


def test_a_node_without_an_address_is_not_announced() -> None:
    found = bond(FIRST, SECOND)
    found.note(arp(bytes(4)))
    found.note(b"\xff" * 6 + MAC + b"\x86\xdd" + bytes(60))
    assert list(found.announcements()) == []


# --- in labs ---

BONDED = """\
name: bonded
switches: [spine, leaf1, leaf2, leaf3]
links: [spine-leaf1, spine-leaf2, spine-leaf3]
overlay: {control: evpn, asn: 65000, multihoming: true}
vrfs: {users: {transit_vni: true}}
segments:
  office:
    vrf: users
    prefix: 10.1.1.0/24
    gateway: anycast
    attach: {leaf1: [pc1], leaf2: [pc1], leaf3: [pc2]}
    relay: {servers: [dhcp1], source: loopback, options: [circuit-id, link-selection, server-id-override]}
    pool: {lease: 12s, renew: 2s, rebind: 4s}
servers: {dhcp1: spine}
"""
ROUTED = """\
name: routed-access
switches: [core, acc1]
links: [core-acc1]
segments:
  one: {prefix: 10.1.1.0/24, attach: {acc1: [pc1]}, relay: {servers: [srv1]}, pool: {lease: 12s, renew: 2s, rebind: 4s}}
servers: {srv1: core}
"""


def run(spec: str, folder: Path, book: str, sabotage: Callable[[Lab], object] | None = None) -> Verdict:
    """The verdict of a playbook on a lab, after something was done to it."""
    (folder / "spec.yml").write_text(spec)
    plan = build(load(str(folder / "spec.yml")))
    target = folder / "lab"
    lab_folder.write(plan, target, force=False)
    lab = EmbeddedProvider().up(target, lambda _: None)
    try:
        if sabotage is not None:
            sabotage(lab)
        books = [playbook.load(book, lab.plan)]
        return runner.verify(lab, books, folder / "run", "embedded", lambda _: None)
    finally:
        lab.down()


def failures(verdict: Verdict) -> dict[str, str]:
    return {
        check.id: check.judgement.observed
        for check in verdict.checks
        if check.judgement.outcome is Outcome.FAIL
    }


@pytest.mark.lab
@pytest.mark.usefixtures("can_run_labs")
def test_a_client_renews_by_the_other_member_when_the_first_fails(tmp_path: Path) -> None:
    verdict = run(BONDED, tmp_path, "bond-failure")
    assert verdict.conclusion is Conclusion.PASS, failures(verdict)
    passed = {check.id for check in verdict.checks if check.judgement.outcome is Outcome.PASS}
    assert {"bond.other-way:pc1", "bond.own-way:pc1", "bond.witnesses:pc1", "bond.mac:pc1:leaf3"} <= passed


@pytest.mark.lab
@pytest.mark.deep
@pytest.mark.usefixtures("can_run_labs")
def test_a_bond_whose_other_member_is_down_fails_by_that(tmp_path: Path) -> None:
    port = "ip link set dev eth2 down 2>/dev/null || ip netns exec users ip link set dev eth2 down"
    verdict = run(BONDED, tmp_path, "bond-failure", lambda lab: lab.execute("leaf2", ["sh", "-c", port]))
    assert verdict.conclusion is Conclusion.FAIL
    failed = failures(verdict)
    assert "bond.mac:pc1:leaf3" in failed
    assert "behind leaf1" not in failed["bond.mac:pc1:leaf3"]
    assert "lease.single-binding:pc2" not in failed


@pytest.mark.deep
@pytest.mark.lab
@pytest.mark.usefixtures("can_run_labs")
def test_a_routed_access_port_that_flaps_is_waited_for_until_its_subnet_is_announced_again(
    tmp_path: Path,
) -> None:
    verdict = run(ROUTED, tmp_path, "link-flap")
    assert verdict.conclusion is Conclusion.PASS, failures(verdict)
