"""Packet captures: AF_PACKET sockets, opened before a namespace has interfaces, into classic pcap files.

One process reads for the whole lab. Times in the files go on as they began when somebody sets the clock of the machine: an exchange is not
torn apart by it. File layout: the libpcap format with nanosecond timestamps (magic
0xa1b23c4d), link type Ethernet. `sync` makes the files complete up to that moment: what the kernel had seen
is read from the sockets before it answers.
"""

from __future__ import annotations

import ctypes
import os
import selectors
import signal
import socket
import struct
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

from labgen.ground.clock import SECOND, SteadyClock
from labgen.lab.embedded import syscalls as sc
from labgen.lab.embedded.limits import USUAL

HEADER = struct.pack("=IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1)
MAX_FRAME = 262144

_RECORD = struct.Struct("=IIII")
_TIMESPEC = struct.Struct("=qq")
_SO_TIMESTAMPNS = 35
_SO_RCVBUFFORCE = 33
_SO_ATTACH_FILTER = 26
_ETH_P_ALL = 3
_BUFFER = 16 << 20
_BATCH = 512
_SYNC = b"s"
_STATE = struct.Struct("=QQ")
_SOL_PACKET, _PACKET_STATISTICS = 263, 6


def open_tap() -> socket.socket:
    """A socket that sees every frame of the current network namespace, in and out, from now on."""
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
    try:
        sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER)
    except PermissionError:  # in a user namespace the system's limit stays
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
    sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    sock.setblocking(False)
    return sock


def only_interfaces(sock: socket.socket, indexes: Iterable[int]) -> None:
    """Have the kernel drop frames of all other interfaces (classic BPF over the interface index)."""
    load_index = struct.pack("=HBBI", 0x20, 0, 0, 0xFFFFF000 + 8)
    accept = struct.pack("=HBBI", 0x06, 0, 0, MAX_FRAME)
    drop = struct.pack("=HBBI", 0x06, 0, 0, 0)
    tests = b"".join(struct.pack("=HBBI", 0x15, 0, 1, index) + accept for index in indexes)
    code = ctypes.create_string_buffer(load_index + tests + drop)
    program = struct.pack("HxxxxxxP", (len(code) - 1) // 8, ctypes.addressof(code))
    sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)


