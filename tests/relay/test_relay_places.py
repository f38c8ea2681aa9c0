"""The relay process on real interfaces: further knobs, and what comes, goes and comes again."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from relay_bench import ACK, OFFER, reply, request
from relay_spaces import can_make_namespaces
from relay_wire import CONFIG, Wire, packet_tap

from labgen.dhcp.packet import Packet
from labgen.relay.control import ask_reload, ask_stats

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(not can_make_namespaces(), reason="needs root for namespaces and port 67"),
]
HEAD = CONFIG.split("interfaces:")[0]
VLAN1 = "interfaces:\n  - {{name: vlan1, servers: [{{address: 10.0.0.2}}]}}\n"


def frames_at(tap: socket.socket, count: int = 1) -> list[bytes]:
    """The next DHCP frames on a server's wire."""
    tap.settimeout(5)
    found: list[bytes] = []
    while len(found) < count:
        data = tap.recv(65536)
        if data[12:14] == b"\x08\x00" and data[23] == 17:
            found.append(data)
    return found


@pytest.mark.parametrize(
    ("line", "tos"), [("", 0xC0), ("dscp: 0\n", 0), ("dscp: AF41\n", 34 << 2)], ids=["CS6", "0", "AF41"]
)
def test_everything_sent_carries_the_dscp(tmp_path: Path, line: str, tos: int) -> None:
    """RFC 4594: CS6 is the network's own traffic."""
    with Wire(tmp_path, line + HEAD + VLAN1) as wire:
        tap = wire.inside("srv", partial(packet_tap, "s0"))
        wire.send("c1", request(xid=1))
        assert frames_at(tap)[0][15] == tos
        wire.answer("10.0.0.2", reply(OFFER, None, xid=1, giaddr=IPv4Address("172.19.0.1")), "172.19.0.1")
        frames = [frame for frame in wire.raw_frames("c1", 1) if frame[36:38] == b"\0\x44"]
        assert [frame[15] for frame in frames] == [tos]


def test_server_may_be_the_broadcast_address_of_its_subnet(tmp_path: Path) -> None:
    """RFC 1542 section 4.1.1; whoever of the subnet answers is a server, and nobody else."""
    config = HEAD + VLAN1.replace("10.0.0.2", "10.1.0.3")
    with Wire(tmp_path, config) as wire:
        server = wire.server("srv", "10.1.0.3")
        answering = wire.server("srv", "10.1.0.2")
        wire.send("c1", request(xid=2))
        data, _ = server.recvfrom(65536)
        agent = Packet.decode(data).option(82)
        packet = reply(OFFER, agent, xid=2, giaddr=IPv4Address("172.19.0.1"))
        wire.answer("10.0.0.3", packet, "172.19.0.1")
        answering.sendto(
            reply(ACK, agent, xid=3, giaddr=IPv4Address("172.19.0.1")).padded(), ("172.19.0.1", 67)
        )
        assert [got.packet.xid for got in wire.frames("c1")] == [3]


def test_server_may_have_a_port_of_its_own(tmp_path: Path) -> None:
    with Wire(tmp_path, HEAD + VLAN1.replace("10.0.0.2}}", "10.0.0.2, port: 1067}}")) as wire:
        server = wire.server("srv", "10.0.0.2", 1067)
        wire.send("c1", request(xid=2))
        data, source = server.recvfrom(65536)
        assert source == ("172.19.0.1", 67)
        server.sendto(
            reply(OFFER, Packet.decode(data).option(82), xid=2, giaddr=IPv4Address("172.19.0.1")).padded(),
            source,
        )
        assert wire.frames("c1")[0].packet.xid == 2


def test_relay_port_is_used_both_ways(tmp_path: Path) -> None:
    """RFC 8357: requests leave from it, replies come in by it."""
    with Wire(tmp_path, "relay_port: 6767\n" + HEAD + VLAN1) as wire:
        wire.send("c1", request(xid=2))
        (copy,) = wire.received()
        assert copy.source == ("172.19.0.1", 6767)
        info = copy.packet.relay_agent
        assert info is not None
        assert info.get(19) == b""
        answer = reply(OFFER, copy.packet.option(82), xid=2, giaddr=IPv4Address("172.19.0.1"))
        wire.answer("10.0.0.2", answer, "172.19.0.1", 6767)
        assert wire.frames("c1")[0].packet.xid == 2


