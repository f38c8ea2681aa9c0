"""Sentences of programs beside their messages, in tables: those that explain something, and those that are chatter.

Each format has a table of its own. A sentence in no table is heard as well: words that every program uses for what went wrong make it a
remark; anything else is counted as not understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from labgen.dhcp.logs import Reading
from labgen.dhcp.message import MessageRole
from labgen.dhcp.parts import Words
from labgen.dhcp.remarks import Cause, Remark
from labgen.dhcp.statements import is_statement

ADDRESS = r"\d+\.\d+\.\d+\.\d+"
MASKED = r"[\dxX*#]+(?:\.[\dxX*#]+){3}"
"""An address of which parts were made unreadable."""

MAC = r"[0-9a-fA-F]{2}(?:[:-][0-9a-fA-F]{2}){5,}"

SURE: tuple[tuple[Cause, Words], ...] = (
    (
        Cause.ROGUE,
        Words(
            r"\b(?:weiterer?|anderer?|fremder?|zweiter?|autre|otro|altro|outro) (?:dhcp[- ]?server|(?:serveur|servidor|server) dhcp)\b"
            r"|\b(?:bereits ein|already an?(?:other)?) (?:active )?dhcp[- ]server\b"
            r"|\bunexpected (?:response|reply|offer)\b.{0,60}\bfrom (?:bootp/)?dhcp server\b"
            r"|\banother dhcp[- ]server (?:is|was|has been) (?:found|detected|active|running|seen)\b"
            r"|(?:rogue|unauthori[sz]ed|untrusted|unknown|spurious|multiple)[ _-]?dhcp[ _-]?servers?(?![a-z])|rogue server\b"
            r"|unauthori[sz]ed server \d+(?:\.\d+){3} (?:detected|on port)"
            r"|dhcp[ -]?server (?:message|packet|reply|response)s? (?:received |seen )?(?:on|from) (?:an )?untrusted(?!.*drop)",
            "serv",
        ),
    ),
    (
        Cause.POOL_EXHAUSTED,
        Words(
            r"no free (?:lease|addr|ip)|(?:pool|scope|range)s?\b.{0,40}(?:exhausted|is full|depleted|ran out|(?<!not )(?<!non-)empty\b)"
            r"|out[ -]of[ -](?:ip )?address|no (?:more )?(?:ip )?address(?:es)? (?:available|left)"
            r"|no available (?:ip|address|lease)|no leases? left|no (?:ip )?address(?:es)? in the pool"
            r"|exhausted all (?:ips?|addresses)|all (?:dhcp )?(?:ips?|addresses|leases) (?:are )?(?:allocated|exhausted|in use)"
            r"|pool is outflow|idle address num:? ?0\b",
            "free exhaust full deplet empty ran_out address available left allocated in_use outflow",
        ),
    ),
    (
        Cause.NO_SCOPE,
        Words(
            r"no (?:matching |suitable )?(?:subnet|scope|address range|address pool|dhcp-range|pool)\b.{0,40}"
            r"(?:for|found|match|defined|configured|available)|no suitable (?:network|subnet)s?\b"
            r"|no matching (?:subnet|scope|dhcp-range)\b|unknown network segment|no network matches|failed to select a subnet",
            "subnet scope range pool network",
        ),
    ),
    (
        Cause.CONFLICT,
        Words(
            r"\b(?:ip |address )?conflict(?:ing|ed)?\b.{0,60}(?:address|detected|\d+\.\d+)"
            r"|duplicate (?:ip )?address|address .{0,30}(?:already )?in use\b|is in use by|abandon(?:ing|ed)"
            r"|\b(?:ip|address)\b.{0,40}\boccupied\b"
            r"|\bip\b.{0,60}\bis (?:already )?used by (?:an?(?:other)?|the)\b"
            r"|\bdeclin(?:es?|ed|ing) (?:the |an? |this )?(?:dhcp(?:v?4)? )?(?:lease|(?:ip(?:v4)? )?address)\b.{0,40}\d+\.\d+",
            "declin conflict duplicate address in_use abandon occupied used_by",
        ),
    ),
)
SYSTEM_SAYS = (
    r"\bno route to (?:host|(?:the )?(?:dhcp )?(?:server|relay|client|gateway)\b|\d)"
    r"|\b(?:network|host) is down|\btemporarily unavailable|\bno buffer space|\bbroken pipe"
    r"|\bno such device"
    r"|\boperation not permitted|\bdeadline exceeded|\baddress already (?:in use|assigned)|\bonly one usage of each socket address"
    r"|\bi/o timeout"
    r"|\bE(?:NETUNREACH|HOSTUNREACH|NETDOWN|ADDRINUSE)\b"
)
"""What an operating system answers to a program whose call it cannot do, and the program passes on."""
TELLING = Words(
    r"drop|discard|ignor|reject|bogus|refus|den(?:y|ied)|\bnot (?:allowed|permitted|authori|found|configured|reachable|sent|forward)"
    r"|\berr(?:or)?s?\b|\bfail(?:ed|ure|s|ing)?\b|unable|can ?not|can't|could ?n[o']t|unreachable"
    r"|timed ?out(?![\s=:]*\d)|time ?out(?![\s=:]*\d| (?:in|is|to|of) \d|: timer)"
    r"|invalid|malformed|mismatch|\bbad\b|\bwrong\b|warn|disparity|critical|exceed|(?<!oui )(?<!state )unknown"
    r"|missing|no such|lost|conflict|duplicate|expired|denied|quarantin|blocked|outside (?:of )?(?:the )?(?:pool|range|scope|subnet)"
    r"|not assigning|never found|no more tries|" + SYSTEM_SAYS,
    "drop discard ignor reject bogus refus deny denied not_ err fail unable cannot can_not can't could unreachable timed time_out timeout"
    " invalid malformed mismatch bad wrong warn disparity critical exceed unknown missing no_such lost conflict duplicate expired"
    " quarantin blocked outside never_found no_more_tries no_route is_down unavailable no_buffer broken_pipe in_use one_usage"
    " already_assigned enet ehost eaddr",
)
HARMLESS = Words(
    r"\b(?:conflicts?|errors?|failures?|drop(?:s|ped)?)[ :=]+0\b|no errors?\b|error: 0\b|\berror(?:[-_]\w+)?[=:] ?(?:n/a|none|null|nil)\b"
    r"|(?<![%\d])%\d\b|\[(?:STRING|ULONG)\d*\]|\bdrop(?:s|ped|ping)? (?:root )?privileges?\b"
    r"|\b(?:unable|failed|cannot|can't|could not|couldn't|not able)(?: to)? reproduce\b"
    r"|\bdropping looped\b"
    r"|^(?:code|errno|syscall): '|^[-*•]? ?DHCP\w*/\d/\w+$"
    r"|\bpacket is dhcp[a-z]+, not dhcp|: (?:warn|error|fatal)$"
    r"|\bcheck(?:s|ing)? (?:whether|if|that)\b.*\bin use\b"
    r"|\b(?:to detect|(?:detect|check|prob|test)ing|check) (?:for |whether |if )?"
    r"(?:an? |the |any )?(?:ip |address )*conflicts?\b(?!.*\bfound\b)"
    r"|\bno (?:ip |address )*conflicts?\b|\bno duplicate|conflict detection (?:is )?(?:start|enabl|begin|began|end|over|timed)",
    "conflict error failure drop looped reproduce code: errno: dhcp/ % [string [ulong packet_is_dhcp :_warn :_fatal in_use duplicate",
)
_FIELDS = (
    ("mac", re.compile(MAC)),
    (
        "giaddr",
        re.compile(rf"(?:giaddr|relay(?: agent)?(?: address)?|via) (?:is |= ?|: ?)?({ADDRESS})", re.I),
    ),
    ("address", re.compile(rf"(?<![\d./-])({ADDRESS})(?![\d./-]*\d)")),
    ("subnet", re.compile(rf"({ADDRESS}/\d+)")),
)


_VERSION_6 = re.compile(
    r"dhcpv6|No(?:AddrsAvail|PrefixAvail|Binding)\b|\boption: 13 status\b|dhcp6|dhcpc6|\bSOLICIT\b|\bADVERTISE\b",
    re.I,
)


def other_family(text: str) -> bool:
    """True if a line is about DHCPv6 and not about DHCP as well."""
    return _VERSION_6.search(text) is not None and re.search(r"dhcp(?:v4|4)", text, re.I) is None


_NO_DIGITS = {ord(digit): None for digit in "0123456789"}
_SHAPE, _SHAPES = 160, 4096
"""Sentences that say nothing are remembered by their first characters without digits, so many of them; not those that say nothing
because a number in them is 0."""


_SOCKET = re.compile(
    r"\b(?:bind(?:ing)?|listen(?:ing|er)?|sockets?|port 6[78]|EADDRINUSE|errno)\b|:6[78]\b"
    r"|^(?!.*(?:\d+\.){3}\d|.*(?:[0-9a-f]{2}:){5}).*\baddress already in use\b",
    re.I,
)
"""What speaks of an address that a program of the same host has taken already, not of a client's."""


