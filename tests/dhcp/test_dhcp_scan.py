"""The compiled reader of captures makes the messages that Python makes, of whatever is in them."""

from __future__ import annotations

import io
import shutil
import sysconfig
from pathlib import Path

import pytest
from click.testing import CliRunner
from dhcp_captures import CAPTURES, KINDS, OWN, RELAY, RICH, SERVER, captures, pcap, told
from dhcp_frames import dhcp, discover, ethernet, ip_udp
from hypothesis import given, settings

from labgen.cli.main import cli
from labgen.dhcp.capture import CaptureTally, read_stream
from labgen.dhcp.scan import LIBRARY, library
from labgen.dhcp.scan_build import compile_scanner
from labgen.ground.errors import InfrastructureError

_HEADERS = Path(sysconfig.get_paths()["include"]) / "Python.h"
pytestmark = pytest.mark.skipif(
    shutil.which("cc") is None or not _HEADERS.exists(), reason="needs a C compiler and Python's headers"
)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_scanner(tmp_path_factory.mktemp("scan") / LIBRARY.name)


@pytest.mark.slow
@pytest.mark.parametrize("file", CAPTURES, ids=lambda file: file.stem)
def test_captures_are_read_as_in_python(file: Path, compiled: Path) -> None:
    octets = file.read_bytes()
    assert told(octets, compiled) == told(octets, None)


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
