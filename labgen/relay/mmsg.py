"""Datagrams in batches: recvmmsg(2) and sendmmsg(2) over buffers that are allocated once.

A packet is received into a slot with room in front (for link, IP and UDP headers) and behind (for option
82), is patched there, and is sent from there: it is never copied. Layouts are those of 64-bit Linux.
"""

from __future__ import annotations

import ctypes
import errno
import struct
import sys
from functools import lru_cache
from typing import NamedTuple

from labgen.ground.errors import InfrastructureError

SLOTS = 64
"""Packets per batch."""
HEADROOM = 64
LARGEST = 65536
"""Octets a slot takes: no UDP datagram is longer, so none is cut."""
STRIDE = HEADROOM + LARGEST + 512
"""From slot to slot: an odd number of cache lines, so that slots do not share cache sets."""

_MSG_DONTWAIT = 0x40
_HEADER = struct.Struct("=QI4xQQQQi4xI4x")
"""struct mmsghdr: name, its length, iovec, their number, control, its length, flags, length received."""
_IOVEC = struct.Struct("=QQ")
_LENGTH = 14
_NAME_SIZE = 16
_AF_INET = 2
_AF_PACKET = 17
_IPV4_PROTOCOL = int.from_bytes((0x0800).to_bytes(2, "big"), sys.byteorder)
_SOL_IP = 0
_IP_PKTINFO = 8
_PKTINFO_LENGTH = 28
"""Header and struct in_pktinfo, without the padding behind."""
_CONTROL_SIZE = 32
"""Space for one struct in_pktinfo (IP_PKTINFO)."""


@lru_cache(maxsize=1)
def _libc() -> ctypes.CDLL:
    if struct.calcsize("P") != 8:
        raise InfrastructureError("labgen-relay needs a 64-bit Linux: its message layouts are those of one.")
    libc = ctypes.CDLL(None, use_errno=True)
    libc.recvmmsg.argtypes = (
        ctypes.c_int,
        ctypes.c_void_p,
        ctypes.c_uint,
        ctypes.c_int,
        ctypes.c_void_p,
    )
    libc.sendmmsg.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int)
    return libc


def address_of(buffer: bytearray) -> int:
    """The address of a buffer's octets in memory. The buffer must not be resized afterwards."""
    return ctypes.addressof(ctypes.c_char.from_buffer(buffer))


class Target:
    """The destination of a packet: a socket address for the kernel to read.

    `pointer` is valid as long as this object lives.
    """

    __slots__ = ("_octets", "pointer")

    def __init__(self, octets: bytes) -> None:
        self._octets = bytearray(octets)
        self.pointer = address_of(self._octets)

    @classmethod
    def host(cls, address: bytes, port: int) -> Target:
        """A struct sockaddr_in."""
        return cls(struct.pack("=H", _AF_INET) + port.to_bytes(2, "big") + address + bytes(8))

    @classmethod
    def interface(cls, ifindex: int) -> Target:
        """A struct sockaddr_ll: whole frames out of one interface."""
        return cls(struct.pack("=HHiHBB8x", _AF_PACKET, _IPV4_PROTOCOL, ifindex, 0, 0, 0))


HOST_NAME_SIZE = 16
INTERFACE_NAME_SIZE = 20
"""Octets of the two kinds of socket address."""


class SourceAddress:
    """A control message that makes a packet leave with a source address of its own (IP_PKTINFO, see ip(7))."""

    __slots__ = ("_octets", "pointer")

    def __init__(self, address: bytes) -> None:
        header = struct.pack("=Qii", _PKTINFO_LENGTH, _SOL_IP, _IP_PKTINFO)
        self._octets = bytearray(header + struct.pack("=i", 0) + address + bytes(4) + bytes(4))
        self.pointer = address_of(self._octets)


