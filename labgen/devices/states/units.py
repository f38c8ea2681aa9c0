"""`systemctl status`: that the unit of a DHCP program does not run. Lines of its log, which follow, are its own format's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.dhcp.logs import Line, LogFormat, Reading, Record
from labgen.dhcp.message import MessageRole
from labgen.dhcp.remarks import Cause
from labgen.dhcp.sentences import make

_NAME = r"[\w.@-]*(?:dhc[pr]|kea|dnsmasq)[\w.@-]*"
_LOADED = re.compile(rf"^\s*Loaded: (?P<how>[\w-]+) \(\S*?(?P<unit>{_NAME})\b")
_ACTIVE = re.compile(
    r"^\s*Active: (?P<state>(?:inactive \(dead\)|failed|activating \(auto-restart\))(?: \(Result: [\w-]+\))?)"
)


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """A remark for each unit of a DHCP program that is not running."""
    unit: str | None = None
    for number, text in lines:
        loaded, active = _LOADED.match(text), _ACTIVE.match(text)
        if active is not None and unit is not None:
            cause = Cause.OTHER if active["state"] == "inactive (dead)" else Cause.FAILED
            words = f"{unit}: {active['state']}"
            yield make(reading, number, text, words, MessageRole.TRANSIT, cause, {})
            unit = None
        else:
            unit = loaded["unit"] if loaded is not None else unit
            reading.chatter(number, text)


UNITS = LogFormat(
    name="units",
    title="status of systemd units of DHCP programs",
    role=MessageRole.TRANSIT,
    telling=re.compile(rf"{_LOADED.pattern}|{_ACTIVE.pattern.replace('?P<state>', '?:')}"),
    parse=parse,
)
