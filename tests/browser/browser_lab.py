"""A lab that tests watch: the flagship with leases of twelve seconds, and a browser."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser_command import LABGEN, run

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def short_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a running lab."""
    if os.geteuid() != 0 and shutil.which("newuidmap") is None:
        pytest.skip("an ordinary user's labs need newuidmap (package uidmap)")
    folder = tmp_path_factory.mktemp("watch") / "lab"
    done = run("up", "evpn-redundant-server", "--playbook", "renew", "-o", str(folder))
    assert done.returncode == 0, done.stderr
    yield folder
    run("down", str(folder))


@pytest.fixture(scope="module")
def address(short_lab: Path) -> Iterator[str]:
    """Where `labgen watch --web` shows the lab."""
    process = subprocess.Popen(
        [*LABGEN, "watch", str(short_lab), "--web"], stderr=subprocess.PIPE, text=True, bufsize=1
    )
    assert process.stderr is not None
    line = process.stderr.readline()
    found = re.search(r"http://\S+/", line)
    assert found, line
    yield found[0]
    process.send_signal(signal.SIGINT)
    try:
        assert process.wait(60) in (0, 130)
    finally:
        process.stderr.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Headless Chromium."""
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (package chromium)")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page with a profile of its own. What it complains about fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    assert complaints == []
