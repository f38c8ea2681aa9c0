"""A netlab topology read the way netlab does: dotted keys, groups, short forms of links; typed once, for the translation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from labgen.adopt.netlab import components
from labgen.ground.errors import Problem, SpecError
from labgen.ground.yamldoc import Document
from labgen.spec.values import quoted

Attributes = Mapping[str, Any]

LINK_KEYS = frozenset(
    {
        "bandwidth",
        "bridge",
        "clab",
        "dhcp",
        "disable",
        "gateway",
        "group",
        "interfaces",
        "libvirt",
        "linkindex",
        "mtu",
        "name",
    }
    | {
        "ospf",
        "isis",
        "bgp",
        "pool",
        "prefix",
        "role",
        "stp",
        "type",
        "unnumbered",
        "vlan",
        "vlan_name",
        "vrf",
        "ra",
        "tunnel",
    }
    | {"ipv4", "ipv6", "mac", "eigrp", "bfd", "lag", "mpls", "provider", "labgen"}
)
"""Attributes of a link; every other key of one is a node."""


@dataclass(frozen=True, slots=True)
class End:
    """A node's end of a link, with its attributes."""

    node: str
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class TopologyLink:
    """A link with what netlab's topology says of it and of its ends, by its place in the list."""

    index: int
    ends: tuple[End, ...]
    attributes: Attributes

    def of(self, node: str) -> End:
        return next(end for end in self.ends if end.node == node)


@dataclass(frozen=True, slots=True)
class TopologyNode:
    """A node with its number in netlab, which addresses follow from."""

    name: str
    id: int
    attributes: Attributes

    @property
    def device(self) -> str:
        return str(self.attributes.get("device") or "")

    @property
    def modules(self) -> frozenset[str]:
        return frozenset(_words(self.attributes.get("module")))


@dataclass(frozen=True)
class Topology:
    """`nodes` in the order of their ids."""

    document: Document
    data: Attributes
    nodes: Mapping[str, TopologyNode]
    links: tuple[TopologyLink, ...]
    unread: tuple[str, ...] = field(default=())

    def get(self, path: str, default: Any = None) -> Any:
        return dig(self.data, path, default)

    @cached_property
    def modules(self) -> frozenset[str]:
        return frozenset(_words(self.data.get("module"))) | {
            m for node in self.nodes.values() for m in node.modules
        }


def dig(data: Any, path: str, default: Any = None) -> Any:
    """The value at a dotted path; the default where there is none."""
    for part in path.split("."):
        if not isinstance(data, Mapping) or part not in data:
            return default
        data = data[part]
    return data


def read(document: Document) -> Topology:
    """The topology of a file. SpecError where it is none."""
    data = _in_one_list(_undotted(document.data))
    if not isinstance(data, dict) or ("nodes" not in data and "links" not in data):
        raise SpecError(
            [
                document.problem(
                    (), "this is no netlab topology: it has neither nodes nor links", "name a topology file"
                )
            ]
        )
    if problems := list(_misshapen(data, document)):
        raise SpecError(problems)
    data = components.expanded(data)
    groups: dict[str, Any] = data.get("groups") or {}
    names = _node_data(data.get("nodes"))
    for group in groups.values():
        if isinstance(group, dict) and (groups.get("_auto_create") or group.get("_auto_create")):
            names.update({name: {} for name in _words(group.get("members")) if name not in names})
    links = tuple(_links(data, set(names), document))
    for link in links:
        names.update({end.node: {} for end in link.ends if end.node not in names})
    if odd := next((name for name in names if not _NAME.fullmatch(name)), None):
        reason = f"{quoted(odd)} cannot be the name of a node"
        raise SpecError(
            [
                document.problem(
                    ("nodes", odd), reason, "begin it with a letter; then letters, digits, - and _"
                )
            ]
        )
    nodes = dict(_nodes(names, groups, data))
    return Topology(document, data, nodes, links, tuple(sorted(set(data) & UNREAD)))


def _in_one_list(data: Any) -> Any:
    """A topology whose links stand in lists by name (`links: {core: [...], edge: [...]}`), with all of them in one."""
    links = data.get("links") if isinstance(data, dict) else None
    if not isinstance(links, dict) or not all(isinstance(some, list | None) for some in links.values()):
        return data
    return {**data, "links": [each for some in links.values() for each in some or []]}


