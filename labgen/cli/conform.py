"""The command that runs conformance vectors against relays."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from labgen.cli.options import say
from labgen.conform import relays as known
from labgen.conform import report, vector
from labgen.conform.outcome import RelayRun
from labgen.conform.relays import TriedRelay
from labgen.conform.runner import conform as run
from labgen.conform.runner import conform_attached
from labgen.conform.stage import Attached
from labgen.conform.vector import Selection, Vector
from labgen.ground.errors import UsageError

ATTACHED = "attached"


def conform(
    relays: tuple[str, ...],
    patterns: tuple[str, ...],
    folder: Path | None,
    sides: tuple[str, ...],
    lacks: tuple[str, ...],
    form: str,
    listing: bool,
) -> int:
    """Run `labgen conform`; the exit code."""
    vectors = _vectors(folder or vector.VECTORS, patterns)
    if listing:
        _list(vectors)
        return 0
    attached = relays == (ATTACHED,)
    found = (
        [_attached(sides, lacks, vectors)]
        if attached
        else [run(each, vectors, say) for each in _relays(relays)]
    )
    click.echo(report.FORMATS[form](found))
    return 0 if all(each.passed for each in found) else 1


def _vectors(folder: Path, patterns: Sequence[str]) -> list[Vector]:
    selection = Selection(patterns)
    vectors = [each for each in vector.load(folder) if selection.admits(each)]
    if not vectors:
        raise UsageError(
            f"no vector fits {', '.join(patterns)}; `labgen conform --list` shows those there are"
        )
    return vectors


def _attached(sides: Sequence[str], lacks: Sequence[str], vectors: Sequence[Vector]) -> RelayRun:
    ends = dict(_end(side) for side in sides)
    unknown = [name for name in lacks if name not in set(vector.Feature)]
    if unknown:
        raise UsageError(f"no feature is called {unknown[0]}; there are {', '.join(vector.Feature)}")
    if not {"client1", "server"} <= ends.keys() <= {"client1", "client2", "server"}:
        raise UsageError(
            "give --side client1=IF and --side server=IF, and --side client2=IF where there is a second VLAN"
        )
    server = ends.pop("server")
    with Attached(ends, server) as stage:
        return conform_attached(ATTACHED, stage, vectors, frozenset(map(vector.Feature, lacks)))


def _end(text: str) -> tuple[str, tuple[str, Path | None]]:
    """A side, its interface, and the namespace the interface is in."""
    side, equals, place = text.partition("=")
    interface, _, netns = place.partition("@")
    if not (equals and interface):
        raise UsageError(f"`{text}` is no side: write client1=eth1, or client1=eth1@/run/netns/lan")
    return side, (interface, Path(netns) if netns else None)


def _relays(names: Sequence[str]) -> list[TriedRelay]:
    unknown = [name for name in names if name not in known.RELAYS]
    if unknown or not names:
        what = f"no relay is called {unknown[0]}" if unknown else "name a relay"
        raise UsageError(f"{what}; there are {', '.join(known.RELAYS)} and {ATTACHED}")
    return [known.RELAYS[name] for name in dict.fromkeys(names)]


def _list(vectors: Sequence[Vector]) -> None:
    for each in vectors:
        click.echo(f"{each.group:10} {each.id:38} {each.clause}: {each.title}")
    click.echo("")
    for relay in known.RELAYS.values():
        click.echo(f"{relay.name:16} {relay.missing() or relay.version()}")
