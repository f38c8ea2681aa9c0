"""DHCP servers and clients as distributions ship them, each in namespaces of its own, around one relay.

client --- vlan1 (client) --+                  +-- kea     10.0.0.1
client --- vlan2 (client) --+-- labgen-relay --+-- dhcpd   10.0.0.2
client --- vlan3 (client) --+   giaddr 10.0.0.9+-- dnsmasq 10.0.0.3
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from relay_spaces import Link, Pair, Spaces

SERVERS = ("kea", "dhcpd", "dnsmasq")
CLIENTS = ("dhclient", "udhcpc", "dhcpcd")
PROGRAMS = {"kea": "kea-dhcp4", "dhcpd": "dhcpd", "dnsmasq": "dnsmasq"}
SECONDS = 15.0
RELAY = """
name: sw1
log: {folder}/relay.log
log_level: debug
vrfs: {{client: {{netns: {netns}}}}}
interfaces:
"""
RELAY_LINK = """
  - name: vlan{n}
    vrf: client
    giaddr: 10.0.0.9
    options: [circuit-id, link-selection, server-id-override]
    servers: [{{address: 10.0.0.{n}, replies_from: [10.1.{n}.2]}}]
"""
DHCPD = """
authoritative;
ping-check false;
option agent.server-id-override code 11 = ip-address;
subnet 10.1.2.0 netmask 255.255.255.252 {}
subnet 172.16.2.0 netmask 255.255.255.0 {
  range 172.16.2.100 172.16.2.150;
  option dhcp-server-identifier = option agent.server-id-override;
}
"""
SCRIPT = """#!/bin/sh
[ -n "$ip" ] && ip addr replace $ip/24 dev $interface
exit 0
"""
PRIVATE = "mount -t tmpfs t /run; mount -t tmpfs t /var/lib; mkdir -p /var/lib/dhcp /var/lib/dhcpcd; "
"""The mount namespace of a daemon: no client may reach the machine's own files."""


@dataclass(frozen=True)
class Lease:
    """What a client says it got."""

    address: str
    server_id: str