_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*", re.ASCII)
_NAMED: Mapping[str, tuple[type, ...]] = {
    "vlans": (dict,), "vrfs": (dict,), "groups": (dict, list, bool), "addressing": (dict,)
}  # fmt: skip
"""Mappings of names, and what stands at each name."""
_SHAPES: Mapping[str, tuple[type, ...]] = {
    "nodes": (dict, list, str), "links": (list,), "module": (list, str), "defaults": (dict,), **dict.fromkeys(_NAMED, (dict,))
}  # fmt: skip
_WORDS: Mapping[type, str] = {dict: "a mapping", list: "a list", str: "text", bool: "true or false"}


def _misshapen(data: Attributes, document: Document) -> Iterator[Problem]:
    """Parts of a file that make it no topology, each with its place."""
    for key, kinds in _SHAPES.items():
        value = data.get(key)
        if value is not None and not isinstance(value, kinds):
            yield document.problem((key,), f"`{key}` is {quoted(value)}", _write(kinds))
        elif key in _NAMED and isinstance(value, dict):
            for name, each in value.items():
                if each is not None and not isinstance(each, _NAMED[key]):
                    yield document.problem(
                        (key, name), f"`{key}.{name}` is {quoted(each)}", _write(_NAMED[key])
                    )


def _write(kinds: tuple[type, ...]) -> str:
    return f"netlab has {' or '.join(_WORDS[kind] for kind in kinds)} there"


UNREAD = frozenset(
    {
        "plugin",
        "validate",
        "tools",
        "bgp.policies",
        "routing",
        "prefix",
        "clab",
        "mpls",
        "sr",
        "lag",
    }
)


def _undotted(value: Any) -> Any:
    """`a.b: c` is `a: {b: c}`, at every depth."""
    if isinstance(value, list):
        return [_undotted(each) for each in value]
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for key, each in value.items():
        head, _, rest = str(key).partition(".")
        inner = _undotted({rest: each} if rest else each)
        known = found.get(head)
        found[head] = _merged(known, inner) if isinstance(known, dict) and isinstance(inner, dict) else inner
    return found


