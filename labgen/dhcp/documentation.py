"""Pages of documentation: what they show are examples, no evidence of a network that somebody runs.

A manual, a guide or an article of a vendor announces what it describes, shows sample output, tells the reader what to enter, has
headings of its own. Two of these make a page of documentation, unless somebody speaks in it of what happened to him.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from labgen.dhcp.model import Finding, Severity
from labgen.dhcp.parts import Words
from labgen.dhcp.vantage import Vantage

_SIGNS = (
    Words(
        r"\b(?:this|the following) (?:section|document|article|chapter|guide|page|topic|appendix|how-?to|tutorial|manual|module|table)s? "
        r"(?:describe|explain|provide|list|cover|show|contain|display|discuss|outline|help|summari[sz]e)",
        "this_ the_following_",
    ),
    Words(
        r"\b(?:sample|example) (?:\w+ )?(?:output|log|message|event|capture|configuration|scenario)s?\b"
        r"|\bthe following (?:is an? )?(?:sample|example)\b|^\W*example(?: [\d.–-]+)?[:.]?\s*$|\boutput similar to\b",
        "sample example output_similar",
    ),
    Words(
        r"^\W*(?:(?:\d+[.)]|step \d+[:.]?)\s*)?(?:use|run|enter|issue|type|execute)\b.{1,60}"
        r"\bto (?:display|view|verify|check|show|see|list|enable)\b"
        r"|\bto (?:view|display|verify|configure|enable|troubleshoot|resolve)\b.{1,60}, "
        r"(?:use|run|enter|issue|type|follow|perform|execute)\b",
        "to_display to_view to_verify to_check to_show to_see to_list to_enable to_configure to_troubleshoot to_resolve",
    ),
    Words(
        r"^\W*(?:\d[\d.]* )?(?:syntax|command (?:mode|default|history)s?|usage guidelines|release information"
        r"|supported (?:platforms|releases)"
        r"|prerequisites|see also|related (?:documentation|topics|commands|information|articles)|applies to|components used"
        r"|requirements|(?:recommended|corrective|proposed) (?:action|solution)s?|explanation|field descriptions?|required privilege level"
        r"|meaning|fields|data type|log (?:message )?reference|message (?:id|description|meaning)"
        r"|background information|table of contents|article (?:id|number)|was this (?:page|article) helpful\W?)\W*$",
        "syntax command usage_guidelines release_information supported_ prerequisites see_also related_ applies_to components_used"
        " requirements recommended_ corrective_ proposed_ explanation field required_privilege meaning data_type reference message_"
        " background_information table_of_contents article_ was_this_",
    ),
    Words(
        r"^\W*(?:\w+ ){0,4}(?:administration|administrator(?:'s|s)?|user(?:'s|s)?|configuration|installation|troubleshooting|command|log)"
        r" (?:guide|manual|reference)\b",
        "_guide _manual _reference",
    ),
    Words(
        r"\b(?:field|parameter|column|counter|option|message)s?(?: name)?\s*[|\t]\s*(?:description|meaning)\b",
        "description meaning",
    ),
    Words(
        r"^\W*(?:why|what|how|when|can) (?:do|does|is|are|can|should)\b.{1,90}\?\W*$",
        "?",
    ),
    Words(
        r"\b(?:a|the) (?:lines?|messages?|entry|entries|events?|errors?) (?:such as|like)\b"
        r"|\b(?:writes|logs|prints|emits) (?:a|an|the)(?: \w+)? (?:line|message|entry|event|error)\b",
        "such_as like writes_ logs_ prints_ emits_",
    ),
    Words(
        r"\byou (?:can|will|should|must) (?:see|use|find|configure|check|enter|run|verify|also)\b",
        "you_",
    ),
)
_ENOUGH = 2
_ALONE = Words(
    r"^\W*(?:event|code|id|error|message|severity|facility)[\w /]{0,30}\|\s*(?:meaning|description|explanation)\W*$",
    "meaning description explanation",
)
"""The heading of a table that says what events mean."""
_CALLS = re.compile(r"^\s*[A-Za-z_][\w.:]*(?:->\w+)*\([^()]*[\"'].*\)\s*;?\s*$")
_CONTROLS = re.compile(
    r"^\s*(?:\} *)?(?:if|else if|elif|for|while|switch|static|def|func|void|int|return)\b.{0,120}[:;{)]\s*$"
)
_STAMPED = re.compile(r"^\W{0,3}(?:<\d+>)?(?:[A-Z][a-z]{2} +\d+ )?(?:\d{4}-\d\d-\d\d[ T])?\d\d:\d\d:\d\d")
_TELLS = re.compile(
    r"(?<![\w/.(-])I(?!/)(?:'m|'ve|'d|'ll)?\s+[a-z]|\bmy\b|\bthanks\b|\bthank you\b|^\W*(?:hi|hello)\b[,! ]"
    r"|\b(?:expected|actual) behaviou?r\b|\b(?:to reproduce|describe the bug|bug report|anyone|any ideas?)\b"
    r"|· (?:comment|description|issue) ",
    re.I,
)
"""How somebody writes of his own network."""


def tells_of_own(text: str) -> bool:
    """True if the writer of a line speaks of what is his."""
    return _TELLS.search(text) is not None


def is_documentation(lines: Sequence[str]) -> bool:
    """True if a text is of a manual, a guide or a vendor's article, or the source of a program."""
    short = [text for text in lines if len(text) < _LONGEST]
    whole = "\n".join(short).lower()

    def has(sign: Words) -> bool:
        return sign.may_be_in(whole) and any(map(sign.search, short))

    codes = len(set(_CODE.findall(whole))) >= _CATALOGUE
    rules = sum(_RULE.search(text) is not None for text in short) >= _CATALOGUE
    shows = codes or rules or has(_ALONE) or sum(map(has, _SIGNS)) >= _ENOUGH or _is_source(short)
    return shows and not any(map(_TELLS.search, lines))


