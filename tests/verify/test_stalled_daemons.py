"""When it is vain to wait on: a daemon stands still or was killed, and no playbook did it."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from labgen.lab.provider import BrokenDaemon
from labgen.verify.stalled_daemons import AGAIN_SECONDS, FIRST_SECONDS, StalledDaemons
from labgen.verify.throttle import AGAIN

FROZEN = BrokenDaemon("srv1", "kea-dhcp4", "is stopped (SIGSTOP)", frozen=True)
KILLED = BrokenDaemon("sw1", "labgen-relay", "was ended by SIGKILL", frozen=False)
LONG = 60.0


@dataclass
class Told:
    """A lab that tells what is broken."""

    daemons: list[BrokenDaemon] = field(default_factory=list)
    asked: int = 0

    def ended(self) -> bool:
        return False

    def broken(self) -> tuple[BrokenDaemon, ...]:
        self.asked += 1
        return tuple(self.daemons)


@dataclass
class Clock:
    """Seconds that a test lets pass."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def stalled(told: object, excused: tuple[str, ...] = (), clock: Clock | None = None) -> StalledDaemons:
    return StalledDaemons(told, lambda: excused, clock or Clock())  # type: ignore[arg-type]


@pytest.mark.parametrize("lab", [Told(), object()], ids=["sound", "tells nothing"])
def test_a_lab_without_a_broken_daemon_is_waited_for(lab: object) -> None:
    assert stalled(lab).why_stop(LONG) == ""


def test_others_may_do_without_a_broken_daemon_for_a_while() -> None:
    asked = stalled(Told([FROZEN]))
    assert asked.why_stop(FIRST_SECONDS - 1) == ""
    assert asked.why_stop(FIRST_SECONDS) == "kea-dhcp4 of srv1 is stopped (SIGSTOP)"


def test_what_was_in_vain_once_is_not_waited_for_as_long_again() -> None:
    lab = Told([FROZEN])
    clock = Clock()
    asked = stalled(lab, clock=clock)
    asked.why_stop(LONG)
    assert asked.why_stop(AGAIN_SECONDS)
    assert asked.why_stop(AGAIN_SECONDS - 1) == ""
    lab.daemons.append(KILLED)
    clock.now = AGAIN
    assert asked.why_stop(AGAIN_SECONDS) == "", "another fault has its own time"


def test_what_a_playbook_stopped_is_no_reason_to_give_up() -> None:
    assert stalled(Told([KILLED]), excused=("sw1",)).why_stop(LONG) == ""
    assert (
        stalled(Told([KILLED]), excused=("sw2",)).why_stop(LONG) == "labgen-relay of sw1 was ended by SIGKILL"
    )


def test_no_playbook_freezes_a_daemon() -> None:
    assert (
        stalled(Told([FROZEN]), excused=("srv1",)).why_stop(LONG) == "kea-dhcp4 of srv1 is stopped (SIGSTOP)"
    )


def test_a_lab_is_asked_once_a_second_however_many_wait() -> None:
    lab, clock = Told([FROZEN]), Clock()
    asked = stalled(lab, clock=clock)
    told = {asked.why_stop(LONG) for _ in range(20)}
    assert (lab.asked, told) == (1, {"kea-dhcp4 of srv1 is stopped (SIGSTOP)"})
    lab.daemons.clear()
    clock.now = AGAIN
    assert asked.why_stop(LONG) == "", "what was mended meanwhile is seen"
    assert lab.asked == 2


def test_before_it_can_matter_no_lab_is_asked() -> None:
    lab = Told([FROZEN])
    assert stalled(lab).why_stop(AGAIN_SECONDS - 0.1) == ""
    assert lab.asked == 0
