"""The view of each source. "No answer" is an error only where an answer would have been seen.

Replies go by unicast unless the client asks for broadcast (RFC 2131 section 4.1), a mirror may copy one direction, a
capture may begin or end in an exchange. A host on a segment sees its neighbours' broadcasts, and its own answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from labgen.dhcp import masked
from labgen.dhcp.drafts import chooses
from labgen.dhcp.message import Message, MessageRole, MessageType
from labgen.dhcp.segments import BROADCAST

# Lines that a program may write between a request and its answer, where it tells no time: what it did with the request.
_LINES_WAIT = 3
# Seconds an answer may take: servers that ping before they offer wait up to two.
_WIRE_WAIT, _LOG_WAIT = 1.0, 2.0
# Of the clients that asked, the part whose unicast answers have to be visible before all are taken to be.
_ENOUGH = 0.5


@dataclass(slots=True)
class Vantage:
    """One file. `wire`: a capture. `first` and `last`: seconds of its first and last record, of any protocol; `lines`: the
    number of a text's last line.

    `role_known` is set when the tapped node's role is known: a client, relay or server sees its own traffic, both ways.
    `broadcasts`: a reply by broadcast was seen, to somebody whose request was seen as well.
    `answered` are the clients to whom a unicast reply was seen, `relays` the giaddrs, `asked` the clients that asked,
    `unheard` those that took an OFFER of which this capture, which shows their DISCOVER, shows nothing. `missed`: the last line of a
    text that was not understood; `blank`: the part of its lines that is empty; `example`: a page of documentation;
    `examples`: first and last lines of what the text calls an example; `jumbled`: its lines are of several times and logs.
    """

    file: str
    wire: bool = False
    role_known: bool = False
    first: float | None = None
    last: float | None = None
    lines: int | None = None
    missed: int = 0
    missed_lease: tuple[int, float | None] = (0, None)
    blank: float = 0.0
    example: bool = False
    examples: list[tuple[int, int]] = field(default_factory=list)
    jumbled: bool = False
    requests: int = 0
    replies: int = 0
    broadcasts: bool = False
    answered: set[str] = field(default_factory=set)
    relays: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)
    unheard: set[str] = field(default_factory=set)
    _asking: set[tuple[str, int]] = field(default_factory=set)
    _senders: dict[str, str] = field(default_factory=dict)
    _asked_by: set[str] = field(default_factory=set)
    _answered_by: set[str] = field(default_factory=set)

    def add(self, message: Message) -> None:
        """Take a sighting of this file into account."""
        time, mac, giaddr = message.time, message.mac, message.giaddr
        if time is not None:
            self.first = time if self.first is None or time < self.first else self.first
            self.last = time if self.last is None or time > self.last else self.last
        if not message.type.is_reply:
            self.requests += 1
            if mac is not None and giaddr is None:
                self._ask(message, mac)
            return
        self.replies += 1
        if self._asking and mac is not None and message.xid is not None:
            self._asking.discard((mac, message.xid))
        if message.dst == BROADCAST:
            # one to somebody who asked elsewhere, or at another time, shows one direction only
            self.broadcasts = self.broadcasts or not self.wire or mac in self.asked
        elif giaddr is not None and message.dst == giaddr:
            self.relays.add(giaddr)
        elif mac is not None:
            self.answered.add(mac)
            self._answered_by.add(self._senders.get(mac, mac))

    def _ask(self, message: Message, mac: str) -> None:
        self.asked.add(mac)
        sender = message.link_source or mac
        self._asked_by.add(sender)
        if sender != mac:
            self._senders[mac] = sender  # one that asks for hundreds of hardware addresses is one
        if message.xid is None or not self.wire:
            return
        if message.type is MessageType.DISCOVER:
            self._asking.add((mac, message.xid))
        elif (mac, message.xid) in self._asking and chooses(message):
            self.unheard.add(mac)

    def is_example(self, line: int | None) -> bool:
        """True if a line shows what may be, not what was."""
        return self.example or (
            line is not None and any(first <= line <= last for first, last in self.examples)
        )

    def moved(self, offset: float) -> Vantage:
        """The same file with its times on another clock."""
        if not offset:
            return self
        first = None if self.first is None else self.first + offset
        last = None if self.last is None else self.last + offset
        line, time = self.missed_lease
        told = (line, None if time is None else time + offset)
        return replace(self, first=first, last=last, missed_lease=told)

    def sees_replies(self, messages: Sequence[Message]) -> bool:
        """True if an answer to these messages, an exchange as this file shows it, would be in the file."""
        if not self.wire or self.role_known or any(_is_to_nameless(message) for message in messages):
            return True
        return self._shows_broadcast(messages) or any(
            self._sees_reply_to(message) for message in messages if not message.type.is_reply
        )

    def _shows_broadcast(self, messages: Sequence[Message]) -> bool:
        """True if the client was answered by broadcast before: what its server sends next goes the same way."""
        own = (m for m in messages if m.type is MessageType.OFFER and m.giaddr is None)
        return self.broadcasts and any(m.dst == BROADCAST for m in own)

    def knows(self, messages: Iterable[Message]) -> bool:
        """True if this capture shows both directions of this very client: one that asks once and not again may have been
        answered where this tap does not look.
        """
        return self.role_known or any(message.mac in self.answered for message in messages)

    def _sees_reply_to(self, message: Message) -> bool:
        if message.giaddr is not None:
            return bool(self.relays)
        if message.mac in self.unheard:
            return False
        if message.mac in self.answered or (message.broadcast and self.broadcasts):
            return True
        answered = len(self._answered_by)
        return answered > 1 and answered >= _ENOUGH * len(self._asked_by)

    def may_tell_of_lease(self, last: Message | None) -> bool:
        """True if a line behind a message that was not understood speaks of a lease: the text does not show that there was none."""
        line, time = self.missed_lease
        if last is None or last.line is None or not line:
            return False
        return time >= last.time if time is not None and last.time is not None else line > last.line

    def miss_lease(self, line: int, time: float | None) -> None:
        """Note a line that was not understood and speaks of a lease; the last one of them counts."""
        before, at = self.missed_lease
        later = time >= at if time is not None and at is not None else line > before
        if line and (not before or later):
            self.missed_lease = line, time

    def waited_for(self, last: Message | None) -> bool:
        """True if the file goes on long enough after a message for an answer to come; without a clock, for how many lines. What
        follows and was not understood may be the answer.
        """
        if last is None:
            return True
        if last.line is not None and self.missed > last.line:
            return False
        if last.time is None or self.last is None:
            if self.lines is None or last.line is None:
                return True
            return (self.lines - last.line) * (1 - self.blank) >= _LINES_WAIT + 1
        return self.last - last.time >= (_WIRE_WAIT if self.wire else _LOG_WAIT)


def _is_to_nameless(message: Message) -> bool:
    """A reply, seen on the client's own link, of a text that names no clients: the next one would be seen as well."""
    return message.type.is_reply and message.mac is None and message.giaddr is None


