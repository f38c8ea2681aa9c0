"""Drafts an intent from a containerlab topology: which containers there are, who hangs where, and what startup
configurations say of relaying."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from labgen.adopt.audit.read import Configuration
from labgen.adopt.intent.draft import of_configs
from labgen.adopt.intent.draft.model import IntentDraft, named
from labgen.devices import registry, relay_config, running
from labgen.ground.errors import LabgenError
from labgen.ground.vocabulary import Role

SERVER = re.compile(r"dhcpd|dhcp-?(?:server|srv)|kea|(?:^|[-_])srv|server|dnsmasq", re.IGNORECASE)
RELAY = re.compile(
    r"relay|(?:^|[-_])(?:sw|leaf|spine|r|rtr|router|gw|core|dist|acc)\d*(?:$|[-_\d])|switch|frr",
    re.IGNORECASE,
)
DEFAULTS = {**registry.DEFAULTS, Role.SWITCH: "frr-dhcrelay"}
"""What is guessed where nothing tells: of relays the one without VRFs, which says least of option 82."""


def fill(draft: IntentDraft, data: Mapping[str, Any], file: Path) -> None:
    """Add the nodes of a topology, with the names containerlab gives their containers."""
    lab = str(data.get("name") or file.stem.removesuffix(".clab"))
    draft.name = draft.name or named(lab)
    topology: Mapping[str, Any] = data["topology"]
    read: list[Configuration] = []
    for name, said in (topology.get("nodes") or {}).items():
        own = _settings(topology, str(name), said if isinstance(said, dict) else {})
        if own.get("kind") in ("bridge", "ovs-bridge", "host"):
            continue
        container = _container(data.get("prefix"), lab, str(name))
        _node(draft, str(name), own, container)
        read += _configuration(str(name), own, file)
    of_configs.fill(draft, read)
    _attach(draft, topology)


def _settings(topology: Mapping[str, Any], name: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """A node's settings with those of its kind, its group and the defaults."""
    base = dict(topology.get("defaults") or {})
    kind = said.get("kind") or base.get("kind") or ""
    group = (topology.get("groups") or {}).get(said.get("group"), {})
    kinds = (topology.get("kinds") or {}).get(kind or (group or {}).get("kind"), {})
    return {**base, **(kinds or {}), **(group or {}), **said}


def _container(prefix: Any, lab: str, node: str) -> str:
    """containerlab's own rule: `clab-LAB-NODE`; with the prefix empty the node alone, with `__lab-name` the lab before it."""
    if prefix is None:
        return f"clab-{lab}-{node}"
    if prefix == "":
        return node
    return f"{lab}-{node}" if prefix == "__lab-name" else f"{prefix}-{lab}-{node}"


def _node(draft: IntentDraft, name: str, own: Mapping[str, Any], container: str) -> None:
    kind, image = str(own.get("kind") or "linux"), str(own.get("image") or "")
    device = _device(kind)
    if device is not None:
        user = registry.get(device).facts.login[0]
        access = {"ssh": container, "user": user, "password_env": "LAB_PASSWORD", "host_key": "any"}
        draft.node(name, Role.SWITCH, device=device, access=access)
        draft.miss(
            f"nodes.{named(name)}.access: the password is taken from the environment variable LAB_PASSWORD"
        )
        return
    known = draft.nodes.get(named(name)) or _labelled(own)
    if known is not None:
        draft.node(name, Role(known["role"]), device=known.get("device"), access={"container": container})
        return
    words = f"{name} {image} {own.get('cmd') or ''}"
    role = Role.SERVER if SERVER.search(words) else Role.SWITCH if RELAY.search(name) else Role.CLIENT
    programs = (each for each in running.programs(role) if each.name.partition("-")[0] in words.lower())
    program = next((each.device for each in programs), DEFAULTS[role])
    draft.node(name, role, device=program, access={"container": container})
    draft.miss(f"nodes.{named(name)}: that it is a {role.value} and runs {program} is a guess")


def _labelled(own: Mapping[str, Any]) -> dict[str, str] | None:
    """The labels of a node that labgen made: its role and its device. None for a node of somebody else's."""
    labels = own.get("labels")
    said = labels if isinstance(labels, dict) else {}
    role, device = said.get("labgen-role"), said.get("labgen-device")
    if (
        role not in [each.value for each in Role]
        or not isinstance(device, str)
        or not registry.is_known(device)
    ):
        return None
    return {"role": role, "device": device}


def _device(kind: str) -> str | None:
    if kind == "linux":
        return None
    aliases = {"ceos": "arista_ceos", "srl": "nokia_srlinux", "cvx": "nvidia_cumulusvx"}
    wanted = aliases.get(kind, kind.removeprefix("vr-"))
    found = (
        n for n, d in registry.everything().items() if d.facts.containerlab in (wanted, f"cisco_{wanted}")
    )
    return next(found, None)


def _configuration(name: str, own: Mapping[str, Any], file: Path) -> Iterator[Configuration]:
    """The startup configuration of a node, where labgen reads that device's."""
    device, said = _device(str(own.get("kind") or "linux")), own.get("startup-config")
    if device is None or not isinstance(said, str) or "\n" in said:
        return
    path = file.parent / said
    reader = relay_config.reader_of(device)
    if reader is None or not path.is_file():
        return
    try:
        yield Configuration(name, said, device, reader(path.read_text(encoding="utf-8", errors="replace")))
    except (LabgenError, ValueError):
        return


def _attach(draft: IntentDraft, topology: Mapping[str, Any]) -> None:
    """Clients and servers by the links they have."""
    for link in topology.get("links") or []:
        ends = [str(end).partition(":") for end in (link.get("endpoints") or []) if isinstance(end, str)]
        if len(ends) != 2:
            continue
        for (own, _, port), (other, _, far) in (ends, list(reversed(ends))):
            draft.links.append((named(own), port, named(other), far))
            said = draft.nodes.get(named(own))
            if said and said["role"] == Role.CLIENT.value:
                _client(draft, named(own), port, named(other))
            place = f"{named(own)}:{port}"
            access = said.get("access") if said else None
            if isinstance(access, dict) and access.get("container") and place not in draft.captures:
                draft.captures.append(place)


def _client(draft: IntentDraft, name: str, port: str, other: str) -> None:
    """A client belongs to the segment of the switch it hangs on, where that relays for one alone, and no other source says it."""
    if any(name in said.get("clients", {}) for said in draft.segments.values()):
        return
    fits = [segment for segment, said in draft.segments.items() if other in said.get("relays", {})]
    if len(fits) == 1:
        draft.segments[fits[0]]["clients"][name] = {"port": port, "at": other}
        return
    where = f"one of {', '.join(fits)}" if fits else "a segment"
    draft.miss(f"segments: {name} hangs with {port} on {other}: put it under `clients` of {where}")
