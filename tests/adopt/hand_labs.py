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
ENGINE = """\
#!/bin/sh
# As an engine that is asked to run a command in a container: does it in the node of that name.
[ "$1" = exec ] || exit 0
shift
[ "$1" != -i ] || shift
name=${1#clab-by-hand-}; shift
for each in /proc/[0-9]*; do
    [ "$(readlink $each/ns/pid)" = "$(readlink /proc/self/ns/pid)" ] && continue
    pid=${each#/proc/}
    [ "$(nsenter -t $pid -u hostname 2>/dev/null)" = "$name" ] && exec nsenter -t $pid -m -n -u -p -- "$@"
done
echo "no such container: $name" >&2
exit 1
"""
NETLAB = {
    "hosts.yml": "linux:\n  hosts:\n" + "".join(f"    {name}: {{ansible_host: clab-by-hand-{name}}}\n" for name in HOSTS),
    "group_vars/linux/topology.json": '{"ansible_connection": "docker", "netlab_device_type": "linux"}\n',
}  # fmt: skip
CONTAINERLAB_NORNIR = "---\n" + "".join(
    f"{name}:\n    username: \n    password: \n    platform: linux\n    hostname: {host}\n"
    for name, host in HOSTS.items()
)
CONTAINERLAB_ANSIBLE = "all:\n  children:\n    linux:\n      hosts:\n" + "".join(
    f"        clab-by-hand-{name}:\n          ansible_host: {host}\n" for name, host in HOSTS.items()
)
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


def _inventory(folder: Path, place: str, files: Mapping[str, str]) -> None:
    """An intent that leaves it to an inventory, and that inventory."""
    for name, content in files.items():
        (folder / place / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / place / name).write_text(content)
    text = INTENT % dict.fromkeys(HOSTS, "inventory")
    (folder / "intent.yml").write_text(text.replace("name: by-hand", f"name: by-hand\ninventory: {place}"))


def _engine(folder: Path) -> None:
    (folder / "bin").mkdir()
    (folder / "bin" / "docker").write_text(ENGINE)
    (folder / "bin" / "docker").chmod(0o755)


def by_nornirs_configuration(folder: Path) -> None:
    """Nornir's configuration file names the plugin and its files."""
    by_inventory(folder)
    files = ", ".join(f"{kind}_file: {folder}/inv/{kind}s.yaml" for kind in ("host", "group"))
    (folder / "inv" / "config.yaml").write_text(
        f"inventory: {{plugin: SimpleInventory, options: {{{files}}}}}\nlogging: {{enabled: false}}\n"
    )
    text = (folder / "intent.yml").read_text()
    (folder / "intent.yml").write_text(text.replace("inventory: inv\n", "inventory: inv/config.yaml\n"))


def by_containers(folder: Path) -> None:
    _engine(folder)
    (folder / "intent.yml").write_text(INTENT % {name: f"{{container: {name}}}" for name in HOSTS})


def by_namespaces(folder: Path) -> None:
    access = {name: f"{{namespace: {name}}}" for name in HOSTS}
    (folder / "intent.yml").write_text(INTENT % access)


def by_netlabs_inventory(folder: Path) -> None:
    _engine(folder)
    _inventory(folder, "netlab", NETLAB)


def by_containerlabs_nornir_inventory(folder: Path) -> None:
    _engine(folder)
    _inventory(folder, "clab-by-hand", {"nornir-simple-inventory.yml": CONTAINERLAB_NORNIR})


def by_containerlabs_ansible_inventory(folder: Path) -> None:
    _engine(folder)
    _inventory(folder, "clab-by-hand", {"ansible-inventory.yml": CONTAINERLAB_ANSIBLE})


WAYS = (
    by_ssh,
    by_inventory,
    by_nornirs_configuration,
    by_containers,
    by_namespaces,
    by_netlabs_inventory,
    by_containerlabs_nornir_inventory,
    by_containerlabs_ansible_inventory,
)
"""Every way that an intent has to reach nodes."""


def verify(folder: Path, fault: str, options: Sequence[str] = (), *, lease: bool = False) -> Told:
    """The network with a fault, verified; with `lease` the client has asked before anybody looks."""
    labgen = Path(sys.executable).with_name("labgen")
    command = (str(labgen), "verify", "--intent", str(folder / "intent.yml"), "--format", "json", *options)
    environment = {**os.environ, "HAND_LEASE": "1" if lease else ""}
    environment |= {"HAND_NETNS": "1"} if "{namespace:" in (folder / "intent.yml").read_text() else {}
    environment["PATH"] = f"{folder / 'bin'}:{environment['PATH']}"
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