class Inbox:
    """Slots for received packets. After `receive`, slot i starts at `i * STRIDE + HEADROOM` in `buffer`.

    `lengths[i * 16]` is the length of its packet. `control[i * 8]` is the index of the interface it came
    in by; the next two words hold the address it was received at and the one it was sent to, `sources[i *
    4]` the sender's address, each as a number in the machine's byte order. `names[i * 16 + 4:][:4]` is the latter as
    octets.
    """

    def __init__(self) -> None:
        self.buffer = bytearray(SLOTS * STRIDE)
        self.address = address_of(self.buffer)
        self._names = bytearray(SLOTS * _NAME_SIZE)
        self._control = bytearray(SLOTS * _CONTROL_SIZE)
        self._vectors = bytearray(SLOTS * _IOVEC.size)
        self._headers = bytearray(SLOTS * _HEADER.size)
        self._pointer = address_of(self._headers)
        self._template = self._build()
        self._used = 0
        self._libc = _libc()
        words = memoryview(self._headers).cast("I")
        self.lengths = words[_LENGTH:]
        self.control = memoryview(self._control).cast("I")[4:]
        self.sources = memoryview(self._names).cast("I")[1:]
        self.names = self._names

    def _build(self) -> bytearray:
        names, control = address_of(self._names), address_of(self._control)
        vectors = address_of(self._vectors)
        for slot in range(SLOTS):
            start = self.address + slot * STRIDE + HEADROOM
            _IOVEC.pack_into(self._vectors, slot * _IOVEC.size, start, LARGEST)
            _HEADER.pack_into(
                self._headers,
                slot * _HEADER.size,
                names + slot * _NAME_SIZE,
                _NAME_SIZE,
                vectors + slot * _IOVEC.size,
                1,
                control + slot * _CONTROL_SIZE,
                _CONTROL_SIZE,
                0,
                0,
            )
        return bytearray(self._headers)

    def places(self) -> tuple[int, int, int, int, int]:
        """The addresses in memory of slots, senders' addresses, control messages, headers and the headers' template."""
        return (
            self.address,
            address_of(self._names),
            address_of(self._control),
            self._pointer,
            address_of(self._template),
        )

    def receive(self, fd: int) -> int:
        """Take what waits at a socket, up to SLOTS packets, without waiting; 0 when there is nothing.

        Raises OSError for what the socket reports about itself (its interface went down, for one).
        """
        used = self._used * _HEADER.size
        self._headers[:used] = self._template[:used]
        count: int = self._libc.recvmmsg(fd, self._pointer, SLOTS, _MSG_DONTWAIT, None)
        if count >= 0:
            self._used = count
            return count
        code = ctypes.get_errno()
        if code in (errno.EAGAIN, errno.EINTR):
            return 0
        raise OSError(code, "recvmmsg")


class SendFailure(NamedTuple):
    """A packet the kernel did not take: the `pointer` it was addressed to, and why."""

    pointer: int
    code: int


class Outbox:
    """Packets that leave by one socket, gathered and sent at once. `fd` may change; -1 while there is no socket.

    `name_size` is the length of the addresses given to `add`.
    """

    def __init__(self, fd: int, name: str, name_size: int = HOST_NAME_SIZE) -> None:
        self.fd = fd
        self.name = name
        self.count = 0
        self._vectors = bytearray(SLOTS * _IOVEC.size)
        self._headers = bytearray(SLOTS * _HEADER.size)
        self._pointer = address_of(self._headers)
        vectors = address_of(self._vectors)
        for slot in range(SLOTS):
            pieces = (0, name_size, vectors + slot * _IOVEC.size, 1, 0, 0, 0, 0)
            _HEADER.pack_into(self._headers, slot * _HEADER.size, *pieces)
        self._words = memoryview(self._headers).cast("Q")
        self._places = memoryview(self._vectors).cast("Q")
        self._libc = _libc()
        self._failures: list[SendFailure] = []

    def add(self, start: int, length: int, name: int, control: int = 0) -> None:
        """Queue `length` octets at `start` for the `Target` at `name`, from the `SourceAddress` at `control` (0: as routed).

        The octets must stay as they are until `flush`.
        """
        count = self.count
        if count == SLOTS:
            self._send()
            count = 0
        at = count * 8
        self._words[at] = name
        self._words[at + 4] = control
        self._words[at + 5] = _CONTROL_SIZE if control else 0
        at = count * 2
        self._places[at] = start
        self._places[at + 1] = length
        self.count = count + 1

    def flush(self) -> list[SendFailure]:
        """Send what is queued; what failed is returned, and does not hold up the rest."""
        self._send()
        if not self._failures:
            return self._failures
        failures, self._failures = self._failures, []
        return failures

    def _send(self) -> None:
        sent, count = 0, self.count
        self.count = 0
        while sent < count:
            place = self._pointer + sent * _HEADER.size
            done: int = self._libc.sendmmsg(self.fd, place, count - sent, _MSG_DONTWAIT)
            if done >= 0:
                sent += done
                continue
            code = ctypes.get_errno()
            if code != errno.EINTR:
                self._failures.append(SendFailure(self._words[sent * 8], code))
                sent += 1
