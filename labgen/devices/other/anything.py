"""Texts that no format knows: lines without a time, events by one word, output of programs nobody wrote a reader for.

They are read as any log is, with less trust: a line counts that looks like a program's and not like a sentence of a manual, and what it
complains of is no more than quoted, unless the words are said of one thing only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice

from labgen.devices.other.log import parse as parse_log
from labgen.dhcp.logs import Line, LogFormat, Reading, Record
from labgen.dhcp.message import Message, MessageRole
from labgen.dhcp.remarks import Cause, Remark
from labgen.dhcp.sentences import HARMLESS, TELLING

_PLACEHOLDER = re.compile(
    r"<[a-zA-Z][\w -]*>|(?<!^)\[(?!INFO|WARN|ERROR|DEBUG|NOTICE|CRIT|FATAL|FAIL|TRACE|DHCP|BOOTP|TFTP)[A-Z]{4,}\]"
    r"|\[[a-z]+(?:-[a-z]+)+\]|%[sdu]\b|\bx\.x\.x\.x\b|\{\{|\$\{"
)
"""What stands for a value in a manual, a template or a program's source."""
_SENTENCE = re.compile(r"^\s*(?:[-*+] )?[A-Z][a-z']*(?: [\w'()/,-]+){4,}[.?!:]?\s*$")
_PEOPLE = re.compile(r"(?<![\w-])(?:I|I'm|we|our|my|you|your|please|thanks|anyone|should|would)\b(?![=:/-])")
_EXPLAINS = re.compile(
    r"^\s*(?:(?:short |long )?syntax|description|explanation|meaning|(?:possible )?causes?|(?:recommended |gateway |firewall )?action"
    r"|parameters?|procedure|example|note|impact|interpretation|condition)\s*[:|]",
    re.I,
)
"""How a manual begins what it says of a message."""
_HEADING = re.compile(
    r"^#{1,4} +[A-Za-z]|^(?:labels?|tags?|milestone|assignee|reporter|keywords|resolution): |^\S+/\S+ · ",
    re.I,
)
"""How Markdown begins a title, and trackers what they know of a report."""
_STEP = re.compile(r"^\W*(?:step )?\d{1,2}[.):]+ +[A-Z][a-z]+(?: [\w'/-]+){1,9}\s*$", re.I)
"""What somebody is told to do, by number."""
_NARRATED = re.compile(r"^\s*[A-Za-z]?[a-z]+ (?:[\w'/-]+ ){0,6}?(?:the|an?|this|your) [^:=\[\]]*$")
_NAMED = re.compile(r"\b\w+(?:[_.-]\w+)+\b")
"""A part of a sentence, and the names of settings in it: what fails by name alone did not fail."""
_TALKATIVE, _MOSTLY = 8, 0.9
"""Words, and the part of them that are nothing but letters, from which on a line is a sentence."""
_CHAIN = re.compile(r"^[^:：]{1,80}(?:: (?=[A-Za-z])[^:]{4,}){2,}", re.MULTILINE)
"""An error with what caused it, and what caused that, as programs pass them on: `creating host: getting an address: no lease`."""
_ACRONYM = re.compile(r"^\W*(?!NOTE|NB|TIP|PS|EDIT|UPDATE|WARNING|IMPORTANT|FAQ)[A-Z][A-Z0-9]{1,7}: \S")
"""A program's part in front (`WIF: `)."""
_PROGRAM = re.compile(
    r"^\W*(?:\d[\d.:,/TZ-]*\b|[\w./-]+(?:\[[^\]]*\])?:|DHCP(?: [A-Za-z]+){1,2}: |\[|<)"
    r"|\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b|\b[\w.-]+=\S|(?:[0-9a-fA-F]{2}[:-]){5}"
    r"|(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])"
    r"|^\W*DHCP\w*:? (?:sending|sent|broadcasting|received|got|waiting|time(?:d )?out|failed|failure)\b"
    r"|\bat \S+ line \d+|\b(?:Address already in use|Permission denied|Operation not permitted|No such (?:file or directory|device)"
    r"|Network is (?:down|unreachable)|Connection (?:refused|timed out)|Resource temporarily unavailable)\b"
)
"""What a line of a program has: a number or a name in front, an event's name, `key=value`, an address, what its system answered."""


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """Messages and remarks of lines that look like a program's."""
    quoted_lines: set[int | None] = set()
    kept: list[Line] = []
    lines = iter(lines)
    first = list(islice(lines, _SAMPLE))
    about = any("dhcp" in text.lower() for _, text in first)
    doubtful = _is_mostly_prose([text for _, text in first])
    for record in parse_log(_worded(chain(first, lines), reading, kept), reading, spoken=about):
        if isinstance(record, Remark) and (
            doubtful or (record.cause is Cause.FAILED and not _refuses(record))
        ):
            record = replace(record, cause=Cause.OTHER)
        if isinstance(record, (Message, Remark)):
            quoted_lines.add(record.line)
            yield record
    if not doubtful:
        yield from _quoted((line for line in kept if line[0] not in quoted_lines), reading)


