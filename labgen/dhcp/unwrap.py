"""Lines as their program wrote them, whatever carried them here: one layer before all parsers.

Container logs (docker's JSON, CRI), the journal's JSON, syslog of RFC 3164 and RFC 5424, log pages of firewalls, grep's file
names, quote marks and indentation of mails and posts, colours of terminals. The time the carrier noted is kept, as a stamp in front;
escape sequences and control characters go no further than here.
"""

from __future__ import annotations

import csv
import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from labgen.dhcp.folding import folded, width_of
from labgen.dhcp.logs import Line
from labgen.dhcp.margins import common_prefix, counting, without_marks
from labgen.dhcp.objects import are_spread, joined
from labgen.dhcp.stamps import MONTHS, hour_of_day
from labgen.dhcp.windows_ids import told

_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?|[ -/]*[0-~])|\x9b[0-?]*[ -/]*[@-~]"
)
_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
MOST_DIGITS = 4000
"""Of a number in a line: Python reads no longer ones, and nothing that counts anything has them."""
_NO_NUMBER = re.compile(rf"\d{{{MOST_DIGITS + 1},}}")
_LONG = 200
_ENDLESS = re.compile(r"\d{200,}|[0-9a-fA-F]{1024,}")
"""Numbers that no field holds, and no arithmetic."""
_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|apos|nbsp|#\d+|#[xX][0-9a-fA-F]+);")
_STAMP = r"(?:\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*|[A-Z][a-z]{2} [ \d]\d (?:\d{4} )?\d\d:\d\d:\d\d)"
_CRI = re.compile(r"(\d{4}-\d\d-\d\dT\S+) (?:stdout|stderr) [FP] (.*)")
_RFC5424 = re.compile(
    r"(?:<\d{1,3}>)?1 (\d{4}-\d\d-\d\dT\S+|-) +(\S+) +(\S+) +(\S+) \S+ (?:-|(?:\[(?:[^\]\\]|\\.)*\])+) ?(?:\ufeff)?(.*)"
)
_PRIORITY = re.compile(r"<\d{1,3}>(?=\S)")
_GREP = re.compile(rf"(?:(?=[\w./@-]*?[a-zA-Z./])[\w./@-]++:(?:\d+:)?|\s*\d{{1,7}}[:|\t]\s?)(?={_STAMP})")
_COUNTED = re.compile(rf" *\d{{1,9}}  (?={_STAMP}|\d\d:\d\d:\d\d\.\d|\d{{9,10}}\.\d+ )")
"""Numbers in front of what tcpdump writes with `--number`, and numbered listings."""
_COMPOSE = re.compile(rf"[\w.-]+ +\| (?={_STAMP}|\w)")
_LONG_DATE = re.compile(r"[A-Z][a-z]{2} (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) ([A-Z]{2,5}) (?=\S)")
_PAGE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*)\t(?:[A-Z]\w+\t)?([\w./-]+)(?:\[(\d+)\])?\t(.*)")
_ROUTEROS = re.compile(r'\s*time=(\S+(?: \d\d:\d\d:\d\d)?) topics=(\S+) message="(.*)"$')
_MACHINE = re.compile(r"([\w-]+) # (\[ *\d+\.\d+\]) ")
"""The name of a virtual machine before its console, as tests of NixOS print it."""
_CODE = re.compile(r"\s*(?:(?:[-*+]|\d{1,3}[.)]) +)?(`{1,3})(?P<code>[^`].*?)\1?\s*$")
"""A line that a page shows as code, an item of a list maybe."""
_CITED = re.compile(r"> (?=\d\d:\d\d:\d\d\b|\d{4}-\d\d-\d\d[ T]\d|[A-Z][a-z]{2} +\d+ \d\d:\d\d)")
"""The mark of a citation in front of a line of a log, which the lines behind it may lack."""
_SEQUENCE = re.compile(r"\d{1,6}: +(?=\d{4}-\d\d-\d\dT)")

_PASSED = re.compile(r"(?:(?:DEBUG|INFO|TRACE) [\w.-]{1,30}: )std(?:out|err): ")
"""What a program writes in front of what another one printed on a machine that it looks after."""

_RELAY = ('{"ts":', '{"ts": ')
"""How lines of labgen-relay's log begin, which are no carrier."""

_TEXT_KEYS = ("log", "MESSAGE", "message", "msg", "Message", "line", "short_message", "_raw", "text", "body")
_TIME_KEYS = (
    "time",
    "__REALTIME_TIMESTAMP",
    "@timestamp",
    "timestamp",
    "ts",
    "Time",
    "_SOURCE_REALTIME_TIMESTAMP",
    "date",
    "time_created",
    "TimeCreated",
    "SystemTime",
)
_HOST_KEYS = ("_HOSTNAME", "host", "hostname", "HOSTNAME", "fromhost", "source_host", "computer")
_TAG_KEYS = (
    "provider",
    "ProviderName",
    "SYSLOG_IDENTIFIER",
    "_COMM",
    "program",
    "app",
    "appname",
    "ident",
    "programname",
    "tag",
    "syslogtag",
    "process",
)


