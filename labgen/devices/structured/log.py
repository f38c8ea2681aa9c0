"""Servers that log objects: one JSON object or one list of `key=value` a line, with the fields of a DHCP message under
whatever name.

Read are servers of clouds and boot services, Suricata's EVE and Zeek's dhcp.log in JSON, CoreDHCP and the like. A line counts
as a message when it names a type and a client or a transaction.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from labgen.dhcp import masked
from labgen.dhcp.complaints import IN_VAIN
from labgen.dhcp.logs import RX, TX, Line, LogFormat, Reading, Record
from labgen.dhcp.message import Message, MessageRole, MessageType, sighting
from labgen.dhcp.remarks import Cause, Remark
from labgen.dhcp.sentences import certain, heard, make
from labgen.dhcp.textpacket import message_type

_PAIRS = re.compile(r'([\w.-]+)=(?:"((?:[^"\\]|\\.)*)"|(\S*))')
_DEEPEST = 6
_NAMES = {
    name: tuple(labels.split())
    for name, labels in (
        (
            "type",
            "dhcp_type dhcp_message_type message_type msg_type msg_types msgtype messagetype dhcp_msg packet_type type event op"
            " action",
        ),
        (
            "mac",
            "mac client_mac chaddr client_hw_addr hwaddr hw_addr mac_address macaddress clientmac hardware_address"
            " client_hwaddr stamac sta_mac station_mac client_hw",
        ),
        ("xid", "xid transaction_id transactionid tid trans_id id"),
        (
            "yiaddr",
            "yiaddr your_ip assigned_ip  assigned_addr offered_ip leased_ip lease_ip ip address ip_address",
        ),
        ("giaddr", "giaddr relay_ip gateway_ip relay_agent_ip relay"),
        ("ciaddr", "ciaddr client_ip"),
        ("requested", "requested_ip requested_address requested_addr requested"),
        ("server_id", "server_id server_identifier serverid server_addr dhcp_server"),
        ("lease", "lease_time lease_seconds leasetime lease lease_duration"),
        ("interface", "interface iface ifname in_iface"),
        ("time", "timestamp ts time @timestamp date"),
        ("host", "host hostname node server_name"),
        ("words", "msg message error err reason"),
        ("level", "level lvl severity loglevel"),
        ("error", "error err reason cause"),
    )
}
"""What fields are called, the most telling name first."""


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """A message for each object that names one, several where it lists several; remarks for what complains."""
    columns: list[str] | None = None
    for number, text in lines:
        named = _columns(text)
        if named is not None or (columns is not None and text.startswith("#")):
            columns = named or columns
            reading.chatter(number, text)
            continue
        fields = _known(_row(text, columns)) if columns is not None else _fields(text)
        kinds = [] if _is_error(fields) else _kinds(fields)
        known = masked.mac(fields.get("mac")) is not None or fields.get("xid") is not None
        if kinds and known:
            time = _time(fields, reading, text)
            role = (
                MessageRole.TRANSIT if columns is not None or '"event_type"' in text else MessageRole.SERVER
            )
            yield from (_message(kind, fields, time, role, reading, number, text) for kind in kinds)
            continue
        words = list(dict.fromkeys(w for w in (fields.get("words"), fields.get("error")) if w))
        remark = _in_vain(fields, reading, number, text, ": ".join(words))
        remark = remark or heard(reading, number, text, ": ".join(words), MessageRole.SERVER)
        if remark is not None:
            yield replace(
                remark,
                mac=remark.mac or masked.mac(fields.get("mac")),
                giaddr=remark.giaddr or masked.named(fields.get("giaddr")),
                cause=_cause(remark, fields),
            )


def _in_vain(
    fields: Mapping[str, str], reading: Reading, number: int, text: str, words: str
) -> Remark | None:
    """An error that names a client and says, in words that no table knows, that there was nothing for it."""
    told = fields.get("level", "").lower() in _ERRORS and masked.mac(fields.get("mac")) is not None
    if not told or certain(words) is not None or not IN_VAIN.search(words):
        return None
    cause = Cause.POOL_EXHAUSTED if _NO_LEASE.search(words) else Cause.FAILED
    return make(reading, number, text, words, MessageRole.SERVER, cause, {})


_NO_LEASE = re.compile(r"\bno (?:more |free )?leases? (?:is |are )?(?:available|left)\b", re.I)
_NOT_KNOWN = re.compile(
    r"\b(?:hardware|hosts?|clients?|mac(?: address)?|machines?|devices?|reservations?|records?)\b.{0,40}"
    r"\b(?:not (?:found|known|registered|configured|allowed)|unknown)\b"
    r"|\b(?:unknown|no(?: such)?) (?:hardware|host|client|mac|machine|device|reservation|record)\b",
    re.I,
)
"""What servers that answer only whom they know say of the others."""


def _cause(remark: Remark, fields: Mapping[str, str]) -> Cause:
    """The cause of an object; one whose level is an error tells of a fault, whatever the words."""
    if remark.cause in (Cause.FAILED, Cause.OTHER) and _NOT_KNOWN.search(remark.words):
        return Cause.REFUSED
    graver = remark.cause is Cause.OTHER and fields.get("level", "").lower() in _FAULTS
    return Cause.FAILED if graver else remark.cause


def _is_error(fields: Mapping[str, str]) -> bool:
    """True if a line tells of what went wrong with a message, not of the message."""
    return fields.get("level", "").lower() in _ERRORS and bool(_TROUBLE.search(fields.get("words", "")))


_ERRORS = frozenset({"error", "err", "warn", "warning", "fatal", "critical"})
_FAULTS = _ERRORS - {"warn", "warning"}
_TROUBLE = re.compile(
    r"\b(?:error|fail\w*|could not|cannot|unable|no \w+ (?:found|available)|exhausted|allocated)\b", re.I
)


_HEADING = re.compile(
    r"^(?:#fields\t)?(?=.*\b(?:mac|chaddr|mac_addr|client_mac)\b)(?=.*(?:msg_types|option\.dhcp\b|message.?type|dhcp_type))"
    r"[\w .#-]+(?:[\t,;|][\w .-]+){3,}$",
    re.IGNORECASE,
)
_TSHARK = {
    "dhcp.option.dhcp": "dhcp_type",
    "dhcp.id": "xid",
    "dhcp.ip.your": "yiaddr",
    "dhcp.ip.client": "ciaddr",
    "dhcp.ip.relay": "giaddr",
    "dhcp.hw.mac_addr": "mac",
    "dhcp.option.dhcp_server_id": "server_id",
    "dhcp.option.requested_ip_address": "requested",
    "dhcp.option.ip_address_lease_time": "lease_time",
    "frame.time_epoch": "ts",
}
"""tshark's names of fields (`-T fields -E header=y`); those before version 3 begin with `bootp`."""


