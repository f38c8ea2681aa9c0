"""Files made to break a reader: each is read as far as it makes sense, says what is wrong, and nothing of it commands a terminal."""

from __future__ import annotations

import bz2
import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from labgen.cli.commands.analyze import analyze as command
from labgen.ground.errors import LabgenError

LINE = "Mar  3 09:00:00 srv1 dhcpd[811]: DHCPDISCOVER from 00:00:5e:00:53:01 via 198.51.100.1"
FRAME = bytes.fromhex("ffffffffffff00005e0053010800") + bytes(40)


def pcap(*frames: bytes, link: int = 1) -> bytes:
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link)
    return head + b"".join(struct.pack("<IIII", 1, 0, len(f), len(f)) + f for f in frames)


def block(kind: int, body: bytes, size: int | None = None) -> bytes:
    length = 12 + len(body) if size is None else size
    return struct.pack("<II", kind, length) + body + struct.pack("<I", length)


SECTION = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
INTERFACE = block(1, struct.pack("<HHI", 1, 0, 0))
PACKET = block(6, struct.pack("<IIIII", 0, 0, 0, len(FRAME), len(FRAME)) + FRAME + bytes(-len(FRAME) % 4))


def ip(protocol: int, payload: bytes) -> bytes:
    head = struct.pack(">BBHHHBBH", 0x45, 0, min(65535, 20 + len(payload)), 1, 0, 64, protocol, 0)
    return head + b"\xcb\0\x71\1\xcb\0\x71\2" + payload


def nested(times: int) -> bytes:
    packet = bytes(40)
    for _ in range(times):
        packet = ip(4, packet)
    return FRAME[:14] + packet


def run(tmp_path: Path, name: str, data: bytes) -> Result:
    file = tmp_path / name
    file.write_bytes(data)
    return CliRunner().invoke(command, [str(file)])


def ends_well(result: Result) -> bool:
    return result.exception is None or isinstance(result.exception, LabgenError)


def commands(text: str) -> list[str]:
    """Characters that a terminal acts upon, or that turn the direction of writing."""
    return [
        c
        for c in text
        if (ord(c) < 32 and c not in "\n\t") or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2066\u200f\u2028"
    ]


DAMAGED = {
    "block-cut": (SECTION + INTERFACE + PACKET[:-20], "ends inside a block"),
    "block-of-4-gib": (SECTION + INTERFACE + struct.pack("<II", 6, 0xFFFFFFF0), "a block of 4294967280 octets"),
    "block-of-nothing": (SECTION + INTERFACE + struct.pack("<II", 6, 0) * 100, "a block of 0 octets"),
    "block-of-33": (SECTION + INTERFACE + struct.pack("<II", 6, 33) + bytes(40), "a block of 33 octets"),
    "no-interface": (SECTION + PACKET, "interface 0 was never described"),
    "header-cut": (pcap()[:10], "ends inside its header"),
    "record-of-4-gib": (pcap() + struct.pack("<IIII", 1, 1, 0xFFFFFFF0, 1), "a record of 4294967280 octets"),
    "record-cut": (pcap(FRAME)[:-5], "ends inside a frame"),
    "record-header-cut": (pcap(FRAME) + bytes(7), "ends inside a record header"),
    "tap-in-itself": (pcap((16).to_bytes(4, "little") + bytes(4) + (258).to_bytes(4, "little") + bytes(99), link=258), "Apple PKTAP"),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGED)
def test_damage_is_named(tmp_path: Path, name: str) -> None:
    data, said = DAMAGED[name]
    result = run(tmp_path, f"{name}.pcap", data)
    assert ends_well(result)
    assert said in str(result.exception)


WRAPPED: dict[str, Callable[[], bytes]] = {
    "ip-in-ip": lambda: pcap(nested(1000)),
    "vlan": lambda: pcap(FRAME[:12] + b"\x81\0\0\1" * 5000),
    "mpls": lambda: pcap(FRAME[:12] + b"\x88\x47" + b"\0\0\0\x40" * 9000),
    "service-chain": lambda: pcap(FRAME[:12] + b"\x89\x4f" + b"\x0f\xc2\1\3\0\0\1\xff" * 2000),
    "ppi": lambda: pcap(b"\0\0\x08\0\xc0\0\0\0" * 8000, link=192),
    "ipv6-headers": lambda: pcap(FRAME[:12] + b"\x86\xdd" + b"\x60\0\0\0\xff\xff\0\x40" + bytes(60_000)),
    "gue-in-gue": lambda: pcap(FRAME[:14] + ip(17, b"\0\1\x17\xc0\xff\xff\0\0" + b"\1\x11\0\0\x17\xc0\x17\xc0\0\0\0\0" * 4000)),
    "tzsp-endless": lambda: pcap(FRAME[:14] + ip(17, b"\0\1\x90\x90\xff\xff\0\0\1\0\0\1" + bytes(50_000))),
    "icmp-cut": lambda: pcap(FRAME[:14] + ip(1, b"\3\3\0\0")),
    "many-interfaces": lambda: SECTION + INTERFACE * 50_000 + PACKET,
    "option-loop": lambda: SECTION + block(1, struct.pack("<HHI", 1, 0, 0) + struct.pack("<HH", 2, 0) * 5000) + PACKET,
    "resolution-255": lambda: SECTION + block(1, struct.pack("<HHIHHBxxx", 1, 0, 0, 9, 1, 255)) + PACKET,
    "empty-records": lambda: pcap(*[b""] * 50_000),
}  # fmt: skip