def test_server_may_be_given_by_name(tmp_path: Path) -> None:
    """Looked up at start and again; the addresses of the name are the server's."""
    hosts = tmp_path / "hosts"
    hosts.write_text("10.0.0.3 dhcp.example\n", encoding="utf-8")
    with Wire(tmp_path, HEAD + VLAN1) as wire:
        wire.stop()
        script = 'mount --bind "$0" /etc/hosts && exec "$@"'
        prefix = ["unshare", "-m", "--propagation", "private", "sh", "-c", script, str(hosts)]
        wire.start(HEAD + VLAN1.replace("10.0.0.2", "dhcp.example"), prefix)
        wire.send("c1", request(xid=2))
        (copy,) = wire.received()
        assert copy.server == "10.0.0.3"
        answer = reply(OFFER, copy.packet.option(82), xid=2, giaddr=IPv4Address("172.19.0.1"))
        wire.answer("10.0.0.2", answer, "172.19.0.1")
        wire.answer("10.0.0.3", reply(ACK, None, xid=3, giaddr=IPv4Address("172.19.0.1")), "172.19.0.1")
        assert [got.packet.xid for got in wire.frames("c1")] == [3]


def test_circuit_id_names_the_bridge_port_of_the_client(tmp_path: Path) -> None:
    """SONiC: host:port:vlan, the port from the bridge's forwarding table."""
    config = (
        (HEAD + VLAN1).replace("dialect: rfc\n", "").replace("name: sw1", "name: cisco\ndialect: sonic", 1)
    )
    with Wire(tmp_path, config + "  - {{name: br1, servers: [{{address: 10.0.0.2}}]}}\n") as wire:
        known = len(wire.log("ready"))
        assert circuit_id(wire, 1) == b"cisco:vlan1:vlan1"
        wire.ip(
            "sw",
            "link add br1 type bridge",
            "link set vlan1 master br1",
            "addr flush dev vlan1",
            "addr add 172.19.0.1/24 dev br1",
            "link set br1 up",
        )
        wire.wait(lambda: len(wire.log("ready")) > known, "ready with the bridge")
        wire.wait(lambda: relayed_to(wire, "10.0.0.2"), "forwarded by the bridge")
        assert circuit_id(wire, 2) == b"cisco:vlan1:br1"
        answer = reply(OFFER, b"\x01\x0fcisco:vlan1:br1", xid=3, giaddr=IPv4Address("172.19.0.1"))
        wire.answer("10.0.0.2", answer, "172.19.0.1")
        assert wire.frames("c1")[0].packet.xid == 3


def circuit_id(wire: Wire, xid: int) -> bytes | None:
    wire.send("c1", request(xid=xid))
    info = wire.until(xid)[-1].packet.relay_agent
    assert info is not None
    return info.circuit_id


def test_pattern_stands_for_the_interfaces_that_fit_now_and_later(tmp_path: Path) -> None:
    """A name of its own comes before a pattern."""
    links = "interfaces:\n  - {{name: 'vlan*', circuit_id: 'p-{{interface}}', servers: [{{address: 10.0.0.2}}]}}\n"
    links += "  - {{name: vlan2, servers: [{{address: 10.0.0.3}}]}}\n"
    with Wire(
        tmp_path,
        HEAD
        + links.replace("{{interface}}", "{{{{interface}}}}").replace("{{{{interface}}}}", "{{interface}}"),
    ) as wire:
        wire.send("c1", request(xid=2))
        (copy,) = wire.received()
        info = copy.packet.relay_agent
        assert info is not None
        assert info.circuit_id == b"p-vlan1"
        wire.ip("sw", "link set vlan1 name vlan2", "link set vlan2 up")
        wire.wait(lambda: relayed_to(wire, "10.0.0.3"), "relayed by the name")
        wire.ip("sw", "link set vlan2 name vlan3", "link set vlan3 up")
        wire.wait(lambda: relayed_to(wire, "10.0.0.2"), "relayed by the pattern again")


def relayed_to(wire: Wire, server: str) -> bool:
    wire.drain()
    wire.send("c1", request(xid=7))
    return [copy.server for copy in wire.received(timeout=0.2)] == [server]


@contextmanager
def pinned(wire: Wire, place: Path, space: str) -> Iterator[None]:
    """A namespace bound to a path, as `ip netns add` does."""
    place.touch()
    subprocess.run(["mount", "--bind", str(wire.path(space)), str(place)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(place)], check=False)


