"""Log of ISC dhcpd. It prints neither xid nor options; `via` is the giaddr, or the interface for direct
messages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from labgen.dhcp import masked
from labgen.dhcp.logs import DHCP_NAMES, RX, TX, Line, LogFormat, Reading, Record
from labgen.dhcp.message import Message, MessageRole, MessageType, sighting
from labgen.dhcp.relay_options import RelayOptions
from labgen.dhcp.remarks import Cause, Remark
from labgen.dhcp.sentences import ADDRESS, MAC, MASKED, Sayings, make, words_after

_LINE = re.compile(
    r"(?P<name>DHCP(?:DISCOVER|OFFER|REQUEST|ACK|NAK|DECLINE|RELEASE|INFORM)|BOOTRE(?:QUEST|PLY))"
    rf"(?: (?:on|for|of) (?P<address>{masked.VALUE}))?(?: \((?P<server>{masked.VALUE})\))?"
    rf"(?: (?:from|(?:back )?to) (?P<who>{masked.VALUE}))?(?: \((?P<behind>[^)]*)\))?"
    r"(?: via (?P<via>[^\s,;()]+?)(?=\s|:|$))?(?P<rest>.*)"
)
_REASONS: tuple[tuple[str, Cause | None], ...] = (
    (r"peer holds all free leases", Cause.PEER_HOLDS),
    (r"(?:network|subnet) (?P<subnet>\S+?): no free leases|no free leases", Cause.POOL_EXHAUSTED),
    (r"unknown network segment|unknown subnet|no subnet declaration", Cause.NO_SCOPE),
    (r"wrong network", Cause.WRONG_NETWORK),
    (r"bad (?:packet|lease) format|bootp not enabled|ignored|not authoritative|disabled|rejected", Cause.REFUSED),
    (r"unknown client|BOOTP from dynamic", Cause.REFUSED),
    (r"database update failed", Cause.FAILED),
    (r"unknown lease|lease .* unavailable|unavailable|lease in transition|not responding", Cause.OTHER),
)  # fmt: skip
_WHY = tuple((re.compile(pattern, re.I), cause) for pattern, cause in _REASONS)
_HIDDEN = re.compile(MASKED + r"$")
_INFOBLOX = re.compile(
    r"^(?: TransID (?P<xid>[0-9a-f]{1,8}))?(?: relay (?P<relay>[\d.]+))?(?: lease-duration (?P<lease>\d+))?"
    r"(?: offered-duration (?P<offered>\d+))?(?: uid (?P<uid>[0-9a-f]{2}(?::[0-9a-f]{2})*))?(?: \((?:RENEW|NEW|REBIND|INIT[\w-]*)\))?"
)
"""What Infoblox appends to dhcpd's messages."""

