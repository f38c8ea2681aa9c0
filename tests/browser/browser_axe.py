"""axe-core in a page: what is wrong with it for people who do not see it, or see it badly."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

VERSION = "4.10"
KEPT = Path(sys.prefix, f"axe-{VERSION}.js")
"""In the virtual environment, with all else that tests need."""


@cache
def source() -> str:
    """The script, from npm, which is asked once: LABGEN_AXE names a copy. Tests that want it are skipped where neither can be had."""
    named = os.environ.get("LABGEN_AXE")
    if named:
        return Path(named).read_text(encoding="utf-8")
    if not KEPT.is_file():
        whole = KEPT.with_suffix(f".{os.getpid()}")
        whole.write_text(_fetched(), encoding="utf-8")
        whole.replace(KEPT)
    return KEPT.read_text(encoding="utf-8")


def _fetched() -> str:
    with TemporaryDirectory(prefix="labgen-axe-") as folder:
        try:
            command = ["npm", "install", "--silent", "--no-audit", "--prefix", folder, f"axe-core@{VERSION}"]
            subprocess.run(command, check=True, capture_output=True, timeout=120)
        except (OSError, subprocess.SubprocessError) as error:
            pytest.skip(f"axe-core cannot be had from npm ({error}); set LABGEN_AXE to axe.min.js")
        return (Path(folder) / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


def violations(page: Any, *rules: str) -> list[str]:
    """Rule and element of each violation of the page as it is shown now, of all rules, or of some."""
    page.evaluate(source())
    chosen: dict[str, object] = {
        "resultTypes": ["violations"]
    }  # naming every element that is right is most of the work
    if rules:
        chosen["runOnly"] = list(rules)
    found = page.evaluate("(chosen) => axe.run(chosen)", chosen)
    return [f"{rule['id']}: {node['html'][:120]}" for rule in found["violations"] for node in rule["nodes"]]
