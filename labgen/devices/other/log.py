"""Logs that no other reader knows: firewalls, controllers, access points, routers, event logs.

Whoever writes it, a line with a time that names a message type and a hardware address or a transaction is a message; one that tells of a
lease given to a client stands for its ACK; one that speaks of DHCP and of something that went wrong is a remark. MessageRole and direction
of the node are unknown, so nothing is concluded from what such a log does not hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.dhcp import complaints, masked
from labgen.dhcp.logs import RX, TX, Line, LogFormat, Reading, Record
from labgen.dhcp.message import Message, MessageRole, MessageType, sighting
from labgen.dhcp.remarks import Cause, Remark
from labgen.dhcp.sentences import SYSTEM_SAYS, TELLING, is_prose, make, other_family

_IP = r"\d{1,3}(?:\.\d{1,3}){3}"
_TYPE = re.compile(
    r"(?<![A-Za-z])DHCP[ _-]?(DISCOVER|OFFER|REQUEST|DECLINE|ACK|NACK|NAK|RELEASE|INFORM)(?![a-z])"
    r"|\bDHCPV4_MSG_(DISCOVER|OFFER|REQUEST|DECLINE|ACK|NACK|NAK|RELEASE|INFORM)\b"
    r"|\b(DISCOVER|OFFER|REQUEST|DECLINE|ACK|NACK|NAK|RELEASE|INFORM)\b"
)
_ANY_CASE = re.compile(
    r"(?:msg[ _-]?type|message[ _-]?type|type|\bmsg)[ =:]+\W?(?:dhcp)?[ _-]?"
    r"(discover|offer|request|decline|ack|nack|nak|release|inform)\b"
    r"|\bsend(?:ing)?[ _](discover|request|decline|release|inform)(?![a-z_])"
    r"|\bdhcp[ _:-]?(discover|offer|request|decline|ack|nack|nak|release|inform)\b"
    r"|\bwith (offer|ack|nak)\b(?=.*[0-9a-f]{2}:[0-9a-f]{2}:)",
    re.IGNORECASE,
)
_GIVEN = re.compile(
    r"\blease (?:of ip|started|granted|assigned|issued|given|of)\b|\b(?:leased|assigned|allocated)\b.{0,60}\b(?:to|for)\b|lease-start"
    r"|\bclient\b.{0,30}\bbound(?:ed)?\b|\baction=\W?(?:lease|assign|allocat)|\blease .{0,40}\brenewed\b|\bclient \S+ acquired\b"
    r"|\bwas (?:allocated|assigned) ip address\b",
    re.IGNORECASE,
)
_GOT = re.compile(
    r"\b(?:received|obtained|acquired|got|gets|bound to)\b.{0,40}\b(?:dhcp(?:v?4)? )?(?:lease|ip address|address)\b"
    rf".{{0,40}}?(?<![\d.])({_IP})",
    re.I,
)
"""How a client, which does not name itself, says that it has a lease."""
_LEASE_GOT = re.compile(
    rf"\blease (?:was )?(?:acquired|obtained|received)\b.{{0,60}}?(?<![\d.])({_IP})|\breceived:? (?<![\d.])({_IP})$",
    re.I,
)
_OFFERED = re.compile(r"\boffered (?:ip )?(?:address )?\W?\d+\.\d+\.\d+\.\d+", re.I)
_BOOTS = re.compile(r"\boffering to boot\b", re.I)
"""What boot servers beside the network's own say of their OFFERs."""
_XID = re.compile(r"(?:xid|trans(?:action)?[ _-]?id)[ =:#]*\[?(0x)?([0-9a-fA-F]{1,8})\b", re.I)
_GIADDR = re.compile(rf"(?:giaddr|relay(?:[ _-]?(?:ip|agent))?|gateway ip)[ =:]+({_IP})", re.I)
_REQUESTED = re.compile(rf"(?:req(?:uested)?[ _-]?(?:ip|addr(?:ess)?))[ =:]+({_IP})", re.I)
_OWN = re.compile(
    rf"(?:yiaddr|your[ _-]?ip|client[ _-]?ip|lease[ _-]?ip|lease of ip|started ip|\bip(?:[ _-]?addr(?:ess)?)?(?: lease)?"
    r"|OFFER|ACK|REQUEST|address|leased|assigned|\bon|\bof|\bfor|\bto (?:[0-9a-f]{2}:){5}[0-9a-f]{2}(?:/| -))"
    rf"(?:[ =:]+\[?|(?<=/))({_IP})(?![/\d])",
    re.I,
)
_SERVER = re.compile(rf"(?:dhcp[ _-]?server|server[ _-]?(?:id|ip))(?: address)?[ =:]+({_IP})", re.I)
_END = re.compile(
    rf"\b(?:ip(?:v4)?(?: ?addr(?:ess)?)?|address)(?: is| set to|:|=)? *\[?(?!0\.|127\.|169\.254\.|22[4-9]\.|2[3-5]\d\.)({_IP})"
    r"|\bdhcp\w*\b.*\b(?:bound|complete|success(?:ful(?:ly)?)?|succeeded)\b",
    re.I,
)
"""How the log of a client that asked goes on where it has an address, in whatever words."""
_NO_LOG = re.compile(r"#{1,6} +[A-Z\[]|\s*at [\w.$<>`]+\(")
"""A title of a page; where in its source a program was."""


