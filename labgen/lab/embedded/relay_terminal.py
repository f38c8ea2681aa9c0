"""The caller's terminal, joined to a terminal of a node."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager

from labgen.lab.embedded.terminal import resize


@contextmanager
def raw_mode(fd: int) -> Iterator[None]:
    """Keys go through as they are typed; undone at the end. Nothing happens where `fd` is no terminal."""
    if not os.isatty(fd):
        yield
        return
    before = termios.tcgetattr(fd)
    tty.setraw(fd)
    try:
        yield
    finally:
        termios.tcsetattr(fd, termios.TCSADRAIN, before)


@contextmanager
def follow_size(terminal: int) -> Iterator[None]:
    """Keep a node's terminal as large as the caller's."""

    def changed(number: int, frame: object) -> None:
        with contextlib.suppress(OSError):
            size = os.get_terminal_size(0)
            resize(terminal, size.lines, size.columns)

    before = signal.signal(signal.SIGWINCH, changed)
    try:
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)


def relay_terminal(master: int) -> None:
    """Copy between standard input and output and a node's terminal until its last process leaves it."""
    with raw_mode(0), follow_size(master), selectors.DefaultSelector() as selector:
        selector.register(master, selectors.EVENT_READ)
        with contextlib.suppress(PermissionError):  # a plain file as standard input cannot be polled
            selector.register(0, selectors.EVENT_READ)
        while _step(selector, master):
            pass
    os.close(master)


def _step(selector: selectors.BaseSelector, master: int) -> bool:
    for key, _ in selector.select():
        try:
            data = os.read(key.fd, 1 << 14)
        except OSError:  # EIO: nobody holds the other end any more
            data = b""
        if key.fd == master:
            if not data:
                return False
            os.write(1, data)
        elif data:
            os.write(master, data)
        else:
            selector.unregister(0)
            os.write(master, b"\x04")
    return True
