"""From containers that run to the draft of an intent: their addresses, their DHCP programs, and what those are told to do.

Nothing is done to them: addresses, process tables and configuration files are read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from ipaddress import IPv4Interface, IPv4Network
from typing import Any

import yaml

from labgen.adopt.intent.access import Container
from labgen.adopt.intent.draft.model import Data, IntentDraft, free
from labgen.adopt.intent.draft.serving import Served, dhcpd, dnsmasq, kea
from labgen.ground.vocabulary import Role

Ask = Callable[[Container, str], str]
"""Gives what a shell script says in a container; nothing where the container does not run."""

LOOK = (
    "ip -o link 2>/dev/null; echo; ip -o -4 addr 2>/dev/null; echo; "
    r"for p in /proc/[0-9]*/cmdline; do tr '\0' '\1' <$p 2>/dev/null; echo; done"
)
SERVERS = {
    "kea-dhcp4": ("kea", ("-c",), "/etc/kea/kea-dhcp4.conf"),
    "dhcpd": ("isc-dhcpd-plain", ("-cf",), "/etc/dhcp/dhcpd.conf"),
    "dnsmasq": ("dnsmasq", ("-C", "--conf-file"), "/etc/dnsmasq.conf"),
}
"""By program: the device, the option that names its configuration, and where that is else."""
CLIENTS = ("dhclient", "udhcpc", "dhcpcd")
_CLASS = re.compile(r'(?:vendor-class-identifier|user-class) +"([^"]*)"')
MANAGEMENT = "eth0"
"""The port of a container that is no part of the lab's network: the engine's."""


@dataclass
class _SeenNode:
    """A node as it is: first and further addresses by interface, the bridge an interface is in, and processes."""

    name: str
    addresses: dict[str, IPv4Interface] = field(default_factory=dict)
    further: dict[str, list[str]] = field(default_factory=dict)
    bridges: dict[str, str] = field(default_factory=dict)
    processes: list[list[str]] = field(default_factory=list)

    def running(self, program: str) -> list[str]:
        """The words of a program's process; none where it does not run."""
        named_so = (
            argv for argv in self.processes if any(word.rsplit("/", 1)[-1] == program for word in argv[:2])
        )
        return next(named_so, [])

    def own(self) -> dict[str, IPv4Interface]:
        """Addresses of the lab's network."""
        return {
            port: address
            for port, address in self.addresses.items()
            if port != MANAGEMENT and not address.ip.is_loopback
        }


def fill(draft: IntentDraft, containers: Mapping[str, Container], ask: Ask) -> None:
    """Add what the containers, by node, tell."""
    looked = {name: text for name, each in containers.items() if (text := ask(each, LOOK))}
    nodes = {name: _read(name, text) for name, text in looked.items()}
    if not nodes:
        return
    draft.sources.append(f"{len(nodes)} containers that run")
    for node in nodes.values():
        _role(draft, node)
    for node in nodes.values():
        for relay in _relays(node, partial(ask, containers[node.name])):
            _relay(draft, node, relay, nodes)
    for node in nodes.values():
        for served in _served(node, partial(ask, containers[node.name])):
            _pool(draft, node, served)
    for node in nodes.values():
        _client(draft, node)
    for own, port, other, far in draft.links:
        if draft.nodes.get(own, {}).get("role") == Role.CLIENT.value:
            _attach_client(draft, (own, port), (other, far), nodes)
    for name, node in nodes.items():
        _sent(draft, node, partial(ask, containers[name]))
    _captured(draft, nodes)
    _open_classes(draft)
    for name, said in draft.segments.items():
        for server in said.get("pools", {}):
            if said["pools"][server].get("ranges") or said["pools"][server].get("reservations"):
                drop_guesses(draft, f"segments.{name}.pools.{server}.ranges")
        if said.get("clients"):
            drop_guesses(draft, f"segments.{name}.clients")


