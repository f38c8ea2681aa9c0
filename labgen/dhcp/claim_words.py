"""Sentences in which people write that DHCP failed: messages that do not arrive, leases not renewed, pools that are empty."""

from __future__ import annotations

import re
from collections.abc import Sequence

from labgen.dhcp.parts import Words

NOT = (
    r"(?:(?:is|are|was|were|do|does|did|has|have|had|could|can|will|wo)(?: not|n['’]?t)|can(?:not|['’]?t)|never|not(?! to\b)"
    r"|no longer)"
)
FAILS = rf"(?:{NOT}|(?:un|not )able to|fail(?:s|ed|ing)? to|stop(?:s|ped|ping)?|refus(?:e[sd]?|ing) to)"
"""How people say that something does not happen, or that somebody does not do it."""
_MESSAGE = (
    r"(?:(?:dhcp[-_ ]?)?(?:discover(?:y|ies)?|offer|request|n?ack|nak|inform)s?|dhcp[-_ ](?:repl(?:y|ies)|responses?|answers?|packets?"
    r"|messages?|broadcasts?|traffic))"
)
_PROGRAM = (
    r"(?:dhcp(?:v4|4)?[- ]?(?:server|relay|daemon|service|agent|client)|dnsmasq|i?dhcpd"
    r"|kea[-\w]*|dhclient|udhcp[cd]|dhcpcd|connman\w*)"
)
_GIVEN = r"(?:(?:ip(?:v4)?[ -]?)?add?ress(?:es)?|ips?|leases?|renewals?|" + _MESSAGE + r")\b"
_ARRIVES = (
    r"(?:reach|arriv|receiv|gett?|com(?:e|ing)|deliver|return|pass|renew|extend|answer|seen|sent|forward)\w*"
)
_GIVES = r"(?:send|serv|giv|assign|hand|issu|offer|allocat|leas|renew|refresh|process|accept|honou?r|answer|releas)\w*"
_SHORT = r"(?:[^\s.;:]+ ){0,4}?"
_SPENT = r"(?:exhausted|empty|full|depleted|used up)"

