"""SSH over a connection that the lab took away ends at once: nobody waits for an answer that cannot come."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import cast

import paramiko
import pytest

import labgen.collect.labsocket as under_test
from labgen.collect.labsocket import LabSocket
from labgen.lab.provider import Lab


class OneConnection:
    """A lab whose node is the other end of a pair of sockets."""

    def __init__(self, end: socket.socket) -> None:
        self.end = end

    def ssh_socket(self, node: str) -> socket.socket:
        return self.end


@pytest.fixture
def labsocket() -> Iterator[LabSocket]:
    ours, theirs = socket.socketpair()
    server = paramiko.Transport(theirs)
    server.add_server_key(paramiko.ECDSAKey.generate())
    server.start_server(threading.Event(), paramiko.ServerInterface())
    yield LabSocket(cast(Lab, OneConnection(ours)), "sw1")
    server.close()
    ours.close()
    theirs.close()


def test_a_session_whose_connection_goes_between_two_reads_ends(
    labsocket: LabSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = paramiko.Transport(cast(socket.socket, labsocket))
    session.start_client(timeout=30)
    monkeypatch.setattr(labsocket, "_socket", None)
    session.join(10)
    assert not session.is_active()
    with pytest.raises(paramiko.SSHException):
        session.open_session(timeout=10)


def test_what_is_not_connected_says_so_as_a_socket_does(labsocket: LabSocket) -> None:
    with pytest.raises(OSError, match="not connected to sw1") as told:
        labsocket.recv(1)
    assert len(told.value.args) == 2
    with pytest.raises(OSError, match="not connected to sw1"):
        labsocket.fileno()


class Late(threading.Thread):
    """The thread of an earlier session, which ends when there is another one already."""

    def __init__(self, sock: LabSocket) -> None:
        super().__init__(daemon=True)
        self.sock = sock
        self.go_on = threading.Event()
        self.refused: OSError | None = None

    def run(self) -> None:
        self.go_on.wait(30)
        try:
            self.sock.recv(1)
        except OSError as error:
            self.refused = error
        self.sock.close()


def test_an_earlier_session_neither_reads_nor_closes_the_connection_of_the_next(
    labsocket: LabSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(under_test, "END_SECONDS", 0.01)
    before = Late(labsocket)
    before.start()
    labsocket.settimeout(10)
    before.go_on.set()
    before.join(10)
    assert before.refused is not None
    assert labsocket.recv(4) == b"SSH-", "the first octets are the next session's"
