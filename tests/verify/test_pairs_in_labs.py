"""Designs that work and are not like the others pass: pairs of servers, servers on the segment, reservations, clients without DHCP."""

from __future__ import annotations

from pathlib import Path

import pytest
from verify_labs import judged, paired, running, story, written

from labgen.ground.labplan import LabPlan
from labgen.verify import playbook
from labgen.verify.verdict import Conclusion, Verdict

pytestmark = pytest.mark.lab

SEGMENT = """\
name: near
switches: [sw]
segments:
  users: {attach: {sw: [pc1, pc2, srv]}, pool: {lease: 12s, renew: 2s, rebind: 4s}}
servers: {srv: {}}
"""
RESERVED = """\
name: reserved
switches: [sw]
segments:
  data:
    prefix: 10.20.10.0/24
    attach: {sw: [pc1, pc2]}
    relay: {servers: [srv1, srv2]}
    pool: {split: {srv1: 10.20.10.50-10.20.10.99, srv2: 10.20.10.100-10.20.10.199}, lease: 12s, renew: 2s, rebind: 4s}
    reservations: {pc1: 10.20.10.10}
servers: {srv1: sw, srv2: sw}
"""
QUIET = """\
name: quiet
switches: [sw]
segments:
  users: {attach: {sw: [pc1]}, relay: {servers: [srv]}}
  printers: {attach: {sw: [lp]}, relay: none}
servers: {srv: sw}
"""


def verdict_of(plan: LabPlan, books: tuple[str, ...], folder: Path) -> Verdict:
    with running(plan, folder / "lab") as lab:
        return judged(lab, [playbook.load(name, plan) for name in books], folder / "run")


@pytest.mark.parametrize("mode", [pytest.param("load-balance", marks=pytest.mark.deep), "hot-standby"])
@pytest.mark.parametrize("server", ["kea-plain", pytest.param("isc-dhcpd-plain", marks=pytest.mark.deep)])
def test_a_pair_shares_its_leases_and_a_client_keeps_its_address(
    server: str, mode: str, tmp_path: Path
) -> None:
    verdict = verdict_of(
        paired(mode, server), ("acquire", "renew", "rebind", "release", "server-failure"), tmp_path
    )
    assert verdict.conclusion is Conclusion.PASS, story(verdict)
    kept = [c for c in verdict.checks if c.check == "server-failure.address"]
    assert [c.judgement.outcome.value for c in kept] == ["pass"]


def test_a_server_on_the_segment_is_not_reached_while_renewals_are_blocked(tmp_path: Path) -> None:
    verdict = verdict_of(written(SEGMENT), ("acquire", "renew", "rebind", "release"), tmp_path)
    assert verdict.conclusion is Conclusion.PASS, story(verdict)


def test_an_address_kept_on_two_servers_is_one_lease(tmp_path: Path) -> None:
    verdict = verdict_of(written(RESERVED), ("acquire", "rebind", "release"), tmp_path)
    assert verdict.conclusion is Conclusion.PASS, story(verdict)


def test_a_client_that_is_to_get_no_lease_asks_and_gets_none(tmp_path: Path) -> None:
    verdict = verdict_of(written(QUIET + "expect: {no_lease: [lp]}\n"), ("acquire",), tmp_path)
    assert verdict.conclusion is Conclusion.PASS, story(verdict)
    (asked,) = (c for c in verdict.checks if c.check == "expect.no-lease")
    assert asked.judgement.observed == "asked, and no ACK came"


def test_clients_without_dhcp_are_told_as_that_and_speak_against_nobody(tmp_path: Path) -> None:
    verdict = verdict_of(written(QUIET), ("acquire",), tmp_path)
    assert verdict.conclusion is Conclusion.PASS, story(verdict)
    assert "lp: segment printers is planned without leases" in verdict.not_covered