@dataclass(frozen=True, slots=True)
class RecordedFrame:
    """One captured frame; `seconds` and `nanoseconds` since the epoch, `length` as it was on the wire."""

    interface: str
    seconds: int
    nanoseconds: int
    length: int
    data: bytes

    def at(self, stamp: int) -> RecordedFrame:
        """The same frame at another time, in nanoseconds since the epoch."""
        return replace(self, seconds=stamp // SECOND, nanoseconds=stamp % SECOND)

    def record(self) -> bytes:
        """The frame as a pcap record."""
        return _RECORD.pack(self.seconds, self.nanoseconds, len(self.data), self.length) + self.data


class FrameReader:
    """Reads frames from a tap without blocking."""

    def __init__(self) -> None:
        self._buffer = bytearray(MAX_FRAME)
        self._space = socket.CMSG_SPACE(_TIMESPEC.size)

    def read(self, sock: socket.socket) -> RecordedFrame | None:
        """The next frame, or None when there is none now."""
        try:
            size, ancillary, _, address = sock.recvmsg_into([self._buffer], self._space, socket.MSG_TRUNC)
        except (BlockingIOError, OSError):  # an interface that goes down reports ENETDOWN once
            return None
        stamp = next((data for _, kind, data in ancillary if kind == _SO_TIMESTAMPNS), bytes(_TIMESPEC.size))
        seconds, nanoseconds = _TIMESPEC.unpack(stamp)
        data = bytes(self._buffer[: min(size, MAX_FRAME)])
        return RecordedFrame(address[0], seconds, nanoseconds, size, data)


class PcapFile:
    """A capture that keeps its newest part, between `keep` and twice `keep` octets, in two files."""

    def __init__(self, path: Path, keep: int = USUAL) -> None:
        self.path = path
        self._keep = keep
        self.given_up = 0
        """octets of the older part that made room for newer ones"""
        self._stream = path.open("wb", buffering=1 << 16)
        self._stream.write(HEADER)

    def add(self, frame: RecordedFrame) -> None:
        if self._stream.tell() > self._keep:
            self._stream.close()
            with suppress(FileNotFoundError):
                self.given_up += older(self.path).stat().st_size
            self.path.replace(older(self.path))
            self._stream = self.path.open("wb", buffering=1 << 16)
            self._stream.write(HEADER)
        self._stream.write(frame.record())

    def flush(self) -> None:
        self._stream.flush()

    def close(self) -> None:
        self._stream.close()


def older(path: Path) -> Path:
    """The path of the earlier part of a long capture."""
    return path.with_suffix(".older.pcap")


def join(parts: Iterable[bytes]) -> bytes:
    """One capture file from consecutive ones."""
    return HEADER + b"".join(part[len(HEADER) :] for part in parts)


def tap_name(node: str, interface: str) -> str:
    """File name of a tap's capture."""
    return f"{node}-{interface}.pcap"


@dataclass(frozen=True, slots=True)
class TapSocket:
    """A tap socket of one namespace and the interfaces of `node` to record from it."""

    node: str
    sock: socket.socket
    interfaces: frozenset[str]


class Recorder:
    """The capture process: reads all taps, writes one file per interface, answers `sync`."""

    def __init__(
        self,
        folder: Path,
        taps: Iterable[TapSocket],
        commands: socket.socket,
        clock: SteadyClock | None = None,
        keep: int = USUAL,
    ) -> None:
        self._commands = commands
        self._clock = clock or SteadyClock()
        self._reader = FrameReader()
        self._lost = 0
        self._files: dict[tuple[str, str], PcapFile] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(commands, selectors.EVENT_READ, None)
        for tap in taps:
            self._selector.register(tap.sock, selectors.EVENT_READ, tap)
            for name in tap.interfaces:
                self._files[tap.node, name] = PcapFile(folder / tap_name(tap.node, name), keep)

    def run(self) -> None:
        """Record until the supervisor closes its end."""
        while True:
            for key, _ in self._selector.select():
                if isinstance(key.data, TapSocket):
                    self._drain(key.data, _BATCH)
                elif not self._answer():
                    return

    def _answer(self) -> bool:
        command = self._commands.recv(1)
        if command != _SYNC:
            return False
        for key in list(self._selector.get_map().values()):
            if isinstance(key.data, TapSocket):
                self._drain(key.data, None)
        for file in self._files.values():
            file.flush()
        given_up = sum(file.given_up for file in self._files.values())
        self._commands.send(_STATE.pack(self._count_lost(), given_up))
        return True

    def _count_lost(self) -> int:
        """Frames the kernel had no room for, since the start."""
        for key in self._selector.get_map().values():
            if isinstance(key.data, TapSocket):
                statistics = key.data.sock.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8)
                self._lost += struct.unpack("II", statistics)[1]
        return self._lost

    def _drain(self, tap: TapSocket, limit: int | None) -> None:
        count = 0
        moved, read = self._clock.moved(), self._clock.steady_ns()
        while (limit is None or count < limit) and (frame := self._reader.read(tap.sock)) is not None:
            count += 1
            file = self._files.get((tap.node, frame.interface))
            if file is not None:
                stamp = frame.seconds * SECOND + frame.nanoseconds
                file.add(frame.at(self._clock.placed(stamp, read)) if moved else frame)


@dataclass(frozen=True, slots=True)
class Missed:
    """The parts that captures do not hold: `frames` the kernel had no room for, `octets` of files that were given up for newer ones."""

    frames: int = 0
    octets: int = 0


@dataclass(frozen=True, slots=True)
class Capture:
    """The supervisor's side of the capture process."""

    pid: int
    commands: socket.socket
    folder: Path
    names: tuple[str, ...]

    def request_sync(self) -> None:
        """Ask for complete files; the answer makes `commands` readable."""
        self.commands.send(_SYNC)

    def read_answer(self) -> Missed:
        """The missing parts so far, by the capture process's answer. OSError where it is gone."""
        answer = self.commands.recv(_STATE.size)
        if len(answer) != _STATE.size:
            raise ConnectionResetError("the capture process has ended")
        return Missed(*_STATE.unpack(answer))

    def open_files(self, name: str) -> list[int]:
        """Descriptors of a tap's files, oldest first."""
        path = self.folder / name
        return [os.open(part, os.O_RDONLY | os.O_CLOEXEC) for part in (older(path), path) if part.exists()]


def start_capture(
    folder: Path, taps: Mapping[int, TapSocket] | Iterable[TapSocket], keep: int = USUAL
) -> Capture:
    """Fork the capture process; the caller's copies of the tap sockets are closed. `keep`: octets of each file, as PcapFile has it."""
    taps = tuple(taps.values() if isinstance(taps, Mapping) else taps)
    folder.mkdir(parents=True, exist_ok=True)
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        ours.close()
        _record(folder, taps, theirs, keep)
    theirs.close()
    for tap in taps:
        tap.sock.close()
    ours.setblocking(False)
    names = tuple(tap_name(tap.node, name) for tap in taps for name in sorted(tap.interfaces))
    return Capture(pid, ours, folder, names)


def _record(folder: Path, taps: Iterable[TapSocket], commands: socket.socket, keep: int) -> NoReturn:
    try:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        sc.set_process_name("labgen-capture")
        Recorder(folder, taps, commands, keep=keep).run()
    finally:
        os._exit(1)
