"""Captures of one network: files of different sites may hold one plan of addresses twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from labgen.dhcp.message import Message
from labgen.dhcp.rules.case import Case


class Places:
    """Captures that share a client, a relay or the hardware address of who answers are of one network, and what those share with
    others is. Logs are taken to be of the network that the other files are of: one server's log tells of all of its networks.
    """

    def __init__(self, cases: Iterable[Case]) -> None:
        self._root: dict[str, str] = {}
        first: dict[str, str] = {}
        for file, marks in _marks(cases).items():
            self._root.setdefault(file, file)
            for mark in marks:
                self._join(first.setdefault(mark, file), file)

    def apart(self, one: Message, other: Message) -> bool:
        """True if two messages are in captures that nothing ties together."""
        if one.file == other.file or one.frame is None or other.frame is None:
            return False
        return self._of(one.file or "") != self._of(other.file or "")

    def _of(self, file: str) -> str:
        while self._root.get(file, file) != file:
            file = self._root[file]
        return file

    def _join(self, one: str, other: str) -> None:
        self._root[self._of(other)] = self._of(one)


def _marks(cases: Iterable[Case]) -> dict[str, set[str]]:
    """The marks of its network that each capture shows."""
    found: dict[str, set[str]] = defaultdict(set)
    for case in cases:
        for message in case.exchange.messages:
            if message.frame is None or message.file is None:
                continue
            seen = found[message.file]
            seen.add(f"client {message.mac}")
            if message.giaddr is not None:
                seen.add(f"relay {message.giaddr}")
            if message.type.is_reply and message.link_source is not None:
                seen.add(f"sender {message.link_source}")
    return found
