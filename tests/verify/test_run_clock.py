"""The clock a run goes by, when somebody sets the machine's."""

from __future__ import annotations

from dataclasses import replace

from verify_facts import Tale
from verify_labs import flagship

from labgen.dhcp.model import Binding
from labgen.ground.clock import SECOND, SteadyClock
from labgen.verify.assembly import blind
from labgen.verify.captures import Captured
from labgen.verify.coverage import not_covered
from labgen.verify.evidence import StepEvidence
from labgen.verify.run_clock import RunClock

NOON = 1_700_000_000


class Machine:
    def __init__(self) -> None:
        self.wall, self.steady = NOON * SECOND, 0

    def run_clock(self, ahead: float | None) -> RunClock:
        return RunClock(ahead, SteadyClock(lambda: self.wall, lambda: self.steady))


def test_captures_with_a_clock_of_their_own_are_followed() -> None:
    machine = Machine()
    run_clock = machine.run_clock(ahead=60.0)
    run_clock.set()
    machine.wall += 3600 * SECOND
    assert run_clock.now() == NOON - 60
    assert run_clock.read() == (3660.0, False)


def test_captures_that_follow_the_wall_clock_are_torn_by_a_step() -> None:
    machine = Machine()
    run_clock = machine.run_clock(ahead=None)
    run_clock.set()
    assert run_clock.read() == (0.0, False)
    machine.wall += 3600 * SECOND
    assert run_clock.now() == NOON + 3600
    assert run_clock.read() == (0.0, True)
    run_clock.set()
    assert run_clock.read() == (0.0, False)


def test_nothing_is_concluded_from_captures_that_a_step_tore() -> None:
    step = StepEvidence(playbook="acquire", step="acquire", since=1, acted=1, at=2, torn=True)
    captured = Captured(nodes=frozenset({"cl_a", "srv1"}))
    assert set(blind(captured, step, (), flagship())) == {"cl_a", "srv1"}
    assert blind(captured, step.model_copy(update={"torn": False}), (), flagship()) == {}


def test_a_clock_that_was_set_is_told_at_the_end() -> None:
    told = not_covered(flagship(), (), (), 3600.0)
    assert "the clock of this machine was set by +3600.0 s" in told[-1]
    assert not any("clock" in sentence for sentence in not_covered(flagship(), (), ()))


def test_leases_run_by_the_wall_clock() -> None:
    """A lease that ends an hour and ten seconds from now by the server's clock is active, though that clock was set by an hour."""
    tale = Tale(flagship()).began().acquire("cl_a", "srv1", "172.16.0.2")
    facts = tale.facts()
    binding = Binding("172.16.0.2", "srv1", facts.mac("cl_a"), expires=facts.at + 3610)
    over = replace(binding, expires=facts.at + 3590)
    moved = replace(facts, moved=3600.0, observed=replace(facts.observed, bindings=(binding, over)))
    assert moved.bindings("cl_a") == (binding,)
