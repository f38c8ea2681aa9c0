"""dhcping: asks one server for one lease, and says whether it answers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.dhcp.logs import Line, LogFormat, Reading, Record
from labgen.dhcp.message import MessageRole
from labgen.dhcp.remarks import Cause
from labgen.dhcp.sentences import ADDRESS, make

_ASKED = re.compile(rf"\bdhcping\b.*\s-s ?(?P<server>{ADDRESS})")
_ANSWERED = re.compile(rf"^Got answer from: {ADDRESS}")
_NONE = re.compile(r"^no answer\s*$")


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """A remark for each server that gives no answer."""
    server = "the server"
    for number, text in lines:
        asked = _ASKED.search(text)
        server = asked["server"] if asked is not None else server
        if _NONE.match(text):
            words = f"no answer from {server} to dhcping"
            fields = {"address": server if asked is not None or server[0].isdigit() else None}
            yield make(reading, number, text, words, MessageRole.CLIENT, Cause.FAILED, fields)
        elif asked is not None or _ANSWERED.match(text):
            reading.chatter(number, text)
        else:
            reading.miss(number, text)


LOG = LogFormat(
    name="dhcping",
    title="answers to dhcping",
    role=MessageRole.CLIENT,
    telling=re.compile(rf"{_ASKED.pattern}|{_ANSWERED.pattern}"),
    parse=parse,
)
