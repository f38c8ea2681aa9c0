"""What FRR is asked: at a daemon's socket, with vtysh where nobody listens there, and as before where another's rights are needed."""

from __future__ import annotations

import shutil
import socket
import subprocess
from pathlib import Path
from threading import Thread

import pytest

from labgen.devices.frr.state import MACS, OSPF, SESSIONS, Question

pytestmark = pytest.mark.skipif(shutil.which("perl") is None, reason="perl is not installed")

ANSWER = '{"neighbors":{"10.0.0.4":[{"nbrState":"Full/-"}]}}\n' * 5000


def asked(question: Question, folder: Path, path: str = "/usr/bin:/bin") -> str:
    """What a node's shell makes of a question whose sockets lie in a folder."""
    text = question.probe("").text.replace("/run/frr", str(folder))
    return subprocess.run(
        ("sh", "-c", text), env={"PATH": path}, capture_output=True, text=True, check=False, timeout=60
    ).stdout


def answer(listening: socket.socket, heard: list[bytes], *pieces: bytes) -> None:
    connection, _ = listening.accept()
    with connection:
        heard.append(connection.recv(200))
        for piece in pieces:
            connection.sendall(piece)


@pytest.fixture
def vtysh(tmp_path: Path) -> str:
    """A path of programs with a vtysh that says how it was called."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "vtysh").write_text('#!/bin/sh\necho "vtysh $*"\n')
    (folder / "vtysh").chmod(0o755)
    return f"{folder}:/usr/bin:/bin"


@pytest.mark.parametrize("pieces", [(ANSWER.encode() + b"\0\0\0\0",), (ANSWER.encode() + b"\0\0", b"\0\0")])
def test_a_daemon_is_asked_at_its_socket(tmp_path: Path, vtysh: str, pieces: tuple[bytes, ...]) -> None:
    heard: list[bytes] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(str(tmp_path / "ospfd.vty"))
        listening.listen()
        thread = Thread(target=answer, args=(listening, heard, *pieces), daemon=True)
        thread.start()
        assert asked(OSPF, tmp_path, vtysh) == ANSWER
        thread.join(10)
    assert heard == [b"show ip ospf neighbor json\0"]


def test_where_nobody_listens_vtysh_is_asked(tmp_path: Path, vtysh: str) -> None:
    assert asked(SESSIONS, tmp_path, vtysh) == "vtysh -c show bgp l2vpn evpn summary json\n"


def test_half_an_answer_is_asked_for_again(tmp_path: Path, vtysh: str) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(str(tmp_path / "zebra.vty"))
        listening.listen()
        Thread(target=answer, args=(listening, [], b'{"101000":'), daemon=True).start()
        assert asked(MACS, tmp_path, vtysh) == "vtysh -c show evpn mac vni all json\n"


def test_where_rights_of_others_are_needed_vtysh_has_them() -> None:
    assert OSPF.probe("sudo ").text == "sudo vtysh -c 'show ip ospf neighbor json'"
