"""A fabric's wires: DHCP frames on every port they pass, as captures that a lab would save."""

from __future__ import annotations

import struct
from collections import defaultdict, deque
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from pathlib import Path

from labgen.ground.labplan import LabPlan, NodePlan

EVERYBODY = "ff:ff:ff:ff:ff:ff"
VXLAN_PORT = 4789
Link = tuple[tuple[str, str], tuple[str, str]]
"""Two ends, each a node and the kernel's name of its port, in the direction of a frame."""


@dataclass
class Wires:
    """What passed each port. `macs` are the addresses the machines have, by node and the port's own name."""

    plan: LabPlan
    macs: dict[tuple[str, str], str]
    frames: dict[tuple[str, str], list[tuple[float, bytes]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def mac(self, node: str, port: str) -> str:
        return self.macs[node, self.plan.node(node).interface(port).name]

    def path(self, start: str, end: str) -> list[Link]:
        """The shortest way through the routed core."""
        came: dict[str, Link] = {}
        todo = deque([start])
        while todo and end not in came:
            here = todo.popleft()
            for port in self.plan.node(here).interfaces:
                for neighbor in port.neighbors if port.kind == "p2p" else ():
                    far = self.plan.node(neighbor.node).interface(neighbor.interface).linux
                    if neighbor.node not in came and neighbor.node != start:
                        came[neighbor.node] = ((here, port.linux), (neighbor.node, far))
                        todo.append(neighbor.node)
        links: list[Link] = []
        while end != start:
            links.insert(0, came[end])
            end = came[end][0][0]
        return links

    def unicast(self, at: float, start: str, end: str, packet: bytes) -> float:
        """An IP packet routed hop by hop; returns when it arrived."""
        for near, far in self.path(start, end):
            frame = ethernet(packet, self.mac(*near), self.mac(*far))
            at = self._cross(at, (near, far), frame)
        return at

    def broadcast(self, at: float, start: str, segment: str, packet: bytes) -> float:
        """An IP broadcast from a client or a switch to all of a segment, through the tunnel where it is stretched."""
        node = self.plan.node(start)
        port = node.on_segment(segment)
        assert port is not None
        frame = ethernet(packet, self.mac(start, port.name), EVERYBODY)
        if node.client:
            home = next(n for n in port.neighbors)
            access = self.plan.node(home.node).interface(home.interface).linux
            at = self._cross(at, ((start, port.linux), (home.node, access)), frame)
            return self._flood(at, home.node, segment, frame, but=start)
        return self._flood(at, start, segment, frame, but="")

    def _flood(self, at: float, switch: str, segment: str, frame: bytes, but: str) -> float:
        """Out of every access port, and to every other VTEP, which does the same."""
        last = self._deliver(at, switch, segment, frame, but)
        for other in self.plan.segment(segment).switches:
            if other != switch and self.plan.segment(segment).stretched:
                arrived = self._tunnel(at, self.plan.node(switch), self.plan.node(other), segment, frame)
                last = max(last, self._deliver(arrived, other, segment, frame, but))
        return last

    def _deliver(self, at: float, switch: str, segment: str, frame: bytes, but: str) -> float:
        for port in self.plan.node(switch).interfaces:
            for neighbor in port.neighbors if port.segment == segment else ():
                if neighbor.node != but:
                    far = self.plan.node(neighbor.node).interface(neighbor.interface).linux
                    self._cross(at, ((switch, port.linux), (neighbor.node, far)), frame)
        return at + 0.001

    def _tunnel(self, at: float, near: NodePlan, far: NodePlan, segment: str, frame: bytes) -> float:
        vni = next(vlan.vni for vlan in near.vlans if vlan.segment == segment)
        assert vni and near.loopback and far.loopback
        header = b"\x08\0\0\0" + vni.to_bytes(3, "big") + b"\0"
        ends = str(near.loopback.ip), str(far.loopback.ip)
        return self.unicast(at, near.name, far.name, ip_udp(header + frame, *ends, 50000, VXLAN_PORT))

    def across(self, at: float, client: str, switch: str, segment: str, packet: bytes) -> float:
        """A unicast of a client to the routed interface of its own switch."""
        node, target = self.plan.node(client), self.plan.node(switch).on_segment(segment)
        port = node.on_segment(segment)
        assert port and target
        (home,) = port.neighbors
        assert home.node == switch, "the client renews through its own switch here"
        access = self.plan.node(switch).interface(home.interface).linux
        frame = ethernet(packet, self.mac(client, port.name), self.mac(switch, target.name))
        return self._cross(at, ((client, port.linux), (switch, access)), frame)

    def _cross(self, at: float, link: Link, frame: bytes) -> float:
        near, far = link
        self.frames[near].append((at, frame))
        self.frames[far].append((at + 0.0002, frame))
        return at + 0.001

    def save(self, target: Path) -> tuple[Path, ...]:
        """One capture per data port, also where nothing passed."""
        target.mkdir(parents=True, exist_ok=True)
        ports = [
            (node.name, port.linux) for node in self.plan.nodes for port in node.interfaces if port.index
        ]
        return tuple(_write(target / f"{node}-{port}.pcap", self.frames[node, port]) for node, port in ports)


def _write(file: Path, frames: list[tuple[float, bytes]]) -> Path:
    data = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    for at, frame in sorted(frames, key=lambda each: each[0]):
        seconds, rest = divmod(at, 1)
        data += struct.pack("<IIII", int(seconds), int(rest * 1e6), len(frame), len(frame)) + frame
    file.write_bytes(data)
    return file


def ethernet(packet: bytes, source: str, destination: str) -> bytes:
    octets = (bytes.fromhex(mac.replace(":", "")) for mac in (destination, source))
    return b"".join(octets) + b"\x08\x00" + packet


def ip_udp(payload: bytes, source: str, destination: str, sport: int, dport: int) -> bytes:
    udp = struct.pack(">HHHH", sport, dport, 8 + len(payload), 0) + payload
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0)
    return head + IPv4Address(source).packed + IPv4Address(destination).packed + udp
