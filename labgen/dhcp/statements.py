"""Sentences of people, requirements, titles and settings: text about programs, and for them.

None of it is output of a program, so that none of it is a complaint of one.
"""

from __future__ import annotations

import re

_OUTPUT = re.compile(
    r"^.{0,90}?\d\d?:\d\d(?::\d\d)?\b|\w\[\d+\]:? |^\W*[\w./-]+: |^\W{0,4}(?:\[|<\d|\w+=)"
    r"|^\W*(?:ERROR|ERR|WARN(?:ING)?|CRIT(?:ICAL)?|FATAL|EMERG|ALERT|INFO|DEBUG|NOTICE|FAILED)\b",
)
"""How output of programs begins: a time, a program with or without its process, a level."""
_TITLE = re.compile(r"\s*#{1,6} +[^\W\d](?!.*(?:\d\d:\d\d|[\"`“:=\[]|PXE-E))")
"""How Markdown begins a title, in which nobody is quoted."""
_WISHED = re.compile(
    r"\b(?:should(?:n't)?|shall|ought to|would (?:be|like)"
    r"|(?:will|would|can|could|may|might) (?:\w+ )?(?:cause|lead|result|give|produce))\b"
    r"|\botherwise\b|\b(?:feature request|expected behaviou?r)\b",
    re.I,
)
"""Words of requirements and of conditions: what they name did not happen yet."""
_SETTING = re.compile(
    r"[\s\-*]*[\"']?[A-Za-z]\w*(?:[-_.]\w+)+[\"']?\s*[:=]\s*"
    r"(?:\"[\w.:/-]{0,24}\"?|'[\w.:/-]{0,24}'?|-?\d+(?:\.\d+)? ?[a-z]{0,8}|true|false|yes|no|on|off|null|none)?\s*[,;]?\s*(?:#.*)?$",
    re.I,
)
"""One setting of a configuration and its value."""
_JOINS = re.compile(
    r"\b(?:the|an?|its?|this|that|these|those|which|when|while|where|so|but|and|because|if|as|own|each)\b",
    re.I,
)
_PLAIN = re.compile(r"[(\"“'`]?[^\W\d_]+(?:['’-][^\W\d_]+)*[.,:;?!)\"”'`]*")
_LONG, _JOINED, _MOSTLY = 12, 4, 0.8
"""Words of a sentence, those that join others, and the part that is nothing but letters, from which on somebody tells it."""


def is_statement(text: str) -> bool:
    """True if a line is no output of a program, but what somebody says of one, asks of one, or sets for one."""
    if _SETTING.match(text) or _TITLE.match(text):
        return True
    if _OUTPUT.match(text) or "=" in text:
        return False
    return _WISHED.search(text) is not None or _is_narrative(text)


def _is_narrative(text: str) -> bool:
    words = text.split()
    if len(words) < _LONG or len(_JOINS.findall(text)) < _JOINED:
        return False
    return sum(_PLAIN.fullmatch(word) is not None for word in words) >= _MOSTLY * len(words)
