"""Lease times by segment, class and client, and routes that leak between VRFs, in running labs: what ACKs say, and who is reached."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from members import some

from labgen.dhcp.model import Kind
from labgen.lab.embedded.provider import EmbeddedProvider
from labgen.lab.provider import Lab
from labgen.plan.build import build
from labgen.render import folder as lab_folder
from labgen.spec.load import load
from labgen.verify import playbook, runner
from labgen.verify.judgement import Outcome
from labgen.verify.verdict import Verdict

pytest_plugins = ["lab_fixtures"]
pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("can_run_labs")]
POLICY = (Path(__file__).parents[2] / "examples" / "designs" / "lease-policy.yml").read_text()
ISC = POLICY.replace("server: kea", "server: isc-dhcpd").replace("infinite", "30d")
DNSMASQ = (
    POLICY.replace("server: kea", "server: dnsmasq")
    .replace(", shortest: 1h, longest: 1d, quarantine: 1h", ", renew: 3h, rebind: 6h")
    .replace("hasty: {asks_lease: 1m}, ", "")
)
LEAKY = """\
name: leaky
switches: [core]
vrfs: {users: {leaks: services}, services: {}}
segments:
  pcs: {vrf: users, prefix: 10.1.1.0/24, attach: {core: [pc1]}, relay: {servers: [dhcp], server_vrf: users}}
  printers: {vrf: services, prefix: 10.9.8.0/24, attach: {core: [p1]}, relay: {servers: [dhcp], server_vrf: services}}
  servers: {vrf: services, prefix: 10.9.9.0/24, attach: {core: [dhcp]}, dhcp: false}
servers: {dhcp: {}}
"""


def run(
    text: str, tmp_path: Path, before: Callable[[Lab], object] = lambda lab: None, book: str = "acquire"
) -> Verdict:
    file, folder = tmp_path / "own.yml", tmp_path / "lab"
    file.write_text(text)
    lab_folder.write(build(load(str(file))), folder, force=False)
    lab = EmbeddedProvider().up(folder, lambda stage: None)
    try:
        before(lab)
        books = [playbook.load(book, lab.plan)]
        return runner.verify(lab, books, tmp_path / "run", "embedded", lambda text: None)
    finally:
        lab.down()


def wrong(verdict: Verdict) -> dict[str, str]:
    return {c.id: c.judgement.observed for c in verdict.checks if c.judgement.outcome is not Outcome.PASS}


@pytest.mark.parametrize(
    ("text", "kiosk"),
    some(
        [
            pytest.param(POLICY, 0xFFFFFFFF, id="kea"),
            pytest.param(ISC, 30 * 86400, id="isc-dhcpd"),
            pytest.param(DNSMASQ, 0xFFFFFFFF, id="dnsmasq"),
        ],
        "isc-dhcpd",
    ),
)
def test_each_client_gets_the_lease_time_that_is_its_own(tmp_path: Path, text: str, kiosk: int) -> None:
    verdict = run(text, tmp_path)
    assert wrong(verdict) == {}
    found = {
        e.client.mac: e.lease_seconds
        for e in verdict.exchanges
        if e.lease_seconds and e.kind.value == "acquire"
    }
    bounded = "longest" in text
    wanted = {
        "pc1": 28800,
        "phone1": 86400,
        "boot1": 600,
        "kiosk": kiosk,
        "hasty": 3600 if bounded else 28800,
        "greedy": 86400 if bounded else 28800,
    }
    plan = build(load(str(tmp_path / "own.yml")))
    assert {name: found[plan.node(name).client_mac] for name in wanted} == wanted


@pytest.mark.deep
def test_a_lease_of_another_length_than_the_class_has_is_found(tmp_path: Path) -> None:
    text = POLICY.replace("clients: [boot1], lease: 10m", "clients: [boot1]")
    file, folder = tmp_path / "own.yml", tmp_path / "lab"
    file.write_text(POLICY)
    lab_folder.write(build(load(str(file))), folder, force=False)
    file.write_text(text)
    lab_folder.write(build(load(str(file))), tmp_path / "other", force=False)
    kea = "config/srv1/etc/kea/kea-dhcp4.conf"
    (folder / kea).write_text((tmp_path / "other" / kea).read_text())
    lab = EmbeddedProvider().up(folder, lambda stage: None)
    try:
        books = [playbook.load("acquire", lab.plan)]
        verdict = runner.verify(lab, books, tmp_path / "run", "embedded", lambda text: None)
    finally:
        lab.down()
    found = wrong(verdict)
    assert "lease 28800 s instead of 600 s" in found["lease.options:boot1"]
    assert "lease.options:pc1" not in found


def test_clients_renew_and_reach_over_routes_that_leak(tmp_path: Path) -> None:
    verdict = run(LEAKY, tmp_path)
    assert wrong(verdict) == {}
    ids = {check.id for check in verdict.checks}
    assert {"reach.leaked:pc1:p1", "reach.server:pc1:dhcp"} <= ids
    assert not any(each.startswith("reach.isolation") for each in ids)


@pytest.mark.deep
def test_a_route_that_does_not_leak_is_missed(tmp_path: Path) -> None:
    def stop(lab: Lab) -> None:
        lab.execute("core", ["sh", "-c", "ip -n users link set leak1a down || ip link set leak1a down"])

    found = wrong(run(LEAKY, tmp_path, stop))
    assert any(
        check.startswith(("relay.forwards:pc1", "round-trip.discover:pc1", "lease.witnesses:pc1"))
        for check in found
    )
    assert not any(check.endswith(":p1") and check.startswith("lease.") for check in found)


CACHED = """\
name: cached
devices: {server: SERVER}
switches: [r1, r2]
links: [r1-r2]
segments:
  users: {prefix: 10.1.1.0/24, attach: {r1: [pc1]}, relay: {servers: [srv]}, pool: {lease: 12s, renew: 2s, rebind: 4s, cache: CACHE}}
servers: {srv: r2}
"""


@pytest.mark.parametrize("server", some(["kea", "isc-dhcpd-plain"], "kea"))
@pytest.mark.parametrize(("cache", "whole"), [("50%", False), ("1%", True)])
def test_who_renews_a_young_lease_gets_what_is_left_of_it(
    tmp_path: Path, server: str, cache: str, whole: bool
) -> None:
    """T1 is a sixth of the lease: within half of it, and beyond a hundredth."""
    verdict = run(CACHED.replace("SERVER", server).replace("CACHE", cache), tmp_path, book="renew")
    assert wrong(verdict) == {}
    (renewed, *_) = (each for each in verdict.exchanges if each.kind is Kind.RENEW and each.lease_seconds)
    assert renewed.lease_seconds is not None
    assert (renewed.lease_seconds == 12) is whole, renewed.lease_seconds
