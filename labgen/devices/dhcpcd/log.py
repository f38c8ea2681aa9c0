"""Output of dhcpcd with `-d`, or its syslog lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.dhcp import masked
from labgen.dhcp.logs import RX, TX, Line, LogFormat, Reading, Record
from labgen.dhcp.message import Message, MessageRole, MessageType, sighting
from labgen.dhcp.remarks import Cause
from labgen.dhcp.sentences import Sayings

_V = masked.VALUE
_LINE = re.compile(
    r"(?:dhcpcd5?(?:\[\d+\])?: )?(?:(?P<interface>[\w.@-]+): )?(?:"
    r"sending (?P<sent>[A-Z]+) (?:\(xid 0x(?P<xid>[0-9a-f]+)\)|with xid 0x(?P<xid2>[0-9a-f]+))"
    rf"|(?P<got>offered|acknowledged) (?P<address>{_V})(?: \([^)]*\))? from (?P<server>{_V})"
    rf"|bound, ignoring (?P<ignored>{_V}) from (?P<ignored_server>{_V})"
    rf"|leased (?P<leased>{_V}) for (?:(?P<seconds>\d+) seconds|(?P<forever>infinity))"
    rf"|(?P<doing>renewing|rebinding|releasing) lease of (?P<held>{_V})"
    r"|probing address (?P<probed>[^\s/]+)/\d+"
    r"|(?P<soliciting>soliciting a DHCP lease)"
    rf"|(?P<nak>NAK:?(?P<why>.*?))(?: from (?P<nak_server>{_V}))?$"
    r"|(?:hardware address|using hwaddr) (?P<mac>\S+)"
    r"|(?P<rest>.*)"
    r")"
)
_TAG = re.compile(r"dhcpcd5?(?:\[\d+\])?: ")
_INFINITE = 0xFFFFFFFF
_SAYINGS = Sayings(
    (
        rf"DAD detected|\S+ claims (?P<address>{_V})|second defence failed for (?P<defended>{_V})"
        r"|address.*already in use|ARP conflict",
        Cause.CONFLICT,
    ),
    (
        r"using IPv4LL address|timed out|no (?:IPv4 lease|lease)|failed to (?:renew|rebind) DHCP|DHCP lease expired|expired",
        Cause.GAVE_UP,
    ),
    (
        r"send(?:msg|to|_raw_packet)?: .*|failed to|Permission denied|ioctl|Network is"
        r"|\b(?:bpf|dhcp|if|arp|ps|ipv4)_\w+: |no interfaces have a carrier|no valid interfaces|(?:^|: )(?:interface )?not found$"
        r"|authentication (?:failed|now required)|message too big|mtu is too small|(?:checksum|validation) failure"
        r"|(?:truncated|short) (?:packet|lease|frame)|(?:non whitelisted|blacklisted) DHCP packet",
        Cause.FAILED,
    ),
    (r"rejected (?:DHCP|offer|\S+) .*", Cause.REFUSED),
    (r"unknown option|invalid|IAID conflicts|waiting for carrier", Cause.OTHER),
    (r"unexpected event|duplicate xid", None),
    (
        r"dhcpcd-|DUID|network namespace|spawned|received SIG|main|exited|control|sending signal|no inter|^\s*$",
        None,
    ),
    (
        r"soliciting|reading lease|writing lease|delaying|IAID|adding|deleting|executing|probing|ARP|DAD|renew in",
        None,
    ),
    (
        r"removing|carrier|link|broadcasting|confirming|reboot|using|checking|no longer|changing|DHCP lease|waiting",
        None,
    ),
    (r"starting|lost|waited|fallback|pid|if_|IPv6|Router|fe80|script|process|old |persist", None),
)


class _State:
    """The client's state by interface, as it was said last: dhcpcd does not repeat it on the message's line."""

    def __init__(self) -> None:
        self.doing = ""
        self.held: str | None = None
        self.offered: str | None = None
        self.server: str | None = None
        self.xid: int | None = None
        self.mac: str | None = None
        self.acked = False
        self.waiting: Message | None = None

    def asked(self) -> Iterator[Message]:
        """Messages that the client was about to send, where its log does not tell of messages sent."""
        if self.waiting is not None:
            yield self.waiting
        self.waiting = None


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """Messages sent and received."""
    states: dict[str | None, _State] = {}
    for number, text in lines:
        tagged = _TAG.search(text)
        found = _LINE.match(text, tagged.start() if tagged is not None else 0)
        if found is None or found["rest"] is not None:
            words = text.strip() if found is None else found["rest"]
            remark = _SAYINGS.hear(reading, number, text, words, MessageRole.CLIENT)
            if remark is not None:
                for state in states.values():
                    yield from state.asked()
                yield remark
            continue
        yield from _lease_line(found, states.setdefault(found["interface"], _State()), reading, number, text)
    for state in states.values():
        yield from state.asked()


def _lease_line(
    found: re.Match[str], state: _State, reading: Reading, number: int, text: str
) -> Iterator[Record]:
    """A line about a message; at its usual level dhcpcd only says that it is about to ask."""
    if found["sent"]:
        state.waiting = None
    else:
        yield from state.asked()
    message = _sent(found, state, reading, number, text) if found["sent"] else None
    message = message or _got(found, state, reading, number, text)
    if message is not None:
        yield message
    elif found["soliciting"] or found["doing"] in ("renewing", "rebinding"):
        state.waiting = _about_to_ask(found, state, reading, number, text)
    else:
        reading.chatter(number, text)
    _remember(found, state)


def _about_to_ask(found: re.Match[str], state: _State, reading: Reading, number: int, text: str) -> Message:
    extends = found["doing"] is not None
    return sighting(
        type=MessageType.REQUEST if extends else MessageType.DISCOVER,
        node=reading.node_of(text),
        role=reading.role or MessageRole.CLIENT,
        direction=TX,
        time=reading.time(text),
        dst=state.server if found["doing"] == "renewing" else "255.255.255.255",
        ciaddr=masked.address(found["held"]),
        mac=state.mac,
        interface=found["interface"],
        note=found["doing"],
        file=reading.file,
        line=number,
        text=text,
    )


def _remember(found: re.Match[str], state: _State) -> None:
    if found["doing"]:
        state.doing, state.held, state.acked = found["doing"], masked.address(found["held"]), False
    elif found["soliciting"]:
        state.acked = False
    elif found["leased"]:
        state.doing, state.held, state.acked = "", masked.address(found["leased"]), False
    elif found["mac"]:
        state.mac = masked.mac(found["mac"])


def _sent(found: re.Match[str], state: _State, reading: Reading, number: int, text: str) -> Message | None:
    if found["sent"] not in MessageType.__members__:
        return None
    kind = MessageType(found["sent"])
    state.xid = int(found["xid"] or found["xid2"], 16)
    extends = kind is MessageType.REQUEST and state.doing in ("renewing", "rebinding")
    direct = (extends and state.doing == "renewing") or kind is MessageType.RELEASE
    selects = kind is MessageType.REQUEST and not extends
    return sighting(
        type=kind,
        node=reading.node_of(text),
        role=reading.role or MessageRole.CLIENT,
        direction=TX,
        time=reading.time(text),
        dst=state.server if direct else "255.255.255.255",
        requested=state.offered if selects else None,
        ciaddr=state.held if extends or kind is MessageType.RELEASE else None,
        server_id=state.server if selects else None,
        mac=state.mac,
        xid=state.xid,
        interface=found["interface"],
        note=state.doing if extends else None,
        file=reading.file,
        line=number,
        text=text,
    )


def _got(found: re.Match[str], state: _State, reading: Reading, number: int, text: str) -> Message | None:
    if found["got"]:
        kind = MessageType.OFFER if found["got"] == "offered" else MessageType.ACK
        state.acked = kind is MessageType.ACK
        state.offered, state.server = masked.address(found["address"]), masked.address(found["server"])
    elif found["ignored"] or ((found["leased"] or found["probed"]) and not state.acked):
        # An address is probed when it was given, and not before (RFC 2131 section 4.4.1).
        kind = MessageType.ACK
        state.acked = state.acked or found["probed"] is not None
    elif found["nak"]:
        kind = MessageType.NAK
    else:
        return None
    return sighting(
        type=kind,
        node=reading.node_of(text),
        role=reading.role or MessageRole.CLIENT,
        direction=RX,
        time=reading.time(text),
        yiaddr=masked.address(found["address"] or found["ignored"] or found["leased"] or found["probed"]),
        server_id=masked.address(found["server"] or found["ignored_server"] or found["nak_server"])
        or (state.server if found["leased"] else None),
        lease_seconds=_INFINITE if found["forever"] else int(found["seconds"]) if found["seconds"] else None,
        mac=state.mac,
        xid=state.xid,
        interface=found["interface"],
        note="ignored" if found["ignored"] else (found["why"] or "").strip() or None,
        file=reading.file,
        line=number,
        text=text,
    )


LOG = LogFormat(
    name="dhcpcd",
    title="dhcpcd",
    role=MessageRole.CLIENT,
    telling=re.compile(
        r"dhcpcd5?(?:\[\d+\])?: |^dhcpcd-\d|: sending [A-Z]+ \(xid 0x|: (?:offered|acknowledged) \S+ from "
        r"|: soliciting a DHCP lease"
    ),
    parse=parse,
    programs=frozenset({"dhcpcd", "dhcpcd5"}),
)
