"""Lines per processor second of each log parser, and captured DHCP packets per second beside tshark on
the same file.

.venv/bin/python benchmarks/analyze.py [--lines N] [--packets N] [--rounds N] [--json]

Both tools read the same capture in the same run; the ratio is the result, not the absolute time. tshark
prints the fields that labgen decodes.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import shutil
import struct
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from socket import inet_aton

from labgen.devices.formats import everything, named, recognise
from labgen.dhcp.analysis import analyze
from labgen.dhcp.capture import read_capture
from labgen.dhcp.exchanges import reconstruct
from labgen.dhcp.inputs import Input, Readers
from labgen.dhcp.logs import LogFormat, Reading
from labgen.dhcp.scan import compiled

_TSHARK_FIELDS = (
    "frame.time_epoch", "ip.src", "ip.dst", "dhcp.id", "dhcp.option.dhcp", "dhcp.ip.client", "dhcp.ip.your",
    "dhcp.ip.relay", "dhcp.hw.mac_addr", "dhcp.option.dhcp_server_id", "dhcp.option.requested_ip_address",
)  # fmt: skip


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--lines", type=int, default=200_000)
    options.add_argument("--packets", type=int, default=100_000)
    options.add_argument("--rounds", type=int, default=3, help="of each capture; the best counts")
    options.add_argument("--json", action="store_true")
    given = options.parse_args()
    gc.disable()  # as `labgen analyze` does
    result = {"parsers": parsers(given.lines), "capture": capture(given.packets, given.rounds)}
    print(json.dumps(result, indent=2) if given.json else as_table(result))


def parsers(count: int) -> dict[str, float]:
    """Lines per second of processor time, by format."""
    samples = sample_logs()
    return {
        item.name: _speed(item, samples[item.name], count) for item in everything() if item.name in samples
    }


def _speed(kind: LogFormat, sample: list[str], count: int) -> float:
    lines = [text for number in range(count // len(sample)) for text in _varied(sample, number)]
    reading = Reading("benchmark", "node", year=2026)
    start = time.process_time()
    for _ in kind.parse(enumerate(lines, 1), reading):
        pass
    elapsed = time.process_time() - start
    if reading.unparsed:
        raise SystemExit(f"{kind.name}: {reading.unparsed} lines of the sample were not understood")
    return len(lines) / elapsed


def _varied(sample: list[str], number: int) -> list[str]:
    """The same transaction of another client, so that caches do not flatter."""
    mac, address = (
        f"02:00:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}:01",
        f"172.16.{number >> 8 & 255}.{number & 255}",
    )
    return [
        text.replace("{mac}", mac).replace("{ip}", address).replace("{xid}", f"{number:08x}")
        for text in sample
    ]


def capture(count: int, rounds: int) -> dict[str, float]:
    """Packets per second of processor time: labgen decoding, rebuilding exchanges, and explaining them; tshark printing fields. All take
    turns, and the best of some rounds counts: a machine with other work slows down now one, now the other.
    """
    with tempfile.TemporaryDirectory() as folder:
        result = {"packets": float(count)}
        for name, agent in _AGENTS.items():
            path = Path(folder) / f"{name}.pcap"
            write_capture(path, count, agent)
            best: dict[str, float] = {}
            for _ in range(rounds):
                for what, work in _works(path).items():
                    best[what] = min(_timed(work), best.get(what, float("inf")))
            for what, seconds in best.items():
                result[f"{name}: {what}"] = count / seconds
                if _TSHARK in best and what != _TSHARK:
                    result[f"{name}: {what}, of tshark"] = best[_TSHARK] / seconds
        return result


_TSHARK = "tshark"


def _works(path: Path) -> dict[str, Callable[[], object]]:
    works: dict[str, Callable[[], object]] = {
        "decoded": lambda: sum(1 for _ in read_capture(path)),
        "exchanges rebuilt": lambda: len(reconstruct(read_capture(path))),
        "findings looked for": lambda: analyze([Input(str(path))], Readers(recognise, named)),
    }
    if shutil.which("tshark"):
        works[_TSHARK] = lambda: _tshark(path)
    return works


def _timed(work: Callable[[], object]) -> float:
    """Seconds of processor time, with that of the processes it waits for."""
    start = _spent()
    work()
    return _spent() - start


def _spent() -> float:
    own, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


def _tshark(path: Path) -> None:
    fields = [word for name in _TSHARK_FIELDS for word in ("-e", name)]
    command = ["tshark", "-n", "-r", str(path), "-Y", "dhcp", "-T", "fields", *fields]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


_AGENTS = {
    "circuit-id": b"\x52\x10\x01\x08Vlan1000\x05\x04\xac\x10\x00\x00",
    "override": b"\x52\x1e\x01\x08Vlan1000\x05\x04\xac\x10\x00\x00\x0b\x04\xac\x10\x00\x04\x97\x06client",
}
"""Option 82 as a relay with a loopback giaddr sends it, and with override and VSS beside it."""


def write_capture(path: Path, count: int, agent: bytes = _AGENTS["circuit-id"]) -> None:
    """A relay's capture: DISCOVER, its relayed copy, OFFER, relayed REQUEST, ACK, for count / 5 clients."""
    with path.open("wb") as stream:
        stream.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for number, frame in zip(range(count), _frames(agent), strict=False):
            stamp = 1_700_000_000 + number * 0.0002
            stream.write(
                struct.pack("<IIII", int(stamp), int(stamp % 1 * 1e6), len(frame), len(frame)) + frame
            )


