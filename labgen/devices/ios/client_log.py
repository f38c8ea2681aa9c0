"""`debug dhcp detail` of an IOS or IOS XE DHCP client.

A message the client sends starts with `SDiscover attempt`, `SRequest attempt`, ...; one it receives with
`Received a BOOTREP pkt`. Each ends where the next begins. UDP ports and flags are hexadecimal, so is the
transaction id.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from labgen.devices.ios.drafts import MessageDraft
from labgen.dhcp import masked
from labgen.dhcp.logs import RX, TX, Reading, Record
from labgen.dhcp.message import MessageRole, MessageType
from labgen.dhcp.model import Binding

_IP = r"\d+\.\d+\.\d+\.\d+"
_SENTENCES = (
    r"S(?P<attempt>Discover|Request|Release|Decline|Inform) attempt",
    r"(?P<bootrep>Received a BOOTREP)",
    r"Scan: Message type: DHCP (?P<kind>\w+)",
    rf"Scan: Server ID Option: (?P<scan_id>{_IP})",
    r"Scan: Lease Time: (?P<lease>\d+)",
    rf"Scan: Subnet Address Option: (?P<mask>{_IP})",
    rf"rcvd pkt source: (?P<source>{_IP}), +destination: +(?P<destination>{_IP})(?P<ends>)",
    r"DHCP op: \d+, htype: \d+, hlen: \d+, hops: (?P<hops>\d+)",
    r"xid: (?P<xid>[0-9A-Fa-f]+), secs: \w+, flags: (?P<flag_bits>[0-9A-Fa-f]+)(?P<header>)",
    rf"client: (?P<ciaddr>{_IP}), +your: (?P<yiaddr>{_IP})(?P<addresses>)",
    rf"srvr: +{_IP}, +gw: (?P<gw>{_IP})",
    rf"DHCP Lease server: (?P<server>{_IP}), state: \d+ (?P<state>\w+)",
    r"Lease: (?P<seconds>\d+) secs",
    rf"Temp IP addr: (?P<held>{_IP}) +for peer on Interface: (?P<port>\S+)",
    r"DHCP transaction id: (?P<transaction>[0-9A-Fa-f]+)",
    r"Retry count: \d+ +Client-ID: (?P<client_name>\S+)",
    rf"SRe\w+ ?- ?Server ID option: (?P<own_server>{_IP})",
    rf"SRe\w+ ?- ?Requested IP addr option: (?P<wanted>{_IP})",
    rf"SRe\w+ ?- ?ciaddr: (?P<own_address>{_IP})",
    r"(?P<everyone>B'cast on)",
    r"(?P<punt>(?:offer|ack|nak) received in bad state|rcv \w+ in \w+ state: punt)",
    rf"%DHCP-6-ADDRESS_ASSIGN: Interface (?P<on>\S+) assigned DHCP address (?P<given>{_IP})(?P<assigned>)",
    r"(?P<end>Client socket is closed|Releasing ipl options|QScan|Sending notification|Release IPL)",
    r"(?P<known>DHCP client process|Starting DHCP discover|Try \d|allocate request|new entry|Client socket"
    r"|Temp |Lease:|Next timer|Client-ID hex dump|[0-9A-F]{8,}$|Hostname:|S\w+ placed|S\w+: "
    r"|SDiscover \d|Scan:"
    r"|UDP +sport|DHCP server identifier|options block|DHCP (?:Offer|Ack|Nak)|Lease Seconds"
    r"|Server ID Option"
    r"|offer received from|Applying DHCP|Setting default|Adding default|Address \d"
    r"|DHCP Client Pooling|Allocated"
    r"|Attempting to speed|Bound\.\.|Renewal\.\.|Rebinding|Shutting down|Starting|deleting|delete"
    r"|Received|Inform"
    r"|S\w+ \d+ bytes|default-gateway|dns|domain|tftp|Release|released|Retry|Sending|Unicast|Done|Domain)",
)
BODY = re.compile("(?:" + "|".join(f"(?:{sentence})" for sentence in _SENTENCES) + ")")
_KINDS = {
    "Offer": MessageType.OFFER,
    "Ack": MessageType.ACK,
    "Nak": MessageType.NAK,
    "Discover": MessageType.DISCOVER,
    "Request": MessageType.REQUEST,
    "Release": MessageType.RELEASE,
    "Decline": MessageType.DECLINE,
    "Inform": MessageType.INFORM,
}
_STATES = {"Renewing": "renewing", "Rebinding": "rebinding"}
_NOBODY = "0.0.0.0"
_EVERYONE = "255.255.255.255"
Match = re.Match[str]


class ClientLog:
    """One device's client debug, line by line."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.draft: MessageDraft | None = None
        self.client_id: str | None = None
        self.mac: str | None = None
        self.shown: tuple[str, str] | None = None
        self.held: Binding | None = None

    def feed(self, number: int, text: str, body: str) -> Iterator[Record] | None:
        """Take the part of a line after `DHCP:`; gives what it completes, None when it is no line of
        ours.
        """
        match = BODY.match(body)
        if match is None:
            return None
        handler = _HANDLERS.get(str(match.lastgroup))
        if handler is None:
            return iter(())
        return handler(self, match, number, text) or iter(())

    def finish(self) -> Iterator[Record]:
        """The message and the lease in hand, complete."""
        if self.held is not None:
            yield self.held
        draft, self.draft, self.held = self.draft, None, None
        if draft is not None:
            draft.client_id = draft.client_id or self.client_id
            draft.mac = draft.mac or self.mac
            yield draft.message(self.reading)

    def attempt(self, match: Match, number: int, text: str) -> Iterator[Record]:
        found = list(self.finish())
        self.draft = self._draft(_KINDS[match["attempt"]], number, text, sent=True)
        return iter(found)

    def bootrep(self, match: Match, number: int, text: str) -> Iterator[Record]:
        found = list(self.finish())
        self.draft = self._draft(MessageType.BOOTREPLY, number, text, sent=False)
        return iter(found)

    def _draft(self, kind: MessageType, number: int, text: str, *, sent: bool) -> MessageDraft:
        draft = MessageDraft(kind, MessageRole.CLIENT, TX if sent else RX, number, text)
        draft.time, draft.node = self.reading.time(text), self.reading.node_of(text)
        return draft

    def end(self, match: Match, number: int, text: str) -> Iterator[Record]:
        return self.finish()

    def field(self, match: Match, number: int, text: str) -> Iterator[Record] | None:
        """The records that a line about the message in hand completes; None where it is about something else."""
        if self.draft is not None:
            _FIELDS[str(match.lastgroup)](self.draft, match)
        elif match.lastgroup == "port":
            found = list(self.finish())
            self.shown = (match["held"], match["port"])
            return iter(found)
        elif match.lastgroup == "state" and self.shown is not None:
            self._show_lease(match, number, text)
        return None

    def _show_lease(self, match: Match, number: int, text: str) -> None:
        """`show dhcp lease`: the same lines as a debug, outside of any message. Its duration is in the next line but one."""
        address, interface = self.shown or ("", "")
        self.held = Binding(
            address=address,
            node=self.reading.node_of(text),
            state=match["state"].lower(),
            server_id=match["server"],
            interface=interface,
            role=MessageRole.CLIENT,
            file=self.reading.file,
            line=number,
            text=text,
        )
        self.shown = None

    def seconds(self, match: Match, number: int, text: str) -> None:
        if self.held is not None:
            self.held = replace(self.held, lease_seconds=int(match["seconds"]))

    def kind(self, match: Match, number: int, text: str) -> None:
        """The line that names the type of a received message is the one to point at."""
        if self.draft is not None:
            self.draft.type = _KINDS.get(match["kind"].capitalize(), self.draft.type)
            self.draft.number, self.draft.text = number, text

    def client_name(self, match: Match, number: int, text: str) -> None:
        name = match["client_name"]
        if masked.mac(name) is not None:  # an access point's own hardware address
            self.mac = masked.mac(name)
            return
        self.client_id = (b"\0" + name.encode("ascii", "replace")).hex(":")
        if self.held is not None:
            self.held = replace(self.held, client_id=self.client_id)

    def assigned(self, match: Match, number: int, text: str) -> Iterator[Record]:
        yield Binding(
            address=match["given"],
            node=self.reading.node_of(text),
            client_id=self.client_id,
            state="bound",
            interface=match["on"],
            role=MessageRole.CLIENT,
            file=self.reading.file,
            line=number,
            text=text,
        )


