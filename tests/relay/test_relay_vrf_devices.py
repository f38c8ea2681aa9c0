"""VRFs as kernel devices. Skipped where the kernel has no `vrf` module; a virtual machine with one can run this file."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from ipaddress import IPv4Address
from itertools import count, product
from pathlib import Path

import pytest
from relay_bench import DISCOVER, OFFER, reply, request
from relay_spaces import can_make_namespaces
from relay_wire import BROADCAST_MAC, CONFIG, LATE, Headers, Wire, frame, packet_tap


def has_vrf_devices() -> bool:
    """True where a VRF device can be made, tried in a namespace that is gone afterwards."""
    if not can_make_namespaces():
        return False
    command = ["unshare", "-n", "ip", "link", "add", "red", "type", "vrf", "table", "10"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(not has_vrf_devices(), reason="needs root and a kernel with VRF devices"),
]
HEAD = CONFIG.split("vrfs:")[0]
DEVICES = """vrfs: {{red: {{device: red}}, blue: {{device: blue}}}}
interfaces:
  - {{name: vlan1, servers: [{{address: 10.0.0.2}}]}}
  - {{name: vlan71, vrf: red, circuit_id: same, giaddr: 10.0.0.4, servers: [{{address: 10.0.0.2}}]}}
  - {{name: vlan72, vrf: blue, circuit_id: same, giaddr: 10.0.0.4, servers: [{{address: 10.0.0.2}}]}}
"""
TENANTS = {"c71": ("vlan71", "red", 71), "c72": ("vlan72", "blue", 72)}


def enslave(wire: Wire, name: str, vrf: str, table: int) -> None:
    wire.ip(
        "sw", f"link add {vrf} type vrf table {table}", f"link set {vrf} up", f"link set {name} master {vrf}"
    )
    # Addresses of an interface that changes its VRF are made anew, so that their routes are in the right table.
    wire.ip("sw", f"addr flush dev {name}", f"addr add 172.26.0.4/24 dev {name}")


@contextmanager
def with_tenants(folder: Path) -> Iterator[Wire]:
    with Wire(folder, HEAD + DEVICES) as made:
        for tap, (name, vrf, table) in TENANTS.items():
            made.nets.join("lan", tap, "sw", name)
            made.ip("lan", f"link set {tap} up")
            made.ip("sw", f"link set {name} up")
            made.add_tap(tap)
            enslave(made, name, vrf, table)
        made.wait(lambda: made.log("ready")[-1]["missing"] == 0, "ready in all VRFs")
        made.drain()
        yield made


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    with with_tenants(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def besieged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    """For attacks: they change nothing."""
    with with_tenants(tmp_path_factory.mktemp("besieged")) as made:
        yield made


def test_tenants_in_vrf_devices_get_their_own_replies(wire: Wire) -> None:
    for xid, tap in enumerate(TENANTS, start=1):
        wire.send(tap, request(xid=xid))
        agent = wire.until(xid)[-1].packet.option(82)
        wire.answer("10.0.0.2", reply(OFFER, agent, xid=xid, yiaddr=IPv4Address("172.26.0.50")))
        assert [got.packet.xid for got in wire.frames(tap)] == [xid]
    assert wire.frames("c71", timeout=0.1) == []


def test_interface_in_the_wrong_vrf_device_is_not_served(wire: Wire) -> None:
    wire.ip("sw", "link set vlan71 master blue")
    told = "configured in VRF red, but the kernel has it in VRF device blue"
    wire.wait(lambda: bool(wire.log("trouble", where="vlan71@red", error=told)), "told")
    wire.send("c71", request(xid=5))
    wire.send("c1", request(xid=6))
    assert {copy.packet.xid for copy in wire.until(6)} == {6}


def test_vrf_device_may_go_and_come_again(wire: Wire) -> None:
    wire.ip("sw", "link del red")
    wire.wait(lambda: "VRF red: not there" in str(wire.log("waiting")[-1]["missing"]), "told that it is gone")
    enslave(wire, "vlan71", "red", 73)

    def relayed() -> bool:
        wire.drain()
        wire.send("c71", request(xid=9))
        return bool(wire.received(timeout=0.2))

    wire.wait(relayed, "relayed in the VRF that came again")


POSITIONS = ("c71", "c72", "c1", "srv")
SOURCES = ("10.0.0.2", "10.0.0.3", "172.26.0.50", "8.8.8.8")
DESTINATIONS = ("10.0.0.4", "172.26.0.4", "172.19.0.1", "255.255.255.255")


def launch(
    wire: Wire, position: str, source: str, destination: str, payload: bytes, headers: Headers
) -> None:
    """Put a datagram on a client's wire or on the uplink, to whatever the relay has there."""
    if position == "srv":
        mac, sock = wire.interface("sw", "u0").mac, wire.inside("srv", partial(packet_tap, "s0"))
    else:
        name = TENANTS[position][0] if position in TENANTS else "vlan1"
        mac, sock = wire.interface("sw", name).mac, wire.tap(position)
    for data in frame(
        payload, source, destination, BROADCAST_MAC if destination.endswith("255") else mac, headers
    ):
        sock.send(data)


