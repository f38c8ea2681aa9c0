"""The DHCPv4 codec: nothing is lost, nothing raises, and the values are the RFCs'."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labgen.dhcp.options import (
    Option,
    OptionCode,
    RelayAgentInfo,
    VirtualSubnet,
    decode_options,
    encode_options,
    split_long,
)
from labgen.dhcp.packet import COOKIE, Packet, dhcp_options
from labgen.ground.errors import InputError
from labgen.ground.suboption import SubOptionCode

MAC = bytes.fromhex("02000000000a")


def packet(*options: Option, **fields: object) -> Packet:
    return Packet(op=1, chaddr=MAC.ljust(16, b"\0"), options=options, **fields)  # type: ignore[arg-type]


@settings(deadline=None)
@given(st.binary(min_size=236, max_size=900))
def test_any_octets_survive_decoding_and_encoding(data: bytes) -> None:
    assert Packet.decode(data).encode() == data


@settings(deadline=None)
@given(st.binary(min_size=236, max_size=236), st.binary(max_size=600))
def test_any_options_survive_decoding_and_encoding(header: bytes, options: bytes) -> None:
    data = header + COOKIE + options
    assert Packet.decode(data).encode() == data


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 254), st.binary(max_size=255)), max_size=12))
def test_any_list_of_options_survives_encoding_and_decoding(items: list[tuple[int, bytes]]) -> None:
    made = packet(*(Option(code, data) for code, data in items))
    assert Packet.decode(made.encode()) == made


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_octets_survive_as_relay_agent_information(data: bytes) -> None:
    """RFC 3046; malformed ones too."""
    info = RelayAgentInfo.decode(data)
    assert info.encode() == data
    assert (info.malformed is None) == (bool(data) and not info.rest)
    info.summary()


@settings(deadline=None)
@given(st.integers(1, 254), st.binary(max_size=1000))
def test_long_values_are_split_and_joined(code: int, data: bytes) -> None:
    """RFC 3396."""
    pieces = split_long(code, data)
    assert all(len(piece.data) <= 255 for piece in pieces)
    assert packet(*pieces).option(code) == data


@settings(deadline=None)
@given(st.binary(max_size=40))
def test_any_octets_survive_as_virtual_subnet(data: bytes) -> None:
    """RFC 6607, and the bare name of EOS."""
    assert VirtualSubnet.decode(data).encode() == data


@settings(deadline=None)
@given(st.binary(max_size=600))
def test_decoded_options_cover_what_precedes_the_offset(data: bytes) -> None:
    options, offset = decode_options(data)
    assert encode_options(options) == data[:offset]


@pytest.mark.parametrize("length", [0, 1, 235])
def test_less_than_a_header_is_refused_with_a_remedy(length: int) -> None:
    with pytest.raises(InputError, match="whole packets"):
        Packet.decode(bytes(length))


def test_header_fields_are_where_rfc_2131_puts_them() -> None:
    data = bytes.fromhex("0101060312345678000980000a0000010a0000020a0000030a000004") + MAC.ljust(16, b"\0")
    decoded = Packet.decode(data + b"s" * 64 + b"f" * 128 + COOKIE + b"\x35\x01\x03\xff")
    assert (decoded.hops, decoded.xid, decoded.secs, decoded.broadcast) == (3, 0x12345678, 9, True)
    addresses = (decoded.ciaddr, decoded.yiaddr, decoded.siaddr, decoded.giaddr)
    assert [str(address) for address in addresses] == ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"]
    assert (decoded.mac, decoded.message) == ("02:00:00:00:00:0a", "REQUEST")
    assert (decoded.sname[:1], decoded.file[:1]) == (b"s", b"f")


@pytest.mark.parametrize(
    ("op", "kind", "name"),
    [
        (1, 1, "DISCOVER"),
        (2, 5, "ACK"),
        (1, 8, "INFORM"),
        (1, 13, "LEASEACTIVE"),
        (1, 14, "TYPE-14"),
        (1, None, "BOOTREQUEST"),
    ],
    ids=str,
)
def test_messages_have_names(op: int, kind: int | None, name: str) -> None:
    options = dhcp_options(kind) if kind is not None else ()
    assert Packet(op=op, options=options).message == name


def test_reply_without_message_type_is_a_bootreply() -> None:
    assert Packet(op=2, dhcp=False, trailer=bytes(64)).message == "BOOTREPLY"


def test_values_of_common_options_are_typed() -> None:
    decoded = packet(
        *dhcp_options(
            5,
            (OptionCode.SERVER_ID, bytes((10, 0, 0, 2))),
            (OptionCode.REQUESTED_ADDRESS, bytes((172, 16, 0, 9))),
            (OptionCode.LEASE_TIME, b"\0\0\x0e\x10"),
            (OptionCode.CLIENT_ID, b"\xff\0\0\0\1"),
        )
    )
    assert (decoded.server_id, decoded.requested) == (IPv4Address("10.0.0.2"), IPv4Address("172.16.0.9"))
    assert (decoded.lease_seconds, decoded.client_id) == (3600, b"\xff\0\0\0\1")


@pytest.mark.parametrize("data", [b"", b"\x0a", b"\x0a\0\0\0\0"], ids=["empty", "short", "long"])
def test_address_of_a_wrong_length_is_none(data: bytes) -> None:
    assert packet(Option(OptionCode.SERVER_ID, data)).server_id is None


@pytest.mark.parametrize(
    ("bits", "names"),
    [(0, []), (1, [b"F"]), (2, [b"S"]), (3, [b"F", b"S"])],
    ids=["none", "file", "sname", "both"],
)
def test_overloaded_fields_give_options_only_where_option_52_says_so(bits: int, names: list[bytes]) -> None:
    """RFC 2131 section 4.1: file before sname."""
    decoded = packet(
        Option(OptionCode.OVERLOAD, bytes((bits,))),
        file=b"\x0c\x01F\xff".ljust(128, b"\0"),
        sname=b"\x0c\x01S\xff".ljust(64, b"\0"),
    )
    found = [option.data for option in decoded.all_options() if option.code == OptionCode.HOST_NAME]
    assert found == names


def test_option_past_the_end_is_told_and_kept() -> None:
    data = packet(trailer=b"\x0c\x09ab").encode()
    decoded = Packet.decode(data)
    assert (decoded.well_formed, decoded.trailer) == (False, b"\x0c\x09ab")


SUB_OPTIONS = {
    SubOptionCode.CIRCUIT_ID: b"Vlan1000",
    SubOptionCode.REMOTE_ID: MAC,
    SubOptionCode.LINK_SELECTION: bytes((172, 16, 0, 0)),
    SubOptionCode.SUBSCRIBER_ID: b"subscriber",
    SubOptionCode.VENDOR_SPECIFIC: b"\0\0\0\x09\x02ab",
    SubOptionCode.FLAGS: b"\x80",
    SubOptionCode.SERVER_ID_OVERRIDE: bytes((172, 16, 0, 4)),
    SubOptionCode.RELAY_ID: b"\0\x03\0\x01" + MAC,
    SubOptionCode.RELAY_PORT: b"",
    SubOptionCode.CISCO_LINK_SELECTION: bytes((172, 16, 0, 0)),
    SubOptionCode.VSS: b"\0client",
    SubOptionCode.VSS_CONTROL: b"",
}


def test_every_known_sub_option_is_read_and_told() -> None:
    value = encode_options(Option(code, data) for code, data in SUB_OPTIONS.items())
    info = RelayAgentInfo.decode(value)
    assert {SubOptionCode(sub.code): sub.data for sub in info.sub_options} == SUB_OPTIONS
    told = info.summary().to_json()
    assert told["circuit_id"] == "Vlan1000"
    assert told["remote_id"] == "0x02000000000a"
    assert told["link_selection"] == "172.16.0.0"
    assert told["server_id_override"] == "172.16.0.4"
    assert (told["vss"], told["vss_control"], told["unicast"]) == ("client", True, True)
    assert set(told["other"]) == {"9", "12", "19"}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("data", "control", "private"),
    [(b"", True, None), (bytes((10, 0, 0, 4)), None, "10.0.0.4")],
    ids=["rfc-6607", "cisco"],
)
def test_sub_option_152_has_two_shapes(data: bytes, control: bool | None, private: str | None) -> None:
    info = RelayAgentInfo((Option(SubOptionCode.VSS_CONTROL, data),))
    summary = info.summary()
    assert info.vss_control is bool(control)
    assert (summary.vss_control, summary.cisco_server_id_override) == (control, private)


@pytest.mark.parametrize(
    ("data", "kind", "info"),
    [
        (b"\0client", 0, b"client"),
        (b"\x01\x00\x00\x01\x00\x00\x00\x02", 1, b"\x00\x00\x01\x00\x00\x00\x02"),
        (b"\xff", 255, b""),
        (b"client", None, b"client"),
    ],
    ids=["name", "vpn-id", "global", "bare-name"],
)
def test_virtual_subnet_has_three_types_and_a_bare_form(data: bytes, kind: int | None, info: bytes) -> None:
    assert VirtualSubnet.decode(data) == VirtualSubnet(kind, info)


def test_option_82_in_pieces_is_read_as_one() -> None:
    """RFC 3396."""
    decoded = packet(Option(82, b"\x01\x04Vl"), Option(12, b"h"), Option(82, b"an"))
    assert decoded.relay_agent is not None
    assert decoded.relay_agent.circuit_id == b"Vlan"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "option 82 is empty"),
        (b"\x01", "sub-option 1 at octet 0 is cut short"),
        (b"\x01\x05ab", "sub-option 1 at octet 0 is cut short"),
        (b"\x01\x01a\x05", "sub-option 5 at octet 3 is cut short"),
    ],
    ids=["empty", "one-octet", "too-long", "second"],
)
def test_malformed_relay_agent_information_says_why(data: bytes, reason: str) -> None:
    assert RelayAgentInfo.decode(data).malformed == reason
    assert RelayAgentInfo.decode(data).summary().malformed == reason


def test_short_packet_is_padded_to_300_octets() -> None:
    """RFC 1542 section 2.1."""
    assert len(packet().padded()) == 300