def _is_no_log(text: str) -> bool:
    return _NO_LOG.match(text) is not None and complaints.IN_VAIN.search(text) is None


_GOES_ON = re.compile(r"^(?:[ \t]+|\")(?!(?:[A-Z][a-z]{2} +\d|\d{4}-\d\d-|\d\d:\d\d:))\S")


def parse(lines: Iterable[Line], reading: Reading, *, spoken: bool = False) -> Iterator[Record]:
    """All that the lines tell; messages that name nobody only where no message of the log names a client. `spoken`: the text is about DHCP,
    whatever these lines say.
    """
    held: list[Record] = []
    named = False
    for record in _records(lines, reading, spoken=spoken):
        if isinstance(record, Message) and (record.mac is not None or record.xid is not None):
            yield from (other for other in held if not _is_nameless(other))
            held, named = [], True
        if named or len(held) >= _MOST_HELD:
            yield from (other for other in (*held, record) if not named or not _is_nameless(other))
            held = []
        else:
            held.append(record)
    yield from held


_MOST_HELD = 5000


def _is_nameless(record: Record) -> bool:
    return isinstance(record, Message) and (record.mac, record.xid, record.yiaddr) == (None, None, None)


def _records(lines: Iterable[Line], reading: Reading, *, spoken: bool) -> Iterator[Record]:
    """Messages and remarks; lines that go on from one about DHCP are about DHCP too. What a client says it does with a message in some
    state is of the transaction named before.
    """
    about, xid, before, asker, waits = False, None, None, None, False
    cut: Message | None = None
    attempt = _Attempt()
    for number, text in lines:
        speaks = complaints.speaks(text)
        if attempt.hears(reading, number, text):
            continue
        goes_on = about and _GOES_ON.match(text) is not None
        spoken = spoken or speaks
        about = speaks or goes_on or (spoken and complaints.is_taken(text))
        done = _END.search(text) if waits else None
        if done is not None and not complaints.IN_VAIN.search(text) and not TELLING.search(text):
            waits = False
            yield _own_lease(reading, number, text, done.group(1))
            continue
        if not about or other_family(text) or is_prose(text) or _is_no_log(text):
            reading.miss(number, text)
            continue
        named = _XID.search(text)
        xid = int(named.group(2), 16) if named is not None else xid
        stated = xid if named is not None or _IN_STATE.search(text) else None
        if _UNTYPED.search(text):
            stated = xid = before
        before = xid
        message = _message(reading, number, text, stated, asker) if speaks else None
        if message is not None and message.type is MessageType.BOOTREPLY:
            cut = message
            continue
        if message is not None:
            cut = None
            asker = asker if message.type.is_reply else message.mac or asker
            waits = message.role is MessageRole.CLIENT and message.type not in (
                MessageType.ACK,
                MessageType.NAK,
            )
            yield message
        remark = (
            complaints.complaint(reading, number, text, reading.time(text))
            if message is None or (message.type is not MessageType.NAK and _is_refused(text))
            else None
        )
        if remark is not None:
            attempt.explained()
            yield remark
        elif message is None:
            reading.miss(number, text)
    if cut is not None:
        yield cut  # the log ends before it says what the reply was
    yield from attempt.in_vain()


