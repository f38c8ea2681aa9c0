"""Works out how each node is reached, from the intent's `access` and its inventory."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from labgen.adopt.intent import inventory
from labgen.adopt.intent.access import NETNS, Access, Container, Nobody, Ssh
from labgen.adopt.intent.inventory import InventoryHost
from labgen.adopt.intent.load import LoadedIntent
from labgen.adopt.intent.model import AccessSpec
from labgen.ground.errors import SpecError, UsageError


def access(loaded: LoadedIntent) -> dict[str, Access]:
    """The access to each node. SpecError where the inventory does not know a node that is left to it, UsageError where a password is not
    in the environment."""
    known = hosts(loaded)
    problems = [
        loaded.source.problem(
            ("nodes", name),
            f"nothing says how {name} is reached"
            + (f", and {loaded.intent.inventory} has no such host" if known else ""),
            "add `access: {ssh: ADDRESS}`, `{container: NAME}`, `{namespace: NAME}` or `access: none`",
        )
        for name, node in loaded.intent.nodes.items()
        if not _said(node.access) and name not in known and node.device
    ]
    if problems:
        raise SpecError(problems)
    return {
        name: _access(node.access, known.get(name), loaded.folder)
        for name, node in loaded.intent.nodes.items()
    }


def hosts(loaded: LoadedIntent) -> Mapping[str, InventoryHost]:
    """Hosts of the intent's inventory; none where it names none."""
    if not loaded.intent.inventory:
        return {}
    found = inventory.read(_path(loaded.intent.inventory, loaded.folder))
    return {host.known_as: host for host in found.values() if host.known_as} | found


def _said(spec: AccessSpec) -> bool:
    return bool(spec.ssh or spec.container or spec.namespace or spec.none)


def _access(spec: AccessSpec, host: InventoryHost | None, folder: Path) -> Access:
    if spec.none:
        return Nobody()
    if spec.container:
        return Container(spec.container, spec.program)
    if spec.namespace:
        return Container(spec.namespace, NETNS)
    if spec.ssh:
        return Ssh(
            host=spec.ssh,
            port=spec.port,
            user=spec.user,
            password=_password(spec.password_env),
            key=_file(spec.key, folder),
            known_hosts=_file(spec.known_hosts, folder),
            host_key=spec.host_key,
            jump=spec.jump,
        )
    return host.access if host else Nobody("nothing says how it is reached")


def _password(variable: str) -> str:
    if variable and variable not in os.environ:
        raise UsageError(
            f"the environment has no {variable}, which the intent takes a password from: `export {variable}=...`"
        )
    return os.environ.get(variable, "")


def _file(text: str, folder: Path) -> str:
    return str(_path(text, folder)) if text else ""


def _path(text: str, folder: Path) -> Path:
    path = Path(text).expanduser()
    return path if path.is_absolute() else folder / path