def _read(name: str, text: str) -> _SeenNode:
    node = _SeenNode(name)
    links, _, rest = text.partition("\n\n")
    addresses, _, processes = rest.partition("\n\n")
    for line in links.splitlines():
        if match := re.match(r"\d+: ([^:@\s]+)\S* .*\bmaster (\S+)", line):
            node.bridges[match[1]] = match[2]
    for line in addresses.splitlines():
        if match := re.match(r"\d+: (\S+) +inet (\d+\.\d+\.\d+\.\d+/\d+)", line):
            address = IPv4Interface(match[2])
            port = match[1].partition("@")[0]
            if port in node.addresses:
                node.further.setdefault(port, []).append(str(address))
            elif not address.ip.is_loopback:
                node.addresses[port] = address
    node.processes = [[word for word in line.split("\1") if word] for line in processes.splitlines() if line]
    return node


def drop_guesses(draft: IntentDraft, begins: str) -> None:
    """What was asked of a person is known now."""
    draft.missing = [each for each in draft.missing if not each.startswith(begins)]


def _role(draft: IntentDraft, node: _SeenNode) -> None:
    """What a node is, by the DHCP program that runs on it; a client only where nothing else does."""
    found = next(((Role.SERVER, SERVERS[each][0]) for each in SERVERS if node.running(each)), None)
    if any(True for _ in _relaying(node)):
        found = (Role.SWITCH, next(_relaying(node))[0])
    client = next((each for each in CLIENTS if node.running(each)), "")
    found = found or ((Role.CLIENT, client) if client else None)
    if found is None:
        return
    said = draft.nodes[node.name]
    said["role"], said["device"] = found[0].value, found[1]
    drop_guesses(draft, f"nodes.{node.name}: that it is a ")
    if found[0] is not Role.CLIENT and (own := node.own()):
        ports = {
            port: {"address": str(address), "secondary": node.further[port]}
            if port in node.further
            else str(address)
            for port, address in own.items()
        }
        said["interfaces"] = ports | said.get("interfaces", {})


def _relaying(node: _SeenNode) -> Iterator[tuple[str, list[str]]]:
    for program, device in (("labgen-relay", "frr"), ("dhcrelay", "frr-dhcrelay")):
        if argv := node.running(program):
            yield device, argv
    argv = node.running("dnsmasq")
    if any(word.startswith("--dhcp-relay") for word in argv):
        yield "frr-dnsmasq", argv


@dataclass(frozen=True)
class _SeenRelay:
    interface: str
    servers: Sequence[str]
    options: Sequence[str] | None = None
    giaddr: str = ""
    vrf: str = ""


def _relays(node: _SeenNode, read: Callable[[str], str]) -> Iterator[_SeenRelay]:
    for device, argv in _relaying(node):
        if device == "frr":
            yield from _own_relay(
                read(f"cat {_option(argv, ('-c', '--config'), '/etc/labgen-relay/relay.yml')}")
            )
        elif device == "frr-dhcrelay":
            servers = [word for word in argv if re.fullmatch(r"\d+(\.\d+){3}", word)]
            ports = [argv[n + 1] for n, word in enumerate(argv[:-1]) if word in ("-id", "-i")]
            uplinks = {argv[n + 1] for n, word in enumerate(argv[:-1]) if word == "-iu"}
            options = ["circuit-id"] if "-a" in argv else []
            yield from (_SeenRelay(port, servers, options) for port in ports if port not in uplinks)
        else:
            pairs = [word.partition("=")[2].split(",") for word in argv if word.startswith("--dhcp-relay=")]
            by_address = {str(each.ip): port for port, each in node.addresses.items()}
            for local in dict.fromkeys(pair[0] for pair in pairs if len(pair) > 1):
                if local in by_address:
                    yield _SeenRelay(by_address[local], [pair[1] for pair in pairs if pair[0] == local], [])


def _own_relay(text: str) -> Iterator[_SeenRelay]:
    """labgen-relay's configuration."""
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError:
        return
    for each in (data or {}).get("interfaces", ()) if isinstance(data, dict) else ():
        targets = [server for server in each.get("servers") or () if isinstance(server, dict)]
        if each.get("name") and targets:
            yield _SeenRelay(
                str(each["name"]),
                [str(server["address"]) for server in targets],
                list(each.get("options") or ()),
                str(each.get("giaddr") or ""),
                str(targets[0].get("vrf") or ""),
            )


def _option(argv: Sequence[str], names: Sequence[str], default: str) -> str:
    for number, word in enumerate(argv):
        if word in names and number + 1 < len(argv):
            return argv[number + 1]
        for name in names:
            if word.startswith(f"{name}=") or (
                len(name) == 2 and word.startswith(name) and len(word) > 2 and word[2] == "/"
            ):
                return word[len(name) :].lstrip("=")
    return default