def unwrapped(lines: Iterable[Line], sample: Sequence[str]) -> Iterator[Line]:
    """The lines without what is around them. `sample` are the first of them, which show common indentation, and the width at which
    a mail or a page broke them.
    """
    unmarked = without_marks(sample)
    if unmarked is not None:
        lines = ((number, unmarked(text)) for number, text in lines)
        sample = [unmarked(text) for text in sample]
    whole = joined(lines, _is_log) if are_spread(sample) else lines
    return _carried(folded(whole, width_of(sample)), sample)


def _carried(lines: Iterable[Line], sample: Sequence[str]) -> Iterator[Line]:
    prefix = common_prefix(sample)
    skip = len(prefix)
    counted = counting([text[skip:] for text in sample]) if sample else None
    table = _table(sample)
    if table is not None:
        yield from _from_table(lines, table)
        return
    for number, raw in lines:
        text = raw if raw.isprintable() else clean(raw)
        if len(text) >= _LONG:
            text = _ENDLESS.sub("\ufffd", text)
        if len(text) > MOST_DIGITS:
            text = _NO_NUMBER.sub("\ufffd", text)
        if skip and text.startswith(prefix):
            text = text[skip:]
        elif skip and prefix.startswith(text.rstrip()):
            text = ""
        if counted and (found := counted.match(text)) is not None:
            text = text[found.end() :]
        yield number, text if text[:1].isupper() and text[1:2].islower() and "&" not in text else plain(text)


_WORDS = frozenset(
    {
        "_raw",
        "payload",
        "payloadasutf",
        "rawmessage",
        "raw_message",
        "raw log",
        "message",
        "msg",
        "event",
        "log",
    }
)
_TIMES = re.compile(r"time|date", re.IGNORECASE)
_Columns = tuple[int, int | None]


def _table(sample: Sequence[str]) -> _Columns | None:
    """The columns of log lines and of times in a table that a collector exported (CSV); None for what is none, and for a
    server's own table, whose columns are fields.
    """
    names = _row(sample[0].lstrip("\ufeff")) if sample else []
    if len(names) < 2 or not all(0 < len(name) < 40 for name in names):
        return None
    words = next((at for at, name in enumerate(names) if name.lower() in _WORDS), None)
    rows = [_row(text) for text in sample[1:20]]
    if words is None or not rows or any(len(row) != len(names) or " " not in row[words] for row in rows):
        return None
    return words, next((at for at, name in enumerate(names) if _TIMES.search(name)), None)


def _row(text: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([text], skipinitialspace=True), [])]
    except csv.Error:
        return []


def _from_table(lines: Iterable[Line], columns: _Columns) -> Iterator[Line]:
    words, times = columns
    for number, raw in lines:
        row = _row(clean(raw))
        if len(row) <= words:
            yield number, raw
            continue
        inner = plain(row[words])
        stamp = _written(row[times]) if times is not None and times < len(row) else ""
        yield number, inner if not stamp or re.match(_STAMP, inner) else f"{stamp} {inner}"


_SPOKEN = re.compile(
    r"([A-Z][a-z]{2}) (\d{1,2}), (\d{4})(?:,| @| at)? (\d{1,2}):(\d\d):(\d\d)(\.\d+)?(?: ([AP])M)?"
)


def _written(text: str) -> str:
    """A time of a table as ISO 8601: `Dec 31, 2025, 1:32:58 PM` and Kibana's `Dec 31, 2025 @ 13:32:58.000` as well."""
    match = _SPOKEN.match(text)
    if match is None or match.group(1) not in MONTHS:
        return _iso(text)
    month, day, year, hour, minute, second, fraction, half = match.groups()
    hours = hour_of_day(int(hour), half or "")
    return f"{year}-{MONTHS.index(month) + 1:02}-{int(day):02}T{hours:02}:{minute}:{second}{fraction or ''}Z"


_SAMPLE = 2000
"""Lines that show what all of a text is wrapped in."""


