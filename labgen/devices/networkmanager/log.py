"""NetworkManager's DHCPv4 client: it tells of transactions and addresses, not of single messages.

With its internal client it speaks for itself; with dhclient the client's own lines tell of the messages, and NetworkManager's of what
the lease holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from labgen.dhcp import masked
from labgen.dhcp.logs import RX, TX, Line, LogFormat, Reading, Record
from labgen.dhcp.message import REPEATED, Direction, Message, MessageRole, MessageType, sighting
from labgen.dhcp.remarks import Cause
from labgen.dhcp.sentences import Sayings

_EPOCH = re.compile(r"\[(\d{9,10}\.\d+)\]")
_LINE = re.compile(
    r"(?:dhcp4 \((?P<interface>[^)]+)\)|DHCPv4 \((?P<old>[^)]+)\)): +(?:"
    r"activation: (?P<begin>beginning transaction)"
    r"|state changed (?:(?P<before>[a-z ]+?) -> )?(?P<state>new lease|bound|extended|no lease|renew|rebind|reboot|expire"
    rf"|terminated|timeout|done|fail|unknown)\b(?:, address=(?P<address>{masked.VALUE}))?"
    r"|(?P<way>sen[dt]|received) (?P<sent>DISCOVER|REQUEST|RELEASE|DECLINE|INFORM|OFFER|ACK|NACK|NAK)"
    rf"(?: of (?P<of>{masked.VALUE}))?(?: (?:from|to) (?P<peer>{masked.VALUE}))?"
    rf"|option dhcp_server_identifier +=> '?(?P<server>{masked.VALUE})"
    r"|option dhcp_lease_time +=> '?(?P<lease_time>\d+)"
    r"|option ip_address +=> '?(?P<ip>[^'\s]+)'?\s*$"
    rf"|address (?P<plain>{masked.VALUE})"
    r"|lease time (?P<lease>\d+)|(?P<spoilt>selecting lease failed)"
    r")"
)
_SAYINGS = Sayings(
    (r"selecting lease failed.*", Cause.FAILED),
    (
        r"dhcp4 .*client pid \d+ exited with status (?!0\b)-?\d+|client pid \d+ exited with status 12[67]\b",
        Cause.FAILED,
    ),
    (
        r"dhcp4 .*(?:no lease|timed? ?out(?! in \d)|terminated|request timed|died|-> fail)"
        r"|[Aa]ctivation(?: failed|: failed)|ip-config-unavailable"
        r"|DHCP transaction took too long|IP(?:v?4)? Configure Timeout\) complete",
        Cause.GAVE_UP,
    ),
    (r"dhcp4 \(|DHCPv4 \(|DHCP \(|NetworkManager(?:\[\d+\])?: <|<?(?:info|warn|debug|trace|error)>", None),
)
_BOUND = frozenset({"new lease", "bound", "extended", "renew", "rebind", "reboot"})
_LOST = frozenset({"no lease", "expire", "timeout", "fail"})


@dataclass
class _Lease:
    """The lease of one interface, as its lines have said since the last state."""

    address: str | None = None
    server: str | None = None
    seconds: int | None = None
    attempt: int = 1
    begun: bool = False
    probing: bool = False
    traced: bool = False
    began: float | None = None


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """A DISCOVER for each transaction that begins, an ACK for each lease."""
    leases: dict[str, _Lease] = {}
    for number, text in lines:
        found = _LINE.search(_modern(text))
        if found is None:
            yield from _said(reading, number, text)
            continue
        lease = leases.setdefault(found["interface"] or found["old"], _Lease())
        if found["way"]:
            lease.traced = lease.begun = True
            yield _traced(found, reading, number, text)
        elif lease.traced and (found["begin"] or found["spoilt"] or found["state"] in _BOUND):
            yield from _said(reading, number, text)
        elif found["begin"]:
            lease.begun, lease.began = True, _time(reading, text)
            yield _message(MessageType.DISCOVER, TX, found, lease, reading, number, text)
        elif found["spoilt"]:
            # The client only ever selects among OFFERs: one came, and could not be used.
            yield _message(MessageType.OFFER, RX, found, lease, reading, number, text)
            yield from _said(reading, number, text)
        elif found["state"] in _BOUND:
            yield from _bound(found, lease, reading, number, text)
        elif found["state"] == "no lease" and _just_begun(lease, _time(reading, text)):
            reading.chatter(number, text)  # the state a transaction begins in
        elif found["state"] in _LOST and lease.begun:
            lease.attempt += 1
            yield from _said(reading, number, text)
        else:
            _note(found, lease)
            reading.chatter(number, text)


def _just_begun(lease: _Lease, now: float | None) -> bool:
    return lease.begun and lease.began is not None and now is not None and now - lease.began < 1.0


def _traced(found: re.Match[str], reading: Reading, number: int, text: str) -> Message:
    """A message of the internal client's trace; the states that it tells beside them are no further messages."""
    kind = MessageType(found["sent"].replace("NACK", "NAK"))
    peer, about = masked.address(found["peer"]), masked.address(found["of"])
    reply = kind.is_reply
    return sighting(
        type=kind,
        node=reading.node_of(text),
        role=reading.role or MessageRole.CLIENT,
        direction=RX if reply else TX,
        time=_time(reading, text),
        dst=None if reply else peer,
        server_id=peer if reply else None,
        requested=about if not reply else None,
        yiaddr=about if reply and kind is not MessageType.NAK else None,
        interface=found["interface"] or found["old"],
        file=reading.file,
        line=number,
        text=text,
    )


