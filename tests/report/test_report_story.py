"""The story of a run: when its steps were, what was done, which leases clients held, and how long they had none."""

from __future__ import annotations

from dataclasses import replace

import pytest
from report_runs import BEGAN, granted, released, run
from report_verdicts import PASS, plan, verdict

from labgen.dhcp.model import Binding, Exchange, Kind, MessageRole
from labgen.report import html
from labgen.report.leases import leases
from labgen.report.parties import parties
from labgen.report.story import Story, Track, story
from labgen.report.timeline import view
from labgen.verify.verdict import Verdict


def told(*exchanges: Exchange) -> Story:
    given = verdict(PASS, exchanges=exchanges)
    found = story(given, plan(), run(), parties(given, plan()))
    assert found is not None
    return found


def track(*exchanges: Exchange) -> Track:
    return told(*exchanges).tracks[0]


def test_steps_follow_each_other_with_their_titles() -> None:
    bands = told().bands
    assert [(band.title, band.words, band.start, band.end) for band in bands] == [
        ("relay-failure · bind", "Clients are bound", 0.0, 10.0),
        ("relay-failure · failure", "", 10.0, 20.0),
    ]


def test_actions_name_the_nodes_that_groups_stood_for() -> None:
    acts = told().acts
    assert [(act.words, act.start, act.end, act.fault) for act in acts] == [
        ("stop-relay on sw1", 10.0, 10.5, True),
        ("wait for rebind of focus", 10.5, 16.5, False),
    ]


def test_renewed_lease_is_one_bar_with_the_timers_of_each_grant() -> None:
    found = track(granted("cl_a", 1, "172.16.0.3"), granted("cl_a", 3, "172.16.0.3", kind=Kind.RENEW))
    (bar,) = found.leases
    assert (bar.address, bar.start, bar.end) == ("172.16.0.3", 1.0, 7.0)
    assert bar.timers == (("T1", 3.0), ("T2", 4.5), ("T1", 5.0), ("T2", 6.5))


def test_lease_that_runs_out_leaves_a_gap_until_the_next() -> None:
    found = track(granted("cl_a", 1, "172.16.0.3"), granted("cl_a", 8.5, "172.16.0.130", lease=60))
    assert [(gap.start, gap.seconds, gap.lost, gap.next) for gap in found.gaps] == [
        (5.0, 3.5, "172.16.0.3", "172.16.0.130")
    ]
    assert found.outage == 3.5


def test_lease_that_is_never_replaced_is_missed_to_the_end() -> None:
    assert track(granted("cl_a", 1, "172.16.0.3")).outage == 15.0


@pytest.mark.parametrize(
    "exchanges",
    [
        pytest.param((granted("cl_a", 1, "172.16.0.3", lease=60),), id="held to the end"),
        pytest.param(
            (granted("cl_a", 1, "172.16.0.3"), released("cl_a", 3, "172.16.0.3")),
            id="given back by the client",
        ),
        pytest.param(
            (granted("cl_a", 1, "172.16.0.3"), granted("cl_a", 4, "172.16.0.9", lease=60)),
            id="replaced before it ran out",
        ),
        pytest.param((), id="never bound"),
    ],
)
def test_no_outage_is_told_where_there_was_none(exchanges: tuple[Exchange, ...]) -> None:
    assert track(*exchanges).gaps == ()


def test_address_stands_where_no_mark_covers_it_and_nowhere_without_room() -> None:
    roomy = view(told(granted("cl_a", 1, "172.16.0.3", lease=60))).tracks[0].boxes
    (address,) = [box for box in roomy if box.css == "held"]
    (mark,) = [box for box in roomy if box.css.startswith("mark")]
    assert address.text == "172.16.0.3"
    assert mark.left < address.left
    crowded = (
        view(told(*(granted("cl_a", 0.8 * n, "172.16.0.3", lease=60) for n in range(25)))).tracks[0].boxes
    )
    assert not [box for box in crowded if box.css == "held"]
    assert [box.words for box in crowded if box.css == "lease"] == [
        "cl_a holds 172.16.0.3 from 0.0 s to 20.0 s"
    ]


def test_gap_too_narrow_for_its_seconds_says_them_in_its_words_alone() -> None:
    found = view(told(granted("cl_a", 1, "172.16.0.3"), granted("cl_a", 5.2, "172.16.0.130", lease=60)))
    (gap,) = [box for box in found.tracks[0].boxes if box.css == "gap"]
    assert (gap.text, gap.words) == ("", "cl_a has no lease for 0.2 s")


def test_leases_of_another_client_are_not_mixed_in() -> None:
    assert track(granted("cl_b", 1, "172.16.0.3")).leases == ()


def test_boxes_lie_within_the_line() -> None:
    seen = view(told(granted("cl_a", 1, "172.16.0.3"), granted("cl_a", 12, "172.16.0.9", lease=600)))
    boxes = [box for line in (seen.steps, seen.acts, *seen.tracks) for box in line.boxes]
    assert len(boxes) > 8
    assert all(0 <= box.left <= 100 and box.left + box.width <= 100.5 for box in boxes)


def test_every_exchange_of_the_line_leads_to_its_ladder() -> None:
    given = verdict(PASS, exchanges=(granted("cl_a", 1, "172.16.0.3"), granted("cl_b", 2, "172.16.0.4")))
    page = html.text(given, plan(), run=run())
    assert 'href="#x0"' in page and 'href="#x1"' in page
    assert 'id="x0" data-client="cl_a"' in page and 'id="x1" data-client="cl_b"' in page


def test_outage_is_answered_on_the_first_screen() -> None:
    given = verdict(
        PASS, exchanges=(granted("cl_a", 1, "172.16.0.3"), granted("cl_a", 8.5, "172.16.0.130", lease=60))
    )
    head = html.text(given, plan(), run=run()).partition("</header>")[0]
    assert "cl_a lost 172.16.0.3, then got 172.16.0.130" in head
    assert "cl_a 3.5 s" in head
    assert "cl_b" not in head.partition("For how long?")[2].partition("</div>")[0]


@pytest.mark.parametrize(
    ("expires", "state"),
    [(BEGAN + 19, "expired"), (BEGAN + 21, ""), (None, "")],
    ids=["over", "in force", "unknown"],
)
def test_lease_that_ended_before_it_was_collected_is_not_in_force(expires: float | None, state: str) -> None:
    own = Binding("172.16.0.3", "cl_a", expires=expires, role=MessageRole.CLIENT)
    given: Verdict = replace(verdict(PASS, exchanges=()), bindings=(own,))
    (lease,) = leases(given, parties(given, plan()), BEGAN + 20)
    assert lease.state == state