def _relay(draft: IntentDraft, node: _SeenNode, relay: _SeenRelay, nodes: Mapping[str, _SeenNode]) -> None:
    own = node.addresses.get(relay.interface)
    if own is None:
        return
    segment = _segment(draft, own.network, relay.interface, str(own.ip))
    servers = [_server(draft, address, nodes) for address in relay.servers]
    said: Data = {"interface": relay.interface, "servers": list(dict.fromkeys(servers))}
    said |= (
        {"giaddr": relay.giaddr}
        if re.fullmatch(r"\d+(\.\d+){3}", relay.giaddr) and relay.giaddr != str(own.ip)
        else {}
    )
    said |= {"server_vrf": relay.vrf} if relay.vrf not in ("", "default") else {}
    said |= {"options": list(relay.options)} if relay.options is not None else {}
    draft.segments[segment].setdefault("relays", {}).setdefault(node.name, said)
    for server in dict.fromkeys(servers):
        if server not in draft.segments[segment].setdefault("pools", {}):
            draft.segments[segment]["pools"][server] = {"ranges": []}
            draft.miss(
                f"segments.{segment}.pools.{server}.ranges: which addresses {server} hands out on {segment}"
            )


def _segment(draft: IntentDraft, prefix: IPv4Network, port: str, gateway: str) -> str:
    for name, said in draft.segments.items():
        if said["prefix"] == str(prefix):
            return name
    name = free(port.lower(), draft.segments)
    draft.segments[name] = {"prefix": str(prefix), "gateway": gateway, "clients": {}}
    draft.miss(f"segments.{name}.clients: the nodes that get leases there, such as {{pc1: eth1}}")
    return name


def _server(draft: IntentDraft, address: str, nodes: Mapping[str, _SeenNode]) -> str:
    """The node that has an address; one of its own where nobody does."""
    for node in nodes.values():
        if any(str(each.ip) == address for each in node.addresses.values()):
            draft.nodes[node.name].setdefault("address", address)
            return node.name
    name = f"server-{address.replace('.', '-')}"
    if name not in draft.nodes:
        draft.node(name, Role.SERVER, address=address)
        draft.miss(f"nodes.{name}: what it runs (`device`) and how it is reached (`access`)")
    return name


def _served(node: _SeenNode, read: Callable[[str], str]) -> Iterator[Served]:
    """What a server's configuration says that it hands out."""
    for program, (_, options, default) in SERVERS.items():
        argv = node.running(program)
        if not argv:
            continue
        text = read(f"cat {_option(argv, options, default)}")
        if program == "kea-dhcp4":
            yield from kea.read(text)
        elif program == "dhcpd":
            yield from dhcpd.read(text)
        else:
            yield from dnsmasq.read(
                "\n".join((text, *argv[1:])), [each.network for each in node.own().values()]
            )


def _pool(draft: IntentDraft, node: _SeenNode, served: Served) -> None:
    """A subnet of a server's that has a segment, by relays or by a port of its own; others are nobody's here."""
    name = next((n for n, said in draft.segments.items() if said["prefix"] == str(served.prefix)), None)
    direct = any(each.network == served.prefix for each in node.own().values())
    if name is None and direct and (served.ranges or served.reservations):
        name = _segment(
            draft,
            served.prefix,
            next(p for p, a in node.own().items() if a.network == served.prefix),
            served.router,
        )
        draft.segments[name] = {k: v for k, v in draft.segments[name].items() if v or k != "gateway"}
    if name is None:
        _further(draft, node.name, served)
        return
    said = draft.segments[name]
    if direct:
        said["direct"] = list(dict.fromkeys((*said.get("direct", ()), node.name)))
    asked = direct or any(node.name in relay["servers"] for relay in said.get("relays", {}).values())
    if not asked:
        return
    pool = served.pool()
    if served.router:
        said["gateway"] = served.router
        drop_guesses(draft, f"segments.{name}.gateway")
    said.setdefault("pools", {})[node.name] = pool


