"""The verdict as an HTML page."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from report_verdicts import BLOCKED, ERROR, FAIL, PASS, acquired, plan, read, verdict

from labgen.dhcp.model import Evidence, Finding, Severity
from labgen.ground.labplan import Expectation, PlanWarning
from labgen.report import html, places
from labgen.report.drawings import MOST_DRAWN
from labgen.report.write import write
from labgen.verify.judgement import Proof, Witness
from labgen.verify.verdict import Verdict

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
# Elements that have no end tag (HTML standard, section 13.1.2).
VOID = {"meta", "br", "img", "link", "input", "hr"}


class Reader(HTMLParser):
    """Elements, attributes, visible words, and whether every element is closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("script", "style"):
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))

    def values(self, name: str) -> list[str]:
        return [value or "" for key, value in self.attributes if key == name]


def shown(given: Verdict, files: tuple[str, ...] = ()) -> Reader:
    return Reader(html.text(given, plan(), files))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (verdict(PASS, PASS), "PASS 2 of 2 checks"),
        (verdict(PASS, FAIL), "FAIL 1 of 2 checks failed, 1 passed"),
        (verdict(PASS, ERROR), "ERROR 1 of 2 checks could not be judged, 1 passed"),
        (verdict(PASS, BLOCKED), "INCOMPLETE 1 of 2 checks blocked, 1 passed"),
        (verdict(), "INCOMPLETE no check was planned, so nothing was shown"),
    ],
    ids=["pass", "fail", "error", "incomplete", "empty"],
)
def test_banner_says_the_verdict(given: Verdict, words: str) -> None:
    assert words in shown(given).text


def test_every_element_is_closed() -> None:
    assert shown(verdict(PASS, FAIL, ERROR, BLOCKED), ("raw/srv1/log.txt",)).open == []


def test_page_loads_nothing_from_anywhere() -> None:
    page = shown(verdict(PASS, FAIL), ("raw/srv1/log.txt", "captures/sw1-eth1.pcap"))

    assert not {"link", "img", "iframe", "object", "embed"} & set(page.tags)
    assert page.values("src") == []
    assert not [href for href in page.values("href") if re.match(r"[a-z]+:|//", href)]
    assert "@import" not in html.text(verdict(PASS), plan())


def test_failed_check_stands_on_top_with_hint_and_places() -> None:
    page = shown(verdict(PASS, FAIL))
    top = page.text.partition("Topology")[2].partition("Not passed")[2].partition("what it does for DHCP")[0]

    for words in (
        "srv2 offers cl_a an address of its own pool",
        "an address of its own pool (RFC 2131 section 4.3.1)",
        "172.16.0.200",
        "labgen logs srv1",
        "frame 35",
        "line 162",
    ):
        assert words in top
    assert "captures/srv1-eth1.pcap" in page.values("href")


@pytest.mark.parametrize("place", ["observed", "circuit id", "note", "message", "line"])
def test_hostile_text_of_a_node_is_escaped(place: str) -> None:
    given = verdict(replace(FAIL, observed=HOSTILE if place == "observed" else "x"))
    if place in ("circuit id", "note"):
        exchange = (
            acquired("cl_a", circuit=HOSTILE) if place == "circuit id" else acquired("cl_a", note=HOSTILE)
        )
        given = replace(given, exchanges=(exchange,))
    if place in ("message", "line"):
        evidence = (Evidence("srv1", "raw/srv1/log.txt", 1, text=HOSTILE if place == "line" else None),)
        message = HOSTILE if place == "message" else "x"
        given = replace(given, findings=(Finding("no-reply", Severity.ERROR, message, evidence=evidence),))

    page = shown(given)

    assert "alert(1)" in page.text
    assert page.tags.count("script") == shown(verdict(FAIL)).tags.count("script")
    assert "img" not in page.tags
    assert page.values("onerror") == []


def test_each_check_can_be_filtered_by_its_outcome() -> None:
    page = shown(verdict(PASS, FAIL, BLOCKED))

    assert page.values("data-outcome") == ["", "pass", "fail", "blocked"]
    assert page.values("data-outcomes") == ["fail blocked pass"] * 2 + ["fail", "blocked", "pass"]


def test_finding_is_explained_with_its_clause() -> None:
    text = shown(verdict(PASS)).text

    assert "srv1 was asked for 172.16.0.130" in text
    assert "What to change." in text
    assert "RFC 2131 section 4.3.2" in text
    assert "DHCP4_PACKET_NAK_0003 <hw>" in text


