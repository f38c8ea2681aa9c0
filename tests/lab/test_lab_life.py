"""Whether a lab lives is told by one descriptor of its supervisor, whoever asks."""

from __future__ import annotations

import gc
import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from labgen.lab.embedded import socket_names
from labgen.lab.embedded.liveness import Life

THREADS = 12


def descriptors_of_processes() -> int:
    """Those that somebody still has: what other tests left to the garbage is closed first, and not at some moment in between."""
    gc.collect()
    found = 0
    for link in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # that of the list itself
            found += "pidfd" in str(link.readlink())
    return found


def test_a_supervisor_that_answered_is_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking reads the descriptors of every process, and threads that read connections ask."""

    def looked(name: str) -> int:
        raise AssertionError("looked for")

    monkeypatch.setattr(socket_names, "holder", looked)
    life = Life("labgen/0/nobody")
    life.known(os.getpid())
    assert not life.over


def test_threads_that_ask_at_once_share_one_descriptor(monkeypatch: pytest.MonkeyPatch) -> None:
    together = threading.Barrier(THREADS)

    def found(name: str) -> int:
        together.wait(10)
        return os.getpid()

    monkeypatch.setattr(socket_names, "holder", found)
    before = descriptors_of_processes()
    life = Life("labgen/0/one")
    with ThreadPoolExecutor(THREADS) as pool:
        asked = [pool.submit(getattr, life, "over") for _ in range(THREADS)]
    assert [each.result() for each in asked] == [False] * THREADS
    assert descriptors_of_processes() == before + 1
    del life
    assert descriptors_of_processes() == before


def test_a_lab_that_nobody_holds_is_over() -> None:
    assert Life("labgen/0/nobody-listens-there").over


def test_a_holder_whose_descriptors_come_and_go_is_found(tmp_path: Path) -> None:
    """One that is closed between the list and the look at it says nothing of the others."""
    name, end = socket_names.fresh(tmp_path), threading.Event()

    def come_and_go() -> None:
        while not end.is_set():
            for fd in [os.open(os.devnull, os.O_RDONLY) for _ in range(40)]:
                os.close(fd)

    below = [os.open(os.devnull, os.O_RDONLY) for _ in range(60)]
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as sock:
        sock.bind(f"\0{name}")
        sock.listen(1)
        for fd in below:
            os.close(fd)
        churn = threading.Thread(target=come_and_go)
        churn.start()
        try:
            assert {socket_names.holder(name) for _ in range(30)} == {os.getpid()}
        finally:
            end.set()
            churn.join()