def _state(draft: MessageDraft, match: Match) -> None:
    note = _STATES.get(match["state"])
    if note is None or draft.direction is RX:
        return
    draft.notes.append((note, draft.number, draft.text))
    draft.dst = match["server"] if note == "renewing" else _EVERYONE


def _set_header(draft: MessageDraft, match: Match) -> None:
    draft.xid = int(match["xid"], 16)
    draft.broadcast = bool(int(match["flag_bits"], 16) & 0x8000)


def _set_addresses(draft: MessageDraft, match: Match) -> None:
    draft.ciaddr = None if match["ciaddr"] == _NOBODY else match["ciaddr"]
    draft.yiaddr = None if match["yiaddr"] == _NOBODY else match["yiaddr"]


def _set_ends(draft: MessageDraft, match: Match) -> None:
    draft.src, draft.dst = match["source"], match["destination"]


def _set_gw(draft: MessageDraft, match: Match) -> None:
    draft.giaddr = None if match["gw"] == _NOBODY else match["gw"]


def _set_held(draft: MessageDraft, match: Match) -> None:
    draft.interface = match["port"]
    if match["held"] != _NOBODY and draft.type is MessageType.RELEASE:
        draft.ciaddr = match["held"]


def _set_transaction(draft: MessageDraft, match: Match) -> None:
    draft.xid = int(match["transaction"], 16)