def _merged(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in own.items():
        known = result.get(key)
        result[key] = _merged(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return result


def _words(value: Any) -> list[str]:
    if isinstance(value, str):
        return [word.strip() for word in value.split(",") if word.strip()]
    return [str(each) for each in value] if isinstance(value, list) else []


def _node_data(value: Any) -> dict[str, dict[str, Any]]:
    if isinstance(value, dict):
        return {str(name): each if isinstance(each, dict) else {} for name, each in value.items()}
    found: dict[str, dict[str, Any]] = {}
    for each in value if isinstance(value, list) else _words(value):
        if isinstance(each, dict) and "name" in each:
            found[str(each["name"])] = each
        else:
            found[str(each)] = {}
    return found


def _gateways(names: Mapping[str, dict[str, Any]], groups: Mapping[str, Any], data: Attributes) -> set[int]:
    """Ids that netlab keeps for gateways: that of all, 1 unless it is set, where a node uses the module, and those of VLANs and links."""
    users = [data, *names.values(), *(each for each in groups.values() if isinstance(each, dict))]
    if not any("gateway" in _words(each.get("module")) for each in users) and not dig(data, "gateway"):
        return set()
    links = data.get("links")
    places = [*(data.get("vlans") or {}).values(), *(links if isinstance(links, list) else [])]
    own = [dig(each, "gateway.id") for each in places]
    return {each for each in (dig(data, "gateway.id", 1), *own) if isinstance(each, int) and each > 0}


def _nodes(
    names: Mapping[str, dict[str, Any]], groups: Mapping[str, Any], data: Attributes
) -> Iterator[tuple[str, TopologyNode]]:
    """Nodes with what groups and defaults add; ids as netlab counts them, around those that are set or kept for a gateway."""
    taken = {node["id"] for node in names.values() if isinstance(node.get("id"), int)}
    taken |= _gateways(names, groups, data)
    free = (number for number in range(1, 100_000) if number not in taken)
    for name, own in names.items():
        found: dict[str, Any] = {}
        if dig(data, "defaults.device"):
            found["device"] = dig(data, "defaults.device")
        if "module" in data:
            found["module"] = data["module"]
        for label, group in groups.items():
            if isinstance(group, dict) and name in _words(group.get("members")):
                shared = {key: value for key, value in group.items() if key not in ("members", "node_data")}
                shared["groups"] = [*found.get("groups", []), label]
                found = _merged(_merged(found, shared), group.get("node_data") or {})
        merged = _merged(found, own)
        identity = merged["id"] if isinstance(merged.get("id"), int) else next(free)
        yield name, TopologyNode(name, identity, merged)


def _grouped(links: Any) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Links, and those of link groups with the attributes of their group."""
    for each in links:
        if isinstance(each, dict) and "group" in each and isinstance(each.get("members"), list):
            shared = {key: value for key, value in each.items() if key not in ("group", "members")}
            yield from ((member, shared) for member in each["members"])
        else:
            yield each, {}


def _members(
    links: Iterable[tuple[Any, dict[str, Any]]], names: set[str], document: Document
) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Links, and the members of link aggregation groups as links of their own: one between each two nodes, with what the group says
    of itself and of its nodes."""
    for each, shared in links:
        members = dig(each, "lag.members") if isinstance(each, dict) else None
        if not isinstance(members, list):
            yield each, shared
            continue
        seen: set[frozenset[str]] = set()
        for number, member in enumerate(members):
            ends, own = _link(member, names, document, number)
            nodes = frozenset(end.node for end in ends)
            if nodes not in seen:
                seen.add(nodes)
                said = {end.node: _merged(each.get(end.node) or {}, end.attributes) for end in ends}
                kept = {key: value for key, value in each.items() if key in LINK_KEYS and key != "lag"}
                yield {**kept, **own, **said}, shared


def _links(data: Attributes, names: set[str], document: Document) -> Iterator[TopologyLink]:
    grouped = _grouped(data.get("links") or [])
    written: list[tuple[Any, dict[str, Any]]] = list(_members(grouped, names, document))
    for vlan, attributes in (data.get("vlans") or {}).items():
        for each in (attributes or {}).get("links", []) if isinstance(attributes, dict) else []:
            written.append((each, {"vlan": {"access": vlan}}))
    for vrf, attributes in (data.get("vrfs") or {}).items():
        for each in (attributes or {}).get("links", []) if isinstance(attributes, dict) else []:
            written.append((each, {"vrf": vrf}))
    for number, (each, extra) in enumerate(written):
        ends, attributes = _link(each, names, document, number)
        yield TopologyLink(number + 1, ends, _merged(extra, attributes))


def _link(
    value: Any, names: set[str], document: Document, number: int
) -> tuple[tuple[End, ...], dict[str, Any]]:
    if isinstance(value, str):
        return tuple(End(name, {}) for name in _apart(value, names)), {}
    if isinstance(value, list):
        return tuple(End(str(each), {}) for each in value), {}
    if not isinstance(value, dict):
        raise SpecError(
            [
                document.problem(
                    ("links", number), "this is no link", "netlab links are `a-b`, or a mapping of nodes"
                )
            ]
        )
    listed = value.get("interfaces")
    if isinstance(listed, list):
        ends = [
            End(str(each.get("node")), each) if isinstance(each, dict) else End(str(each), {})
            for each in listed
        ]
    else:
        ends = [
            End(key, each if isinstance(each, dict) else {})
            for key, each in value.items()
            if key in names or key not in LINK_KEYS
        ]
    said = {key: each for key, each in value.items() if key in LINK_KEYS and key != "interfaces"}
    return tuple(ends), {
        key: each for key, each in said.items() if isinstance(listed, list) or key not in names
    }


def _apart(text: str, names: set[str]) -> Sequence[str]:
    """Names of `a-b-c`, which may hold hyphens themselves."""
    parts, found = text.split("-"), list[str]()
    while parts:
        size = next((n for n in range(len(parts), 0, -1) if "-".join(parts[:n]) in names), 1)
        found.append("-".join(parts[:size]))
        parts = parts[size:]
    return found
