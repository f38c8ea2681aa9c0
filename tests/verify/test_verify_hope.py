"""When it is vain to wait on: a daemon stands still or was killed, and no playbook did it."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from labgen.lab.provider import BrokenDaemon
from labgen.verify.hope import AGAIN_SECONDS, FIRST_SECONDS, Hope

FROZEN = BrokenDaemon("srv1", "kea-dhcp4", "is stopped (SIGSTOP)", frozen=True)
KILLED = BrokenDaemon("sw1", "labgen-relay", "was ended by SIGKILL", frozen=False)
LONG = 60.0


@dataclass
class Told:
    """A lab that tells what is broken."""

    daemons: list[BrokenDaemon] = field(default_factory=list)

    def ended(self) -> bool:
        return False

    def broken(self) -> tuple[BrokenDaemon, ...]:
        return tuple(self.daemons)


def hope(told: object, excused: tuple[str, ...] = ()) -> Hope:
    return Hope(told, lambda: excused)  # type: ignore[arg-type]


@pytest.mark.parametrize("lab", [Told(), object()], ids=["sound", "tells nothing"])
def test_a_lab_without_a_broken_daemon_is_waited_for(lab: object) -> None:
    assert hope(lab).vain(LONG) == ""


def test_others_may_do_without_a_broken_daemon_for_a_while() -> None:
    asked = hope(Told([FROZEN]))
    assert asked.vain(FIRST_SECONDS - 1) == ""
    assert asked.vain(FIRST_SECONDS) == "kea-dhcp4 of srv1 is stopped (SIGSTOP)"


def test_what_was_in_vain_once_is_not_waited_for_as_long_again() -> None:
    lab = Told([FROZEN])
    asked = hope(lab)
    asked.vain(LONG)
    assert asked.vain(AGAIN_SECONDS)
    assert asked.vain(AGAIN_SECONDS - 1) == ""
    lab.daemons.append(KILLED)
    assert asked.vain(AGAIN_SECONDS) == "", "another fault has its own time"


def test_what_a_playbook_stopped_is_no_reason_to_give_up() -> None:
    assert hope(Told([KILLED]), excused=("sw1",)).vain(LONG) == ""
    assert hope(Told([KILLED]), excused=("sw2",)).vain(LONG) == "labgen-relay of sw1 was ended by SIGKILL"


def test_no_playbook_freezes_a_daemon() -> None:
    assert hope(Told([FROZEN]), excused=("srv1",)).vain(LONG) == "kea-dhcp4 of srv1 is stopped (SIGSTOP)"
