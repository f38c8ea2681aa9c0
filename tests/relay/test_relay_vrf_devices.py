"""VRFs as kernel devices. Skipped where the kernel has no `vrf` module; a virtual machine with one can run this file."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from relay_bench import OFFER, reply, request
from relay_spaces import can_make_namespaces
from relay_wire import CONFIG, Wire


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


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    with Wire(tmp_path, HEAD + DEVICES) as made:
        for tap, (name, vrf, table) in TENANTS.items():
            made.nets.join("lan", tap, "sw", name)
            made.ip("lan", f"link set {tap} up")
            made.ip("sw", f"link set {name} up")
            made.add_tap(tap)
            enslave(made, name, vrf, table)
        made.wait(lambda: made.log("ready")[-1]["missing"] == 0, "ready in all VRFs")
        made.drain()
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
