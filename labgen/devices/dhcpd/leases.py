"""dhcpd.leases: append-only blocks, the last block of an address counts; option 82 is stored."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.devices.dhclient.leases import date
from labgen.dhcp.logs import Line, LogFormat, Reading, Record
from labgen.dhcp.message import MessageRole
from labgen.dhcp.model import Binding
from labgen.dhcp.relay_options import RelayOptions
from labgen.dhcp.suboptions import vss_text

_OPEN = re.compile(r"lease ([\d.]+) \{")
_SETTING = re.compile(
    r"\s*(binding state|hardware ethernet|uid|starts|ends|option agent\.[\w-]+"
    r"|client-hostname)\s+(.*?);\s*$"
)
_OCTAL = re.compile(r"\\(?:([0-7]{3})|(.))")


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """The bindings that hold at the end of the file, with the state of each."""
    last: dict[str, Binding] = {}
    block: dict[str, str] | None = None
    address, start = "", 0
    for number, text in lines:
        opened = _OPEN.match(text)
        if opened is not None:
            block, address, start = {}, opened.group(1), number
        elif block is not None and text.startswith("}"):
            last.pop(address, None)
            last[address] = _binding(address, block, reading, start)
            block = None
        elif block is not None:
            match = _SETTING.match(text)
            if match is not None:
                block[match.group(1)] = match.group(2)
        elif (
            not text.startswith(("#", "}", "authoring-byte-order", "server-duid", "failover"))
            and text.strip()
        ):
            reading.miss(number, text)
    yield from last.values()


def _binding(address: str, block: dict[str, str], reading: Reading, number: int) -> Binding:
    starts, ends = date(block.get("starts", "")), date(block.get("ends", ""))
    return Binding(
        address=address,
        node=reading.node,
        mac=block.get("hardware ethernet"),
        client_id=_uid(block.get("uid")),
        state=(block.get("binding state", "").split() or ["active"])[-1],
        expires=ends,
        lease_seconds=int(ends - starts) if starts is not None and ends is not None else None,
        relay_options=_relay_options(block),
        file=reading.file,
        line=number,
        text=f"lease {address} {{ binding state {block.get('binding state', 'active')}; }}",
    )


def _uid(value: str | None) -> str | None:
    if value is None:
        return None
    if not value.startswith('"'):
        return value
    return _octets(value.strip('"')).hex(":")


def _octets(quoted: str) -> bytes:
    """Octets of a string of the lease file: printable as they are, others as a backslash and three
    octal digits.
    """
    parts, at = bytearray(), 0
    for match in _OCTAL.finditer(quoted):
        parts += quoted[at : match.start()].encode("latin-1", "replace")
        parts += (
            bytes((int(match.group(1), 8) & 0xFF,))
            if match.group(1)
            else match.group(2).encode("latin-1", "replace")
        )
        at = match.end()
    return bytes(parts + quoted[at:].encode("latin-1", "replace"))


def _relay_options(block: dict[str, str]) -> RelayOptions | None:
    found = {name[13:]: value.strip('"') for name, value in block.items() if name.startswith("option agent.")}
    if not found:
        return None
    unknown = found.get("unknown-151")
    return RelayOptions(
        circuit_id=found.get("circuit-id"),
        remote_id=found.get("remote-id"),
        link_selection=found.get("link-selection"),
        server_id_override=found.get("server-id-override"),
        vss=vss_text(_hex(unknown)) if unknown else None,
    )


def _hex(value: str) -> bytes:
    try:
        return bytes(int(part, 16) for part in value.split(":"))
    except ValueError:
        return _octets(value)


LEASES = LogFormat(
    name="dhcpd-leases",
    title="ISC dhcpd lease file",
    role=MessageRole.SERVER,
    telling=re.compile(r"^lease [\d.]+ \{|^\s+binding state \w+;|^\s+cltt \d|dhcpd\.leases\(5\)"),
    parse=parse,
)
