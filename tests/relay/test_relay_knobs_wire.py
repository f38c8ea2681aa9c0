"""Knobs of the configuration on real interfaces, both ways."""

from __future__ import annotations

from ipaddress import IPv4Address
from pathlib import Path

import pytest
from relay_bench import OFFER, reply, request
from relay_spaces import can_make_namespaces
from relay_wire import CONFIG, Wire

from labgen.relay.control import ask_stats

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(not can_make_namespaces(), reason="needs root for namespaces and port 67"),
]
HEAD = CONFIG.split("interfaces:")[0]
VLAN1 = "interfaces:\n  - {{name: vlan1, servers: [{{address: 10.0.0.2}}]}}\n"


def test_requests_wait_for_secs_and_replies_do_not(tmp_path: Path) -> None:
    """RFC 1542 section 4.1.1: a backup relay speaks up once others had their time."""
    with Wire(tmp_path, HEAD + VLAN1.replace("servers:", "min_secs: 10, servers:")) as wire:
        for xid, secs in ((1, 0), (2, 9), (3, 10), (4, 65535)):
            wire.send("c1", request(xid=xid, secs=secs))
        copies = wire.until(4)
        assert [copy.packet.xid for copy in copies] == [3, 4]
        assert ask_stats(wire.folder / "relay.sock").interfaces["vlan1@default"].drops == {"early": 2}
        giaddr = IPv4Address("172.19.0.1")
        answer = reply(OFFER, copies[0].packet.option(82), xid=3, giaddr=giaddr, secs=0)
        wire.answer("10.0.0.2", answer, "172.19.0.1")
        assert wire.frames("c1")[0].packet.xid == 3


def test_vpn_id_goes_out_and_is_looked_at_coming_back(tmp_path: Path) -> None:
    """RFC 2685, RFC 6607: type 1 and seven octets in place of the VRF's name; another VPN's reply is dropped."""
    config = HEAD.replace("{{netns: {client}}}", '{{netns: {client}, vpn_id: "00005E:2A"}}')
    link = (
        "interfaces:\n  - {{name: vlan10, vrf: client, giaddr: 10.0.0.4, servers: [{{address: 10.0.0.2}}]}}\n"
    )
    with Wire(tmp_path, config + link) as wire:
        wire.send("c10", request(xid=2))
        info = wire.received()[0].packet.relay_agent
        assert info is not None
        mine = bytes.fromhex("0100005e0000002a")
        assert info.get(151) == mine
        agent = info.encode()
        foreign = agent.replace(mine, mine[:-1] + b"\x2b")
        assert foreign != agent
        wire.answer("10.0.0.2", reply(OFFER, foreign, xid=3))
        wire.answer("10.0.0.2", reply(OFFER, agent, xid=4))
        assert wire.frames("c10")[0].packet.xid == 4
        drops = ask_stats(wire.folder / "relay.sock")
        assert drops.drops == {"foreign-vpn": 1}


def test_source_apart_from_giaddr_is_where_requests_leave_from_and_replies_may_come_to(
    tmp_path: Path,
) -> None:
    with Wire(tmp_path, HEAD + VLAN1.replace("servers:", "source: 10.0.0.4, servers:")) as wire:
        wire.send("c1", request(xid=2))
        (copy,) = wire.received()
        assert (copy.source, str(copy.packet.giaddr)) == (("10.0.0.4", 67), "172.19.0.1")
        agent = copy.packet.option(82)
        for xid, destination in ((3, "10.0.0.4"), (4, "172.19.0.1")):
            answer = reply(OFFER, agent, xid=xid, giaddr=IPv4Address("172.19.0.1"))
            wire.answer("10.0.0.2", answer, destination)
            assert wire.frames("c1")[0].packet.xid == xid
        wire.answer("10.0.0.2", reply(OFFER, agent, xid=5, giaddr=IPv4Address("172.19.0.1")), "10.1.0.1")
        wire.answer("10.0.0.2", reply(OFFER, agent, xid=6, giaddr=IPv4Address("172.19.0.1")), "172.19.0.1")
        assert wire.frames("c1")[0].packet.xid == 6


@pytest.mark.parametrize(
    ("key", "code", "value"),
    [
        ("subscriber_id: customer-7", 6, b"customer-7"),
        ('sub_options: {{9: "0x0000118b0101"}}', 9, bytes.fromhex("0000118b0101")),
        ("sub_options: {{12: relay-7}}", 12, b"relay-7"),
        ('sub_options: {{213: "0x00ff"}}', 213, b"\0\xff"),
    ],
    ids=["subscriber", "vendor", "relay-id", "private"],
)
def test_further_sub_option_goes_out_and_does_not_reach_the_client(
    tmp_path: Path, key: str, code: int, value: bytes
) -> None:
    with Wire(tmp_path, HEAD + VLAN1.replace("servers:", f"{key}, servers:")) as wire:
        wire.send("c1", request(xid=2))
        packet = wire.received()[0].packet
        info = packet.relay_agent
        assert info is not None
        assert info.get(code) == value
        wire.answer(
            "10.0.0.2",
            reply(OFFER, packet.option(82), xid=2, giaddr=IPv4Address("172.19.0.1")),
            "172.19.0.1",
        )
        (got,) = wire.frames("c1")
        assert got.packet.xid == 2
        assert got.packet.option(82) is None
