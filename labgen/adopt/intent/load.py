"""Loads a valid intent from a file; contradictions in it are reported with their lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from labgen.adopt.intent.model import IntendedNode, IntendedSegment, Intent
from labgen.devices import registry
from labgen.ground.errors import Problem, SpecError
from labgen.ground.vocabulary import Role
from labgen.plan import pools
from labgen.spec import source, values
from labgen.spec.source import SpecSource


@dataclass(frozen=True)
class LoadedIntent:
    """A valid intent and its source."""

    intent: Intent
    source: SpecSource

    @property
    def folder(self) -> Path:
        """The folder that relative paths in it start from."""
        return self.source.file.resolve().parent


def load(file: Path) -> LoadedIntent:
    """SpecError that lists every fault with its place."""
    raw = source.read(file)
    found = LoadedIntent(raw.parse(Intent), raw)
    problems = list(_faults(found))
    if problems:
        raise SpecError(problems)
    return found


def _faults(loaded: LoadedIntent) -> Iterator[Problem]:
    for name, node in loaded.intent.nodes.items():
        yield from _node(loaded, name, node)
    for name, segment in loaded.intent.segments.items():
        yield from _segment(loaded, name, segment)
    hanging = {client for segment in loaded.intent.segments.values() for client in segment.clients}
    for name, node in loaded.intent.nodes.items():
        if node.role is Role.CLIENT and name not in hanging:
            yield loaded.source.problem(
                ("nodes", name),
                f"{name} hangs on no segment",
                "list it under `clients` of its segment, or leave it out",
            )
    if not any(segment.clients for segment in loaded.intent.segments.values()):
        yield loaded.source.problem(
            ("segments",),
            "no segment has a client, so there is nobody whose lease could be judged",
            "name the clients: `clients: {pc1: eth1}`",
        )
    for n, text in enumerate(loaded.intent.captures):
        yield from _capture(loaded, ("captures", n), text)


def _node(loaded: LoadedIntent, name: str, node: IntendedNode) -> Iterator[Problem]:
    if node.device:
        try:
            facts = registry.get(node.device).facts
        except SpecError as error:
            first = error.problems[0]
            yield loaded.source.problem(("nodes", name, "device"), first.reason, first.remedy)
            return
        if node.role not in facts.roles:
            fitting = ", ".join(
                own for own, each in registry.everything().items() if node.role in each.facts.roles
            )
            yield loaded.source.problem(
                ("nodes", name, "device"),
                f"{name}: {facts.title} is no {node.role.value}",
                f"use one of: {fitting}",
            )


def _segment(loaded: LoadedIntent, name: str, segment: IntendedSegment) -> Iterator[Problem]:
    place = ("segments", name)
    for client, said in segment.clients.items():
        yield from _member(loaded, (*place, "clients", client), client, Role.CLIENT)
        if said.at and said.at not in segment.relays:
            yield loaded.source.problem(
                (*place, "clients", client, "at"),
                f"`{said.at}` does not relay for {name}",
                _among(segment.relays),
            )
    for switch, relay in segment.groups:
        yield from _member(loaded, (*place, "relays", switch), switch, Role.SWITCH)
        node = loaded.intent.nodes.get(switch)
        port = node.interfaces.get(relay.interface) if node else None
        if node is not None and port is None:
            yield loaded.source.problem(
                (*place, "relays", switch, "interface"),
                f"{switch} has no interface `{relay.interface}`",
                f"list it with its address under nodes.{switch}.interfaces" + _known(node.interfaces),
            )
        elif port is not None and port.address is None and relay.giaddr is None:
            yield loaded.source.problem(
                (*place, "relays", switch, "interface"),
                f"{switch}: {relay.interface} has no address, and no giaddr is given",
                "say one of them",
            )
        for server in relay.servers:
            yield from _serves(loaded, (*place, "relays", switch, "servers"), server, segment, name)
    for server in segment.direct:
        yield from _serves(loaded, (*place, "direct"), server, segment, name)
    yield from _pools(loaded, name, segment)
    yield from _subnets(loaded, name, segment)
    if segment.clients and not segment.relays and not segment.direct:
        yield loaded.source.problem(
            place, f"nobody serves {name}: it has neither relays nor direct servers", "name one of them"
        )


def _member(loaded: LoadedIntent, path: tuple[str | int, ...], name: str, role: Role) -> Iterator[Problem]:
    node = loaded.intent.nodes.get(name)
    if node is None:
        yield loaded.source.problem(path, f"there is no node `{name}`", _among(loaded.intent.nodes))
    elif node.role is not role:
        yield loaded.source.problem(
            path, f"{name} is a {node.role.value}, not a {role.value}", "correct one of the two"
        )


def _serves(
    loaded: LoadedIntent, path: tuple[str | int, ...], server: str, segment: IntendedSegment, name: str
) -> Iterator[Problem]:
    yield from _member(loaded, path, server, Role.SERVER)
    node = loaded.intent.nodes.get(server)
    if node is None:
        return
    if node.address is None and not any(each.address for each in node.interfaces.values()):
        yield loaded.source.problem(
            ("nodes", server), f"{server} has no address", "say `address: 10.9.9.1`, or list its interfaces"
        )
    if server not in segment.pools:
        yield loaded.source.problem(
            path,
            f"nothing says what {server} hands out on {name}",
            f"add `pools: {{{server}: {{ranges: [...]}}}}`",
        )


def _pools(loaded: LoadedIntent, name: str, segment: IntendedSegment) -> Iterator[Problem]:
    asked = {*segment.direct, *(server for _, relay in segment.groups for server in relay.servers)}
    for server, pool in segment.pools.items():
        place = ("segments", name, "pools", server)
        if server not in asked:
            yield loaded.source.problem(place, f"nobody asks {server} for {name}", _among(sorted(asked)))
        yield from _ranges(loaded, (*place, "ranges"), pool.spans, segment)
        for class_name, each in pool.classes.items():
            below = (*place, "classes", class_name)
            yield from _ranges(loaded, (*below, "range"), each.range, segment)
            for client in each.clients:
                if client not in segment.clients:
                    yield loaded.source.problem(
                        (*below, "clients"), f"`{client}` is no client of {name}", _among(segment.clients)
                    )


def _subnets(loaded: LoadedIntent, name: str, segment: IntendedSegment) -> Iterator[Problem]:
    """Secondary subnets that overlap another of the segment, and gateways outside their subnet."""
    known = [segment.prefix]
    for n, each in enumerate(segment.secondary):
        place = ("segments", name, "secondary", n)
        if same := next((prefix for prefix in known if prefix.overlaps(each.prefix)), None):
            yield loaded.source.problem(
                place, f"{each.prefix} overlaps {same} of the same segment", "correct one of the two"
            )
        if each.gateway is not None and each.gateway not in each.prefix:
            yield loaded.source.problem(
                (*place, "gateway"), f"{each.gateway} is outside {each.prefix}", "correct one of the two"
            )
        known.append(each.prefix)


def _ranges(
    loaded: LoadedIntent, place: tuple[str | int, ...], texts: Sequence[str], segment: IntendedSegment
) -> Iterator[Problem]:
    prefixes = (segment.prefix, *(each.prefix for each in segment.secondary))
    for n, text in enumerate(texts):
        try:
            found = pools.parse(text)
        except ValueError as error:
            yield loaded.source.problem((*place, n), str(error), "write first-last")
            continue
        if not any(found.first in prefix and found.last in prefix for prefix in prefixes):
            reason = f"{found} is not within {' or '.join(map(str, prefixes))}"
            yield loaded.source.problem(
                (*place, n), reason, "correct one of the two, or name its subnet under `secondary`"
            )


def _capture(loaded: LoadedIntent, path: tuple[str | int, ...], text: str) -> Iterator[Problem]:
    node, _, port = text.partition(":")
    if node not in loaded.intent.nodes:
        yield loaded.source.problem(path, f"there is no node `{node}`", _among(loaded.intent.nodes))
    elif not port:
        yield loaded.source.problem(path, f"{values.quoted(text)} names no interface", f"write `{node}:eth1`")


def _among(names: object) -> str:
    known = [str(each) for each in names] if isinstance(names, dict | list | tuple) else []
    return f"use one of: {', '.join(known)}" if known else "there is none yet"


def _known(names: dict[str, object] | object) -> str:
    known = list(names) if isinstance(names, dict) else []
    return f"; it has: {', '.join(known)}" if known else ""
