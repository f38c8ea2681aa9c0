"""Syslog of SONiC's dhcp4relay, recorded with sonic-dhcp-relay c8ce985: what it did not pass on, and why.

It names neither message types nor clients; those are taken from the other witnesses. Two of its warnings come with every packet
that is relayed (`encode DHCP relay option`, `Invalid input interface` of the port that servers answer by) and tell nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address

from labgen.dhcp.logs import Line, LogFormat, Reading, Record
from labgen.dhcp.message import MessageRole
from labgen.dhcp.remarks import Cause, Remark
from labgen.dhcp.sentences import ADDRESS, Sayings, make

_LINE = re.compile(
    r".*?\bdhcp4relay(?:\[\d+\])?: (?::- \S+: )?(?P<words>.*)|(?P<alone>\[DHCPV4_(?:RELAY|INFO)\].*)"
)
_TAG = re.compile(r"^\[DHCPV4_(?:RELAY|INFO)\](?:\[DualTor\])? *")
_SAYINGS = Sayings(
    (r"UDP checksum validation is failing +packet is from interface (?P<interface>\S+)", Cause.DROPPED),
    (r"Checksum failed for IP packet from interface (?P<interface>\S+)", Cause.DROPPED),
    (r"Dropping packet: hop count \d+ exceeds", Cause.DROPPED),
    (r"agent relay mode is discard, dropping the packet (?P<interface>\S+)", Cause.DROPPED),
    (r"No IPv4 address configured on (?P<interface>[\w.-]+), *dropping", Cause.DROPPED),
    (r"Config not found for vlan (?P<interface>\S+)", Cause.DROPPED),
    (rf"Message received with empty giaddr from server (?P<address>{ADDRESS})", Cause.DROPPED),
    (r"Failed to find interface attached to address \d+", Cause.DROPPED),
    (rf"Circuit id sub-option is missing .* from server (?P<address>{ADDRESS})", Cause.DROPPED),
    (r"Dropping server reply for (?P<interface>[\w.-]+): VLAN socket not ready", Cause.DROPPED),
    (r"sending FAILED for configured server: \S+, interface: (?P<interface>\S+)", Cause.DROPPED),
    (r"Failed to send server reply to client on (?P<interface>\S+)", Cause.DROPPED),
    (rf"Failed to send to target address: (?P<address>{ADDRESS})", Cause.FAILED),
    (r"packet size is exceeding allowed size \d+ from interface (?P<interface>\S+)", Cause.OTHER),
    (r"No servers found for VLAN (?P<interface>\w+)", Cause.OTHER),
    (r"[Ff]ailed to (?:bind|create|attach|set socket)|Failed to .*(?:pipe|socket)", Cause.FAILED),
    (
        r"encode DHCP relay option|Invalid input interface|Packet is stripped|Decoding relay agent sub-option",
        None,
    ),
    (r"DHCP packet is sent to configured server|relay message is broadcast to client", None),
    (
        r"^setsockopt: |^libevent: |event listener|^Loading initial|^No DHCPV4_RELAY entries|relay config$",
        None,
    ),
    (
        r"^Processing |^Updating |^Add <|^Remove <|^Deleted VLAN|^Received |source interface|[Rr]elay config not found",
        None,
    ),
    (r"Vlan config not found for the circuit|RedisPipeline dtor|Data Updated to DB", None),
    (r"deferring socket creation|VLAN socket not ready for \S+, will ", None),
)
_MORE = {
    "UDP checksum": "dhcp4relay takes no datagram without a checksum, nor one whose sender leaves it to its port, as with veth: "
    "`ethtool -K PORT tx off` there",
    "agent relay mode": "the request has a giaddr: `--agent-relay-mode` append, replace or forward passes it on",
    "Config not found": "the reply names no VLAN of a relay, by circuit-id or giaddr: does the server return option 82?",
}
"""What labgen says of sentences that do not tell enough, by their beginnings."""
_NUMBER = re.compile(r"(?P<words>Failed to find interface attached to address) (?P<number>\d+)")


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """The reason why the relay did not pass on what came in."""
    for number, text in lines:
        found = _LINE.match(text)
        if found is None:
            reading.miss(number, text)
            continue
        words = _TAG.sub("", found["words"] if found["words"] is not None else found["alone"]).strip()
        remark = _SAYINGS.hear(reading, number, text, words, MessageRole.RELAY)
        if remark is not None:
            yield _with_peer(remark, reading, number, text, words)


def _with_peer(remark: Remark, reading: Reading, number: int, text: str, words: str) -> Remark:
    """The remark with what it leaves out: which address a number is, or why a packet was dropped."""
    more = next((f" ({why})" for start, why in _MORE.items() if words.startswith(start)), "")
    named = {"interface": remark.interface, "address": remark.address}
    if (unknown := _NUMBER.search(words)) is not None:
        named["address"] = str(_as_logged(int(unknown["number"])))
        words = f"{unknown['words']} {named['address']}"
    elif not more:
        return remark
    reading.remarks -= 1
    return make(reading, number, text, " ".join(words.split()) + more, MessageRole.RELAY, remark.cause, named)


def _as_logged(number: int) -> IPv4Address:
    """The address of a number that is logged as a little-endian machine has it in memory."""
    return IPv4Address((number & 0xFFFFFFFF).to_bytes(4, "little"))


LOG = LogFormat(
    name="dhcp4relay",
    title="SONiC dhcp4relay",
    role=MessageRole.RELAY,
    telling=re.compile(r"\[DHCPV4_(?:RELAY|INFO)\]|\bdhcp4relay(?:\[\d+\])?: "),
    parse=parse,
    programs=frozenset({"dhcp4relay"}),
)