def _columns(text: str) -> list[str] | None:
    """The names of a table's columns, where a line is their heading: Zeek's dhcp.log, tshark's fields, exports."""
    if _HEADING.match(text) is None:
        return None
    names = re.split(r"[\t,;|]", text.removeprefix("#fields\t").strip())
    plain = [re.sub(r"^bootp\b", "dhcp", name.strip().lower()) for name in names]
    return [_TSHARK.get(name, name.replace(" ", "_").replace("-", "_")) for name in plain]


def _row(text: str, columns: Sequence[str]) -> dict[str, str]:
    cells = re.split(r"[\t,;|]", text)
    pairs = zip(columns, cells, strict=False)
    if len(cells) < len(columns) - 1:
        return {}
    if "\t" not in text:
        return {name: cell.strip().strip('"') for name, cell in pairs if cell.strip() not in ("", "-")}
    return {
        name: cell.strip()
        for name, cell in zip(columns, text.split("\t"), strict=False)
        if cell.strip() not in ("", "-", "(empty)")
    }


def _fields(text: str) -> dict[str, str]:
    """The fields of a line under the names this package uses."""
    return _known(_flat(text))


def _known(found: Mapping[str, str]) -> dict[str, str]:
    result: dict[str, str] = {}
    for name, labels in _NAMES.items():
        value = next((found[label] for label in labels if found.get(label)), None)
        if name == "type" and value is not None and message_type(value.partition(",")[0]) is None:
            value = next((v for label in labels if (v := found.get(label)) and message_type(v)), value)
        if value is not None:
            result[name] = value
    return result


def _flat(text: str) -> dict[str, str]:
    """Keys in lower case without their parents' names; a list is its items with commas."""
    at = text.find("{")
    if at >= 0:
        try:
            data = json.loads(text[at:])
        except (ValueError, RecursionError):
            data = None
        if isinstance(data, dict):
            flat: dict[str, str] = {}
            _flatten(data, flat, 0)
            return flat
    return {key.lower().replace("-", "_"): quoted or bare for key, quoted, bare in _PAIRS.findall(text)}


