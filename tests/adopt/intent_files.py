"""An intent for tests, to change in one place at a time."""

from __future__ import annotations

from pathlib import Path

from labgen.adopt.intent.access import Container
from labgen.adopt.intent.load import load
from labgen.adopt.intent.plan import plan
from labgen.ground.labplan import LabPlan

INTENT = """\
name: dc1
nodes:
  pc: {role: client, device: dhclient, access: {container: pc}}
  leaf1:
    role: switch
    device: eos
    access: {ssh: 192.0.2.2, user: admin}
    interfaces: {Vlan100: {address: 10.1.1.2/24, anycast: 10.1.1.1/24, vrf: red}, Loopback0: 10.0.0.1/32}
  srv: {role: server, device: kea, access: none, interfaces: {eth1: 10.9.0.2/30}}
segments:
  users:
    prefix: 10.1.1.0/24
    vrf: red
    gateway: 10.1.1.1
    clients: {pc: eth1}
    relays: {leaf1: {interface: Vlan100, giaddr: 10.0.0.1, servers: srv}}
    pools: {srv: {ranges: 10.1.1.100-10.1.1.150, lease: 8h}}
captures: [pc:eth1]
"""


def written(folder: Path, *changes: tuple[str, str]) -> Path:
    """The intent's file, with texts replaced by others."""
    text = INTENT
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    file = folder / "intent.yml"
    file.write_text(text)
    return file


def planned(folder: Path, *changes: tuple[str, str]) -> LabPlan:
    """The plan of the changed intent; every node can be asked but the server."""
    loaded = load(written(folder, *changes))
    return plan(loaded.intent, {name: Container(name) for name in loaded.intent.nodes if name != "srv"})


def asked(folder: Path, *changes: tuple[str, str]) -> LabPlan:
    """The plan of the changed intent, where every node can be asked."""
    loaded = load(written(folder, *changes))
    return plan(loaded.intent, {name: Container(name) for name in loaded.intent.nodes})
