"""Makes a draft from whatever there is of a network; each source is recognised by its contents."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from labgen.adopt.audit import read as configurations
from labgen.adopt.intent import inventory
from labgen.adopt.intent.access import NETNS, Container
from labgen.adopt.intent.draft import live, of_configs, of_containerlab, of_plan
from labgen.adopt.intent.draft.model import IntentDraft, named
from labgen.adopt.intent.inventory import InventoryHost
from labgen.adopt.netlab import write as netlab
from labgen.devices import registry
from labgen.ground import yamldoc
from labgen.ground.errors import InputError, SpecError
from labgen.ground.planfile import PLAN, read_plan
from labgen.ground.vocabulary import Role
from labgen.plan.build import build
from labgen.render import flow
from labgen.spec import foreign, source
from labgen.spec import load as spec
from labgen.spec.load import LoadedSpec
from labgen.spec.model import Spec

UNREACHED = "nodes: how "
"""Begin of the sentence about nodes that no source gives a way to."""
TOPOLOGIES = ("topology.yml", "topology.yaml")
NETLAB_CONTAINERS = "clab-netlab.yml"
"""The topology that netlab writes for containerlab."""


def draft(sources: Sequence[Path], name: str = "", ask: live.Ask | None = None) -> IntentDraft:
    """The draft that the sources give together: inventories last, and then the containers among the nodes that run, where they may be
    asked. InputError, SpecError where one of them cannot be read."""
    found = IntentDraft(name)
    inventories = [path for path in sources if _is_inventory(path)]
    for path in (*(p for p in sources if p not in inventories), *inventories):
        found.sources.append(str(path))
        _take(found, path)
    if ask is not None:
        live.fill(found, _containers(found), ask)
    if any(each.startswith(UNREACHED) for each in found.missing):  # a later source may have told
        found.missing = [each for each in found.missing if not each.startswith(UNREACHED)]
        _unreached(found)
    found.name = found.name or (named(sources[0].resolve().stem) if sources else "my-network")
    return found


def _containers(found: IntentDraft) -> dict[str, Container]:
    """The containers of an engine among the nodes."""
    hosts = inventory.read(Path(found.inventory)) if found.inventory else {}
    by_name = {named(name): host.access for name, host in hosts.items()}
    reached = {
        name: Container(access["container"])
        if isinstance(access := said.get("access"), dict) and "container" in access
        else by_name.get(name)
        for name, said in found.nodes.items()
    }
    return {
        name: access
        for name, access in reached.items()
        if isinstance(access, Container) and access.program != NETNS
    }


def _is_inventory(path: Path) -> bool:
    if path.is_dir():
        return (
            not (path / PLAN).is_file()
            and not _topology(path)
            and any((path / n).is_file() for n in inventory.HOSTS)
        )
    return path.name in (*inventory.HOSTS, *inventory.CONFIGS)


def _topology(folder: Path) -> Path | None:
    """A netlab or containerlab topology of a folder."""
    names = (*TOPOLOGIES, *(each.name for each in sorted(folder.glob("*.clab.y*ml"))))
    return next((folder / name for name in names if (folder / name).is_file()), None)


def _take(found: IntentDraft, path: Path) -> None:
    if not path.exists():
        raise InputError(f"{path}: no such file or folder")
    if path.is_dir() and (path / PLAN).is_file():
        of_plan.fill(found, read_plan(path))
        _unreached(found)
    elif _is_inventory(path):
        _inventory(found, path)
    elif path.is_dir() and (topology := _topology(path)):
        _file(found, topology)
        if any((path / name).is_file() for name in inventory.HOSTS):
            _inventory(found, path)
        if not found.segments and (path / NETLAB_CONTAINERS).is_file():  # the wires, at least
            _file(found, path / NETLAB_CONTAINERS)
    elif path.is_dir() or path.suffix not in (".yml", ".yaml"):
        _configurations(found, path)
    else:
        _file(found, path)


def _configurations(found: IntentDraft, path: Path) -> None:
    read, unreadable = configurations.folder(path, {})
    if not any(each.config.relays for each in read):
        files = len(read) + len(unreadable)
        raise InputError(f"{path}: none of {files} files is a configuration that relays DHCP")
    of_configs.fill(found, read)
    _unreached(found)


def _file(found: IntentDraft, file: Path) -> None:
    document = yamldoc.read(file)
    if foreign.is_containerlab(document.data):
        assert isinstance(document.data, dict)
        of_containerlab.fill(found, document.data, file)
    elif foreign.is_netlab(document.data):
        imported = netlab.imported(file, found.name or None)
        text = "".join(f"{key}: {flow.flow(value)}\n" for key, value in imported.data.items())
        raw = source.parse(text, file)
        of_plan.fill(found, build(LoadedSpec(raw.parse(Spec), raw)))
        for sentence in imported.lost:
            found.miss(f"not taken from {file.name}: {sentence}")
        _unreached(found)
    elif isinstance(document.data, dict) and {"segments", "generate"} & set(document.data):
        of_plan.fill(found, build(spec.load(str(file))))
        _unreached(found)
    else:
        raise SpecError(
            [
                document.problem(
                    (),
                    "this is neither a topology of netlab or containerlab nor a spec",
                    "give one of them, an inventory, or a folder with running configurations",
                )
            ]
        )


def _unreached(found: IntentDraft) -> None:
    left = [name for name, said in found.nodes.items() if "access" not in said]
    if left:
        found.miss(
            f"{UNREACHED}{', '.join(left)} {'is' if len(left) == 1 else 'are'} reached (`access`, or an inventory)"
        )


# --- inventories ---


def _inventory(found: IntentDraft, path: Path) -> None:
    """Hosts that are known get their way in from it; others are listed."""
    found.inventory = str(path.resolve())
    hosts = inventory.read(path)
    for name, host in hosts.items():
        if named(name) in found.nodes:
            found.nodes[named(name)].setdefault("access", "inventory")
            continue
        role, device = _guess(host)
        own = found.node(name, role, device=device, access="inventory")
        found.miss(f"nodes.{own}: that it is a {role.value} and runs {device} is a guess from the inventory")
    _unreached(found)


def _guess(host: InventoryHost) -> tuple[Role, str]:
    words = [host.platform, *host.groups]
    for device, each in registry.everything().items():
        known = {device, each.facts.netmiko, each.facts.netlab, each.facts.containerlab} - {"", "linux"}
        if known & set(words) and Role.SWITCH in each.facts.roles:
            return Role.SWITCH, device
    said = f"{host.name} {' '.join(words)}"
    role = Role.SERVER if of_containerlab.SERVER.search(said) else (
        Role.SWITCH if of_containerlab.RELAY.search(host.name) else Role.CLIENT
    )  # fmt: skip
    return role, of_containerlab.DEFAULTS[role]
