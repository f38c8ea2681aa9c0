"""Telling the log, and a service manager, when the relay is ready and what it waits for."""

from __future__ import annotations

import os
import socket

from labgen.relay.log import JsonLog
from labgen.relay.tables import ambiguous_links
from labgen.relay.upkeep import Upkeep

_MOST_NAMES = 20
"""Interfaces that a line of the log names; of more it tells the number."""


class Readiness:
    """The state of the relay that has been told. `changed` is True while something is different since."""

    def __init__(self, log: JsonLog, compiled: bool) -> None:
        """`compiled` says whether the compiled cache forwards."""
        self.changed = False
        self._log = log
        self._compiled = compiled
        self._ready = self._complete = False
        self._missing: list[str] = []

    def note_change(self, upkeep: Upkeep) -> None:
        """Something the relay serves is different: the first to relay is told at once, the rest once a second."""
        self.changed = True
        if not self._ready and upkeep.assembly.relaying:
            self.announce(upkeep)

    def announce(self, upkeep: Upkeep) -> None:
        """Log `ready` when the first interface relays and when nothing is missing any more, `waiting` with what is."""
        self.changed = False
        missing = upkeep.missing()
        relaying = upkeep.assembly.relaying > 0
        complete = not missing
        if (complete and not self._complete) or (relaying and not self._ready):
            self._tell_ready(upkeep, missing)
            if not self._ready:
                _notify_systemd()
            self._ready = True
        if missing and missing != self._missing:
            self._log.write("waiting", missing=named_in_a_line(missing), number=len(missing))
        self._complete, self._missing = complete, missing

    def _tell_ready(self, upkeep: Upkeep, missing: list[str]) -> None:
        policies = [link.policy for link in upkeep.links]
        self._log.write(
            "ready",
            name=upkeep.config.name,
            interfaces=named_in_a_line([policy.key for policy in policies]),
            relaying=upkeep.assembly.relaying,
            unaddressed=named_in_a_line([policy.key for policy in policies if policy.address is None]),
            ambiguous=named_in_a_line([" and ".join(pair) for pair in ambiguous_links(policies)]),
            missing=len(missing),
            compiled=self._compiled,
        )


def named_in_a_line(names: list[str]) -> list[str]:
    """Lists as many names as fit into a line of the log, and says how many more there are."""
    more = len(names) - _MOST_NAMES
    return names if more <= 0 else [*names[:_MOST_NAMES], f"and {more} more"]


def _notify_systemd() -> None:
    """Tell a service manager of Type=notify that the relay is ready, see sd_notify(3)."""
    address = os.environ.get("NOTIFY_SOCKET")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.connect("\0" + address[1:] if address.startswith("@") else address)
            sock.send(b"READY=1")
