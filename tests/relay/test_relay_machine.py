"""What the kernel says about its interfaces, message by message, VRF devices among it: messages as the kernel writes them."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address, IPv4Interface

import pytest

from labgen.relay.machine import Machine
from labgen.relay.netlink import DELETE_ADDRESS, DELETE_LINK, NEW_ADDRESS, NEW_LINK, NetlinkMessage, messages

AF_UNSPEC, AF_BRIDGE, AF_INET = 0, 7, 2


def attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def link(
    index: int,
    name: str,
    kind: str = "",
    master: int = 0,
    *,
    family: int = AF_UNSPEC,
    gone: bool = False,
    vlan: int = 0,
) -> NetlinkMessage:
    """RTM_NEWLINK or RTM_DELLINK."""
    body = struct.pack("=BxHiII", family, 1, index, 1, 0)
    body += (
        attribute(3, name.encode() + b"\0") + attribute(4, struct.pack("=I", 1500)) + attribute(1, b"\2" * 6)
    )
    if master:
        body += attribute(10, struct.pack("=I", master))
    if kind:
        data = attribute(2, attribute(1, struct.pack("=H", vlan))) if vlan else b""
        body += attribute(18, attribute(1, kind.encode() + b"\0") + data)
    return NetlinkMessage(DELETE_LINK if gone else NEW_LINK, body)


def address(index: int, text: str, *, gone: bool = False, secondary: bool = False) -> NetlinkMessage:
    """RTM_NEWADDR or RTM_DELADDR."""
    interface = IPv4Interface(text)
    body = struct.pack("=BBBBi", AF_INET, interface.network.prefixlen, 1 if secondary else 0, 0, index)
    body += attribute(1, interface.ip.packed) + attribute(2, interface.ip.packed)
    return NetlinkMessage(DELETE_ADDRESS if gone else NEW_ADDRESS, body)


def machine(*told: NetlinkMessage) -> Machine:
    it = Machine()
    for message in told:
        it.apply(message)
    return it


RED = link(10, "red", "vrf")


def vrf_of(it: Machine, name: str) -> str:
    return it.vrf_of(it.by_name[name])


def test_interface_is_in_the_vrf_device_that_is_its_master() -> None:
    it = machine(RED, link(1, "vlan10", "vlan", 10), link(2, "vlan1", "vlan"))
    assert (vrf_of(it, "vlan10"), vrf_of(it, "vlan1"), vrf_of(it, "red")) == ("red", "", "red")


def test_bridge_is_in_its_vrf_and_a_bridge_is_none() -> None:
    it = machine(
        RED,
        link(3, "br10", "bridge", 10),
        link(4, "swp1", "veth", 3),
        link(5, "br0", "bridge"),
        link(6, "swp2", "veth", 5),
    )
    assert (vrf_of(it, "br10"), vrf_of(it, "swp1")) == ("red", "red")
    assert (vrf_of(it, "br0"), vrf_of(it, "swp2")) == ("", "")


def test_interface_moves_between_vrfs_and_out_of_them() -> None:
    it = machine(RED, link(11, "blue", "vrf"), link(1, "vlan10", "veth", 10))
    assert it.apply(link(1, "vlan10", "veth", 11)) == {"vlan10"}
    assert vrf_of(it, "vlan10") == "blue"
    assert it.apply(link(1, "vlan10", "veth")) == {"vlan10"}
    assert vrf_of(it, "vlan10") == ""


def test_vrf_device_that_is_gone_has_nobody() -> None:
    it = machine(RED, link(1, "vlan10", "veth", 10))
    assert it.apply(link(10, "red", "vrf", gone=True)) == {"red"}
    assert vrf_of(it, "vlan10") == ""


def test_masters_in_a_circle_end() -> None:
    it = machine(link(1, "a", "bridge", 2), link(2, "b", "bridge", 1))
    assert vrf_of(it, "a") == ""


def test_word_about_a_bridge_port_does_not_change_what_it_is() -> None:
    it = machine(link(4, "vlan9", "vlan", vlan=9))
    assert it.apply(link(4, "vlan9", master=3, family=AF_BRIDGE)) == {"vlan9"}
    assert (it.by_name["vlan9"].kind, it.by_name["vlan9"].vlan, it.by_name["vlan9"].master) == ("vlan", 9, 3)


def test_leaving_a_bridge_is_not_leaving_the_machine() -> None:
    it = machine(link(4, "swp1", "veth", 3), address(4, "10.0.0.1/24"))
    assert it.apply(link(4, "swp1", family=AF_BRIDGE, gone=True)) == set()
    assert it.by_name["swp1"].primary == IPv4Interface("10.0.0.1/24")


def test_addresses_come_in_order_and_go() -> None:
    it = machine(link(1, "vlan10"))
    assert it.apply(address(1, "172.16.0.4/24")) == {"vlan10"}
    assert it.apply(address(1, "172.16.0.9/24", secondary=True)) == {"vlan10"}
    assert it.apply(address(1, "172.17.0.4/24")) == {"vlan10"}
    interface = it.by_name["vlan10"]
    assert interface.primary == IPv4Interface("172.16.0.4/24")
    assert [str(each) for each in interface.secondaries] == ["172.16.0.9/24"]
    assert it.apply(address(1, "172.16.0.4/24", gone=True)) == {"vlan10"}
    assert it.by_name["vlan10"].primary == IPv4Interface("172.17.0.4/24")


def test_what_changes_nothing_touches_nothing() -> None:
    it = machine(link(1, "vlan10"), address(1, "172.16.0.4/24"))
    assert it.apply(address(1, "172.16.0.4/24")) == set()
    assert it.apply(link(1, "vlan10")) == set()
    assert it.apply(address(77, "172.16.0.4/24")) == set()


def test_rename_touches_both_names() -> None:
    it = machine(link(1, "vlan10"), address(1, "172.16.0.4/24"))
    assert it.apply(link(1, "vlan20")) == {"vlan10", "vlan20"}
    assert set(it.by_name) == {"vlan20"}
    assert it.by_name["vlan20"].primary is not None


def test_name_that_another_has_taken_stays_with_it() -> None:
    it = machine(link(1, "vlan10"), link(2, "vlan10"))
    assert it.apply(link(1, "vlan10", gone=True)) == {"vlan10"}
    assert it.by_name["vlan10"].index == 2


def test_new_state_says_what_differs_from_the_old() -> None:
    it = machine(link(1, "vlan10"), link(2, "vlan20"))
    other = machine(link(1, "vlan10"), link(3, "vlan30"))
    assert it.replace(other.by_name) == {"vlan20", "vlan30"}


@pytest.mark.parametrize("cut", range(0, 40, 3))
def test_cut_messages_are_read_as_far_as_they_go(cut: int) -> None:
    body = link(1, "vlan10", "vrf", 3).body
    data = struct.pack("=IHHII", 16 + len(body), NEW_LINK, 0, 1, 0) + body
    it = Machine()
    for message in messages(data[: len(data) - cut]):
        it.apply(message)
    read = it.by_index[1]
    assert read.name == "vlan10"
    assert "vrf".startswith(read.kind)
    assert (read.kind == "vrf") is (cut == 0)


def test_own_addresses_are_those_of_all_kinds() -> None:
    it = machine(link(1, "lo"), address(1, "127.0.0.1/8"), address(1, "10.0.0.4/32"))
    assert [each.ip for each in it.by_name["lo"].addresses] == [
        IPv4Address("127.0.0.1"),
        IPv4Address("10.0.0.4"),
    ]
    assert it.by_name["lo"].primary == IPv4Interface("10.0.0.4/32")
