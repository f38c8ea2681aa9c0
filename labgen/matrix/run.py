"""Runs every combination, several at a time where asked; an interruption ends all labs and keeps what was found."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from threading import Event

from labgen.matrix import cell as one
from labgen.matrix.axes import Choice, Combination
from labgen.matrix.cell import Order, RunningLabs
from labgen.matrix.model import CellOutcome, Matrix, MatrixCell
from labgen.pipeline import Tell

NOT_RUN = "not run: an earlier combination had failed"
INTERRUPTED = "not run: interrupted"
BAD = frozenset({CellOutcome.FAIL, CellOutcome.ERROR})

RunCell = Callable[[Combination, Order, RunningLabs, Tell], MatrixCell]
"""`labgen.matrix.cell.run`; tests bring their own."""


@dataclass(frozen=True)
class Listener:
    """Hears each cell as it ends, in the main thread, and what labs tell, in theirs: with the combination it is about."""

    ended: Callable[[MatrixCell], None] = lambda cell: None
    report: Callable[[Combination, str], None] = lambda combination, text: None


@dataclass
class _Round:
    """The combinations that are waiting, running or done. Once stopped, none starts any more."""

    order: Order
    listener: Listener
    work: RunCell
    fail_fast: bool
    running: RunningLabs = field(default_factory=RunningLabs)
    stopped: Event = field(default_factory=Event)
    cells: dict[Combination, MatrixCell] = field(default_factory=dict)

    def all(self, pool: ThreadPoolExecutor, waiting: Iterable[Combination]) -> bool:
        """Run them; whether that was interrupted."""
        try:
            futures = {pool.submit(self._one, combination): combination for combination in waiting}
            pending = set(futures)
            while pending:
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                for future in (each for each in futures if each in done):
                    self._keep(futures[future], future.result())
        except KeyboardInterrupt:
            self.stopped.set()
            self.running.end()
            return True
        return False

    def _one(self, combination: Combination) -> MatrixCell | None:
        """In a thread of its own: the cell, None where it was not to start."""
        if self.stopped.is_set():
            return None
        cell = self.work(combination, self.order, self.running, partial(self.listener.report, combination))
        if self.fail_fast and cell.outcome in BAD:
            self.stopped.set()
        return cell

    def _keep(self, combination: Combination, cell: MatrixCell | None) -> None:
        if cell is not None:
            self.cells[combination] = cell
            self.listener.ended(cell)


def run(
    choice: Choice,
    order: Order,
    *,
    jobs: int = 1,
    fail_fast: bool = False,
    listener: Listener | None = None,
    work: RunCell = one.run,
) -> Matrix:
    """Every combination, at most `jobs` labs at a time. With `fail_fast` none starts after one that failed or could not be
    run. Ctrl-C ends all labs and returns what there is.
    """
    started = time.monotonic()
    combinations = choice.combinations()
    around = _Round(order, listener or Listener(), work, fail_fast)
    with ThreadPoolExecutor(jobs) as pool:
        interrupted = around.all(pool, combinations)
    return Matrix(
        scenario=choice.spec.name,
        summary=choice.spec.summary,
        playbooks=order.playbooks,
        axes=choice.axes,
        cells=tuple(_cells(combinations, around.cells, INTERRUPTED if interrupted else NOT_RUN)),
        fixed=choice.fixed,
        seconds=time.monotonic() - started,
        folder=str(order.folder),
        interrupted=interrupted,
    )


def default_folder(scenario: str) -> Path:
    """The folder of a matrix if none is named."""
    return Path("labs") / f"{scenario}-matrix"


def _cells(
    combinations: Iterable[Combination], done: dict[Combination, MatrixCell], why: str
) -> Iterator[MatrixCell]:
    """In the order of the axes; what did not run says why."""
    for each in combinations:
        missing = replace(MatrixCell(each.client, each.relay, each.server), reason=why)
        yield done.get(each, missing)
