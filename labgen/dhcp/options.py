"""DHCPv4 options and relay agent sub-options: codes, splitting into octets and back, decoding for people.

RFC 2131/2132 (options), 3046 (relay agent information), 3396 (long options), 3527, 3993, 4243, 5010, 5107,
6607, 6925 and 8357 (sub-options), and Cisco's private sub-options 150 and 152.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv4Address

from labgen.dhcp.relay_options import RelayOptions
from labgen.dhcp.suboptions import relay_options, split
from labgen.ground.suboption import SubOptionCode

PAD = 0
END = 255


class OptionCode(IntEnum):
    """Options this package reads or writes (RFC 2132 unless said otherwise)."""

    SUBNET_MASK = 1
    ROUTER = 3
    HOST_NAME = 12
    REQUESTED_ADDRESS = 50
    LEASE_TIME = 51
    OVERLOAD = 52
    MESSAGE_TYPE = 53
    SERVER_ID = 54
    PARAMETER_LIST = 55
    MESSAGE = 56
    MAX_MESSAGE_SIZE = 57
    RENEWAL_TIME = 58
    REBINDING_TIME = 59
    CLIENT_ID = 61
    RELAY_AGENT = 82
    """RFC 3046."""
    SUBNET_SELECTION = 118
    """RFC 3011."""


UNICAST_FLAG = 0x80
"""Bit of sub-option 10 that says the relay received the message as unicast (RFC 5010)."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option or sub-option as it occurs: `code`, and the octets after its length octet.

    Pad is `Option(0)`: one octet, no length.
    """

    code: int
    data: bytes = b""

    def encode(self) -> bytes:
        """Octets on the wire. Raises ValueError above 255 octets: split them first (`split_long`)."""
        if self.code == PAD:
            return b"\0"
        return bytes((self.code, len(self.data))) + self.data


def split_long(code: int, data: bytes) -> list[Option]:
    """The options that carry `data` under one code, at most 255 octets each (RFC 3396)."""
    pieces = range(0, len(data) or 1, 255)
    return [Option(code, data[start : start + 255]) for start in pieces]


def join_long(options: Iterable[Option], code: int) -> bytes | None:
    """The value of an option with its instances joined (RFC 3396); None where it does not occur."""
    pieces = [option.data for option in options if option.code == code]
    return b"".join(pieces) if pieces else None


def encode_options(options: Iterable[Option]) -> bytes:
    """Options as octets, one after the other, without an end option (RFC 2132)."""
    return b"".join(option.encode() for option in options)


def decode_options(data: bytes) -> tuple[tuple[Option, ...], int]:
    """Options up to the end option, and the offset of what follows the last whole option.

    `data[offset:]` starts with the end option, with an option that runs past the end of `data`, or is empty.
    """
    options: list[Option] = []
    offset = 0
    while offset < len(data) and (code := data[offset]) != END:
        if code == PAD:
            options.append(Option(PAD))
            offset += 1
            continue
        stop = offset + 2 + data[offset + 1] if offset + 1 < len(data) else len(data) + 1
        if stop > len(data):
            break
        options.append(Option(code, data[offset + 2 : stop]))
        offset = stop
    return tuple(options), offset


@dataclass(frozen=True, slots=True)
class VirtualSubnet:
    """Sub-option 151 (RFC 6607 section 3.5): which VPN the client is in.

    `type` 0: `info` is the VRF's name in NVT ASCII; 1: a seven-octet VPN-ID (RFC 2685); 255: the global VPN.
    None: no type octet, `info` is the bare name, as Arista EOS sends it.
    """

    type: int | None
    info: bytes = b""

    @classmethod
    def decode(cls, data: bytes) -> VirtualSubnet:
        """Any octets decode: a first octet that is no type begins a bare name."""
        if data and data[0] in (0, 1, 255):
            return cls(data[0], data[1:])
        return cls(None, data)

    def encode(self) -> bytes:
        return self.info if self.type is None else bytes((self.type,)) + self.info


@dataclass(frozen=True, slots=True)
class RelayAgentInfo:
    """Option 82 (RFC 3046), its instances joined: sub-options in order of occurrence.

    `malformed` says why the octets in `rest` are no sub-option; both are empty for a well-formed option.
    """

    sub_options: tuple[Option, ...] = ()
    rest: bytes = b""
    malformed: str | None = None

    @classmethod
    def decode(cls, data: bytes) -> RelayAgentInfo:
        """Never raises: what cannot be read is kept in `rest`. Empty is malformed (RFC 3046 2.0)."""
        found, trouble = split(data)
        used = sum(len(value) + 2 for _, value in found)
        return cls(tuple(Option(code, value) for code, value in found), data[used:], trouble)

    def encode(self) -> bytes:
        """The value of option 82; what `decode` read is given back octet by octet."""
        return b"".join(bytes((sub.code, len(sub.data))) + sub.data for sub in self.sub_options) + self.rest

    def get(self, code: int) -> bytes | None:
        """Value of the first such sub-option."""
        return next((sub.data for sub in self.sub_options if sub.code == code), None)

    @property
    def circuit_id(self) -> bytes | None:
        return self.get(SubOptionCode.CIRCUIT_ID)

    @property
    def link_selection(self) -> IPv4Address | None:
        """Sub-option 5 (RFC 3527)."""
        return self._address(SubOptionCode.LINK_SELECTION)

    @property
    def server_id_override(self) -> IPv4Address | None:
        """Sub-option 11 (RFC 5107)."""
        return self._address(SubOptionCode.SERVER_ID_OVERRIDE)

    @property
    def vss(self) -> VirtualSubnet | None:
        data = self.get(SubOptionCode.VSS)
        return None if data is None else VirtualSubnet.decode(data)

    @property
    def vss_control(self) -> bool:
        """True with the empty sub-option 152: nobody has acted on 151 yet (RFC 6607 section 3.3)."""
        return self.get(SubOptionCode.VSS_CONTROL) == b""

    def _address(self, code: int) -> IPv4Address | None:
        data = self.get(code)
        return IPv4Address(data) if data is not None and len(data) == 4 else None

    def summary(self) -> RelayOptions:
        """The same for people and JSON."""
        return relay_options(self.encode())
