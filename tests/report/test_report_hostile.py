"""A run's folder may be anybody's: what is odd in it is refused with the file and the place, by `diff` and by `judge`, and nothing of
this machine gets into a report through it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from report_runs import run
from report_verdicts import PASS, verdict
from test_report_diff import kept

from labgen.ground import jsonfile
from labgen.ground.errors import InputError
from labgen.report import history
from labgen.report.diff import diff, find
from labgen.verify.evidence import RunEvidence
from labgen.verify.rejudge import rejudge

DEEP = "[" * 200_000
Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    return (
        kept(tmp_path, "20260101T120000Z-acquire", verdict(PASS)),
        kept(tmp_path, "20260101T130000Z-acquire", verdict(PASS)),
    )


def changed(file: Path, change: Change) -> None:
    data = json.loads(file.read_text())
    change(data)
    file.write_text(json.dumps(data))


@pytest.mark.parametrize(
    "text", ["", "null", "[]", DEEP, '{"a":' * 100_000, '{"a": NaN}', '{"a": ' + "9" * 5000 + "}"]
)
def test_json_that_labgen_did_not_write_is_refused_with_the_file(text: str, pair: tuple[Path, Path]) -> None:
    for name in ("verdict.json", "run.json"):
        (pair[1] / name).write_text(text)
    with pytest.raises(InputError, match=r"verdict\.json"):
        diff(*pair)
    with pytest.raises(InputError, match=r"run\.json"):
        RunEvidence.read(pair[1])


def test_a_fault_of_syntax_has_its_line(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{\n"a": 1,\n"b": ]\n}')
    with pytest.raises(InputError, match=r"x\.json:3: "):
        jsonfile.read(tmp_path / "x.json", "mend it")


@pytest.mark.parametrize("text", [r'{"a": "\ud800"}', r'{"\uDFFF": 1}'])
def test_half_a_character_is_refused_and_a_whole_one_is_not(text: str, tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text(text)
    with pytest.raises(InputError, match="UTF-8"):
        jsonfile.read(file, "mend it")
    file.write_text(r'{"a": "\ud83d\ude00"}')
    assert jsonfile.read(file, "mend it") == {"a": "\U0001f600"}


def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.json")
    (tmp_path / "y.json").symlink_to("/dev/zero")
    for name in ("x.json", "y.json"):
        with pytest.raises(InputError, match="no ordinary file"):
            jsonfile.read(tmp_path / name, "mend it")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("place", "change"),
    [
        ("planned", lambda data: data.update(planned="many")),
        ("planned", lambda data: data.update(planned=None)),
        ("checks", lambda data: data.update(checks=5)),
        ("checks.0", lambda data: data.update(checks=[5])),
        ("checks.0.playbook", lambda data: data.update(checks=[{}])),
        ("checks.0.outcome", lambda data: data["checks"][0].update(outcome="maybe")),
        ("exchanges.0", lambda data: data.update(exchanges=[{}])),
        ("exchanges.0", lambda data: data.update(exchanges=[7])),
        ("findings.0", lambda data: data.update(findings=[{"code": 5}])),
        ("timings", lambda data: data.update(timings=[1])),
        ("timings.up", lambda data: data.update(timings={"up": "long"})),
        ("provenance", lambda data: data.update(provenance=5)),
        ("provenance.daemons", lambda data: data.update(provenance={"daemons": 5})),
    ],
)  # fmt: skip
def test_a_verdict_that_is_none_is_refused_with_the_place(
    place: str, change: Change, pair: tuple[Path, Path]
) -> None:
    changed(pair[1] / "verdict.json", change)
    with pytest.raises(InputError, match=rf"verdict\.json is damaged at {place}\b"):
        diff(*pair)


def test_a_verdict_of_an_older_release_without_its_origin_is_compared(pair: tuple[Path, Path]) -> None:
    changed(pair[1] / "verdict.json", lambda data: data.pop("provenance", None))
    assert not diff(*pair).worse


@pytest.mark.parametrize("name", ["a" * 5000, "*", "[", "\0"])
def test_a_name_of_no_run_is_no_run(
    name: str, pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(pair[0].parents[2])
    with pytest.raises(InputError, match="is no run"):
        find(Path(name))


def _evidence(file: str = "raw/sw1/x.txt", **step: Any) -> dict[str, Any]:
    kept = {"node": "sw1", "probe": "x", "file": file, "octets": 5, "at": 1.0}
    return {"playbook": "p", "step": "s", "since": 0.0, "acted": 0.0, "at": 1.0, "files": [kept], **step}


@pytest.mark.parametrize(
    ("place", "step"),
    [
        ("steps.0.files.0.file", _evidence(file="../../../etc/passwd")),
        ("steps.0.files.0.file", _evidence(file="/etc/passwd")),
        ("steps.0.files.0.file", _evidence(file="raw/\x1b[2J")),
        ("steps.0.at", _evidence(at=1e300)),
        ("steps.0.moved", _evidence(moved=1e300)),
        ("steps.0.lost", _evidence(lost=-1)),
        ("steps.0.frames.x", _evidence(frames={"x": -1})),
    ],
)
def test_evidence_outside_of_its_folder_or_of_all_time_is_refused(
    place: str, step: dict[str, Any], tmp_path: Path
) -> None:
    run().write(tmp_path)
    changed(tmp_path / "run.json", lambda data: data.update(steps=[step]))
    with pytest.raises(InputError, match=rf"run\.json is damaged at {place}\b"):
        RunEvidence.read(tmp_path)


@pytest.mark.parametrize("kind", ["link", "pipe", "folder link"])
def test_judging_follows_no_link_and_waits_for_no_pipe(kind: str, tmp_path: Path) -> None:
    run().write(tmp_path)
    place = tmp_path / "raw/sw1"
    place.mkdir(parents=True)
    if kind == "pipe":
        os.mkfifo(place / "x.txt")
    else:
        (place / "x.txt").symlink_to("/etc" if kind == "folder link" else "/etc/passwd")
    with pytest.raises(InputError, match=r"raw/sw1/x\.txt is no ordinary file"):
        rejudge(tmp_path)


def test_an_earlier_run_that_cannot_be_read_is_left_out_of_the_history(pair: tuple[Path, Path]) -> None:
    healthy = history.read(pair[0].parent)
    assert [line.run for line in healthy] == [pair[0].name, pair[1].name]
    for text in (
        DEEP,
        '{"run": "x", "verdict": "pass", "planned": 1, "passed": 1, "failed": 0, "seconds": 1e999}',
    ):
        (pair[0] / "summary.json").write_text(text)
        assert [line.run for line in history.read(pair[0].parent)] == [pair[1].name]
