"""A report of two hundred nodes stays a page that opens at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from report_verdicts import FRAME, acquired

from labgen.ground.vocabulary import Role
from labgen.plan.build import build
from labgen.report import html
from labgen.spec.load import load
from labgen.verify import playbook
from labgen.verify.judgement import Judgement, Outcome
from labgen.verify.verdict import CheckResult, Verdict

LEAVES = 66


def spec() -> str:
    """Two spines, 66 leaves with two clients each, two servers: 202 nodes."""
    names = [f"l{n}" for n in range(1, LEAVES + 1)]
    return (
        "name: large\ndevices: {switch: frr, server: kea, client: dhclient}\n"
        f"switches: [sp1, sp2, {', '.join(names)}]\n"
        f"links: [{', '.join(f'{leaf}-{spine}' for leaf in names for spine in ('sp1', 'sp2'))}]\n"
        "underlay: ospf\noverlay: {data: vxlan, control: evpn, asn: 65000}\n"
        "segments:\n  users:\n    prefix: 172.16.0.0/16\n"
        f"    attach: {{{', '.join(f'{leaf}: [{leaf}a, {leaf}b]' for leaf in names)}}}\n"
        "    relay: {servers: [srv1, srv2], source: loopback, options: [link-selection]}\n"
        "servers: {srv1: sp1, srv2: sp2}\nplaybooks: [acquire]\n"
    )


@pytest.mark.slow
def test_report_of_two_hundred_nodes_is_small(tmp_path: Path) -> None:
    file = tmp_path / "large.yml"
    file.write_text(spec())
    plan = build(load(str(file)))
    book = playbook.load("acquire", plan)
    passed = Judgement(Outcome.PASS, "an address of its own pool", "172.16.0.130 from srv1", "", (FRAME,) * 4)
    checks = tuple(
        CheckResult(p.check.name, p.subject, p.check.title, "acquire", "acquire", p.check.reference, passed)
        for step in book.steps
        for p in step.planned
    )
    clients = plan.role(Role.CLIENT)
    given = Verdict(
        lab="large",
        scenario="large",
        provider="embedded",
        devices={node.name: node.device for node in plan.nodes},
        planned=len(checks),
        checks=checks,
        exchanges=tuple(replace(acquired("cl_a"), xid=n) for n, _ in enumerate(clients)),
        folder="runs/x",
    )
    files = [f"raw/{node.name}/{n}.txt" for node in plan.nodes for n in range(8)]
    page = html.text(given, plan, files)
    assert len(plan.nodes) >= 200 and len(checks) > 10_000
    assert len(page.encode()) < 2_000_000
    assert page.count('<details class="card exchange"') == len(clients)


def test_first_screen_counts_many_nodes_and_names_few(tmp_path: Path) -> None:
    file = tmp_path / "large.yml"
    file.write_text(spec())
    given = Verdict(lab="large", scenario="large", provider="embedded", devices={}, planned=0, checks=())
    head = html.text(given, build(load(str(file))), []).partition('class="glance"')[0]
    assert "kea (srv1 srv2)" in head
    assert "dhclient (132: l1a to l66b)" in head
    assert "l30a" not in head
