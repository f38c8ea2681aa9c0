"""A growing log, analysed as it grows."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

from labgen.dhcp.analysis import explain_records
from labgen.dhcp.logs import Line, LogFormat, Reading
from labgen.dhcp.model import Analysis, Exchange, ExchangeOutcome, Finding, Source
from labgen.ground.errors import InputError

# Lines kept: an exchange is over long before this many others have been written by one device.
_KEPT = 20_000
_POLL = 0.25
_PATIENCE = 5.0
_WAITING = frozenset({ExchangeOutcome.NO_REPLY, ExchangeOutcome.INCOMPLETE})


def appended(path: Path, *, forever: Callable[[], bool], poll: float = _POLL) -> Iterator[Line | None]:
    """Lines of a file as they are written; None each time it has been read to its end.

    A file that was cut or replaced (log rotation) is read from its start. Ends when `forever` returns
    False.
    """
    number, stream = 0, _open(path)
    try:
        partial = ""
        while True:
            text = stream.readline()
            if text.endswith("\n"):
                number += 1
                yield number, (partial + text).rstrip("\r\n")
                partial = ""
                continue
            partial += text
            yield None
            if not forever():
                return
            time.sleep(poll)
            if _was_replaced(path, stream):
                stream.close()
                number, partial, stream = 0, "", _open(path)
    finally:
        stream.close()


def _open(path: Path) -> TextIO:
    try:
        return path.open(encoding="utf-8", errors="replace")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}: check the name and the permissions") from error


def _was_replaced(path: Path, stream: TextIO) -> bool:
    try:
        found = path.stat()
    except OSError:
        return False
    return found.st_size < stream.tell()


class Follower:
    """Keeps the latest lines of one log, and says what is new in their analysis.

    Exchanges that wait for an answer are told when nothing was added for `patience` seconds.
    """

    def __init__(self, kind: LogFormat, reading: Callable[[], Reading], patience: float = _PATIENCE) -> None:
        self._kind = kind
        self._reading = reading
        self._patience = patience
        self._lines: deque[Line] = deque(maxlen=_KEPT)
        self._shown: set[tuple[object, ...]] = set()
        self._fed = time.monotonic()

    def feed(self, lines: list[Line]) -> None:
        """Take new lines."""
        self._lines.extend(lines)
        self._fed = time.monotonic()

    def news(self) -> tuple[list[Exchange], list[Finding], Analysis]:
        """Exchanges that ended, and findings about them, since the last call."""
        reading = self._reading()
        records = list(self._kind.parse(iter(self._lines), reading))
        source = Source(reading.file, self._kind.name, reading.node, clock=reading.stamps.kind)
        analysis = explain_records(records, [source])
        quiet = time.monotonic() - self._fed >= self._patience
        over = [e for e in analysis.exchanges if quiet or e.outcome not in _WAITING]
        exchanges = [e for e in over if self._fresh(e.client, e.kind, e.outcome, e.started, e.address)]
        clients = {str(exchange.client) for exchange in over}
        findings = [
            finding
            for finding in analysis.findings
            if finding.client in clients and self._fresh(finding.code, finding.client, finding.message)
        ]
        return exchanges, findings, analysis

    def _fresh(self, *key: object) -> bool:
        if key in self._shown:
            return False
        self._shown.add(key)
        return True
