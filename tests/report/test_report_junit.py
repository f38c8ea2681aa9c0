"""The verdict as JUnit XML."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from report_verdicts import BLOCKED, ERROR, FAIL, PASS, verdict

from labgen.report import junit
from labgen.verify.judgement import Judgement
from labgen.verify.verdict import Conclusion, Verdict


def suites(given: Verdict) -> ElementTree.Element:
    return ElementTree.fromstring(junit.text(given))


def counts(element: ElementTree.Element) -> dict[str, int]:
    return {name: int(element.attrib[name]) for name in ("tests", "failures", "errors", "skipped")}


@pytest.mark.parametrize(
    ("judgements", "expected"),
    [
        ((PASS, PASS), (2, 0, 0, 0)),
        ((PASS, FAIL), (2, 1, 0, 0)),
        ((PASS, ERROR), (2, 0, 1, 0)),
        ((FAIL, BLOCKED, PASS), (3, 1, 0, 1)),
    ],
    ids=["pass", "fail", "error", "blocked by a failure"],
)
def test_counts_are_those_of_the_checks(
    judgements: tuple[Judgement, ...], expected: tuple[int, int, int, int]
) -> None:
    root = suites(verdict(*judgements))

    assert tuple(counts(root).values()) == expected
    assert tuple(counts(root[0]).values()) == expected


def test_each_step_of_a_playbook_is_a_testsuite_with_its_time() -> None:
    given = verdict(PASS, PASS)
    first, second = given.checks
    given = replace(given, checks=(first, replace(second, playbook="renew", step="t1")))

    found = [(suite.get("name"), suite.get("time")) for suite in suites(given)]

    assert found == [
        ("evpn-redundant-server.acquire.acquire", "1.500"),
        ("evpn-redundant-server.renew.t1", None),
    ]


def test_failure_tells_expected_observed_next_command_and_place() -> None:
    failure = suites(verdict(FAIL)).find(".//failure")

    assert failure is not None
    assert failure.get("message") == "fail: 172.16.0.200"
    assert (failure.text or "").splitlines() == [
        "expected: an address of its own pool (RFC 2131 section 4.3.1)",
        "observed: 172.16.0.200",
        "next: labgen logs srv1",
        "where: captures/srv1-eth1.pcap frame 35 (wire), raw/srv1/kea-dhcp4.log.txt:162 (server)",
        "check: server.pool:cl_a:srv1",
    ]


@pytest.mark.parametrize(
    ("judgements", "planned"),
    [((), 0), ((PASS,), 3), ((PASS, BLOCKED), 2)],
    ids=["nothing planned", "checks that never ran", "only blocked"],
)
def test_incomplete_run_is_never_a_green_file(judgements: tuple[Judgement, ...], planned: int) -> None:
    given = replace(verdict(*judgements), planned=planned)

    assert given.conclusion is Conclusion.INCOMPLETE
    assert counts(suites(given))["errors"] == 1


def test_octets_that_xml_cannot_hold_are_replaced() -> None:
    hostile = replace(FAIL, observed='\x00\x1b[31m <circuit-id> & "Vlan" \ud800')

    failure = suites(verdict(hostile)).find(".//failure")

    assert failure is not None
    assert failure.get("message") == 'fail: ��[31m <circuit-id> & "Vlan" �'


@drawn(st.text(st.characters()))
def test_any_text_of_a_node_leaves_the_file_well_formed(text: str) -> None:
    hostile = replace(FAIL, observed=text, hint=text)

    assert counts(suites(verdict(hostile, exchanges=())))["failures"] == 1