def test_finding_the_scenario_is_there_to_show_says_so() -> None:
    staged = plan().model_copy(update={"expect": Expectation(findings=("unexpected-address",))})

    assert "brings it about on purpose" in Reader(html.text(verdict(PASS), staged)).text
    assert "brings it about on purpose" not in shown(verdict(PASS)).text


def test_finding_of_an_unknown_code_is_shown_without_explanation() -> None:
    given = replace(verdict(PASS), findings=(Finding("acme-oddity", Severity.WARNING, "something odd"),))

    assert "acme-oddity" in shown(given).text


def test_every_exchange_is_drawn_and_listed_message_by_message() -> None:
    page = shown(verdict(PASS))

    assert page.values("class").count("sequence") == 2
    assert "1 circuit id Vlan1000, 5 link selection 172.16.0.4" in page.text


@pytest.mark.slow
def test_hundreds_of_exchanges_are_listed_but_not_all_drawn() -> None:
    given = verdict(PASS, exchanges=(acquired("cl_a"),) * (MOST_DRAWN + 5))
    page = shown(given)

    assert page.values("class").count("sequence") == MOST_DRAWN
    assert page.text.count("Not drawn") == 5


def test_lease_links_to_what_each_witness_shows() -> None:
    text = html.text(verdict(PASS), plan())
    leases = text[text.index('id="leases"') : text.index('id="time"')]

    assert re.findall(r'href="([^"]*)"', leases) == [
        "raw/cl_a/leases.txt",
        "raw/srv2/lease4-get-all.txt",
        "captures/cl_a-eth1.pcap",
        "raw/cl_b/leases.txt",
        "raw/srv2/lease4-get-all.txt",
        "captures/cl_b-eth1.pcap",
    ]


def test_warning_of_the_plan_is_repeated() -> None:
    warned = plan().model_copy(update={"warnings": (PlanWarning(code="anycast-giaddr", message="a trap"),)})

    assert "anycast-giaddr a trap" in Reader(html.text(verdict(PASS), warned)).text


def test_bars_of_the_times_fit_their_track() -> None:
    text = html.text(verdict(PASS), plan())
    bars = [(float(a), float(b)) for a, b in re.findall(r"left:([\d.]+)%;width:([\d.]+)%", text)]

    assert len(bars) == 5
    assert all(left + width <= 100.01 for left, width in bars)


@pytest.mark.parametrize(
    ("file", "href"),
    [
        ("raw/srv1/show ip?route#1.txt", "raw/srv1/show%20ip%3Froute%231.txt"),
        ("captures/sw1-eth1.pcap", "captures/sw1-eth1.pcap"),
        ("/etc/passwd", ""),
        ("raw/../../secret", ""),
        ("javascript:alert(1)", ""),
        (None, ""),
    ],
    ids=["odd characters", "capture", "absolute", "climbing", "scheme", "no file"],
)
def test_only_files_of_the_run_are_linked(file: str | None, href: str) -> None:
    assert places.link(file) == href


def test_proofs_of_one_file_are_one_place() -> None:
    proofs = [Proof(Witness.WIRE, "sw1", "captures/a.pcap", frame=frame) for frame in (7, 9, 7)]

    assert [str(place) for place in places.of_proofs(proofs)] == ["captures/a.pcap frames 7, 9 (wire)"]


def test_write_puts_three_reports_beside_the_evidence_and_links_it(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "x"
    for file in ("raw/srv1/kea-dhcp4.log.txt", "captures/srv1-eth1.pcap", "other/secret.txt"):
        (folder / file).parent.mkdir(parents=True)
        (folder / file).write_text("x")

    written = write(verdict(PASS), plan(), folder)

    assert [path.name for path in written] == ["verdict.json", "junit.xml", "report.html"]
    hrefs = Reader(written[2].read_text(encoding="utf-8")).values("href")
    assert {"raw/srv1/kea-dhcp4.log.txt", "captures/srv1-eth1.pcap", "verdict.json", "junit.xml"} <= set(
        hrefs
    )
    assert "other/secret.txt" not in hrefs
    assert all((folder / href).is_file() for href in hrefs[-5:])
    assert "../index.html" in hrefs


def test_verdict_json_holds_the_whole_verdict(tmp_path: Path) -> None:
    given = verdict(PASS, FAIL, ERROR, BLOCKED)

    path, *_ = write(given, plan(), tmp_path)

    assert read(path) == given


def test_same_verdict_gives_the_same_page() -> None:
    assert html.text(verdict(PASS, FAIL), plan()) == html.text(verdict(PASS, FAIL), plan())
