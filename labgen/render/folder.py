"""The lab folder: every artifact of a plan, written so that nothing of the user's is lost.

`manifest.json` holds the SHA-256 of each generated file. A file that was edited since is never overwritten silently.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from posixpath import dirname

from labgen.devices import registry
from labgen.devices.base import Artifact
from labgen.ground import jsonfile
from labgen.ground.errors import UsageError
from labgen.ground.labplan import LabPlan
from labgen.ground.planfile import PLAN
from labgen.ground.writing import writing
from labgen.plan.table import address_table
from labgen.render import clabernetes, containerlab, graph, inventory, netlab

MANIFEST = "manifest.json"


def default(name: str) -> Path:
    """The folder of a lab if none is named."""
    return Path("labs") / name


def artifacts(plan: LabPlan) -> tuple[Artifact, ...]:
    """Every file of the lab folder but the manifest, by path. The same plan gives the same octets."""
    own = registry.files(plan)
    found = [*_whole_lab(plan, own), *(artifact for files in own.values() for artifact in files)]
    return tuple(sorted(found, key=lambda artifact: artifact.path))


def _whole_lab(plan: LabPlan, own: dict[str, tuple[Artifact, ...]]) -> Iterator[Artifact]:
    yield Artifact(PLAN, plan.to_json())
    yield Artifact("addresses.txt", address_table(plan))
    yield from netlab.artifacts(plan, own)
    nodes = containerlab.containers(plan, own)
    topology = containerlab.topology(plan, nodes)
    yield from containerlab.artifacts(plan, nodes, topology)
    yield from clabernetes.artifacts(plan, nodes, topology)
    yield from inventory.artifacts(plan)
    yield Artifact("topology.mmd", graph.mermaid(plan))
    yield Artifact("topology.dot", graph.dot(plan))
    yield Artifact("topology.svg", graph.svg(plan))


def write(plan: LabPlan, folder: Path, *, force: bool = False) -> tuple[str, ...]:
    """Write the lab folder; returns the paths in it that were written.

    UsageError when `folder` holds something else, or files edited since the last build (unless `force`); WriteError.
    """
    with writing(folder):
        return _write_lab(plan, folder, force)


def _write_lab(plan: LabPlan, folder: Path, force: bool) -> tuple[str, ...]:
    known = _manifest(folder)
    if known is None and folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty and no lab folder; choose another with -o DIR")
    edited = (
        []
        if force
        else [path for path, digest in (known or {}).items() if _differs(_place(folder, path), digest)]
    )
    if edited:
        shown = ", ".join(edited[:3]) + (f" and {len(edited) - 3} more" if len(edited) > 3 else "")
        raise UsageError(
            f"{folder}: edited since the last build: {shown}; keep them with another -o DIR, or overwrite with --force"
        )
    found = artifacts(plan)
    for stale in set(known or {}) - {artifact.path for artifact in found}:
        place = _place(folder, stale)
        if (
            place.is_symlink() or not place.is_dir()
        ):  # a folder is none of labgen's files, whatever a manifest says
            place.unlink(missing_ok=True)
    digests = _write_all(folder, found)
    manifest = jsonfile.indented({"schema": "labgen/manifest/1", "files": digests}) + "\n"
    _write(str(folder / MANIFEST), manifest.encode(), 0o644)
    return tuple(artifact.path for artifact in found)


def _manifest(folder: Path) -> dict[str, str] | None:
    file = folder / MANIFEST
    if not os.path.lexists(file):
        return None
    data = jsonfile.read(file, "remove the folder, or choose another with -o DIR")
    files = data.get("files") if isinstance(data, dict) else None
    if not isinstance(files, dict):
        raise UsageError(f"{file} is damaged; remove the folder, or choose another with -o DIR")
    return {path: str(digest) for path, digest in files.items()}


def _place(folder: Path, path: str) -> Path:
    """The place that a manifest's path leads to. UsageError where that is not in the lab folder: a manifest may be anybody's."""
    parts = PurePosixPath(path).parts
    place = folder.joinpath(*parts)
    if not parts or PurePosixPath(path).is_absolute() or ".." in parts or "\0" in path:
        raise UsageError(
            f"{folder / MANIFEST} names {path!r}, which is not in the lab folder; it was not made by labgen"
        )
    if not place.parent.resolve().is_relative_to(folder.resolve()):
        raise UsageError(
            f"{place.parent} leads out of the lab folder; remove that link, or choose another folder with -o DIR"
        )
    return place


def _differs(file: Path, digest: str) -> bool:
    try:
        if not stat.S_ISREG(file.lstat().st_mode):
            return True
        return _digest(file.read_bytes()) != digest
    except FileNotFoundError:
        return False


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _write_all(folder: Path, found: tuple[Artifact, ...]) -> dict[str, str]:
    """Write every file; its digest by path. Paths are text here: for a thousand files, `Path` would cost more than writing."""
    base = f"{folder}/"
    folder.mkdir(parents=True, exist_ok=True)
    made = {""}
    digests = {}
    for artifact in found:
        content = artifact.text.encode()
        _make_folder(base, dirname(artifact.path), made)
        _write(base + artifact.path, content, artifact.mode)
        digests[artifact.path] = _digest(content)
    return digests


def _make_folder(base: str, path: str, made: set[str]) -> None:
    """Make a folder, and those above it, unless it was `made` already. UsageError where a link is in its place."""
    if path not in made:
        _make_folder(base, dirname(path), made)
        try:
            os.mkdir(base + path)  # noqa: PTH102  paths are text here
        except FileExistsError:
            if Path(base + path).is_symlink():
                raise UsageError(
                    f"{base}{path} is a link; remove it, or choose another folder with -o DIR"
                ) from None
            Path(base + path).mkdir(exist_ok=True)
        made.add(path)


def _write(file: str, content: bytes, mode: int) -> None:
    """Write a file with exactly this mode, whatever the umask. A link or a pipe in its place is replaced, not followed."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        handle = os.open(file, flags, mode)
    except OSError as error:
        if error.errno not in (errno.ELOOP, errno.ENXIO):
            raise
        Path(file).unlink()
        handle = os.open(file, flags, mode)
    try:
        os.fchmod(handle, mode)
        data = memoryview(content)
        while data:
            data = data[os.write(handle, data) :]
    finally:
        os.close(handle)
