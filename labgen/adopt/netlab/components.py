"""Components of a netlab topology: nodes that stand for a whole topology of their own, spelled out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def expanded(data: dict[str, Any]) -> dict[str, Any]:
    """The topology with each node that includes a component replaced by the component's nodes, named `NODE_INNER`, and with the
    component's links among them."""
    known, nodes = data.get("components"), data.get("nodes")
    if not isinstance(known, dict) or not isinstance(nodes, dict):
        return data
    found: dict[str, Any] = {}
    links = list(data.get("links") or [])
    for name, said in nodes.items():
        inner = (
            known.get(said["include"])
            if isinstance(said, dict) and isinstance(said.get("include"), str)
            else None
        )
        if not isinstance(inner, dict):
            found[name] = said
            continue
        own = _nodes(inner.get("nodes"))
        shared = {key: value for key, value in said.items() if key != "include"}
        found.update({f"{name}_{each}": {**shared, **attributes} for each, attributes in own.items()})
        links += [_link(link, set(own), str(name)) for link in inner.get("links") or []]
    return {**data, "nodes": found, "links": links}


def _nodes(value: Any) -> dict[str, dict[str, Any]]:
    if isinstance(value, dict):
        return {str(name): each if isinstance(each, dict) else {} for name, each in value.items()}
    words = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
    return {str(word).strip(): {} for word in words}


def _link(link: Any, inner: set[str], prefix: str) -> Any:
    """A link among nodes of a component, by their whole names."""
    if isinstance(link, str):
        return "-".join(f"{prefix}_{end}" if end in inner else end for end in link.split("-"))
    if isinstance(link, list):
        return [_link(end, inner, prefix) for end in link]
    if not isinstance(link, Mapping):
        return link
    found = {f"{prefix}_{key}" if key in inner else key: value for key, value in link.items()}
    if isinstance(found.get("interfaces"), list):
        found["interfaces"] = [_end(end, inner, prefix) for end in found["interfaces"]]
    return found


def _end(end: Any, inner: set[str], prefix: str) -> Any:
    if isinstance(end, Mapping) and end.get("node") in inner:
        return {**end, "node": f"{prefix}_{end['node']}"}
    return f"{prefix}_{end}" if end in inner else end
