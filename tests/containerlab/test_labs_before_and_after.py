"""What `labgen up`, `verify` and `down` do to a lab and its folder, measured, as docs/howto/netlab.md shows it.

The tools are those that play docker, containerlab and netlab for the tests of the user's labs. LABGEN_GOLDEN=write writes the table.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from container_world import World, content, world

from labgen.ground.errors import LabStartError, UsageError
from labgen.lab.containerlab.provider import ContainerlabProvider
from labgen.lab.containers import register
from labgen.lab.containers.provider import ContainerProvider
from labgen.lab.netlab.provider import NetlabProvider
from labgen.lab.provider import Stage
from labgen.plan.build import build
from labgen.render import folder
from labgen.spec import load

__all__ = ["world"]

pytestmark = pytest.mark.slow
PAGE = Path(__file__).parents[2] / "docs" / "howto" / "netlab.md"
PLACE = re.compile(r"<!-- before-and-after -->\n(.*?)<!-- /before-and-after -->", re.DOTALL)
HEAD = (
    "| lab | command | files added, changed, gone | containers | Docker networks |\n|---|---|---|---|---|\n"
)
PROVIDERS: tuple[ContainerProvider, ...] = (ContainerlabProvider(), NetlabProvider())
BY_HAND = {"containerlab": ("containerlab", "deploy", "-t", "clab.yml"), "netlab": ("netlab", "up")}


def silent(stage: Stage) -> None:
    """Progress nobody looks at."""


def rows(world: World, lab: Path, provider: ContainerProvider) -> Iterator[str]:
    """Each command after the one before, against what was there before all of them."""
    name = provider.name
    folder.write(build(load.load("relay")), lab)
    built = seen(world, lab)
    yield row(
        f"built, {name}",
        f"`labgen up --provider {name}`",
        built,
        world,
        lab,
        lambda: provider.up(lab, silent),
    )
    yield row("the same", "`labgen down`", built, world, lab, lambda: provider.end(lab))
    command = BY_HAND[name]
    world.by_hand(lab, *command)
    own = seen(world, lab)
    yield row(
        f"started by `{' '.join(command)}`",
        "`labgen up`: refused",
        own,
        world,
        lab,
        lambda: refused(provider, lab),
    )
    yield row("the same", "`labgen verify`", own, world, lab, lambda: provider.adopt(lab))
    yield row("the same", "`labgen down`: refused", own, world, lab, lambda: kept(provider, lab))
    yield row("the same", "`labgen down --adopted`", own, world, lab, lambda: provider.end(lab, adopted=True))


def refused(provider: ContainerProvider, lab: Path) -> None:
    with pytest.raises(LabStartError):
        provider.up(lab, silent)


def kept(provider: ContainerProvider, lab: Path) -> None:
    with pytest.raises(UsageError):
        provider.end(lab)


Seen = tuple[dict[str, bytes], set[str], dict[str, str]]


def seen(world: World, lab: Path) -> Seen:
    return content(lab), set(world.containers), dict(world.networks)


def row(what: str, command: str, before: Seen, world: World, lab: Path, done: Callable[[], object]) -> str:
    done()
    files, containers, networks = seen(world, lab)
    old = before[0]
    changed = sum(files[name] != old[name] for name in files.keys() & old.keys())
    counts = f"{len(files.keys() - old.keys())}, {changed}, {len(old.keys() - files.keys())}"
    return f"| {what} | {command} | {counts} | {len(containers)} | {change(before[2], networks)} |\n"


def change(before: dict[str, str], after: dict[str, str]) -> str:
    more, less = len(after.keys() - before.keys()), len(before.keys() - after.keys())
    return "as before" if not more and not less else f"{more} more, {less} fewer"


def test_the_page_shows_what_happens_to_labs_and_their_folders(world: World, tmp_path: Path) -> None:
    measured = ""
    for number, provider in enumerate(PROVIDERS):
        lab = tmp_path / f"lab{number}"
        measured += "".join(rows(world, lab, provider))
        entry = register.read(lab)
        for pid in entry.captures if entry else ():
            with suppress(ProcessLookupError):
                os.kill(pid, 9)
    page = PAGE.read_text(encoding="utf-8")
    place = PLACE.search(page)
    assert place is not None
    if os.environ.get("LABGEN_GOLDEN") == "write":
        text = page[: place.start(1)] + HEAD + measured + page[place.end(1) :]
        PAGE.write_text(text, encoding="utf-8")
    else:
        assert place[1] == HEAD + measured
    assert [line for line in measured.splitlines() if "down` | 0, 0, 0 | 0 | as before" in line]
