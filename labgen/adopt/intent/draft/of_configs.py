"""Drafts an intent from running configurations: which nodes relay, with which giaddr, to whom."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address

from labgen.adopt.audit.read import Configuration
from labgen.adopt.intent.draft.model import Data, IntentDraft, free, named
from labgen.devices.relay_config import ConfiguredInterface, ConfiguredRelay, ConfiguredTarget
from labgen.ground.vocabulary import DEFAULT_VRF, Address, Role


def fill(draft: IntentDraft, configurations: Sequence[Configuration]) -> None:
    """Add every node that relays, its segments, and the servers it names."""
    owners = {
        each.ip: found.node
        for found in configurations
        for port in found.config.interfaces
        for each in port.addresses
    }
    for found in configurations:
        if not found.config.relays:
            continue
        name = draft.node(found.node, Role.SWITCH, device=found.device, interfaces=_interfaces(found))
        for relay in found.config.relays:
            for port in _ports(found, relay):
                _relay(draft, name, found, relay, port, owners)


def _interfaces(found: Configuration) -> Data:
    """Interfaces that relay, and those that giaddr comes from."""
    wanted = {port.name: port for relay in found.config.relays for port in _ports(found, relay)}
    for relay in found.config.relays:
        for target in relay.targets:
            source = _owner(found, found.config.giaddr(relay, target))
            if source is not None:
                wanted.setdefault(source.name, source)
    return {name: _said(port) for name, port in wanted.items()}


def _ports(found: Configuration, relay: ConfiguredRelay) -> list[ConfiguredInterface]:
    own = found.config.interface(relay.interface) if relay.interface else None
    if own is not None:
        return [own]
    return [
        port
        for port in found.config.interfaces
        if not relay.interface and port.vrf == relay.vrf and port.addresses
    ]


def _owner(found: Configuration, address: Address | None) -> ConfiguredInterface | None:
    return next((p for p in found.config.interfaces if address in {each.ip for each in p.addresses}), None)


def _said(port: ConfiguredInterface) -> object:
    own: Data = {"address": str(port.addresses[0])} if port.addresses else {}
    own |= {"anycast": str(port.anycast[0])} if port.anycast else {}
    own |= {"vrf": port.vrf} if port.vrf != DEFAULT_VRF else {}
    return own["address"] if set(own) == {"address"} else own


def _relay(
    draft: IntentDraft,
    name: str,
    found: Configuration,
    relay: ConfiguredRelay,
    port: ConfiguredInterface,
    owners: dict[Address, str],
) -> None:
    known = (*port.addresses, *port.anycast)
    if not known or not relay.targets:
        return
    segment = _segment(draft, port)
    servers = [_server(draft, target, owners) for target in relay.targets]
    first = relay.targets[0]
    said: Data = {"interface": port.name, "servers": list(dict.fromkeys(servers))}
    giaddr = found.config.giaddr(relay, first)
    if giaddr is None:
        draft.miss(
            f"{name}: giaddr on {port.name} is what the device takes at run time: add `giaddr` to its relay"
        )
    elif not port.addresses or giaddr != port.addresses[0].ip:
        said["giaddr"] = str(giaddr)
    vrf = first.vrf or port.vrf
    if vrf != DEFAULT_VRF:
        said["server_vrf"] = vrf
    if len({target.vrf or port.vrf for target in relay.targets}) > 1:
        draft.miss(f"{name}: {port.name} relays into several VRFs; the draft has that of the first server")
    draft.segments[segment].setdefault("relays", {})[name] = said
    for server in dict.fromkeys(servers):
        draft.segments[segment].setdefault("pools", {}).setdefault(server, {"ranges": []})
        draft.miss(
            f"segments.{segment}.pools.{server}.ranges: which addresses {server} hands out on {segment}"
        )


def _segment(draft: IntentDraft, port: ConfiguredInterface) -> str:
    """The segment of an interface's subnet: one that is known, or a new one of the interface's name."""
    subnet = (port.addresses or port.anycast)[0].network
    for name, said in draft.segments.items():
        if said["prefix"] == str(subnet) and said.get("vrf", DEFAULT_VRF) == port.vrf:
            return name
    name = free(port.name.lower(), draft.segments)
    own: Data = {"prefix": str(subnet)} | ({"vrf": port.vrf} if port.vrf != DEFAULT_VRF else {})
    own["gateway"] = str((port.anycast or port.addresses)[0].ip)
    draft.segments[name] = own | {"clients": {}}
    draft.miss(f"segments.{name}.clients: the nodes that get leases there, such as {{pc1: eth1}}")
    if not port.anycast:
        draft.miss(
            f"segments.{name}.gateway: taken from the first relay; correct it where clients are told another one"
        )
    return name


def _server(draft: IntentDraft, target: ConfiguredTarget, owners: dict[Address, str]) -> str:
    known = owners.get(target.address)
    if known is None:
        known = next((n for n, said in draft.nodes.items() if _has(said, target.address)), None)
    name = known or f"server-{str(target.address).replace('.', '-')}"
    new = named(name) not in draft.nodes
    draft.node(name, Role.SERVER, address=str(target.address))
    if new:
        draft.miss(f"nodes.{named(name)}: what it runs (`device`) and how it is reached (`access`)")
    return named(name)


def _has(said: Data, address: Address) -> bool:
    texts = [said.get("address"), *(said.get("interfaces") or {}).values()]
    return any(isinstance(text, str) and ip_address(text.partition("/")[0]) == address for text in texts)
