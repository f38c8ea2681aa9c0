"""Titles are made from subject and template, whatever clients are called."""

from __future__ import annotations

from itertools import product
from string import Formatter

import pytest

from labgen.report.checks import steps
from labgen.report.timings import spans
from labgen.verify.check import registry
from labgen.verify.judgement import Judgement, Outcome
from labgen.verify.subject import Subject, common_title, title
from labgen.verify.timing import TimedPhase, Timing
from labgen.verify.verdict import CheckResult, Verdict

ODD = ("a", "DISCOVER", "once", "each")


def group_of(clients: tuple[str, ...]) -> tuple[str, str]:
    """Title and subjects of one check on some clients and two servers, as reports show them."""
    checks = tuple(
        CheckResult(
            "server.copies", Subject(client=client, server=server), "{server} receives a DISCOVER of {client} once",
            "acquire", "acquire", "", Judgement(Outcome.PASS),
        )
        for client, server in product(clients, ("srv1", "srv2"))
    )  # fmt: skip
    (step,) = steps(Verdict("lab", "lab", "embedded", {}, len(checks), checks))
    return step.groups[0].title, step.groups[0].subjects


def test_clients_may_be_called_as_words_of_a_title() -> None:
    assert group_of(ODD) == (
        "each server receives a DISCOVER of each client once",
        "a DISCOVER once each × srv1 srv2",
    )


def test_what_all_share_keeps_its_name() -> None:
    assert group_of(("a",))[0] == "each server receives a DISCOVER of a once"


def test_a_title_for_one_subject_names_it() -> None:
    assert title("the relay on {switch} hears {client}", Subject("a", "sw1")) == "the relay on sw1 hears a"


def test_a_check_about_nodes_of_two_roles_speaks_of_nodes() -> None:
    about = (Subject(switch="sw1"), Subject(server="srv1"))
    assert common_title("OSPF on {node} is full", about) == "OSPF on each node is full"


def test_the_subject_is_in_the_json_by_field() -> None:
    data = CheckResult("x.y", Subject(client="a", server="b"), "{client} {server}", "p", "s").to_json()
    assert (data["id"], data["check"], data["subject"]) == ("x.y:a:b", "x.y", {"client": "a", "server": "b"})


@pytest.mark.parametrize("name", registry())
def test_titles_of_checks_name_parts_of_subjects_only(name: str) -> None:
    known = {"client", "switch", "server", "segment", "peer", "finding", "node"}
    assert {part for _, part, _, _ in Formatter().parse(registry()[name].title) if part} <= known


def test_a_playbook_called_up_is_no_stage() -> None:
    found = spans(
        [
            Timing(TimedPhase.STAGE, 0.5, "network"),
            Timing(TimedPhase.STAGE, 2.0, "routes"),
            Timing(TimedPhase.STEP, 3.0, playbook="up", step="routes"),
            Timing(TimedPhase.STEP, 1.0, playbook="action", step="acquire"),
        ]
    )
    assert [(span.name, span.seconds) for span in found] == [
        ("up", 2.0),
        ("up routes", 3.0),
        ("action acquire", 1.0),
    ]
    assert [part.name for part in found[0].parts] == ["network", "routes"]
