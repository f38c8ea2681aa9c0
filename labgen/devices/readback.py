"""What labgen wrote for a switch, read back by the device's own reader and held against the plan."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.devices import registry, relay_config
from labgen.devices.relay_config import ConfiguredRelay, ConfiguredTarget, RelayConfig, plain_name
from labgen.ground.labplan import LabPlan, NodePlan, RelayPlan
from labgen.ground.vocabulary import RelayOption


def text(plan: LabPlan, node: NodePlan) -> str:
    """The configuration of a switch that says what it relays: its files, and the command lines of its daemons."""
    device = registry.get(node.device)
    files = [file.text for file in device.artifacts(plan, node) if _about_relaying(file.path)]
    return "\n".join(files or [" ".join(daemon.argv) for daemon in device.daemons(plan, node)])


def _about_relaying(path: str) -> bool:
    """FRR's own files and what systems need beside them say nothing of DHCP."""
    return "/etc/frr/" not in path


def differences(plan: LabPlan, node: NodePlan, configuration: str) -> list[str]:
    """What a configuration of a switch says otherwise than the plan, in words; nothing where they agree."""
    config = relay_config.read(node.device, configuration)
    if config is None:
        return [f"nobody reads configurations of `{node.device}`"]
    found = [f"line {number} is not understood: {line}" for number, line in config.unread]
    if config.off and node.relays:
        found.append("relaying is turned off")
    claimed: list[ConfiguredRelay] = []
    for relay in node.relays:
        configured = _configured(config, relay)
        if configured is None:
            found.append(f"nothing relays on {relay.interface} for segment {relay.segment}")
            continue
        claimed.append(configured)
        can = registry.get(node.device).facts.relay
        sent = configured.options | (can.always if can else frozenset())
        found += [f"segment {relay.segment}: {each}" for each in _one(config, relay, configured, sent)]
    ports = {plain_name(port) for port in _upstream(node)}
    extra = [
        each for each in config.relays if each not in claimed and plain_name(each.interface) not in ports
    ]
    return [*found, *(f"{each.interface or each.vrf} relays unplanned (line {each.line})" for each in extra)]


def _upstream(node: NodePlan) -> Iterator[str]:
    """Ports that some devices list together with those towards clients."""
    relayed = {relay.interface for relay in node.relays}
    for port in node.interfaces:
        if port.name not in relayed:
            yield port.name
            yield port.linux
    for side in node.forwards:
        yield side.linux


def _configured(config: RelayConfig, relay: RelayPlan) -> ConfiguredRelay | None:
    """The relay of an interface by its device or kernel name, its unit 0, or its address, or that of its whole VRF."""
    names = {plain_name(relay.interface), f"{plain_name(relay.interface)}.0"}
    names |= {plain_name(relay.linux), str(relay.link_address)}
    names |= {
        plain_name(each.name)
        for each in config.interfaces
        if relay.link_address in {own.ip for own in each.addresses}
    }
    own = (each for each in config.relays if plain_name(each.interface) in names)
    whole = (each for each in config.relays if not each.interface and each.vrf == relay.vrf)
    return next(own, next(whole, None))


def _one(
    config: RelayConfig, relay: RelayPlan, configured: ConfiguredRelay, sent: frozenset[RelayOption]
) -> Iterator[str]:
    wanted = [(str(target.address), target.vrf) for target in relay.targets]
    given = [(str(target.address), target.vrf or relay.vrf) for target in configured.targets]
    if sorted(wanted) != sorted(given):
        yield f"helper addresses {given}, planned {wanted}"
    for target in configured.targets:
        if not _same_source(config, relay, configured, target):
            yield (
                f"giaddr from `{target.source or configured.source or 'the device itself'}`, planned "
                f"{relay.giaddr} of `{relay.owner.interface if relay.owner else 'nobody'}`"
            )
    options = set(sent) - (set() if _names_vrf(relay) else {RelayOption.VSS})
    if options != set(relay.sent):
        yield f"sub-options {_words(options)}, planned {_words(set(relay.sent))}"


def _names_vrf(relay: RelayPlan) -> bool:
    """Whether there is a VRF for sub-option 151 to name."""
    return RelayOption.VSS in relay.sent


def _same_source(
    config: RelayConfig, relay: RelayPlan, configured: ConfiguredRelay, target: ConfiguredTarget
) -> bool:
    said = target.source or dict(config.vrf_sources).get(relay.vrf, configured.source)
    owner = relay.source
    if not said:
        return owner is None or (relay.inter_vrf and owner.outgoing)
    if relay_config.address(said) is not None:
        return said == str(relay.giaddr)
    return owner is not None and plain_name(said) in (plain_name(owner.interface), plain_name(owner.linux))


def _words(options: set[RelayOption]) -> str:
    return f"[{', '.join(option for option in RelayOption if option in options)}]"
