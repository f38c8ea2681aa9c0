"""Complaints about DHCP in lines that no table of sentences knows, of whatever program: the words are everybody's."""

from __future__ import annotations

import re
from dataclasses import replace

from labgen.dhcp import masked
from labgen.dhcp.logs import Reading
from labgen.dhcp.message import MessageRole
from labgen.dhcp.parts import Words
from labgen.dhcp.remarks import Cause, Remark
from labgen.dhcp.sentences import HARMLESS, TELLING, certain, make, other_family
from labgen.dhcp.statements import is_statement

_MAC = (
    r"(?:[0-9a-fA-F]{2}(?:[:-][0-9a-fA-F]{2}){5}|[0-9a-fA-F]{4}(?:[.-][0-9a-fA-F]{4}){2}|0x[0-9a-fA-F]{12})"
    r"(?![0-9a-fA-F]|[:-][0-9a-fA-F])"
)
_CLIENT = (
    re.compile(
        r"(?:client(?:[ _-]?(?:mac|hw|hardware|physical))?(?:_address)?|chaddr|cmac|hwaddr|station|for mac)(?: address)?"
        rf"[ =:'\"]+({_MAC})",
        re.I,
    ),
    re.compile(rf"\bto ({_MAC})/\d"),
    re.compile(rf"(?<!server )(?<!server_)\bmac(?: address)?[ =:'\"]+({_MAC})", re.I),
    re.compile(rf"(?<![\w:-])({_MAC})"),
)  # fmt: skip
DROPPED = re.compile(r"drop|discard|untrust|not equal to source mac", re.I)
IN_OTHER_WORDS = (
    r"antwortet nicht|konnten? (?:\w+ ){0,4}nicht|keine? (?:\w+-?)?(?:ip|adresse|antwort|lease)"
    r"|fehlgeschlagen|abgelehnt|zeitüberschreitung|\bfehler\b"
    r"|ne répond pas|échec|échoué|impossible d|aucune (?:adresse|réponse)|délai (?:d'attente )?dépassé|refusée?\b"
    r"|no responde|no se (?:pudo|puede|ha podido)|sin respuesta|tiempo de espera agotado|\bfalló\b|rechazad"
    r"|non risponde|impossibile|nessuna? (?:risposta|indirizzo)|tempo scaduto|fallit[oa]"
    r"|não (?:respond|foi possível|conseguiu)|sem resposta|falha"
    r"|nie (?:odpowiada|można|udało)|niepowodzenie|reageert niet|mislukt|svarar inte|misslyckades"
    r"|не (?:отвечает|удалось|получен)|ошибка|нет ответа|失败|超时|无法|未能|没有可用|失敗|できません|応答がありません|실패"
)
"""How other languages say that something failed, was refused, or came to nothing."""
_ABROAD = re.compile(IN_OTHER_WORDS, re.I)
_HINTS = (
    "nicht", "kein", "fehl", "abgelehnt", "zeitüber", "répond", "échec", "échou", "impossib", "aucune", "délai",
    "refus", "respond", "no se ", "respuesta", "tiempo", "falló", "rechaz", "rispond", "nessun", "tempo ", "fallit",
    "não", "resposta", "falha", "nie ", "niepow", "reageert", "mislukt", "svarar", "lyckades", "не ", "ошибка", "нет ",
    "失", "超时", "无法", "未能", "没有", "できません", "応答", "실패",
)  # fmt: skip
"""A part of each of those words: most lines have none."""


def abroad(text: str) -> bool:
    """True if a line complains in another language than English."""
    lowered = text.lower()
    return any(hint in lowered for hint in _HINTS) and _ABROAD.search(text) is not None