def _frames(relay: bytes) -> Iterator[bytes]:
    client = 0
    server = b"\xac\x10\x00\x04" if b"\x0b\x04\xac\x10" in relay else b"\x0a\x00\x00\x02"
    while True:
        client += 1
        mac, given = struct.pack(">HI", 0x0200, client), struct.pack(">I", 0xAC100010 + client)
        name, own = b"\x3d\x07\x01" + mac, b"\x36\x04" + server
        lease = own + b"\x33\x04\x00\x01\x51\x80\x01\x04\xff\xff\x00\x00\x03\x04\xac\x10\x00\x01"
        asks = b"\x37\x06\x01\x03\x06\x0f\x2a\x79"
        yield _frame(1, client, mac, "0.0.0.0", "255.255.255.255", b"", b"", b"\x35\x01\x01" + name + asks)
        yield _frame(
            1,
            client,
            mac,
            "10.0.0.4",
            "10.0.0.2",
            b"",
            b"\x0a\x00\x00\x04",
            b"\x35\x01\x01" + name + asks + relay,
        )
        yield _frame(
            2,
            client,
            mac,
            "10.0.0.2",
            "10.0.0.4",
            given,
            b"\x0a\x00\x00\x04",
            b"\x35\x01\x02" + lease + relay,
        )
        request = b"\x35\x01\x03" + name + own + b"\x32\x04" + given + asks + relay
        yield _frame(1, client, mac, "10.0.0.4", "10.0.0.2", b"", b"\x0a\x00\x00\x04", request)
        yield _frame(
            2,
            client,
            mac,
            "10.0.0.2",
            "10.0.0.4",
            given,
            b"\x0a\x00\x00\x04",
            b"\x35\x01\x05" + lease + relay,
        )


def _frame(
    op: int, xid: int, mac: bytes, src: str, dst: str, yiaddr: bytes, giaddr: bytes, options: bytes
) -> bytes:
    header = struct.pack(">BBBBIHH", op, 1, 6, 0, xid, 0, 0x8000)
    addresses = bytes(4) + yiaddr.ljust(4, b"\0") + bytes(4) + giaddr.ljust(4, b"\0")
    payload = header + addresses + mac.ljust(16, b"\0") + bytes(192) + b"\x63\x82\x53\x63" + options + b"\xff"
    udp = struct.pack(">HHHH", 67 if giaddr else 68, 67, 8 + len(payload), 0) + payload
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0) + inet_aton(src) + inet_aton(dst)
    return b"\xff" * 6 + mac + b"\x08\x00" + ip + udp


def sample_logs() -> dict[str, list[str]]:
    """One transaction per format, as its device writes it; {mac}, {ip} and {xid} are filled in."""
    folder = Path(__file__).parent / "samples"
    return {file.stem: file.read_text().splitlines() for file in sorted(folder.glob("*.log"))}


def as_table(result: dict[str, dict[str, float]]) -> str:
    lines = [f"{'parser':<18}{'lines/s':>12}"]
    lines.extend(f"{name:<18}{speed:>12,.0f}" for name, speed in result["parsers"].items())
    lines.append("")
    how = "compiled" if compiled() else "in Python"
    lines.append(f"{f'capture, read {how}':<46}{'packets/s':>12}")
    lines.extend(
        f"{name:<46}{speed:>12,.2f} x" if name.endswith("of tshark") else f"{name:<46}{speed:>12,.0f}"
        for name, speed in result["capture"].items()
        if name != "packets"
    )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