def _is_source(lines: Sequence[str]) -> bool:
    """True if a text is of a program, which holds the sentences that it may print one day."""
    return (
        any(map(_CALLS.match, lines))
        and any(map(_CONTROLS.match, lines))
        and not any(map(_STAMPED.match, lines))
    )


_LONGEST = 2000
_RULE = re.compile(
    r"^\s*<(?:regex|match|pcre2|pattern|prematch|program_name|decoded_as|if_sid|rule id=|decoder name=)"
    r"|%\{[A-Z][A-Z0-9_]+(?::[\w.@\[\]]+)*\}|^\s*(?:fail|ignore)regex\s*=|@(?:ESTRING|QSTRING|IPv4|NUMBER|ANYSTRING|MACADDR):"
)
"""A pattern by which an analyzer of logs knows lines (OSSEC, Wazuh, grok, fail2ban, syslog-ng)."""
_CODE, _CATALOGUE = re.compile(r"^\W*(pxe-e\d\d)\b", re.MULTILINE), 3
"""Errors of boot ROMs that stand in front of lines, and how many different ones make a list of what can be said."""


def as_examples(findings: Iterable[Finding], known: Mapping[str, Vantage] | None) -> Iterator[Finding]:
    """The findings; as notes those of which all that shows them is on pages of documentation."""
    vantages = known or {}
    pages = any(vantage.example or vantage.examples for vantage in vantages.values())
    for finding in findings:
        places = [(vantages.get(item.file or ""), item.line) for item in finding.evidence]
        shown = pages and bool(places) and all(v is not None and v.is_example(line) for v, line in places)
        if shown and finding.severity is not Severity.INFO:
            said = f"as an example in documentation: {finding.message}"
            yield replace(finding, severity=Severity.INFO, message=said)
        else:
            yield finding