class Daemons:
    """The relay and the servers, running."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._stack = ExitStack()
        with ExitStack() as guard:
            guard.enter_context(self._stack)
            self.nets = Spaces(
                self._stack, ("lan", "sw", "client", *SERVERS), _links(), _addresses(), _routes()
            )
            for name in SERVERS:
                if shutil.which(PROGRAMS[name]):
                    self.start(name, getattr(self, f"_{name}")())
            self.start("sw", self._relay())
            self._wait_until_serving()
            self._stack = guard.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def start(self, space: str, command: str) -> subprocess.Popen[bytes]:
        """A shell command in a namespace, with private /run and /var/lib, its output in `space`.out."""
        output = (self.folder / f"{space}.out").open("ab")
        self._stack.callback(output.close)
        shell = ["unshare", "-m", "--propagation", "private", "sh", "-c", PRIVATE + "exec " + command]
        process = subprocess.Popen([*self.nets.into(space), *shell], stdout=output, stderr=output)
        self._stack.callback(process.wait)
        self._stack.callback(process.terminate)
        return process

    def _relay(self) -> str:
        text = RELAY.format(folder=self.folder, netns=self.nets.path("client"))
        text += "".join(RELAY_LINK.format(n=number) for number in (1, 2, 3))
        (self.folder / "relay.yml").write_text(text, encoding="utf-8")
        program = "from labgen.relay.main import main; main()"
        return f"{sys.executable} -c '{program}' run -c {self.folder}/relay.yml"

    def _kea(self) -> str:
        config = {
            "Dhcp4": {
                "interfaces-config": {"interfaces": ["s0", "lo/10.0.0.1"], "dhcp-socket-type": "udp"},
                "lease-database": {"type": "memfile", "persist": False},
                "valid-lifetime": 3600,
                "subnet4": [{"subnet": "172.16.1.0/24", "pools": [{"pool": "172.16.1.100-172.16.1.150"}]}],
            }
        }
        (self.folder / "kea.json").write_text(json.dumps(config), encoding="utf-8")
        return f"env KEA_PIDFILE_DIR=/run KEA_LOCKFILE_DIR=/run kea-dhcp4 -c {self.folder}/kea.json"

    def _dhcpd(self) -> str:
        (self.folder / "dhcpd.conf").write_text(DHCPD, encoding="utf-8")
        (self.folder / "dhcpd.leases").touch()
        return f"dhcpd -4 -f -d -cf {self.folder}/dhcpd.conf -lf {self.folder}/dhcpd.leases -pf /run/dhcpd.pid s0"

    def _dnsmasq(self) -> str:
        pool = "--dhcp-range=172.16.3.100,172.16.3.150,255.255.255.0,1h --no-ping --dhcp-authoritative"
        files = "--conf-file=/dev/null --dhcp-leasefile=/run/leases --pid-file=/run/pid --user=root"
        return f"dnsmasq -k -p0 --log-dhcp --log-facility=- {pool} {files}"

    def _wait_until_serving(self) -> None:
        """Until the relay is ready and every server has port 67 open."""
        self.wait(lambda: '"ready"' in self.read("relay.log"), "the relay is not ready")
        for name in SERVERS:
            if shutil.which(PROGRAMS[name]):
                self.wait(lambda name=name: self._listens(name), f"{name} does not listen")  # type: ignore[misc]

    def _listens(self, space: str) -> bool:
        """True when some socket, UDP on port 67 or a packet socket, is there."""
        command = [*self.nets.into(space), "cat", "/proc/net/udp", "/proc/net/packet"]
        text = subprocess.run(command, capture_output=True, check=True).stdout.decode()
        return ":0043 " in text

    def wait(self, holds: Callable[[], bool], complaint: str) -> None:
        deadline = time.monotonic() + SECONDS
        while not holds():
            assert time.monotonic() < deadline, f"{complaint} after {SECONDS} s"
            time.sleep(0.02)

    def read(self, name: str) -> str:
        path = self.folder / name
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def relayed(self, **fields: object) -> list[Mapping[str, object]]:
        """Packets in the relay's log with some fields."""
        lines = (
            json.loads(line)
            for line in self.read("relay.log").splitlines(keepends=True)
            if line.endswith("\n")
        )
        return [line for line in lines if {"event": "packet", **fields}.items() <= line.items()]

    def client(self, client: str, server: str) -> subprocess.Popen[bytes]:
        """Start a client on the segment of a server; it stays."""
        number = SERVERS.index(server) + 1
        script = self.folder / "script"
        script.write_text(SCRIPT, encoding="utf-8")
        script.chmod(0o755)
        commands = {
            "dhclient": f"dhclient -v -d -sf /bin/true -lf /run/leases -pf /run/pid c{number}",
            "udhcpc": f"udhcpc -f -i c{number} -s {script}",
            "dhcpcd": f"dhcpcd -B -4 -A -c /bin/true --nohook resolv.conf c{number}",
        }
        return self.start("lan", commands[client])


def _links() -> list[Link]:
    clients: list[Link] = [("lan", f"c{n}", "client", f"vlan{n}") for n in (1, 2, 3)]
    return clients + [("sw", f"u{n}", name, "s0") for n, name in enumerate(SERVERS, 1)]


def _addresses() -> list[Pair]:
    found: list[Pair] = [("sw", "lo", "10.0.0.9/32")]
    for number, name in enumerate(SERVERS, 1):
        found += [
            ("client", f"vlan{number}", f"172.16.{number}.4/24"),
            ("sw", f"u{number}", f"10.1.{number}.1/30"),
            (name, "s0", f"10.1.{number}.2/30"),
            (name, "lo", f"10.0.0.{number}/32"),
        ]
    return found


def _routes() -> list[Pair]:
    found: list[Pair] = [("sw", f"10.0.0.{n}/32", f"10.1.{n}.2") for n in (1, 2, 3)]
    return found + [(name, "default", f"10.1.{n}.1") for n, name in enumerate(SERVERS, 1)]
