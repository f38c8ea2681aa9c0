"""Output of dhcpcd with `-d`, or its syslog lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.dhcp.logs import RX, TX, Line, LogFormat, Reading, Record
from labgen.dhcp.message import Message, MessageType, Role

_IP = r"\d+\.\d+\.\d+\.\d+"
_LINE = re.compile(
    r"(?:dhcpcd(?:\[\d+\])?: )?(?:(?P<interface>[\w.@-]+): )?(?:"
    r"sending (?P<sent>[A-Z]+) (?:\(xid 0x(?P<xid>[0-9a-f]+)\)|with xid 0x(?P<xid2>[0-9a-f]+))"
    rf"|(?P<got>offered|acknowledged) (?P<address>{_IP})(?: \([^)]*\))? from (?P<server>{_IP})"
    rf"|bound, ignoring (?P<ignored>{_IP}) from (?P<ignored_server>{_IP})"
    rf"|leased (?P<leased>{_IP}) for (?P<seconds>\d+) seconds"
    rf"|(?P<doing>renewing|rebinding|releasing) lease of (?P<held>{_IP})"
    rf"|(?P<nak>NAK:?.*?)(?: from (?P<nak_server>{_IP}))?$"
    r"|(?:hardware address|using hwaddr) (?P<mac>[0-9a-f:]{17})"
    r"|(?P<known>soliciting|reading lease|writing lease|delaying|IAID|adding|deleting|executing"
    r"|probing|ARP|DAD"
    r"|minimum lease|renew in|spawned|removing|carrier|link|expire|broadcasting|rejected|confirming"
    r"|reboot|using"
    r"|checking|no (?:IPv4|longer)|changing|DHCP lease|waiting|starting|leased|timed|lost|waited"
    r"|fallback|pid|if_))"
)
_BANNER = re.compile(
    r"dhcpcd-|DUID|network namespace|spawned|received SIG|main|exited|control|sending signal|no inter"
)


class _State:
    """What the client said it is doing, per interface: dhcpcd does not repeat it on the message's line."""

    def __init__(self) -> None:
        self.doing = ""
        self.held: str | None = None
        self.offered: str | None = None
        self.server: str | None = None
        self.xid: int | None = None
        self.mac: str | None = None


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """Messages sent and received."""
    states: dict[str | None, _State] = {}
    for number, text in lines:
        found = _LINE.match(text, max(0, text.find("dhcpcd[")))
        if found is None:
            if _BANNER.search(text) is None:
                reading.miss(number, text)
            continue
        state = states.setdefault(found["interface"], _State())
        message = _sent(found, state, reading, number, text) if found["sent"] else None
        message = message or _got(found, state, reading, number, text)
        if message is not None:
            yield message
        _remember(found, state)


def _remember(found: re.Match[str], state: _State) -> None:
    if found["doing"]:
        state.doing, state.held = found["doing"], found["held"]
    elif found["leased"]:
        state.doing, state.held = "", found["leased"]
    elif found["mac"]:
        state.mac = found["mac"]


def _sent(found: re.Match[str], state: _State, reading: Reading, number: int, text: str) -> Message | None:
    if found["sent"] not in MessageType.__members__:
        return None
    kind = MessageType(found["sent"])
    state.xid = int(found["xid"] or found["xid2"], 16)
    extends = kind is MessageType.REQUEST and state.doing in ("renewing", "rebinding")
    direct = (extends and state.doing == "renewing") or kind is MessageType.RELEASE
    selects = kind is MessageType.REQUEST and not extends
    return Message(
        type=kind,
        node=reading.node_of(text),
        role=reading.role or Role.CLIENT,
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
        state.offered, state.server = found["address"], found["server"]
    elif found["ignored"]:
        kind = MessageType.ACK
    elif found["nak"]:
        kind = MessageType.NAK
    else:
        return None
    return Message(
        type=kind,
        node=reading.node_of(text),
        role=reading.role or Role.CLIENT,
        direction=RX,
        time=reading.time(text),
        yiaddr=found["address"] or found["ignored"],
        server_id=found["server"] or found["ignored_server"] or found["nak_server"],
        mac=state.mac,
        xid=state.xid,
        interface=found["interface"],
        note="ignored" if found["ignored"] else None,
        file=reading.file,
        line=number,
        text=text,
    )


LOG = LogFormat(
    name="dhcpcd",
    title="dhcpcd",
    role=Role.CLIENT,
    telling=re.compile(
        r"dhcpcd(?:\[\d+\])?: |^dhcpcd-\d|: sending [A-Z]+ \(xid 0x|: (?:offered|acknowledged) [\d.]+ from "
        r"|: soliciting a DHCP lease"
    ),
    parse=parse,
)
