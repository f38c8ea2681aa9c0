"""Addresses of the servers that are given by name: looked up beside the loop, which never waits for a name server."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterable
from ipaddress import IPv4Address

from labgen.relay.values import is_unicast

REFRESH_SECONDS = 60.0
RETRY_SECONDS = 5.0


class Lookup:
    """Looks names up again and again in a thread. `fileno` is readable when something changed; then call `take`."""

    def __init__(self) -> None:
        self._wake, self._wake_writer = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._lock = threading.Lock()
        self._found: dict[str, tuple[IPv4Address, ...]] = {}
        self._names: frozenset[str] = frozenset()
        self._again = threading.Event()
        self._thread: threading.Thread | None = None
        self._closed = False

    def fileno(self) -> int:
        return self._wake

    def want(self, names: Iterable[str]) -> None:
        """Look these names up from now on."""
        self._names = frozenset(names)
        self._again.set()
        if self._names and self._thread is None:
            self._thread = threading.Thread(target=self._run, daemon=True, name="lookup")
            self._thread.start()

    def take(self) -> dict[str, tuple[IPv4Address, ...]]:
        """The addresses of every name, as last known: the first is where requests go."""
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake, 4096)
        with self._lock:
            return dict(self._found)

    def close(self) -> None:
        self._closed = True
        self._again.set()
        if self._thread is None:
            os.close(self._wake)
            os.close(self._wake_writer)

    def _run(self) -> None:
        while not self._closed:
            self._again.clear()
            names = self._names
            changed = [self._look_up(name) for name in sorted(names)]
            if any(changed) and not self._closed:
                os.write(self._wake_writer, b"x")
            known = all(name in self._found for name in names)
            self._again.wait(REFRESH_SECONDS if known else RETRY_SECONDS)

    def _look_up(self, name: str) -> bool:
        """True when a name stands for something else than before. What cannot be looked up stays as it was."""
        try:
            answers = socket.getaddrinfo(name, None, socket.AF_INET, socket.SOCK_DGRAM)
        except OSError:
            return False
        found = dict.fromkeys(IPv4Address(item[4][0]) for item in answers)
        # `localhost`, and what a name server says of names it hides: nobody is reached there.
        fresh = tuple(address for address in found if is_unicast(address))
        if not fresh:
            return False
        with self._lock:
            old = self._found.get(name, ())
            # Requests stay with the server they went to as long as the name still means it.
            ordered = (
                (old[0], *(item for item in fresh if item != old[0])) if old and old[0] in fresh else fresh
            )
            self._found[name] = ordered
        return set(ordered) != set(old)