def test_namespace_may_come_go_and_come_again(tmp_path: Path) -> None:
    """It is there late, goes with its interfaces, and another takes its name: the relay goes on in the others, and follows."""
    place = tmp_path / "tenant"
    config = (HEAD + VLAN1).replace("{{netns: {client}}}", f"{{{{netns: {place}}}}}")
    config += "  - {{name: vlan10, vrf: client, giaddr: 10.0.0.4, servers: [{{address: 10.0.0.2}}]}}\n"
    with Wire(tmp_path, config) as wire:
        wire.send("c1", request(xid=1))
        wire.until(1)

        def relayed(tap: str) -> bool:
            wire.drain()
            wire.send(tap, request(xid=9))
            return bool(wire.received(timeout=0.2))

        assert not relayed("c10")
        with pinned(wire, place, "client"):
            wire.wait(lambda: relayed("c10"), "relayed in the namespace that came")
        place.unlink(missing_ok=True)
        wire.wait(lambda: not relayed("c10"), "stopped in the namespace that went")
        assert relayed("c1")
        wire.ip("blue", "link set vlan11 name vlan10", "link set vlan10 up")
        with pinned(wire, place, "blue"):
            wire.wait(lambda: relayed("c11"), "relayed in the namespace that took its name")
            assert not relayed("c10")


def test_relay_goes_on_without_its_helper(tmp_path: Path) -> None:
    """The process that enters namespaces is gone: what is open is served, and one line says what is not possible now."""
    config = (
        HEAD
        + VLAN1
        + "  - {{name: vlan10, vrf: client, giaddr: 10.0.0.4, servers: [{{address: 10.0.0.2}}]}}\n"
    )
    with Wire(tmp_path, config) as wire:
        assert wire.process is not None
        children = (
            Path(f"/proc/{wire.process.pid}/task/{wire.process.pid}/children").read_text("utf-8").split()
        )
        assert len(children) == 1
        os.kill(int(children[0]), signal.SIGKILL)
        wire.wait(lambda: bool(wire.log("trouble", where="namespaces")), "told")
        for xid, tap in ((1, "c1"), (2, "c10")):
            wire.send(tap, request(xid=xid))
            wire.until(xid)
        assert "helper" in str(wire.log("trouble", where="namespaces")[0]["error"])
        assert len(wire.log("trouble", where="namespaces")) == 1


def test_helper_ends_with_its_relay(tmp_path: Path) -> None:
    with Wire(
        tmp_path, HEAD + VLAN1 + "  - {{name: vlan11, vrf: blue, servers: [{{address: 10.0.0.2}}]}}\n"
    ) as wire:
        assert wire.process is not None
        (child,) = (
            Path(f"/proc/{wire.process.pid}/task/{wire.process.pid}/children").read_text("utf-8").split()
        )
        wire.stop(kill=True)
        wire.process = None
        wire.wait(
            lambda: (
                not Path(f"/proc/{child}").exists()
                or "State:\tZ" in Path(f"/proc/{child}/status").read_text()
            ),
            "gone",
        )


def test_contradiction_between_configuration_and_kernel_stops_that_interface_with_one_line(
    tmp_path: Path,
) -> None:
    """The kernel says which VRF an interface is in: without a VRF device of that name there is no such VRF here."""
    config = HEAD.replace("{{netns: {client}}}", "{{device: tenant}}") + VLAN1
    config += "  - {{name: vlan8, vrf: client, giaddr: 10.0.0.4, servers: [{{address: 10.0.0.2}}]}}\n"
    with Wire(tmp_path, config) as wire:
        wire.ip("sw", "link add vlan8 type bridge", "addr add 172.28.0.1/24 dev vlan8", "link set vlan8 up")
        reason = "configured in VRF client, but the kernel has it in no VRF device"
        wire.wait(lambda: bool(wire.log("trouble", where="vlan8@client")), "told")
        wire.ip(
            "sw", "addr add 172.28.0.2/24 dev vlan8", "link set vlan8 mtu 1400", "link set vlan8 mtu 1500"
        )
        wire.send("c1", request(xid=1))
        wire.until(1)
        assert [line["error"] for line in wire.log("trouble", where="vlan8@client")] == [reason]
        assert f"vlan8@client: {reason}" in wire.log("waiting")[-1]["missing"]  # type: ignore[operator]


