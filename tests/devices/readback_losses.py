"""Lines of configurations whose loss the read-back does not notice: `unnoticed.txt` beside this file, `unnoticed_serving.txt` of servers.

Regenerate with `python tests/devices/readback_losses.py`, and read the diff: a line that comes is one that could be lost. The golden
files hold every line as well, and are written by the templates that they hold.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from labgen.devices.readback import servers, switches
from labgen.ground.errors import LabgenError, SpecError
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.ground.vocabulary import Role
from labgen.plan.build import build
from labgen.spec.load import load

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

import readback_shapes
import serving_specs
from devices_specs import CAMPUS, FABRIC, FLOODED, PEERED, PLAIN, SOURCED, UNDERLAYS
from readback_shapes import GIADDR, SHAPES, spec

TABLE = Path(__file__).with_name("unnoticed.txt")
SERVING = Path(__file__).with_name("unnoticed_serving.txt")
UNEXPLAINED = "NOBODY SAID WHY"
HARMLESS = (
    (r"(neighbor ADDRESS )?description .*", "description ...", "text for people"),
    (r"hostname .*|name: .*|name \w+", "hostname ..., name ...", "text for people"),
    (r"end|exit-address-family|exit-vrrp", "end, exit-...", "ends what the next line ends too"),
    (r"logging .*|no logging console|log(_level)?: .*|log-dhcp|log-facility=.*|service timestamps .*|trace: .*", "logging ..., trace ...",
     "what labgen reads of a run, not what a switch does"),
    (r"event .*|action .*", "event manager ...", "turns on debugs"),
    (r"ip ssh version 2|line vty 0 4|exec-timeout 0 0|transport input ssh|management ssh|no ip domain lookup|"
     r"username admin .*|aaa .*|vrf (instance )?management|no ip routing vrf management", "ssh ..., vrf management ...", "management"),
    (r"timers .*|max-lsa .*|maximum-paths 8|bgp advertise-inactive", "timers ..., max-lsa ..., maximum-paths ...",
     "how soon, and over how many of several links"),
    (r"(bgp )?router-id ADDRESS", "router-id ...", "without it a router takes the address of its loopback, which it is"),
    (r"no bgp default ipv4-unicast", "", "every session says what it carries"),
    (r"no ip address|no ip icmp redirect|spanning-tree mode mstp|vxlan udp-port 4789", "", "so by default, or nothing to do with DHCP"),
    (r"no shutdown", "", "under `management ssh`, of loopbacks, and of ports that netlab turns on as well"),
    (r"route-target (import|export) vpn-ipv4 .*", "route-target ... vpn-ipv4 ...", "for MPLS; the fabric's are those of `evpn`"),
    (r"network ADDRESS|match route-type external|set ip next-hop peer-address|.*next-hop-self-ipv4.*", "network ..., next-hop-self ...",
     "the loopback, which OSPF tells of as well, as netlab has it"),
    (r"interface unnumbered hello mask tx ADDRESS", "", "takes neighbors without an address of their own"),
    (r"service dhcp|ip dhcp relay|dhcp-relay|config feature state dhcp_relay enabled .*|admin-state: enable|"
     r"set service dhcp-relay relay-options relay-agents-packets forward|options: \[\]|dialect: rfc", "", "so by default"),
    (r"address: ADDRESS", "", "of the interface named above it, which has it anyhow"),
    (r"nv overlay evpn", "", "netlab says it as well"),
    (r"value: \{\}", "", "an empty value beside its path"),
    (r"use-gi-addr-as-src-ip-addr: true|src-ip-addr: gi-address", "", "what servers see as the sender; they answer to giaddr"),
    (r"forward-only;", "", "relays all the same, and keeps a table of clients as well"),
    (r"preferred;", "", "what the router itself sends from in a subnet; giaddr is the `primary` one"),
    (r"passive( enable)?", "passive ...", "says that no router is among the clients"),
    (r"interface GigabitEthernet0/0/0/0", "", "turns on a port that netlab turns on as well"),
    (r"set -e", "", "stops at the first command that is refused"),
    (r"/usr/lib/frr/.*|vtysh -b|/bin/sh -c vtysh .*|port=0|user=root|control: .*|replies_on_segment: true", "/usr/lib/frr/..., port=0 ...",
     "labs run it: without it there is no lab"),
)  # fmt: skip
"""Lines whose loss loses nothing of relaying: which, as what they are shown, and why."""
SERVED = (
    (r"interface .*|ip (address|ospf|routing).*|router ospf 1|service routing protocols .*|no switchport",
     "interface ..., ip ..., router ospf ...",
     "the server's own port and routing, which are read back of switches"),
    (r"exit|group LABGEN \{|\"subnet4\": \[\],?", "exit, group ...", "ends or holds what other lines say"),
    (r"pool-name: .*", "pool-name: ...", "a name of its own, which the device asks for when it commits"),
    (r".* lease 86400", "... lease 86400", "so by default"),
    (r"set service dhcp-server listen-address ADDRESS", "", "of the port; relays ask the address that is read back"),
    (r"default-lease-time \d+;", "default-lease-time ...", "the default is longer, and `max-lease-time` says the same"),
    (r"max-lease-time 86400;", "max-lease-time 86400", "so by default"),
    (r"option dhcp-(renewal|rebinding)-time \d+;|dhcp-option=tag:[^,]*,(tag:[^,]*,)*option:T[12],\d+",
     "option dhcp-renewal-time ..., option:T1,...", "where they are half and seven eighths of the lease, as without it"),
    (r"authoritative;|dhcp-cache-threshold 0;|ping-check false;|no-ping|interface=eth1|dhcp-leasefile=.*|log-facility .*|"
     r"server-identifier ADDRESS;|option (agent\.server-id-override|dhcp-server-identifier) .*", "authoritative; ping-check false; ...",
     "how the daemon runs and what it answers with, which labs see on the wire"),
    (r"dhcp-option=tag:users-secondary-1,tag:users-class-phones,.*", "tag:users-secondary-1,tag:users-class-phones,...",
     "of a class in a subnet where it gets no address"),
    (r"dhcp-option=tag:users,option:router", "dhcp-option=...,option:router",
     "takes back the router that dnsmasq hands out by itself, and labs see"),
    (r'"(library|name|output|severity|socket-type|type|persist|code": 54).*|"eth1".*',
     '"name": ..., "library": ...', "Kea's hooks, logs and files; labs run it"),
    (r'"(space": "dhcp4"|valid-lifetime": 7200|calculate-tee-times": \w+|id": \d+),', '"space": "dhcp4", ...', "so by default"),
    (r'"t[12]-percent": .*', '"t1-percent": ...', "where lease times differ from client to client, and labs see them"),
)  # fmt: skip
"""The same of servers, where the lines of `HARMLESS` are as harmless."""
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+(/\d+)?")


def plans(switch: str, folder: Path) -> Iterator[LabPlan]:
    """The labs of docs/readback.md that are built with a switch."""
    yield from _built(switch, folder, (spec(switch, giaddr, shape) for giaddr in GIADDR for shape in SHAPES))


def fabrics(switch: str, folder: Path) -> Iterator[LabPlan]:
    """Labs with VLANs between switches, tunnels, routing of every kind, and routers beyond, that are built with a switch."""
    campus = [CAMPUS.replace("UNDERLAY", underlay) for underlay in UNDERLAYS]
    alike = [each.replace(PLAIN, SOURCED) for each in campus]
    yield from _built(switch, folder, (*campus, *alike, FABRIC, FLOODED, *PEERED))


def _built(switch: str, folder: Path, specs: Iterable[str]) -> Iterator[LabPlan]:
    file = folder / "shape.yml"
    for text in specs:
        file.write_text(text)
        try:
            yield build(load(str(file), {"switch": switch}))
        except SpecError:
            continue


def unnoticed(switch: str, folder: Path) -> set[str]:
    """Lines that can be taken out of every configuration they are in, and what is left still reads as planned."""
    noticed: set[str] = set()
    seen: set[str] = set()
    for plan, node in _switches(switch, folder):
        lines = switches.text(plan, node).splitlines(keepends=True)
        for number, line in enumerate(lines):
            words = _ADDRESS.sub("ADDRESS", " ".join(line.split()))
            if words in noticed or not words or words.startswith(("!", "#", "/*")):
                continue
            seen.add(words)
            if _differs(plan, node, "".join(lines[:number] + lines[number + 1 :])):
                noticed.add(words)
    return seen - noticed


def _switches(switch: str, folder: Path) -> Iterator[tuple[LabPlan, NodePlan]]:
    for plan in (*plans(switch, folder), *fabrics(switch, folder)):
        yield from ((plan, node) for node in plan.role(Role.SWITCH) if node.device == switch)


def _differs(plan: LabPlan, node: NodePlan, text: str) -> bool:
    try:
        return bool(switches.differences(plan, node, text))
    except (LabgenError, ValueError):
        return True  # it is no configuration any more


def unnoticed_serving(server: str, folder: Path) -> set[str]:
    """Lines of a server that can be taken out wherever they are."""
    noticed: set[str] = set()
    seen: set[str] = set()
    for _, plan in serving_specs.plans(server, folder):
        node = plan.node("dhcp")
        files = servers.texts(plan, node)
        for at, number, line in _lines(files):
            words = _ADDRESS.sub("ADDRESS", " ".join(line.split()))
            if words in noticed or not words.strip('{}[];,"') or words.startswith(("!", "#", "/*")):
                continue
            seen.add(words)
            lines = files[at].splitlines(keepends=True)
            rest = [*files[:at], "".join(lines[:number] + lines[number + 1 :]), *files[at + 1 :]]
            if served_otherwise(plan, node, rest):
                noticed.add(words)
    return seen - noticed


def _lines(files: list[str]) -> Iterator[tuple[int, int, str]]:
    """Lines of those files that are about DHCP, each with the numbers of its file and its own."""
    for at, text in enumerate(files):
        if not text.startswith(("frr ", "zebra=", "#!", "service integrated")):
            yield from ((at, number, line) for number, line in enumerate(text.splitlines()))


def served_otherwise(plan: LabPlan, node: NodePlan, files: list[str]) -> bool:
    """Something is read otherwise than planned, or nothing can be read."""
    try:
        return bool(servers.differences(plan, node, files))
    except (LabgenError, ValueError, LookupError):
        return True  # it is no configuration any more


def table() -> str:
    """A row for each kind of line, with why nothing is lost by it and the switches that have it."""
    return _table(readback_shapes.switches(), unnoticed, HARMLESS)


def serving_table() -> str:
    """The same of servers."""
    return _table(serving_specs.servers(), unnoticed_serving, (*SERVED, *HARMLESS))


def _table(
    devices: Iterable[str], lost: Callable[[str, Path], set[str]], reasons: Iterable[tuple[str, str, str]]
) -> str:
    kinds: dict[str, set[str]] = {}
    known = tuple(reasons)
    with tempfile.TemporaryDirectory() as folder:
        for device in devices:
            for line in lost(device, Path(folder)):
                kinds.setdefault(_kind(line, known), set()).add(device.partition(":")[0])
    return "\n".join([*(f"{kind} ({', '.join(sorted(kinds[kind]))})" for kind in sorted(kinds)), ""])


def _kind(line: str, reasons: tuple[tuple[str, str, str], ...]) -> str:
    return next(
        (f"{shown or line}: {why}" for pattern, shown, why in reasons if re.fullmatch(pattern, line)),
        f"{line}: {UNEXPLAINED}",
    )


if __name__ == "__main__":
    TABLE.write_text(table())
    SERVING.write_text(serving_table())
