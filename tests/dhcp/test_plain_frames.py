"""Plain frames are read in one step as they are in several, whatever is in them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from dhcp_captures import CAPTURES, KINDS, captures, pcap, told
from hypothesis import given, settings

from labgen.dhcp import capture
from labgen.dhcp.capture_options import OptionReader
from labgen.dhcp.copies import Copies
from labgen.dhcp.message import MessageRole
from labgen.dhcp.plain_frames import PlainFrames
from labgen.dhcp.taps import Tap


@contextmanager
def in_steps() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(capture, "QUICKLY", False)
        yield


@pytest.mark.parametrize("file", CAPTURES, ids=lambda file: file.stem)
def test_captures_are_read_as_in_steps(file: Path) -> None:
    octets = file.read_bytes()
    with in_steps():
        slowly = told(octets, None)
    assert told(octets, None) == slowly


@settings(deadline=None)
@given(captures())
def test_made_up_captures_are_read_as_in_steps(octets: bytes) -> None:
    with in_steps():
        slowly = told(octets, None)
    assert told(octets, None) == slowly


@pytest.mark.parametrize("at", range(len(KINDS)))
def test_each_kind_of_frame_many_times_over_is_read_as_in_steps(at: int) -> None:
    octets = pcap([(1000.0 + n / 3, KINDS[at]) for n in range(4)])
    with in_steps():
        slowly = told(octets, None)
    assert told(octets, None) == slowly


def test_what_is_plain_is_read_in_one_step() -> None:
    """Else the others would compare the steps with themselves."""
    reader = PlainFrames(Tap("tap", MessageRole.TRANSIT), "tap.pcap", Copies(), OptionReader())
    read = [reader.message(frame, 1, 0.0) is not None for frame in KINDS]
    assert (read[0], read[1], read[3], read[4]) == (True, True, True, True)
    assert not any((read[2], read[10], read[11], read[12], read[13], read[14]))