_NONE_GOT = re.compile(r"\bno (?:ip )?address(?:es)? (?:available|left)", re.I)
_OF_CLIENTS = re.compile(
    r"\b(?:connman\w*|dhclient|dhcpcd|udhcpc|dhcpcanon|NetworkManager|iwd|\S*networkd|wpa_\w+|ifup|pump)\b",
    re.I,
)
"""Programs of clients, which have no pool: an address that is not available is one that they did not get."""


def certain(words: str) -> Cause | None:
    """The cause that a sentence names, whichever program prints it."""
    for cause, pattern in SURE:
        if pattern.search(words) and not (cause is Cause.CONFLICT and _SOCKET.search(words)):
            return Cause.FAILED if _NONE_GOT.search(words) and _OF_CLIENTS.search(words) else cause
    return None


class Sayings:
    """The sentences of one program: pattern and what it is about; None is chatter."""

    def __init__(self, *sentences: tuple[str, Cause | None]) -> None:
        self._sentences = tuple((re.compile(pattern), cause) for pattern, cause in sentences)

    def hear(self, reading: Reading, number: int, text: str, words: str, role: MessageRole) -> Remark | None:
        """The remark a line is; None for chatter, and for what nobody understands, both counted."""
        shape = words.translate(_NO_DIGITS)[:_SHAPE]
        known = reading.shapes.get(shape)
        if known is not None:
            (reading.chatter if known else reading.miss)(number, text)
            return None
        remark, noise = self._hear(reading, number, text, words, role)
        if remark is None and len(reading.shapes) < _SHAPES and not HARMLESS.search(words):
            reading.shapes[shape] = noise
        return remark

    def _hear(
        self, reading: Reading, number: int, text: str, words: str, role: MessageRole
    ) -> tuple[Remark | None, bool]:
        """The remark, and whether a line that is none is chatter."""
        if (
            (_OF_SYSTEM.search(text) and _is_foreign(text))
            or _RETOLD.search(text)
            or _TITLE.match(text)
            or _is_of_others(text)
            or _is_narrated(text)
        ):
            reading.miss(number, text)
            return None, False
        for pattern, cause in self._sentences:
            found = pattern.search(words)
            if found is not None:
                if cause is None and (sure := _sure(words)) is not None:
                    return make(reading, number, text, words, role, sure, {}), False
                if cause is None and _is_grave_of_others(text, words):
                    spoken = _PROGRAM.match(text)
                    return heard(reading, number, text, spoken["words"] if spoken else words, role), False
                if cause is None:
                    reading.chatter(number, text)
                    return None, True
                if cause is Cause.FAILED and (sure := _sure(words)) in _BETTER:
                    cause = sure
                if cause in _UNSPECIFIC and is_statement(text):
                    reading.miss(number, text)
                    return None, False
                return make(reading, number, text, words, role, cause, found.groupdict()), False
        return heard(reading, number, text, words, role), False