@LATE
@pytest.mark.parametrize("position", POSITIONS)
def test_forged_reply_crosses_no_vrf_device(besieged: Wire, position: str) -> None:
    """To either tenant from every VRF, source, port and in fragments; then a true reply for each, which arrives."""
    xids = count(0x2000)
    agents = {}
    for tap in TENANTS:
        xid = next(xids)
        besieged.send(tap, request(xid=xid))
        agents[tap] = besieged.until(xid)[-1].packet.option(82)
    sent: dict[int, tuple[str, str]] = {}
    kinds = (Headers(port=67), Headers(port=68), Headers(port=67, mtu=200))
    for victim, source, destination, headers in product(TENANTS, SOURCES, DESTINATIONS, kinds):
        xid = next(xids)
        sent[xid] = (victim, source)
        packet = reply(OFFER, agents[victim], xid=xid, yiaddr=IPv4Address("172.26.0.50"))
        launch(besieged, position, source, destination, packet.padded(), headers)
    for tap in TENANTS:
        true = next(xids)
        besieged.answer("10.0.0.2", reply(OFFER, agents[tap], xid=true, yiaddr=IPv4Address("172.26.0.50")))
        seen: list[int] = []
        while not seen or seen[-1] != true:
            got = besieged.frames(tap)
            assert got, f"the control reply did not arrive on {tap}"
            seen.append(got[0].packet.xid)
        # A tap hears what its own side sends, too.
        forged = {sent[xid] for xid in seen if xid in sent and tap != position}
        assert forged <= ({(tap, "10.0.0.2")} if position == "srv" else set())


@LATE
@pytest.mark.parametrize("tap", [*TENANTS, "c1"])
def test_forged_request_crosses_no_vrf_device(besieged: Wire, tap: str) -> None:
    """giaddr of the servers' VRF, of one's own VRF, and of nobody; each with another tenant's option 82."""
    xids = count(0x3000)
    giaddrs = ("10.0.0.4", "172.26.0.4" if tap in TENANTS else "172.19.0.1", "255.255.255.255", "127.0.0.1")
    for giaddr, agent in product(
        giaddrs, (None, b"\x01\x04same\x97\x05\x00blue", b"\x01\x04same\x97\x04\x00red")
    ):
        more = ((82, agent),) if agent is not None else ()
        besieged.send(tap, request(DISCOVER, *more, xid=next(xids), giaddr=IPv4Address(giaddr), hops=1))
        besieged.send(tap, request(DISCOVER, (82, b"\x01\x04same"), xid=next(xids)))
    last = next(xids)
    besieged.send(tap, request(xid=last))
    assert {copy.packet.xid for copy in besieged.until(last)} == {last}
