"""Lists of leases of any maker: a heading with columns for address and client, or rows of `name=value` (RouterOS).

FortiOS, RouterOS, EdgeOS, VyOS, Junos, SR OS, VRP, Windows and web pages differ in their columns, not in kind: a row holds an address
and who has it. Rows of a state in which nobody has the address (free, expired, waiting) say so. ARP tables look alike and are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.devices.pools.figures import LEASED, TOTAL
from labgen.devices.states.show import beside
from labgen.dhcp import masked
from labgen.dhcp.logs import Line, LogFormat, Reading, Record
from labgen.dhcp.message import MessageRole
from labgen.dhcp.model import Binding, Counter
from labgen.dhcp.remarks import Cause
from labgen.dhcp.sentences import Sayings, make
from labgen.dhcp.stamps import in_row

_ADDRESS = re.compile(r"(?<![\w./:-])(\d{1,3}(?:\.\d{1,3}){3})(?![\w./:-])")
_MAC = re.compile(
    r"(?<![\w:.-])((?:[0-9a-f]{2}[:-]){5,6}[0-9a-f]{2}|[0-9a-f]{4}(?:[.-][0-9a-f]{4}){2,3}|[0-9a-f]{12})(?![\w:.-])",
    re.IGNORECASE,
)
_STATE = re.compile(
    r"\b(bound|active|assigned|used|waiting|offered|offering|expired?|released?|free|idle|inactive|backup|pending"
    r"|conflict(?:ed)?|declined?|abandoned|bad_address|busy|blocked)\b",
    re.IGNORECASE,
)
_MEANS = {
    "bound": "active",
    "assigned": "active",
    "used": "active",
    "decline": "declined",
    "bad_address": "declined",
    "conflicted": "conflict",
}
_PAIR = re.compile(r'(?<!\S)([a-z][\w-]*)=("[^"]*"|\S*)')
_SAYINGS = Sayings(
    (r"leased IP address .* not in any of the pools", Cause.OTHER),
    (r"^\s*[-=+| ]*$|^Flags|^Columns|^\s*Total|^\S+ ?[#>$]", None),
)
_OWN = re.compile(r"dhcp|lease|pool|^\s*[-=+| ]*$|^Flags|^Columns|^\s*Total|^\S+ ?[#>$]", re.IGNORECASE)
_HEADING = re.compile(
    r"^(?!.*\d+\.\d+\.\d+\.\d+|.*\d\d:\d\d:\d\d|.*(?:[0-9a-f]{2}:){5}|.*%\d)"
    r"(?!.*\b(?:age|hwtype|flags mask|internet address|protocol|arp|vtep|next hop)\b)"
    r"(?!\s*macaddress\s+ipaddress\s+lease)(?!.*client-id/)(?=.*\b(?:ip(?:[ _-]?addr(?:ess)?)?|address|leased ip)\b)"
    r"(?=.*\b(?:mac(?:[ _-]?addr(?:ess)?)?|hardware[ _-]?addr(?:ess)?|hw[ _-]?addr(?:ess)?|unique id|client ?-?id(?:entifier)?)\b)"
    r"(?=.*\b(?:leases?|expir\w*|remain\w*|status|state|addressstate|host-?name|host name|client name|last-seen|vci|binding)\b)",
    re.IGNORECASE,
)


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """A binding for each row; what is said about the pools beside them is heard."""
    inside, section = False, None
    before = ""
    one = _Detail()
    for number, text in lines:
        detail = one.take(text)
        if detail is not None:
            word, address, mac = detail
            if word in _UNBOUND_STATES:
                yield _waiting(word, mac, reading, number, text)
            elif address is not None and mac is not None:
                yield _binding((address, mac, "active", None), section, reading, number, text)
            else:
                reading.chatter(number, text)
            continue
        filled = _FILLED.match(text)
        if filled is not None:
            yield from _figures(filled, section or _port(before) or "pool", reading, number)
            continue
        if _HEADING.match(text):
            inside, section = True, _name(before) or section
            reading.chatter(number, text)
            continue
        found = _pairs(text) if "=" in text else None
        row = found or (_cells(text) if inside else None)
        waits = _WAITS.match(text) if inside else None
        if waits is not None:
            yield _waiting(waits[2], masked.mac(waits[1]), reading, number, text)
        elif row is not None:
            yield _binding(row, section, reading, number, text)
        elif (inside and _name(text) is not None) or _OTHER_FIELD.match(text):
            reading.chatter(number, text)
        elif _OWN.search(text):
            remark = _SAYINGS.hear(reading, number, text, text.strip(), MessageRole.SERVER)
            if remark is not None:
                yield remark
        else:
            reading.miss(number, text)
        before = text


_FILLED = re.compile(r"^\s*Allocated IPs: (\d+), Total number of IPs in pool: (\d+)\b")
"""What stands above the leases of an interface (PAN-OS)."""


def _figures(filled: re.Match[str], pool: str, reading: Reading, number: int) -> Iterator[Counter]:
    role = reading.role or MessageRole.SERVER
    for name, value in zip((LEASED, TOTAL), filled.groups(), strict=True):
        yield Counter(reading.node, pool, name, int(value), role, reading.file, number)


def _port(text: str) -> str | None:
    found = re.match(r'^\s*interface: "?([^"\s]+)', text)
    return found[1] if found is not None else None


def _name(text: str) -> str | None:
    """A line of one word in front of a heading names the interface or pool that the rows are of."""
    found = re.fullmatch(r"\s*([A-Za-z][\w./-]{0,40}):?\s*", text)
    return found.group(1) if found is not None else None


_UNBOUND_STATES = frozenset({"INIT", "SELECTING", "REQUESTING", "REBOOTING"})
_WAITS = re.compile(
    rf"^\s*0\.0\.0\.0\s.*?((?:[0-9a-f]{{2}}:){{5}}[0-9a-f]{{2}}).*?\b({'|'.join(sorted(_UNBOUND_STATES))})\b",
    re.I,
)
"""A row of a client that has no address yet (Junos)."""
_FIELD = re.compile(
    r"^\s*(?:(?P<state>State):\s+(?P<word>[A-Z]+)\(\w+_STATE_\w+\)|Client IP Address:\s+(?P<address>\d+(?:\.\d+){3})"
    r"|Hardware Address:\s+(?P<mac>[0-9a-fA-F:]{17}))\s*$"
)


_OTHER_FIELD = re.compile(r"^ {3,}[A-Z][\w /]{2,40}: {2,}\S")


class _Detail:
    """Bindings that Junos prints field by field (`detail`): hardware address, state and, before or after them, the address."""

    def __init__(self) -> None:
        self._address: str | None = None
        self._mac: str | None = None

    def take(self, text: str) -> tuple[str, str | None, str | None] | None:
        """State, address and hardware address, where a line tells the state; None for any other line."""
        found = _FIELD.match(text) if ":" in text else None
        if found is None:
            return None
        if found["address"]:
            self._address, self._mac = masked.named(found["address"]), None
        elif found["mac"]:
            self._mac = masked.mac(found["mac"])
        return (found["word"], self._address, self._mac) if found["state"] else None


def _waiting(state: str, mac: str | None, reading: Reading, number: int, text: str) -> Record:
    """A client that is on its way to a lease: maybe for an instant, maybe for days."""
    words = f"{mac or 'a client'} is in state {state.upper()} and has no address"
    return make(reading, number, text, words, MessageRole.TRANSIT, Cause.OTHER, {"mac": mac})


_Row = tuple[str, str | None, str, float | None]


def _cells(text: str) -> _Row | None:
    """Address, hardware address, state and end of a row; None for a line that names no address, or nobody at an address."""
    address, mac, state = _ADDRESS.search(text), _MAC.search(text), _STATE.search(text)
    word = state.group(1).lower() if state is not None else "active"
    word = _MEANS.get(word, word)
    if address is None or (mac is None and word not in ("conflict", "declined", "abandoned")):
        return None
    return address.group(1), _hardware(mac.group(1)) if mac is not None else None, word, in_row(text)


def _pairs(text: str) -> _Row | None:
    pairs = {name: value.strip('"') for name, value in _PAIR.findall(text)}
    address = masked.address(pairs.get("address"))
    if address is None or "status" not in pairs:
        return None
    word = pairs["status"].lower()
    return address, masked.mac(pairs.get("mac-address")), _MEANS.get(word, word), None


def _hardware(text: str) -> str | None:
    """A hardware address; a client identifier that holds one (type 1 in front) counts as it."""
    digits = re.sub("[:.-]", "", text).lower()
    digits = digits[2:] if len(digits) == 14 and digits.startswith("01") else digits
    return masked.mac(digits) if len(digits) == 12 else None


def _binding(row: _Row, section: str | None, reading: Reading, number: int, text: str) -> Binding:
    address, mac, state, ends = row
    return Binding(
        address=address,
        node=reading.node,
        mac=mac,
        state=state,
        expires=ends,
        interface=section,
        file=reading.file,
        line=number,
        text=text,
    )


TABLE = LogFormat(
    name="lease-list",
    title="list of leases of a firewall, router or server",
    role=MessageRole.SERVER,
    telling=re.compile(
        _HEADING.pattern + r"|(?<!\S)address=\d+\.\d+\.\d+\.\d+ .*(?<!\S)server=\S+ .*(?<!\S)status=[a-z]+",
        re.IGNORECASE,
    ),
    parse=beside(parse),
    last=True,
    guessed=True,
)
DETAILS = LogFormat(
    name="lease-details",
    title="bindings of Junos, field by field",
    role=MessageRole.SERVER,
    telling=re.compile(r"^\s*State:\s+[A-Z]+\(\w+_STATE_\w+\)\s*$"),
    parse=parse,
)
