"""Connections through the standard streams of a command, as to a launcher."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from labgen.lab.clabernetes import tunnel


@pytest.fixture
def server() -> Iterator[int]:
    """Greets, and sends back what it gets until its peer has nothing more to say. Its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.sendall(b"SSH-2.0-test\r\n")
                while data := connection.recv(65536):
                    connection.sendall(data)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]


def test_octets_pass_both_ways_unchanged(server: int) -> None:
    sent = bytes(range(256)) * 100
    with tunnel.connect(("env",), "127.0.0.1", server) as connection:
        assert connection.recv(14, socket.MSG_WAITALL) == b"SSH-2.0-test\r\n"
        connection.sendall(sent)
        assert connection.recv(len(sent), socket.MSG_WAITALL) == sent


def test_the_command_ends_with_its_socket(server: int) -> None:
    before = set(threading.enumerate())
    connection = tunnel.connect(("env",), "127.0.0.1", server)
    (watcher,) = [
        each for each in threading.enumerate() if each not in before and each.name.endswith("(_watch)")
    ]
    connection.close()
    watcher.join(5)
    assert not watcher.is_alive()


def test_an_address_that_refuses_is_told_with_the_commands_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(ConnectionRefusedError, match="Connection refused"):
        tunnel.connect(("env",), "127.0.0.1", port)
