"""The DHCPv4 packet (RFC 2131 section 2, RFC 951): octets to a value and back, without loss."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Address

from labgen.dhcp.options import (
    END,
    Option,
    OptionCode,
    RelayAgentInfo,
    decode_options,
    encode_options,
    join_long,
    split_long,
)
from labgen.ground.errors import InputError

BOOTREQUEST = 1
BOOTREPLY = 2
HEADER_LENGTH = 236
"""Octets before the vendor area (RFC 951)."""
MINIMUM_LENGTH = 300
"""Octets of the shortest legal BOOTP packet (RFC 1542 section 2.1)."""
BROADCAST_FLAG = 0x8000
COOKIE = bytes((99, 130, 83, 99))
"""The magic cookie that makes the vendor area an options field (RFC 1497)."""

_HEADER = struct.Struct("!BBBBIHH4s4s4s4s16s64s128s")
_ANY = IPv4Address(0)
_TYPE_NAMES = (
    *("DISCOVER", "OFFER", "REQUEST", "DECLINE", "ACK", "NAK", "RELEASE", "INFORM"),
    *("FORCERENEW", "LEASEQUERY", "LEASEUNASSIGNED", "LEASEUNKNOWN", "LEASEACTIVE"),
)
"""Values of option 53 from 1 on: RFC 2132 section 9.6, RFC 3203, RFC 4388."""


@lru_cache(maxsize=8192)
def _address(octets: bytes) -> IPv4Address:
    """Addresses repeat within a capture, and making one costs more than unpacking the whole header."""
    return IPv4Address(octets)


def message_name(op: int, message_type: int | None) -> str:
    """`DISCOVER`...; `BOOTREQUEST` or `BOOTREPLY` without option 53; `TYPE-n` for one no RFC names."""
    if message_type is None:
        return "BOOTREQUEST" if op == BOOTREQUEST else "BOOTREPLY"
    if 1 <= message_type <= len(_TYPE_NAMES):
        return _TYPE_NAMES[message_type - 1]
    return f"TYPE-{message_type}"


@dataclass(frozen=True, slots=True)
class Packet:
    """One BOOTP or DHCP packet, as in the UDP payload.

    `chaddr` is the 16-octet field; `mac` gives its `hlen` octets as text. `options` holds every option up to
    the end option, pads included. `trailer` is what follows them: the end option and padding, an option that
    runs past the packet, or, without magic cookie (`dhcp` False), the whole vendor area.
    """

    op: int
    xid: int = 0
    htype: int = 1
    hlen: int = 6
    hops: int = 0
    secs: int = 0
    flags: int = 0
    ciaddr: IPv4Address = _ANY
    yiaddr: IPv4Address = _ANY
    siaddr: IPv4Address = _ANY
    giaddr: IPv4Address = _ANY
    chaddr: bytes = bytes(16)
    sname: bytes = bytes(64)
    file: bytes = bytes(128)
    options: tuple[Option, ...] = ()
    trailer: bytes = field(default=bytes((END,)), repr=False)
    dhcp: bool = True

    @classmethod
    def decode(cls, data: bytes) -> Packet:
        """Read a UDP payload.

        Raises InputError below 236 octets; any longer octets decode, and encode to the same octets.
        """
        if len(data) < HEADER_LENGTH:
            raise InputError(
                f"{len(data)} octets are no BOOTP packet: the fixed header has {HEADER_LENGTH} (RFC 951). "
                "Check that the capture keeps whole packets (tcpdump -s 0)."
            )
        op, htype, hlen, hops, xid, secs, flags, ci, yi, si, gi, chaddr, sname, file = _HEADER.unpack_from(
            data
        )
        dhcp = data[HEADER_LENGTH : HEADER_LENGTH + 4] == COOKIE
        vendor = data[HEADER_LENGTH + 4 :] if dhcp else data[HEADER_LENGTH:]
        options, offset = decode_options(vendor) if dhcp else ((), 0)
        addresses = (_address(ci), _address(yi), _address(si), _address(gi))
        return cls(
            op,
            xid,
            htype,
            hlen,
            hops,
            secs,
            flags,
            *addresses,
            chaddr,
            sname,
            file,
            options,
            vendor[offset:],
            dhcp,
        )

    def encode(self) -> bytes:
        """The UDP payload. Raises ValueError above 255 octets in an option, struct.error for a bad field."""
        header = _HEADER.pack(
            self.op,
            self.htype,
            self.hlen,
            self.hops,
            self.xid,
            self.secs,
            self.flags,
            self.ciaddr.packed,
            self.yiaddr.packed,
            self.siaddr.packed,
            self.giaddr.packed,
            self.chaddr,
            self.sname,
            self.file,
        )
        return header + (COOKIE if self.dhcp else b"") + encode_options(self.options) + self.trailer

    def padded(self) -> bytes:
        """`encode`, with zeros up to the 300 octets of RFC 1542."""
        return self.encode().ljust(MINIMUM_LENGTH, b"\0")

    def option(self, code: int) -> bytes | None:
        """Value of an option, its instances joined (RFC 3396), those in `file` and `sname` too where option 52 says so. Option 82 is in the
        options field alone (RFC 3046 section 2.1), and so is option 52 itself.
        """
        alone = code in (OptionCode.RELAY_AGENT, OptionCode.OVERLOAD)
        return join_long(self.options if alone else self.all_options(), code)

    def all_options(self) -> tuple[Option, ...]:
        """Options, with those of `file` and `sname` where option 52 says so (RFC 2131 section 4.1)."""
        overload = self.option(OptionCode.OVERLOAD)
        bits = overload[0] if overload else 0
        found = self.options
        for bit, area in ((1, self.file), (2, self.sname)):
            if bits & bit:
                found += decode_options(area)[0]
        return found

    @property
    def well_formed(self) -> bool:
        """False where an option runs past the end of the packet."""
        return not self.dhcp or not self.trailer or self.trailer[0] == END

    @property
    def broadcast(self) -> bool:
        return bool(self.flags & BROADCAST_FLAG)

    @property
    def mac(self) -> str:
        """Hardware address in lower case with colons; empty for hlen 0."""
        return self.chaddr[: min(self.hlen, 16)].hex(":")

    @property
    def message_type(self) -> int | None:
        value = self.option(OptionCode.MESSAGE_TYPE)
        return value[0] if value else None

    @property
    def message(self) -> str:
        """Name of the message, see `message_name`."""
        return message_name(self.op, self.message_type)

    @property
    def server_id(self) -> IPv4Address | None:
        return self._option_address(OptionCode.SERVER_ID)

    @property
    def requested(self) -> IPv4Address | None:
        return self._option_address(OptionCode.REQUESTED_ADDRESS)

    @property
    def lease_seconds(self) -> int | None:
        value = self.option(OptionCode.LEASE_TIME)
        return int.from_bytes(value, "big") if value is not None and len(value) == 4 else None

    @property
    def client_id(self) -> bytes | None:
        """Option 61 with its type octet (RFC 2132 9.14, RFC 4361); replies carry it too (RFC 6842)."""
        return self.option(OptionCode.CLIENT_ID)

    @property
    def relay_agent(self) -> RelayAgentInfo | None:
        """Option 82, its instances joined; None where there is none."""
        value = self.option(OptionCode.RELAY_AGENT)
        return None if value is None else RelayAgentInfo.decode(value)

    def _option_address(self, code: int) -> IPv4Address | None:
        value = self.option(code)
        return _address(value) if value is not None and len(value) == 4 else None


def dhcp_options(message_type: int, *more: tuple[int, bytes]) -> tuple[Option, ...]:
    """Options of a message: its type first, then `more`, long ones split (RFC 3396)."""
    pairs = ((int(OptionCode.MESSAGE_TYPE), bytes((message_type,))), *more)
    return tuple(piece for code, data in pairs for piece in split_long(code, data))