def test_stalled_log_reader_loses_lines_and_not_packets(tmp_path: Path) -> None:
    """A pipe that nobody reads is full after some hundred lines; `log_lost` counts the rest."""
    fifo = tmp_path / "relay.fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    with Wire(tmp_path, HEAD + VLAN1) as wire:
        wire.write((HEAD + VLAN1).replace("relay.log", "relay.fifo"))
        wire.stop()
        wire.launch()
        wire.wait(lambda: relayed_to(wire, "10.0.0.2"), "relaying")
        wire.drain()
        for xid in range(0x4000, 0x4000 + 600):
            wire.send("c1", request(xid=xid))
        copies = [copy.packet.xid for copy in wire.received(600)]
        assert copies == list(range(0x4000, 0x4000 + 600))
        lost = ask_stats(wire.folder / "relay.sock").log_lost
        assert lost > 0
        octets = drained(reader)
        assert all(line.startswith(b'{"ts"') for line in octets.splitlines())
        wire.send("c1", request(xid=0x5000))
        wire.until(0x5000)
        # The line that was cut where the pipe was full goes on where it stopped.
        lines = (octets + drained(reader)).splitlines(keepends=True)
        events = [json.loads(line)["event"] for line in lines if line.endswith(b"\n")]
        assert "lines-lost" in events
    os.close(reader)


def drained(reader: int) -> bytes:
    """What waits in a pipe."""
    octets = b""
    try:
        while chunk := os.read(reader, 1 << 16):
            octets += chunk
    except BlockingIOError:
        pass
    return octets


def test_flood_of_what_is_dropped_is_told_by_number(tmp_path: Path) -> None:
    """So many lines a second for each reason at level info; the counters have them all."""
    with Wire(tmp_path, HEAD.replace("log_level: debug", "log_level: info") + VLAN1) as wire:
        for xid in range(500):
            wire.send("c1", request(xid=xid, hops=200))
        wire.send("c1", request(xid=0x6000))
        wire.until(0x6000)
        assert ask_stats(wire.folder / "relay.sock").interfaces["vlan1@default"].drops == {"hop-limit": 500}
        lines = wire.log("packet", reason="hop-limit")
        assert 10 <= len(lines) <= 100
        wire.wait(lambda: bool(wire.log("dropped", reason="hop-limit")), "told the number")
        told = sum(
            int(str(line["left_out"])) for line in (*lines, *wire.log("dropped")) if "left_out" in line
        )
        assert told + len(lines) == 500


def test_ready_names_what_relays_and_counts_what_is_missing(tmp_path: Path) -> None:
    links = VLAN1 + "".join(
        f"  - {{{{name: none{number}, servers: [{{{{address: 10.0.0.2}}}}]}}}}\n" for number in range(30)
    )
    with Wire(tmp_path, HEAD + links) as wire:
        (ready,) = wire.log("ready")
        assert (ready["interfaces"], ready["relaying"], ready["missing"]) == (["vlan1@default"], 1, 30)
        (waiting,) = wire.log("waiting")
        named = waiting["missing"]
        assert isinstance(named, list)
        assert named[0] == "none0@default: no such interface"
        assert (waiting["number"], named[-1]) == (30, "and 10 more")


def test_sockets_do_not_grow_with_interfaces(tmp_path: Path) -> None:
    """Three hundred client interfaces with a limit of 64 open files."""
    links = "interfaces:\n" + "".join(
        f"  - {{{{name: vlan{number}, giaddr: 10.0.0.4, servers: [{{{{address: 10.0.0.2}}}}]}}}}\n"
        for number in (1, *range(1000, 1300))
    )
    with Wire(tmp_path, HEAD + VLAN1) as wire:
        wire.stop()
        wire.ip(
            "sw",
            *(
                line
                for n in range(1000, 1300)
                for line in (f"link add vlan{n} type bridge", f"link set vlan{n} up")
            ),
            *(f"addr add 172.30.{n >> 8}.{n & 255}/32 dev vlan{n}" for n in range(1000, 1300)),
        )
        wire.start(HEAD + links, ["prlimit", "--nofile=64:64"])
        assert wire.log("ready")[-1]["relaying"] == 301
        assert wire.process is not None
        assert len(list(Path(f"/proc/{wire.process.pid}/fd").iterdir())) < 40
        ask_reload(wire.folder / "relay.sock")
        wire.send("c1", request(xid=1))
        wire.until(1)
