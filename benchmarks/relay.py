"""labgen-relay beside ISC dhcrelay, dnsmasq and a relay of a hundred lines of C: same namespaces, same load, same run.

Run as root, with isc-dhcp-relay and dnsmasq installed:
`python benchmarks/relay.py [--requests N] [--rounds N] [--json]`.

One process is all the clients and the server: it keeps a window of packets in flight and counts what comes out
at the other side. Requests are a mix of DISCOVER and REQUEST of 4,000 clients; replies are OFFER and ACK for
some of them. CPU is the relay process's own (schedstat), kernel work on its behalf included. labgen-relay adds
sub-options 1, 5 and 11, dhcrelay 1 and 5 (it knows no 11), dnsmasq none. `compiled` is labgen-relay after `labgen-relay compile`,
`labgen-relay` without. relay_peer.c, compiled if a compiler is there, does the least a
relay does with the same system calls: what it takes is what the kernel takes; relay_floor.py
makes the same calls from Python and looks at nothing.
"""

from __future__ import annotations

import argparse
import atexit
import json
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from functools import lru_cache
from ipaddress import IPv4Address
from pathlib import Path

from labgen.dhcp.packet import Packet, dhcp_options
from labgen.relay.compile import compile_fast_path
from labgen.relay.frames import checksum
from labgen.relay.mmsg import Inbox, Outbox, Target, address_of
from labgen.relay.namespaces import Namespace

CLIENTS = 4000
ANSWERED = 250
"""Clients that get replies: dnsmasq makes an ARP entry for each, and the kernel's table is small."""
WINDOW = 96
"""Packets in flight: fewer than the smallest of the relays' socket buffers holds."""
SERVER = "10.0.0.2"
CLIENT_SIDE = "172.16.0.4"
GIADDR = "10.0.0.4"
UPLINK = "10.1.0.1"
RELAYS = ("labgen-relay", "compiled", "dhcrelay", "dnsmasq", "c-relay", "python-floor")
PEER = Path(__file__).with_name("relay_peer.c")
FLOOR = Path(__file__).with_name("relay_floor.py")
CONFIG = """
name: bench
log: {folder}/relay.log
interfaces:
  - name: vlan10
    giaddr: 10.0.0.4
    options: [circuit-id, link-selection, server-id-override]
    servers: [{{address: 10.0.0.2}}]
"""


@dataclass(frozen=True)
class Measure:
    """One relay in one round. Times per packet in microseconds, latency one way, memory in MiB."""

    relay: str
    requests_per_second: float
    request_cpu: float
    replies_per_second: float
    reply_cpu: float
    paced_cpu: float
    busy_cpu: float
    latency_median: float
    latency_99: float
    rss: float


