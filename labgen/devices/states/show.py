"""`show`, `display`, `print`, `status`: whether a DHCP server or relay runs, on which interfaces, and towards which servers.

A service that is off is told as a note: it may be meant so. It is a warning where the same text shows that somebody wants it (helper
addresses are configured), and where the device itself calls something invalid or says why it does not serve. What is on is told by nothing.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace

from labgen.devices.states.rows import TABLES, Helpers, Rows, Said
from labgen.dhcp.logs import Line, LogFormat, Parser, Reading, Record
from labgen.dhcp.message import MessageRole
from labgen.dhcp.remarks import Cause, Remark
from labgen.dhcp.sentences import make

_IP = r"\d{1,3}(?:\.\d{1,3}){3}"
_WORDS = (
    r"(?: ?(?:[/_-]|local|agent|service|function|feature|forwarding|mode|status|state|admin(?:istrative)?"
    r"|global(?:ly)?|enabled))*"
)
_SERVICE = (
    r"(?:(?:ip(?:v4)?|udp) )?"
    rf"(?:(?:dhcp(?:v4|4)?|bootp)[ /_-]?(?:local[ -])?(?:server|relay|proxy|service){_WORDS}"
    rf"|service dhcp|(?:ip|udp) helper{_WORDS})"
)
_STATE = re.compile(
    rf"^(?:[\s%]*|\s*(?:error|info|warning): (?:the )?)(?P<what>{_SERVICE})\s*(?:is|are|:|=|\.{{2,}}|\s{{2,}})[\s:]*"
    r"(?:currently |globally |administratively )?"
    r"(?P<state>not (?:running|enabled|active|configured)|disabled?|inactive|stopped|down|off|no|(?:un)?configured"
    r"|enabled?|active|running|up|on|yes)"
    r"(?:\s*\(.*\)| on (?:the )?(?:virtual|vlan|interface|port|all|this)\b.*)?\s*\.?\s*$",
    re.I,
)
_ON = re.compile(r"enabled?|active|running|up|on|yes|configured", re.I)
_HELPER = re.compile(
    rf"^\s*(?:dhcp servers?|(?:bootp|dhcp) relay servers?|(?:ip )?helper[- ]address(?:es)?)(?: is| are)?\s*:?\s*{_IP}",
    re.I,
)
_SENTENCES: tuple[tuple[re.Pattern[str], Cause | None], ...] = tuple(
    (re.compile(pattern, re.I), cause)
    for pattern, cause in (
        (r"^\s*(?:ip )?helper[- ]address(?:es)? (?:is|are) not set\s*$", Cause.OTHER),
        (
            r"\bno (?:dhcp )?(?:relay (?:servers?|destinations?)|helper[- ]address(?:es)?|dhcp servers?)"
            r" (?:(?:is|are|has been) )?configured",
            Cause.OTHER,
        ),
        (r"\bdhcp-service subsystem (?:is )?not (?:running|responding)\b", Cause.OTHER),
        (r"^dhcp\s+\d+\s+disabled\s*$", Cause.OTHER),
        (
            r"^\S*(?:dhcp|kea|dnsmasq)\S*(?: is not running| is stopped| dead but (?:pid file|subsys)\b.*)\.?$",
            Cause.OTHER,
        ),
        (r"^\s*(?:on-alert=\S* )?unknown-server=(?:[0-9a-f]{2}:){5}[0-9a-f]{2}", Cause.OTHER),
        (r"^\s*switch dhcp (?:snooping|gleaning) is (?:en|dis)abled\s*$", None),
        (r"^\s*no free ip addresses?\.?\s*$", Cause.POOL_EXHAUSTED),
        (r"^;;; .*\bdhcp\b.*\b(?:can ?not|can't|invalid|conflict|fail|unable)", Cause.FAILED),
        (r"^subnet: \S+ \(subnet is disabled\)", Cause.FAILED),
        (
            r"^\s*total number of undeployed address-pools\s*:\s*[1-9]\d*\s*$|^\s*mode: disabled\s*$",
            Cause.OTHER,
        ),
        (
            r"^\d+ clients?, \((?=.*\b[1-9]\d* (?:init|selecting|requesting)\b)\d+ init, 0 bound,.*\)$",
            Cause.OTHER,
        ),
        (r"^\d+ clients?, \(\d+ init, \d+ bound,", None),
        (r"^(?:context|interface \S+),?\s+not configured for dhcp\s*$", Cause.OTHER),
        (r"^(?:context|interface \S+),?\s+configured (?:for|as) dhcp\b", None),
    )
)
_SNOOPED = re.compile(
    r"^\s*dhcp snooping is (?P<how>configured|operational) on (?:the )?following vlans:", re.I
)
_OPERATES = re.compile(r"^\s*operational state\s*:\s*(?P<state>disabled|down|inactive)\s*$", re.I)
_NT_SERVICE = re.compile(r"^\s*SERVICE_NAME: (?P<name>dhcpserver)\s*$", re.I)
_NT_STATE = re.compile(r"^\s*STATE\s*:\s*\d+\s+(?P<state>STOPPED|PAUSED)\b")
_POOL = re.compile(r"^\s*pool[- ]?name\s*:\s*(?P<name>\S+)", re.I)
_LOCKED = re.compile(r"^\s*status\s*:\s*locked\s*$", re.I)
_PORT = re.compile(r"^(?P<name>[A-Z][\w./-]*\d) is (?:administratively )?(?:up|down), line protocol", re.I)
_PROMPT = re.compile(r"^\S+[#>] ?\S|^<\S+> ?\S|^\[\S+\] ?> ?\S|^\S+:\S*[#$>] ?\S")
_LONGEST = 200
_PARTS = (
    "dhcp", "helper", "relay", "status", "state", "interface", "pool", "service", "scope", "name", "detect",
    "address", "line protocol", "clients", "context", "free", "subnet", "mode", "undeployed", "kea", "dnsmasq", "unknown-server", "feature",
)  # fmt: skip


def _may_state(text: str) -> bool:
    """True if a line has a part of something that is known here: most rows of long tables have none."""
    lowered = text.lower()
    return any(part in lowered for part in _PARTS)


class States:
    """The statements of one text, line by line."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.known = 0
        self._off: list[Remark] = []
        self._helpers = Helpers()
        self._table: Rows | None = None
        self._pool: str | None = None
        self._port = ""
        self._before = ""
        self._serves = self._of_nt = ""
        self._snooped, self._snoops = "", False
        self._place: Line = (0, "")

    def hear(self, number: int, text: str) -> list[Remark] | None:
        """The remarks of a line; None for a line that states nothing that is known."""
        if len(text) > _LONGEST or not text.strip():
            return None
        if self._table is None and not self._helpers.inside and not self._snoops and not _may_state(text):
            return None
        for look in (self._of_table, self._of_helpers, self._of_service, self._of_place, self._of_sentence):
            found = look(text)
            if found is not None:
                self.known += 1
                self._place, self._before = (number, text), text
                return self._remarks(found)
        self._before = text
        return None

    def finish(self) -> Iterator[Remark]:
        """Remarks on the whole text: services that are off, wanted or not; a table of helper addresses without any."""
        for remark in self._off:
            yield replace(remark, cause=Cause.FAILED if self._helpers.listed else Cause.OTHER)
        if self._helpers.empty and not self._off:
            yield from self._remarks([("no helper address is configured on any interface", Cause.OTHER)])

    def _remarks(self, said: Iterable[Said]) -> list[Remark]:
        found: list[Remark] = []
        for words, cause in said:
            role = MessageRole.RELAY if _OF_RELAY.search(words) else MessageRole.SERVER
            remark = make(self.reading, *self._place, words, role, cause, {})
            (self._off if cause is Cause.UNTAKEN else found).append(remark)
        return found

    def _of_table(self, text: str) -> list[Said] | None:
        heading = next((table for table in TABLES if table.heading.search(text)), None)
        if heading is not None:
            self._table = heading
            return []
        found = self._table.said(text) if self._table is not None else None
        if found is None and _PROMPT.match(text):
            self._table = None
        return found

    def _of_helpers(self, text: str) -> list[Said] | None:
        said = list(self._helpers.takes(text))
        return said if said or self._helpers.inside else None

    def _of_service(self, text: str) -> list[Said] | None:
        if _HELPER.match(text):
            self._helpers.listed = True
            return []
        found = _STATE.match(text)
        if found is None:
            return None
        self._serves = " ".join(text.split())
        return [] if _ON.fullmatch(found["state"]) else [(" ".join(text.split()), Cause.UNTAKEN)]

    def _of_place(self, text: str) -> list[Said] | None:
        """The sayings about the pool or the interface that a line before named."""
        pool, port = _POOL.match(text), _PORT.match(text)
        if pool is not None:
            self._pool = pool["name"]
        elif port is not None:
            self._port = f"{port['name']}: "
        elif self._pool is not None and _LOCKED.match(text):
            return [(f"pool {self._pool}: status locked", Cause.FAILED)]
        elif self._serves and (operates := _OPERATES.match(text)) is not None:
            return [(f"{self._serves}, operational state: {operates['state']}", Cause.FAILED)]
        found = self._of_windows(text)
        return found if found is not None else self._of_snooping(text)

    def _of_windows(self, text: str) -> list[Said] | None:
        """`sc query`: the state stands under the service's name."""
        named, state = _NT_SERVICE.match(text), _NT_STATE.match(text)
        if named is not None:
            self._of_nt = named["name"]
            return []
        if self._of_nt and state is not None:
            return [(f"service {self._of_nt}: {state['state']}", Cause.OTHER)]
        return None

    def _of_snooping(self, text: str) -> list[Said] | None:
        """VLANs in the line behind what they are listed for."""
        listed = _SNOOPED.match(self._before)
        if listed is None:
            self._snoops = _SNOOPED.match(text) is not None
            return [] if self._snoops else None
        self._snoops = False
        vlans = text.strip().lower()
        if listed["how"].lower() == "configured":
            self._snooped = "" if vlans == "none" else vlans
        elif self._snooped and vlans == "none":
            words = f"DHCP snooping is configured on VLANs {self._snooped} and operational on none"
            return [(words, Cause.OTHER)]
        return None

    def _of_sentence(self, text: str) -> list[Said] | None:
        for pattern, cause in _SENTENCES:
            if pattern.search(text):
                pooled = cause is Cause.POOL_EXHAUSTED and self._pool is not None
                of = f"pool {self._pool}: " if pooled else self._port if "helper" in text.lower() else ""
                return [] if cause is None else [(of + " ".join(text.split()), cause)]
        return None


