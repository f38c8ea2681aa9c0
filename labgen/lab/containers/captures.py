"""Captures in the network namespaces of containers, by the host's tcpdump: images need not have one."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from labgen.devices import registry
from labgen.devices.linux.dataplane import capture_ports
from labgen.ground import processes
from labgen.ground.errors import LabStartError, MissingToolError
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.lab.containers.engine import State
from labgen.lab.deadline import Deadline

FILTER = "udp port 67 or udp port 68 or icmp or arp or udp port 4789 or vlan"
"""DHCP, what answers probes and routes it, and the same in VXLAN or behind a tag. `vlan` moves what stands behind it, so it is last."""


def require() -> None:
    """MissingToolError where what captures are made with is not installed."""
    for program in ("tcpdump", "nsenter"):
        if processes.program(program) is None:
            raise MissingToolError(
                f"{program} is not installed; on Debian: apt-get install tcpdump util-linux"
            )


def start(
    plan: LabPlan, states: Mapping[str, State], target: Path, already: tuple[int, ...] = ()
) -> tuple[int, ...]:
    """One tcpdump per interface `tapped` of every node whose container's state is given, by node. Returns their pids.

    Those `already` capturing go on; where one ended, or its container was started again since, there is a new one.
    """
    target.mkdir(parents=True, exist_ok=True)
    places = {
        (target / f"{node.name}-{name}.pcap", _namespace(states[node.name].pid)): (
            states[node.name].pid,
            name,
        )
        for node in plan.nodes
        if node.name in states
        for name in _there(node, states[node.name].pid)
    }
    running = {place: pid for pid in already if (place := _capturing(pid)) in places}
    stop(tuple(set(already) - set(running.values())))
    missing = {place: where for place, where in places.items() if place not in running}
    started = [(_tcpdump(*where, place[0]), place[0]) for place, where in missing.items()]
    _await(started)
    return (*running.values(), *(pid for pid, _ in started))


def _await(started: list[tuple[int, Path]]) -> None:
    """Until each has begun its file; LabStartError where one ends before."""
    deadline = Deadline.patient(20)
    for pid, file in started:
        while not file.exists():
            if not Path(f"/proc/{pid}").exists() or deadline.over:
                raise LabStartError(f"cannot capture to {file.name}; capturing in containers needs root")
            time.sleep(0.02)


def _namespace(pid: int) -> int:
    """The network namespace of a process, as the kernel numbers them; 0 where there is no such process."""
    try:
        return Path(f"/proc/{pid}/ns/net").stat().st_ino
    except OSError:
        return 0


def _capturing(pid: int) -> tuple[Path, int] | None:
    """The file and the network namespace of a tcpdump of `start`; None where the process is none, or has ended."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return None
    written = words.index("-w") + 1 if "tcpdump" in words and "-w" in words else 0
    return (Path(words[written]), _namespace(pid)) if written else None


def tapped(node: NodePlan) -> tuple[str, ...]:
    """The interfaces of a node that are captured: of Linux all that embedded labs capture, since an answer that leaves by a tunnel alone
    is seen as the relay sent it on the VLAN's interface only; of machines in containers, which keep those to themselves, the data
    ports."""
    if registry.get(node.device).facts.embedded:
        return tuple(capture_ports(node))
    return tuple(port.linux for port in node.interfaces if port.carries)


def _there(node: NodePlan, pid: int) -> Iterator[str]:
    """Those of `tapped` that are there, in the network namespace of process `pid`, and all data ports: netlab has names of its own
    for what carries transit VNIs.
    """
    try:
        devices = Path(f"/proc/{pid}/net/dev").read_text()
    except OSError:
        raise LabStartError(f"the container of {node.name} ended before it could be captured") from None
    names = {line.partition(":")[0].strip() for line in devices.splitlines()}
    ports = {port.linux for port in node.interfaces if port.carries}
    yield from (name for name in tapped(node) if name in names | ports)


def tcpdump(pid: int, interface: str, file: str, *filter_: str) -> tuple[str, ...]:
    """The command that captures in the network namespace of a process, where that process is; every packet is written as it comes."""
    options = ("-Z", "root", "-n", "-U", "--immediate-mode", "-i", interface, "-w", file)
    return ("nsenter", "-t", str(pid), "-n", "tcpdump", *options, *filter_)


def _tcpdump(pid: int, interface: str, file: Path) -> int:
    """A tcpdump that is nobody's child: it outlives the command that starts the lab."""
    file.unlink(missing_ok=True)
    command = shlex.join(tcpdump(pid, interface, str(file), FILTER))
    script = f"setsid {command} >/dev/null 2>&1 </dev/null & echo $!"
    done = subprocess.run(
        ("sh", "-c", script),
        env={**os.environ, "PATH": processes.search_path()},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return int(done.stdout)


def stop(pids: tuple[int, ...]) -> None:
    """End capturing processes that still are ours."""
    for pid in pids:
        with contextlib.suppress(OSError):
            if b"tcpdump" in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGTERM)


def save(captured: Path, target: Path) -> tuple[Path, ...]:
    """Copies of every capture, complete up to now."""
    target.mkdir(parents=True, exist_ok=True)
    return tuple(Path(shutil.copy(file, target / file.name)) for file in sorted(captured.glob("*.pcap")))