@pytest.mark.parametrize("name", WRAPPED)
def test_what_is_wrapped_without_end_ends(tmp_path: Path, name: str) -> None:
    result = run(tmp_path, f"{name}.pcap", WRAPPED[name]())
    assert ends_well(result)
    assert "No DHCP exchange was found." in result.output


TEXTS: dict[str, Callable[[], bytes]] = {
    "endless-line-before": lambda: b"A" * 20_000_000 + b"\n" + LINE.encode(),
    "zeros-between": lambda: f"{LINE}\n".encode() + bytes(2_000_000) + f"\n{LINE}\n".encode(),
    "no-utf-8": lambda: b"\xff\xc0\x80\xed\xa0\x80" * 900 + f"\n{LINE}\n".encode(),
    "half-utf-16": lambda: b"\xff\xfe" + f"{LINE}\r\n".encode("utf-16-le") + b"\0",
    "lone-surrogates": lambda: b"\xff\xfe" + b"\0\xd8" * 900 + b"\n\0" + f"{LINE}\r\n".encode("utf-16-le"),
    "commands": lambda: f"{LINE} \x1b]0;x\x07\x1b[2J\x9b31m\u202e\u2066\x1bP+q\x1b\\\n".encode(),
    "garbage-behind-gzip": lambda: gzip.compress(f"{LINE}\n".encode()) + b"garbage" * 9,
    "cut-bzip2": lambda: bz2.compress(f"{LINE}\n".encode() * 5000)[:-40],
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", TEXTS)
def test_the_line_that_makes_sense_is_read(tmp_path: Path, name: str) -> None:
    result = run(tmp_path, f"{name}.log", TEXTS[name]())
    assert ends_well(result)
    assert commands(result.output) == []
    if "bzip2" not in name and "gzip" not in name:
        assert "DISCOVER" in result.output
    else:
        assert "the compressed file is damaged" in f"{result.output}{result.exception}"


NUMBERS = [
    f"DHCPDISCOVER on eth0 to 255.255.255.255 port 67 interval 3 (xid=0x{'f' * 30_000})",
    f"(xid:{'f' * 30_000}) got a DHCPDISCOVER",
    f"udhcpc: lease of 10.0.0.1 obtained from 10.0.0.2, lease time {'9' * 30_000}",
    f"udhcpc: lease of 10.0.0.1 obtained from 10.0.0.2, lease time {'9' * 199}",
    f"dnsmasq-dhcp[1]: {'9' * 30_000} DHCPDISCOVER(eth0) 00:00:5e:00:53:01",
    f"Mar  3 09:00:00 srv1 dhcpd: DHCPDISCOVER from {':'.join(['aa'] * 9000)} via eth0",
    f"dhcp1,info x\n00:00:00 dhcp,debug,packet dhcp1 received discover with id {'7' * 30_000} from 0.0.0.0",
    '{"mac":"00:00:5e:00:53:01","type":"discover","a":' + "[" * 30_000,
    f"{'Mar  3 09:00:00 x dhcp: '}{'server ' * 8000}",
]


@pytest.mark.slow
@pytest.mark.parametrize("line", NUMBERS, ids=range(len(NUMBERS)))
def test_numbers_and_lists_without_end_are_no_fault(tmp_path: Path, line: str) -> None:
    result = run(tmp_path, "numbers.log", f"{line}\n{LINE}\n".encode() * 3)
    assert ends_well(result)
    assert "DISCOVER" in result.output


WORDY = "the client keeps the address that it had before, and asks no server for another one "


@pytest.mark.parametrize(
    "line",
    [
        WORDY * 60 + "(dhcp: 6 times)",
        "dhcp: acquiring lease\n" + WORDY * 200 + "=",
        "But " + WORDY * 60 + "=",
        "a: " * 2000 + "1",
    ],
    ids=["sentence", "sentence-of-an-attempt", "sentence-of-a-story", "chain"],
)
def test_sentences_without_end_are_no_fault(tmp_path: Path, line: str) -> None:
    result = run(tmp_path, "words.txt", f"{line}\n{line}\n{line}\n".encode())
    assert ends_well(result)
    assert "address-conflict" not in result.output
