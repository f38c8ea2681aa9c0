"""The state of a pair of servers: the last of those that a file of one of them tells."""

from __future__ import annotations

import re

from labgen.devices.observed import Observed, PairState, Raw

WHOLE = frozenset({"normal", "load-balancing", "hot-standby"})
"""ISC dhcpd's word, and Kea's by mode."""


def last(raw: Raw | None, node: str, told: re.Pattern[str]) -> Observed:
    """`told` finds the state, as group 1, in a line; nothing of a server that is alone, which tells none."""
    if raw is None:
        return Observed()
    found = [
        PairState(node, state, state in WHOLE, raw.file, number)
        for number, line in enumerate(raw.text.splitlines(), 1)
        if (match := told.search(line)) and (state := match[1].lower())
    ]
    return Observed(pairs=tuple(found[-1:]))
