"""A draft as a commented YAML file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from labgen.adopt.intent.draft.model import IntentDraft
from labgen.render.flow import flow

HEAD = """\
# What DHCP relaying of this network is meant to do, and how its nodes are reached. Every key: docs/reference/intent.md.
#
#   labgen verify --intent FILE             runs playbooks: clients ask for leases, and what then happens is judged
#   labgen verify --intent FILE --observe   only looks: nothing is done to any node
"""
NODES = """\
# Clients, relays (role: switch) and servers. `device` is one of `labgen devices`; `access` one of {ssh: HOST, user: NAME},
# {container: NAME}, {namespace: NAME}, inventory, none. `interfaces` are the addresses that DHCP has to do with.
"""
SEGMENTS = """\
# Subnets of clients: who asks (`clients`: node and its port), which nodes relay with which giaddr to which servers, and what each
# server hands out. `options` of a relay are sub-options of option 82 on the wire; where absent, what its device sends by itself.
"""
CAPTURES = """\
# Where packets may be captured with tcpdump while verifying. Nothing is captured elsewhere; without any, logs stand for the wire.
"""
EXAMPLE: Mapping[str, Any] = {
    "nodes": {
        "pc1": {"role": "client", "device": "dhclient", "access": {"ssh": "192.0.2.1", "user": "root"}},
        "leaf1": {
            "role": "switch",
            "device": "eos",
            "access": {"ssh": "192.0.2.2", "user": "admin", "password_env": "LEAF_PASSWORD"},
            "interfaces": {"Vlan100": {"address": "10.1.1.2/24", "vrf": "users"}, "Loopback0": "10.0.0.1/32"},
        },
        "srv1": {
            "role": "server",
            "device": "kea",
            "access": {"container": "clab-dc1-srv1"},
            "interfaces": {"eth1": "10.9.0.2/30"},
        },
    },
    "segments": {
        "users": {
            "prefix": "10.1.1.0/24",
            "vrf": "users",
            "gateway": "10.1.1.1",
            "clients": {"pc1": "eth1"},
            "relays": {
                "leaf1": {
                    "interface": "Vlan100",
                    "giaddr": "10.0.0.1",
                    "servers": ["srv1"],
                    "options": ["circuit-id", "link-selection", "server-id-override"],
                }
            },
            "pools": {"srv1": {"ranges": ["10.1.1.100-10.1.1.199"], "lease": "8h"}},
        }
    },
}
WIDTH = 110


def example(name: str) -> IntentDraft:
    """The draft that is written where nothing is known: an example."""
    draft = IntentDraft(
        name or "my-network", nodes=dict(EXAMPLE["nodes"]), segments=dict(EXAMPLE["segments"])
    )
    draft.miss("everything: the nodes and segments below are an example")
    return draft


def text(draft: IntentDraft) -> str:
    """The file. What only a person knows stands at its head, and again where it belongs."""
    return "\n".join(_lines(draft)) + "\n"


def _lines(draft: IntentDraft) -> Iterator[str]:
    yield HEAD.rstrip()
    if draft.sources:
        yield f"# Drafted from {', '.join(draft.sources)}."
    if draft.missing:
        yield "#\n# To complete:"
        yield from (f"#   [ ] {sentence}" for sentence in draft.missing)
    yield f"\nname: {flow(draft.name)}"
    if draft.inventory:
        yield f"inventory: {flow(draft.inventory)}"
    yield "\n" + NODES.rstrip()
    yield "nodes:"
    yield from _mapping(draft.nodes, 1)
    yield "\n" + SEGMENTS.rstrip()
    yield "segments:" if draft.segments else "segments: {}"
    yield from _mapping(draft.segments, 1)
    yield "\n" + CAPTURES.rstrip()
    yield f"captures: {flow(draft.captures)}"
    yield f"playbooks: {flow(draft.playbooks or ('acquire',))}"


def _mapping(data: Mapping[str, Any], depth: int) -> Iterator[str]:
    indent = "  " * depth
    for key, value in data.items():
        line = f"{indent}{flow(key)}: {flow(value)}"
        if isinstance(value, Mapping) and value and (len(line) > WIDTH or depth == 1):
            yield f"{indent}{flow(key)}:"
            yield from _mapping(value, depth + 1)
        else:
            yield line + _remark(key, value)


def _remark(key: str, value: Any) -> str:
    """The remark beside a value that is left to a person."""
    if key == "ranges" and not value:
        return "  # complete: such as [10.1.1.100-10.1.1.199]"
    if key == "clients" and not value:
        return "  # complete: such as {pc1: eth1}"
    return "  # complete" if isinstance(value, Mapping) and value.get("ranges") == [] else ""
