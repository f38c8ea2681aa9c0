"""Timestamps at the start of log lines: what devices and syslog daemons write, as seconds.

Dates without a zone are taken as UTC, dates without a year as of the year given: the year goes on where December is followed by
January. Uptime (`00:18:56:`, `1d02h:`) counts from the device's start, a bare time of day from midnight.
"""

from __future__ import annotations

import re
from calendar import isleap, timegm
from collections.abc import Iterable

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_LEAD = r"^(?:<\d{1,3}>)?(?:\d{1,2} )?(?:\d{3,}: )?(?:\S+: \d+: )?[*.]?"
_DATED = re.compile(
    _LEAD + r"\[?(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?: ?(Z|[+-]\d\d:?\d\d))?"
)
_NAMED = re.compile(
    _LEAD
    + r"%?(?:[A-Z][a-z]{2} )?([A-Z][a-z]{2}) +(\d{1,2})(?:,? (\d{4}))? (\d\d):(\d\d):(\d\d)(?:[.:](\d{3,9}))?(?: ((?:19|20)\d\d)\b)?"
)
_SLASHED = re.compile(r"^([A-Za-z][a-z]{2})/(\d\d)(?:/(\d{4}))? (\d\d):(\d\d):(\d\d)(?:\.(\d+))?")
_MONTH_DAY = re.compile(r"^(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)\.(\d+)")
_OF_DAY = re.compile(r"^(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?[ ,\t]")
_CLOCKED = re.compile(_LEAD + r"(\d{1,4}):(\d\d):(\d\d)(?:\.(\d+))?: ")
_SPELLED = re.compile(_LEAD + r"(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?: ")
_COUNTED = re.compile(r"^(?:<\w+> *)?\[? *(\d{1,10})\.(\d+)\]?[: ]")
_HOST = re.compile(
    r"^[ \t]{0,8}(?:<\d{1,3}>)?(?:\d )?(?:[A-Z][a-z]{2} +\d{1,2} (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d+)?"
    r"|\d{4}-\d\d-\d\dT[\d:.,+Z-]+) "
    r"([A-Za-z0-9_.-]+) (?=\S)"
    r"|^\[ *\d+\.\d+\] ([A-Za-z0-9_.-]+) (?=[\w./-]+(?:\[\d+\])?: )"
)
_EPOCH_FROM = 100_000_000
_DAY = 86400.0
_LONGEST_MONTH = 31


