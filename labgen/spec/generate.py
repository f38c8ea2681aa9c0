"""Fabrics from a few numbers: `generate: {leaf_spine: {leaves: 4}}` becomes switches, links, segments and servers.

What the spec says itself goes on top of what is generated, key by key, so that one detail can be changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from labgen.spec.model import GenerateSpec, LeafSpineSpec

ASN = 65000
SEGMENT = "cv1"
VRF = "client"


class Outline(BaseModel):
    """The part of a spec that has to be read before the rest is known."""

    model_config = ConfigDict(frozen=True)

    generate: GenerateSpec


def expand(outline: Outline, data: Mapping[str, Any]) -> dict[str, Any]:
    """The whole spec as plain data. Over an eBGP underlay, EVPN has neither an AS number of its own nor reflectors."""
    made = _leaf_spine(outline.generate.leaf_spine)
    if _by_ebgp(data.get("underlay")):
        made["overlay"] = {"data": "vxlan", "control": "evpn"}
    return _merge(made, data)


def _by_ebgp(underlay: object) -> bool:
    """True if the underlay is eBGP, in any form that a spec may say it in."""
    protocol = underlay.get("protocol") if isinstance(underlay, Mapping) else underlay
    return protocol in ("ebgp", "bgp", "ebgp-unnumbered")


def _merge(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in own.items():
        below = merged.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            value = _merge(below, value)
        merged[key] = value
    return merged


def _leaf_spine(fabric: LeafSpineSpec) -> dict[str, Any]:
    """Every leaf is linked to every spine, the spines reflect routes; one client on each leaf, servers on the first leaves."""
    leaves = [f"l{n}" for n in range(1, fabric.leaves + 1)]
    spines = [f"s{n}" for n in range(1, fabric.spines + 1)]
    servers = {f"srv{n}": leaves[(n - 1) % len(leaves)] for n in range(1, fabric.servers + 1)}
    return {
        "switches": [*leaves, *spines],
        "links": [f"{leaf}-{spine}" for leaf in leaves for spine in spines],
        "overlay": {"data": "vxlan", "control": "evpn", "asn": ASN, "route_reflectors": spines},
        "vrfs": {VRF: {}},
        "segments": {SEGMENT: _segment(leaves, list(servers))},
        "servers": servers,
    }


def _segment(leaves: list[str], servers: list[str]) -> dict[str, Any]:
    # Node ids go up to servers, switches and clients; every server's share must hold all clients, and the copies of
    # their requests that each relay makes.
    needed = 4 * (len(leaves) * 2 + len(servers) + 8) * max(1, len(servers))
    return {
        "vrf": VRF,
        "gateway": "anycast",
        "prefix": f"172.16.0.0/{min(24, 32 - needed.bit_length())}",
        "attach": {leaf: [f"c{n}"] for n, leaf in enumerate(leaves, 1)},
        "relay": {
            "servers": servers,
            "source": "loopback",
            "options": ["circuit-id", "link-selection", "server-id-override"],
        },
    }
