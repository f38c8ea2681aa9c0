"""Snooping at access ports: which frames go on, with which option 82, and which are stopped for what reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from labgen.dhcp.options import Option, RelayAgentInfo
from labgen.dhcp.packet import Packet
from labgen.ground.errors import SpecError
from labgen.relay.frames import checksum
from labgen.relay.snoop.config import SnoopedPort, load_config
from labgen.relay.snoop.frame import DhcpFrame, dhcp_in
from labgen.relay.snoop.policy import Decision, SnoopedVlan, SnoopReason

CLIENT, OTHER = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
EVERYBODY = b"\xff" * 6
DISCOVER, REQUEST, DECLINE, ACK, RELEASE = 1, 3, 4, 5, 7
OWN = RelayAgentInfo((Option(1, b"eth2:10"), Option(2, b"access"))).encode()
OTHERS = RelayAgentInfo((Option(1, b"eth3:10"), Option(2, b"access"))).encode()
FOREIGN = RelayAgentInfo((Option(1, b"vlan10"),)).encode()


def message(kind: int, *, op: int = 1, mac: bytes = CLIENT, agent: bytes = b"", **fields: object) -> Packet:
    options = [Option(53, bytes((kind,)))]
    if "requested" in fields:
        options.append(Option(50, bytes((10, 1, 10, int(str(fields.pop("requested")))))))
    options += [Option(82, agent)] if agent else []
    padding = b"\xff" + bytes(60)
    return Packet(op, xid=7, chaddr=mac + bytes(10), options=tuple(options), trailer=padding, **fields)  # type: ignore[arg-type]


def frame(packet: Packet, *, source: bytes = CLIENT, to: bytes = EVERYBODY, fragment: int = 0) -> DhcpFrame:
    payload = packet.encode()
    server = packet.op == 2
    ports = (67, 68) if server else (68, 67)
    udp = b"".join(each.to_bytes(2, "big") for each in (*ports, 8 + len(payload), 0))
    header = bytearray(
        b"\x45\0" + (28 + len(payload)).to_bytes(2, "big") + bytes(2) + fragment.to_bytes(2, "big")
    )
    header += b"\x40\x11\0\0" + bytes(4) + b"\xff" * 4
    header[10:12] = checksum(int.from_bytes(header, "big")).to_bytes(2, "big")
    found = dhcp_in(to + source + b"\x08\0" + bytes(header) + udp + payload + b"trailer")
    assert found is not None
    return found


def reply(
    kind: int, *, agent: bytes = b"", mac: bytes = CLIENT, to: bytes = EVERYBODY, **fields: object
) -> DhcpFrame:
    return frame(message(kind, op=2, mac=mac, agent=agent, **fields), source=OTHER, to=to)


@pytest.fixture
def vlan() -> SnoopedVlan:
    ports = {
        name: SnoopedPort(
            name=name, inner=f"{name}-snoop", vlan=10, circuit_id=f"{name}:10", remote_id="access"
        )
        for name in ("eth2", "eth3")
    }
    return SnoopedVlan(ports)


def sent(decision: Decision) -> Packet:
    assert decision.frame is not None
    found = dhcp_in(decision.frame)
    assert found is not None
    return Packet.decode(found.payload)


def test_a_request_gets_the_option_82_of_its_port_and_keeps_all_else(vlan: SnoopedVlan) -> None:
    before = frame(message(DISCOVER))
    decision = vlan.from_client("eth2", before)
    after = sent(decision)
    assert decision.action == "inserted"
    assert after.option(82) == OWN
    assert after.giaddr == Packet.decode(before.payload).giaddr
    assert after.options[:1] == Packet.decode(before.payload).options[:1]


def test_lengths_and_checksums_fit_what_was_put_in(vlan: SnoopedVlan) -> None:
    octets = vlan.from_client("eth2", frame(message(DISCOVER))).frame or b""
    header, udp = octets[14:34], octets[34:]
    assert int.from_bytes(header[2:4], "big") == len(octets) - 14
    assert int.from_bytes(udp[4:6], "big") == len(udp)
    assert int.from_bytes(header, "big") % 0xFFFF == 0
    pseudo = header[12:20] + b"\0\x11" + udp[4:6]
    assert int.from_bytes(pseudo + udp + b"\0" * (len(udp) & 1), "big") % 0xFFFF == 0


@pytest.mark.parametrize(
    ("packet", "reason"),
    [
        (frame(message(2, op=2)), SnoopReason.SERVER_MESSAGE),
        (frame(message(DISCOVER, agent=OTHERS)), SnoopReason.UNTRUSTED_OPTION82),
        (frame(message(DISCOVER, mac=OTHER)), SnoopReason.MAC_MISMATCH),
        (frame(message(DISCOVER), fragment=0x2000), SnoopReason.FRAGMENT),
    ],
    ids=["server", "option 82", "other MAC", "fragment"],
)
def test_what_no_client_sends_is_stopped(vlan: SnoopedVlan, packet: DhcpFrame, reason: SnoopReason) -> None:
    decision = vlan.from_client("eth2", packet)
    assert (decision.frame, decision.reason) == (None, reason)


def test_a_request_with_giaddr_is_stopped(vlan: SnoopedVlan) -> None:
    packet = bytearray(frame(message(DISCOVER)).octets)
    packet[14 + 28 + 24 : 14 + 28 + 28] = bytes((10, 1, 10, 9))
    found = dhcp_in(bytes(packet))
    assert found is not None
    assert vlan.from_client("eth2", found).reason is SnoopReason.RELAYED


def test_a_reply_with_the_ports_option_82_leaves_there_alone_and_without_it(vlan: SnoopedVlan) -> None:
    there, elsewhere = (vlan.to_client(port, reply(ACK, agent=OWN)) for port in ("eth2", "eth3"))
    assert sent(there).option(82) is None
    assert sent(there).message == "ACK"
    assert (elsewhere.frame, elsewhere.reason) == (None, SnoopReason.OTHER_PORT)


def test_a_reply_without_option_82_goes_where_its_client_was_heard(vlan: SnoopedVlan) -> None:
    vlan.from_client("eth2", frame(message(DISCOVER)))
    assert vlan.to_client("eth2", reply(ACK)).frame is not None
    assert vlan.to_client("eth3", reply(ACK)).reason is SnoopReason.OTHER_PORT


def test_a_reply_for_somebody_nobody_heard_goes_everywhere_as_a_bridge_has_it(vlan: SnoopedVlan) -> None:
    assert [vlan.to_client(port, reply(ACK)).action for port in ("eth2", "eth3")] == ["passed", "passed"]


def test_option_82_of_a_relay_is_left_alone(vlan: SnoopedVlan) -> None:
    decision = vlan.to_client("eth2", reply(ACK, agent=FOREIGN))
    assert sent(decision).option(82) == FOREIGN


def test_clients_do_not_hear_the_requests_of_others(vlan: SnoopedVlan) -> None:
    assert vlan.to_client("eth3", frame(message(DISCOVER))).reason is SnoopReason.NOT_FOR_CLIENTS


@pytest.mark.parametrize("kind", [RELEASE, DECLINE])
def test_a_lease_is_given_up_at_the_port_it_was_given_to(vlan: SnoopedVlan, kind: int) -> None:
    from ipaddress import IPv4Address

    vlan.to_client("eth2", reply(ACK, agent=OWN, yiaddr=IPv4Address("10.1.10.50")))
    fields = {"ciaddr": IPv4Address("10.1.10.50")} if kind == RELEASE else {"requested": 50}
    forged = frame(message(kind, mac=OTHER, **fields), source=OTHER)
    assert vlan.from_client("eth3", forged).reason is SnoopReason.NOT_ITS_LEASE
    assert vlan.from_client("eth2", frame(message(kind, **fields))).action == "inserted"


def test_frames_that_are_no_dhcp_are_not_looked_into() -> None:
    dns = bytearray(frame(message(DISCOVER)).octets)
    dns[34 + 2 : 34 + 4] = (53).to_bytes(2, "big")
    assert dhcp_in(bytes(dns)) is None
    assert dhcp_in(b"\xff" * 12 + b"\x08\x06" + bytes(28)) is None


def test_padding_behind_the_datagram_is_no_part_of_it() -> None:
    assert not frame(message(DISCOVER)).payload.endswith(b"trailer")


def test_a_large_request_goes_on_without_option_82(vlan: SnoopedVlan) -> None:
    packet = message(REQUEST)
    large = Packet(1, xid=7, chaddr=packet.chaddr, options=packet.options, trailer=b"\xff" + bytes(1225))
    decision = vlan.from_client("eth2", frame(large))
    assert decision.action == "passed"
    assert sent(decision).option(82) is None


def test_a_mistake_in_the_configuration_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "snoop.yml"
    file.write_text("name: a\nports:\n  - {name: eth2, inner: eth2-snoop, vlan: 5000}\n")
    with pytest.raises(SpecError, match=r"snoop\.yml:3:"):
        load_config(file)
    file.write_text("name: a\nports:\n  - {name: eth2, inner: eth2, vlan: 5}\n")
    with pytest.raises(SpecError, match="named twice"):
        load_config(file)
