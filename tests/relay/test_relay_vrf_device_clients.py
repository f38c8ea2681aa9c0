"""The relay process where VRFs are devices of the kernel. Runs on kernels that have them: this machine's, or one of its own
(tests/uml).

    lan --- vlan10 (VRF device client) ---+
    lan --- vlan11 (VRF device blue) -----+-- labgen-relay --- u0 (default) --- srv 10.0.0.2, 10.0.0.3
"""

from __future__ import annotations

import subprocess
from contextlib import ExitStack
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from relay_bench import OFFER, reply, request
from relay_spaces import Spaces, can_make_namespaces
from relay_wire import Wire, packet_tap, server_socket

from labgen.dhcp.packet import Packet


def kernel_has_vrfs() -> bool:
    """Whether a VRF device can be made, tried in a namespace that ends at once."""
    if not can_make_namespaces():
        return False
    command = ("unshare", "-n", "ip", "link", "add", "try", "type", "vrf", "table", "10")
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(not kernel_has_vrfs(), reason="needs root and a kernel with VRF devices"),
]

LINKS = (("lan", "c10", "sw", "vlan10"), ("lan", "c11", "sw", "vlan11"), ("sw", "u0", "srv", "s0"))
ADDRESSES = (
    ("sw", "vlan10", "172.16.0.4/24"),
    ("sw", "vlan11", "172.16.0.4/24"),
    ("sw", "lo", "10.0.0.4/32"),
    ("sw", "u0", "10.1.0.1/30"),
    ("srv", "s0", "10.1.0.2/30"),
    ("srv", "lo", "10.0.0.2/32"),
    ("srv", "lo", "10.0.0.3/32"),
)
ROUTES = (("sw", "10.0.0.0/30", "10.1.0.2"), ("srv", "default", "10.1.0.1"))
VRFS = (("client", 10, "vlan10"), ("blue", 11, "vlan11"))
HEAD = """
name: sw1
log: {{folder}}/relay.log
log_level: debug
control: {{folder}}/relay.sock
vrfs:
  client: {{{{device: client}}}}
  blue: {{{{device: blue}}}}
interfaces:
  - {{{{name: vlan10, vrf: client, {0}, servers: [{{{{address: 10.0.0.2}}}}]}}}}
  - {{{{name: vlan11, vrf: blue, giaddr: 10.0.0.4, circuit_id: other, servers: [{{{{address: 10.0.0.3}}}}]}}}}
"""
LOOPBACK = HEAD.format("giaddr: 10.0.0.4")


class VrfWire(Wire):
    """A `Wire` whose clients' interfaces are in VRF devices of the relay's own namespace."""

    def _build(self, stack: ExitStack) -> None:
        self.nets = Spaces(stack, ("lan", "sw", "srv"), LINKS, (), ())
        for vrf, table, interface in VRFS:
            self.ip("sw", f"link add {vrf} type vrf table {table}", f"link set {vrf} up")
            self.ip("sw", f"link set {interface} master {vrf}")
        for space, name, address in ADDRESSES:
            self.ip(space, f"addr add {address} dev {name}")
        for space, to, via in ROUTES:
            self.ip(space, f"route add {to} via {via}")
        self.nets.forward("sw")
        self._spaces = {name: self.nets.enter(name) for name in ("lan", "sw", "srv")}
        self._servers = {
            address: self._spaces["srv"].run(partial(server_socket, address))
            for address in ("10.0.0.2", "10.0.0.3")
        }
        self._taps = {name: self._spaces["lan"].run(partial(packet_tap, name)) for name in ("c10", "c11")}
        for sock in (*self._servers.values(), *self._taps.values()):
            stack.callback(sock.close)

    def write(self, config: str) -> None:
        self.config.write_text(config.format(folder=self.folder), encoding="utf-8")


