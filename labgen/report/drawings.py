"""Exchanges as a page shows them: a ladder, and every message with its fields and where it was seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from labgen.dhcp.context import AddressBook
from labgen.dhcp.ladder import Arrow, Ladder, ladder
from labgen.dhcp.model import FULFILLED, Exchange
from labgen.report import places
from labgen.report.fields import fields
from labgen.report.places import EvidencePlace
from labgen.report.sequence import ladder_svg

# More exchanges than this are listed, but not drawn: a page of hundreds opens slowly and nobody scrolls it.
MOST_DRAWN = 60
# Exchanges that are open when the page opens; the others are a click away.
_OPEN = 2


@dataclass(frozen=True, slots=True)
class Row:
    """One message of an exchange: who sent it to whom, all its fields, and everywhere it was seen."""

    clock: str
    type: str
    sender: str
    receiver: str
    fields: tuple[tuple[str, str], ...]
    remarks: tuple[str, ...]
    places: tuple[EvidencePlace, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """An exchange, `id` in links to it; `svg` is empty where it is not drawn. `good`: it ended as it should; `bad`: it did not, in a
    run that did not pass.
    """

    id: str
    client: str
    title: str
    outcome: str
    good: bool
    bad: bool
    open: bool
    svg: Markup
    rows: tuple[Row, ...]


def drawings(
    exchanges: Sequence[Exchange], book: AddressBook, client: Callable[[Exchange], str], *, calm: bool
) -> Iterator[Drawing]:
    """Exchanges in their order. `client` names whose each is; `calm`: one that did not end well was meant to."""
    for at, exchange in enumerate(exchanges):
        data = ladder(exchange, book)
        good = exchange.outcome in FULFILLED
        bad = not good and not calm
        drawn = at < MOST_DRAWN
        yield Drawing(
            id=f"x{at}",
            client=client(exchange),
            title=data.title,
            outcome=exchange.outcome.value,
            good=good,
            bad=bad,
            open=drawn and (at < _OPEN or bad),
            svg=Markup(ladder_svg(data, style=False, tooltips=False)) if drawn else Markup(""),
            rows=tuple(_row(step, data) for step in data.steps) if drawn else (),
        )


def _row(step: Arrow, data: Ladder) -> Row:
    return Row(
        clock="" if step.after is None else f"{step.after:.3f}" if data.exact else f"{step.after:.0f}",
        type=step.type.value,
        sender=data.columns[step.source].name,
        receiver=", ".join(data.columns[at].name for at in step.targets) or "everyone",
        fields=fields(step.sightings),
        remarks=(*([step.fate] if step.fate else []), *step.notes),
        places=places.of_evidence(step.evidence),
    )
