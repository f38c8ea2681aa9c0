"""Lines of programs that somebody quotes inside a sentence: `dhcrelay logs a "Discarding packet" error`.

A text in which nothing else is a log tells by that alone what its writer saw; it is told as a note.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.dhcp.complaints import speaks
from labgen.dhcp.logs import Line, Reading
from labgen.dhcp.message import MessageRole
from labgen.dhcp.remarks import Cause, Remark
from labgen.dhcp.sentences import HARMLESS, SYSTEM_SAYS, TELLING, certain, make, other_family

_QUOTE = re.compile(r"`([^`]{1,200})`|\"([^\"]{1,200})\"|“([^”]{1,200})”|«([^»]{1,200})»")
_PLAIN = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*[.,;:?!)]*")
_SAID = re.compile(
    r"\b(?:log(?:s|ged|ging)?|says?|said|show(?:s|ed|ing|n)?|print(?:s|ed)?|error|message|warning|report(?:s|ed)?|complain(?:s|ed)?"
    r"|got|getting|get|see(?:n|ing)?|saw|fail(?:s|ed)?|return(?:s|ed)?)\b",
    re.I,
)
_CODE = re.compile(r"[{}=;]|\(\)|->|::|^[-$/]|%[sdux]|<[a-z]+>")
_SHORTEST, _FEWEST, _AROUND = 10, 3, 6
"""Characters and words of a quoted line, and words of the sentence around it."""


def quoted_in_sentences(lines: Iterable[Line], reading: Reading) -> Iterator[Remark]:
    """Complaints that are quoted in sentences about DHCP, each once."""
    told: set[str] = set()
    about = False
    for number, text in lines:
        heard = _stated(text)
        if heard is not None and heard not in told:
            told.add(heard)
            yield make(reading, number, text, heard, MessageRole.TRANSIT, Cause.OTHER, {})
        about = (about and bool(text.strip())) or speaks(text) or _CLIENTS.search(text) is not None
        if not about or not any(mark in text for mark in '`"“«') or other_family(text):
            continue
        retold = _retells(text)
        for found in _QUOTE.finditer(text):
            words = found.group(found.lastindex or 0).strip()
            alone = found.group() == text.strip() and certain(words) is not None
            if len(words) < _SHORTEST or words in told or not (retold or alone or _OWN.match(words)):
                continue
            if alone or _is_of_program(words):
                told.add(words)
                yield make(reading, number, text, words, MessageRole.TRANSIT, Cause.OTHER, {})


_CLIENTS = re.compile(r"\b(?:dhclient|udhcpc|dhcpcd|dnsmasq)\b")
_OWN = re.compile(
    r"(?:send|receive)_packet: |(?:dhclient|udhcpc|dhcpcd|dnsmasq|dhcpd|kea-dhcp4)(?:\[\d+\])?: "
)
"""How a line of a DHCP program begins, whatever stands around it in the paragraph."""


def _retells(text: str) -> bool:
    """True if a line is a sentence about DHCP in which somebody tells what a program said."""
    around = _QUOTE.sub(" ", text)
    plain = sum(_PLAIN.fullmatch(word) is not None for word in around.split())
    return plain >= _AROUND and _SAID.search(around) is not None and speaks(text)


_TITLE = re.compile(r"^#{1,4} +(.*)")
_SILENT = re.compile(
    r"\b(?:nothing|nobody|no (?:process|daemon|server|socket)s?|not|n't|never) (?:\w+ ){0,3}"
    r"(?:listen(?:s|ing)?|bound|open) (?:\w+ ){0,4}?(?:udp )?(?:port )?:?67\b"
    r"|\bclient did not (?:receive|get|obtain) an ip address from (?:the|any) dhcp server\b"
    r"|\bport 67(?:/udp)? (?:is|was) not (?:open|bound|listened)",
    re.I,
)


def _stated(text: str) -> str | None:
    """The statement of a program in a title, or of a server that does not listen in a sentence."""
    found = _TITLE.match(text)
    title = found[1].strip() if found is not None else ""
    if title and speaks(title) and not other_family(title) and _says_of_program(title):
        return title
    if (passed := _passed_on(text)) is not None:
        return passed
    silent = _SILENT.search(text) if speaks(text) and not other_family(text) else None
    return silent.group() if silent is not None else None


_CHAIN = re.compile(
    r"(?:[A-Za-z][\w.-]+: )?\b(?:fail(?:ed|ure)|unable|could not|cannot|can't) (?:to )?[^:`\"]{3,100}: [^:`\"]{3,80}(?=[`\"]?\s*$)"
)
_ANSWERED = re.compile(SYSTEM_SAYS, re.I)


def _passed_on(text: str) -> str | None:
    """The failure of a program to do something with DHCP, in an error that it passes on with what the system answered."""
    found = _CHAIN.search(text)
    if found is None or other_family(text) or not speaks(found.group()) or HARMLESS.search(text):
        return None
    return found.group().rstrip(". ") if _ANSWERED.search(found.group().rpartition(": ")[2]) else None


_NONE = re.compile(r"\bno\b", re.I)
_EVENT = re.compile(r"^[A-Z0-9]+(?:_[A-Z0-9]+)+ |\bPXE-E\d\d\b")


def _says_of_program(title: str) -> bool:
    """True if a title names a cause in words that programs use, or an event with what is wrong."""
    if HARMLESS.search(title):
        return False
    if certain(title) is not None:
        return True
    return _EVENT.search(title) is not None and (
        TELLING.search(title) is not None or _NONE.search(title) is not None
    )


def _is_of_program(words: str) -> bool:
    complains = (TELLING.search(words) or certain(words)) is not None and not HARMLESS.search(words)
    return complains and len(words.split()) >= _FEWEST and not _CODE.search(words)