def heard(reading: Reading, number: int, text: str, words: str, role: MessageRole) -> Remark | None:
    """A sentence nobody wrote down: a remark when its words say that something is wrong."""
    whole = len(words) >= len(text.strip())
    if words and not HARMLESS.search(words) and not (whole and (_is_foreign(text) or is_of_people(text))):
        cause = _sure(words)
        if cause is not None:
            return make(reading, number, text, words, role, cause, {})
        if TELLING.search(words) and not is_statement(text):
            grave = _REFUSING.search(words) or (_SEVERE.search(text) and _OF_DHCP.search(text))
            cause = Cause.FAILED if grave else Cause.OTHER
            return make(reading, number, text, words, role, cause, {})
    reading.miss(number, text)
    return None


_TAGGED = re.compile(
    r"^(?:.{0,120}?\s)?[\w./-]+\[\d+\]: "
    r"|^(?:[A-Z][a-z]{2} +\d+ [\d:]{8}|\d{4}-\d\d-\d\dT[\d:.,Z+-]{8,24}) \S+ .{0,60}?(?<=\s)[\w./-]+ ?: "
)
_HUMAN = re.compile(r"\b(?:I|I'm|we|our|my|you|your|please|thanks|anyone)\b(?![=:])(?=.* .* )")
"""Words of people, who write about a log between its lines."""
_OF_SYSTEM = re.compile(r"(?:^|\s)systemd(?:\[\d+\])?: ")
_RETOLD = re.compile(r"^\W*(?:[^\W\d_]+[,.]? ){4,}[^`]*`[^`]+`")
"""A sentence in which somebody quotes a program."""
_TITLE = re.compile(r"#{1,6} +(?!.*\d\d:\d\d)\S")
"""How Markdown begins a title, and a shell of root a command: neither is what a program says."""
_CAPTION = re.compile(r"^\s*(?:[^\W\d]+,? ){5,}[^\W\d]+ ?[:：]\s*$")
_DISCOURSE = re.compile(
    r"^\s*(?:but|and|so|then|also|however|because|when|if|after|any|ran|here|this|these|every|what|why|how|there)\b(?:,? [^\W\d]+,?){5,}",
    re.I,
)
"""How a sentence begins that belongs to a story."""


