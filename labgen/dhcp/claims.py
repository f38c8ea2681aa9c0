"""Claims of people in sentences of their own: nobody answers, no address was given, another program has the port.

That is a claim, not what a program says. It is told as one, with its writer's words, where no log beside it shows an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from labgen.dhcp.claim_words import FAILS, NOT, is_dump, is_published, reports_failure
from labgen.dhcp.complaints import IN_VAIN, abroad, is_logged
from labgen.dhcp.documentation import tells_of_own
from labgen.dhcp.logs import Line, Reading
from labgen.dhcp.message import MessageRole
from labgen.dhcp.model import Finding, Severity
from labgen.dhcp.parts import Words
from labgen.dhcp.remarks import Cause, Remark
from labgen.dhcp.sentences import HARMLESS, SURE, make, other_family

_WHO = r"(?:servers?|\w*dhcpd|dnsmasq|kea|relays?|relay agent|dhcrelay|routers?|gateway|nobody|no[ -]?one|nothing|neither|switch|firewall)"
_MESSAGES = r"(?:\w*dhcp\w*?[-_ ]?)?(?:offers?|acks?|repl(?:y|ies)|responses?|answers?|packets?)"
_WORDS = r"(?:[^\s.;:]+ ){0,5}?"
_ANSWER = (
    r"(?:respond|answer|reply|replies|acknowledg|ack\b|offer|hand(?:s|ing)? out|giv(?:e|ing)|assign|issu|provid|serv(?:e|ing)"
    r"|leas(?:e|ing)|forward|relay|pass(?:es|ed|ing)?\b|send(?:s|ing)? (?:\w+ ){0,2}(?:offers?|acks?|repl|respon|answer|back))\w*"
)
_GETS = (
    r"(?:gets?|getting|got(?:ten)?|obtain(?:s|ed|ing)?|receiv(?:e[sd]?|ing)|acquir(?:e[sd]?|ing)|pick(?:s|ed|ing)? up|fetch\w*|assigned"
    r"|given|have|having|ha[sd]|see(?:n|s|ing)?|find(?:s|ing)?|request(?:ing)?|renew(?:s|ed|ing)?|reach(?:es|ing)?"
    r"|return(?:s|ing)?|come through|arrive)"
)
_LEASE = (
    r"(?:ip(?:v4)?(?: ?add?ress(?:es)?)?|add?ress(?:es)?|leases?|dhcp[- ]?(?:lease|address|ip|config\w*)s?|"
    + _MESSAGES
    + r")\b"
)
_WHAT = (
    r"(?:dhcp\w*|requests?|discovers?|offers?|acks?|naks?|packets?|quer(?:y|ies)|repl(?:y|ies)|responses?|answers?|traffic"
    r"|messages?|broadcasts?)"
)
_LOST = (
    r"(?:dropped|blocked|discarded|rejected|ignored|filtered|lost|trapped|swallowed|eaten"
    r"|not (?:forwarded|relayed|passed|sent|received))"
)
_FIELD = (
    r"(?:[gcys]iaddr|option[- ]?\d+|server[- ]id\w*|xid|chaddr|broadcast flag|(?:client|server) identifier)"
)
_VAIN = Words(
    rf"\b{_WHO}\b(?: [\w'’-]+){{0,4}}? {FAILS} {_WORDS}{_ANSWER}"
    rf"|\b{_WHO}\b(?: [\w'’-]+){{0,3}}? {FAILS} (?:\w+ ){{0,2}}?(?:see|receiv|recogni[sz]|notic|get)\w* {_WORDS}(?:requests?|discovers?)\b"
    rf"|\b{FAILS} {_WORDS}{_GETS} {_WORDS}{_LEASE}"
    rf"|\b{_WHAT}(?: \w+){{0,3}}? (?:is|are|was|were|gets?|got|being) (?:\w+ ){{0,2}}?{_LOST}\b"
    rf"|\b(?:reject|ignor|refus|dropp?|discard)\w* (?:\w+ ){{0,2}}?(?:discovers?|requests?|{_MESSAGES})\b"
    r"|\b(?:dnsmasq|kea\S*|networkd|\w*dhc\w+) (?:\w+ ){0,3}?(?:crash\w*|segfault\w*|dies|died|(?:core[- ])?dumps?|freezes|killed)\b"
    r"|\bdhcp\w* (?:\w+ ){0,2}?(?:fails?|failed|(?:returns?|gives?|shows?) an? error)\b"
    rf"|\b{FAILS} (?:\w+ )?request\b|\b(?:i|we|they|clients|devices) (?:\w+ )?lose (?:the |their |its |our )?(?:ip|add?ress|lease)"
    r"|\b(?:us(?:e|es|ing)|ha(?:ve|s)|g[eo]t\w*|assigned|takes?) (?:the )?(?:exact )?same ip\b"
    rf"|\b{FAILS} (?:\w+ ){{0,2}}?(?:send\w* (?:\w+ ){{0,2}}?(?:requests?|discovers?)\b|binds?\b|bound\b)"
    rf"|\b{_FIELD}(?: \w+){{0,6}}? (?:(?:is|was|are|were|gets?) (?:\w+ )?(?:not|never|wrong|zero|incorrect|malformed|empty|0)"
    r"|(?:(?:is|was|are|were|gets?) )?(?:\w+ )?(?:missing|lost|mangled|stripped|ignored))\b"
    rf"|\b{_WHAT} (?:(?:is|are|was|were) )?(?:not|never) (?:being |been )?(?:accept|tak|answer|acknowledg|process|handl|honou?r)\w*"
    r"|\b(?:hangs?|(?:gets?|is|are|was|were|got) stuck) (?:at|in|on|while|during|waiting)\b|\bdhcp\w* (?:\w+ ){0,2}hangs?\b"
    r"|\b(?:los(?:es|t|ing)|loos(?:es|ing)|removes|drops|forgets) (?:its |the |their |my |an? )?(?:\w+ )?"
    r"(?:ip(?:v4)?(?: ?add?ress)?|add?ress|lease|route|gateway)\b"
    r"|\bgiv(?:es?|ing) (?:out )?(?:an? |the )?(?:duplicat\w+|same) (?:ip )?(?:add?ress|lease|ip)\b"
    r"|\b(?:dnsmasq|dhc\w+|kea\S*|networkd)\b(?: \w+){0,4} (?:blocked|denied|killed|prevented)\b"
    r"|\b(?:wrong|incorrect|bad) (?:ip(?:v4)? |dhcp |lease |server |gateway |subnet )?(?:add?ress|ip|lease|server|subnet|netmask|gateway"
    r"|destination)\b|(?<![\d.])169\.(?:254(?!\.169\.254)|x+|\*+)\."
    rf"|\b(?:add?ress(?:es)?|leases?|ip) {NOT} (?:been )?(?:assigned|given|obtained|received|acquired|offered|renewed|allocated)\b"
    rf"|\b{FAILS} (?:\w+ ){{0,2}}?(?:start|launch|run|come up)\b|\b(?:unable|fail(?:s|ed|ing)?) to (?:enable|activate|bind|listen)\b"
    r"|\b(?:two|2|a second|another|multiple) (?:\w+ )?dhcp[- ]?servers? (?:\w+ ){0,3}?(?:running|active|answer\w*|respond\w*|on the)\b"
    rf"|\bno (?:dhcp )?(?:ip(?:v4)? )?(?:address(?:es)?|{_MESSAGES}|leases?)\b {_WORDS}(?:from|received|seen|obtained|assigned|given|sent|"
    r"returned|acquired|back|(?:ever )?(?:comes?|came|arriv\w+))\b"
    rf"|\b(?:without|(?:even )?(?:if|with)) (?:any |no |getting (?:any )?|receiving (?:any )?){_MESSAGES}\b"
    rf"|^(?:\S+ ){{0,8}}?no dhcp (?:lease|address|ip|{_MESSAGES})\b(?: \S+){{0,6}}$"
    r"|\b(?:keeps?|kept|repeat(?:s|ing|ed(?:ly)?)?) (?:on )?[`\"']?(?:re)?(?:send|request|ask|broadcast|try|discover|solicit)\w*"
    r"|\btim(?:es|ed|ing) ?out (?:\w+ ){0,3}?(?:waiting|trying|dhcp|ip\b)|\bdhcp\w* (?:\w+ ){0,3}?(?:times|timed) ?out\b"
    r"|\b(?:fails?|failed|failing|failure|unable) to (?:get|obtain|receive|acquire|renew|fetch|request)\b"
    r"|\b(?:relay|switch|router|firewall|server|agent|bridge|snooping)\b(?: \w+){0,3}? (?:drops?|dropp(?:ed|ing)|discard\w*|ignor\w+"
    r"|reject\w*|blocks?|block(?:ed|ing)|refus\w+)\b"
    r"|\b(?:repl|respond|answer)\w* with (?:an? )?(?:dhcp)?(?:nack|nak)s?\b|\bsends? (?:an? )?(?:dhcp)?(?:nack|nak)s?\b",
    "repeat"
    " not n't n’t dont cant cannot doesnt never unable able_to fail stop refus no_ no-one without if_ with_ keep kept tim drop discard"
    " ignor reject block nak nack two 2_dhcp second another multiple wrong incorrect bad_ 169."
    " missing zero malformed empty crash segfault error"
    " dies died dump freez hang stuck lose losing loos remove forget duplicat same denied killed prevented lost"
    " mangled stripped blocked filtered trapped swallowed eaten _0",
)
_SHUT_OUT = Words(
    r"\b(?:mac|add?ress|client|device|host)\b(?: \w+){0,6}? (?:not|never) (?:\w+ )?(?:white-?list|allow-?list|register|authori[sz])ed\b"
    r"|\b(?:mac|client|device|host)\b(?: \w+){0,4}? (?:is|was|were|got) (?:black|deny|block)-?listed\b",
    "listed registered authori",
)
"""That a client was not let in: a sentence of a text about DHCP that need not name it."""
_HELD = Words(
    r"\bports? (?:udp[ /]?)?6[78]\b.{0,80}?\b(?:already|in use|used by|taken|occupied"
    r"|bound|listen\w*)\b"
    r"|\b(?:listen\w*|bound|bind\w*|occup[iy]\w+"
    r"|hogg?\w*|block\w*|uses?|using|holds?|takes?) (?:\w+ ){0,3}?(?:udp )?port (?:udp[ /]?)?6[78]\b"
    r"|\baddress (?:is )?already in use\b",
    "port in_use",
)
"""That some program has the port of DHCP servers or clients already."""
_SUPPOSED = re.compile(
    r"(?<!even )(?<!as )\bif\b|\b(?:shall|must|should|would|may|might|unless|until|expected|suppose[ds]?"
    r"|imagine|perhaps|maybe|probably|possibl[ey]"
    r"|e\.g|for example|in case|fix(?:es|ing)?|fixed(?! (?:ip|add?ress|lease))"
    r"|no longer (?:fail|drop|crash|hang|ignor|block|reject|refus|los)\w*|solved|resolved|want|wish|feature|option to|support"
    r"|allow\w*|make sure|ensure\w*|check|verify|please|you|your|let['’]s|could (?:be|also)|can (?:be|lead|cause|result|happen)"
    r"|do not|don['’]t|todo"
    r"|workaround|otherwise"
    r"|instead of|so that|whether|will (?:\w+ )?(?:block|drop|discard|reject|ignor|refus)\w*"
    r"|test(?:s|ed|ing)? (?:that|if)|handles?(?!.{0,40}(?:incorrect|wrong|improper|bad)ly\b)|avoids?"
    r"|prevents?|(?:not|never|n['’]t) (?:\w+ )?fail)\b",
    re.I,
)
"""Words of what may be, of what is wished for, asked of others or mended: no report."""
_CONDITION = re.compile(r" (?:in case if|in case|if) ")
"""What titles of reports say of when it happens."""
_FOUND = re.compile(
    r"\b(?:there (?:is|was) an?(?:other)? (?:second|rogue|other)|turn(?:s|ed) out|found|discovered"
    r"|(?:we|I) (?:have|had|got|get|see|saw|noticed)|because|caused|due to"
    r"|culprit|(?:problem|issue|reason|cause) (?:is|was)|leading to|leads to)\b",
    re.I,
)
"""How somebody names what he found out: a cause is named by many a sentence that explains what there can be."""
_ASKS = re.compile(r"^(?!\W*(?:but |so |and )?(?:why|how come)\b).*\?\W*$", re.I)
_TOPIC = re.compile(
    r"dhcp|bootp|\bleases?\b|\bdiscovers?\b|\boffers?\b|\bip(?:v4)?[ -]address|\bpxe\b|\bn?acks?\b|\bnaks?\b|[gcys]iaddr"
    r"|\bdnsmasq\b|\bkea\b|dhclient"
    r"|\boption[- ]?82\b|circuit[- ]id|remote[- ]id|relay agent|(?<![\d.])169\.(?:254(?!\.169\.254)|x)",
    re.I,
)
_OTHER_TOPIC = re.compile(r"\b(?:dns|ssh|https?|ntp|tftp|ldap|smb|nfs|pings?|url|email|ipv6|slaac)\b", re.I)
_OTHER_SERVER = re.compile(
    r"\b(?:dns|web|mail|ssh|file|ntp|tftp|ldap|radius|proxy|api|database|name|print|game|backup|license)[ -]?server",
    re.I,
)
_END = re.compile(r"(?<=[.!?])\)?\s+(?=[A-Z\"`*(])|,? \bbut (?=\w)|; | [–—] (?=\w)")
_HAPPENED = re.compile(
    r"\b(?:our|we)\b|\b(?:since|after) (?:the |an? |i |we )?(?:\w+ )?(?:updat|upgrad|reboot|restart|chang|migrat|mov)\w*",
    re.I,
)
_MARKS = re.compile(r"^\s*(?:#{1,6} +|(?:> ?)+|[-*+•] +|\d+[.)] +)+")
_LABEL = re.compile(r"^\[[^\[\]]{1,24}\][ :-]*")
"""What titles of reports begin with: a kind, a version, a number."""
_META = re.compile(r"^(?:labels: |\S+/\S+ · )|^\S+ · \w+|^\[turn \d|https?://\S+$")
_CHAINED = re.compile(r"\w: \S.*\b\w+: ")
"""An error with what caused it, as programs pass them on."""
_TAG = re.compile(r"^\W*(?:\d+\[[A-Z]{2,5}\]|[\w./-]+\[\d+\]:|\[ *[\d.:-]+\]|<\w+>) ")
"""How a line of a program begins that has no time: thread, process, level."""
_WORD = re.compile(r"[(\"“`*_'’]*(?:[^\W\d_]+(?:['’/-][^\W_]+)*|\d+[a-z]*)[.,;:?!)\"”`*_'’]*")
_FEWEST, _FEWEST_OF_TITLE, _MOSTLY, _LONGEST = 5, 3, 0.75, 240
_MOST = 3
"""Claims of one text that are told."""


def claims(
    lines: Iterable[Line], reading: Reading, quoted: frozenset[int | None] = frozenset()
) -> Iterator[Remark]:
    """The claims of the sentences among these lines, each once, the first few of them; not those of lines that were quoted already."""
    told: set[str] = set()
    lines = list(lines)
    if not any(tells_of_own(text) or _HAPPENED.search(text) for _, text in lines):
        return
    if not any(_names_dhcp(text) for _, text in lines) or is_published([text for _, text in lines]):
        return
    titles = {number for number, text in lines if text.lstrip().startswith("#")}
    for number, sentence in _sentences(lines):
        words = sentence.strip(" *_`>\"'")[:_LONGEST]
        if (
            len(told) < _MOST
            and number not in quoted
            and words not in told
            and _claims(sentence, title=number in titles)
        ):
            told.add(words)
            yield make(reading, number, sentence, words, MessageRole.TRANSIT, Cause.CLAIMED, {})


def _names_dhcp(text: str) -> bool:
    """True if a line is about DHCP, not only about leases: there are others."""
    return any(not found[0].lower().startswith("lease") for found in _TOPIC.finditer(text))


def _claims(sentence: str, *, title: bool) -> bool:
    if (
        _SUPPOSED.search(_CONDITION.sub(" when ", sentence) if title else sentence)
        or _ASKS.search(sentence)
        or HARMLESS.search(sentence)
    ):
        return False
    if other_family(sentence) or (_TOPIC.search(sentence) is None and not _SHUT_OUT.search(sentence)):
        return _HELD.search(sentence) is not None and "67" in sentence
    if _OTHER_SERVER.search(sentence) or (_OTHER_TOPIC.search(sentence) and "dhcp" not in sentence.lower()):
        return False
    named = _FOUND.search(sentence) is not None and any(pattern.search(sentence) for _, pattern in SURE)
    return (
        named
        or (title and IN_VAIN.search(sentence) is not None)
        or any(sign.search(sentence) for sign in (_VAIN, _HELD, _SHUT_OUT))
        or abroad(sentence)
        or reports_failure(sentence, title=title)
    )


def _sentences(lines: Iterable[Line]) -> Iterator[Line]:
    """Sentences of paragraphs, and titles, with the line that they begin in."""
    first, last, held = 0, -1, ""
    for number, text in lines:
        title = text.lstrip().startswith("#")
        bare = _MARKS.sub("", text).strip()
        if title:
            bare = _LABEL.sub("", bare)
        starts = title or bare != text.strip() or number != last + 1
        if held and (starts or not _is_prose(bare, title=False)):
            yield from ((first, part) for part in _END.split(held))
            held = ""
        if _is_prose(bare, title=title):
            first = first if held else number
            held = f"{held} {bare}".strip()
            last = number
            if title:
                yield number, held
                held = ""
    if held:
        yield from ((first, part) for part in _END.split(held))


def _is_prose(text: str, *, title: bool) -> bool:
    if (
        is_dump(text)
        or _META.search(text)
        or _TAG.match(text)
        or _CHAINED.search(text)
        or (is_logged(text) and not title)
    ):
        return False
    words = text.split()
    plain = sum(_WORD.fullmatch(word) is not None for word in words)
    fewest = _FEWEST_OF_TITLE if title else _FEWEST
    return (len(words) >= fewest and plain >= _MOSTLY * len(words)) or (title and abroad(text))


_SHOWS = frozenset({"node-complains"})
"""Findings that quote the program itself."""


def _is_retold(remark: Remark, quoted: Sequence[Finding]) -> bool:
    """True if a claim says in its words what a finding of its text quotes, or is the line that is quoted."""
    own = set(_LONG.findall(remark.words.lower()))
    for one in quoted:
        places = [place for place in one.evidence if place.file == remark.file]
        if any(place.line == remark.line for place in places) or (
            places and own and own <= set(_LONG.findall(one.message.lower()))
        ):
            return True
    return False


_LONG = re.compile(r"[^\W\d_]{4,}")


def claimed(remarks: Sequence[Remark], found: Sequence[Finding]) -> Iterator[Finding]:
    """Findings of people's claims, of each text of which nothing shows an error."""
    shown = {place.file for one in found if one.severity is Severity.ERROR for place in one.evidence}
    quoted = [one for one in found if one.code in _SHOWS]
    by_file: dict[str | None, list[Remark]] = {}
    for remark in remarks:
        if remark.cause is Cause.CLAIMED and remark.file not in shown and not _is_retold(remark, quoted):
            by_file.setdefault(remark.file, []).append(remark)
    for own in by_file.values():
        text = f"somebody writes: {'; '.join(remark.words for remark in own)}"
        evidence = tuple(remark.evidence() for remark in own)
        yield Finding("claimed-in-words", Severity.WARNING, text, own[0].node, None, evidence)