class Stage:
    """Three namespaces in a row: clients, relay, server. Gone with the holders of the namespaces."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.pids = {name: self._hold() for name in ("lan", "sw", "srv")}
        self.ip("lan", f"link add c0 type veth peer name vlan10 netns {self.pids['sw']}", "link set c0 up")
        self.ip("sw", f"link add u0 type veth peer name s0 netns {self.pids['srv']}")
        self.ip(
            "sw", *_up("vlan10", f"{CLIENT_SIDE}/16"), *_up("u0", f"{UPLINK}/30"), *_up("lo", f"{GIADDR}/32")
        )
        self.ip("sw", "route add 10.0.0.2/32 via 10.1.0.2")
        self.ip(
            "srv", *_up("s0", "10.1.0.2/30"), *_up("lo", f"{SERVER}/32"), "route add default via 10.1.0.1"
        )
        self.lan, self.srv = self.enter("lan"), self.enter("srv")

    def _hold(self) -> int:
        command = ["unshare", "-n", "sh", "-c", "echo; exec sleep 3600"]
        holder = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert holder.stdout is not None
        holder.stdout.readline()
        self._stack.callback(holder.kill)
        return holder.pid

    def ip(self, space: str, *lines: str) -> None:
        command = [*self.into(space), "ip", "-batch", "-"]
        subprocess.run(command, input="\n".join(lines).encode(), check=True)

    def into(self, space: str) -> list[str]:
        return ["nsenter", f"--net=/proc/{self.pids[space]}/ns/net"]

    def enter(self, name: str) -> Namespace:
        space = Namespace(Path(f"/proc/{self.pids[name]}/ns/net"))
        self._stack.callback(space.close)
        return space


def _up(name: str, address: str) -> tuple[str, str]:
    return f"addr add {address} dev {name}", f"link set {name} up"


def command_of(relay: str, folder: Path) -> list[str]:
    """How to start a relay in the foreground."""
    if relay in ("labgen-relay", "compiled"):
        (folder / "relay.yml").write_text(CONFIG.format(folder=folder), encoding="utf-8")
        return ours(relay, folder)
    if relay == "python-floor":
        return [sys.executable, str(FLOOR), "vlan10", GIADDR, SERVER]
    if relay == "c-relay":
        return [compiled(), "vlan10", CLIENT_SIDE, GIADDR, SERVER]
    if relay == "dhcrelay":
        flags = ["-4", "-d", "-a", "-pf", str(folder / "pid"), "-id", "vlan10", "-iu", "u0", "-U", "u0"]
        return ["dhcrelay", *flags, SERVER]
    files = ["--conf-file=/dev/null", f"--pid-file={folder}/pid", f"--dhcp-leasefile={folder}/leases"]
    return ["dnsmasq", "-k", "-p0", *files, "--user=root", f"--dhcp-relay={CLIENT_SIDE},{SERVER}"]


def ours(relay: str, folder: Path) -> list[str]:
    """labgen-relay on the configuration in a folder, with the compiled cache or without, whatever is installed."""
    library = library_of_our_own() if relay == "compiled" else folder / "none"
    program = (
        "from pathlib import Path; from labgen.relay import fastpath; "
        f"fastpath.LIBRARY = Path({str(library)!r}); from labgen.relay.main import main; main()"
    )
    return [sys.executable, "-c", program, "run", "-c", str(folder / "relay.yml")]


@lru_cache(maxsize=1)
def compiled() -> str:
    """The program of relay_peer.c, in a folder that stays until the end of the run."""
    folder = Path(tempfile.mkdtemp(prefix="relay-peer-"))
    atexit.register(shutil.rmtree, folder)
    program = folder / "relay_peer"
    subprocess.run(["cc", "-O2", "-o", str(program), str(PEER)], check=True)
    return str(program)


@lru_cache(maxsize=1)
def library_of_our_own() -> Path:
    """The compiled cache, in a folder that stays until the end of the run."""
    folder = Path(tempfile.mkdtemp(prefix="relay-compiled-"))
    atexit.register(shutil.rmtree, folder)
    return compile_fast_path(folder / "_fastpath.so")


def available(relay: str) -> bool:
    return (
        relay in ("labgen-relay", "python-floor")
        or shutil.which("cc" if relay in ("c-relay", "compiled") else relay) is not None
    )


@contextmanager
def running(relay: str, stage: Stage) -> Iterator[int]:
    """Process id of a relay that has been started; stopped at the end."""
    with tempfile.TemporaryDirectory() as name, _process(stage, command_of(relay, Path(name))) as pid:
        yield pid


@contextmanager
def started(relay: str, stage: Stage, folder: Path) -> Iterator[int]:
    """The same of labgen-relay, on the configuration in a folder."""
    with _process(stage, ours(relay, folder)) as pid:
        yield pid


@contextmanager
def _process(stage: Stage, command: list[str]) -> Iterator[int]:
    process = subprocess.Popen(
        [*stage.into("sw"), *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def mac_of(client: int) -> bytes:
    return b"\x02\x00\x00" + client.to_bytes(3, "big")


def address_for(client: int) -> IPv4Address:
    return IPv4Address("172.16.1.0") + client


def requests() -> list[bytes]:
    """Ethernet frames of a DISCOVER and a REQUEST of every client, mixed."""
    frames = []
    for client in range(1, CLIENTS + 1):
        hardware = mac_of(client)
        more = ((61, b"\x01" + hardware), (12, b"client-%d" % client), (55, bytes((1, 28, 2, 3, 15, 6, 12))))
        wanted = ((54, IPv4Address(SERVER).packed), (50, address_for(client).packed))
        for kind, extra in ((1, ()), (3, wanted)):
            packet = Packet(
                1, client, chaddr=hardware.ljust(16, b"\0"), options=dhcp_options(kind, *extra, *more)
            )
            frames.append(_frame(hardware, packet.padded()))
    return frames


def _frame(source: bytes, payload: bytes) -> bytes:
    udp = struct.pack("!HHHH", 68, 67, 8 + len(payload), 0) + payload
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, bytes(4), b"\xff" * 4)
    head = head[:10] + checksum(int.from_bytes(head, "big")).to_bytes(2, "big") + head[12:]
    return b"\xff" * 6 + source + b"\x08\x00" + head + udp


def replies(relayed: Packet) -> list[bytes]:
    """An OFFER and an ACK for some clients, with giaddr and option 82 as the relay sent them."""
    agent = relayed.option(82)
    found = []
    for client in range(1, ANSWERED + 1):
        hardware = mac_of(client)
        for kind in (2, 5):
            more = [(54, IPv4Address(SERVER).packed), (51, b"\0\0\x0e\x10"), (1, b"\xff\xff\0\0")]
            more += [(3, IPv4Address("172.16.0.1").packed), (61, b"\x01" + hardware)]
            options = dhcp_options(kind, *more, *([(82, agent)] if agent is not None else []))
            packet = Packet(
                2,
                client,
                hops=1,
                yiaddr=address_for(client),
                giaddr=relayed.giaddr,
                chaddr=hardware.ljust(16, b"\0"),
                options=options,
            )
            found.append(packet.padded())
    return found


class Load:
    """Packets in memory and a socket to send them by, over and over."""

    def __init__(self, sock: socket.socket, packets: Sequence[bytes], target: Target | None) -> None:
        self._memory = bytearray(b"".join(packets))
        start = address_of(self._memory)
        self._places: list[tuple[int, int]] = []
        for packet in packets:
            self._places.append((start, len(packet)))
            start += len(packet)
        self._target = target
        self._box = Outbox(sock.fileno(), "load")
        self._next = 0

    def send(self, number: int) -> None:
        name = self._target.pointer if self._target is not None else 0
        for _ in range(number):
            self._box.add(*self._places[self._next], name)
            self._next = (self._next + 1) % len(self._places)
        failed = self._box.flush()
        if failed:
            raise SystemExit(f"cannot send: {failed[0]}")


def through(load: Load, sink: socket.socket, inbox: Inbox, number: int, name: str) -> float:
    """Send `number` packets with WINDOW of them in flight; seconds until all have come out."""
    sent = received = 0
    began = time.perf_counter()
    heard = began
    while received < number:
        room = min(WINDOW - (sent - received), number - sent)
        if room >= WINDOW // 3 or (room and sent + room == number):
            load.send(room)
            sent += room
        got = inbox.receive(sink.fileno())
        received += got
        now = time.perf_counter()
        if got:
            heard = now
        elif now - heard > 2:
            raise SystemExit(f"{name}: {sent - received} of {sent} packets lost")
    return time.perf_counter() - began


def latencies(load: Load, sink: socket.socket, inbox: Inbox, number: int) -> list[float]:
    """Microseconds from sending one packet to receiving it, one at a time."""
    found = []
    for _ in range(number):
        began = time.perf_counter()
        load.send(1)
        while not inbox.receive(sink.fileno()):
            pass
        found.append((time.perf_counter() - began) * 1e6)
    return found


def paced(load: Load, sink: socket.socket, inbox: Inbox, number: int, rate: float) -> None:
    """Send single packets at an even rate per second."""
    due = time.perf_counter()
    received = 0
    for _ in range(number):
        while time.perf_counter() < due:
            received += inbox.receive(sink.fileno())
        load.send(1)
        due += 1 / rate
    while received < number and time.perf_counter() < due + 2:
        received += inbox.receive(sink.fileno())


def cpu_seconds(pid: int) -> float:
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def rss(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def timed(pid: int, number: int, action: Callable[[], object]) -> tuple[float, float]:
    """Packets per second and the relay's CPU per packet in microseconds."""
    before, began = cpu_seconds(pid), time.perf_counter()
    action()
    spent = time.perf_counter() - began
    return number / spent, (cpu_seconds(pid) - before) / number * 1e6


