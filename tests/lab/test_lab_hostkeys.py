"""Nodes that make their own host keys: the first one counts for as long as the lab runs."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import replace
from pathlib import Path

import paramiko
import pytest

from labgen.ground.errors import NodeUnreachableError
from labgen.lab.containers import hostkeys, register
from labgen.lab.containers.register import Entry


@pytest.fixture
def entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Entry:
    """A lab that is running, as the register knows it."""
    (tmp_path / "runtime").mkdir(0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))
    found = Entry(str(tmp_path / "lab"), "containerlab", {"sw1": "clab-lab-sw1"}, time.time(), str(tmp_path))
    register.write(found)
    return found


class Node:
    """An SSH server with a key of its own; counts who connects."""

    def __init__(self, key: paramiko.PKey) -> None:
        self.key, self.asked = key, 0
        self.line = f"{key.get_name()} {key.get_base64()}"

    def connect(self) -> socket.socket:
        self.asked += 1
        near, far = socket.socketpair()
        transport = paramiko.Transport(far)
        transport.add_server_key(self.key)
        # With an event, negotiation is left to the transport's own thread, which takes it as the end when who asked hangs up.
        transport.start_server(event=threading.Event(), server=paramiko.ServerInterface())
        return near


@pytest.fixture(scope="module")
def keys() -> tuple[paramiko.PKey, paramiko.PKey]:
    return paramiko.ECDSAKey.generate(), paramiko.ECDSAKey.generate()


def test_first_key_is_taken_and_kept(entry: Entry, keys: tuple[paramiko.PKey, ...]) -> None:
    node = Node(keys[0])
    assert hostkeys.pinned(entry, "sw1", node.connect) == node.line
    assert hostkeys.pinned(entry, "sw1", node.connect) == node.line
    assert node.asked == 1


def test_another_key_later_is_not_the_one_that_counts(entry: Entry, keys: tuple[paramiko.PKey, ...]) -> None:
    node, other = Node(keys[0]), Node(keys[1])
    hostkeys.pinned(entry, "sw1", node.connect)
    assert hostkeys.pinned(entry, "sw1", other.connect) == node.line
    assert register.pin(entry, "sw1", other.line) == node.line
    assert other.asked == 0


def test_a_node_that_does_not_answer_has_no_key_and_gets_one_later(
    entry: Entry, keys: tuple[paramiko.PKey, ...]
) -> None:
    def nobody() -> socket.socket:
        raise NodeUnreachableError("sw1 does not answer")

    def hangs_up() -> socket.socket:
        near, far = socket.socketpair()
        far.close()
        return near

    assert hostkeys.pinned(entry, "sw1", nobody) == ""
    assert hostkeys.pinned(entry, "sw1", hangs_up) == ""
    node = Node(keys[0])
    assert hostkeys.pinned(entry, "sw1", node.connect) == node.line


def test_a_lab_that_was_started_again_has_new_keys(entry: Entry, keys: tuple[paramiko.PKey, ...]) -> None:
    hostkeys.pinned(entry, "sw1", Node(keys[0]).connect)
    register.remove(Path(entry.folder))
    again = replace(entry, started=entry.started + 60)
    register.write(again)
    other = Node(keys[1])
    assert hostkeys.pinned(again, "sw1", other.connect) == other.line
