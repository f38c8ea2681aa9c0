"""Log of dnsmasq's DHCP server, with `log-dhcp` or without; the xid is decimal, and only there with
`log-dhcp`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from labgen.dhcp import masked
from labgen.dhcp.logs import DHCP_NAMES, RX, TX, Line, LogFormat, Reading, Record
from labgen.dhcp.message import Message, MessageRole, MessageType, sighting
from labgen.dhcp.remarks import Cause, Remark
from labgen.dhcp.sentences import ADDRESS, Sayings, make, words_after
from labgen.dhcp.suboptions import relay_options
from labgen.dhcp.textpacket import message_type

_LINE = re.compile(
    r"(?:dnsmasq(?:-dhcp)?(?:\[\d+\])?: )?(?:(?P<xid>\d+) )?(?:"
    r"(?P<name>DHCP[A-Z]+|BOOTP)\((?P<interface>[^)]+)\) ?(?:(?P<address>[\dxX*#]+(?:\.[\dxX*#]+){3}) ?)?"
    r"(?P<mac>[0-9a-fA-FxX*]{2}(?:[:-][0-9a-fA-FxX*]{2})+|<[^>]*>)?(?P<rest>.*)"
    r"|PXE\((?P<port>[^)]+)\) (?:(?P<given>[\d.]+) )?(?P<pxe>[0-9a-fA-FxX*]{2}(?:[:-][0-9a-fA-FxX*]{2})+)\b.*"
    r"|sent size: +\d+ option: +(?P<option>\d+) [\w-]+ +(?P<value>.*)"
    r"|DHCP relay at (?P<relay>\S+) -> (?P<server>\S+)"
    r")"
)
_SAYINGS = Sayings(
    (rf"no address range available for DHCP request via (?P<giaddr>{ADDRESS})", Cause.NO_SCOPE),
    (r"no address range available for DHCP request via (?P<interface>\S+)", Cause.NO_SCOPE),
    (r"DHCP packet received on (?P<interface>\S+) which has no address", Cause.NO_ADDRESS),
    (rf"not using configured address (?P<address>{ADDRESS}) because .*", Cause.RESERVED_IN_USE),
    (rf"not giving name .* to the DHCP lease of (?P<address>{ADDRESS})", Cause.OTHER),
    (r"no address available|lease limit|dhcp-lease-max", Cause.POOL_EXHAUSTED),
    (rf"abandoning lease to \S+ of (?P<address>{ADDRESS})", Cause.CONFLICT),
    (rf"disabling DHCP static address (?P<address>{ADDRESS})", Cause.CONFLICT),
    (
        r"Cannot (?:broadcast|send) .*|ARP-cache injection failed.*|DHCP range .* is not consistent with netmask"
        r"|DHCP relay address .* on more than one interface|duplicate IP address .* in dhcp-config",
        Cause.FAILED,
    ),
    (r"duplicate dhcp-host|duplicate IP address", Cause.OTHER),
    (rf"Error sending DHCP packet to (?P<address>{ADDRESS}): .*", Cause.FAILED),
    (r"DHCP.*(?:ignored|disabled)|unknown interface|failed to .*|cannot .*|bad .*", Cause.FAILED),
    (r"started|compile|DHCP, (?:IP|sockets|static|relay)|available DHCP (?:range|subnet)|client provides|vendor class", None),
    (r"user class|tags?:|requested options|next server|sent size|bootfile name|server name|broadcast response", None),
    (r"DHCP relay from|read /|reading |using nameserver|cleared|cached|query|reply|forwarded|config |inotify", None),
    (r"PXE|TFTP|sent /|script|exiting|cannot read|nameserver|domain|DNS service|overflow|option:|^\s*$|\d+ DHCP", None),
)  # fmt: skip
_BARE = re.compile(
    r"^[\s>]*DHCP(?:DISCOVER|OFFER|REQUEST|ACK|NAK|DECLINE|RELEASE|INFORM)\([\w.@:-]+\) "
    r"(?:(?:\d+\.){3}\d+ )?(?:[0-9a-fA-F]{2}:){5}"
)
"""A message whose line was copied without the program's name."""
_ASKING = (MessageType.REQUEST, MessageType.DISCOVER, MessageType.DECLINE)
_TELLING_OPTIONS = frozenset({"1", "51", "53", "54", "82"})
_REPLIES = frozenset({"DHCPOFFER", "DHCPACK", "DHCPNAK"})
_PROGRAMS = frozenset({"dnsmasq", "dnsmasq-dhcp", "dnsmasq-tftp", "dnsmasq-script"})
_XID = re.compile(r"^\d{4,10} (?=\D)")
_DURATION = re.compile(r"(\d+)([dhms])")
_UNIT = {"d": 86400, "h": 3600, "m": 60, "s": 1}


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """Messages; a reply is complete when the options that `log-dhcp` lists after it have ended."""
    reply: Message | None = None
    unusable: str | None = None
    match = _LINE.match
    for number, text in lines:
        at = text.find("dnsmasq")
        if at < 0 and "DHCP" in text and _BARE.match(text):
            at = text.find("DHCP")
        found = match(text, at) if at >= 0 else None
        if found is None:
            words = words_after(text, _PROGRAMS)
            remark = _SAYINGS.hear(reading, number, text, _XID.sub("", words), MessageRole.SERVER)
            if remark is not None:
                yield remark
                unusable = remark.address if remark.cause is Cause.RESERVED_IN_USE else unusable
            continue
        option = found["option"]
        if found["pxe"] is not None:
            if reply is not None:
                yield reply
            reply = _to_boot_client(found, reading, number, text)
            continue
        if option is not None:
            if reply is not None and option in _TELLING_OPTIONS:
                reply = _with_option(reply, option, found["value"].strip())
            continue
        if reply is not None:
            yield reply
            reply = None
        name = found["name"]
        if name is not None:
            message = _message(found, name, reading, number, text)
            if message is not None and message.note is not None:
                yield from _because(message, reading, number, text, unusable)
            unusable = None
            if name not in DHCP_NAMES and name != "BOOTP":
                reading.miss(number, text)
            if message is not None and name in _REPLIES and message.xid is not None:
                reply = message
            elif message is not None:
                yield message
        else:
            yield _relayed(found, reading, number, text)
    if reply is not None:
        yield reply


