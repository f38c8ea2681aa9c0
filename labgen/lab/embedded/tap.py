"""`python -m labgen.lab.embedded.tap INTERFACE`.

A live capture of one interface on standard output, for `labgen capture`.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import sys

from labgen.lab.embedded.capture import HEADER, FrameReader, only_interfaces, open_tap


def main(interface: str) -> int:
    """Write pcap records until standard output closes. Exit status 1 where there is no such interface."""
    try:
        index = socket.if_nametoindex(interface)
    except OSError:
        names = ", ".join(name for _, name in socket.if_nameindex())
        os.write(2, f"no interface {interface} here; there are {names}\n".encode())
        return 1
    with open_tap() as sock, selectors.DefaultSelector() as selector:
        only_interfaces(sock, [index])
        selector.register(sock, selectors.EVENT_READ)
        with contextlib.suppress(PermissionError):  # a plain file cannot be watched, and never closes
            selector.register(1, selectors.EVENT_READ)
        with contextlib.suppress(BrokenPipeError):
            _stream(sock, selector)
    return 0


def _stream(sock: socket.socket, selector: selectors.BaseSelector) -> None:
    reader = FrameReader()
    _write_all(HEADER)
    while True:
        if any(
            key.fd == 1 for key, _ in selector.select()
        ):  # its reader has gone, also where no packet comes any more
            return
        while (frame := reader.read(sock)) is not None:
            _write_all(frame.record())


def _write_all(data: bytes) -> None:
    while data:
        data = data[os.write(1, data) :]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
