"""Captures of small networks, packet by packet, for the tests of what is said about them and what is not."""

from __future__ import annotations

import struct
from pathlib import Path
from socket import inet_aton

from analyze_text import analysis

from labgen.dhcp.model import Analysis

ANY, ALL = "0.0.0.0", "255.255.255.255"
DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM = range(1, 9)
_TAKEN = frozenset({OFFER, ACK, NAK})


def option(code: int, value: bytes) -> bytes:
    return bytes((code, len(value))) + value


def relay_info(**sub_options: bytes) -> bytes:
    """Option 82: `circuit`, `link`, `override` and so on."""
    codes = {"circuit": 1, "remote": 2, "link": 5, "override": 11, "vss": 151}
    return option(82, b"".join(option(codes[name], value) for name, value in sub_options.items()))


class Wire:
    """A capture being made. `now` moves with each packet; `seen` can leave packets out, as a tap does."""

    def __init__(self) -> None:
        self.now = 1_741_000_000.0
        self.records: list[tuple[float, bytes]] = []
        self.identification = 0

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def send(
        self,
        kind: int,
        client: int,
        xid: int,
        src: str = ANY,
        dst: str = ALL,
        *,
        hops: int = 0,
        ciaddr: str = ANY,
        yiaddr: str = ANY,
        giaddr: str = ANY,
        requested: str | None = None,
        server: str | None = None,
        lease: int | None = None,
        more: bytes = b"",
        broadcast: bool = False,
        vlan: int | None = None,
        ports: tuple[int, int] | None = None,
        times: int = 1,
        source: str | None = None,
    ) -> None:
        """One packet, `times` over when a mirror copies it; `source`: whose Ethernet address it has."""
        mac = bytes.fromhex("00005e0053") + bytes((client,))
        reply = kind in _TAKEN
        head = struct.pack(">BBBBIHH", 2 if reply else 1, 1, 6, hops, xid, 0, 0x8000 if broadcast else 0)
        addresses = inet_aton(ciaddr) + inet_aton(yiaddr) + bytes(4) + inet_aton(giaddr)
        options = option(53, bytes((kind,)))
        options += option(50, inet_aton(requested)) if requested else b""
        options += option(54, inet_aton(server)) if server else b""
        options += option(51, lease.to_bytes(4, "big")) if lease is not None else b""
        payload = (
            head
            + addresses
            + mac.ljust(16, b"\0")
            + bytes(192)
            + b"\x63\x82\x53\x63"
            + options
            + more
            + b"\xff"
        )
        relayed = giaddr != ANY and (not reply or dst == giaddr)
        sport, dport = ports or ((67, 67) if relayed else (67, 68) if reply else (68, 67))
        self.identification += 1
        udp = struct.pack(">HHHH", sport, dport, 8 + len(payload), 0) + payload
        ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), self.identification, 0, 64, 17, 0)
        sender = b"\x00\x00\x5e\x00\x53\xfe" if reply or relayed else mac
        sender = bytes.fromhex(source.replace(":", "")) if source else sender
        tag = b"" if vlan is None else b"\x81\x00" + vlan.to_bytes(2, "big")
        frame = b"\xff" * 6 + sender + tag + b"\x08\x00" + ip + inet_aton(src) + inet_aton(dst) + udp
        for copy in range(times):
            self.records.append((self.now + copy * 3e-5, frame))
        self.now += 0.01

    def arp(self, hardware: str, address: str, about: str) -> None:
        """An ARP packet of `hardware`, which says that `address` is its own and speaks of `about`."""
        mac = bytes.fromhex(hardware.replace(":", ""))
        body = b"\0\1\x08\0\6\4\0\1" + mac + inet_aton(address) + bytes(6) + inet_aton(about)
        self.records.append((self.now, b"\xff" * 6 + mac + b"\x08\x06" + body))
        self.now += 0.01

    def acquire(
        self, client: int, xid: int, address: str, server: str = "192.0.2.10", vlan: int | None = None
    ) -> None:
        """Four messages on the client's own link, replies unicast."""
        self.send(DISCOVER, client, xid, vlan=vlan)
        self._answer(OFFER, client, xid, address, server, vlan)
        self.send(REQUEST, client, xid, requested=address, server=server, vlan=vlan)
        self._answer(ACK, client, xid, address, server, vlan)

    def _answer(self, kind: int, client: int, xid: int, address: str, server: str, vlan: int | None) -> None:
        self.send(kind, client, xid, server, address, yiaddr=address, server=server, lease=3600, vlan=vlan)

    def relayed(
        self, client: int, xid: int, address: str, giaddr: str, server: str = "192.0.2.10", more: bytes = b""
    ) -> None:
        """Four messages between relay and server."""
        for kind, answer in ((DISCOVER, OFFER), (REQUEST, ACK)):
            wanted = address if kind == REQUEST else None
            named = server if kind == REQUEST else None
            self.send(
                kind,
                client,
                xid,
                giaddr,
                server,
                hops=1,
                giaddr=giaddr,
                requested=wanted,
                server=named,
                more=more,
            )
            self.send(
                answer,
                client,
                xid,
                server,
                giaddr,
                giaddr=giaddr,
                yiaddr=address,
                server=server,
                lease=3600,
                more=more,
            )

    def renew(
        self, client: int, xid: int, address: str, server: str = "192.0.2.10", vlan: int | None = None
    ) -> None:
        """A unicast renewal with its answer."""
        self.send(REQUEST, client, xid, address, server, ciaddr=address, vlan=vlan)
        self.send(
            ACK,
            client,
            xid,
            server,
            address,
            ciaddr=address,
            yiaddr=address,
            server=server,
            lease=3600,
            vlan=vlan,
        )

    def keep(self, *, replies: bool = True, requests: bool = True) -> None:
        """Leave one direction out, as a mirror of one does."""
        self.records = [
            (time, frame)
            for time, frame in self.records
            if (replies if frame[frame.index(b"\x08\x00\x45") + 30] == 2 else requests)
        ]

    def pcap(self) -> bytes:
        data = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
        for time, frame in self.records:
            data += (
                struct.pack("<IIII", int(time), round(time % 1 * 1e6) % 1_000_000, len(frame), len(frame))
                + frame
            )
        return data

    def analysis(self, folder: Path, name: str = "tap.pcap") -> Analysis:
        file = folder / name
        file.write_bytes(self.pcap())
        return analysis(file)