def vantages(messages: Iterable[Message], known: Mapping[str, Vantage]) -> dict[str, Vantage]:
    """The vantage of every file; `known` has the files that more is known about than their messages say."""
    found = dict(known)
    for message in messages:
        file = message.file or message.node
        vantage = found.get(file)
        if vantage is None:
            vantage = found[file] = Vantage(file)
        overhears = message.role is MessageRole.TRANSIT
        vantage.wire = vantage.wire or overhears or message.frame is not None
        vantage.add(message)
        vantage.role_known = vantage.role_known or not overhears
    return found


def jumbled(messages: Iterable[Message]) -> Iterator[str]:
    """Texts, of messages in their order, whose times go back and forth by hours: samples of many logs, which are no story."""
    last: dict[str, float] = {}
    jumps: dict[str, list[int]] = {}
    for message in messages:
        if message.line is None or message.time is None or message.file is None:
            continue
        step = message.time - last.get(message.file, message.time)
        last[message.file] = message.time
        if abs(step) > _JUMP:
            jumps.setdefault(message.file, [0, 0])[step > 0] += 1
    yield from (file for file, both in jumps.items() if min(both) >= _JUMPS)


_JUMP, _JUMPS = 6 * 3600.0, 3
"""Seconds that the time of a line jumps, and how often in either direction: files that were put together go back once for each."""


def answer_would_show(
    messages: Sequence[Message], known: Mapping[str, Vantage] | None, *, later: bool = False
) -> bool:
    """True if some source of these messages would show the answer, and goes on until it should have come.

    `later` says that the client is known to have asked again, or to have given up.
    """
    if known is None:
        return True
    asked_again = (later or _asks(messages) > 1) and not _hides_answers(messages)
    for file in dict.fromkeys(message.file or message.node for message in messages):
        vantage = known.get(file)
        own = [message for message in messages if (message.file or message.node) == file]
        last = next((m for m in reversed(own) if not m.type.is_reply), None)
        if (
            vantage is None
            or vantage.jumbled
            or not vantage.sees_replies(own)
            or vantage.may_tell_of_lease(last)
        ):
            continue
        if asked_again or (vantage.waited_for(last) and (not vantage.wire or vantage.knows(own))):
            return True
    return False


def _hides_answers(messages: Sequence[Message]) -> bool:
    """True if addresses were made unreadable in a text in which no answer to this client could be read."""
    return any(masked.hides(m.text) for m in messages) and not any(m.type.is_reply for m in messages)


def _asks(messages: Sequence[Message]) -> int:
    """The number of times that the client sent what is still open, as far as one place saw it: copies and other hops do not count."""
    counts: dict[tuple[object, ...], int] = {}
    last: dict[tuple[object, ...], float | None] = {}
    for m in _open(messages):
        if not m.type.is_reply and not m.copy and m.type is not MessageType.RELEASE:
            place = (m.file, m.node, m.interface, m.direction, m.giaddr, m.dst)
            before = last.get(place)
            if m.time is None or before is None or not 0 <= m.time - before < _PAUSE:
                counts[place] = counts.get(place, 0) + 1
            last[place] = m.time
    return max(counts.values(), default=0)


_PAUSE = 1.5
"""Seconds before a client asks again because nobody answered: what comes earlier is logged twice, or begun anew."""


def _open(messages: Sequence[Message]) -> Sequence[Message]:
    """The messages since the client got on: behind the last reply, from the REQUEST on that takes an OFFER, and from the DISCOVER on
    after REQUESTs for an address that it had before, to which servers that know nothing of it say nothing (RFC 2131 section 4.3.2).
    """
    kinds = [message.type for message in messages]
    for at in range(len(kinds) - 1, -1, -1):
        following = next((kind for kind in kinds[at + 1 :] if not kind.is_reply), None)
        turn = (kinds[at], following)
        if kinds[at].is_reply or turn == (MessageType.DISCOVER, MessageType.REQUEST):
            return messages[at + 1 :]
        if turn == (MessageType.REQUEST, MessageType.DISCOVER) and MessageType.DISCOVER not in kinds[:at]:
            return messages[at + 1 :]
    return messages
