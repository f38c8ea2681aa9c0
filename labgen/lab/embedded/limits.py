"""The amount of each capture and log that a running lab keeps."""

from __future__ import annotations

import os

LIMIT = "LABGEN_KEEP"
"""Environment variable: octets of each capture and log that a lab keeps at least, twice as many at most."""
USUAL = 64 << 20
LEAST = 4096


def kept_octets() -> int:
    """The limit in force."""
    try:
        return max(LEAST, int(os.environ.get(LIMIT, "") or USUAL))
    except ValueError:
        return USUAL
