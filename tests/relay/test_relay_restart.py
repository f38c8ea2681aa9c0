"""A thousand clients, a real server, and a relay that is killed in the middle of it all."""

from __future__ import annotations

import json
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from relay_bench import ACK, DISCOVER, OFFER, REQUEST, parse_frame
from relay_spaces import can_make_namespaces
from relay_wire import BROADCAST_MAC, Headers, Wire, frame

from labgen.dhcp.options import OptionCode
from labgen.dhcp.packet import Packet, dhcp_options

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(not can_make_namespaces(), reason="needs root for namespaces and port 67"),
    pytest.mark.skipif(shutil.which("kea-dhcp4") is None, reason="needs kea-dhcp4"),
]
CLIENTS = 1000
IN_FLIGHT = 100
"""Exchanges under way at a time: what a server's socket can hold back."""
RETRY = 0.4
"""Seconds after which a client sends again."""
DEADLINE = 40.0
CONFIG = """
name: sw1
log: {folder}/relay.log
vrfs: {{client: {{netns: {client}}}}}
interfaces:
  - name: vlan10
    vrf: client
    giaddr: 10.0.0.4
    options: [circuit-id, link-selection]
    servers: [{{address: 10.0.0.5}}]
"""


@dataclass
class Client:
    """RFC 2131 figure 5, as far as BOUND. `due`: when to send (again)."""

    number: int
    due: float = 0.0
    offer: Packet | None = None
    address: IPv4Address | None = None

    def message(self) -> bytes:
        hardware = b"\x02\x00\x01" + self.number.to_bytes(3, "big")
        options = dhcp_options(DISCOVER)
        if self.offer is not None:
            server = self.offer.option(OptionCode.SERVER_ID) or b""
            wanted = (OptionCode.REQUESTED_ADDRESS, self.offer.yiaddr.packed)
            options = dhcp_options(REQUEST, (OptionCode.SERVER_ID, server), wanted)
        packet = Packet(1, self.number, chaddr=hardware.ljust(16, b"\0"), options=options)
        (data,) = frame(packet.padded(), "0.0.0.0", "255.255.255.255", BROADCAST_MAC, Headers())
        return data

    def hear(self, packet: Packet) -> None:
        if packet.message_type == OFFER and self.offer is None:
            self.offer, self.due = packet, 0.0
        elif packet.message_type == ACK and self.address is None:
            self.address = packet.yiaddr


class Crowd:
    """All clients on one wire."""

    def __init__(self, wire: Wire) -> None:
        self.clients = [Client(number) for number in range(1, CLIENTS + 1)]
        self._tap = wire.tap("c10")

    @property
    def bound(self) -> int:
        return sum(client.address is not None for client in self.clients)

    def step(self) -> None:
        """Send what is due, hear what has come."""
        now = time.monotonic()
        for client in [client for client in self.clients if client.address is None][:IN_FLIGHT]:
            if client.due <= now:
                client.due = now + RETRY
                self._tap.send(client.message())
        while select.select([self._tap], [], [], 0.005)[0]:
            data = self._tap.recv(65536)
            if data[12:14] == b"\x08\x00" and data[36:38] == b"\0\x44":
                packet = Packet.decode(parse_frame(data)[3])
                self.clients[packet.xid - 1].hear(packet)


@contextmanager
def kea(wire: Wire, folder: Path) -> Iterator[None]:
    """Kea on 10.0.0.5 with room for everybody."""
    wire.ip("srv", "addr add 10.0.0.5/32 dev lo")
    wire.ip("sw", "route add 10.0.0.5/32 via 10.1.0.2")
    config = {
        "Dhcp4": {
            "interfaces-config": {"interfaces": ["s0", "lo/10.0.0.5"], "dhcp-socket-type": "udp"},
            "lease-database": {"type": "memfile", "persist": False},
            "subnet4": [{"subnet": "172.16.0.0/16", "pools": [{"pool": "172.16.8.0-172.16.15.255"}]}],
        }
    }
    (folder / "kea.json").write_text(json.dumps(config), encoding="utf-8")
    places = ["env", f"KEA_PIDFILE_DIR={folder}", f"KEA_LOCKFILE_DIR={folder}"]
    command = [*wire.nets.into("srv"), *places, "kea-dhcp4", "-c", str(folder / "kea.json")]
    with (folder / "kea.out").open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            yield
        finally:
            process.terminate()
            process.wait()


def test_all_clients_end_bound_although_the_relay_is_killed_midway(tmp_path: Path) -> None:
    """R30: there is no state to lose; what was in flight is sent again by the clients."""
    with Wire(tmp_path, CONFIG) as wire, kea(wire, tmp_path):
        crowd = Crowd(wire)
        deadline = time.monotonic() + DEADLINE
        kills = [CLIENTS // 3, CLIENTS * 2 // 3]
        while crowd.bound < CLIENTS:
            assert time.monotonic() < deadline, f"{crowd.bound} of {CLIENTS} bound after {DEADLINE} s"
            crowd.step()
            if kills and crowd.bound >= kills[0]:
                kills.pop(0)
                wire.stop(kill=True)
                wire.start()
        addresses = {client.address for client in crowd.clients}
    assert len(addresses) == CLIENTS
    assert not kills
