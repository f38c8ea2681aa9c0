"""Runs a log or lease parser over a collected text."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from labgen.devices.observed import DaemonState, LogClock, Observed, Raw, RelayCounter
from labgen.dhcp.logs import DEFAULT_YEAR, Line, Parser, Reading
from labgen.dhcp.model import Binding, Counter, Evidence, Message, MessageRole
from labgen.dhcp.remarks import Cause, Remark
from labgen.dhcp.unwrap import lines_of


@dataclass(frozen=True, slots=True)
class DeviceClock:
    """A device's own clock: the year its dates leave out, and the seconds labgen's clock is ahead of it."""

    year: int = DEFAULT_YEAR
    ahead: float = 0.0


NO_CLOCK = DeviceClock()
NEWS = frozenset({Cause.POOL_EXHAUSTED})
"""What servers say that no packet shows: a server that stays silent may have a dozen reasons."""
SAID = frozenset(Cause) - {Cause.OTHER, Cause.GAVE_UP, Cause.FAILED, Cause.DUPLICATE_ID, Cause.UNTAKEN}
"""What a node that is at fault is quoted with: why it does not serve or pass on, not what it says at any time."""


def records(
    parse: Parser, raw: Raw | None, node: str, role: MessageRole, clock: DeviceClock = NO_CLOCK
) -> Observed:
    """Messages, bindings, complaints and a relay's counters of one text; what DHCP it holds that was not understood is a problem.

    Messages with dates are laid on labgen's clock; the times in bindings stay the device's.
    """
    if raw is None:
        return Observed()
    reading = Reading(raw.file, node, role, year=clock.year)
    found = list(parse(_lines(raw.text), reading))
    messages = [item for item in found if isinstance(item, Message)]
    if clock.ahead and reading.stamps.kind == "epoch":
        messages = [replace(m, time=m.time + clock.ahead) if m.time is not None else m for m in messages]
    problems = (
        (f"{raw.file}: {reading.unparsed_dhcp} lines about DHCP not understood",)
        if reading.unparsed_dhcp
        else ()
    )
    return Observed(
        bindings=tuple(item for item in found if isinstance(item, Binding)),
        remarks=tuple(item for item in found if isinstance(item, Remark) and item.cause in NEWS),
        messages=tuple(messages),
        clocks=(LogClock(node, reading.stamps.kind, raw.file),) if messages else (),
        counters=tuple(_counter(c) for c in found if isinstance(c, Counter) and c.role is MessageRole.RELAY),
        problems=problems,
        complaints=tuple(
            Evidence(node, raw.file, item.line, text=(item.text or item.words).strip())
            for item in found
            if isinstance(item, Remark) and item.cause in SAID
        ),
    )


@lru_cache(maxsize=1)
def _lines(text: str) -> tuple[Line, ...]:
    """A reader asks one log for messages and for complaints, one after the other."""
    return tuple(lines_of(text))


def complaints(raw: Raw | None, node: str, words: re.Pattern[str]) -> Observed:
    """Lines of a log in which a daemon says what is wrong, in its own words."""
    if raw is None:
        return Observed()
    found = (
        Evidence(node, raw.file, n, text=line.strip()) for n, line in _lines(raw.text) if words.search(line)
    )
    return Observed(complaints=tuple(found))


_STAMP = re.compile(r'"ts":\s*(\d{9,}(?:\.\d+)?)|^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?)')


def said_at(text: str) -> float | None:
    """The time that a line of a log says it was written at, in seconds since the epoch; None where it has no date of its own."""
    found = _STAMP.search(text)
    if found is None:
        return None
    if found[1]:
        return float(found[1])
    return datetime.fromisoformat(found[2].replace(",", ".")).timestamp()


def _counter(counter: Counter) -> RelayCounter:
    return RelayCounter(counter.node, f"{counter.subject} {counter.name}", counter.value, counter.file or "")


def running(raw: Raw | None, node: str, daemon: str) -> Observed:
    """The state of a daemon, by what its `process.state` probe said."""
    if raw is None:
        return Observed()
    return Observed(daemons=(DaemonState(node, daemon, raw.text.strip() == "running", raw.file),))
