"""FRR's daemons are asked at their sockets, and nobody waits for one that says nothing."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import nullcontext, suppress
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import cast

import pytest

import labgen.lab.embedded.vty as under_test
from labgen.lab.embedded.nodes import Home, NodeHandle

NODE = cast(NodeHandle, SimpleNamespace(files=lambda home: nullcontext()))
LONG = "10.0.0.4          1 Full/-\n" * 9000


def asked(folder: Path, serve: Callable[[socket.socket], object], daemon: str = "ospfd") -> str:
    """What is understood of a daemon's end of one connection."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(str(folder / "ospfd.vty"))
        listening.listen()

        def once() -> None:
            connection, _ = listening.accept()
            with connection:
                serve(connection)

        thread = Thread(target=once, daemon=True)
        if daemon == "ospfd":
            thread.start()
        found = asyncio.run(
            under_test.Vty(cast(Home, None), folder).ask(NODE, daemon, "show ip ospf neighbor")
        )
        if daemon == "ospfd":
            thread.join(10)
    return found


def answering(*pieces: bytes) -> Callable[[socket.socket], object]:
    def serve(connection: socket.socket) -> None:
        assert connection.recv(100) == b"show ip ospf neighbor\0"
        for piece in pieces:
            connection.sendall(piece)

    return serve


@pytest.mark.parametrize(
    ("pieces", "told"),
    [
        pytest.param((b"Neighbor ID\n\0\0\0\0",), "Neighbor ID\n", id="at once"),
        pytest.param((b"Neigh", b"bor ID\n\0", b"\0\0", b"\0"), "Neighbor ID\n", id="in pieces"),
        pytest.param((LONG.encode(), b"\0\0\0\0"), LONG, id="long"),
        pytest.param((b"\0\0\0\0",), "", id="nothing"),
        pytest.param((b"% Unknown command.\n\0\0\0\x02",), "% Unknown command.\n", id="refused"),
    ],
)
def test_what_a_daemon_says_comes_whole(tmp_path: Path, pieces: tuple[bytes, ...], told: str) -> None:
    assert asked(tmp_path, answering(*pieces)) == told


def test_half_an_answer_is_none(tmp_path: Path) -> None:
    assert asked(tmp_path, answering(b"10.0.0.4 Full/-\n")) == ""


def test_a_daemon_that_does_not_listen_yet_has_said_nothing(tmp_path: Path) -> None:
    assert asked(tmp_path, answering(), daemon="bgpd") == ""


def test_a_daemon_that_stands_still_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(under_test, "ANSWER_SECONDS", 0.05)

    def serve(connection: socket.socket) -> None:
        with suppress(ConnectionResetError):
            while connection.recv(100):
                pass

    assert asked(tmp_path, serve) == ""
