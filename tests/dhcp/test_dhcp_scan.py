"""The compiled reader of captures makes the messages that Python makes, of whatever is in them."""

from __future__ import annotations

import io
import shutil
import struct
import sysconfig
from dataclasses import fields
from pathlib import Path

import pytest
from click.testing import CliRunner
from dhcp_frames import CLIENT_MAC, dhcp, discover, ethernet, ip_udp, option, vxlan
from hypothesis import given, settings
from hypothesis import strategies as st

from labgen.cli.main import cli
from labgen.dhcp.capture import CaptureTally, read_stream
from labgen.dhcp.message import Message
from labgen.dhcp.scan import LIBRARY, library
from labgen.dhcp.scan_build import compile_scanner
from labgen.ground.errors import InfrastructureError

_HEADERS = Path(sysconfig.get_paths()["include"]) / "Python.h"
pytestmark = pytest.mark.skipif(
    shutil.which("cc") is None or not _HEADERS.exists(), reason="needs a C compiler and Python's headers"
)
CAPTURES = sorted((Path(__file__).parents[1] / "analyze").glob("*/*.pcap"))
RELAY, SERVER, OWN = "10.0.0.4", "10.0.0.2", "172.16.0.20"


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_scanner(tmp_path_factory.mktemp("scan") / LIBRARY.name)


def told(octets: bytes, library: Path | None) -> tuple[list[tuple[object, ...]], tuple[object, ...]]:
    """All that is made of a capture: each field of each message, those that no comparison looks at too, and the tally."""
    tally = CaptureTally()
    messages = read_stream(io.BytesIO(octets), "tap.pcap", None, tally, library=library)
    made = [tuple(getattr(message, field.name) for field in fields(Message)) for message in messages]
    known = (getattr(tally, field.name) for field in fields(CaptureTally) if field.name != "neighbours")
    return made, tuple(known)


def pcap(
    records: list[tuple[float, bytes]], *, order: str = "<", nanoseconds: bool = False, cut: int = 65535
) -> bytes:
    magic, unit = (0xA1B23C4D, 1e9) if nanoseconds else (0xA1B2C3D4, 1e6)
    data = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, cut, 1)]
    for time, frame in records:
        fraction = min(int(time % 1 * unit), int(unit) - 1)
        kept = frame[:cut]
        data.append(struct.pack(order + "IIII", int(time), fraction, len(kept), len(frame)) + kept)
    return b"".join(data)


@pytest.mark.slow
@pytest.mark.parametrize("file", CAPTURES, ids=lambda file: file.stem)
def test_captures_are_read_as_in_python(file: Path, compiled: Path) -> None:
    octets = file.read_bytes()
    assert told(octets, compiled) == told(octets, None)


RICH = b"".join(
    (
        option(61, b"\x01" + CLIENT_MAC), option(54, b"\x0a\0\0\2"), option(51, b"\0\0\x0e\x10"), option(1, b"\xff\xff\0\0"),
        option(3, b"\xac\x10\0\1"), option(58, b"\0\0\x07\x08"), option(57, b"\x05\xdc"), option(60, b"MSFT 5.0"),
        option(108, b"\0\0\x07\x08"), option(82, option(1, b"Vlan1000") + option(5, b"\xac\x10\0\0")),
    )
)  # fmt: skip


def test_plain_packet_with_all_options_is_made_by_the_library(compiled: Path) -> None:
    found = library(compiled)
    assert found is not None
    frame = ethernet(ip_udp(dhcp(5, op=2, yiaddr=OWN, giaddr=RELAY, options=RICH), SERVER, RELAY, 67, 67))
    made, tally = told(pcap([(1.5, frame)]), compiled)
    assert (made, tally) == told(pcap([(1.5, frame)]), None)
    (message,) = read_stream(io.BytesIO(pcap([(1.5, frame)])), "tap.pcap", library=compiled)
    assert (message.yiaddr, message.lease_seconds, message.vendor_class) == (OWN, 3600, "MSFT 5.0")
    assert message.relay_options is not None and message.relay_options.circuit_id == "Vlan1000"
    assert (message.frame, message.time, message.client_id) == (1, 1.5, "01:02:00:00:00:00:c1")


