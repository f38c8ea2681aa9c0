"""A bench whose forwarder has the compiled cache in front, told apart packet by packet: who dealt with it, and what was sent."""

from __future__ import annotations

import ctypes
import tempfile
from collections.abc import Callable, Mapping, Sequence
from ctypes import CDLL
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from relay_bench import UPLINK, Bench

from labgen.relay.compile import compile_fast_path
from labgen.relay.fastpath import FastPath, load
from labgen.relay.mmsg import Outbox


class _Piece(ctypes.Structure):
    _fields_ = (("start", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Header(ctypes.Structure):
    """struct msghdr."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint32),
        ("pieces", ctypes.POINTER(_Piece)),
        ("number", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _Message(ctypes.Structure):
    """struct mmsghdr."""

    _fields_ = (("header", _Header), ("received", ctypes.c_uint32))


@dataclass(frozen=True)
class Came:
    """A packet as it comes to the relay."""

    data: bytes
    vrf: str = "default"
    ifindex: int = UPLINK
    source: str = "10.0.0.2"
    destination: str = "10.0.0.4"


@dataclass(frozen=True)
class Went:
    """What left, by names that two benches have in common."""

    to: str
    data: bytes
    source: str


class CompiledBench:
    """Packets go to the compiled cache first, and to Python where that does not know them."""

    def __init__(self, bench: Bench, library: CDLL) -> None:
        self.bench = bench
        self.fast = FastPath(library, bench.inbox, lambda *_: None, lambda *_: None)
        bench.forwarder.teach(self.fast)
        self._library = library
        for number, box in enumerate(self._boxes(), start=100):
            box.fd = number

    def _boxes(self) -> Sequence[Outbox]:
        found: dict[int, Outbox] = {}
        for link in self.bench.links.values():
            boxes = [link.box, *(box for group in link.groups for box in (group.box, group.plain_box))]
            found |= {id(box): box for box in boxes}
        return list(found.values())

    def feed(self, came: Came) -> tuple[bool, list[Went]]:
        """Whether the cache dealt with it, and what left."""
        bench, scope = self.bench, self.bench.scopes[came.vrf]
        local = "10.255.0.1" if came.destination == "255.255.255.255" else came.destination
        bench.inbox.put(came.data, came.ifindex, came.source, came.destination, local)
        if not self.fast.packet(scope, 0, len(came.data)):
            return False, plain(bench, came)
        out = ctypes.POINTER(_Message)()
        number = self._library.fast_take(self.fast._handle, ctypes.byref(out))
        return True, [self._went(out[index].header) for index in range(number)]

    def _went(self, message: _Header) -> Went:
        piece = message.pieces[0]
        source = str(IPv4Address(ctypes.string_at(message.control + 20, 4))) if message.control else ""
        data = ctypes.string_at(piece.start, piece.length)
        return Went(_name(self.bench, message.name), data, source)

    def counted(self) -> Mapping[str, object]:
        self.fast.harvest()
        return counted(self.bench)

    def close(self) -> None:
        self.fast.close()
        self.bench.forwarder.teach(None)


def plain(bench: Bench, came: Came) -> list[Went]:
    """What leaves when Python deals with a packet."""
    sent = bench.feed(came.data, came.vrf, came.ifindex, came.source, came.destination)
    return [Went(_name(bench, item.pointer), item.data, str(item.source or "")) for item in sent]


def _name(bench: Bench, pointer: int) -> str:
    recipients = bench.forwarder.recipients
    server, link = recipients.servers.get(pointer), recipients.links.get(pointer)
    assert server is not None or link is not None
    return server.name if server is not None else link.name if link is not None else ""


def counted(bench: Bench) -> Mapping[str, object]:
    return bench.counters.snapshot(0.0)


class Twins:
    """Two benches alike, one with the compiled cache in front: they get the same packets."""

    def __init__(self, make: Callable[[], Bench], library: CDLL) -> None:
        self.ours, self._theirs = CompiledBench(make(), library), make()

    def check(self, came: Came) -> bool:
        """Both send the same; whether the cache dealt with it. Twice: what the first has decided is known to the second."""
        dealt = False
        for _ in range(2):
            dealt, sent = self.ours.feed(came)
            assert sent == plain(self._theirs, came), came
        return dealt

    def check_counts(self) -> None:
        assert self.ours.counted() == counted(self._theirs)

    def close(self) -> None:
        self.ours.close()


def compiled_library() -> CDLL:
    """The library, compiled for this process alone."""
    with tempfile.TemporaryDirectory() as folder:
        found = load(compile_fast_path(Path(folder) / "_fastpath.so"))
    assert found is not None
    return found
