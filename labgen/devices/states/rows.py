"""Tables in which each row has a state: interfaces, scopes, instances of a server, clients of their own.

A heading tells what the rows are of; the table ends where a line is no row of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from labgen.dhcp.remarks import Cause

Said = tuple[str, Cause]
_IP = r"\d{1,3}(?:\.\d{1,3}){3}"


@dataclass(frozen=True, slots=True)
class Rows:
    """A kind of table: its heading, its rows with the state (`state`) of something (`name`), and what of it is no fault in itself."""

    heading: re.Pattern[str]
    row: re.Pattern[str]
    ordinary: re.Pattern[str]
    of: str = ""
    grave: re.Pattern[str] | None = None
    """What is a fault whatever was meant; all other states are told as they are."""
    cause: Cause = Cause.FAILED
    """What such a fault is."""

    def said(self, text: str) -> list[Said] | None:
        """The sayings of a row; None for a line that is no row."""
        found = self.row.match(text)
        if found is None:
            return None
        state = " ".join(found["state"].split())
        if self.ordinary.match(state):
            return []
        grave = self.grave is not None and self.grave.search(state) is not None
        name, means = " ".join(found["name"].split()), _MEANS.get(state.upper(), state)
        return [(f"{self.of}{name}: {means}", self.cause if grave else Cause.OTHER)]


_MEANS = {"I": "invalid", "XI": "disabled", "X": "disabled", "NO": "not enabled"}


def _rows(
    heading: str,
    row: str,
    ordinary: str,
    of: str = "",
    grave: str | None = None,
    cause: Cause = Cause.FAILED,
) -> Rows:
    patterns = (re.compile(heading, re.I), re.compile(row, re.I), re.compile(ordinary, re.I))
    return Rows(*patterns, of, re.compile(grave, re.I) if grave is not None else None, cause)


TABLES: tuple[Rows, ...] = (
    _rows(
        r"^\s*interface\s+status\s*$",
        r"^\s+(?P<name>[A-Z][\w./-]*\d)\s+(?P<state>(?:in)?active\b.*|disabled\b.*|up|down)$",
        r"(?:active|up)$",
        "DHCP server on ",
        r"\((?!not up|(?:link )?down|disabled)",
    ),
    _rows(
        r"^\s*scope ?id\s+subnet ?mask\s+name\s+state\b",
        rf"^\s*(?P<name>{_IP})\s+{_IP}\s+.*?\b(?P<state>(?:in)?active)\b",
        r"active$",
        "scope ",
    ),
    _rows(
        r"^\s*scope address\s+- *subnet mask\s+- *state\b",
        rf"^\s*(?P<name>{_IP})\s+-\s*{_IP}\s+-\s*(?P<state>\w+)",
        r"active$",
        "scope ",
    ),
    _rows(
        r"^\s*scope name\s+enabled\s+address range",
        rf"^\s*(?P<name>\S+)\s+(?P<state>yes|no)\s+{_IP}",
        r"yes$",
        "scope ",
    ),
    _rows(
        r"^\s*#?\s*name\s+interface\s+(?:\S+\s+)*?(?:address-pool|lease-time)|^columns: name, interface,.*(?:address-pool|lease-time)",
        r"^\s*\d+\s+(?P<state>[XID]{1,2}\s+|)(?P<name>\S+\s+\S+)",
        r"D?$",
        "DHCP server ",
        r"^I",
    ),
    _rows(
        r"^\s*#?\s*interface\s+(?:\S+\s+)*?status\b",
        r"^\s*\d+\s+(?:[XID]+\s+)?(?P<name>\S+)\s+(?:(?:yes|no)\s+)*(?P<state>bound|searching|requesting|rebinding|renewing|stopped|error)\b",
        r"bound|renewing",
        "DHCP client on ",
    ),
    _rows(
        r"^\s*interface name\s+.*\badmin\s*$",
        r"^(?P<name>\S+)\s+(?:yes|no)\s+\d+/\d+\s+\w+\s+(?P<state>up|down)\s*$",
        r"up$",
        "DHCP, admin state of ",
    ),
    _rows(
        r"^\s*feature\s+state\s+autorestart",
        r"^(?P<name>dhcp_(?:relay|server))\s+(?P<state>\w+)\s",
        r"(?:always_)?enabled$",
        "feature ",
    ),
    _rows(
        r"^\s*#?\s*name\s+interface\s+dhcp-server\s+local-address|^columns: name, interface, dhcp-server",
        r"^\s*\d+\s+(?P<state>[XID]{1,2}\s+|)(?P<name>\S+\s+\S+)",
        r"D?$",
        "DHCP relay ",
        r"^I",
    ),
    _rows(
        r"^\s*status\s+name\s+displayname",
        r"^(?P<state>stopped|running|paused)\s+(?P<name>dhcpserver)\b",
        r"running$",
        "service ",
    ),
    _rows(
        r"^\s*detection time\s+detection method\s+address\s*$",
        rf"^(?P<state>\d{{4}}-\S+ \S+.*\b(?:arp|ping|client))\s+(?P<name>{_IP})\s*$",
        r"(?!)",
        "conflict of address ",
        r".",
        Cause.CONFLICT,
    ),
    _rows(
        r"^\s*ip address\s+detect(?:ion|ed)? time\s*$",
        rf"^\s*(?P<name>{_IP})\s+(?P<state>\S.*\d\d:\d\d.*)$",
        r"(?!)",
        "conflict of address ",
        r".",
        Cause.CONFLICT,
    ),
)
_HELPERS = re.compile(
    r"^[\s|]*(?:interface|i/f|vlan)(?:[\s|]+(?:udp port|discard|hit count|vrf(?: name)?))*"
    r"[\s|]+(?:dhcp )?(?:relay|helper|server)[ -]address(?:es)?\b",
    re.I,
)
_HELPER_ROW = re.compile(rf"^[\s|]*(?P<name>[A-Za-z][\w./-]*)[\s|].*?(?P<address>{_IP})(?![\d./])")
_RULER = re.compile(r"^[\s|+=_-]*$")


class Helpers:
    """A table of helper addresses, which may be empty."""

    def __init__(self) -> None:
        self._open = False
        self._tables = 0
        self.listed = False

    def takes(self, text: str) -> Iterator[Said]:
        """The sayings of a line of the table."""
        if _HELPERS.match(text):
            self._open, self._tables = True, self._tables + 1
            return
        row = _HELPER_ROW.match(text) if self._open else None
        if row is not None and row["address"] == "0.0.0.0":
            yield f"{row['name']}: helper address {row['address']}", Cause.OTHER
        elif row is not None:
            self.listed = True
        elif not _RULER.match(text):
            self._open = False

    @property
    def empty(self) -> bool:
        """True if there were tables, and no helper in any."""
        return self._tables > 0 and not self.listed

    @property
    def inside(self) -> bool:
        """True in a table."""
        return self._open
