"""What did not pass: one cause, its consequences folded, nothing red in a pass."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

from report_source import SOURCE
from report_verdicts import FAIL, FRAME, PASS, plan, verdict

from labgen.dhcp.model import Exchange, ExchangeOutcome, Finding, Severity
from labgen.report import html, junit
from labgen.report.unpassed import cause, unpassed
from labgen.verify.diagnosis import Diagnosis
from labgen.verify.verdict import Verdict


def broken() -> Verdict:
    given = verdict(FAIL, FAIL, FAIL, PASS)
    first, *others = (check.id for check in given.checks[:3])
    found = Diagnosis("srv1 is cut off", ("srv1",), (FRAME,), "labgen logs srv1", first, tuple(others))
    return replace(given, diagnosis=found)


def test_consequences_are_folded_below_the_cause() -> None:
    found = cause(broken())
    assert found is not None
    assert (found.words, found.next, len(found.results), len(found.consequences)) == (
        "srv1 is cut off", "labgen logs srv1", 1, 2,
    )  # fmt: skip
    assert unpassed(broken()) == ()


def test_page_opens_with_the_cause_and_one_card() -> None:
    page = html.text(broken(), plan())
    assert page.count('class="card problem') == 1
    assert "srv1 is cut off" in page.partition("</header>")[0]
    assert "2 other checks did not pass because of it" in page


def test_without_a_diagnosis_one_check_is_one_card() -> None:
    (only,) = unpassed(verdict(FAIL, FAIL, FAIL))
    assert len(only.others) == 2


def test_nothing_of_a_pass_is_red() -> None:
    given = verdict(PASS)
    finding = Finding("renew-unreachable", Severity.ERROR, "nobody answers", "cl_a")
    silent: tuple[Exchange, ...] = tuple(
        replace(e, outcome=ExchangeOutcome.NO_REPLY) for e in given.exchanges
    )
    page = html.text(
        replace(given, findings=(finding,), provoked=frozenset({finding}), exchanges=silent), plan()
    )
    body = page.partition("<body")[2]
    assert "renew-unreachable" in body and ">expected<" in body
    assert "severity-error" not in body and 'class="tag bad"' not in body and 'class="tag fail"' not in body


def test_worst_finding_answers_where_nobody_diagnosed() -> None:
    finding = Finding("renew-unreachable", Severity.ERROR, "nobody answers <here>", "cl_a")
    head = html.text(replace(verdict(FAIL), findings=(finding,)), plan()).partition("</header>")[0]
    broke, change = (
        head.partition(f"{question}</dt>")[2].partition("</div>")[0]
        for question in ("What broke?", "What do I change?")
    )
    assert "renew-unreachable: nobody answers &lt;here&gt;" in broke
    assert "checks failed" not in broke
    assert "override" in change


def test_error_that_no_step_brought_about_stays_one() -> None:
    finding = Finding("renew-unreachable", Severity.ERROR, "nobody answers", "cl_a")
    page = html.text(replace(verdict(FAIL), findings=(finding,)), plan())
    assert "severity-error" in page.partition("<body")[2]


def test_provenance_is_in_page_and_json() -> None:
    given = replace(verdict(PASS), provenance=SOURCE)
    page = html.text(given, plan())
    assert "labgen run x --set &#39;a=&lt;b&gt;&#39;" in page and "Debian &lt;12&gt;" in page
    assert "frr 8.4.4" in page and "cd" * 32 in page
    told = given.to_json()["provenance"]
    assert isinstance(told, dict) and (told["labgen"], told["evidence"]) == ("0.2.0", "cd" * 32)


def test_provenance_is_in_every_suite_of_the_junit_report() -> None:
    root = ElementTree.fromstring(junit.text(replace(verdict(PASS), provenance=SOURCE)))
    told = {p.get("name"): p.get("value") for p in root.iter("property")}
    assert told["provenance.command"] == "labgen run x --set 'a=<b>'"
    assert told["provenance.daemons"] == "frr 8.4.4"
    assert told["provenance.evidence"] == f"sha256 {'cd' * 32}"


def test_only_the_script_of_the_page_may_run() -> None:
    import base64
    import hashlib
    import re

    page = html.text(verdict(PASS), plan())
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src &#39;sha256-{digest}&#39;" in page
    assert "unsafe-inline" not in page.partition("script-src")[2].partition('"')[0]