def _refuses(record: Remark) -> bool:
    """True if a line says which client was turned away."""
    return record.mac is not None and _TURNED_AWAY.search(record.words) is not None


_TURNED_AWAY = re.compile(r"\breject(?:s|ed|ing)\b|\brefus(?:es|ed|ing)\b|\bden(?:ies|ied|ying)\b", re.I)
_SAMPLE = 400
_PROSE = 0.25
"""The part of a text's lines that are sentences from which on it is a story or a manual with an example in it."""
_PLAIN_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?[.,;:?!)]*")


_FEW = 4


def _is_plain(words: Sequence[str]) -> bool:
    return len(words) >= _FEW and all(map(_PLAIN_WORD.fullmatch, words))


def _is_mostly_prose(texts: Sequence[str]) -> bool:
    plain = sum(_is_plain(text.split()) for text in texts)
    return plain > 1 and plain >= _PROSE * len(texts)


def _quoted(lines: Iterable[Line], reading: Reading) -> Iterator[Remark]:
    """Sentences of programs that labgen knows, which somebody quotes without the program's name."""
    from labgen.devices.formats import everything  # it lists this module's formats among all others

    known = [found for found in everything() if not (found.last or found.spare)]
    for number, text in lines:
        if HARMLESS.search(text) or _VALUE.search(text) is None:
            continue
        for found in known:
            alone = Reading(reading.file, reading.node, reading.role)
            said = next((r for r in found.parse([(number, text)], alone) if _is_known(r)), None)
            if isinstance(said, Remark):
                reading.unparsed -= 1
                reading.remarks += 1
                yield said
                break


_MOST_QUOTED = 200
"""Lines of a text that are held against what every program is known to say."""
_OWN = frozenset(
    {
        Cause.PEER_HOLDS,
        Cause.RESERVED_IN_USE,
        Cause.NO_SCOPE,
        Cause.NO_ADDRESS,
        Cause.UNTRUSTED,
        Cause.WRONG_NETWORK,
        Cause.DUPLICATE_ID,
    }
)
"""What programs say in words of their own."""
_VALUE = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b|(?:[0-9a-f]{2}[:-]){5}", re.I)


def _is_known(record: Record) -> bool:
    return isinstance(record, Remark) and record.cause in _OWN


def _worded(lines: Iterable[Line], reading: Reading, kept: list[Line]) -> Iterator[Line]:
    """Lines of programs; the first of them are kept."""
    for number, text in lines:
        if is_of_program(text):
            if len(kept) < _MOST_QUOTED:
                kept.append((number, text))
            yield number, text
        else:
            reading.miss(number, text)


def is_of_program(text: str) -> bool:
    """True if a line is what a program says of one event, not a sentence, and not a form with places to fill in."""
    if _PLACEHOLDER.search(text) or _PEOPLE.search(text) or _EXPLAINS.match(text) or _HEADING.match(text):
        return False
    if _STEP.match(text) or (_NARRATED.match(text) and not TELLING.search(_NAMED.sub(" ", text))):
        return False
    if _CHAIN.match(text) or _ACRONYM.match(text):
        return True
    words = text.split()
    plain = sum(word.strip(".,:;()").isalpha() for word in words)
    if len(words) >= _TALKATIVE and plain >= _MOSTLY * len(words):
        return False
    return _PROGRAM.search(text) is not None and _SENTENCE.match(text) is None


TEXT = LogFormat(
    name="text",
    title="text of no known form",
    role=MessageRole.TRANSIT,
    telling=re.compile(r"(?!)"),
    parse=parse,
    spare=True,
)
