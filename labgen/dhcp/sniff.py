"""An answer for files that are not read: what they look like, why they are not read, and what would be."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

_INSTEAD = "what would be read: a capture of the exchange (`tcpdump -s 0 -w FILE port 67 or port 68`), or the server's or relay's log"

_BINARIES = (
    (b"LfLe", "a Windows event log (.evt): export it as text"),
    (b"ElfFile\0", "a Windows event log (.evtx): export the DHCP audit log (DhcpSrvLog-*.log) instead"),
    (b"LPKSHHRH", "a systemd journal file: write it as text with `journalctl --file FILE`"),
    (b"snoop\0\0\0", "a snoop capture: convert it with `editcap -F pcap`"),
    (b"GMBU", "a Microsoft Network Monitor capture: convert it with `editcap -F pcap`"),
    (b"RTSS", "a Network Monitor 1 capture: convert it with `editcap -F pcap`"),
    (b"XCP\0", "a NetXRay capture: convert it with `editcap -F pcap`"),
    (b"\x34\xcd\xb2\xa1", "a pcap of a patched kernel (Kuznetzov): convert it with `editcap -F pcap`"),
    (b"\xa1\xb2\xcd\x34", "a pcap of a patched kernel (Kuznetzov): convert it with `editcap -F pcap`"),
    (b"PK\x03\x04", "a zip archive: unpack it and name the files in it"),
    (b"7z\xbc\xaf", "a 7-Zip archive: unpack it and name the files in it"),
    (b"Rar!", "a RAR archive: unpack it and name the files in it"),
    (b"\x28\xb5\x2f\xfd", "a zstd file: unpack it with `zstd -d`"),
    (b"%PDF", "a PDF document: copy the log out of it as text"),
    (b"\x89PNG", "a picture: a screenshot holds no text that could be read; copy the log as text"),
    (b"\xff\xd8\xff", "a picture: a screenshot holds no text that could be read; copy the log as text"),
    (b"GIF8", "a picture: a screenshot holds no text that could be read; copy the log as text"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3", "an SQLite database"),
)
_DHCPV6 = "about DHCPv6, which labgen does not explain"
_VERSION_4 = re.compile(r"^(?=.*(?:\[\d+\]:|\d\d:\d\d)).*dhcp(?:v4|4)(?![\d.])", re.I)
_TYPE_6 = re.compile(
    r"(?i:\bdhcp6 |DHCPv6.{0,40}?\b|\bXMT: |\bRCV: )"
    r"(?P<type>(?i:solicit|advertise|request|reply|renew|rebind|confirm|decline|release|relay-forw|relay-repl))\b"
    r"|\b(?P<plain>SOLICIT|ADVERTISE)\b"
)
_STATUS_6 = re.compile(r"\b(?:NoAddrsAvail|NoPrefixAvail|NoBinding|NotOnLink|UnspecFail)\b")
_TEXTS = (
    (
        re.compile(
            r"^\s*(?:subnet|shared-network|host|option domain-name|authoritative|default-lease-time)\b.*[{;]\s*$"
        ),
        "a configuration of ISC dhcpd, not a log",
    ),
    (re.compile(r'^\s*"?(?:Dhcp4|subnet4|interfaces-config)"?\s*:'), "a configuration of Kea, not a log"),
    (
        re.compile(r"^\s*(?:dhcp-range|dhcp-option|dhcp-host|dhcp-relay)="),
        "a configuration of dnsmasq, not a log",
    ),
    (
        re.compile(
            r"^\s*(?:ip helper-address|ip dhcp (?:pool|relay|excluded|snooping)"
            r"|interface (?:Vlan|Gigabit|Ethernet|Loopback))"
        ),
        "a configuration of a switch or router, not a log (`labgen audit` reads those)",
    ),
    (
        re.compile(r"^set (?:system services dhcp|forwarding-options|service dhcp|interfaces) "),
        "a configuration of Junos or VyOS, not a log",
    ),
    (re.compile(r"^\s*<\?xml|^\s*<(?:packet|pdml|psml)\b"), "XML"),
    (
        re.compile(r"^\s*(?:0x)?[0-9a-f]{4,8}:?\s+(?:[0-9a-f]{2,4}\s+){8,}", re.I),
        "a hex dump: turn it into a capture with `text2pcap`",
    ),
    (re.compile(r"(?i:DHCPv6|dhcp6)|\bSOLICIT|\bADVERTISE\b"), _DHCPV6),
    (
        re.compile(r"\b(?:radiusd|Access-Request|hostapd|wpa_supplicant)\b"),
        "a log of an authentication server or supplicant; DHCP comes after it",
    ),
    (
        re.compile(r"^\S+\s+(?:\d+\.){3}\d+.*\bICMP\b|\bping\b.*statistics", re.I),
        "about reachability, not DHCP",
    ),
)
_CSV = re.compile(r"^[^,;\t]+(?:[,;\t][^,;\t]*){3,}$")


def looks_like(head: bytes) -> str:
    """The message about a binary file."""
    for magic, name in _BINARIES:
        if head.startswith(magic):
            return f"looks like {name}; neither text nor a capture (pcap, pcapng): not read"
    return f"neither text nor a capture (pcap, pcapng): not read; {_INSTEAD}"


def unknown_text(sample: Sequence[str], dhcp_lines: int) -> str:
    """The message about a text whose format is unknown; `dhcp_lines` of its lines mention DHCP."""
    kind = _kind(sample)
    if not any(text.strip() for text in sample):
        return "the file is empty: no DHCP log in it"
    about = (
        f"{dhcp_lines} of its lines speak of DHCP, none in a form that is known"
        if dhcp_lines
        else "none of its lines speaks of DHCP"
    )
    if kind == _DHCPV6:
        kind += _counted(sample)
    looks = f"it looks like {kind}; " if kind else ""
    return (
        f"no DHCP log, lease file or table was recognised: {looks}{about}. If it is one of the formats in "
        f"`labgen analyze --help`, name it with --as FILE=FORMAT:NODE; {_INSTEAD}"
    )


def _counted(sample: Sequence[str]) -> str:
    """The content of a text of DHCPv6: its messages by type, and the status codes that a server answers with."""
    found = (_TYPE_6.search(text) for text in sample)
    types = Counter((one["type"] or one["plain"]).lower() for one in found if one is not None)
    codes = Counter(code for text in sample for code in _STATUS_6.findall(text))
    told = [f"{count} {name}" for name, count in types.items()]
    told += [f"status {name} {'once' if count == 1 else f'{count} times'}" for name, count in codes.items()]
    return f" (it has: {', '.join(told)})" if told else ""


def looks_configured(sample: Sequence[str]) -> bool:
    """True if a text is known to be something else than a log: a configuration, a dump, a table."""
    return _known(sample) is not None


_LABEL = re.compile(
    r"^\W*(?P<label>default (?:log )?severity|log (?:message|categor(?:y|ies))|explanation"
    r"|(?:recommended|proposed|gateway|firewall|system|user) action"
    r"|description|parameters?(?: name| meaning)?|(?:short|long) syntax|meaning|possible causes?"
    r"|context parameters|message example)\b(?!\s*=)",
    re.I,
)
"""What a manual calls the parts of what it says of a message."""
_LABELS = 2


def _is_manual(lines: Sequence[str]) -> bool:
    labels = {found["label"].lower() for text in lines if (found := _LABEL.match(text)) is not None}
    return len(labels) >= _LABELS


def _known(sample: Sequence[str]) -> str | None:
    lines = [text for text in sample[:400] if text.strip()]
    if _is_manual(lines):
        return "a manual's description of messages, not a log"
    found = next((name for pattern, name in _TEXTS if any(pattern.search(text) for text in lines)), None)
    return None if found == _DHCPV6 and any(map(_VERSION_4.search, lines)) else found


def _kind(sample: Sequence[str]) -> str | None:
    lines = [text for text in sample[:400] if text.strip()]
    known = _known(sample)
    if known is not None:
        return known
    if lines and all(text.lstrip().startswith("{") for text in lines[:5]):
        return "JSON lines without the fields of a DHCP message (xid, chaddr or mac, message type)"
    if (
        len(lines) > 1
        and sum(_CSV.match(text) is not None for text in lines[:20]) >= min(len(lines), 20) * 0.8
    ):
        return f"a table with the columns {lines[0].strip()[:100]}"
    return None