_OPTION_82 = re.compile(
    rf"Option 82: received an? [A-Z]+ DHCP packet from relay-agent (?P<from>\S+) with (?P<what>.*) for \S+ \((?P<mac>{MAC})\)"
)
_SUB_OPTIONS = (
    ("circuit_id", re.compile(r'circuit-id of "([^"]*)"')),
    ("remote_id", re.compile(r'remote-id of "([^"]*)"')),
    ("link_selection", re.compile(r'link-selection of "([\d.]+)"')),
    ("server_id_override", re.compile(r'server-id-override of "([\d.]+)"')),
)
_SAYINGS = Sayings(
    (rf"Abandoning IP address (?P<address>{ADDRESS}): .*", Cause.CONFLICT),
    (rf"ICMP Echo reply while lease (?P<address>{ADDRESS}) valid", Cause.CONFLICT),
    (rf"reclaim.* abandoned .*(?P<address>{ADDRESS})", Cause.CONFLICT),
    (rf"uid lease (?P<address>{ADDRESS}) for client (?P<mac>{MAC}) is duplicate on (?P<subnet>\S+)", Cause.DUPLICATE_ID),
    (rf"uid lease (?P<address>{ADDRESS}) .*duplicate", Cause.DUPLICATE_ID),
    (rf"Client (?P<mac>{MAC}|\S+) .*(?:has duplicate|duplicate leases)", Cause.DUPLICATE_ID),
    (r"Dynamic and static leases present for (?P<address>\S+)\.?", Cause.FAILED),
    (r"no free leases", Cause.POOL_EXHAUSTED),
    (r"peer holds all free leases", Cause.PEER_HOLDS),
    (r"Both dynamic and static leases|Remove host declaration|or remove", Cause.OTHER),
    (r"No subnet declaration for (?P<interface>\S+)", Cause.NO_SCOPE),
    (r"Ignoring requests on (?P<interface>\S+?)\.?(?:\s|$)", Cause.NO_SCOPE),
    (r"Not configured to listen on any interfaces|Configuration file errors|\.conf line \d+: .*", Cause.FAILED),
    (r"Main process exited|Failed with result", Cause.FAILED),
    (r"(?:peer|failover).*(?:communications-interrupted|partner.?down|timed out|disconnect)", Cause.OTHER),
    (r"send_packet: .*|bind: .*|socket: .*|Can't |Unable to add|unable to", Cause.FAILED),
    (r"Lease conflict at (?P<address>\S+)", Cause.CONFLICT),
    (r"Internet Systems|Copyright |All rights|For info|Config file|Database file|PID file|Wrote \d+|Listening on", None),
    (r"Sending on|Server starting|reuse_lease|balanc|pool \S+ .*total|Added new|Removed |data:|parse_option", None),
    (r"failover peer .*: (?:I move|peer moves|Both)|isc-dhcpd|leased-address|Not searching|commit:|release:|execute", None),
    (r"^r-l-e:|^DHCPEXPIRE on ", None),
    (r"not what you want|you want, please|in your dhcpd|to which interface|DDNS|^if |^option |^interface |bytes of|dhcpd: $|^\s*$", None),
)  # fmt: skip
_PROGRAMS = frozenset({"dhcpd", "isc-dhcp-server", "dhcpd4"})
_REPLIES = frozenset({MessageType.OFFER, MessageType.ACK, MessageType.NAK, MessageType.BOOTREPLY})


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """One message per line; a reason behind it is a remark as well. Other lines are remarks or noise."""
    match, names = _LINE.match, DHCP_NAMES
    agents, xids = _Agents(), _Xids()
    for number, text in lines:
        at = text.find("DHCP")
        at = at if at >= 0 else text.find("BOOTRE")
        found = match(text, at) if at >= 0 else None
        if found is None and at >= 0 and (again := text.find("DHCP", at + 1)) >= 0:
            found = match(text, again)  # behind a tag such as `DHCPS:`
        if found is not None and (found["address"] or found["who"]):
            message = _message(found.groups(), names, reading, number, text)
            rest = found["rest"]
            if rest and rest[0] == " ":
                message, rest = _of_infoblox(message, rest, agents, xids, found["who"])
            yield message
            if rest.startswith(":"):
                yield from _because(found, rest, reading, number, text)
        elif "Option 82: received" in text and (agent := _OPTION_82.search(text)) is not None:
            agents[agent["mac"].lower()] = _sub_options(agent["what"])
            reading.chatter(number, text)
        else:
            remark = _SAYINGS.hear(reading, number, text, words_after(text, _PROGRAMS), MessageRole.SERVER)
            if remark is not None:
                yield remark


def _message(
    found: Sequence[str | None], names: Mapping[str, MessageType], reading: Reading, number: int, text: str
) -> Message:
    name, written, server, who, behind, via, rest = found
    kind, address = names[name or ""], masked.address(written)
    reply = kind in _REPLIES
    giaddr = masked.address(via)
    origin = masked.address(who)
    ciaddr = origin if origin else (address if kind is MessageType.RELEASE else None)
    requested = None if reply or ciaddr else address
    return sighting(
        type=kind,
        node=reading.node_of(text),
        role=reading.role or MessageRole.SERVER,
        direction=TX if reply else RX,
        time=reading.time(text),
        giaddr=giaddr,
        server_id=masked.address(server),
        requested=requested,
        yiaddr=address if reply and kind is not MessageType.NAK else None,
        ciaddr=ciaddr,
        mac=masked.mac(who) or masked.mac(behind),
        interface=None if giaddr or (via and _HIDDEN.match(via)) else via,
        note=_note(rest) if rest else None,
        file=reading.file,
        line=number,
        text=text,
    )