def is_of_people(text: str) -> bool:
    """True if a line is what somebody writes about a log: between its lines, or before them."""
    return any(pattern.search(text) for pattern in (_HUMAN, _CAPTION, _DISCOURSE))


def is_prose(text: str) -> bool:
    """True if a line is a sentence of words and nothing else: without a time, a number, a name with signs in it."""
    words = text.strip(" \t#*->").split()
    begins = words[:1] and (words[0][:1].isupper() or len(_OF_TALK.findall(text)) > 1)
    return bool(begins) and len(words) >= _TALKATIVE and all(map(_PLAIN_WORD.fullmatch, words))


def _is_narrated(text: str) -> bool:
    """True if a line is a sentence that is not about DHCP, between lines that are."""
    return _OF_DHCP.search(text) is None and is_prose(text)


_TALKATIVE = 9
_OF_TALK = re.compile(r"\b(?:will|would|should|could|if|it|this|that|these|which|but|because|then|they)\b")
"""Words of sentences that go on in a line of their own; programs seldom use two."""
_PLAIN_WORD = re.compile(r"[(\"“]?[^\W\d_]+(?:['’-][^\W\d_]+)*[.,;?!)\"”]*")
_OF_DHCP = re.compile(r"dhc|bootp|lease|\boffer|\bipv4: address already assigned", re.I)


