"""ISC dhcrelay: its command line, or Debian's /etc/default/isc-dhcp-relay (dhcrelay(8))."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from labgen.devices.base import CIRCUIT, LINK
from labgen.devices.relay_config import ConfiguredRelay, ConfiguredTarget, RelayReading, address
from labgen.ground.vocabulary import DEFAULT_VRF, RelayOption

VALUED = {
    "-i": "both",
    "-id": "down",
    "-iu": "up",
    "-U": "source",
    "-c": "",
    "-A": "",
    "-m": "",
    "-p": "",
    "-pf": "",
    "-r": "",
}


def read(text: str) -> RelayReading:
    """One list of servers for every interface; `-U` takes giaddr from one interface and implies `-a` (RFC 3527)."""
    relays: list[ConfiguredRelay] = []
    for number, words in _commands(text):
        relays += _relays(number, words)
    return RelayReading(relays=tuple(relays))


def _commands(text: str) -> Iterator[tuple[int, list[str]]]:
    lines = list(enumerate(text.splitlines(), 1))
    said = {
        name: (number, value.strip().strip('"').split())
        for number, line in lines
        for name, equals, value in [line.partition("=")]
        if equals and name in ("SERVERS", "INTERFACES", "OPTIONS", "INTF_CMD")
    }
    if "SERVERS" in said:
        number, servers = said["SERVERS"]
        ports = [word for name in said.get("INTERFACES", (0, []))[1] for word in ("-i", name)]
        rest = [*said.get("OPTIONS", (0, []))[1], *said.get("INTF_CMD", (0, []))[1]]
        yield number, [*rest, *ports, *servers]
        return
    for number, line in lines:
        words = shlex.split(line, comments=True)
        if words and words[0].rpartition("/")[2] == "dhcrelay":
            yield number, words[1:]


def _relays(number: int, words: list[str]) -> Iterator[ConfiguredRelay]:
    down, up, source, servers = list[str](), list[str](), "", list[ConfiguredTarget]()
    options: set[RelayOption] = set()
    rest = iter(words)
    for word in rest:
        kind = VALUED.get(word)
        if kind is not None:
            value = next(rest, "")
            down += [value] if kind in ("down", "both") else []
            up += [value] if kind == "up" else []
            source = value if kind == "source" else source
        elif word == "-a":
            options.add(CIRCUIT)
        elif (found := address(word)) is not None:
            servers.append(ConfiguredTarget(found, "", "", number))
    options |= {CIRCUIT, LINK} if source else set()
    for name in (each for each in down if each not in up):
        yield ConfiguredRelay(name, tuple(servers), DEFAULT_VRF, source, frozenset(options), number)
