"""What a command in a kernel of its own says until it is interrupted is passed on: a capture ends by nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from labgen.lab.uml import guest, kept
from labgen.lab.uml.kept import KeptKernel
from labgen.lab.uml.provider import UNBEGUN, OwnKernelLab


def interrupted(after: int) -> Callable[[], bool]:
    """Goes on so many times; then somebody presses Ctrl-C."""
    turns = iter(range(after))

    def ended() -> bool:
        if next(turns, None) is None:
            raise KeyboardInterrupt
        return False

    return ended


def test_what_is_said_while_the_writer_ends_is_passed_on(tmp_path: Path) -> None:
    file, heard = tmp_path / "stdout", bytearray()
    file.write_bytes(b"header ")

    def end() -> None:
        with file.open("ab") as stream:
            stream.write(b"frames")

    with pytest.raises(KeyboardInterrupt):
        guest.follow({file: heard.extend}, interrupted(1), end)
    assert bytes(heard) == b"header frames"


def test_what_came_between_two_looks_is_not_lost(tmp_path: Path) -> None:
    file, heard = tmp_path / "stdout", bytearray()
    file.write_bytes(b"all of it")
    with pytest.raises(KeyboardInterrupt):
        guest.follow({file: heard.extend}, interrupted(0))
    assert bytes(heard) == b"all of it"


def test_a_writer_that_ends_by_itself_is_not_ended(tmp_path: Path) -> None:
    file, heard = tmp_path / "stdout", bytearray()
    told: list[str] = []
    file.write_bytes(b"done")
    guest.follow({file: heard.extend}, lambda: True, lambda: told.append("ended"))
    assert (bytes(heard), told) == (b"done", [])


@pytest.mark.parametrize(("came", "told"), [(b"", UNBEGUN), (b"header", b"")])
def test_a_capture_that_had_not_begun_says_so(
    came: bytes,
    told: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    """An empty file looks like a network in which nothing is said."""

    def ask(kernel: KeptKernel, arguments: object, out: guest.Write, err: guest.Write) -> int:
        if came:
            out(came)
        raise KeyboardInterrupt

    monkeypatch.setattr(kept, "ask", ask)
    lab = OwnKernelLab(KeptKernel("/lab", "/exchange", 4711))
    file = tmp_path / "out.pcap"
    with file.open("wb") as stream, pytest.raises(KeyboardInterrupt):
        lab.capture("srv", "eth1", stream.fileno())
    assert file.read_bytes() == came
    assert capfdbinary.readouterr().err == told
