"""Relaying of a Linux switch by labgen-relay's relay.yml. FRR itself relays nothing; its frr.conf gives interfaces and VRFs."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.devices.blocks import Block, indented
from labgen.devices.documents import Branch, document
from labgen.devices.relay_config import (
    ConfiguredInterface,
    ConfiguredRelay,
    ConfiguredTarget,
    RelayReading,
    address,
    with_length,
)
from labgen.ground.vocabulary import DEFAULT_VRF, RelayOption


def read(text: str) -> RelayReading:
    """A text that begins its lines as frr.conf does is one; any other is relay.yml."""
    if any(
        line.startswith(("frr version", "frr defaults", "interface ", "hostname "))
        for line in text.splitlines()
    ):
        blocks = indented(text).under("interface")
        return RelayReading(tuple(_interface(block) for block in blocks))
    top = document(text)
    return RelayReading(relays=tuple(_relays(top)), unread=tuple(_unknown(top)))


def _unknown(top: Branch) -> Iterator[tuple[int, str]]:
    """Interfaces without a name, and VRFs that the relay is not told of."""
    known = {DEFAULT_VRF, "", *(name for name, _ in top.at("vrfs").items())}
    for each in top.at("interfaces").list():
        if not each.at("name").text:
            yield each.line, "an interface without a name"
        for vrf in {
            each.at("vrf").text,
            *(server.at("vrf").text for server in each.at("servers").list()),
        } - known:
            yield each.line, f"VRF {vrf}, which is not among `vrfs`"


def _interface(block: Block) -> ConfiguredInterface:
    """`interface X [vrf V]`, with the VRF on its line or under it."""
    head = block.words[1:]
    inner = next((line.words[1] for line in block.under("vrf") if len(line.words) > 1), DEFAULT_VRF)
    vrf = head[2] if head[1:2] == ("vrf",) and len(head) > 2 else inner
    own = [with_length(line.words[2]) for line in block.under("ip", "address") if len(line.words) > 2]
    return ConfiguredInterface(head[0], vrf, tuple(each for each in own if each), (), block.number)


def _relays(top: Branch) -> Iterator[ConfiguredRelay]:
    for each in top.at("interfaces").list():
        options = {option for option in RelayOption if option in {o.text for o in each.at("options").list()}}
        yield ConfiguredRelay(
            each.at("name").text,
            tuple(_targets(each)),
            each.at("vrf").text or DEFAULT_VRF,
            each.at("giaddr").text,
            frozenset(options),
            each.line,
        )


def _targets(relay: Branch) -> Iterator[ConfiguredTarget]:
    for server in relay.at("servers").list():
        found = address(server.at("address").text)
        if found is not None:
            yield ConfiguredTarget(
                found, server.at("vrf").text or DEFAULT_VRF, server.at("giaddr").text, server.line
            )