class Stamps:
    """Reads the timestamps of one file; remembers which form it uses, and the last day it saw.

    `year` is that of dates without one; `latest`, seconds since the epoch, is a time none of them is after.
    """

    def __init__(self, year: int, latest: float | None = None) -> None:
        self.year = year
        self._leaped = 0
        self._latest = latest
        self._month = 0
        self._days = 0
        self.kind = "none"
        self._form = self._any
        self._day: tuple[str, str, str] | None = None
        self._day_start = 0.0
        self._last = ("\0", 0.0)

    def read(self, text: str) -> float | None:
        """Seconds (epoch or uptime, see `kind`) of the line, None when it starts with no timestamp."""
        prefix, time = self._last
        return time if text.startswith(prefix) else self._form(text)

    def _keep(self, match: re.Match[str], text: str, time: float) -> float:
        """Remember the stamp with the character after it: the next line mostly starts the same."""
        self._last = (text[: match.end() + 1], time)
        return time

    def _any(self, text: str) -> float | None:
        for form, kind in (
            (self._dated, "epoch"),
            (self._named, "epoch"),
            (self._clocked, "uptime"),
            (self._spelled, "uptime"),
            (self._counted, "uptime"),
            (self._slashed, "epoch"),
            (self._month_day, "epoch"),
            (self._of_day, "uptime"),
        ):
            time = form(text)
            if time is not None:
                self._form = form
                self.kind = "epoch" if time >= _EPOCH_FROM else kind
                return time
        return None

    def _dated(self, text: str) -> float | None:
        match = _DATED.match(text)
        if match is None:
            return None
        year, month, day, hours, minutes, seconds, fraction, zone = match.groups()
        start = self._start((year, month, day), int(month))
        time = start + _clock(hours, minutes, seconds, fraction)
        return self._keep(match, text, time if zone is None or zone == "Z" else time - _zone(zone))

    def _named(self, text: str) -> float | None:
        match = _NAMED.match(text)
        if match is None or match.group(1) not in MONTHS:
            return None
        month, day, year, hours, minutes, seconds, fraction, later = match.groups()
        start = self._undated(year or later, MONTHS.index(month) + 1, day)
        return self._keep(match, text, start + _clock(hours, minutes, seconds, fraction))

    def _slashed(self, text: str) -> float | None:
        match = _SLASHED.match(text)
        if match is None or match.group(1).capitalize() not in MONTHS:
            return None
        month, day, year, hours, minutes, seconds, fraction = match.groups()
        start = self._undated(year, MONTHS.index(month.capitalize()) + 1, day)
        return self._keep(match, text, start + _clock(hours, minutes, seconds, fraction))

    def _month_day(self, text: str) -> float | None:
        match = _MONTH_DAY.match(text)
        if match is None or not 1 <= int(match.group(1)) <= 12:
            return None
        month, day, hours, minutes, seconds, fraction = match.groups()
        start = self._undated(None, int(month), day)
        return self._keep(match, text, start + _clock(hours, minutes, seconds, fraction))

    def _of_day(self, text: str) -> float | None:
        """A time of day; one that is much earlier than the one before is the next day's."""
        match = _OF_DAY.match(text)
        if match is None:
            return None
        time = _clock(*match.groups()) + self._days * _DAY
        if self._last[1] - time > _DAY / 2:
            self._days += 1
            time += _DAY
        return self._keep(match, text, time)

    def _undated(self, year: str | None, month: int, day: str) -> float:
        """Start of a day whose year may be missing: the file's, one more after a December, one less before a January."""
        if year is not None:
            return self._start((year, str(month), day), month)
        if self._month:
            self.year += {-11: 1, 11: -1}.get(month - self._month, 0)
        elif (
            self._latest is not None
            and self._start((str(self.year), str(month), day), month) > self._latest + _DAY
        ):
            self.year -= 1
        self._month = month
        if (month, int(day)) == (2, 29) and not isleap(self.year):
            # Of another year than the file's: it is the day before the first of March, which then is a day later.
            self._leaped = self.year
            return self._start((str(self.year), "3", "1"), 3)
        later = _DAY if self._leaped == self.year and month > 2 else 0
        return self._start((str(self.year), str(month), day), month) + later

    def _start(self, date: tuple[str, str, str], month: int) -> float:
        if date != self._day:
            start = moment((date[0], month, date[2]))
            if start is None:
                return self._day_start
            self._day_start, self._day = start, date
        return self._day_start

    def _clocked(self, text: str) -> float | None:
        match = _CLOCKED.match(text)
        return None if match is None else self._keep(match, text, _clock(*match.groups()))

    def _spelled(self, text: str) -> float | None:
        match = _SPELLED.match(text)
        if match is None or not any(match.groups()):
            return None
        years, weeks, days, hours = (int(group or 0) for group in match.groups())
        return float(((years * 365 + weeks * 7 + days) * 24 + hours) * 3600)

    def _counted(self, text: str) -> float | None:
        match = _COUNTED.match(text)
        return None if match is None else float(f"{match.group(1)}.{match.group(2)}")


def moment(parts: Iterable[str | int]) -> float | None:
    """Year, month, day, hour, minute and second (those left out are 0) of UTC in seconds; None where no calendar has them."""
    try:
        date = [int(part) for part in parts]
        return float(timegm(tuple([*date, 0, 0, 0][:6]))) if date[2] <= _LONGEST_MONTH else None
    except (ValueError, OverflowError):
        return None


_IN_ROW = re.compile(
    rf"({'|'.join(MONTHS)})\w* +(\d{{1,2}}),? +(?:(\d{{4}}) +)?(\d\d):(\d\d):(\d\d)(?: +(\d{{4}}))?"
    r"|(\d{4})[-/](\d\d)[-/](\d\d)[ T](\d\d):(\d\d):(\d\d)"
)


def in_row(text: str) -> float | None:
    """The first date with a time of day that stands in a row of a table, taken as UTC; None where there is none, or it has no year."""
    found = _IN_ROW.search(text)
    if found is None:
        return None
    if found[1] is None:
        return moment(found.group(8, 9, 10, 11, 12, 13))
    year = found[3] or found[7]
    return moment((year, MONTHS.index(found[1]) + 1, found[2], *found.group(4, 5, 6))) if year else None


def hour_of_day(hour: int, half: str) -> int:
    """The hour from 0 to 23 of a clock with 12 of them; `half` begins with A or P, and is empty where the clock has 24."""
    return hour % 12 + (12 if half.startswith("P") else 0) if half else hour


def host(text: str) -> str | None:
    """The host name in a syslog line, None when there is none."""
    match = _HOST.match(text)
    return None if match is None else match.group(1) or match.group(2)


def _clock(hours: str, minutes: str, seconds: str, fraction: str | None) -> float:
    time = int(hours) * 3600 + int(minutes) * 60 + int(seconds)
    return time + float("0." + fraction) if fraction else float(time)


def _zone(zone: str) -> int:
    sign = -1 if zone[0] == "-" else 1
    digits = zone[1:].replace(":", "")
    return sign * (int(digits[:2]) * 3600 + int(digits[2:]) * 60)
