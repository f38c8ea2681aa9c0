"""A log format, and the state kept while a file of it is read.

A format's parser is a generator: numbered lines in, messages, remarks and bindings out. Every line is a message (or a part
of one), a remark, or noise: chatter of a known kind goes to `Reading.chatter`, what is not understood to `Reading.miss`. Both are counted
and can be listed; nothing vanishes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from re import Pattern

from labgen.dhcp.message import Direction, Message, MessageRole, MessageType
from labgen.dhcp.model import Binding, Counter
from labgen.dhcp.remarks import Remark
from labgen.dhcp.stamps import Stamps, host

Line = tuple[int, str]
Record = Message | Binding | Counter | Remark
Sink = Callable[["Reading", int, str], None]

DEFAULT_YEAR = 2000
MOST_UNHEARD = 20_000
"""Lines about DHCP that no parser understood which are kept to look for complaints in them."""


class Reading:
    """One file being read: where it came from, its clock, and what was not understood. `shared` tells that other programs
    speak in the file as well, so that its stamps are the clock to go by. `open_packet`: the line of the last packet of which
    the text prints the fields: the lines after it are its own, not time that passes.
    """

    def __init__(
        self,
        file: str,
        node: str,
        role: MessageRole | None = None,
        *,
        year: int = DEFAULT_YEAR,
        by_host: bool = False,
        sink: Sink | None = None,
        latest: float | None = None,
    ) -> None:
        self.file = file
        self.node = node
        self.role = role
        self.unparsed = 0
        self.missed = 0
        self.missed_lease: tuple[int, float | None] = (0, None)
        self.unparsed_dhcp = 0
        self.noise = 0
        self.remarks = 0
        self.shapes: dict[str, bool] = {}
        self.overhears = False
        self.unheard: list[tuple[int, str, float | None]] = []
        self.stamps = Stamps(year, latest)
        self.by_host = by_host
        self.shared = False
        self.open_packet: int | None = None
        self._sink = sink
        self._last: float | None = None
        self._own_clock = False

    def time(self, text: str) -> float | None:
        """Seconds on the file's clock; a line without timestamp has that of the line before."""
        time = self.stamps.read(text)
        if time is not None and not self._own_clock:
            self._last = time
        return self._last

    def goes_by(self, time: float) -> float:
        """Take a time that the program itself writes into its lines for the file's clock, whatever stamps a carrier puts in front."""
        self._last, self._own_clock = time, True
        return time

    @property
    def now(self) -> float | None:
        """The last time that was read."""
        return self._last

    def node_of(self, text: str) -> str:
        """The node that wrote this line: the host, in a collector's file."""
        return (host(text) or self.node) if self.by_host else self.node

    def chatter(self, number: int, text: str) -> None:
        """Count a line of a known kind that says nothing about messages."""
        if text and not text.isspace():
            self.noise += 1
            if self._sink is not None:
                self._sink(self, number, text)

    def miss(self, number: int, text: str) -> None:
        """Count a line that was not understood."""
        if not text or text.isspace():
            return
        self.unparsed += 1
        self.missed = number
        if _LEASE.search(text):
            self.missed_lease = number, self.time(text)
        if _speaks_of_dhcp(text):
            self.unparsed_dhcp += 1
            if self.overhears and len(self.unheard) < MOST_UNHEARD:
                self.unheard.append((number, text, self.time(text)))
                return
        self.tell(number, text)

    def tell(self, number: int, text: str) -> None:
        """Show a line that was not understood to whoever listens."""
        if self._sink is not None:
            self._sink(self, number, text)


_LEASE = re.compile(
    r"\b(?:leased?|obtained?|bound|acquired|acknowledged)\b.{0,80}?(?<![\d.])[\dxX*#]{1,3}(?:\.[\dxX*#]{1,3}){3}(?![\d.])"
    r"|DHCPACK\b",
    re.I,
)
"""What a client may say of its lease in words that its reader does not know: it names the address."""


def _speaks_of_dhcp(text: str) -> bool:
    lowered = text.lower()
    return "dhcp" in lowered or "bootp" in lowered or ":67" in lowered


Parser = Callable[[Iterable[Line], Reading], Iterator[Record]]


@dataclass(frozen=True, slots=True)
class LogFormat:
    """A kind of text that labgen reads. `telling` matches lines only this format has; `programs` are the names its
    programs go by in syslog. A format that is `last` is asked only where no other one knows a line. The `spare` one reads what no other
    could. A format that is `guessed` goes by words that other texts have as well: where it reads nothing, the text is of no known form.
    """

    name: str
    title: str
    role: MessageRole
    telling: Pattern[str]
    parse: Parser
    programs: frozenset[str] = frozenset()
    last: bool = False
    spare: bool = False
    guessed: bool = False


DHCP_NAMES = {
    **{f"DHCP{kind}": kind for kind in list(MessageType)[:8]},
    "BOOTREQUEST": MessageType.BOOTREQUEST,
    "BOOTREPLY": MessageType.BOOTREPLY,
}

RX, TX = Direction.RX, Direction.TX