_FAILED = Words(
    rf"\b{_MESSAGE} (?:[^\s.;:,]+ ){{0,4}}?(?:{NOT}) (?:being |been |ever |even )?{_ARRIVES}"
    rf"|\b{FAILS} (?:\w+ ){{0,2}}?{_GIVES} {_SHORT}{_GIVEN}"
    rf"|\b(?:never|{NOT}) (?:\w+ )?(?:receiv|gets?|see)\w* (?:it|them|any)\b"
    r"|\b(?:can(?:not|['’]?t| not)|won['’]?t|unable to|fail(?:s|ed|ing)? to|could(?:n['’]?t| not)) dhcp\b(?!v6| ?6)"
    r"|\b(?:was|is|were|keeps?|kept) (?:\w+ )?(?:report|say|complain|show|log)\w* (?:\w+ ){0,3}?[\"'“‘`]?no free (?:leases?|ips?|address)"
    r"|\bha[sd] no (?:more )?(?:free|available) (?:ip )?(?:leases?|ips|addresses)\b"
    r"|\b(?:run(?:s|ning)?|ran) out of (?:(?:free|available|dhcp|ip(?:v4)?) ){0,3}(?:address(?:es)?|leases?|ips)\b"
    rf"|\b(?:pool|scope|range)\b(?: \w+){{0,3}}? (?:is|was|were|are|got|became) (?:\w+ )?{_SPENT}\b"
    r"|\b(?:ip|add?ress|lease)(?: \w+){0,3}? (?:ha[sd] |have )?(?:disappear|vanish)(?:s|ed)\b"
    r"|\blease\b.{0,40}\bexpire[sd]?\b.{0,40}\b(?:still (?:us|keep|ha[sv])\w*|keeps|continues)\b"
    r"|\b(?:keeps|still uses) (?:us\w+ )?(?:its |the |an? )?(?:old |expired )?(?:ip|add?ress|lease)\b"
    r".{0,40}\b(?:after|although)\b.{0,40}expir"
    rf"|\b{_PROGRAM}(?: [^\s.;:,]+){{0,4}}? (?:(?:is|was|are)(?: not|n['’]?t)) "
    r"(?:enabled|running|started|active|reachable)\b(?! by default)"
    r"|\b(?:two|both|several|multiple|different)\b.{0,60}\b(?:end\w* up with|g[eo]t\w*|receiv\w*|given|assigned|shar\w+) "
    r"(?:the |an )?(?:very )?(?:same|identical) (?:ip|add?ress)"
    r"|\b(?:triggers|triggered|causes|caused|results? in|resulted in) (?:an? |the )?(?:dhcp[ -]?)?na(?:c)?ks?\b"
    r"|\b(?:ignor|drop|discard)(?:s|es|ped|ed|ing) (?:\w+ ){0,2}?(?:dhcp[ -]?)?nac?ks?\b"
    r"|\b(?:to|clients?|vms?|hosts?|machines?|devices?|phones?|they) (?:\w+ )?"
    r"loo?se (?:its|their|the|it['’]s) (?:dhcp |ip )?(?:ip|add?ress|lease)\b"
    r"|\bloo?ses it['’]s (?:dhcp |ip )?(?:ip|add?ress|lease)\b"
    r"|\b(?:dhcp|lease)[- ](?:lease )?(?:renewals?|requests?|negotiation|server|relay|client)? ?(?:stops?|stopped|quits?) working\b"
    r"|\b(?:experienc|suffer|fac)(?:es|e|ed|ing) (?:\w+ ){0,3}?dhcp (?:\w+ )?(?:failure|timeout|problem)s?\b",
    "not n’t n't cannot cant can’t can't wont never no_longer unable able_to fail stop refus no_free no_more no_available out_of exhausted"
    " empty full depleted used_up disappear vanish expire keeps still same identical triggers triggered causes caused result ignor drop"
    " discard lose loose quit experienc suffer fac",
)
_TITLES = Words(
    r"\bdhcp\w*[- ](?:\w+ )?(?:renew\w*|lease|request|discover\w*|negotiation|acquisition|assignment|server|relay|client)?s? ?"
    r"(?:failures?|failing|broken|breaks|not working)\b(?! (?:test|handling|detect|count|metric|alert))"
    rf"|\b(?:pool|scope|range) (?:\w+ )?{_SPENT}\b|\bno free (?:dhcp )?(?:leases?|addresses|ips?)\b"
    rf"|\b(?:process|handl|pars|treat)(?:s|es|ed|ing)? (?:\w+ ){{0,2}}?(?:{_MESSAGE}|leases?) (?:\w+ )?(?:incorrect|wrong|improper|bad)ly\b"
    rf"|\b(?:incorrect|wrong|improper)ly (?:process|handl|pars|treat)\w* (?:\w+ ){{0,2}}?(?:{_MESSAGE}|leases?)\b",
    "failure failing broken breaks not_working exhausted empty full depleted used_up no_free incorrectly wrongly improperly badly",
)
"""What titles of reports say in fewer words."""
_GENERAL = re.compile(
    r"\b(?:when(?:ever)?|(?<!at )once|as soon as|by default|by design|intentional\w*|in general|usually|typically|normally|means that"
    r"|(?:not|never|n['’]t) (?:\w+ )?fail|any ?more problem)\b",
    re.I,
)
"""How sentences speak of what is so with everybody."""
_DUTY = re.compile(
    r"^\W*(?:add|make|use|avoid|prevent|send|drop|ignore|do|don't|stop|skip|remove|refuse|reject|improve)\b",
    re.I,
)
"""How titles of changes begin."""
_NEWS = re.compile(
    r"^\W*(?:\[?(?:unreleased|v?\d+(?:\.\d+)+)\]?\W*)?(?:change ?log|release notes?|what['’]?s (?:new|changed)|bug ?fix(?:es)?"
    r"|known (?:issues|limitations)|(?:resolved|fixed) issues)\W*$|^#+ (?:changes|fixed)\W*$"
    r"|^\W*changes (?:since|in|from) (?:\w+ )?v?\d+\.\d|^\W*(?:version|release) v?\d+(?:\.\d+)+\W*$",
    re.I,
)
_MANUAL = re.compile(r"^(?:\.(?:TH|SH|SS|Dt|Sh)\b|NAME|SYNOPSIS|DESCRIPTION|SEE ALSO)(?: \S.{0,60})?$")
_HEADINGS = 2
_HEX = re.compile(r"(?:\b[\da-f]{2}(?:[\da-f]{2})?\b[ :]+){6}", re.I)


def is_published(lines: Sequence[str]) -> bool:
    """True if a text is a page of a manual, or lists what changed from one release to the next."""
    return any(map(_NEWS.match, lines)) or sum(_MANUAL.match(line) is not None for line in lines) >= _HEADINGS


def is_dump(text: str) -> bool:
    """True if a line shows bytes."""
    return _HEX.search(text) is not None


def reports_failure(sentence: str, *, title: bool) -> bool:
    """True if a sentence about DHCP states, of what happened once, that it failed."""
    if title:
        failed = _FAILED.search(sentence) or _TITLES.search(sentence)
        return failed is not None and not _DUTY.match(sentence)
    failed = _FAILED.search(sentence)
    return failed is not None and _GENERAL.search(sentence[: failed.end()]) is None
