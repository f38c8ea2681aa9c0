"""Providers by name, and the running lab somebody means."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from labgen.ground.errors import LabNotUpError, UsageError
from labgen.ground.paths import from_here
from labgen.lab.provider import Lab, LabStatus, Provider

PROVIDERS = {
    "embedded": "labgen.lab.embedded.provider:EmbeddedProvider",
    "containerlab": "labgen.lab.containerlab.provider:ContainerlabProvider",
    "netlab": "labgen.lab.netlab.provider:NetlabProvider",
    "clabernetes": "labgen.lab.clabernetes.provider:ClabernetesProvider",
    "uml": "labgen.lab.uml.provider:OwnKernelProvider",
}


def provider(name: str) -> Provider:
    """The provider of this name. UsageError where labgen has none."""
    if name not in PROVIDERS:
        raise UsageError(f"provider `{name}` cannot start labs yet; use one of: {', '.join(PROVIDERS)}")
    module, _, attribute = PROVIDERS[name].partition(":")
    found: Provider = getattr(import_module(module), attribute)()
    return found


def find(folder: Path) -> Lab:
    """The running lab of a folder, whoever runs it. LabNotUpError where nothing does."""
    for name in PROVIDERS:
        try:
            return provider(name).find(folder)
        except LabNotUpError:
            continue
    raise LabNotUpError(f"no lab runs for {folder}; start it with `labgen up {folder}`")


def adopt(folder: Path | None) -> Lab:
    """`find_or_only` for judging: a lab that was started by hand gets what judging needs."""
    lab = find_or_only(folder)
    return provider(lab.status().provider).adopt(lab.folder)


def end(folder: Path, *, adopted: bool = False) -> None:
    """End the lab of a folder, whoever runs it; one its user started by hand only if it is `adopted` labs that are meant.

    LabNotUpError where nothing runs, UsageError where the lab is the user's own.
    """
    for name in PROVIDERS:
        try:
            return provider(name).end(folder, adopted=adopted)
        except LabNotUpError:
            continue
    raise LabNotUpError(f"no lab runs for {folder}; start it with `labgen up {folder}`")


def end_all() -> int:
    """End every running lab of this user; returns how many there were."""
    return sum(provider(name).end_all() for name in PROVIDERS)


def running() -> tuple[LabStatus, ...]:
    """Every running lab of this user, whoever runs it."""
    return tuple(status for name in PROVIDERS for status in provider(name).running())


_ABOUT_A_NODE = re.compile(r"\blabgen (exec|connect|logs|capture|watch)\b(?! --lab)")


def naming(folder: Path) -> Callable[[str], str]:
    """A function that has commands of labgen in a text say `--lab FOLDER`, where more labs run than the one they are about."""
    if len(running()) < 2:
        return str
    where = from_here(folder.resolve())
    return lambda text: _ABOUT_A_NODE.sub(rf"labgen \1 --lab {where}", text)


def find_or_only(folder: Path | None) -> Lab:
    """The lab of `folder`; without one the only running lab, else the lab of the current folder."""
    if folder is not None:
        return find(folder)
    labs = running()
    if len(labs) == 1:
        return find(labs[0].folder)
    if not labs:
        raise LabNotUpError("no lab is running; start one with `labgen up SPEC`")
    if any(status.folder == Path.cwd() for status in labs):
        return find(Path.cwd())
    names = ", ".join(str(status.folder) for status in labs)
    raise UsageError(
        f"several labs are running: {names}\n  name one: `--lab DIR`, for `verify` and `down` just DIR"
    )
