"""The parts of the embedded lab that need no lab: messages, keys, capture files, deadlines."""

from __future__ import annotations

import base64
import io
import os
import socket
import struct
from pathlib import Path

import paramiko
import pytest
from lab_pcap import frames

from labgen.lab.deadline import Deadline, rest
from labgen.lab.embedded import control_messages, socket_names
from labgen.lab.embedded.capture import PcapFile, RecordedFrame, join, older, tap_name
from labgen.lab.embedded.keys import make_keys
from labgen.lab.embedded.rootfs import PRIVATE, is_hidden

# --- messages ---


@pytest.fixture
def pair() -> tuple[socket.socket, socket.socket]:
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def test_message_arrives_with_its_descriptors(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    with ours, theirs, io.FileIO(os.memfd_create("x"), "r+") as file:
        file.write(b"content")
        control_messages.send(ours, {"verb": "exec", "argv": ["a", "b"], "rows": 3}, [file.fileno()])
        message = control_messages.receive(theirs)
        assert message is not None
        assert (message.text("verb"), message.strings("argv"), message.number("rows")) == (
            "exec",
            ("a", "b"),
            3,
        )
        assert os.pread(message.fds[0], 100, 0) == b"content"
        message.close()


def test_descriptors_of_a_message_are_closed_once(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    with ours, theirs:
        control_messages.send(ours, {}, [0])
        message = control_messages.receive(theirs)
        assert message is not None
        message.close()
        reused = os.open(os.devnull, os.O_RDONLY)
        message.close()
        os.fstat(reused)
        os.close(reused)


def test_end_of_the_connection_is_no_message(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    ours.close()
    with theirs:
        assert control_messages.receive(theirs) is None


def test_missing_members_have_neutral_values() -> None:
    message = control_messages.ControlMessage({"argv": "not a list", "rows": "no number"})
    assert (message.text("verb"), message.strings("argv"), message.number("rows", 24)) == ("", (), 24)


def test_labs_of_different_folders_and_users_have_different_names(tmp_path: Path) -> None:
    beginnings = {
        socket_names.of_folder(tmp_path, 0),
        socket_names.of_folder(tmp_path, 1000),
        socket_names.of_folder(tmp_path / "x", 0),
    }
    assert len(beginnings) == 3


def test_lab_is_the_same_through_a_link_to_its_folder(tmp_path: Path) -> None:
    (tmp_path / "lab").mkdir()
    (tmp_path / "link").symlink_to("lab")
    assert socket_names.of_folder(tmp_path / "link") == socket_names.of_folder(tmp_path / "lab")


# --- keys ---


def test_user_key_is_an_openssh_key_of_its_public_half() -> None:
    keys = make_keys()
    key = paramiko.Ed25519Key.from_private_key(io.StringIO(keys.private))
    assert f"{key.get_name()} {key.get_base64()}" == keys.public


def test_host_key_is_in_dropbears_format() -> None:
    keys = make_keys()
    kind, rest = _string(keys.host_private)
    pair, end = _string(rest)
    assert (kind, len(pair), end) == (b"ssh-ed25519", 64, b"")
    public = base64.b64decode(keys.host_public.split()[1])
    assert public.endswith(pair[32:])


def _string(data: bytes) -> tuple[bytes, bytes]:
    (length,) = struct.unpack_from(">I", data)
    return data[4 : 4 + length], data[4 + length :]


def test_every_lab_has_keys_of_its_own() -> None:
    first, second = make_keys(), make_keys()
    assert first.public != second.public
    assert first.host_public != second.host_public


# --- captures ---


def frame(number: int, size: int = 60) -> RecordedFrame:
    return RecordedFrame("eth1", 1_700_000_000, number, size, number.to_bytes(4, "big") * (size // 4))


def test_capture_file_holds_its_frames_in_order(tmp_path: Path) -> None:
    file = PcapFile(tmp_path / "sw1-eth1.pcap")
    for number in range(5):
        file.add(frame(number))
    file.close()
    assert frames(file.path) == [frame(number).data for number in range(5)]


def test_long_capture_keeps_its_newest_part(tmp_path: Path) -> None:
    file = PcapFile(tmp_path / "sw1-eth1.pcap", keep=1000)
    for number in range(100):
        file.add(frame(number))
    file.close()
    whole = tmp_path / "whole.pcap"
    whole.write_bytes(join([older(file.path).read_bytes(), file.path.read_bytes()]))
    kept = frames(whole)
    assert 10 < len(kept) < 40
    assert kept == [frame(number).data for number in range(100 - len(kept), 100)]


def test_tap_is_named_after_node_and_kernel_interface() -> None:
    assert tap_name("sw1", "vlan1000") == "sw1-vlan1000.pcap"


# --- the rest ---


def test_deadline_is_over_when_nothing_is_left() -> None:
    assert Deadline.after(0).over
    assert Deadline.after(0).left == 0
    assert 9 < Deadline.after(10).left <= 10


@pytest.mark.parametrize(
    ("path", "hidden"),
    [("/root/labgen/.venv", True), ("/tmp/x", True), ("/usr/lib", False), ("/home/a/.venv", False)],
)
def test_python_below_a_private_folder_is_recognised(path: str, hidden: bool) -> None:
    assert is_hidden(path) is hidden
    assert "/run" in PRIVATE


@pytest.mark.parametrize(("since", "slept"), [(100.0, 7.0), (106.9, 0.25)])
def test_a_slow_look_is_followed_by_as_long_a_rest(
    since: float, slept: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looks that follow each other would take from a slow machine what it needs to become ready."""
    told: list[float] = []
    monkeypatch.setattr("labgen.lab.deadline.time.monotonic", lambda: 107.0)
    monkeypatch.setattr("labgen.lab.deadline.time.sleep", told.append)
    rest(since, 0.25)
    assert told == [slept]
