"""The compiled cache in front of the forwarding path (fastpath.c): loaded where it was compiled, and done without otherwise.

Python takes every decision; what it decided for a packet that came through by the plainest way is put into the cache, and packets alike
in all that the decision depends on are then forwarded without Python. Whatever changes in the relay clears it.
"""

from __future__ import annotations

import ctypes
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from labgen.relay.counters import LinkCounters, ServerCounters
from labgen.relay.mmsg import HEADROOM, STRIDE, Inbox
from labgen.relay.tables import ClientLink, Group, Member, ReplyTable, VrfLookup

LIBRARY = Path(__file__).with_name("_fastpath.so")
SOURCE = Path(__file__).with_name("fastpath.c")
_KINDS = 32
_SERVERS = 8
_TAIL = 264
_READY = 32
_Counts = ctypes.c_uint64 * _KINDS
_NOTHING = bytes(_KINDS * 8)
_SLOW = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_int)
_FAILED = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int)


class _Request(ctypes.Structure):
    _fields_ = (
        ("scope", ctypes.c_uint32),
        ("ifindex", ctypes.c_uint32),
        ("hop_limit", ctypes.c_uint32),
        ("min_secs", ctypes.c_uint32),
        ("servers", ctypes.c_uint32),
        ("broadcast_length", ctypes.c_uint32),
        ("unicast_length", ctypes.c_uint32),
        ("fd", ctypes.c_int32),
        ("giaddr", ctypes.c_uint8 * 4),
        ("broadcast_tail", ctypes.c_uint8 * _TAIL),
        ("unicast_tail", ctypes.c_uint8 * _TAIL),
        ("source", ctypes.c_void_p),
        ("targets", ctypes.c_void_p * _SERVERS),
        ("counts", _Counts),
    )


class _Reply(ctypes.Structure):
    _fields_ = (
        ("ends", ctypes.c_uint32 * 4),
        ("agent_length", ctypes.c_uint32),
        ("giaddr", ctypes.c_uint8 * 4),
        ("agent", ctypes.c_uint8 * _TAIL),
        ("fd", ctypes.c_int32),
        ("source", ctypes.c_uint32),
        ("tos", ctypes.c_uint32),
        ("mtu", ctypes.c_uint32),
        ("mac", ctypes.c_uint8 * 8),
        ("target", ctypes.c_void_p),
        ("counts", _Counts),
    )


class _Memory(ctypes.Structure):
    _fields_ = (
        ("buffer", ctypes.c_void_p),
        ("names", ctypes.c_void_p),
        ("control", ctypes.c_void_p),
        ("headers", ctypes.c_void_p),
        ("template", ctypes.c_void_p),
        ("stride", ctypes.c_uint64),
        ("headroom", ctypes.c_uint64),
    )


def fingerprint() -> int:
    """A fingerprint of the source: a library that was compiled from another source is not loaded."""
    return zlib.crc32(SOURCE.read_bytes())


def load(path: Path | None = None) -> ctypes.CDLL | None:
    """The compiled library; None where it was not compiled, not from this source, or not for this machine."""
    try:
        library = ctypes.CDLL(str(path or LIBRARY))
        library.fast_fingerprint.restype = ctypes.c_uint32
        current = library.fast_fingerprint() == fingerprint()
    except (OSError, AttributeError):
        return None
    return _declared(library) if current else None