KINDS = (
    ethernet(discover()),
    ethernet(discover(), tags=b"\x81\x00\x00\x0a"),
    ethernet(discover(), tags=b"\x88\xa8\x00\x05\x81\x00\x00\x0a"),
    ethernet(ip_udp(dhcp(2, op=2, yiaddr=OWN, options=RICH), SERVER, OWN, 67, 68)),
    ethernet(
        ip_udp(dhcp(3, giaddr=RELAY, hops=1, options=option(50, b"\xac\x10\0\x14")), RELAY, SERVER, 67, 67)
    ),
    ethernet(ip_udp(dhcp(6, op=2, options=option(56, b"no address\0")), SERVER, "255.255.255.255", 67, 68)),
    ethernet(ip_udp(dhcp(5, op=2, options=option(52, b"\x01")), SERVER, OWN, 67, 68)),
    ethernet(ip_udp(dhcp(1, options=option(61, b"")), "0.0.0.0", "255.255.255.255", 68, 67)),
    ethernet(ip_udp(dhcp(1, options=RICH[9:]), "0.0.0.0", "255.255.255.255", 68, 67)),
    ethernet(ip_udp(dhcp(3, options=b""), OWN, SERVER, 68, 4011)),
    ethernet(ip_udp(b"x" * 300, OWN, SERVER, 5000, 53)),
    ethernet(b"\x45" + ip_udp(b"x" * 300, OWN, SERVER, 5000, 80)[1:9] + b"\x06" + bytes(320)),
    vxlan(ethernet(discover())),
    b"",
    b"\0" * 13,
    ethernet(discover(), tags=b"\x81\x00\xe0\x00"),
    ethernet(discover(), tags=b"\x88\xa8\x00\x05\x81\x00\xe0\x00"),
)


@st.composite
def captures(draw: st.DrawFn) -> bytes:
    """A capture of some frames, one octet of each changed now and then, in any order of octets and unit of time."""
    records: list[tuple[float, bytes]] = []
    now = 1000.0
    for _ in range(draw(st.integers(1, 8))):
        now += draw(st.sampled_from((0.0, 0.00003, 0.04, 0.3, 1.0, -0.5)))
        frame = bytearray(draw(st.sampled_from(KINDS)))
        for _ in range(draw(st.integers(0, 3))):
            if frame:
                frame[draw(st.integers(0, len(frame) - 1))] = draw(st.integers(0, 255))
        records.append((now, bytes(frame[: draw(st.sampled_from((None, None, None, 300, 280)))])))
    made = pcap(
        records,
        order=draw(st.sampled_from("<>")),
        nanoseconds=draw(st.booleans()),
        cut=draw(st.sampled_from((65535, 65535, 290, 96))),
    )
    return made[: draw(st.sampled_from((None, None, len(made) - 5, 30, 3)))]


@pytest.mark.slow
@settings(deadline=None)
@given(captures())
def test_made_up_captures_are_read_as_in_python(compiled: Path, octets: bytes) -> None:
    assert told(octets, compiled) == told(octets, None)


def test_reading_that_ends_early_tells_how_far_it_came(compiled: Path) -> None:
    octets = pcap([(float(at), ethernet(discover())) for at in range(9)])
    seen = []
    for path in (compiled, None):
        tally = CaptureTally()
        messages = read_stream(io.BytesIO(octets), "tap.pcap", None, tally, library=path)
        next(messages)
        next(messages)
        messages.close()  # type: ignore[attr-defined]  # a generator
        seen.append((tally.frames, tally.first, tally.last))
    assert seen == [(2, 0.0, 1.0)] * 2


def test_progress_is_told_as_reading_goes_on(compiled: Path) -> None:
    octets = pcap([(float(at), KINDS[11]) for at in range(210_000)])
    said: list[int] = []
    tally = CaptureTally(progress=lambda frames, messages: said.append(frames))
    assert list(read_stream(io.BytesIO(octets), "tap.pcap", None, tally, library=compiled)) == []
    assert [frames // 100_000 for frames in said] == [1, 2]
    assert tally.frames == 210_000


def test_library_of_another_source_is_not_used(compiled: Path, tmp_path: Path) -> None:
    other = tmp_path / LIBRARY.name
    other.write_bytes(b"no library")
    assert library(other) is None
    assert library(tmp_path / "none.so") is None
    assert told(CAPTURES[0].read_bytes(), other) == told(CAPTURES[0].read_bytes(), None)


def test_missing_compiler_is_told_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(InfrastructureError, match="apt-get install gcc libc6-dev"):
        compile_scanner(tmp_path / LIBRARY.name)
    done = CliRunner().invoke(cli, ["compile"], catch_exceptions=True)
    assert isinstance(done.exception, InfrastructureError)
    assert list(tmp_path.iterdir()) == []
