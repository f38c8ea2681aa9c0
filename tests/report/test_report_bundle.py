"""One file to send: everything inside, nothing outside, frames with comments that other programs show."""

from __future__ import annotations

import base64
import io
import re
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from report_verdicts import PASS, plan, verdict

from labgen.dhcp.pcap import frames
from labgen.report import bundle, pcapng

CAPTURE = "captures/srv1-eth1.pcap"


def capture(*moments: float) -> bytes:
    """A classic pcap with an Ethernet frame of 60 octets at each moment."""
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    return head + b"".join(
        struct.pack("<IIII", int(at), round(at % 1 * 1e6), 60, 60) + bytes([n]) * 60
        for n, at in enumerate(moments)
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in {
        CAPTURE: capture(*(1000.0 + n / 10 for n in range(40))),
        "captures/cl_a-eth1.pcap": capture(1000.05, 1000.15)[:-7],
        "raw/srv1/kea-dhcp4.log.txt": b"<script>alert(1)</script>\n" * 200,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    return tmp_path


def test_frames_of_all_captures_are_in_order_of_time(folder: Path) -> None:
    found = list(frames(io.BytesIO(pcapng.write(verdict(PASS), folder))))
    assert len(found) == 41, "a damaged capture gives what is before the damage"
    assert [frame.time for frame in found] == sorted(frame.time or 0.0 for frame in found)
    assert [frame.data[0] for frame in found[:3]] == [0, 0, 1]


def test_comment_names_exchange_and_checks() -> None:
    told = pcapng.comments(verdict(PASS))
    assert "checks: server.pool:cl_a:srv1 pass" in told[CAPTURE, 35]
    assert told["captures/cl_a-eth1.pcap", 1].startswith("DISCOVER of acquire: cl_a")
    assert (CAPTURE, 36) not in told


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_tshark_shows_the_comments_and_interfaces(folder: Path) -> None:
    file = folder / "frames.pcapng"
    file.write_bytes(pcapng.write(verdict(PASS), folder))
    fields = ["-T", "fields", "-e", "frame.interface_name", "-e", "frame.comment"]
    done = subprocess.run(
        ["tshark", "-r", str(file), "-Y", "frame.comment", *fields],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert {name for name, _ in lines} == {"srv1-eth1", "cl_a-eth1"}
    assert any("server.pool:cl_a:srv1 pass" in comment for _, comment in lines)


def test_everything_is_inside_and_nothing_is_linked_outside(folder: Path) -> None:
    page = bundle.page(verdict(PASS), plan(), folder)
    assert re.findall(r'(?:href|src)="(?!#|data:)[^"]*"', page) == []
    attached = dict(re.findall(r'download="([^"]+)" href="data:[^,]*,([^"]*)"', page))
    assert set(attached) == {
        "frames.pcapng", "verdict.json", "junit.xml", "captures_srv1-eth1.pcap", "captures_cl_a-eth1.pcap",
        "raw_srv1_kea-dhcp4.log.txt",
    }  # fmt: skip
    log = base64.b64decode(attached["raw_srv1_kea-dhcp4.log.txt"])
    assert log == (folder / "raw/srv1/kea-dhcp4.log.txt").read_bytes()
    assert "<script>alert" not in page


def test_evidence_of_a_check_leads_to_the_attached_file(folder: Path) -> None:
    page = bundle.page(verdict(PASS), plan(), folder)
    (anchor,) = re.findall(r'<li id="(file-\d+)"><a download="captures_srv1-eth1.pcap"', page)
    assert f'<a href="#{anchor}"><code>{CAPTURE}</code>' in page
