"""Pools of VyOS, from its set commands: `service dhcp-server` (1.4: routers beside the options, 1.5: all of them below `option`)."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from ipaddress import IPv4Network

from labgen.devices.option_words import hex_of_addresses, hex_of_text
from labgen.devices.served import Served
from labgen.devices.vyos.device import OPTIONS

CODES = {name: (code, listed) for code, (name, listed) in OPTIONS.items()}
DAY = 86400


def read(text: str) -> Iterator[Served]:
    """Its subnets, where it listens to an address. From 1.5 on it is Kea, which wants a number for each, and hears what is sent to those
    addresses alone."""
    subnets: dict[str, list[tuple[str, ...]]] = {}
    listens: list[str] = []
    for line in text.splitlines():
        words = tuple(shlex.split(line, comments=True))
        if words[:3] != ("set", "service", "dhcp-server"):
            continue
        listens += words[4:5] if words[3:4] == ("listen-address",) else ()
        if words[3:4] == ("shared-network-name",) and words[5:6] == ("subnet",):
            subnets.setdefault(words[6], []).append(words[7:])
    numbered = {prefix for prefix, said in subnets.items() if any(words[0] == "subnet-id" for words in said)}
    for prefix in (numbered or subnets) if listens else ():
        found = _subnet(prefix, subnets[prefix])
        found.heard = frozenset(listens) if numbered else None
        yield found


def _subnet(prefix: str, said: list[tuple[str, ...]]) -> Served:
    found = Served(IPv4Network(prefix), lease=DAY)
    values = {words[:-1]: words[-1] for words in said if len(words) > 1}
    numbers = dict.fromkeys(words[1] for words in values if words[0] == "range")
    found.ranges = [
        f"{values['range', number, 'start']}-{values['range', number, 'stop']}"
        for number in numbers
        if ("range", number, "start") in values and ("range", number, "stop") in values
    ]
    for name in dict.fromkeys(words[1] for words in values if words[0] == "static-mapping"):
        mac, own = (values.get(("static-mapping", name, word), "") for word in ("mac", "ip-address"))
        if mac and own:
            found.reservations[mac] = own
    found.router = values.get(("option", "default-router")) or values.get(("default-router",), "")
    found.lease = int(values.get(("lease",), DAY))
    given: dict[str, list[str]] = {}
    for words in said:
        if words[:1] == ("option",) and len(words) == 3:
            given.setdefault(words[1], []).append(words[2])
    known = ((CODES[name], texts) for name, texts in given.items() if name in CODES)
    found.options = {
        code: hex_of_addresses(texts) if listed else hex_of_text(texts[0]) for (code, listed), texts in known
    }
    return found
