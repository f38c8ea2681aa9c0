"""What changed between two runs, and the runs of a lab on one page."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from report_runs import granted, run
from report_source import SOURCE
from report_verdicts import FAIL, PASS, plan, verdict

from labgen.dhcp.model import Finding, Severity
from labgen.ground.errors import InputError
from labgen.report import diff_views, history
from labgen.report.diff import Diff, diff, find, newest_two
from labgen.report.write import write
from labgen.verify.verdict import Verdict

LABGEN = (sys.executable, "-c", "from labgen.cli.main import main; main()")


def kept(lab: Path, name: str, given: Verdict, *, lease: int = 12) -> Path:
    """A run in a lab folder, as `labgen verify` leaves it."""
    folder = lab / "runs" / name
    scopes = tuple(
        node.model_copy(update={"server": node.server.model_copy(update={"scopes": tuple(
            scope.model_copy(update={"lease": lease}) for scope in node.server.scopes)})})
        if node.server else node for node in plan().nodes
    )  # fmt: skip
    changed = plan().model_copy(update={"nodes": scopes})
    run().model_copy(update={"plan": changed}).write(folder)
    write(replace(given, folder=str(folder)), plan(), folder)
    return folder


def compared(tmp_path: Path, before: Verdict, after: Verdict) -> Diff:
    return diff(
        kept(tmp_path, "20260101T120000Z-acquire", before), kept(tmp_path, "20260101T130000Z-acquire", after)
    )


def changes(found: Diff, title: str) -> dict[str, tuple[str, str]]:
    return {c.what: (c.before, c.after) for s in found.sections if s.title == title for c in s.changes}


def test_same_runs_differ_in_nothing(tmp_path: Path) -> None:
    found = compared(tmp_path, verdict(PASS), verdict(PASS))
    assert found.sections == () and not found.worse
    assert diff_views.conclusion(found).startswith("SAME")


def test_check_that_fails_now_makes_it_worse(tmp_path: Path) -> None:
    found = compared(tmp_path, verdict(PASS, PASS), verdict(PASS, FAIL))
    assert found.worse
    assert changes(found, "checks") == {
        "acquire: srv2 offers cl_a an address of its own pool": ("pass", "fail 172.16.0.200")
    }
    assert diff_views.conclusion(found) == "WORSE  1 check passed before and does not any more"


def test_check_that_passes_now_is_a_change_for_the_better(tmp_path: Path) -> None:
    found = compared(tmp_path, verdict(FAIL), verdict(PASS))
    assert not found.worse and len(changes(found, "checks")) == 1


def test_other_lease_is_told_by_client(tmp_path: Path) -> None:
    before = verdict(PASS, exchanges=(granted("cl_a", 1, "172.16.0.3"), granted("cl_b", 1, "172.16.0.4")))
    after = verdict(PASS, exchanges=(granted("cl_a", 1, "172.16.0.9"), granted("cl_b", 1, "172.16.0.4")))
    assert changes(compared(tmp_path, before, after), "what clients got") == {
        "cl_a acquire: address": ("172.16.0.3", "172.16.0.9")
    }


def test_leg_that_is_missing_now_is_told(tmp_path: Path) -> None:
    given = verdict(PASS)
    (first, *_) = given.exchanges
    cut = replace(first, messages=tuple(m for m in first.messages if m.node != "srv2"))
    found = changes(
        compared(tmp_path, verdict(PASS, exchanges=(first,)), verdict(PASS, exchanges=(cut,))),
        "legs of exchanges",
    )
    assert found["cl_a acquire: DISCOVER at srv2"] == ("seen", "")
    assert not any("at srv1" in what for what in found)


def test_new_finding_is_told(tmp_path: Path) -> None:
    finding = Finding("double-lease", Severity.ERROR, "two", "srv1", "cl_a")
    after = replace(verdict(PASS), findings=(*verdict(PASS).findings, finding))
    assert changes(compared(tmp_path, verdict(PASS), after), "findings") == {
        "double-lease cl_a srv1": ("", "error")
    }


def test_changed_configuration_and_versions_are_told(tmp_path: Path) -> None:
    old = replace(verdict(PASS), provenance=SOURCE)
    new = replace(verdict(PASS), provenance=SOURCE.model_copy(update={"daemons": {"frr": "10.0"}}))
    found = diff(
        kept(tmp_path, "20260101T120000Z-acquire", old),
        kept(tmp_path, "20260101T130000Z-acquire", new, lease=60),
    )
    assert changes(found, "versions") == {"frr": ("8.4.4", "10.0")}
    assert changes(found, "configuration")["nodes[srv1].server.scopes[0].lease"] == ("12", "60")


def test_json_and_page_say_the_same(tmp_path: Path) -> None:
    found = compared(tmp_path, verdict(PASS), verdict(FAIL))
    told = json.loads(diff_views.json_text(found))
    assert (told["schema"], told["worse"]) == ("labgen/diff/1", True)
    assert ">WORSE<" in diff_views.page(found) and "srv1 offers cl_a" in diff_views.page(found)


def test_lab_folder_means_its_last_two_runs_of_the_same_playbooks(tmp_path: Path) -> None:
    for name in ("20260101T120000Z-acquire", "20260101T130000Z-renew", "20260101T140000Z-acquire"):
        kept(tmp_path, name, verdict(PASS))
    assert [path.name for path in newest_two(tmp_path)] == [
        "20260101T120000Z-acquire",
        "20260101T140000Z-acquire",
    ]
    assert find(tmp_path).name == "20260101T140000Z-acquire"


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no run"):
        find(tmp_path)
    with pytest.raises(InputError, match="no two runs"):
        newest_two(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(("after", "code"), [(PASS, 0), (FAIL, 1)], ids=["the same", "worse"])
def test_exit_code_says_whether_it_is_worse(tmp_path: Path, after: object, code: int) -> None:
    kept(tmp_path / "labs/x", "20260101T120000Z-acquire", verdict(PASS))
    kept(tmp_path / "labs/x", "20260101T130000Z-acquire", verdict(after))  # type: ignore[arg-type]
    done = subprocess.run(
        [*LABGEN, "diff", "20260101T120000Z-acquire", "20260101T130000Z-acquire"],
        cwd=tmp_path, env={**os.environ, "COLUMNS": "200"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stderr


def test_history_says_since_when(tmp_path: Path) -> None:
    for hour, given in ((12, verdict(PASS)), (13, verdict(FAIL)), (14, verdict(FAIL))):
        last = kept(tmp_path, f"20260101T{hour}0000Z-acquire", given)
    kept(tmp_path, "20260101T150000Z-renew", verdict(PASS))
    lines = history.read(tmp_path / "runs")
    assert [line.verdict.value for line in lines] == ["pass", "fail", "fail", "pass"]
    assert history.since(lines[2], lines) == "FAIL since 20260101T130000Z-acquire"
    assert history.since(lines[1], lines).startswith(
        "new: the run before (20260101T120000Z-acquire) was PASS"
    )
    assert history.since(lines[3], lines) == ""
    page = (last.parent / "index.html").read_text()
    assert page.index("20260101T140000Z") < page.index("20260101T130000Z") < page.index("20260101T120000Z")
    assert "was PASS" in page and page.count(">first<") == 2
