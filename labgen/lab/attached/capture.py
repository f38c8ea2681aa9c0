"""Captures on nodes of a network that labgen did not make: tcpdump there, its packets here, and nothing left when it ends."""

from __future__ import annotations

import os
import shlex
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Protocol

from labgen.lab.deadline import Deadline

FILTER = "udp and (port 67 or port 68 or port 4789) or (vlan and udp and (port 67 or port 68)) or icmp"
HEADER = 24
"""Octets of a pcap file's header: they come as soon as tcpdump listens."""
STARTING = 10.0
LAST_BYTES_SECONDS = 0.2
CHUNK = 65536


def command(interface: str) -> str:
    """The command that runs on the node. It reads its own input and ends with it: when labgen goes away, for whatever reason, tcpdump
    does."""
    dump = f"tcpdump -n -U --immediate-mode -s 0 -i {shlex.quote(interface)} -w - {shlex.quote(FILTER)}"
    return f"{{ exec 3<&0; {dump} & p=$!; (cat <&3 >/dev/null; kill $p 2>/dev/null) & wait $p; }}"


class Stream(Protocol):
    """A command that runs on a node, with its output."""

    def read(self, size: int) -> bytes:
        """Some output; nothing when it has ended."""
        ...

    def said(self) -> str:
        """The text of its stderr, once it has ended."""
        ...

    def close(self) -> None:
        """End it."""
        ...


@dataclass
class ChannelStream:
    """A command over an SSH channel (`client` is the connection it lives in)."""

    client: Any
    channel: Any

    def read(self, size: int) -> bytes:
        return bytes(self.channel.recv(size))

    def said(self) -> str:
        return bytes(self.channel.recv_stderr(CHUNK)).decode("utf-8", "replace")

    def close(self) -> None:
        with suppress(OSError, EOFError):
            self.channel.shutdown_write()
        self.channel.close()
        self.client.close()


@dataclass
class ProcessStream:
    """A command that an engine runs in a container."""

    process: subprocess.Popen[bytes]

    def read(self, size: int) -> bytes:
        assert self.process.stdout is not None
        return os.read(self.process.stdout.fileno(), size)

    def said(self) -> str:
        assert self.process.stderr is not None
        return os.read(self.process.stderr.fileno(), CHUNK).decode("utf-8", "replace")

    def close(self) -> None:
        if self.process.stdin is not None:
            self.process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(2)
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()


@dataclass
class RemoteCapture:
    """A capture under way, into `file`."""

    file: Path
    stream: Stream
    _output: IO[bytes] = field(init=False)
    _thread: threading.Thread = field(init=False)
    octets: int = 0

    def __post_init__(self) -> None:
        self._output = self.file.open("wb", buffering=0)
        self._thread = threading.Thread(target=self._copy, daemon=True)
        self._thread.start()

    def _copy(self) -> None:
        with suppress(OSError, EOFError, ValueError):
            while chunk := self.stream.read(CHUNK):
                self._output.write(chunk)
                self.octets += len(chunk)

    def begun(self, deadline: Deadline) -> bool:
        """True if tcpdump listens; waits for it. It writes the file's header before it gives up its rights, which may end it."""
        while self.octets < HEADER and not deadline.over and self._thread.is_alive():
            time.sleep(0.02)
        self._thread.join(LAST_BYTES_SECONDS)
        return self.octets >= HEADER and not self.problem

    @property
    def problem(self) -> str:
        """The reason why it ended; empty while it goes on."""
        if self._thread.is_alive():
            return ""
        lines = [line for line in self.stream.said().splitlines() if "listening on" not in line]
        return f"tcpdump ended: {lines[-1]}" if lines else "tcpdump ended"

    def end(self) -> None:
        self.stream.close()
        self._thread.join(2)
        self._output.close()