def _said(reading: Reading, number: int, text: str) -> Iterator[Record]:
    remark = _SAYINGS.hear(reading, number, text, _words(text), MessageRole.CLIENT)
    if remark is not None:
        yield replace(remark, time=_time(reading, text))


def _time(reading: Reading, text: str) -> float | None:
    """NetworkManager's own seconds of the epoch, unless other programs' stamps are the clock to go by."""
    epoch, stamped = _EPOCH.search(text), reading.time(text)
    if epoch is None or (reading.shared and stamped is not None):
        return stamped
    reading.stamps.kind = "epoch"
    return reading.goes_by(float(epoch.group(1)))


def _note(found: re.Match[str], lease: _Lease) -> None:
    lease.address = masked.address(found["plain"] or found["ip"]) or lease.address
    lease.server = masked.address(found["server"]) or lease.server
    seconds = found["lease"] or found["lease_time"]
    lease.seconds = int(seconds) if seconds else lease.seconds


def _bound(
    found: re.Match[str], lease: _Lease, reading: Reading, number: int, text: str
) -> Iterator[Message]:
    given, current = masked.address(found["address"]), lease.address
    lease.address = given or current
    again = lease.probing and given == current
    lease.probing = "acd pending" in text
    if again or (lease.address is None and not lease.begun):
        reading.chatter(number, text)
        return
    yield _message(MessageType.ACK, RX, found, lease, reading, number, text)
    lease.begun = False


_BEFORE_ONE = (
    (re.compile(r"\(([\w.:-]+)\): DHCPv4 (state changed|request timed out)"), r"dhcp4 (\1): \2"),
    (
        re.compile(r"Activation \(([\w.:-]+)\) Beginning DHCPv4 transaction"),
        r"dhcp4 (\1): activation: beginning transaction",
    ),
)
"""How versions before 1.0 say what later ones say."""


def _modern(text: str) -> str:
    if "DHCPv4" in text:
        for pattern, form in _BEFORE_ONE:
            text = pattern.sub(form, text)
    return text


def _words(text: str) -> str:
    text = _modern(text)
    at = text.find("dhcp4 (")
    return text[at:] if at >= 0 else text


def _message(
    kind: MessageType,
    direction: Direction,
    found: re.Match[str],
    lease: _Lease,
    reading: Reading,
    number: int,
    text: str,
) -> Message:
    return sighting(
        type=kind,
        node=reading.node_of(text),
        role=reading.role or MessageRole.CLIENT,
        direction=direction,
        time=_time(reading, text),
        dst="255.255.255.255" if direction is TX else None,
        yiaddr=lease.address if direction is RX else None,
        server_id=lease.server if direction is RX else None,
        lease_seconds=lease.seconds if direction is RX else None,
        interface=found["interface"] or found["old"],
        attempt=lease.attempt if direction is TX else None,
        note=REPEATED,
        file=reading.file,
        line=number,
        text=text,
    )


LOG = LogFormat(
    name="networkmanager",
    title="NetworkManager",
    role=MessageRole.CLIENT,
    telling=re.compile(r"dhcp4 \([\w.@-]+\): |NetworkManager(?:\[\d+\])?: <"),
    parse=parse,
    programs=frozenset({"NetworkManager"}),
)
