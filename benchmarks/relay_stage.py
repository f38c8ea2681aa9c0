"""Where benchmarks/relay.py lets relays run: three namespaces in a row, and each relay started in the middle one."""

from __future__ import annotations

import atexit
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path

from labgen.relay.compile import compile_fast_path
from labgen.relay.namespaces import Namespace

SERVER = "10.0.0.2"
CLIENT_SIDE = "172.16.0.4"
GIADDR = "10.0.0.4"
UPLINK = "10.1.0.1"
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