def offered(wire: VrfWire, tap: str, xid: int, giaddr: str) -> Packet:
    """A request from a client's wire, the server's answer to its giaddr, and what comes back to the client."""
    wire.send(tap, request(xid=xid))
    (got,) = wire.received()
    assert (got.packet.xid, str(got.packet.giaddr)) == (xid, giaddr)
    agent = got.packet.option(82)
    wire.answer(got.server, reply(OFFER, agent, xid=xid, giaddr=IPv4Address(giaddr)), giaddr)
    (back,) = wire.frames(tap)
    return back.packet


def test_clients_in_a_vrf_device_are_served_from_the_default_vrf(tmp_path: Path) -> None:
    with VrfWire(tmp_path, LOOPBACK) as wire:
        packet = offered(wire, "c10", 1, "10.0.0.4")
        assert packet.xid == 1
        assert packet.option(82) is None


def test_vrf_devices_with_the_same_addresses_are_told_apart(tmp_path: Path) -> None:
    with VrfWire(tmp_path, LOOPBACK) as wire:
        wire.send("c11", request(xid=2))
        (got,) = wire.received()
        assert (got.server, got.packet.xid) == ("10.0.0.3", 2)
        wire.answer("10.0.0.3", reply(OFFER, got.packet.option(82), xid=2, giaddr=IPv4Address("10.0.0.4")))
        assert [frame.packet.xid for frame in wire.frames("c11")] == [2]
        assert wire.frames("c10", timeout=0.3) == []


LEAK = (
    "route add {0}/32 dev client",
    "route add 10.0.0.0/30 via 10.1.0.2 dev u0 table 10",
)
"""The default VRF has a route to giaddr that leads into the VRF device, which has one to the servers."""


def test_a_loopback_of_the_vrf_works_as_giaddr_where_it_is_leaked(tmp_path: Path) -> None:
    config = HEAD.format("giaddr: 172.31.0.4")
    with VrfWire(tmp_path, config) as wire:
        wire.ip("sw", "addr add 172.31.0.4/32 dev client", *(line.format("172.31.0.4") for line in LEAK))
        assert offered(wire, "c10", 3, "172.31.0.4").xid == 3


def test_replies_leaked_to_a_client_interfaces_own_address_are_dropped_and_told(tmp_path: Path) -> None:
    """The kernel names the interface that holds the address as the one they came in by, so nothing tells them from a client's."""
    with VrfWire(tmp_path, HEAD.format("giaddr: 172.16.0.4")) as wire:
        wire.ip("sw", *(line.format("172.16.0.4") for line in LEAK))
        wire.send("c10", request(xid=3))
        (got,) = wire.received()
        answer = reply(OFFER, got.packet.option(82), xid=3, giaddr=IPv4Address("172.16.0.4"))
        wire.answer(got.server, answer, "172.16.0.4")
        wire.wait(lambda: bool(wire.log("packet", action="dropped", reason="wrong-side")), "told")
        assert wire.frames("c10", timeout=0.3) == []


def test_an_interface_that_leaves_its_vrf_is_not_served_until_it_is_back(tmp_path: Path) -> None:
    with VrfWire(tmp_path, LOOPBACK) as wire:
        assert offered(wire, "c10", 4, "10.0.0.4").xid == 4
        wire.ip("sw", "link set vlan10 nomaster")
        wire.wait(lambda: bool(wire.log("waiting") or wire.log("place")), "noticed")
        wire.send("c10", request(xid=5))
        wire.send("c11", request(xid=6))
        assert [item.packet.xid for item in wire.until(6)] == [6], "the positive control came through alone"
        wire.ip("sw", "link set vlan10 master client")

        def served() -> bool:
            wire.send("c10", request(xid=7))
            return any(item.packet.xid == 7 for item in wire.received(timeout=0.5))

        wire.wait(served, "served again")


def test_a_vrf_device_that_is_made_again_is_served_again(tmp_path: Path) -> None:
    with VrfWire(tmp_path, LOOPBACK) as wire:
        wire.ip("sw", "link del client")
        wire.ip(
            "sw", "link add client type vrf table 10", "link set client up", "link set vlan10 master client"
        )

        def served() -> bool:
            wire.send("c10", request(xid=8))
            return any(item.packet.xid == 8 for item in wire.received(timeout=0.5))

        wire.wait(served, "served again")