class _Attempt:
    """Answers of a client's system while the client wants a lease, in lines that do not name DHCP. It is held against nobody where the
    client has its lease in the end."""

    def __init__(self) -> None:
        self._of = ""
        self._heard: list[Remark] = []

    def hears(self, reading: Reading, number: int, text: str) -> bool:
        """True if a line is such an answer."""
        begun = _WANTS.search(text) if "lease" in text.lower() else None
        if begun is not None:
            self._of = begun.group()
        elif self._of and _HAS.search(text):
            self._of, self._heard = "", []
        elif self._of and (said := _SYSTEM.search(text)) is not None and not complaints.speaks(text):
            words = f"{self._of}: {said.group().strip('*')}"
            self._heard.append(make(reading, number, text, words, MessageRole.CLIENT, Cause.FAILED, {}))
            return True
        return False

    def explained(self) -> None:
        """A line about DHCP says what went wrong: that is the reason."""
        self._heard = []

    def in_vain(self) -> Iterator[Remark]:
        """The last answers of an attempt that the log does not see succeed."""
        yield from (remark for remark in self._heard if remark.words == self._heard[-1].words)


_WANTS = re.compile(
    r"\b(?:acquiring|requesting|waiting for|trying to (?:get|obtain|acquire)) (?:an? )?(?:dhcp )?lease\b",
    re.I,
)
_HAS = re.compile(
    r"\blease (?:was )?(?:acquired|obtained|received|bound)|\b(?:acquired|obtained|got) (?:an? )?(?:dhcp )?lease\b",
    re.I,
)
_SYSTEM = re.compile(rf"(?:\b[a-z]{{1,20}} ){{0,4}}(?:{SYSTEM_SAYS})", re.I)


_NONE_CAME = re.compile(
    r"\bprocessed in \d|\bignoring packet\b.*\bnot dhcp|\bfailed to (?:send|handle|create|allocate)\b"
    r"|\bno (?:dhcp )?(?:offers?|acks?|naks?|requests?|repl(?:y|ies)|response)\b",
    re.I,
)


def _is_refused(text: str) -> bool:
    return complaints.DROPPED.search(text) is not None or complaints.IN_VAIN.search(text) is not None


def _kind(text: str) -> MessageType | None:
    found = _TYPE.search(text) or _ANY_CASE.search(text)
    if found is not None:
        name = str(found.group(found.lastindex or 0)).upper()
        return MessageType("NAK" if name == "NACK" else name)
    if "type" in text and "dhcp" in text.lower() and (counted := _NUMBERED.search(text)) is not None:
        return _TYPES[int(counted[1]) - 1]
    if _UNTYPED.search(text):
        return MessageType.BOOTREPLY
    if _OFFERED.search(text) or _BOOTS.search(text):
        return MessageType.OFFER
    return MessageType.ACK if _GIVEN.search(text) and not complaints.IN_VAIN.search(text) else None


_NUMBERED = re.compile(r"\b(?:msg|message)[ _-]?type[ =:]+\(?([1-8])\b(?![.:])", re.I)
_TYPES = tuple(
    MessageType(["DISCOVER", "OFFER", "REQUEST", "DECLINE", "ACK", "NAK", "RELEASE", "INFORM"][at])
    for at in range(8)
)
"""Message types by their numbers (RFC 2132 section 9.6)."""
_UNTYPED = re.compile(r"\breceived dhcp\w* (?:msg|message|packet)\b.*\bop=(?:0x0?)?2\b", re.I)
"""A reply of which a client's log tells the header alone."""
_GOES_ON_WITH = re.compile(
    r"\b(?:received|sending) DHCP (?:OFFER|ACK|NAK|REQUEST)\b|\bDHCPD: Send (?:OFFER|ACK|NAK)\b"
    r"|\b[Ss]en(?:ding|t) (?:an? )?(?:DHCP[ _-]?)?(?:OFFER|ACK|NACK|NAK) to (?:the )?client\b"
)
"""How a client that names its hardware address once tells the rest, and a server that names the client it answers."""
_BROADCAST = "ff:ff:ff:ff:ff:ff"
_SENDS = re.compile(
    r"\bsend(?:ing)?[ _](?:discover|request|decline|release|inform)\b|\bbroadcasting (?:an? )?DHCP[ _-]?(?:DISCOVER|REQUEST)\b",
    re.I,
)
"""What a client says of itself."""
_OF_CLIENTS = re.compile(r"\bDHCP[ _-]?CLIENT: .*\b(?:sending|sent|received)\b", re.I)
"""How a line begins that a device writes about the client in it."""
_SERVES = re.compile(r"\bsending (?:an? )?(?:dhcp[ _-]?)?(?:offer|ack|nak)\b", re.I)
"""What a server says of itself, naming the address alone."""
_IN_STATE = re.compile(r"\bstate=[a-z]+ msg=")


