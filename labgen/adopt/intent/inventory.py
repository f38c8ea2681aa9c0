"""Access to nodes by an inventory: Nornir's, or the Ansible inventories that netlab and containerlab write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labgen.adopt.intent.access import Access, Container, Ssh
from labgen.ground import yamldoc
from labgen.ground.errors import InputError

NORNIR_OF_CONTAINERLAB = "nornir-simple-inventory.yml"
ANSIBLE_OF_CONTAINERLAB = "ansible-inventory.yml"
HOSTS = ("hosts.yaml", "hosts.yml", NORNIR_OF_CONTAINERLAB, ANSIBLE_OF_CONTAINERLAB)
CONFIGS = ("config.yaml", "config.yml")
NO_LOGIN_KEYS = frozenset(
    {
        "host",
        "ip",
        "port",
        "username",
        "password",
        "device_type",
        "key_file",
        "use_keys",
        "pkey",
        "allow_agent",
    }
    | {"ssh_strict", "system_host_keys", "alt_host_keys", "alt_key_file", "sock"}
)
"""What netmiko takes and `Ssh` says already."""


@dataclass(frozen=True, slots=True)
class InventoryHost:
    """A host: how it is reached, what platform the inventory says it is, and the groups it is in. `known_as` is its longer name in
    the inventory, where that has the lab's name before it."""

    name: str
    access: Access
    platform: str = ""
    groups: tuple[str, ...] = ()
    known_as: str = ""


def read(path: Path) -> dict[str, InventoryHost]:
    """All hosts by name. InputError where the path holds no inventory."""
    file = _file(path)
    if file.name in CONFIGS:
        return {host.name: host for host in _configured(file)}
    data = yamldoc.read(file).data
    if not isinstance(data, dict):
        raise InputError(f"{file}: this is no inventory: it holds no hosts")
    if "all" in data or any(isinstance(each, dict) and "hosts" in each for each in data.values()):
        return {host.name: host for host in _ansible(data, file)}
    return {host.name: host for host in _simple(file)}


def _file(path: Path) -> Path:
    if path.is_file():
        return path
    for name in (*HOSTS, *CONFIGS):
        if (path / name).is_file():
            return path / name
    if path.is_dir():
        raise InputError(f"{path}: no inventory is there; it would be one of {', '.join((*HOSTS, *CONFIGS))}")
    raise InputError(f"{path}: no such file or folder; correct `inventory`, or leave it out")


# --- Nornir ---


def _simple(file: Path) -> Iterator[InventoryHost]:
    files = {
        "host_file": str(file),
        "group_file": str(_beside(file, "groups")),
        "defaults_file": str(_beside(file, "defaults")),
    }
    plugin = {"plugin": "SimpleInventory", "options": files}
    yield from _hosts(file, lambda: _inventory(inventory=plugin, logging={"enabled": False}))


def _inventory(**settings: Any) -> Any:
    from nornir import InitNornir  # slow to load, and most intents have no inventory

    return InitNornir(**settings).inventory


def _beside(file: Path, stem: str) -> Path:
    return next((each for each in (file.parent / f"{stem}{s}" for s in (".yaml", ".yml")) if each.is_file()),
                file.parent / f"{stem}.yaml")  # fmt: skip


def _configured(file: Path) -> Iterator[InventoryHost]:
    """Any inventory plugin that Nornir's configuration file names."""
    yield from _hosts(file, lambda: _inventory(config_file=str(file)))


def _hosts(file: Path, load: Any) -> Iterator[InventoryHost]:
    try:
        inventory = load()
    except Exception as error:
        raise InputError(f"{file}: Nornir cannot read it: {' '.join(str(error).split())[:200]}") from error
    for name, host in inventory.hosts.items():
        parameters = host.get_connection_parameters("netmiko")
        extras = dict(parameters.extras or {})
        docker = next((c for c in ("labgen_docker", "docker") if c in host.connection_options), "")
        bare = file.name == NORNIR_OF_CONTAINERLAB and host.platform == LINUX and not parameters.username
        if docker:
            access: Access = Container(parameters.hostname or name)
        elif bare and (lab := _lab(file)):
            access = Container(lab + name)
        else:
            access = Ssh(
                host=parameters.hostname or name,
                port=int(parameters.port or 22),
                user=parameters.username or "",
                password=parameters.password or "",
                key=str(extras.get("key_file") or ""),
                host_key="any" if extras.get("ssh_strict") is False else "known",
                options={key: value for key, value in extras.items() if key not in NO_LOGIN_KEYS},
            )
        yield InventoryHost(name, access, host.platform or "", tuple(group.name for group in host.groups))