def lines_of(text: str) -> Iterator[Line]:
    """The numbered lines of a text in memory as their program wrote them: what `labgen verify` collected is read as files are."""
    lines = [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")] if text else []
    return unwrapped(enumerate(lines, 1), lines[:_SAMPLE])


def clean(text: str) -> str:
    """A line without escape sequences (ECMA-48), control characters and marks that change the direction of writing."""
    if "\x1b" in text or "\x9b" in text:
        text = _ESCAPES.sub("", text)
    return _CONTROLS.sub("\ufffd", text)


_BARE_COLOUR = re.compile(r"\[\d{0,2}(?:;\d{1,3})*m")
"""A colour whose escape character was lost on the way to a page."""


def plain(text: str) -> str:
    """One line as its program wrote it, with the carrier's time in front."""
    if "&" in text and _ENTITY.search(text) and not text.startswith('{"'):
        text = html.unescape(text)
    if text[:2] == "> " and _CITED.match(text):
        text = text[2:]
    if text[:1] == "{":
        return text if text.startswith(_RELAY) and '"event"' in text[:60] else _from_json(text)
    if text[:1] == "[" and _BARE_COLOUR.match(text):
        text = _BARE_COLOUR.sub("", text)
    if "`" in text and (match := _CODE.match(text)) is not None:
        return plain(match["code"])
    for pattern in (_GREP, _COMPOSE, _SEQUENCE, _COUNTED, _PASSED):
        match = pattern.match(text)
        if match is not None:
            text = text[match.end() :]
    if " # [" in text and (match := _MACHINE.match(text)) is not None:
        text = f"{match.group(2)} {match.group(1)} {text[match.end() :]}"
    if "topics=" in text and (match := _ROUTEROS.match(text)) is not None:
        return " ".join(match.groups())
    if text[:1] == "<" or text[:2] == "1 ":
        return _from_syslog(text)
    if text[:1].isdecimal():
        match = _CRI.match(text)
        if match is not None:
            return f"{match.group(1)} {plain(match.group(2))}"
        match = _PAGE.match(text)
        if match is not None:
            stamp, program, pid, words = match.groups()
            return f"{stamp} {program}{f'[{pid}]' if pid else ''}: {words.rstrip()}"
    match = _LONG_DATE.match(text)
    return (
        f"{match.group(1)}Z {text[match.end() :]}" if match is not None and match.group(2) == "UTC" else text
    )


def _from_syslog(text: str) -> str:
    match = _RFC5424.match(text)
    if match is not None:
        stamp, host, program, pid, words = match.groups()
        if f"{program}[" in words or words.startswith(f"{program}:"):
            return f"{stamp} {host} {words}"
        tag = program if pid == "-" else f"{program}[{pid}]"
        return f"{'' if stamp == '-' else stamp + ' '}{'' if host == '-' else host + ' '}{tag}: {words}"
    match = _PRIORITY.match(text)
    return text[match.end() :] if match is not None else text


def _from_json(text: str) -> str:
    """A log line inside a JSON object: docker, journal, collectors. Objects that are no carrier stay as they are."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if not isinstance(data, dict):
        return text
    words = next((data[key] for key in _TEXT_KEYS if isinstance(data.get(key), str)), None) or told(data)
    if words is None or "event" in data or "arguments" in data or _is_structured(data):
        return text
    stamp = next((found for key in _TIME_KEYS if (found := _iso(data.get(key)))), "")
    host = next((data[key] for key in _HOST_KEYS if isinstance(data.get(key), str)), "")
    tag = next((data[key] for key in _TAG_KEYS if isinstance(data.get(key), str)), "")
    pid = data.get("_PID") or data.get("SYSLOG_PID") or data.get("pid")
    words = clean(words.rstrip("\r\n"))
    if not tag:
        inner = plain(words)
        return f"{stamp} {inner}" if stamp and not re.match(_STAMP, inner) else inner
    named = f"{tag}[{pid}]" if pid and "[" not in tag else tag.rstrip(":")
    head = " ".join(part for part in (stamp, str(host)) if part)
    return clean(f"{head} {named}: {words}".lstrip())


_FIELDS = frozenset(
    {
        "xid",
        "mac",
        "chaddr",
        "giaddr",
        "yiaddr",
        "client_mac",
        "hwaddr",
        "hw_addr",
        "client_hw_addr",
        "ciaddr",
    }
)


def _is_log(data: Mapping[str, object]) -> bool:
    """True if an object is a line of a log with its time, or a packet with its transaction."""
    has_text = any(isinstance(data.get(key), str) for key in _TEXT_KEYS)
    timed = any(_iso(data.get(key)) for key in _TIME_KEYS)
    answers = "result" in data and "text" in data  # of Kea, to a command
    return timed and not answers and (has_text or "xid" in data or "transaction_id" in data)


def _is_structured(data: dict[str, object]) -> bool:
    """A server's own object per event, with the packet's fields beside the text."""
    return any(str(key).lower() in _FIELDS for key in data)


def _iso(value: object) -> str:
    """A time as ISO 8601: text stays, numbers are seconds, milliseconds or microseconds of the epoch."""
    if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d", value):
        return value.replace(" ", "T", 1)
    try:
        number = float(str(value))
    except ValueError:
        return ""
    for scale in (1.0, 1e3, 1e6, 1e9):
        if 1e8 < number / scale < 4e9:
            return datetime.fromtimestamp(number / scale, UTC).isoformat().replace("+00:00", "Z")
    return ""