def _flatten(data: Mapping[str, object], into: dict[str, str], depth: int) -> None:
    for key, value in data.items():
        name = str(key).lower().replace("-", "_").rpartition(".")[2]
        if isinstance(value, Mapping) and depth < _DEEPEST:
            _flatten(value, into, depth + 1)
        elif isinstance(value, list):
            into[name] = ",".join(str(item) for item in value)
        elif value is not None and not isinstance(value, Mapping):
            into[name] = str(value)


def _kinds(fields: Mapping[str, str]) -> list[MessageType]:
    found = [message_type(part) for part in fields.get("type", "").split(",")]
    known = [kind for kind in found if kind is not None]
    if known or "words" not in fields:
        return known
    named = _NAMED.search(fields["words"])
    kind = message_type(named.group(named.lastindex or 0)) if named is not None else None
    return [kind] if kind is not None else []


_TYPES = "DISCOVER|OFFER|REQUEST|ACK|NAK|DECLINE|RELEASE|INFORM"
_NAMED = re.compile(
    rf"(?i:\bDHCP[ _-]?({_TYPES}))"
    rf"|\b(?i:received|receiving|got|recv|sent|sending|send|replied(?: with)?|handling|processing|offering)(?i: an?)? ({_TYPES})\b"
    rf"|^({_TYPES})\b"
)
"""How a sentence names the message that it is about."""


def _time(fields: Mapping[str, str], reading: Reading, text: str) -> float | None:
    written = fields.get("time", "")
    try:
        number = float(written)
    except ValueError:
        return _dated(written, reading) or reading.time(text)
    for scale in (1.0, 1e3, 1e6, 1e9):
        if 1e8 < number / scale < 4e9:
            reading.stamps.kind = "epoch"
            return number / scale
    return None


def _dated(written: str, reading: Reading) -> float | None:
    try:
        stamp = datetime.fromisoformat(written.replace("Z", "+00:00"))
    except ValueError:
        return None
    reading.stamps.kind = "epoch"
    return stamp.timestamp() if stamp.tzinfo is not None else stamp.replace(tzinfo=UTC).timestamp()


def _message(
    kind: MessageType,
    fields: Mapping[str, str],
    time: float | None,
    role: MessageRole,
    reading: Reading,
    number: int,
    text: str,
) -> Message:
    reply, given = kind.is_reply, masked.named(fields.get("yiaddr"))
    lease = re.match(r"\d+", fields.get("lease", ""))
    return sighting(
        type=kind,
        node=fields.get("host") or reading.node,
        role=reading.role or role,
        direction=TX if reply else RX,
        time=time,
        giaddr=masked.named(fields.get("giaddr")),
        server_id=masked.named(fields.get("server_id")),
        requested=masked.named(fields.get("requested")),
        yiaddr=given if reply and kind is not MessageType.NAK else None,
        ciaddr=masked.named(fields.get("ciaddr")),
        mac=masked.mac(fields.get("mac")),
        xid=_xid(fields.get("xid", "")),
        lease_seconds=int(lease.group()) if lease is not None and reply else None,
        interface=fields.get("interface"),
        file=reading.file,
        line=number,
        text=text,
    )


def _xid(written: str) -> int | None:
    try:
        number = int(written, 0)
    except ValueError:
        return int(written, 16) if re.fullmatch(r"[0-9a-fA-F]{1,8}", written) else None
    return number if 0 <= number <= 0xFFFFFFFF else None


LOG = LogFormat(
    name="structured",
    title="DHCP server log of JSON objects or key=value",
    role=MessageRole.SERVER,
    telling=re.compile(
        _HEADING.pattern + r"|^(?!.*\"event\": ?\"packet\")"
        r"(?=.*\"?(?:mac|stamac|chaddr|client_mac|client_hw_addr|hwaddr|xid|transaction_id)\"?[=:])"
        r"(?=.*(?:[\"=: ]|DHCP)(?:DHCP[ _-]?)?(?:discover|offer|request|ack|nak|inform|release)\b)"
        r"(?:.*\{\"|.*\b(?:level|lvl|ts|time|msg)=)"
        r"|^(?=\s*(?:\S+ )?\{.*\"(?:msg|message)\": ?\")(?=.*\"(?:level|lvl|severity)\": ?\"(?:err|warn|fatal|crit))"
        r"(?=.*dhcp)(?!.*dhcp_?v?6)",
        re.IGNORECASE,
    ),
    parse=parse,
)
