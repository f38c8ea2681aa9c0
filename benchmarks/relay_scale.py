"""What labgen-relay costs at many client interfaces, and with many clients.

Run as root: `python benchmarks/relay_scale.py [--interfaces N...] [--clients N]`. Client interfaces are ends of veth pairs in a
namespace of their own, each listed in the configuration, all behind one giaddr and with two servers. CPU is the process's own
(schedstat). Dropped packets come at some 20,000 a second, for one reason, which is told ten times a second.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from ipaddress import IPv4Address
from pathlib import Path

import relay as base
import relay_load
import relay_stage

from labgen.dhcp.packet import Packet, dhcp_options
from labgen.relay.control import ask_reload

HEAD = "name: scale\nlog: {folder}/relay.log\ncontrol: {folder}/relay.sock\ninterfaces:\n"
ITEM = "  - {{name: v{number}, giaddr: 10.0.0.4, servers: [{{address: 10.0.0.2}}, {{address: 10.0.0.3}}]}}\n"
EVENTS = 100
DROPPED = {"hop-limit": {"hops": 17}, "own-giaddr": {"giaddr": IPv4Address(relay_stage.GIADDR), "hops": 1}}
DEADLINE = 60.0


def until(holds: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + DEADLINE
    while not holds():
        if time.monotonic() > end:
            raise SystemExit(f"not {what} within {DEADLINE:.0f} s")
        time.sleep(0.05)


def lines(folder: Path, event: str) -> list[dict[str, object]]:
    path = folder / "relay.log"
    text = path.read_text("utf-8") if path.exists() else ""
    return [each for each in map(json.loads, text.splitlines()) if each["event"] == event]


def configure(folder: Path, number: int) -> None:
    items = "".join(ITEM.format(number=each) for each in range(number))
    (folder / "relay.yml").write_text(HEAD.format(folder=folder) + items, encoding="utf-8")


def settled(pid: int) -> float:
    """CPU seconds, once a quarter of a second went by without any."""
    last = base.cpu_seconds(pid)
    while True:
        time.sleep(0.25)
        now = base.cpu_seconds(pid)
        if now - last < 0.002:
            return now
        last = now


def interfaces(stage: relay_stage.Stage, number: int, folder: Path, relay: str) -> str:
    """A row of the table."""
    made = (f"link add v{each} type veth peer name w{each}" for each in range(number))
    stage.ip("sw", *made)
    stage.ip(
        "sw", *(f"addr add 10.{100 + each // 250}.{each % 250}.1/24 dev v{each}" for each in range(number))
    )
    stage.ip("sw", *(f"link set v{each} up" for each in range(number)))
    configure(folder, number)
    with relay_stage.started(relay, stage, folder) as pid:
        until(lambda: bool(lines(folder, "ready")), "ready")
        start = settled(pid)
        changes = [
            f"addr {word} 10.99.{each % 250}.1/32 dev v{each % number}"
            for each in range(EVENTS // 2)
            for word in ("add", "del")
        ]
        stage.ip("sw", *changes)
        event = (settled(pid) - start) / EVENTS * 1e6
        before = base.cpu_seconds(pid)
        configure(folder, number - 1)
        ask_reload(folder / "relay.sock")
        reload = settled(pid) - before
        files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
        row = f"| {relay} | {number:,} | {start:.2f} | {base.rss(pid):.0f} | {files} | {event:.0f} | {reload:.2f} |"
    stage.ip("sw", *(f"link del v{each}" for each in range(number)))
    return row


def clients(number: int, relay: str) -> str:
    """Memory before and after so many clients, a DISCOVER each."""
    with ExitStack() as stack:
        bench = base.Bench(relay_stage.Stage(stack), stack)
        with relay_stage.running(relay, bench.stage) as pid:
            bench.wait_until_ready(relay_load.Load(bench.clients, bench.frames, None))
            relay_load.through(
                relay_load.Load(bench.clients, bench.frames, None), bench.server, bench.inbox, 2000, relay
            )
            before = base.rss(pid)
            load = relay_load.Load(bench.clients, [_discover(each) for each in range(number)], None)
            relay_load.through(load, bench.server, bench.inbox, number, relay)
            return f"{relay}: {number:,} clients, {before:.1f} MiB before and {base.rss(pid):.1f} MiB after"


def _discover(client: int) -> bytes:
    hardware = relay_load.mac_of(client)
    packet = Packet(
        1, client, chaddr=hardware.ljust(16, b"\0"), options=dhcp_options(1, (61, b"\1" + hardware))
    )
    return relay_load.frame(hardware, packet.padded())


def drops(number: int, relay: str) -> str:
    """CPU of a packet that is dropped, by why."""
    hardware = relay_load.mac_of(1)
    found = {}
    with ExitStack() as stack:
        bench = base.Bench(relay_stage.Stage(stack), stack)
        with relay_stage.running(relay, bench.stage) as pid:
            bench.wait_until_ready(relay_load.Load(bench.clients, bench.frames, None))
            for why, fields in DROPPED.items():
                packet = Packet(1, 7, chaddr=hardware.ljust(16, b"\0"), options=dhcp_options(1), **fields)  # type: ignore[arg-type]
                load = relay_load.Load(bench.clients, [relay_load.frame(hardware, packet.padded())], None)
                before = base.cpu_seconds(pid)
                for _ in range(number // 20):
                    load.send(20)
                    time.sleep(0.001)
                found[why] = (settled(pid) - before) / number * 1e6
    return f"{relay}: {', '.join(f'{why} {cost:.1f} us' for why, cost in found.items())} a drop"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--interfaces", type=int, nargs="*", default=[250, 1000, 4000])
    parser.add_argument("--clients", type=int, default=50000)
    options = parser.parse_args()
    print(
        "| relay | client interfaces | CPU to `ready`, s | RSS, MiB | open files | CPU per address event, us | reload, CPU s |"
    )
    print("|---|---|---|---|---|---|---|")
    for relay in ("labgen-relay", "compiled"):
        for number in options.interfaces:
            with ExitStack() as stack, tempfile.TemporaryDirectory() as folder:
                print(interfaces(relay_stage.Stage(stack), number, Path(folder), relay), flush=True)
    for relay in ("labgen-relay", "compiled"):
        print(clients(options.clients, relay), flush=True)
        print(drops(20000, relay), flush=True)


if __name__ == "__main__":
    main()
