"""`labgen watch` on a running lab: on the terminal, and as a page in a browser."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from browser_axe import violations

pytest_plugins = ["browser_lab"]
pytestmark = pytest.mark.lab


def post(address: str, body: dict[str, str], headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
    request = urllib.request.Request(f"{address}act", json.dumps(body).encode(), headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"{}")


def status(address: str, host: str = "") -> int:
    request = urllib.request.Request(address, headers={"Host": host} if host else {})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_page_listens_on_loopback_only(address: str) -> None:
    port = urlsplit(address).port
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    listening = [line.split()[1] for line in lines if line.split()[3] == "0A"]
    assert f"0100007F:{port:04X}" in listening
    assert f"00000000:{port:04X}" not in listening


def test_nothing_is_shown_without_the_token(address: str) -> None:
    parts = urlsplit(address)
    root = f"http://{parts.netloc}"
    assert status(address) == 200
    assert [status(f"{root}/"), status(f"{root}/wrong/"), status(f"{root}/wrong/events")] == [404, 404, 404]


def test_name_of_another_host_is_refused(address: str) -> None:
    """A page elsewhere whose name was made to lead here gets nothing (DNS rebinding)."""
    assert status(address, "example.com") == 400


def test_action_of_another_origin_is_refused(address: str) -> None:
    code, answer = post(address, {"node": "sw1", "action": "stop-relay"}, {})
    assert (code, answer) == (403, {"error": "not from this page"})


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param({"node": "sw1", "action": "rm -rf"}, "no action", id="unknown action"),
        pytest.param({"node": "nobody", "action": "stop-relay"}, "no action", id="unknown node"),
        pytest.param({"node": "sw1"}, "say node and action", id="no action"),
    ],
)
def test_action_that_is_none_is_refused(address: str, body: dict[str, str], words: str) -> None:
    code, answer = post(address, body, {"x-labgen": "1"})
    assert code == 400 and words in answer["error"]


def test_page_follows_the_lab(address: str, page: Any) -> None:
    """A click binds a client: its clocks run, the ladder grows, links light up, the server's binding comes."""
    page.goto(address)
    page.wait_for_selector("#state:has-text('exchange')")
    page.click("button[data-node=cl_a][data-action=acquire]")
    page.wait_for_selector("#clocks [data-name=cl_a] .state-bound")
    page.wait_for_selector("#topology .lit")
    page.wait_for_selector("#ladder svg .ack")
    assert re.search(r"\d\d:\d\d:\d\d\s+acquire: cl_a", page.inner_text("#exchanges"))
    page.wait_for_selector("#bindings td:has-text('172.16.0.')")
    seen: set[str] = set()
    deadline = time.monotonic() + 30
    while len(seen) < 3 and time.monotonic() < deadline:
        seen.add(page.inner_text("#clocks [data-name=cl_a] td:nth-child(7)"))
        time.sleep(0.3)
    assert len(seen) == 3, "the clock counts down"
    assert "no lease" in page.inner_text("#clocks [data-name=cl_b]")


def test_page_has_no_accessibility_violation(address: str, page: Any) -> None:
    page.goto(address)
    page.wait_for_selector("#state:has-text('exchange')")
    assert violations(page) == []


def test_broken_relay_is_shown_and_put_right(address: str, page: Any) -> None:
    page.goto(address)
    page.wait_for_selector("#state:has-text('exchange')")
    page.click("button[data-node=sw1][data-action=stop-relay]")
    page.wait_for_selector("#log-lines :text('stop-relay on sw1')")
    page.click("button[data-action=undo]")
    page.wait_for_selector("#log-lines :text('everything put right')")


def test_terminal_prints_exchanges_as_they_end(short_lab: Path) -> None:
    from browser_command import run

    run("verify", str(short_lab), "--playbook", "acquire")
    done = run("watch", str(short_lab), "--for", "2")
    assert done.returncode == 0, done.stderr
    assert "bound" in done.stdout and "acquire: cl_a" in done.stdout