def _set_everyone(draft: MessageDraft, match: Match) -> None:
    draft.dst = _EVERYONE


def _set_own_server(draft: MessageDraft, match: Match) -> None:
    draft.server_id = match["own_server"]
    if draft.type is MessageType.RELEASE:
        draft.dst = match["own_server"]


def _set_wanted(draft: MessageDraft, match: Match) -> None:
    draft.requested = match["wanted"]


def _set_own_address(draft: MessageDraft, match: Match) -> None:
    draft.ciaddr = match["own_address"]


def _set_punt(draft: MessageDraft, match: Match) -> None:
    draft.notes.append(("ignored", draft.number, draft.text))


def _set_scan_id(draft: MessageDraft, match: Match) -> None:
    draft.server_id = match["scan_id"]


def _set_lease(draft: MessageDraft, match: Match) -> None:
    draft.lease = int(match["lease"])


def _set_mask(draft: MessageDraft, match: Match) -> None:
    draft.mask = match["mask"]


def _set_hops(draft: MessageDraft, match: Match) -> None:
    draft.hops = int(match["hops"])


_FIELDS: dict[str, Callable[[MessageDraft, Match], None]] = {
    "state": _state,
    "header": _set_header,
    "addresses": _set_addresses,
    "ends": _set_ends,
    "gw": _set_gw,
    "port": _set_held,
    "transaction": _set_transaction,
    "everyone": _set_everyone,
    "own_server": _set_own_server,
    "wanted": _set_wanted,
    "own_address": _set_own_address,
    "punt": _set_punt,
    "scan_id": _set_scan_id,
    "lease": _set_lease,
    "mask": _set_mask,
    "hops": _set_hops,
}
_Handler = Callable[[ClientLog, Match, int, str], Iterator[Record] | None]
_HANDLERS: dict[str, _Handler] = {
    **dict.fromkeys(_FIELDS, ClientLog.field),
    "attempt": ClientLog.attempt,
    "bootrep": ClientLog.bootrep,
    "kind": ClientLog.kind,
    "seconds": ClientLog.seconds,
    "client_name": ClientLog.client_name,
    "assigned": ClientLog.assigned,
    "end": ClientLog.end,
}