_OTHERS = re.compile(
    r"\b(?:wpa_supplicant|hostapd|sshd|ntpd|chronyd|named|avahi-daemon|crond?|bluetoothd|postfix|sudo"
    r"|firewalld|ufw|iptables|haproxy|nginx|openvpn|snmpd|dockerd"
    r"|wget|curl|ping6?|traceroute6?|telnet|ftp|scp|rsync|ntpdate|ntpclient|nslookup|apt(?:-get)?|git|pip3?|mount(?:\.nfs)?"
    r"|sendmail|smartd|auditd|xinetd|dovecot|mysqld|httpd|apache2|r?syslogd)(?:\[\d+\])?: "
)


def _is_of_others(text: str) -> bool:
    """True if a line is of a program that is known to do something else, and not about DHCP."""
    return _OTHERS.search(text) is not None and _OF_DHCP.search(text) is None


def _is_grave_of_others(text: str, words: str) -> bool:
    """True if a line about DHCP is of another program than its file's, and its collector calls it an error."""
    whole = len(words) >= len(text.strip())
    return whole and _SEVERE.search(text) is not None and _OF_DHCP.search(text) is not None


def _is_foreign(text: str) -> bool:
    """True if a line is another program's, by its tag, and not about DHCP."""
    return _TAGGED.match(text) is not None and _OF_DHCP.search(text) is None


def _sure(words: str) -> Cause | None:
    """The cause of a sentence, whoever says it; no table may take it for chatter."""
    return None if HARMLESS.search(words) or other_family(words) else certain(words)


_UNSPECIFIC = frozenset({Cause.FAILED, Cause.OTHER})
_BETTER = frozenset({Cause.POOL_EXHAUSTED, Cause.NO_SCOPE})
"""What says more than a table does that knows only that something failed."""
_REFUSING = re.compile(
    r"\bdrop(?:s|ped|ping)\b|discard|reject(?:ed|ing)|\bdenied\b|not authori|\bexceed|no route|unable to|died|already assigned",
    re.I,
)


_SEVERE = re.compile(r"\b(?:daemon|user|kern|local\d)\.(?:err|crit|alert|emerg)\b")
"""How a collector writes that the program itself calls a line an error."""


def make(
    reading: Reading,
    number: int,
    text: str,
    words: str,
    role: MessageRole,
    cause: Cause,
    named: dict[str, str | None],
) -> Remark:
    """A remark about whatever the sentence names; `named` are fields its pattern found."""
    fields: dict[str, str | None] = {name: value for name, value in named.items() if value}
    for name, pattern in _FIELDS:
        if name not in fields:
            found = pattern.search(words)
            if found is not None:
                fields[name] = found.group(found.lastindex or 0)
    if fields.get("address") == fields.get("giaddr"):
        fields.pop("address", None)
    # Of a rogue server or of a reserved address that is in use, the sentence names others than the client.
    mac = named.get("mac") if cause in (Cause.ROGUE, Cause.RESERVED_IN_USE) else fields.get("mac")
    mac = None if cause is Cause.ROGUE else mac
    xid = fields.get("xid")
    reading.remarks += 1
    return Remark(
        node=reading.node_of(text),
        role=reading.role or role,
        words=words.strip().rstrip("."),
        cause=cause,
        time=reading.time(text),
        mac=mac.lower().replace("-", ":") if mac else None,
        client_id=fields.get("client_id"),
        address=fields.get("address"),
        giaddr=fields.get("giaddr"),
        interface=fields.get("interface"),
        subnet=fields.get("subnet"),
        xid=int(xid, 0) if xid else None,
        file=reading.file,
        line=number,
        text=text,
    )


_PROGRAM = re.compile(r"(?:.{0,80}?\s)?(?P<program>[A-Za-z][\w./-]*)(?:\[\d+\])?: (?P<words>.*)")


def words_after(text: str, programs: Iterable[str]) -> str:
    """The words behind the program's name in a syslog line; the whole line where it has none."""
    match = _PROGRAM.match(text)
    return match["words"] if match is not None and match["program"] in programs else text.strip()
