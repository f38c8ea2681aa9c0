"""What labgen wrote for a switch, read back by the device's own reader and held against the plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from labgen.devices import (
    readback_fabric,
    readback_ports,
    readback_standby,
    readback_vlans,
    registry,
    relay_config,
)
from labgen.devices.relay_config import ConfiguredRelay, ConfiguredTarget, RelayReading, plain_name
from labgen.devices.routing_suite import suite
from labgen.ground import naming
from labgen.ground.labplan import LabPlan, NodePlan, RelayPlan, RelaySide
from labgen.ground.vocabulary import Address, RelayOption


def text(plan: LabPlan, node: NodePlan) -> str:
    """The configuration of a switch that says what it relays: its files, and the command lines of its daemons."""
    device = registry.get(node.device)
    files = [file.text for file in device.artifacts(plan, node) if _about_relaying(file.path)]
    return "\n".join(files or [" ".join(daemon.argv) for daemon in device.daemons(plan, node)])


def _about_relaying(path: str) -> bool:
    """Those of the routing daemons say nothing of DHCP."""
    return f"{suite().folder}/" not in path


def differences(plan: LabPlan, node: NodePlan, configuration: str) -> list[str]:
    """What a configuration of a switch says otherwise than the plan, in words; nothing where they agree."""
    config = relay_config.read(node.device, configuration)
    if config is None:
        return [f"nobody reads configurations of `{node.device}`"]
    found = [f"line {number} is not understood: {line}" for number, line in config.unread]
    if config.off and node.relays:
        found.append("relaying is turned off")
    claimed: list[ConfiguredRelay] = []
    for interface in dict.fromkeys(relay.interface for relay in node.relays):
        planned = [relay for relay in node.relays if relay.interface == interface]
        configured = _configured(config, planned[0], planned[0].link_address, _name_of_vrf(node))
        claimed += configured
        found += _interface(config, node, planned, configured)
    found += _further(config, node)
    found += readback_ports.further(config, plan, node)
    found += _forwards(config, node)
    found += _snooping(config, plan, node)
    found += readback_standby.differences(config, node)
    if not registry.get(node.device).facts.fabric.netlab_vlan:
        found += readback_vlans.differences(config, plan, node)
    found += readback_fabric.differences(config, plan, node, configuration)
    ports = {plain_name(port) for port in _upstream(node)}
    extra = [
        each for each in config.relays if each not in claimed and plain_name(each.interface) not in ports
    ]
    return [
        *dict.fromkeys(found),
        *(f"{each.interface or each.vrf} relays unplanned (line {each.line})" for each in extra),
    ]


def _interface(
    config: RelayReading, node: NodePlan, planned: list[RelayPlan], configured: list[ConfiguredRelay]
) -> Iterator[str]:
    """What one interface, with one group of servers or several, is configured to do otherwise than planned."""
    segment = f"segment {planned[0].segment}"
    if not configured:
        yield f"nothing relays on {planned[0].interface} for {segment}"
        return
    name = _name_of_vrf(node)
    asked = ((str(address), name(vrf)) for relay in planned for address, vrf in relay.asks)
    wanted = list(dict.fromkeys(asked))
    given = [(str(t.address), t.vrf or name(planned[0].vrf)) for each in configured for t in each.targets]
    if sorted(wanted) != sorted(given):
        yield f"{segment}: helper addresses {given}, planned {wanted}"
    yield from readback_ports.differences(config, node, planned[0], configured)
    can = registry.get(node.device).facts.relay
    for each in configured:
        for target in each.targets:
            relay = next((r for r in planned if target.address in {t.address for t in r.targets}), planned[0])
            sent = each.options | (can.always if can else frozenset())
            yield from (f"{segment}: {text}" for text in _one(config, relay, each, target, sent))


def _name_of_vrf(node: NodePlan) -> Callable[[str], str]:
    """What a switch calls a VRF of the plan."""
    return registry.get(node.device).facts.naming.vrf_name


def _further(config: RelayReading, node: NodePlan) -> Iterator[str]:
    """Addresses of secondary subnets that an interface is not given, or gives as its first, which giaddr is taken from."""
    for port in node.interfaces if not registry.get(node.device).facts.embedded else ():
        moved = (each for each in config.interfaces if port.address in each.addresses)
        have = config.interface(port.name) or config.interface(f"{port.name}.0") or next(moved, None)
        addresses = have.addresses if have else ()
        missing = [str(each) for each in port.secondary if each not in addresses]
        if missing:
            yield f"{port.name} has no address {', '.join(missing)}"
        if port.secondary and port.address in addresses and addresses[0] != port.address:
            yield f"{port.name} has {addresses[0]} first, planned {port.address}"


def _forwards(config: RelayReading, node: NodePlan) -> Iterator[str]:
    """What a port towards other relays is configured to do otherwise than planned: they must reach the same servers."""
    for interface in dict.fromkeys(side.interface for side in node.forwards):
        sides = [side for side in node.forwards if side.interface == interface]
        port = node.interface(interface).address
        assert port is not None
        wanted = {asked for side in sides for asked in side.asks}
        given = {
            (target.address, target.vrf or sides[0].vrf)
            for each in _configured(config, sides[0], port.ip, _name_of_vrf(node))
            for target in each.targets
        }
        if wanted != given:
            yield f"{interface} towards other relays: helper addresses {_listed(given)}, planned {_listed(wanted)}"


def _snooping(config: RelayReading, plan: LabPlan, node: NodePlan) -> Iterator[str]:
    """What is configured otherwise than planned for the DHCP of access ports: VLANs, option 82, and ports that are trusted."""
    if registry.get(node.device).facts.embedded:
        return  # a program's own file says it
    netlab = naming.for_netlab(plan)
    names = {
        vlan.id: {str(vlan.id), netlab.get(vlan.name, vlan.name), f"vlan-{vlan.id}"} for vlan in node.vlans
    }
    snooped, planned = dict(config.snooped), {each.vlan: each for each in node.snooping}
    for number, own in names.items():
        have = next((snooped[name] for name in own if name in snooped), None)
        have = snooped.get("*") if have is None and not own & config.spared else have
        if (have is not None) != (number in planned):
            yield f"VLAN {number} is {'not ' if have is None else ''}snooped on"
        elif have is not None and have != any(port.inserts for port in planned[number].ports):
            yield f"VLAN {number} is snooped on {'with' if have else 'without'} option 82"
    wanted = {plain_name(port) for each in node.snooping for port in each.trusted}
    trusted = {plain_name(port) for port in config.trusted}
    if trusted != wanted:
        yield f"ports {sorted(trusted)} are trusted, planned {sorted(wanted)}"


def _listed(targets: set[tuple[Address, str]]) -> str:
    return f"[{', '.join(f'{address} in {vrf}' for address, vrf in sorted(targets))}]"


def _upstream(node: NodePlan) -> Iterator[str]:
    """Ports that some devices list together with those towards clients, as they name them."""
    relayed = {relay.interface for relay in node.relays}
    for port in node.interfaces:
        if port.name not in relayed:
            yield from (port.name, port.linux, str(port.address.ip) if port.address else port.name)


def _configured(
    config: RelayReading, relay: RelaySide, own: Address, called: Callable[[str], str]
) -> list[ConfiguredRelay]:
    """The relays of an interface by its device or kernel name, its unit 0, or its own address, or that of its whole VRF."""
    names = {
        plain_name(relay.interface),
        f"{plain_name(relay.interface)}.0",
        plain_name(relay.linux),
        str(own),
    }
    names |= {
        plain_name(each.name)
        for each in config.interfaces
        if each.vrf == called(relay.vrf) and own in {address.ip for address in each.addresses}
    }
    named = [each for each in config.relays if plain_name(each.interface) in names]
    whole = [each for each in config.relays if not each.interface and each.vrf == called(relay.vrf)]
    return named or whole


def _one(
    config: RelayReading,
    relay: RelayPlan,
    configured: ConfiguredRelay,
    target: ConfiguredTarget,
    sent: frozenset[RelayOption],
) -> Iterator[str]:
    if not _same_source(config, relay, configured, target):
        yield (
            f"giaddr from `{config.source(configured, target, relay.vrf) or 'the device itself'}`, planned "
            f"{relay.giaddr} of `{relay.owner.interface if relay.owner else 'nobody'}`"
        )
    options = set(sent) - (set() if _names_vrf(relay) else {RelayOption.VSS})
    if config.private and options & {RelayOption.LINK_SELECTION, RelayOption.SERVER_ID_OVERRIDE}:
        yield "link selection and server identifier override are sent as the vendor's own sub-options"
    if options != set(relay.sent):
        yield f"sub-options {_words(options)}, planned {_words(set(relay.sent))}"


def _names_vrf(relay: RelayPlan) -> bool:
    """True if there is a VRF for sub-option 151 to name."""
    return RelayOption.VSS in relay.sent


def _same_source(
    config: RelayReading, relay: RelayPlan, configured: ConfiguredRelay, target: ConfiguredTarget
) -> bool:
    said = config.source(configured, target, relay.vrf)
    owner = relay.source
    if not said:
        return owner is None or (relay.inter_vrf and owner.outgoing)
    if relay_config.address(said) is not None:
        return said == str(relay.giaddr)
    return owner is not None and plain_name(said) in (plain_name(owner.interface), plain_name(owner.linux))


def _words(options: set[RelayOption]) -> str:
    return f"[{', '.join(option for option in RelayOption if option in options)}]"
