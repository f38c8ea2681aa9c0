"""Nodes: how their namespaces come to be, and how to get inside.

The supervisor forks one small init per node. It leaves for namespaces of its own (network, mounts, host name,
IPC, processes), prepares the file system and kernel settings, then only reaps orphans: it exists so that the
namespaces do.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from labgen.ground.errors import LabStartError
from labgen.lab.embedded import syscalls as sc
from labgen.lab.embedded.blueprint import MAIN, Node, VrfBackend
from labgen.lab.embedded.child_errors import sentence
from labgen.lab.embedded.rootfs import build_root, write_files

VRF_FOLDER = "/run/netns"
PID_FOLDER = "/run/labgen"
_READY = b"ready"
_LAST_ID = re.compile(r"^NSpid:.*\s(\d+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Home:
    """The supervisor's own namespaces, to come back to."""

    net: int
    mnt: int
    pid: int

    @classmethod
    def current(cls) -> Home:
        return cls(
            *(os.open(f"/proc/self/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC) for kind in ("net", "mnt", "pid"))
        )


@dataclass(frozen=True, slots=True)
class NodeHandle:
    """A running node: the process id of its init and descriptors of its namespaces; `networks` by VRF."""

    node: Node
    init: int
    mnt: int
    uts: int
    ipc: int
    pid: int
    networks: dict[str, int]

    @contextmanager
    def files(self, home: Home) -> Iterator[None]:
        """Run a block that sees the node's files. It must not await."""
        with sc.inside(self.mnt, home.mnt, sc.CLONE_NEWNS):
            yield

    def find(self, home: Home, daemon: str) -> int | None:
        """The process its pid file names, whoever wrote that, by the id it has out here; None where none runs."""
        with self.files(home):
            try:
                inside = Path(PID_FOLDER, f"{daemon}.pid").read_text().strip()
            except OSError:
                return None
        own = os.fstat(self.pid).st_ino
        for process in Path("/proc").iterdir():
            with suppress(OSError):
                if not process.name.isdigit() or (process / "ns/pid").stat().st_ino != own:
                    continue
                ids = _LAST_ID.search((process / "status").read_text())
                if ids and ids[1] == inside:
                    return int(process.name)
        return None

    def network(self, vrf: str, backend: VrfBackend) -> int:
        """The network namespace a VRF's interfaces are in."""
        return self.networks[vrf if backend == "netns" else MAIN]

    def enter(self) -> None:
        """Move the calling process, forked below this node's process namespace, into the node for good."""
        sc.setns(self.uts, sc.CLONE_NEWUTS)
        sc.setns(self.ipc, sc.CLONE_NEWIPC)
        sc.setns(self.networks[MAIN], sc.CLONE_NEWNET)
        sc.setns(self.mnt, sc.CLONE_NEWNS)
        os.chdir("/")


@dataclass(frozen=True, slots=True)
class Nascent:
    """A node whose init was forked and has not reported yet."""

    node: Node
    init: int
    report: int


def fork_node(node: Node, visible: tuple[str, ...], backend: VrfBackend, home: Home) -> Nascent:
    """Fork the init of a node; it prepares itself in parallel with others until `ready_node` waits for it."""
    read, write = os.pipe2(os.O_CLOEXEC)
    sc.unshare(sc.CLONE_NEWPID)
    pid = os.fork()
    if pid == 0:
        _init(node, visible, backend, write)
    sc.setns(home.pid, sc.CLONE_NEWPID)
    os.close(write)
    return Nascent(node, pid, read)


def ready_node(nascent: Nascent, backend: VrfBackend) -> NodeHandle:
    """Wait until a node's init has prepared it. Raises LabStartError with what went wrong."""
    with os.fdopen(nascent.report, "rb") as stream:
        report = stream.read()
    if report != _READY:
        raise LabStartError(
            f"node {nascent.node.name} could not be set up: {report.decode(errors='replace').strip()}"
        )
    proc = f"/proc/{nascent.init}"
    networks = {MAIN: _open(f"{proc}/ns/net")}
    if backend == "netns":
        for vrf in nascent.node.vrfs:
            networks[vrf.name] = _open(f"{proc}/root{VRF_FOLDER}/{vrf.name}")
    mnt, uts, ipc, pid = (_open(f"{proc}/ns/{kind}") for kind in ("mnt", "uts", "ipc", "pid"))
    return NodeHandle(nascent.node, nascent.init, mnt, uts, ipc, pid, networks)


def _open(path: str) -> int:
    return os.open(path, os.O_RDONLY | os.O_CLOEXEC)


# --- the forked init ---


def _init(node: Node, visible: tuple[str, ...], backend: VrfBackend, report: int) -> NoReturn:
    try:
        sc.set_process_name("labgen-node")
        _prepare(node, visible, backend)
        os.write(report, _READY)
    except Exception as error:  # noqa: BLE001  the boundary of a forked process: everything becomes the report
        os.write(report, sentence(error).encode(errors="replace"))
        os._exit(1)
    _close_all()
    _reap_for_ever()


def _prepare(node: Node, visible: tuple[str, ...], backend: VrfBackend) -> None:
    os.umask(0o022)
    sc.unshare(sc.CLONE_NEWNS | sc.CLONE_NEWNET | sc.CLONE_NEWUTS | sc.CLONE_NEWIPC)
    sc.sethostname(node.name)
    build_root(node.name, visible)
    write_files(node.files)
    for folder in (VRF_FOLDER, PID_FOLDER):
        Path(folder).mkdir(parents=True)
    _kernel_settings(node)
    if backend == "netns":
        _vrf_namespaces(node)


def _vrf_namespaces(node: Node) -> None:
    main = _open("/proc/self/ns/net")
    for vrf in node.vrfs:
        sc.unshare(sc.CLONE_NEWNET)
        _kernel_settings(node)
        place = Path(VRF_FOLDER) / vrf.name
        place.touch()
        sc.bind("/proc/self/ns/net", place)
    sc.setns(main, sc.CLONE_NEWNET)
    os.close(main)


def _kernel_settings(node: Node) -> None:
    """Settings of the current network namespace, made before it has interfaces so that all inherit them."""
    ipv4, ipv6 = Path("/proc/sys/net/ipv4"), Path("/proc/sys/net/ipv6")
    (ipv4 / "ip_forward").write_text("1" if node.forwarding else "0")
    for scope in ("all", "default"):
        # An address belongs to its interface: a switch must not answer ARP for one VRF's address in another.
        for name, value in (("rp_filter", "0"), ("arp_ignore", "1"), ("arp_announce", "2")):
            (ipv4 / "conf" / scope / name).write_text(value)
        if ipv6.exists():  # quiet captures: no router solicitations, no duplicate address detection
            (ipv6 / "conf" / scope / "disable_ipv6").write_text("0" if node.link_local else "1")
            for name in ("accept_dad", "router_solicitations") if node.link_local else ():
                (ipv6 / "conf" / scope / name).write_text("0")


def _close_all() -> None:
    os.closerange(0, 3)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 1)
    os.dup2(null, 2)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))


def _reap_for_ever() -> NoReturn:
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    while True:
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass
        signal.sigwait({signal.SIGCHLD})
