"""A running lab on a terminal."""

from __future__ import annotations

import time
from collections.abc import Callable

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from labgen.dhcp.ladder import Ladder
from labgen.dhcp.ladder_text import draw
from labgen.watch.observer import LabObserver
from labgen.watch.snapshot import Clock, LabSnapshot

LOOK_SECONDS = 1.0
FRAMES = 4
_STYLES = {"bound": "green", "renewing": "yellow", "rebinding": "yellow", "no lease": "dim"}
_ENDS = {"bound": "green", "renewed": "green", "released": "green"}


def watch(
    observer: LabObserver, console: Console, seconds: float | None, newest: Callable[[], Ladder | None]
) -> None:
    """Show the lab until interrupted, or for some seconds. On something that is no terminal, exchanges are printed as they end."""
    end = None if seconds is None else time.monotonic() + seconds
    if not console.is_terminal:
        _print(observer, console, end)
        return
    with Live(console=console, refresh_per_second=FRAMES, screen=True) as live:
        shown = observer.look()
        looked = time.monotonic()
        while end is None or time.monotonic() < end:
            if time.monotonic() - looked >= LOOK_SECONDS:
                shown, looked = observer.look(), time.monotonic()
            live.update(screen(shown, newest(), time.time()))
            time.sleep(1 / FRAMES)


def _print(observer: LabObserver, console: Console, end: float | None) -> None:
    shown: dict[str, str] = {}
    while end is None or time.monotonic() < end:
        for seen in reversed(observer.look().exchanges):
            if shown.get(seen.key) != seen.outcome:
                shown[seen.key] = seen.outcome
                moment = time.strftime("%H:%M:%S", time.localtime(seen.started))
                console.print(Text(f"{moment}  {seen.outcome:10}  {seen.title}"), soft_wrap=True)
        time.sleep(LOOK_SECONDS)


def screen(shown: LabSnapshot, newest: Ladder | None, now: float) -> RenderableType:
    """Everything at once: clocks of the clients, bindings of the servers, what went on last."""
    parts: list[RenderableType] = [
        Text(f"{shown.lab}   {time.strftime('%H:%M:%S', time.localtime(now))}   Ctrl-C ends", "bold")
    ]
    parts += [_clocks(shown, now), _bindings(shown, now)]
    parts += [Text(f"{node}: {daemons} does not run", "red") for node, daemons in shown.down]
    if newest is not None:
        parts.append(Text("\n" + draw(newest).rstrip("\n"), no_wrap=True))
    parts += [
        Text(f"{seen.outcome:10} {seen.title}", _ENDS.get(seen.outcome, "yellow"), no_wrap=True)
        for seen in shown.exchanges[:10]
    ]
    return Group(*parts)


def _clocks(shown: LabSnapshot, now: float) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("CLIENT", "STATE", "ADDRESS", "SERVER ID", "T1 IN", "T2 IN", "ENDS IN"):
        table.add_column(heading)
    for clock in shown.clocks:
        state = clock.state(now)
        row = (clock.client, Text(state, _STYLES[state]), clock.address, clock.server_id, *_left(clock, now))
        table.add_row(*row)
    return table


def _left(clock: Clock, now: float) -> tuple[str, str, str]:
    if not clock.address or now >= clock.expires:
        return "", "", ""
    one, two, three = (f"{max(0.0, moment - now):.0f} s" for moment in (clock.t1, clock.t2, clock.expires))
    return one, two, three


def _bindings(shown: LabSnapshot, now: float) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("SERVER", "ADDRESS", "CLIENT", "STATE", "ENDS IN"):
        table.add_column(heading)
    for binding in shown.bindings:
        left = "" if binding.expires is None else f"{max(0.0, binding.expires - now):.0f} s"
        table.add_row(
            binding.node, binding.address, binding.mac or binding.client_id or "", binding.state, left
        )
    return table