def _lab(file: Path) -> str:
    """The prefix of the names of a lab's containers, `clab-LAB-`, by the folder that containerlab makes for it."""
    folder = file.resolve().parent.name
    return f"{folder}-" if folder.startswith("clab-") else ""


LINUX = "linux"
"""containerlab's kind of containers that are entered without a password, by the engine."""

# --- Ansible, as netlab and containerlab write it ---

VARIABLES = (".yml", ".yaml", ".json")


def _ansible(data: Mapping[str, Any], file: Path) -> Iterator[InventoryHost]:
    groups, folder = _groups(data), file.parent
    above = dict(_above(data))
    lab = _lab(file) if file.name == ANSIBLE_OF_CONTAINERLAB else ""
    for name in dict.fromkeys(host for members in groups.values() for host in members):
        own = [group for group, members in groups.items() if name in members]
        said: dict[str, Any] = {}
        for group in dict.fromkeys((*(outer for each in own for outer in above[each]), *own)):
            said |= _vars(folder / "group_vars" / group)
            said |= _group_vars(data, group)
        for group in own:
            said |= groups[group][name]
        said |= _vars(folder / "host_vars" / name)
        if lab and LINUX in own and "ansible_user" not in said:
            said.setdefault("ansible_connection", "docker")
            said["ansible_host"] = name
        short = name.removeprefix(lab)
        known_as = name if name != short else ""
        yield InventoryHost(short, _ansible_access(name, said), _platform(said, own), tuple(own), known_as)


def _above(
    data: Mapping[str, Any], outer: tuple[str, ...] = ("all",)
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Groups with those around them, the outermost first: their variables are theirs, too."""
    for group, said in data.items():
        around = tuple(each for each in outer if each != group)
        yield str(group), around
        if isinstance(said, dict) and isinstance(said.get("children"), dict):
            yield from _above(said["children"], (*around, str(group)))


def _groups(data: Mapping[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    """Hosts with their variables by group, whatever the depth they stand at."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for group, said in data.items():
        if not isinstance(said, dict):
            continue
        hosts = said.get("hosts")
        if isinstance(hosts, dict):
            own = found.setdefault(str(group), {})
            own.update({str(name): each if isinstance(each, dict) else {} for name, each in hosts.items()})
        children = said.get("children")
        if isinstance(children, dict):
            for child, hosts_of in _groups(children).items():
                found.setdefault(child, {}).update(hosts_of)
    return found


def _group_vars(data: Mapping[str, Any], wanted: str) -> dict[str, Any]:
    for group, said in data.items():
        if not isinstance(said, dict):
            continue
        if group == wanted and isinstance(said.get("vars"), dict):
            return dict(said["vars"])
        children = said.get("children")
        if isinstance(children, dict) and (found := _group_vars(children, wanted)):
            return found
    return {}


def _vars(path: Path) -> dict[str, Any]:
    """Variables of a host or group: a file, or all files of a folder. netlab writes JSON since its release 26."""
    written = [path.with_name(f"{path.name}{suffix}") for suffix in VARIABLES]
    files = sorted(each for each in path.iterdir() if each.suffix in VARIABLES) if path.is_dir() else written
    found: dict[str, Any] = {}
    for file in files:
        if file.is_file() and isinstance(data := yamldoc.read(file).data, dict):
            found |= data
    return found


def _ansible_access(name: str, said: Mapping[str, Any]) -> Access:
    host = str(said.get("ansible_host") or name)
    if "docker" in str(said.get("ansible_connection", "")):
        return Container(host)
    return Ssh(
        host=host,
        port=int(said.get("ansible_port") or 22),
        user=str(said.get("ansible_user") or ""),
        password=str(said.get("ansible_ssh_pass") or said.get("ansible_password") or ""),
        key=str(said.get("ansible_ssh_private_key_file") or ""),
        host_key="any",
    )


def _platform(said: Mapping[str, Any], groups: list[str]) -> str:
    return str(
        said.get("netlab_device_type")
        or said.get("device")
        or said.get("ansible_network_os")
        or (groups or [""])[0]
    )
