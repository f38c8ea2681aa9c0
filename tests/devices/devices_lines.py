"""What devices are told as relay, server and client, line by line, as words from the top of their configuration."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from labgen.devices import registry
from labgen.devices.blocks import Block, indented
from labgen.devices.documents import Branch, document
from labgen.devices.junos.config_reader import statements as junos_statements
from labgen.ground.errors import SpecError
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.ground.vocabulary import Role
from labgen.plan.build import build
from labgen.spec.load import load

Words = tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """Public models of a device: the folder they are fetched into, their repository and release, and how lines map to them. `whole`:
    all that labgen writes is looked up, since VLANs are its own; else what is about DHCP."""

    folder: str
    repository: str
    release: str
    style: str
    whole: bool = False


SOURCES: Mapping[str, Source] = {
    "vjunos-switch": Source("junos", "Juniper/yang", "24.4R1 (system: 23.4R1)", "junos"),
    "vjunos-router": Source("junos", "Juniper/yang", "24.4R1 (system: 23.4R1)", "junos"),
    "vptx": Source("junos-evo", "Juniper/yang", "24.4R1-EVO", "junos"),
    "srlinux": Source("srl/srlinux-yang-models/srl_nokia", "nokia/srlinux-yang-models", "25.3.1", "paths"),
    "sros": Source("sros", "nokia/7x50_YangModels", "25.10", "paths"),
    "vyos": Source("vyos/interface-definitions", "vyos/vyos-1x", "current of 2024-10", "vyos"),
    "cat8000v": Source("xe", "YangModels/yang vendor/cisco/xe", "17.16.1", "cli"),
    "iosxr": Source("xr", "YangModels/yang vendor/cisco/xr (unified models)", "25.2.1", "cli", whole=True),
}
OPTIONS = "options: [circuit-id, remote-id, link-selection, server-id-override, vss]"
SPEC = """
name: lines
devices: {{switch: {device}, server: {server}, client: {client}}}
switches: [sw]
vrfs: {{red: {{}}}}
segments:
  a: {{attach: {{sw: [pc1]}}, relay: {{servers: [srv1], {first}}}, pool: {{lease: 90m}}}}
  b: {{vrf: {vrf}, attach: {{sw: [pc2]}}, {second}}}
servers: {{srv1: sw}}
"""


SERVED = """
name: lines
devices: {{server: {device}}}
switches: [sw]
segments:
  a: {{attach: {{sw: [pc1]}}, relay: {{servers: [srv1]}}, pool: {{lease: 90m}}, {more}}}
servers: {{srv1: sw}}
"""
MORE = (
    "options: {6: 10.9.9.53, 15: {text: lab.example}}",
    "options: {6: 10.9.9.53, 42: 10.9.9.42, 150: 10.9.9.9}",
    "options: {dns: [10.9.9.53], domain: lab.example, ntp: [10.9.9.42]}",
    'reservations: {"02:00:00:00:0a:01": 172.16.0.77}',
)
"""What servers are asked for beside pools; those that cannot are left out."""


CAMPUS = """
name: lines
devices: {{switch: {device}}}
switches: [core, access]
links: [access-core]
segments:
  a:
    {{gateway: {{address: 10.9.0.254, nodes: [core]}}, prefix: 10.9.0.0/24, bridge: [access], snooping: {{trust: [pc2]}},
      attach: {{access: [pc1, pc2]}}, relay: {{servers: [srv1], trust: true}}}}
servers: {{srv1: core}}
"""


def plans(device: str) -> Iterator[LabPlan]:
    """Labs that bring out what a device is told as relay, server and client; those it refuses are left out."""
    yield from _built(CAMPUS.format(device=device))
    roles = registry.get(device).facts.roles
    for more in MORE if Role.SERVER in roles else ():
        yield from _built(SERVED.format(device=device, more=more))
    server = device if Role.SERVER in roles else "kea"
    client = device if Role.CLIENT in roles else "dhclient"
    asks = [
        ("options: [circuit-id, remote-id]", "default", "options: [circuit-id, remote-id]"),
        (f"source: loopback, {OPTIONS}", "default", f"source: loopback, {OPTIONS}"),
        (f"source: loopback, {OPTIONS}", "red", f"source: loopback, {OPTIONS}"),
    ]
    for first, vrf, second in asks:
        relayed = f"relay: {{servers: [srv1], {second}}}"
        for served, other in dict.fromkeys(((server, relayed), (server, "dhcp: false"), ("kea", relayed))):
            yield from _built(
                SPEC.format(device=device, server=served, client=client, first=first, second=other, vrf=vrf)
            )


def _built(text: str) -> Iterator[LabPlan]:
    """The plan of a spec; nothing where it is refused."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "lines.yml"
        file.write_text(text)
        try:
            yield build(load(str(file)))
        except SpecError:
            return