def _further(draft: IntentDraft, server: str, served: Served) -> None:
    """A further subnet of a shared network whose first one has a segment that the server is asked for."""
    said = next((each for each in draft.segments.values() if each["prefix"] == str(served.shared_with)), {})
    pool = said.get("pools", {}).get(server)
    if pool is None:
        return
    own = {"prefix": str(served.prefix)} | ({"gateway": served.router} if served.router else {})
    known = said.setdefault("secondary", [])
    known.extend([own] if own not in known else [])
    first = pool["ranges"] if isinstance(pool["ranges"], list) else []
    pool["ranges"] = [*first, *served.ranges] or pool["ranges"]


def _client(draft: IntentDraft, node: _SeenNode) -> None:
    """A client belongs where it has an address, or, without one yet, is left to the wires."""
    if draft.nodes[node.name]["role"] != Role.CLIENT.value:
        return
    for port, address in node.own().items():
        for said in draft.segments.values():
            prefixes = [IPv4Network(each["prefix"]) for each in (said, *said.get("secondary", ()))]
            if any(address.ip in each for each in prefixes) and not _placed(draft, node.name):
                said.setdefault("clients", {})[node.name] = port
                draft.missing = [
                    each for each in draft.missing if not each.startswith(f"segments: {node.name} hangs with")
                ]


def _placed(draft: IntentDraft, client: str) -> bool:
    return any(client in said.get("clients", {}) for said in draft.segments.values())


def _attach_client(
    draft: IntentDraft, client: tuple[str, str], at: tuple[str, str], nodes: Mapping[str, _SeenNode]
) -> None:
    """A client by the port at the other end of its link, or the bridge that this is in."""
    switch, far = at
    ports = {far, nodes[switch].bridges.get(far, "") if switch in nodes else ""}
    for said in draft.segments.values():
        relay: Any = said.get("relays", {}).get(switch)
        if isinstance(relay, dict) and relay["interface"] in ports and not _placed(draft, client[0]):
            said.setdefault("clients", {})[client[0]] = {"port": client[1], "at": switch}
            draft.missing = [
                each for each in draft.missing if not each.startswith(f"segments: {client[0]} hangs with")
            ]


def _sent(draft: IntentDraft, node: _SeenNode, read: Callable[[str], str]) -> None:
    """The class of a client that says one, by its command line or by dhclient's configuration."""
    program = next((each for each in CLIENTS if node.running(each)), "")
    if not program or draft.nodes[node.name]["role"] != Role.CLIENT.value:
        return
    argv = node.running(program)
    said = {word.partition("=")[2] or word for word in argv[1:]}
    if program == "dhclient":
        said |= set(_CLASS.findall(read(f"cat {_option(argv, ('-cf',), '/etc/dhcp/dhclient.conf')}")))
    for segment in draft.segments.values():
        for pool in segment.get("pools", {}).values() if node.name in segment.get("clients", {}) else ():
            for each in pool.get("classes", {}).values():
                value = each.get("vendor_class") or each.get("user_class")
                if any(word.startswith(value) for word in said) and node.name not in each["clients"]:
                    each["clients"].append(node.name)


def _open_classes(draft: IntentDraft) -> None:
    """Classes of which nobody was seen to send them are left to a person."""
    for name, segment in draft.segments.items():
        for server, pool in segment.get("pools", {}).items():
            for class_name in [own for own, each in pool.get("classes", {}).items() if not each["clients"]]:
                draft.miss(
                    f"segments.{name}.pools.{server}.classes.{class_name}.clients: which nodes send that class"
                )


def _captured(draft: IntentDraft, nodes: Mapping[str, _SeenNode]) -> None:
    """Ports of the lab's network of every node that was looked into, and what relays listen on."""
    draft.missing = [
        each
        for each in draft.missing
        if not any(
            each.startswith(f"segments: {name} hangs with")
            for name, said in draft.nodes.items()
            if said["role"] != Role.CLIENT.value
        )
    ]
    clients = {
        f"{name}:{c['port'] if isinstance(c, dict) else c}"
        for said in draft.segments.values()
        for name, c in said.get("clients", {}).items()
    }
    ports = [f"{name}:{port}" for name, node in nodes.items() for port in node.own() if port != "lo"]
    for place in (*ports, *sorted(clients)):
        if place not in draft.captures and place.partition(":")[0] in nodes:
            draft.captures.append(place)
