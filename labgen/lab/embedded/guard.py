"""Watching started daemons while a lab comes up: what waits for routes need not wait for one that died or was stopped."""

from __future__ import annotations

import asyncio

from labgen.ground.errors import LabStartError
from labgen.lab.embedded.daemons import Daemons, SupervisedDaemon
from labgen.lab.embedded.readiness import last_lines

LOOK_SECONDS = 0.5


async def until_trouble(daemons: Daemons) -> None:
    """Never return; LabStartError for the first daemon that has ended since it served, or stands still for two looks."""
    still: set[SupervisedDaemon] = set()
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        started = [each for own in daemons.by_node.values() for each in own.values() if _to_watch(each)]
        for daemon in started:
            _require_alive(daemon)
        before, still = still, {daemon for daemon in started if daemon.frozen}
        for daemon in before & still:
            raise LabStartError(
                f"{_name(daemon)} is stopped (SIGSTOP, process {daemon.pid} of the lab), so the lab cannot come up; "
                "let it run, and start the lab again"
            )


def _to_watch(daemon: SupervisedDaemon) -> bool:
    """A program that runs once and has ended is done: to look for another process of its name is to walk through /proc."""
    process = daemon.process
    return process is not None and (process.exit_code is None or daemon.program.ready_kind != "exit")


def _require_alive(daemon: SupervisedDaemon) -> None:
    ended = daemon.process.exit_code if daemon.process else None
    if not ended or daemon.pid is not None:
        return  # a program of the user's own may go into the background, and end with 0
    words = last_lines(daemon.node, daemon.home, daemon.program)
    raise LabStartError(
        f"{_name(daemon)} ended with status {ended} while the lab came up; its last lines:\n{words}"
    )


def _name(daemon: SupervisedDaemon) -> str:
    return f"{daemon.node.node.name}: {daemon.program.name}"