class _Agents(dict[str, RelayOptions]):
    """Option 82 by hardware address, from the line before the message that it is of."""


class _Xids(dict[str, int]):
    """The last transaction by client as it is written: Infoblox prints it with requests only."""

    def __setitem__(self, who: str, xid: int) -> None:
        if len(self) >= _MOST_XIDS:
            self.clear()
        super().__setitem__(who, xid)


_MOST_XIDS = 50_000


def _of_infoblox(
    message: Message, rest: str, agents: _Agents, xids: _Xids, who: str | None
) -> tuple[Message, str]:
    """The message with what Infoblox says more of it, and what stands behind that."""
    found = _INFOBLOX.match(rest)
    if found is None or not found.group():
        return message, rest
    lease, relay = found["offered"] or found["lease"], masked.named(found["relay"])
    rest = rest[found.end() :]
    if found["xid"] and who:
        xids[who] = int(found["xid"], 16)
    options = agents.pop(message.mac or "", None) if message.direction is RX else None
    more = replace(
        message,
        xid=xids.get(who or "") if message.type.is_reply or found["xid"] else None,
        client_id=found["uid"],
        giaddr=message.giaddr or relay,
        interface=None if found["relay"] else message.interface,
        lease_seconds=int(lease) if lease else None,
        relay_options=options,
        option82=True if options is not None else None,
        note=_note(rest) if rest else None,
    )
    return more, rest


def _sub_options(text: str) -> RelayOptions:
    found = {
        name: match.group(1) for name, pattern in _SUB_OPTIONS if (match := pattern.search(text)) is not None
    }
    return RelayOptions(**found)  # type: ignore[arg-type]  # the table names fields of text


def _note(rest: str) -> str | None:
    said = rest.strip(" :.\t")
    if not said or said == "(found)":
        return None
    return "no lease" if said == "(not found)" else said


def _because(found: re.Match[str], rest: str, reading: Reading, number: int, text: str) -> Iterator[Remark]:
    """The reason that dhcpd appends to a message it does not serve."""
    said = rest.strip(" :.\t")
    for pattern, cause in _WHY:
        why = pattern.search(said)
        if why is not None and cause is not None:
            if found["name"] == "DHCPINFORM":
                cause = Cause.OTHER  # its client has an address already
            via = found["via"]
            fields = {
                **why.groupdict(),
                "mac": masked.mac(found["who"]),
                "address": masked.address(found["address"]),
            }
            fields["giaddr"], fields["interface"] = masked.address(via), None if masked.address(via) else via
            words = said if masked.address(via) is None else f"{said} (giaddr {via})"
            yield make(reading, number, text, words, MessageRole.SERVER, cause, fields)
            return


LOG = LogFormat(
    name="dhcpd",
    title="ISC dhcpd log",
    role=MessageRole.SERVER,
    telling=re.compile(
        r"\b(?:dhcpd(?:\[\d+\])?|isc-dhcp-server\[\d+\]): (?!%)"
        r"|^(?!.*\[(?:note|info|warn|kea-dhcp4[^\]]*)\]).*DHCP(?:DISCOVER|REQUEST|RELEASE|INFORM)\b.* from \S+ .*via "
        r"|^(?!.*\[note\]).*DHCP(?:OFFER|ACK|NAK) on \S+ to |DHCP Server 4\.|^(?:No subnet declaration for|\*\* Ignoring requests on) "
    ),
    parse=parse,
    programs=_PROGRAMS,
)