IN_VAIN = Words(
    r"no (?:(?:proxy)?dhcp )?(?:offers?|answer|reply|response|server)\b"
    r"|no leases? (?:available|obtained|received)|starting IPv4LL|disparity|multiple_dhcp_servers|exhausted|denied|\battempt to\b"
    r"|\bnot able\b|\b(?:was|were|has|have) not (?:been )?(?:assigned|given|allocated|leased)\b"
    r"|\bno (?:ip )?address (?:was|has been|could be)\b"
    r"|no dhcp packet|percent full|no more tries|table (?:is )?full"
    r"|(?<![a-z])ip[-_ ]?learn\w*[-_ ]timeout|\bfrom (?:an )?unknown? client\b"
    r"|PXE-E(?:16|18|5\d)|no dhcp or proxydhcp|no configuration methods"
    r"|\balready running\b"
    r"|\bdhc\w*\b.{0,60}\bexit(?:ed|s)? with (?:status|code|error)(?: code)? (?!0\b)\d+"
    r"|\bSIGSEGV\b|\bsegfault|\bcore dumped\b|\bpingable ip address which does not have\b|rate[- ]limit(?:ed|ing)\b",
    "no_ starting disparity multiple exhausted denied attempt_to not_ full pxe-e1 pxe-e5 pingable already_running"
    " exit sigsegv segfault core_dumped"
    " rate-limit rate_limit learn unknow",
)
DENIED_PROGRAM = r"\b(?:denied|avc)\b.*\b(?:comm|profile)=\"?[\w./]*\b(?:dnsmasq|dh\w+|udhcpc?|kea)"
"""What the kernel's guards (AppArmor, SELinux, seccomp) say that they keep a DHCP program from."""
SPEAKS = Words(
    r"dhcp|bootp|(?<![a-z])ip[-_ ]?learn\w*[-_ ]timeout|PXE-E(?:16|18|5\d)\b|IP-Config: |\blease (?:file|database)\b"
    r"|no configuration methods succeeded|unable to receive an offer"
    r"|\bno ip(?:v4)? address (?:was )?(?:received|obtained|acquired|assigned)"
    r"|\b(?:could not|failed to|unable to|cannot) (?:get|obtain|acquire) (?:an )?(?:ip(?:v4)? address|ip\b)"
    r"|:6[78] ?(?:->?|to) ?\d[\d.]+:6[78]\b|\b255\.255\.255\.255:6[78]\b|\b[DS]PT=6[78]\b|\budp[46]?\b.{0,80}[/:]6[78]\b"
    r"|\b(?:bind|listen)\w*\b.{0,60}:6[78]\b|" + DENIED_PROGRAM,
    "dhcp bootp learn pxe-e1 pxe-e5 ip-config: lease configuration_methods offer no_ip get_ obtain acquire pt=6 :67 :68 udp comm= profile=",
)
_RELAYING = re.compile(r"relay|snoop|giaddr|helper|option.?82", re.I)
_LOGGED = re.compile(r"^.{0,90}?\d\d?:\d\d:\d\d|^[EWID] \(\d+\) |^\s*[\w-]*DHCP[\w-]*(?:\[\d+\])?: ", re.I)
_STAMP = re.compile(
    r"^(?:<\d+>)?[*.]?(?:(?:[A-Z][a-z]{2} )?(?:\d{4} )?[A-Z][a-z]{2} +\d+ (?:\d{4} )?[\d:.]+:?(?: \d{4}\b)?"
    r"|\d{4}[-/]\d\d[-/]\d\d[ T][\d:.,]+(?:Z|[+-][\d:]+)?"
    r"|[A-Za-z]{3}/\d\d(?:/\d{4})? [\d:]+|[\d:.]{8,})"
    r"\s*(?:UTC\s*)?(?:: +)?"
)


def speaks(text: str) -> bool:
    """True if a line is about DHCP: it says so, or its words are used of nothing else."""
    return SPEAKS.search(text) is not None or certain(text) is not None


def is_taken(text: str) -> bool:
    """True if a program could not have its socket, and nothing says that it is another one's than DHCP's."""
    if "already " not in text and "one usage" not in text:
        return False
    return _TAKEN.search(text) is not None and _ELSE.search(text) is None


_TAKEN = re.compile(
    r"\baddress already (?:in use|assigned)\b|\bonly one usage of each socket address\b", re.I
)
_ELSE = re.compile(
    r"\w\[\d+\]: |:(?!6[78]\b)\d{2,5}\b(?!:)|\bport (?!6[78]\b)\d+|\b(?:https?|ssh|dns)\b", re.I
)