_TALK = re.compile(
    r"\bDHCP:(?:discover|offer|request|ack|nak)\(|\b(?P<sent>sending|sent|send) (?:an? )?DHCP[ _-]?(?:DISCOVER|REQUEST)\b"
    r"|\bDHCP (?:DISCOVER|OFFER|REQUEST|ACK|NAK) \((?:client|server)\)"
    r"|\bDHCP:? (?:sending|sent|broadcasting) (?:discover|request)\b|\bbroadcasting (?:an? )?DHCP[ _-]?(?:DISCOVER|REQUEST)\b"
    r"|\bdhcp[-_ ]?(?:rx|tx|recv|send|received|sent)\b.*type"
    r"|\b(?P<got>received|got) (?:an? )?(?:DHCP[ _-]?)?(?:OFFER|N?ACK|NAK)\b|\bstate=[a-z]+ msg=",
    re.I,
)
_OF_SERVERS = re.compile(
    rf"relay|forward|helper|snoop|\bto (?:the )?(?:dhcp )?(?:server|client|(?!255\.){_IP})|from (?:the )?client|\bdhcp[ds]\b|server:",
    re.I,
)


def _is_own_talk(kind: MessageType, text: str) -> bool:
    """True if a line that names nobody is of a client, which says what it sends and gets itself."""
    return (
        _TALK.search(text) is not None and _OF_SERVERS.search(text) is None and kind is not MessageType.INFORM
    )


_ASSIGNED = re.compile(rf"\b(?:assigned|acquired|obtained|got) (?:ip )?addr(?:ess)?\W+({_IP})$", re.I)


def _event_of_lease(text: str) -> re.Match[str] | None:
    """The match of an event whose name is one word and says that its node has a lease (`DHCP_ASSIGNED_IP_ADDRESS 192.0.2.5`)."""
    words = complaints.spelled(text)
    return (_ASSIGNED.search(words) if words != text else None) or _LEASE_GOT.search(words)


def _message(reading: Reading, number: int, text: str, xid: int | None, asker: str | None) -> Message | None:
    """A message of a transaction; None for a line that names no type, or nobody, or a message that did not come. What is sent to
    everybody is an answer to whoever asked last.
    """
    kind, mac = _kind(text), complaints.client(text)
    got = _GOT.search(text) or _event_of_lease(text) if kind is None and mac is None else None
    address = got.group(got.lastindex or 0) if got is not None else ""
    given = masked.named(address) is not None and not address.startswith("169.254.")
    if given and "dhcp" in text.lower() and not complaints.IN_VAIN.search(text):
        return _own_lease(reading, number, text, address)
    if mac == _BROADCAST or (mac is None and _GOES_ON_WITH.search(text)):
        mac = asker
    if kind is None or _NONE_CAME.search(text):
        return None
    reply = kind.is_reply
    alone = mac is None and xid is None
    own = _first(_OWN, text) or (_only_address(text) if reply else None)
    serves = alone and reply and own is not None and _SERVES.search(text) is not None
    alone = alone and not serves
    if alone and not _is_own_talk(kind, text):
        return None
    speaks = alone or (
        mac is None
        and (_SENDS.search(text) or _IN_STATE.search(text) or _OF_CLIENTS.search(text)) is not None
    )
    giaddr = _first(_GIADDR, text)
    own = None if own in (giaddr, "255.255.255.255") else own
    return sighting(
        type=kind,
        node=reading.node_of(text),
        role=reading.role
        or (MessageRole.CLIENT if speaks else MessageRole.SERVER if serves else MessageRole.TRANSIT),
        direction=TX if reply is not speaks else RX,
        time=reading.time(text),
        giaddr=giaddr,
        server_id=_first(_SERVER, text) if reply else None,
        requested=_first(_REQUESTED, text) or (None if reply else own),
        yiaddr=own if reply and kind is not MessageType.NAK else None,
        mac=mac,
        xid=xid,
        dropped=complaints.DROPPED.search(text) is not None,
        vendor_class="PXEClient" if _BOOTS.search(text) else None,
        file=reading.file,
        line=number,
        text=text,
    )


