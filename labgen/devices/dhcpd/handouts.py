"""The answers of dhcpd to one client: its configuration worked through statement by statement (dhcpd.conf(5), dhcp-eval(5)).

Statements of a client's classes go before those of a pool, those before its subnet's, those before the ones around it, and conditions
are taken where they stand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network

from labgen.devices import conditions
from labgen.devices.dhcpd.statements import DECLARED, Declaration, codes, parsed
from labgen.devices.handouts import AskingClient, Handout

_DEFAULT, _SHORTEST, _LONGEST = 43200, 300, 86400
"""Lease times of a configuration that says none, and the bounds of what clients may ask for, in seconds."""
_APART = frozenset({"routers", "dhcp-renewal-time", "dhcp-rebinding-time", "dhcp-server-identifier"})


def read(text: str, client: AskingClient) -> Iterator[Handout]:
    """Every pool that a client may have an address of. ValueError where a condition is not understood."""
    top = parsed(text)
    classes = [
        each
        for each in top.blocks
        if each.words.startswith("class ") and _met(each.value("match if"), client)
    ]
    member = {each.words.split(None, 1)[1].strip('"') for each in classes}
    for subnet, around in _subnets(top, ()):
        pools = [each for each in subnet.blocks if each.words == "pool"] or [subnet]
        for pool in pools:
            if _may_have(pool, member):
                inner = () if pool is subnet else (pool,)
                own = _settings((*around, subnet, *inner, *classes), client)
                yield _handout(subnet, pool, own, codes(top), client)


def _subnets(
    block: Declaration, around: tuple[Declaration, ...]
) -> Iterator[tuple[Declaration, tuple[Declaration, ...]]]:
    """Subnets, each with the blocks that it is in, the outermost first."""
    for each in block.blocks:
        if each.prefix is not None:
            yield each, (*around, block)
        elif each.words.startswith(("shared-network", "group")):
            yield from _subnets(each, (*around, block))


def _may_have(pool: Declaration, member: set[str]) -> bool:
    """True if a member of these classes may have an address of a pool (dhcpd.conf(5), "Pool permit lists")."""
    allowed = _listed(pool, "allow members of")
    return not (member & _listed(pool, "deny members of")) and (not allowed or bool(member & allowed))


def _listed(pool: Declaration, words: str) -> set[str]:
    return {text[len(words) :].strip(' "') for text in pool.said if text.startswith(words)}


def _settings(levels: tuple[Declaration, ...], client: AskingClient) -> dict[str, str]:
    """The settings of a client by keyword, options as `option NAME`."""
    found: dict[str, str] = {}
    for block in levels:
        for entry in block.entries:
            if isinstance(entry, str):
                if DECLARED.match(entry):
                    continue
                words = entry.split(None, 2 if entry.startswith("option ") else 1)
                found[" ".join(words[:-1])] = words[-1] if words else ""
            elif entry.words.startswith("if ") and _met(entry.words[3:], client):
                found |= _settings((entry,), client)
            elif entry.words.startswith(("els", "switch")):
                raise ValueError(f"a condition is not understood: {entry.words}")
    return found


def _met(condition: str, client: AskingClient) -> bool:
    values = {
        "hardware": b"\x01" + bytes.fromhex(client.mac.replace(":", "")),
        "option vendor-class-identifier": client.vendor_class,
        "option user-class": client.user_class,
        "option dhcp-client-identifier": client.client_id,
        "option agent.circuit-id": client.circuit_id,
    }
    return conditions.holds(condition, lambda words: values.get(words) or None)


def _handout(
    subnet: Declaration,
    pool: Declaration,
    own: Mapping[str, str],
    known: Mapping[str, int],
    client: AskingClient,
) -> Handout:
    lease = _lease(own, client)
    options = {
        name.removeprefix("option "): value for name, value in own.items() if name.startswith("option ")
    }
    ranges = (text.split()[1:] for text in pool.said if text.startswith("range "))
    return Handout(
        prefix=subnet.prefix or IPv4Network("0.0.0.0/0"),
        ranges=tuple((IPv4Address(words[0]), IPv4Address(words[-1])) for words in ranges),
        lease=lease,
        renew=int(options.get("dhcp-renewal-time", lease // 2)),
        rebind=int(options.get("dhcp-rebinding-time", lease * 7 // 8)),
        router=options.get("routers", ""),
        options={
            known[name]: value for name, value in options.items() if name in known and name not in _APART
        },
    )


def _lease(own: Mapping[str, str], client: AskingClient) -> int:
    """Seconds that a client gets: what it asks for, else the default, within bounds (dhcpd.conf(5), `max-lease-time`)."""
    longest = int(own.get("max-lease-time", _LONGEST))
    shortest = int(own.get("min-lease-time", min(_SHORTEST, longest)))
    wanted = client.lease or int(own.get("default-lease-time", _DEFAULT))
    return max(min(wanted, longest), shortest)