class Bench:
    """Both ends of the wire."""

    def __init__(self, stage: Stage, stack: ExitStack) -> None:
        self.stage = stage
        self.inbox = Inbox()
        self.clients = stage.lan.run(_packet_socket)
        self.heard = stage.lan.run(_client_socket)
        self.server = stage.srv.run(_server_socket)
        for sock in (self.clients, self.heard, self.server):
            stack.callback(sock.close)
        self.frames = requests()

    def wait_until_ready(self, load: Load) -> Packet:
        """Try until a request comes through; how it looked at the server."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            load.send(1)
            time.sleep(0.05)
            if self.inbox.receive(self.server.fileno()):
                start = 64
                packet = Packet.decode(bytes(self.inbox.buffer[start : start + self.inbox.lengths[0]]))
                time.sleep(0.2)
                while self.inbox.receive(self.server.fileno()):
                    pass
                return packet
        raise SystemExit("the relay did not come up")

    def measure(self, relay: str, number: int) -> Measure:
        with running(relay, self.stage) as pid:
            load = Load(self.clients, self.frames, None)
            relayed = self.wait_until_ready(load)
            if relay == "python-floor":
                return self._requests_only(relay, pid, load, number)
            back = Load(self.server, replies(relayed), Target.host(relayed.giaddr.packed, 67))
            through(load, self.server, self.inbox, number // 10, f"requests by {relay}")
            through(back, self.heard, self.inbox, number // 10, f"replies by {relay}")
            up = timed(pid, number, lambda: through(load, self.server, self.inbox, number, relay))
            down = timed(pid, number, lambda: through(back, self.heard, self.inbox, number, relay))
            slow = number // 5
            _, paced_cpu = timed(pid, slow, lambda: paced(load, self.server, self.inbox, slow, 2000))
            _, busy_cpu = timed(pid, number, lambda: paced(load, self.server, self.inbox, number, 20000))
            delays = sorted(latencies(load, self.server, self.inbox, 2000))
            return Measure(relay, *up, *down, paced_cpu, busy_cpu, delays[1000], delays[1980], rss(pid))

    def _requests_only(self, relay: str, pid: int, load: Load, number: int) -> Measure:
        """The figures of a program that takes no replies; theirs are 0."""
        through(load, self.server, self.inbox, number // 10, relay)
        up = timed(pid, number, lambda: through(load, self.server, self.inbox, number, relay))
        slow = number // 5
        _, paced_cpu = timed(pid, slow, lambda: paced(load, self.server, self.inbox, slow, 2000))
        _, busy_cpu = timed(pid, number, lambda: paced(load, self.server, self.inbox, number, 20000))
        delays = sorted(latencies(load, self.server, self.inbox, 2000))
        return Measure(relay, *up, 0.0, 0.0, paced_cpu, busy_cpu, delays[1000], delays[1980], rss(pid))


def _packet_socket() -> socket.socket:
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    sock.bind(("c0", 0))
    return sock


def _client_socket() -> socket.socket:
    """What comes from the relay to the clients, whatever address it is for."""
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
    sock.bind(("c0", 0x0800))
    return sock


def _server_socket() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
    sock.bind((SERVER, 67))
    return sock


def median(rounds: Sequence[Measure]) -> Measure:
    """The median of every figure on its own."""
    names = [name for name in asdict(rounds[0]) if name != "relay"]
    figures = {name: statistics.median(getattr(item, name) for item in rounds) for name in names}
    return Measure(rounds[0].relay, **figures)


def table(results: Sequence[Measure]) -> str:
    """Markdown, one row per relay."""
    rows = [
        "| relay | requests/s | CPU us/request | replies/s | CPU us/reply | CPU us/request at 2,000/s "
        "| at 20,000/s | latency us, median / 99 % | RSS MiB |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    rows += [
        f"| {item.relay} | {item.requests_per_second:,.0f} | {item.request_cpu:.1f} "
        f"| {item.replies_per_second:,.0f} | {item.reply_cpu:.1f} | {item.paced_cpu:.1f} | {item.busy_cpu:.1f} "
        f"| {item.latency_median:.0f} / {item.latency_99:.0f} | {item.rss:.1f} |"
        for item in results
    ]
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--requests", type=int, default=20000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    names = [name for name in RELAYS if available(name)]
    found: dict[str, list[Measure]] = {name: [] for name in names}
    with ExitStack() as stack:
        bench = Bench(Stage(stack), stack)
        for _ in range(options.rounds):
            for name in names:
                found[name].append(bench.measure(name, options.requests))
    results = [median(found[name]) for name in names]
    print(json.dumps([asdict(item) for item in results], indent=2) if options.json else table(results))


if __name__ == "__main__":
    main()