_OF_OTHERS = re.compile(
    rf"(?:\b(?:via|from|by|server|relay|gateway|giaddr|router|host)\b\W*){_IP}|{_IP}[/:]\d", re.I
)


def _only_address(text: str) -> str | None:
    """The only address in a line that is not said to be a server's or a relay's."""
    left = set(re.findall(rf"(?<![\d.])({_IP})(?![\d.])", _OF_OTHERS.sub(" ", text)))
    return masked.named(left.pop()) if len(left) == 1 else None


def _own_lease(reading: Reading, number: int, text: str, address: str | None) -> Message:
    """The ACK behind what a client says of its lease."""
    return sighting(
        type=MessageType.ACK,
        node=reading.node_of(text),
        role=reading.role or MessageRole.CLIENT,
        direction=RX,
        time=reading.time(text),
        yiaddr=masked.named(address) if address is not None else None,
        file=reading.file,
        line=number,
        text=text,
    )


_NUMBERS = re.compile(r"\d\.\d+\.\d")


def _first(pattern: re.Pattern[str], text: str) -> str | None:
    """An address, in a text that has one at all."""
    found = pattern.search(text) if _NUMBERS.search(text) else None
    return masked.named(found.group(1)) if found is not None else None


LOG = LogFormat(
    name="other",
    title="log of a device without a reader of its own",
    role=MessageRole.TRANSIT,
    telling=re.compile(
        r"^(?!.*(?:dhcpv6|dhcp6|SOLICIT|ADVERTISE))(?=.{0,90}\d\d?:\d\d:\d\d|[EW] \(\d+\) |.*%[A-Z][A-Z0-9_]+-\d)"
        r"(?=.*(?:dhcp|bootp|unable to receive an offer|no (?:available|free) address|no ip(?:v4)? address (?:received|obtained|acquired)"
        r"|(?:could not|failed to|unable to) (?:get|obtain|acquire) (?:an )?ip\b"
        r"|pool exhausted|address available in|\b[DS]PT=6[78]\b|\budp[46]?\b.{0,80}[/:]6[78]\b))"
        r"(?=.*(?:discover|offer|request|\bn?ack|\bnak|release|inform|lease|"
        + TELLING.pattern
        + "|"
        + complaints.IN_OTHER_WORDS
        + r"|outflow|occupied|exhaust|untrust|rogue|unauthori|another dhcp|multiple dhcp"
        r"|IPv4LL|no dhcp packet|no response|acquired|no (?:available|free) address|send_discover))"
        r"|"
        + complaints.DENIED_PROGRAM
        + r"|Sending DHCP requests [. ]*timed out|^(?:\[ *[\d.]+\] )?IP-Config: (?:.* )?(?:no response|failed|complete)"
        r"|^(?:time=\S+ )?level=[a-z]+ msg=.*dhcp|^(?!\s*\{)(?=.*dhcp).*\{.*\"error\": ?\""
        r"|^[ \t]*(?:[-*] )?(?-i:Unable|Failed|Could not) to (?:obtain|get|acquire) (?:an? )?DHCP(?:v?4)? lease\b"
        r"|PXE-E(?:16|18|5[0-9])\b|^No configuration methods succeeded|\)\.* No configuration methods succeeded",
        re.IGNORECASE,
    ),
    parse=parse,
    last=True,
)
