"""Relaying of a switch that labgen configured, held against the plan: for which segments, to whom, with which giaddr and sub-options."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from labgen.devices import registry, relay_config
from labgen.devices.readback import addresses
from labgen.devices.relay_config import ConfiguredRelay, ConfiguredTarget, RelayReading, plain_name
from labgen.ground.labplan import NodePlan, RelayPlan, RelaySide
from labgen.ground.vocabulary import Address, RelayOption


def differences(config: RelayReading, node: NodePlan) -> Iterator[str]:
    """Differences of relaying from the plan, in words, and relays that nobody planned."""
    if config.off and node.relays:
        yield "relaying is turned off"
    claimed: list[ConfiguredRelay] = []
    for interface in dict.fromkeys(relay.interface for relay in node.relays):
        planned = [relay for relay in node.relays if relay.interface == interface]
        configured = _configured(config, planned[0], planned[0].link_address, _name_of_vrf(node))
        claimed += configured
        yield from _interface(config, node, planned, configured)
    yield from _forwards(config, node)
    ports = {plain_name(port) for port in _upstream(node)}
    for each in config.relays:
        if each not in claimed and plain_name(each.interface) not in ports:
            yield f"{each.interface or each.vrf} relays unplanned (line {each.line})"


def _interface(
    config: RelayReading, node: NodePlan, planned: list[RelayPlan], configured: list[ConfiguredRelay]
) -> Iterator[str]:
    """Differences of one interface, with one group of servers or several."""
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
    yield from addresses.of_relay(config, node, planned[0], configured)
    can = registry.get(node.device).facts.relay
    for each in configured:
        for target in each.targets:
            relay = next((r for r in planned if target.address in {t.address for t in r.targets}), planned[0])
            sent = each.options | (can.always if can else frozenset())
            yield from (f"{segment}: {text}" for text in _one(config, relay, each, target, sent))


def _name_of_vrf(node: NodePlan) -> Callable[[str], str]:
    """A function that gives the switch's name of a VRF of the plan."""
    return registry.get(node.device).facts.naming.vrf_name


def _forwards(config: RelayReading, node: NodePlan) -> Iterator[str]:
    """Differences of a port towards other relays: they must reach the same servers."""
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
