"""verdict.json, schema `labgen/verdict/1`."""

from __future__ import annotations

import json

from labgen.verify.verdict import Verdict


def text(verdict: Verdict) -> str:
    """The verdict as JSON: two spaces, newline at the end."""
    return json.dumps(verdict.to_json(), indent=2, ensure_ascii=False) + "\n"
