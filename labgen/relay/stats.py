"""A relay's counters as its control socket tells them, and as table and Prometheus text."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict


class _StatsModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class InterfaceStats(_StatsModel):
    """Packets of one client interface by message name or drop reason."""

    requests: dict[str, int]
    replies: dict[str, int]
    drops: dict[str, int]
    option82_omitted: int
    copies: int


class ServerStats(_StatsModel):
    """Packets to and from one server."""

    sent: int
    failed: int
    replies: dict[str, int]
    vss_ignored: int
    option82_missing: int


class Snapshot(_StatsModel):
    """All counters. Interfaces and servers are named `name@vrf`; `uptime` in seconds."""

    name: str
    uptime: float
    reloads: int
    log_lost: int
    interfaces: dict[str, InterfaceStats]
    servers: dict[str, ServerStats]
    drops: dict[str, int]


def table(snapshot: Snapshot) -> str:
    """Counters in columns, zeros left out."""
    rows = [("SCOPE", "NAME", "COUNTER", "PACKETS"), *_rows(snapshot)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)) for row in rows]
    return "\n".join(f"{line}  {row[3]:>9}" for line, row in zip(lines, rows, strict=True))


def _rows(snapshot: Snapshot) -> Iterator[tuple[str, str, str, str]]:
    for name, item in snapshot.interfaces.items():
        counts = {f"request {key}": value for key, value in item.requests.items()}
        counts |= {f"reply {key}": value for key, value in item.replies.items()}
        counts |= {f"dropped {key}": value for key, value in item.drops.items()}
        counts["option 82 omitted"] = item.option82_omitted
        counts["copies of broadcasts"] = item.copies
        yield from (("interface", name, key, str(value)) for key, value in counts.items() if value)
    for name, server in snapshot.servers.items():
        counts = {"sent": server.sent, "send failed": server.failed}
        counts |= {f"reply {key}": value for key, value in server.replies.items()}
        counts |= {"VSS ignored": server.vss_ignored, "option 82 missing": server.option82_missing}
        yield from (("server", name, key, str(value)) for key, value in counts.items() if value)
    yield from (
        ("relay", snapshot.name, f"dropped {key}", str(value)) for key, value in snapshot.drops.items()
    )


def prometheus(snapshot: Snapshot) -> str:
    """Counters in the Prometheus text exposition format 0.0.4."""
    lines: list[str] = []
    for name, kind, meaning, samples in _metrics(snapshot):
        lines += [f"# HELP labgen_relay_{name} {meaning}", f"# TYPE labgen_relay_{name} {kind}"]
        lines += [f"labgen_relay_{name}{{{labels}}} {value}" for labels, value in samples]
    return "\n".join(lines) + "\n"


Samples = list[tuple[str, int | float]]


def _metrics(snapshot: Snapshot) -> Iterator[tuple[str, str, str, Samples]]:
    relay = _labels(relay=snapshot.name)
    yield "uptime_seconds", "gauge", "Seconds since start.", [(relay, snapshot.uptime)]
    yield "reloads_total", "counter", "Configurations taken over since start.", [(relay, snapshot.reloads)]
    yield "log_lost_total", "counter", "Log lines that could not be written.", [(relay, snapshot.log_lost)]
    links = [(_place("interface", key), item) for key, item in snapshot.interfaces.items()]
    yield (
        "requests_total",
        "counter",
        "Requests received from clients.",
        [sample for place, item in links for sample in _by("message", place, item.requests)],
    )
    yield (
        "replies_total",
        "counter",
        "Replies delivered to clients.",
        [sample for place, item in links for sample in _by("message", place, item.replies)],
    )
    drops = [sample for place, item in links for sample in _by("reason", place, item.drops)]
    drops += _by("reason", _labels(interface="", vrf=""), snapshot.drops)
    yield "dropped_total", "counter", "Packets that went no further.", drops
    omitted: Samples = [(place, item.option82_omitted) for place, item in links]
    yield "option82_omitted_total", "counter", "Requests relayed without option 82: MTU.", omitted
    copies: Samples = [(place, item.copies) for place, item in links]
    yield "copies_total", "counter", "Copies of broadcasts that a macvlan upon the interface got.", copies
    yield from _server_metrics(snapshot)


def _server_metrics(snapshot: Snapshot) -> Iterator[tuple[str, str, str, Samples]]:
    servers = [(_place("server", key), item) for key, item in snapshot.servers.items()]
    sent: Samples = [(place, item.sent) for place, item in servers]
    failed: Samples = [(place, item.failed) for place, item in servers]
    ignored: Samples = [(place, item.vss_ignored) for place, item in servers]
    missing: Samples = [(place, item.option82_missing) for place, item in servers]
    replies = [sample for place, item in servers for sample in _by("message", place, item.replies)]
    yield "server_requests_total", "counter", "Requests sent to a server.", sent
    yield "server_send_failures_total", "counter", "Requests the kernel could not send.", failed
    yield "server_replies_total", "counter", "Replies received from a server.", replies
    yield "vss_ignored_total", "counter", "Replies that show VSS was not understood.", ignored
    yield "option82_missing_total", "counter", "Replies without the option 82 that was sent.", missing


def _place(kind: str, key: str) -> str:
    name, _, vrf = key.rpartition("@")
    return _labels(**{kind: name, "vrf": vrf})


def _by(label: str, place: str, counts: dict[str, int]) -> Samples:
    return [(f"{place},{_labels(**{label: key})}", value) for key, value in counts.items()]


def _labels(**labels: str) -> str:
    escaped = {key: value.replace("\\", "\\\\").replace('"', '\\"') for key, value in labels.items()}
    return ",".join(f'{key}="{value}"' for key, value in escaped.items())
