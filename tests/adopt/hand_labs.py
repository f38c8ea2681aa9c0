"""Verifying the network of hand_lab.sh, by an intent that is written for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

INTENT = """\
name: by-hand
nodes:
  pc: {role: client, device: dhclient, access: %(pc)s}
  sw: {role: switch, device: frr-dhcrelay, access: %(sw)s, interfaces: {lan: 10.1.1.1/24, eth2: 10.9.0.1/30}}
  srv: {role: server, device: kea, access: %(srv)s, interfaces: {eth1: 10.9.0.2/30}}
segments:
  users:
    prefix: 10.1.1.0/24
    gateway: 10.1.1.1
    clients: {pc: eth1}
    relays: {sw: {interface: lan, servers: srv, options: [circuit-id]}}
    pools: {srv: {ranges: 10.1.1.100-10.1.1.150, lease: 10m}}
captures: [pc:eth1, sw:lan, sw:eth2, srv:eth1]
"""
SSH = "{ssh: %s, user: root, key: key, known_hosts: known_hosts}"
HOSTS = {"pc": "192.0.2.1", "sw": "192.0.2.2", "srv": "192.0.2.3"}
NORNIR = """\
pc: {hostname: 192.0.2.1, groups: [lab]}
sw: {hostname: 192.0.2.2, groups: [lab]}
srv: {hostname: 192.0.2.3, groups: [lab]}
"""
SCRIPT = Path(__file__).with_name("hand_lab.sh")


@dataclass(frozen=True)
class Told:
    """What `labgen verify` said: exit code, verdict, and what it told on stderr."""

    exit_code: int
    verdict: Mapping[str, Any]
    stderr: str

    def outcomes(self, outcome: str) -> set[str]:
        return {each["check"] for each in self.verdict["checks"] if each["outcome"] == outcome}

    @property
    def cause(self) -> str:
        return str((self.verdict["diagnosis"] or {}).get("check", ""))


def by_ssh(folder: Path) -> None:
    (folder / "intent.yml").write_text(INTENT % {name: SSH % host for name, host in HOSTS.items()})


def by_inventory(folder: Path) -> None:
    """A Nornir inventory of its own says how nodes are reached."""
    (folder / "inv").mkdir()
    (folder / "inv" / "hosts.yaml").write_text(NORNIR)
    extras = f"{{key_file: {folder / 'key'}, use_keys: true, ssh_strict: false}}"
    (folder / "inv" / "groups.yaml").write_text(
        f"lab: {{username: root, connection_options: {{netmiko: {{extras: {extras}}}}}}}\n"
    )
    text = INTENT % dict.fromkeys(HOSTS, "inventory")
    (folder / "intent.yml").write_text(text.replace("name: by-hand", "name: by-hand\ninventory: inv"))


def verify(folder: Path, fault: str, options: Sequence[str] = (), *, lease: bool = False) -> Told:
    """The network with a fault, verified; with `lease` the client has asked before anybody looks."""
    labgen = Path(sys.executable).with_name("labgen")
    command = (str(labgen), "verify", "--intent", str(folder / "intent.yml"), "--format", "json", *options)
    environment = {**os.environ, "HAND_LEASE": "1" if lease else ""}
    done = subprocess.run(
        (SCRIPT, folder, fault, *command),
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith("{"), done.stderr
    return Told(done.returncode, json.loads(done.stdout), done.stderr)
