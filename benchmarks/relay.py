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
import json
import socket
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from relay_load import Load, latencies, paced, replies, requests, through
from relay_stage import SERVER, Stage, available, running

from labgen.dhcp.packet import Packet
from labgen.relay.mmsg import Inbox, Target

RELAYS = ("labgen-relay", "compiled", "dhcrelay", "dnsmasq", "c-relay", "python-floor")


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
            return Measure(relay, *up, *down, *self._at_rates(pid, load, number), rss(pid))

    def _requests_only(self, relay: str, pid: int, load: Load, number: int) -> Measure:
        """The figures of a program that takes no replies; theirs are 0."""
        through(load, self.server, self.inbox, number // 10, relay)
        up = timed(pid, number, lambda: through(load, self.server, self.inbox, number, relay))
        return Measure(relay, *up, 0.0, 0.0, *self._at_rates(pid, load, number), rss(pid))

    def _at_rates(self, pid: int, load: Load, number: int) -> tuple[float, float, float, float]:
        """CPU of a request at 2,000 and 20,000 a second, and the median and the 99th percentile of the latency."""
        slow = number // 5
        _, paced_cpu = timed(pid, slow, lambda: paced(load, self.server, self.inbox, slow, 2000))
        _, busy_cpu = timed(pid, number, lambda: paced(load, self.server, self.inbox, number, 20000))
        delays = sorted(latencies(load, self.server, self.inbox, 2000))
        return paced_cpu, busy_cpu, delays[1000], delays[1980]


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
