"""The same packets through labgen-relay, ISC dhcrelay and dnsmasq, within one namespace (the others know no VRF).

lan --- vlan1 172.16.0.4 --- relay --- u0 10.1.0.1 --- srv 10.0.0.2, 10.0.0.3
"""

from __future__ import annotations

import select
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path
from typing import Self

from relay_bench import OFFER, ToClient, parse_frame, reply, request
from relay_spaces import Spaces
from relay_wire import BROADCAST_MAC, Headers, Received, frame, packet_tap, server_socket

from labgen.dhcp.packet import Packet

PEERS = ("labgen-relay", "dhcrelay", "dnsmasq")
SERVERS = ("10.0.0.2", "10.0.0.3")
SECONDS = 10.0
CONTROL = 0xC0178011
"""Transaction of the packet sent after each probe: once it is through, so is all there will be of the probe."""
CONFIG = """
name: sw1
log: {folder}/relay.log
interfaces:
  - name: vlan1
    options: [circuit-id, link-selection]
    servers: [{{address: 10.0.0.2}}, {{address: 10.0.0.3}}]
"""


def available(peer: str) -> bool:
    return peer == "labgen-relay" or shutil.which(peer) is not None


class Peer:
    """One relay, running between a client's wire and two servers."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self._folder = folder
        with ExitStack() as stack:
            self._build(stack)
            self._start(stack)
            self._stack = stack.pop_all()

    def _build(self, stack: ExitStack) -> None:
        self._nets = Spaces(
            stack,
            ("lan", "sw", "srv"),
            [("lan", "c0", "sw", "vlan1"), ("sw", "u0", "srv", "s0")],
            [
                ("sw", "vlan1", "172.16.0.4/24"),
                ("sw", "u0", "10.1.0.1/30"),
                ("srv", "s0", "10.1.0.2/30"),
                *(("srv", "lo", f"{address}/32") for address in SERVERS),
            ],
            [("sw", "10.0.0.0/30", "10.1.0.2"), ("srv", "default", "10.1.0.1")],
        )
        lan, srv = self._nets.enter("lan"), self._nets.enter("srv")
        self._mac = self._nets.enter("sw").netlink.interfaces()["vlan1"].mac
        self._tap = lan.run(partial(packet_tap, "c0"))
        self._servers = {address: srv.run(partial(server_socket, address)) for address in SERVERS}
        for sock in (self._tap, *self._servers.values()):
            stack.callback(sock.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _command(self) -> list[str]:
        if self.name == "labgen-relay":
            path = self._folder / "relay.yml"
            path.write_text(CONFIG.format(folder=self._folder), encoding="utf-8")
            program = "from labgen.relay.main import main; main()"
            return [sys.executable, "-c", program, "run", "-c", str(path)]
        if self.name == "dhcrelay":
            pid = str(self._folder / "pid")
            return [
                "dhcrelay",
                "-4",
                "-d",
                "-a",
                "-c",
                "16",
                "-A",
                "1400",
                "-pf",
                pid,
                "-id",
                "vlan1",
                "-iu",
                "u0",
                *SERVERS,
            ]
        files = [f"--pid-file={self._folder}/pid", f"--dhcp-leasefile={self._folder}/leases"]
        relays = [f"--dhcp-relay=172.16.0.4,{address}" for address in SERVERS]
        return ["dnsmasq", "-k", "-p0", "--conf-file=/dev/null", "--user=root", *files, *relays]

    def _start(self, stack: ExitStack) -> None:
        command = [*self._nets.into("sw"), *self._command()]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        stack.callback(process.wait)
        stack.callback(process.terminate)
        deadline = time.monotonic() + SECONDS
        while not select.select([*self._servers.values()], [], [], 0.05)[0]:
            assert time.monotonic() < deadline, f"{self.name} does not relay"
            self._send(request(xid=1).padded())
        found = self.request(request(xid=2))
        self.agent = next(item for item in found if item.packet.xid == 2).packet.option(82)

    def _send(
        self,
        payload: bytes,
        destination: str = "255.255.255.255",
        source: str = "0.0.0.0",
        headers: Headers | None = None,
    ) -> None:
        mac = BROADCAST_MAC if destination.endswith("255") else self._mac
        for data in frame(payload, source, destination, mac, headers or Headers()):
            self._tap.send(data)

    def request(
        self,
        packet: Packet | bytes,
        destination: str = "255.255.255.255",
        source: str = "0.0.0.0",
        headers: Headers | None = None,
    ) -> list[Received]:
        """Send a request; what of it reaches the servers."""
        self._send(packet if isinstance(packet, bytes) else packet.padded(), destination, source, headers)
        self._send(request(xid=CONTROL).padded())
        found: list[Received] = []
        through: set[str] = set()
        while len(through) < len(SERVERS):
            ready = select.select([*self._servers.values()], [], [], SECONDS)[0]
            assert ready, "the control packet did not come through"
            for address, sock in self._servers.items():
                if sock in ready:
                    data, sender = sock.recvfrom(65536)
                    item = Received(address, sender, Packet.decode(data), data)
                    if item.packet.xid == CONTROL:
                        through.add(address)
                    else:
                        found.append(item)
        return found

    def reply(self, packet: Packet | bytes, giaddr: str = "172.16.0.4") -> list[ToClient]:
        """Send a reply; what of it comes out on the client's wire."""
        server = self._servers[SERVERS[0]]
        server.sendto(packet if isinstance(packet, bytes) else packet.padded(), (giaddr, 67))
        control = reply(OFFER, self.agent, xid=CONTROL, flags=0x8000, giaddr=IPv4Address(giaddr))
        server.sendto(control.padded(), (giaddr, 67))
        found: list[ToClient] = []
        while True:
            assert select.select([self._tap], [], [], SECONDS)[0], "the control packet did not come through"
            data = self._tap.recv(65536)
            if data[12:14] == b"\x08\x00" and data[36:38] == b"\0\x44":
                mac, source, destination, content = parse_frame(data, verify=False)
                decoded = Packet.decode(content)
                if decoded.xid == CONTROL:
                    return found
                found.append(ToClient("vlan1", mac, source, destination, decoded, content))
