"""Dates as Windows writes them, in the order of the system's language."""

from __future__ import annotations

import re
from calendar import timegm
from dataclasses import dataclass

from labgen.dhcp.stamps import hour_of_day


@dataclass
class Dates:
    """Order of day and month: the file shows it as soon as a number is too large for a month."""

    day_first: bool = False

    def seconds(self, date: str, time: str) -> float | None:
        """Seconds since the epoch, taken as UTC; None for what no calendar has."""
        parts = [int(part) for part in re.split("[/.-]", date)]
        if parts[0] > 31:
            year, month, day = parts
        else:
            first, second, year = parts
            self.day_first = self.day_first or first > 12 or "." in date
            day, month = (first, second) if self.day_first else (second, first)
        year += 2000 if year < 100 else 0
        clock = [int(part) for part in re.findall(r"\d+", time)]
        hours = hour_of_day(clock[0], "PM" if "PM" in time else "AM" if "AM" in time else "")
        try:
            return float(timegm((year, month, day, hours, clock[1], clock[2])))
        except ValueError:
            return None