_OF_RELAY = re.compile(r"relay|helper", re.I)


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """A remark for each state that tells something; once a state is known, the other lines are fields beside it."""
    states = States(reading)
    before: list[Line] = []
    for number, text in lines:
        found = states.hear(number, text)
        if found:
            yield from found
        elif found is not None or states.known:
            reading.chatter(number, text)
        else:
            before.append((number, text))
    for number, text in before:
        (reading.chatter if states.known else reading.miss)(number, text)
    yield from states.finish()


def beside(parser: Parser) -> Parser:
    """A parser of other output of such commands, with the states that stand between."""

    def both(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
        states, heard = States(reading), deque[Remark]()

        def others() -> Iterator[Line]:
            for number, text in lines:
                found = states.hear(number, text)
                heard.extend(found or ())
                if not found:
                    yield number, text

        yield from parser(others(), reading)
        yield from heard
        yield from states.finish()

    return both


STATES = LogFormat(
    name="states",
    title="states of DHCP servers and relays, as commands show them",
    role=MessageRole.TRANSIT,
    telling=re.compile(
        "|".join(
            (
                f"(?:{_STATE.pattern.replace('?P<what>', '?:').replace('?P<state>', '?:')})",
                *(f"(?:{table.heading.pattern})" for table in TABLES[1:]),
                *(f"(?:{pattern.pattern})" for pattern, _ in _SENTENCES),
                r"^\s*ip ?v?4? dhcp interface status:",
                r"^\s*SERVICE_NAME: dhcpserver\s*$",
                r"^\s*(?:\S+[#>] ?)?(?:show|display) (?:\S+ )*dhcp[\w-]* (?:relay|server|proxy)\s*$",
                r"^[\s|]*interface[\s|]+(?:dhcp )?(?:relay|helper)[ -]address",
            )
        ),
        re.I,
    ),
    parse=parse,
    last=True,
    guessed=True,
)
