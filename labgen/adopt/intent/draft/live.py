"""Drafts an intent from running containers: their addresses, their DHCP programs, and what those are told to do.

Nothing is done to them: addresses, process tables and configuration files are read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Interface, IPv4Network
from typing import Any

from labgen.adopt.intent.access import Container
from labgen.adopt.intent.draft.model import Data, IntentDraft, free
from labgen.devices import relay_config, running
from labgen.devices.running import RunningProgram
from labgen.devices.served import Served
from labgen.ground.vocabulary import RelayOption, Role

Ask = Callable[[Container, str], str]
"""Gives what a shell script says in a container; nothing where the container does not run."""
Read = Callable[[str], str]
"""The text of a file of one container."""

LOOK = (
    "ip -o link 2>/dev/null; echo; ip -o -4 addr 2>/dev/null; echo; "
    r"for p in /proc/[0-9]*/cmdline; do tr '\0' '\1' <$p 2>/dev/null; echo; done"
)
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
        for relay in _relays(node, _reader(ask, containers[node.name])):
            _relay(draft, node, relay, nodes)
    for node in nodes.values():
        for served in _served(node, _reader(ask, containers[node.name])):
            _pool(draft, node, served)
    for node in nodes.values():
        _client(draft, node)
    for own, port, other, far in draft.links:
        if draft.nodes.get(own, {}).get("role") == Role.CLIENT.value:
            _attach_client(draft, (own, port), (other, far), nodes)
    for name, node in nodes.items():
        _sent(draft, node, _reader(ask, containers[name]))
    _captured(draft, nodes)
    _open_classes(draft)
    for name, said in draft.segments.items():
        for server in said.get("pools", {}):
            if said["pools"][server].get("ranges") or said["pools"][server].get("reservations"):
                drop_guesses(draft, f"segments.{name}.pools.{server}.ranges")
        if said.get("clients"):
            drop_guesses(draft, f"segments.{name}.clients")


def _reader(ask: Ask, container: Container) -> Read:
    return lambda path: ask(container, f"cat {path}")


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
    """Take back the questions to a person that are answered by now."""
    draft.missing = [each for each in draft.missing if not each.startswith(begins)]


def _role(draft: IntentDraft, node: _SeenNode) -> None:
    """Set the role of a node by the DHCP program that runs on it; a client only where nothing else does."""
    known = (each for role in (Role.SWITCH, Role.SERVER, Role.CLIENT) for each, _ in _running(node, role))
    found = next(((each.role, each.device) for each in known), None)
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


def _running(node: _SeenNode, role: Role) -> Iterator[tuple[RunningProgram, Sequence[str]]]:
    """Programs of a role that run on a node, with the words of their processes."""
    for program in running.programs(role):
        if argv := program.process(node.processes):
            yield program, argv


@dataclass(frozen=True)
class _SeenRelay:
    interface: str
    servers: Sequence[str]
    options: Sequence[str] | None = None
    giaddr: str = ""
    vrf: str = ""


def _relays(node: _SeenNode, read: Read) -> Iterator[_SeenRelay]:
    """The relays that run on a node, as they are configured. Some name an interface by its address."""
    by_address = {str(each.ip): port for port, each in node.addresses.items()}
    for program, argv in _running(node, Role.SWITCH):
        config = relay_config.read(program.device, program.text(argv, read))
        for relay in config.relays if config else ():
            yield _SeenRelay(
                by_address.get(relay.interface, relay.interface),
                [str(target.address) for target in relay.targets],
                [option.value for option in RelayOption if option in relay.options],
                relay.source,
                relay.targets[0].vrf if relay.targets else "",
            )


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


def _served(node: _SeenNode, read: Read) -> Iterator[Served]:
    """The subnets that a node's servers hand out, by their configurations."""
    subnets = [each.network for each in node.own().values()]
    for program, argv in _running(node, Role.SERVER):
        if program.served is not None:
            yield from program.served(program.text(argv, read), argv[1:], subnets)


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


def _sent(draft: IntentDraft, node: _SeenNode, read: Read) -> None:
    """The class of a client that says one, by its command line or by dhclient's configuration."""
    program, argv = next(_running(node, Role.CLIENT), (None, ()))
    if program is None or draft.nodes[node.name]["role"] != Role.CLIENT.value:
        return
    said = {word.partition("=")[2] or word for word in argv[1:]}
    if program.classes is not None:
        said |= set(program.classes(program.text(argv, read)))
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
