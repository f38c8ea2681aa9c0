"""A session with a vendor's device in a launcher on Kubernetes: SSH through the standard streams of a command."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from pathlib import Path

from devices_recorded import Device, Rack, RecordedLab

from labgen.collect.session import Session
from labgen.devices.base import Probe
from labgen.lab.clabernetes import tunnel
from labgen.plan.build import build
from labgen.spec import load

LINES = "".join(f"Vlan{number} is up, line protocol is up\n" for number in range(2000))


class LaunchedLab(RecordedLab):
    """Its devices answer on a port that only a command behind `env`, the launcher here, connects to."""

    def ssh_socket(self, node: str) -> socket.socket:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            threading.Thread(target=self._serve, args=(node, listening), daemon=True).start()
            return tunnel.connect(("env",), "127.0.0.1", listening.getsockname()[1])

    def _serve(self, node: str, listening: socket.socket) -> None:
        outer, _ = listening.accept()
        inner = self.rack.connect(node)
        threading.Thread(target=pump, args=(inner, outer), daemon=True).start()
        pump(outer, inner)


def pump(source: socket.socket, target: socket.socket) -> None:
    """Until one of them ends; then so does the other."""
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for each in (source, target):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()


def test_a_device_in_a_launcher_is_read_over_ssh(tmp_path: Path) -> None:
    plan = build(load.load("evpn-redundant-server", {"switch": "eos", "server": "csr", "client": "iosv"}))
    rack = Rack({"srv1": Device("srv1", {"show interfaces": LINES})})
    try:
        with Session(LaunchedLab(plan, tmp_path, rack)) as running:
            (output,) = running.collect({"srv1": [Probe("interfaces", "show interfaces", "command")]})
    finally:
        rack.close()
    assert output.error == ""
    assert output.text.strip() == LINES.strip()