def lines(device: str) -> dict[str, list[Words]]:
    """What a device is told, by role, as words from the top of its configuration; each once in its general form."""
    found: dict[str, dict[Words, Words]] = {}
    for plan in plans(device):
        for node in plan.nodes:
            if node.device == device:
                for words in _told(plan, node):
                    found.setdefault(node.role.value, {}).setdefault(shape(words), words)
    return {role: list(each.values()) for role, each in found.items()}


def _told(plan: LabPlan, node: NodePlan) -> Iterator[Words]:
    style = SOURCES[node.device].style
    for file in registry.get(node.device).artifacts(plan, node):
        if "/etc/" not in file.path:
            yield from _every(file.text) if SOURCES[node.device].whole else _STYLES[style](file.text)


def _junos(text: str) -> Iterator[Words]:
    yield from (words for _, words in junos_statements(text))


def _vyos(text: str) -> Iterator[Words]:
    for line in text.splitlines():
        if line.startswith(("set ", "delete ")):
            yield tuple(line.split()[1:])


ABOUT_DHCP = re.compile(r"dhcp|helper|relay")


def _cli(text: str) -> Iterator[Words]:
    """Lines about DHCP, and what they stand under."""
    for block in indented(text).children:
        yield from _under(block, (), ABOUT_DHCP)


def _every(text: str) -> Iterator[Words]:
    """All lines, and what they stand under."""
    for block in indented(text).children:
        yield from _under(block, (), re.compile(""))


def _under(block: Block, above: Words, about: re.Pattern[str]) -> Iterator[Words]:
    own = block.words
    if own[0] == "interface" and not above and not about.pattern:
        own = ("interface", "=*", *own[2:])
    elif own[0] == "interface" and not above:
        kind = re.match(r"[A-Za-z]+", own[1])
        own = ("interface", kind[0] if kind else own[1], "=*")
    words = (*above, *own)
    if about.search(block.text) and not block.text.startswith(("debug", "do ", "event ", "action ")):
        yield words
    for child in block.children:
        yield from _under(child, (*above, *own[:3]) if own[0] == "interface" and not above else words, about)


def _paths(text: str) -> Iterator[Words]:
    """`/interface[name=X]/subinterface[index=0]/ipv4` and the keys of its value."""
    for update in document(text).at("updates").list():
        path = re.sub(
            r"\[[^]=]+=([^]]+)\]", r"/=\1", re.sub(r"\[[^]=]+=([^]]*/[^]]*)\]", "/=*", update.at("path").text)
        )
        head = tuple(word for word in path.split("/") if word)
        value = update.at("value") if update.at("value").value is not None else update.at("val")
        yield from (tuple(each) for each in _keys(value, list(head)))


def _keys(value: Branch, head: list[str]) -> Iterator[list[str]]:
    entries = [item for item in value.list() if item is not value and list(item.items())]
    inner = list(value.items())
    if not inner and not entries:
        yield head
    for key, each in inner:
        yield from _keys(each, [*head, key])
    for entry in entries:
        yield from _keys(entry, [*head, "=*"])


_STYLES = {"junos": _junos, "vyos": _vyos, "cli": _cli, "paths": _paths}
_NAME = re.compile(
    r"(=.*|\d[\d.:/-]*|[0-9a-f.]+:[0-9a-f:]*|LABGEN.*|labgen|[ge]e-\d.*|eth\d.*|ethernet-\d.*|(Gigabit)?Ethernet\S+|Loopback\S+|BDI\d+|BVI\d+|VLAN\d+|[0-9a-f]{8,}|"
    r"lo0?[.\d]*|irb\S*|svi\.\d+|system|p_[\d.]+|r\d+|[ab]|red|Base|default|eth-\S+)"
)


def shape(words: Words) -> Words:
    """Words with names and numbers replaced by `*`; the first word is never a name."""
    return tuple("*" if n and _NAME.fullmatch(word) else word for n, word in enumerate(words))