def _message(found: re.Match[str], name: str, reading: Reading, number: int, text: str) -> Message | None:
    kind = DHCP_NAMES.get(name) or (MessageType.BOOTREQUEST if name == "BOOTP" else None)
    if kind is None:
        return None
    xid, _, interface, written, mac, rest = found.group("xid", "name", "interface", "address", "mac", "rest")
    reply, address = name in _REPLIES, masked.address(written)
    return sighting(
        type=kind,
        node=reading.node_of(text),
        role=reading.role or MessageRole.SERVER,
        direction=TX if reply else RX,
        time=reading.time(text),
        requested=address if kind in _ASKING else None,
        yiaddr=address if reply and kind is not MessageType.NAK else None,
        ciaddr=address if kind in (MessageType.RELEASE, MessageType.INFORM) else None,
        mac=masked.mac(mac),
        xid=int(xid) if xid else None,
        interface=interface,
        note=_note(kind, rest.strip()),
        file=reading.file,
        line=number,
        text=text,
    )


def _note(kind: MessageType, rest: str) -> str | None:
    """The text after the MAC address: a host name for ACKs, a reason for the others."""
    if not rest or kind in (MessageType.ACK, MessageType.OFFER):
        return None
    return "no lease" if rest == "unknown lease" else rest


_REASONS = (
    (re.compile(r"no address (?:range )?available|no address"), Cause.POOL_EXHAUSTED),
    (re.compile(r"\bignored\b|disabled|no unique-id"), Cause.REFUSED),
    (re.compile(r"wrong (?:network|address)"), Cause.WRONG_NETWORK),
)


def _because(
    message: Message, reading: Reading, number: int, text: str, unusable: str | None
) -> Iterator[Remark]:
    """The reason behind a message that dnsmasq does not serve; `unusable` is the address it just said it cannot give: the client has
    no other one, and no pool is empty.
    """
    for pattern, cause in _REASONS:
        if message.note is not None and pattern.search(message.note):
            fields = {"mac": message.mac, "interface": message.interface}
            if unusable is not None and cause is Cause.POOL_EXHAUSTED:
                cause, fields = Cause.RESERVED_IN_USE, {"mac": message.mac, "address": unusable}
            words = f"{message.type} on {message.interface}: {message.note}"
            yield make(reading, number, text, words, MessageRole.SERVER, cause, fields)
            return


def _to_boot_client(found: re.Match[str], reading: Reading, number: int, text: str) -> Message:
    """An answer to a PXE client beside the network's own DHCP server: an OFFER, where no option 53 tells that it is an ACK."""
    return sighting(
        type=MessageType.OFFER,
        node=reading.node_of(text),
        role=reading.role or MessageRole.SERVER,
        direction=TX,
        time=reading.time(text),
        mac=masked.mac(found["pxe"]),
        xid=int(found["xid"]) if found["xid"] else None,
        interface=found["port"],
        vendor_class="PXEClient",
        file=reading.file,
        line=number,
        text=text,
    )


def _with_option(message: Message, option: str, value: str) -> Message:
    if option == "53":
        return replace(message, type=message_type(value) or message.type)
    if option == "54":
        return replace(message, server_id=value)
    if option == "51":
        return replace(message, lease_seconds=_seconds(value))
    if option == "1":
        return replace(message, mask=value)
    if option == "82":
        try:
            return replace(
                message, option82=True, relay_options=relay_options(bytes.fromhex(value.replace(":", "")))
            )
        except ValueError:
            return replace(message, option82=True)
    return message


def _seconds(value: str) -> int | None:
    parts = _DURATION.findall(value)
    return sum(int(count) * _UNIT[unit] for count, unit in parts) if parts else None


def _relayed(found: re.Match[str], reading: Reading, number: int, text: str) -> Message:
    return sighting(
        type=MessageType.BOOTREQUEST,
        node=reading.node_of(text),
        role=MessageRole.RELAY,
        direction=TX,
        time=reading.time(text),
        src=found["relay"],
        dst=found["server"],
        giaddr=found["relay"],
        file=reading.file,
        line=number,
        text=text,
    )


LOG = LogFormat(
    name="dnsmasq",
    title="dnsmasq DHCP log",
    role=MessageRole.SERVER,
    telling=re.compile(r"dnsmasq(?:-dhcp)?(?:\[\d+\])?: |" + _BARE.pattern),
    parse=parse,
    programs=_PROGRAMS,
)
