"""Pages that labgen writes, in a browser: readable on phones and in the dark, by everybody, with nothing blocked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from browser_axe import violations
from browser_command import run
from members import some

pytest_plugins = ["browser_lab"]
pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def pages(short_lab: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two runs of a lab, the list of them, what changed, one file to send, and an analysis of the captures."""
    place = tmp_path_factory.mktemp("pages")
    bundle = place / "bundle.html"
    for _ in range(2):
        done = run("verify", str(short_lab), "--playbook", "renew", "--bundle", str(bundle))
        assert done.returncode == 0, done.stdout + done.stderr
    newest = sorted((short_lab / "runs").glob("2*"))[-1]
    found = {"report": newest / "report.html", "runs": short_lab / "runs/index.html", "bundle": bundle}
    captures = sorted(str(path) for path in (newest / "captures").glob("cl_*.pcap"))
    for name, command in {
        "diff": ("diff", str(short_lab)),
        "analysis": ("analyze", *captures),
    }.items():
        found[name] = place / f"{name}.html"
        found[name].write_text(run(*command, "--format", "html").stdout)
    return found


@pytest.mark.parametrize(
    "name", some(["report", "runs", "bundle", "diff", "analysis"], "report", "runs", "diff")
)
def test_page_has_no_accessibility_violation_and_fits(pages: dict[str, Path], page: Any, name: str) -> None:
    """On a desk by day, and on a phone in the dark, where other colours, sizes and orders are all that can be wrong in addition."""
    page.goto(pages[name].as_uri())
    page.evaluate("() => document.querySelectorAll('details').forEach(each => { each.open = true })")
    assert violations(page) == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 1280
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 900})
    assert violations(page, "color-contrast", "scrollable-region-focusable", "link-in-text-block") == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390


def test_client_can_be_chosen(pages: dict[str, Path], page: Any) -> None:
    page.goto(pages["report"].as_uri())
    page.select_option("#client", "cl_b")
    hidden = page.evaluate(
        "() => [...document.querySelectorAll('.exchange')].map(e => [e.dataset.client, e.hidden])"
    )
    assert {client for client, gone in hidden if not gone} == {"cl_b"}
    assert {client for client, gone in hidden if gone} == {"cl_a"}


def test_mark_of_the_time_line_opens_its_ladder(pages: dict[str, Path], page: Any) -> None:
    page.goto(pages["report"].as_uri())
    last = page.locator(".timeline a.mark").last
    target = last.get_attribute("href")
    last.click()
    assert page.locator(f"{target} svg.sequence").is_visible()


def test_frames_are_saved_from_the_bundle(pages: dict[str, Path], page: Any) -> None:
    page.goto(pages["bundle"].as_uri())
    with page.expect_download() as saved:
        page.click("a[download='frames.pcapng']")
    assert Path(saved.value.path()).read_bytes()[:4] == b"\x0a\x0d\x0d\x0a"


def test_first_screen_answers_ten_questions(pages: dict[str, Path], page: Any) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(pages["report"].as_uri())
    shown = [
        box["y"] + box["height"]
        for box in (item.bounding_box() for item in page.query_selector_all(".glance > div"))
        if box
    ]
    assert len(shown) == 10
    assert max(shown) <= 900
