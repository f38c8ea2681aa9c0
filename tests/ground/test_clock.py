"""A clock that goes on when somebody sets the other one."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from labgen.ground.clock import SECOND, SteadyClock

HOUR = 3600 * SECOND


@dataclass
class Machine:
    """The two clocks of a machine, in nanoseconds."""

    wall: int = 1_700_000_000 * SECOND
    steady: int = 50 * SECOND

    def passes(self, seconds: float) -> None:
        self.wall += int(seconds * SECOND)
        self.steady += int(seconds * SECOND)

    def clock(self) -> SteadyClock:
        return SteadyClock(lambda: self.wall, lambda: self.steady)


def test_nothing_moves_while_nobody_sets_the_clock() -> None:
    machine = Machine()
    clock = machine.clock()
    machine.passes(7)
    assert (clock.moved(), clock.now()) == (0, 1_700_000_007.0)


@pytest.mark.parametrize("step", [HOUR, -HOUR, 2 * SECOND])
def test_a_step_of_the_wall_clock_is_told_and_does_not_move_the_time(step: int) -> None:
    machine = Machine()
    clock = machine.clock()
    machine.passes(1)
    machine.wall += step
    machine.passes(1)
    assert (clock.moved(), clock.now()) == (step, 1_700_000_002.0)


@pytest.mark.parametrize("step", [HOUR, -HOUR])
def test_stamps_from_before_and_after_a_step_come_out_in_order(step: int) -> None:
    """Both are read after it: the first had waited in its socket."""
    machine = Machine()
    clock = machine.clock()
    machine.passes(1)
    before = machine.wall
    machine.wall += step
    machine.passes(0.01)
    after = machine.wall
    machine.passes(0.01)
    assert clock.moved() == step
    read = clock.steady_ns()
    placed = [clock.placed(stamp, read) / SECOND for stamp in (before, after)]
    assert placed == [pytest.approx(1_700_000_001.0), pytest.approx(1_700_000_001.01)]
