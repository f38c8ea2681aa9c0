"""`debug ip dhcp server packet`, `packet detail` and `events` of IOS and IOS XE, on servers and on
relays.

IOS prints a message over a dozen lines, without xid. What belongs together is what stands between two
packet boundaries (`Reload workspace`, `New packet workspace`). A DISCOVER whose offer waits for the
ping check is printed twice (`Reprocessing saved workspace`): that is one message.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from labgen.devices.ios.drafts import MessageDraft
from labgen.devices.ios.lines import octets
from labgen.devices.ios.server_words import BODY
from labgen.dhcp.logs import DHCP_NAMES, RX, TX, Reading, Record
from labgen.dhcp.message import Direction, MessageRole, MessageType
from labgen.dhcp.model import Binding
from labgen.dhcp.remarks import Cause, Remark
from labgen.dhcp.sentences import heard, make
from labgen.dhcp.suboptions import printable

_REPLIES = frozenset({"DHCPOFFER", "DHCPACK", "DHCPNAK"})
_INSTANT = 2.5
"""Seconds within which a message of the same kind is the same one; the ping check takes two, a client waits longer."""

_CAUSES = {
    "no_pool": Cause.NO_SCOPE,
    "untrusted": Cause.UNTRUSTED,
    "exhausted": Cause.POOL_EXHAUSTED,
    "conflicting": Cause.CONFLICT,
    "dropping": Cause.DROPPED,
}
Match = re.Match[str]


class ServerLog:
    """One device's server debug, line by line."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.giaddrs: dict[str, str] = {}
        self.saved: dict[str, dict[str, str]] = {}
        self.relays = False
        self._begin()

    def _begin(self) -> None:
        self.facts: dict[str, str] = {}
        self.notes: list[tuple[str, int, str]] = []
        self.request: MessageDraft | None = None
        self.reply: MessageDraft | None = None
        self.again = False

    def feed(self, number: int, text: str, body: str) -> Iterator[Record]:
        """Take the part of a line after `DHCPD:`; yields what it completes."""
        match = BODY.match(body)
        if match is None:
            yield from self._said(heard(self.reading, number, text, body.strip(), MessageRole.SERVER))
            return
        name = str(match.lastgroup)
        handler = _HANDLERS.get(name)
        if handler is not None:
            found = handler(self, match, number, text)
            if found is not None:
                yield from found
        elif name in _CAUSES:
            words = body.strip()
            fields = {
                "giaddr": match["no_pool"],
                "address": match["conflicting"],
                "mac": self.facts.get("mac"),
            }
            yield from self._said(
                make(self.reading, number, text, words, MessageRole.SERVER, _CAUSES[name], fields)
            )
        else:
            self.reading.chatter(number, text)

    def _said(self, remark: Remark | None) -> Iterator[Record]:
        """A remark goes with the message at hand, which is complete but for its reply."""
        if remark is not None:
            yield remark

    def finish(self) -> Iterator[Record]:
        """The records still in hand, at a packet boundary and at the end of the log."""
        for draft in (self.request, self.reply):
            if draft is not None:
                self._complete(draft)
                yield draft.message(self.reading)
        self._begin()

    def _complete(self, draft: MessageDraft) -> None:
        facts, reply = self.facts, self.reply
        draft.mac = draft.mac or facts.get("mac")
        if draft.direction is RX:
            draft.override, draft.link = facts.get("override"), facts.get("link")
            draft.circuit, draft.vss = facts.get("circuit"), facts.get("vss")
            draft.interface = draft.interface or facts.get("interface")
            draft.notes.extend(self.notes)
            draft.giaddr = draft.giaddr or facts.get("giaddr") or (reply.giaddr if reply else None)
        if draft.giaddr is None and draft.role is MessageRole.SERVER:
            draft.giaddr = self.giaddrs.get(facts.get("override", ""))
        if draft.giaddr is not None and "override" in facts:
            self.giaddrs[facts["override"]] = draft.giaddr

    def start(self, match: Match, number: int, text: str) -> Iterator[Record]:
        """A new packet."""
        return self.finish()

    def resume(self, match: Match, number: int, text: str) -> Iterator[Record]:
        """The packet that waited for the ping check: its DISCOVER was reported before."""
        yield from self.finish()
        self.facts = self.saved.pop(match["resumed"], {})
        self.again = True

    def save(self, match: Match, number: int, text: str) -> None:
        self.saved[match["saved"]] = dict(self.facts)

    def fact(self, match: Match, number: int, text: str) -> None:
        """A field of the packet at hand."""
        name = str(match.lastgroup)
        self.facts[name] = match[name]

    def mac(self, match: Match, number: int, text: str) -> None:
        self.facts["mac"] = octets(match["mac"])

    def circuit(self, match: Match, number: int, text: str) -> None:
        self.facts["circuit"] = printable(bytes.fromhex(match["circuit"]))

    def vpn(self, match: Match, number: int, text: str) -> None:
        if match["vss"]:
            self.facts["vss"] = match["vss"]

    def bad_vpn(self, match: Match, number: int, text: str) -> None:
        self.facts["vss"] = "(no type octet)"
        self.notes.append((f"Bad VPN information type: {match['bad_vpn']}", number, text))

    def received(self, match: Match, number: int, text: str) -> Iterator[Record] | None:
        """A message from a client, directly or through a relay."""
        kind = DHCP_NAMES.get(match["got"])
        if kind is None:
            self.reading.miss(number, text)
            return None
        if self.again or self._repeats(kind, match, text):
            return None
        found = self.finish_request()
        draft = self.request = self._draft(kind, RX, number, text)
        draft.client_id = octets(match["client"])
        draft.giaddr, draft.interface = match["through"], match["on"]
        if match["address"]:
            draft.ciaddr = match["address"]
        return found

    def _repeats(self, kind: MessageType, match: Match, text: str) -> bool:
        """IOS prints one DISCOVER twice within a workspace, in the same instant and with nothing else about it."""
        before = self.request
        if before is None or before.type is not kind or before.client_id != octets(match["client"]):
            return False
        time = self.reading.time(text)
        return time is None or before.time is None or time - before.time < _INSTANT

    def finish_request(self) -> Iterator[Record] | None:
        """A second message in one workspace: the first is complete."""
        if self.request is None:
            return None
        facts = self.facts
        done = list(self.finish())
        self.facts = facts
        return iter(done)

    def on_interface(self, match: Match, number: int, text: str) -> None:
        if self.request is not None:
            self.request.interface = match["on_interface"]

    def _draft(self, kind: MessageType, direction: Direction, number: int, text: str) -> MessageDraft:
        draft = MessageDraft(kind, MessageRole.SERVER, direction, number, text)
        draft.time, draft.node = self.reading.time(text), self.reading.node_of(text)
        return draft

    def sending(self, match: Match, number: int, text: str) -> None:
        name = match["reply"]
        if name not in _REPLIES:
            return
        draft = self.reply = self._draft(DHCP_NAMES[name], TX, number, text)
        draft.client_id = octets(match["to_client"])
        draft.yiaddr = match["offered"]
        draft.lease = int(self.facts["lease"]) if "lease" in self.facts else None

    def own_id(self, match: Match, number: int, text: str) -> None:
        """The reply's server identifier is the override; the packet asked for it."""
        self.facts.setdefault("override", match["own_id"])
        if self.reply is not None:
            self.reply.server_id = self.reply.override = match["own_id"]

    def to_relay(self, match: Match, number: int, text: str) -> Iterator[Record]:
        if self.reply is None:
            return iter(())
        self.reply.mac, self.reply.giaddr = octets(match["reply_mac"]), match["to_relay"]
        self.reply.dst = match["to_relay"]
        return self.finish()

    def to_client(self, match: Match, number: int, text: str) -> Iterator[Record]:
        """A reply on the client's own segment: from the server, or handed on by this device as relay."""
        mac = octets(match["direct_mac"])
        if self.reply is None:
            draft = self._draft(MessageType.BOOTREPLY, TX, number, text)
            draft.role, draft.mac = MessageRole.RELAY, mac
            yield draft.message(self.reading)
            return
        self.reply.mac = mac
        self.reply.dst = match["direct_address"] or "255.255.255.255"
        yield from self.finish()

    def confused(self, match: Match, number: int, text: str) -> None:
        self.notes.append((f"asked for {match['asked']}, holds {match['holds']}", number, text))
        if self.request is not None:
            self.request.requested = match["asked"]

    def no_nak(self, match: Match, number: int, text: str) -> Iterator[Record]:
        reason = (
            (match["why"] or "")
            .strip()
            .rstrip(".")
            .replace("Server-id-override", "server identifier override")
        )
        self.notes.append((f"no NAK sent: {reason}" if reason else "no NAK sent", number, text))
        return self.finish()

    def assigned(self, match: Match, number: int, text: str) -> Iterator[Record]:
        """An address taken from the pool, before the client has chosen."""
        yield Binding(
            address=match["address_given"],
            node=self.reading.node_of(text),
            mac=self.facts.get("mac"),
            client_id=octets(match["holder"]),
            state="offered",
            file=self.reading.file,
            line=number,
            text=text,
        )

    def no_lease(self, match: Match, number: int, text: str) -> None:
        if self.request is not None and self.request.type is MessageType.RELEASE:
            self.notes.append(("no lease", number, text))

    def returned(self, match: Match, number: int, text: str) -> None:
        if self.request is not None and self.request.type is MessageType.RELEASE:
            self.request.ciaddr = match["returned"]

    def forwarded(self, match: Match, number: int, text: str) -> Iterator[Record]:
        """This device is a relay: a request on its way to a server."""
        kind = self.request.type if self.request is not None else MessageType.BOOTREQUEST
        draft = self._draft(kind, TX, number, text)
        draft.role = MessageRole.RELAY
        draft.client_id, draft.dst = octets(match["asker"]), match["forwarded"]
        draft.giaddr, draft.mac = self.facts.get("giaddr"), self.facts.get("mac")
        if self.request is not None:
            self.request.role = MessageRole.RELAY
            self.facts.pop("giaddr", None)
            yield from self.finish()
        yield draft.message(self.reading)

    def forwarding(self, match: Match, number: int, text: str) -> Iterator[Record]:
        draft = self._draft(MessageType.BOOTREPLY, RX, number, text)
        draft.role, draft.mac = MessageRole.RELAY, octets(match["forwarding"])
        yield draft.message(self.reading)


_Handler = Callable[[ServerLog, Match, int, str], Iterator[Record] | None]
_HANDLERS: dict[str, _Handler] = {
    "start": ServerLog.start,
    "resumed": ServerLog.resume,
    "saved": ServerLog.save,
    "link": ServerLog.fact,
    "override": ServerLog.fact,
    "giaddr": ServerLog.fact,
    "interface": ServerLog.fact,
    "lease": ServerLog.fact,
    "mac": ServerLog.mac,
    "circuit": ServerLog.circuit,
    "vss": ServerLog.vpn,
    "bad_vpn": ServerLog.bad_vpn,
    "received": ServerLog.received,
    "on_interface": ServerLog.on_interface,
    "sending": ServerLog.sending,
    "own_id": ServerLog.own_id,
    "to_relay": ServerLog.to_relay,
    "direct": ServerLog.to_client,
    "confused": ServerLog.confused,
    "no_nak": ServerLog.no_nak,
    "assigned": ServerLog.assigned,
    "no_lease": ServerLog.no_lease,
    "returned": ServerLog.returned,
    "forwarded": ServerLog.forwarded,
    "forwarding": ServerLog.forwarding,
}