def _declared(library: ctypes.CDLL) -> ctypes.CDLL:
    pointer, number = ctypes.c_void_p, ctypes.c_int
    signatures = {
        "fast_new": (pointer, (pointer, _SLOW, _FAILED)),
        "fast_free": (None, (pointer,)),
        "fast_wait": (number, (pointer, number, number, pointer, number)),
        "fast_packet": (number, (pointer, ctypes.c_uint32, number, ctypes.c_size_t)),
        "fast_take": (number, (pointer, pointer)),
        "fast_learn_request": (pointer, (pointer, pointer)),
        "fast_learn_reply": (pointer, (pointer, pointer)),
        "fast_clear": (None, (pointer,)),
        "fast_off": (None, (pointer, number)),
        "fast_port": (number, (pointer, number, number)),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


@dataclass(frozen=True, slots=True)
class _Learned:
    """The clients whose packets an entry counts: each counts for all of them."""

    counts: ctypes.Array[ctypes.c_uint64]
    link: LinkCounters
    servers: tuple[ServerCounters, ...]
    request: bool
    vss_ignored: bool = False


Slow = Callable[[int, int], None]
"""Deals with the packet in a slot of the inbox that came in by a descriptor; a negative slot is an error of the socket."""


class FastPath:
    """The cache, over the slots of one inbox. `slow` gets what is not in it, `failed` what could not be sent."""

    def __init__(
        self, library: ctypes.CDLL, inbox: Inbox, slow: Slow, failed: Callable[[int, int], None]
    ) -> None:
        self._library = library
        self._slow = slow
        self._raised: BaseException | None = None
        # They have to live as long as the library may call them.
        self._calls = _SLOW(self._handed_over), _FAILED(lambda target, code: failed(target or 0, code))
        self._memory = _Memory(*inbox.places(), STRIDE, HEADROOM)
        self._handle = ctypes.c_void_p(library.fast_new(ctypes.byref(self._memory), *self._calls))
        self._ready = (ctypes.c_int * _READY)()
        self._numbers: dict[VrfLookup, int] = {}
        self._learned: list[_Learned] = []

    def close(self) -> None:
        self.clear()
        self._library.fast_free(self._handle)

    def _handed_over(self, fd: int, slot: int) -> int:
        """Handle a packet that the library hands over: an exception must not be lost in it."""
        try:
            self._slow(fd, slot)
        except BaseException as error:  # noqa: BLE001  raised again by `wait`
            self._raised = error
            return 1
        return 0

    def wait(self, epoll: int, seconds: float) -> Sequence[int]:
        """Serve ports until another descriptor of the epoll is ready, a signal came, or so many seconds are over; those ready."""
        found = self._library.fast_wait(self._handle, epoll, int(seconds * 1000), self._ready, _READY)
        if self._raised is not None:
            error, self._raised = self._raised, None
            raise error
        return self._ready[:found]

    def take_over(self, fd: int, scope: VrfLookup) -> bool:
        """Serve a port by the cache from now on; False where its descriptor is too large."""
        return bool(self._library.fast_port(self._handle, fd, self._number(scope)))

    def give_back(self, fd: int) -> None:
        self._library.fast_port(self._handle, fd, -1)

    def switch(self, on: bool) -> None:
        """Off: every packet goes to Python."""
        self._library.fast_off(self._handle, not on)

    def _number(self, scope: VrfLookup) -> int:
        """A number for a VRF; the scope is kept, so that no other is taken for it."""
        return self._numbers.setdefault(scope, len(self._numbers))

    def packet(self, scope: VrfLookup, slot: int, length: int) -> bool:
        """Deal with one packet that was put into the inbox; False: it is Python's."""
        return bool(self._library.fast_packet(self._handle, self._number(scope), slot, length))

    # What is put in, and taken out.

    def learn_request(self, link: ClientLink, scope: VrfLookup, ifindex: int) -> None:
        """Requests of this interface that get option 82 all go the same way, unless their circuit-ids differ or servers get others."""
        group = link.groups[0]
        if not _plain(link, group):
            return
        entry = _Request(
            self._number(scope), ifindex, link.hop_limit, link.min_secs, len(group.targets),
            len(group.broadcast_tail), len(group.unicast_tail), group.box.fd,
        )  # fmt: skip
        entry.giaddr[:] = group.giaddr
        entry.broadcast_tail[: len(group.broadcast_tail)] = group.broadcast_tail
        entry.unicast_tail[: len(group.unicast_tail)] = group.unicast_tail
        entry.source = group.source.pointer
        for number, (_, pointer) in enumerate(group.targets):
            entry.targets[number] = pointer
        place = self._library.fast_learn_request(self._handle, ctypes.byref(entry))
        self._keep(place, link, tuple(counters for counters, _ in group.targets), request=True)

    def learn_reply(
        self,
        found: Member,
        table: ReplyTable,
        scope: VrfLookup,
        giaddr: bytes,
        agent: bytes,
        ends: tuple[int, int, int],
    ) -> None:
        """`ends`: interface, source and destination as the kernel has them. Not by interfaces where routes are asked for."""
        link = found.link
        if ends[0] in scope.links or found.crossing:
            return
        entry = _Reply((self._number(scope), *ends), len(agent))
        entry.giaddr[:] = giaddr
        entry.agent[: len(agent)] = agent
        entry.fd, entry.source, entry.tos, entry.mtu = link.box.fd, link.source, link.tos, link.mtu
        entry.mac[: len(link.mac)] = link.mac
        entry.target = link.target.pointer
        place = self._library.fast_learn_reply(self._handle, ctypes.byref(entry))
        self._keep(place, link, (table.server,), request=False, vss_ignored=found.sends_control)

    def _keep(
        self,
        place: int | None,
        link: ClientLink,
        servers: tuple[ServerCounters, ...],
        request: bool,
        vss_ignored: bool = False,
    ) -> None:
        if place is not None:
            self._learned.append(
                _Learned(_Counts.from_address(place), link.counters, servers, request, vss_ignored)
            )

    def clear(self) -> None:
        """Forget all that was decided; what was counted is kept."""
        if self._learned:
            self.harvest()
            self._learned.clear()
            self._library.fast_clear(self._handle)

    def harvest(self) -> None:
        """Add what was counted to the relay's counters."""
        for entry in self._learned:
            if bytes(entry.counts) == _NOTHING:
                continue
            for kind, number in enumerate(entry.counts):
                if number:
                    _add(entry, kind, number)
            ctypes.memset(entry.counts, 0, ctypes.sizeof(entry.counts))


def _add(entry: _Learned, kind: int, number: int) -> None:
    (entry.link.requests if entry.request else entry.link.replies)[kind] += number
    for server in entry.servers:
        if entry.request:
            server.sent += number
        else:
            server.replies[kind] += number
            server.vss_ignored += number * entry.vss_ignored


def _plain(link: ClientLink, group: Group) -> bool:
    """True where all servers get the same option 82, always the same, and it fits the cache."""
    tails = (group.broadcast_tail, group.unicast_tail)
    return (
        len(link.groups) == 1
        and link.port_of is None
        and len(group.targets) <= _SERVERS
        and all(1 < len(tail) <= _TAIL for tail in tails)
    )