def is_logged(text: str) -> bool:
    """True if a line about DHCP is one of a log: it has a time, or begins with its program's name."""
    return _LOGGED.match(text) is not None and SPEAKS.search(text) is not None


def complaint(reading: Reading, number: int, text: str, time: float | None) -> Remark | None:
    """The complaint of a line about DHCP, in its words; None for one that complains of nothing, or is about DHCPv6."""
    if other_family(text) or _FRAME.search(text):
        return None
    words = _words(text)
    cause = _cause(words)
    if cause is None or (cause is Cause.FAILED and is_statement(text)):
        return None
    who = client(text)
    remark = make(reading, number, text, words, _role(words), cause, {"mac": who})
    return replace(remark, mac=None if cause is Cause.ROGUE else who, time=time)


_FRAME = re.compile(
    r"\bFile \"[^\"]+\", line \d+, in\b|\bTraceback \(most recent|\b(?:ERROR|TRACE) [\w.]+ {4,}"
)
"""Where in its source a program was."""


def _cause(words: str) -> Cause | None:
    """The cause that a sentence is about; names of events (`DHCP_NO_FREE_LEASE`, `leaseExpired`) count as the words they are made of."""
    found = _cause_of(words)
    if found is None and not HARMLESS.search(words) and (apart := spelled(words)) != words:
        return _cause_of(apart)
    return found


_JOINTS = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])|(?<=[A-Za-z])_+(?=[A-Za-z])")


def spelled(text: str) -> str:
    """Names of events, as programs write them, as words."""
    return _JOINTS.sub(" ", text)


def _cause_of(words: str) -> Cause | None:
    if HARMLESS.search(words):
        return None
    if (cause := certain(words)) is not None:
        return cause
    if DROPPED.search(words) and _role(words) is MessageRole.RELAY:
        return Cause.DROPPED
    if _DEBUG_OBJECT.search(words):
        return None
    telling = _WEAK.sub("", words) if _DEBUG.search(words) else _ENDED.sub("", words)
    return (
        Cause.FAILED
        if TELLING.search(telling) or IN_VAIN.search(words) or _GRAVE.search(words) or abroad(words)
        else None
    )


_GRAVE = re.compile(
    r"^(?:\S+ )?(?:ALERT|CRIT|EMERG|ERR) (?=[\w.#/-]+(?:\[\d+\])?: )|\blevel=(?:error|fatal|panic)\b"
)
"""What the severity of a line calls a fault, whatever the words."""
_ENDED = re.compile(r"\bleases?[ _](?:\S+ )?(?:has |have |was )?expired\b|\bexpired[ _]leases?\b", re.I)
"""Leases end where clients leave; that alone is no fault."""
_DEBUG = re.compile(r"<dbg>|<debug>|\[debug\]|\bDEBUG\b|\bdebug:")
_DEBUG_OBJECT = re.compile(r"\"(?:level|lvl|severity)\": ?\"(?:debug|trace)\"", re.I)
"""An object that says of itself that it is no complaint."""
_WEAK = re.compile(
    r"unknown|missing|expired|invalid|tim(?:ed|e) ?out|timeout|warn\w*|lost|duplicate|\bbad\b|ignor\w*", re.I
)
"""What programs say of ordinary packets where they tell everything."""


def _role(text: str) -> MessageRole:
    return MessageRole.RELAY if _RELAYING.search(text) else MessageRole.TRANSIT


_SEVERITY = re.compile(r"^(?:daemon|user|local\d|kern|syslog)\.[a-z]+ +")


def _words(text: str) -> str:
    """The line without its time, and without what its program calls its facility and severity."""
    return _SEVERITY.sub("", _STAMP.sub("", text).strip().strip('"')).rstrip(".")


def client(text: str) -> str | None:
    """The client's hardware address: one that is called so, else the only one."""
    for pattern in _CLIENT[:-1]:
        found = pattern.search(text)
        if found is not None:
            return masked.mac(found.group(1).removeprefix("0x"))
    every = {masked.mac(mac.removeprefix("0x")) for mac in _CLIENT[-1].findall(text)}
    return every.pop() if len(every) == 1 else None
