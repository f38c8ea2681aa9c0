"""Every playbook on running labs: it passes, and a sabotage of its own makes the right check fail.

The playbooks mostly wait for timers, so the labs work side by side and the tests only read what came out.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from verify_labs import SHORT, act, failures, flagship, judged, planned, running, story

from labgen.ground.labplan import LabPlan
from labgen.ground.vocabulary import Role
from labgen.lab.provider import Lab
from labgen.verify import playbook
from labgen.verify.check import plan_checks
from labgen.verify.playbook import Playbook, Step
from labgen.verify.verdict import Conclusion, Verdict

pytestmark = pytest.mark.lab

Change = Callable[[Lab], object]


@dataclass(frozen=True)
class Mutation:
    """What is broken before a playbook, and repaired after; `without` actions it skips, deadlines at most `patience`
    seconds. `caught` maps checks that must fail to words of their messages.
    """

    book: str
    caught: dict[str, str]
    broken: tuple[Change, ...] = ()
    repaired: tuple[Change, ...] = ()
    without: tuple[str, ...] = ()
    patience: int = 4


def acting(action: str, *nodes: str) -> tuple[Change, ...]:
    return tuple(partial(act, node=node, action=action) for node in nodes)


def relays(action: str) -> tuple[Change, ...]:
    return acting(f"{action}-relay", "sw1", "sw2")


def servers(action: str) -> tuple[Change, ...]:
    return acting(f"{action}-server", "srv1", "srv2")


MUTATIONS = {
    "renew: relays down": Mutation(
        "renew",
        {"renew.answer:cl_a": "no further: is its relay running", "step.in-time:cl_a": "no renew (answered)"},
        relays("stop"),
        relays("start"),
    ),
    "rebind: relays down": Mutation(
        "rebind",
        {"rebind.answer:cl_a": "no answer", "rebind.copies:cl_b:srv1": "no relay runs"},
        relays("stop"),
        relays("start"),
    ),
    "release: relays down": Mutation(
        "release",
        {"release.reaches-owner:cl_a": "does its relay run", "release.unbound:cl_b": "ignored the RELEASE, or never got it"},
        relays("stop"),
        relays("start"),
    ),
    "reboot: servers down": Mutation(
        "reboot",
        {"reboot.address:cl_a": "none is reached"},
        servers("stop"),
        servers("start"),
    ),
    "decline: the client does not look": Mutation(
        "decline", {"decline.request:cl_a": "took the address without looking"}, without=("look-first",)
    ),
    "expire: a server goes on": Mutation(
        "expire",
        {"fault.servers:srv1": "the fault could not be made", "expire.address:cl_a": "somebody else's"},
        without=("stop-server",),
        patience=2,
    ),
    "server-failure: no server is left": Mutation(
        "server-failure",
        {"server-failure.takeover:cl_a": "no server took over"},
        servers("stop"),
        servers("start"),
        patience=2,
    ),
    "relay-failure: the other relay is down too": Mutation(
        "relay-failure",
        {"relay-failure.rebind:cl_a": "the broadcast must reach another relay"},
        relays("stop"),
        relays("start"),
    ),
    "server-restart: the server forgets": Mutation(
        "server-restart",
        {"server.running:srv1": "does not run on srv1", "step.in-time:cl_a": "no renew (answered)"},
        servers("stop"),
        servers("start"),
        without=("restart-server",),
    ),
    "move: the client stays": Mutation(
        "move",
        {"move.mac:cl_a:sw1": "give its entry up", "move.mac:cl_a:sw2": "behind"},
        without=("move",),
        patience=6,
    ),
    "inform: the relay is down": Mutation(
        "inform",
        {"inform.copies:user:srv": "relays must pass every message type on", "inform.answer:user": "no server answered INFORM"},
        acting("stop-relay", "relay"),
        acting("start-relay", "relay"),
    ),
    "link-flap: the links stay down": Mutation(
        "link-flap", {"renew.request:cl_a": "let T1", "control-plane.mac:cl_a:sw2": "no type-2 route arrived"}, without=("plug",)
    ),
}  # fmt: skip

QUEUES = (
    ("acquire", "renew", "rebind", "release", "move", "move: the client stays", "rebind: relays down"),
    ("reboot", "server-restart", "expire", "expire: a server goes on"),
    ("link-flap", "server-failure", "server-failure: no server is left", "reboot: servers down"),
    ("relay-failure", "decline", "decline: the client does not look", "server-restart: the server forgets",
     "link-flap: the links stay down", "relay-failure: the other relay is down too"),
)  # fmt: skip
"""One lab each, side by side. A sabotage comes after the playbooks, whose lab should be whole."""

PATIENT = ("release: relays down", "renew: relays down")
"""Where leases outlive the making of the fault, however slow the machine is: a client that rebinds already renews no more."""
LONG = tuple(
    f"segments.cv1.pool.{key}={value}" for key, value in (("lease", 90), ("renew", 2), ("rebind", 60))
)

SMALL = ("inform", "inform: the relay is down")
"""dhclient never sends INFORM, and in the flagship lab its answer has no way back: this is for dhcpcd in the simple lab."""

BOOKS = tuple(name for queue in (*QUEUES, PATIENT, SMALL) for name in queue if name not in MUTATIONS)


@dataclass
class Outcomes:
    """What came out of every run by name; an exception counts for the runs of its lab that had not come out."""

    verdicts: dict[str, Verdict] = field(default_factory=dict)
    errors: list[BaseException] = field(default_factory=list)

    def of(self, name: str) -> Verdict:
        if name not in self.verdicts:
            raise AssertionError(f"{name} did not run: {self.errors}")
        return self.verdicts[name]


def mutated(mutation: Mutation, plan: LabPlan) -> Playbook:
    """The playbook without some actions, and with less patience."""
    spec = playbook.read(mutation.book)[1]
    steps = [Step(step, plan_checks(step.checks, plan)) for step in spec.steps]
    looked_at = 2 if mutation.book in ("link-flap", "move", "server-restart") else 1
    return Playbook(spec, tuple(_hurried(step, mutation) for step in steps[:looked_at]))


def _hurried(step: Step, mutation: Mutation) -> Step:
    do = tuple(
        action.model_copy(update={"timeout": min(action.timeout, mutation.patience)})
        for action in step.spec.do
        if action.action not in mutation.without
    )
    return Step(step.spec.model_copy(update={"do": do}), step.planned)


def work(queue: tuple[str, ...], plan: LabPlan, folder: Path, outcomes: Outcomes) -> None:
    with running(plan, folder / "lab") as lab:
        for number, name in enumerate(queue):
            outcomes.verdicts[name] = _run(lab, name, folder / f"run{number}")


def _run(lab: Lab, name: str, folder: Path) -> Verdict:
    mutation = MUTATIONS.get(name)
    if mutation is None:
        return judged(lab, [playbook.load(name, lab.plan)], folder)
    for client in lab.plan.role(Role.CLIENT):
        act(lab, client.name, "acquire")
    for change in mutation.broken:
        change(lab)
    try:
        return judged(lab, [mutated(mutation, lab.plan)], folder)
    finally:
        for change in mutation.repaired:
            change(lab)


@pytest.fixture(scope="module")
def outcomes(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    """Only what a chosen test asks for is run."""
    found = Outcomes()
    chosen = [item.name for item in request.session.items]

    def wanted(queue: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in queue if any(f"[{name}]" in test for test in chosen))

    plans = {wanted(queue): flagship(*SHORT) for queue in QUEUES} | {wanted(PATIENT): flagship(*LONG)}
    plans |= {wanted(SMALL): planned("relay", {"client": "dhcpcd"})}
    plans.pop((), None)
    with ThreadPoolExecutor(len(plans)) as pool:
        started: list[Future[None]] = [
            pool.submit(work, queue, plan, tmp_path_factory.mktemp("queue"), found)
            for queue, plan in plans.items()
        ]
        for future in started:
            error = future.exception()
            if error is not None:
                found.errors.append(error)
    return found


@pytest.mark.parametrize("name", BOOKS)
def test_playbook_passes_on_the_flagship(outcomes: Outcomes, name: str) -> None:
    verdict = outcomes.of(name)
    assert verdict.conclusion is Conclusion.PASS, story(verdict)
    assert verdict.ran == verdict.planned > 0


@pytest.mark.deep
@pytest.mark.parametrize("name", list(MUTATIONS))
def test_sabotage_of_a_playbook_is_caught_by_its_check(outcomes: Outcomes, name: str) -> None:
    verdict = outcomes.of(name)
    assert verdict.conclusion is Conclusion.FAIL, story(verdict)
    found = failures(verdict)
    for check, words in MUTATIONS[name].caught.items():
        assert check in found, story(verdict)
        judgement = found[check].judgement
        assert words in f"{judgement.observed} {judgement.hint}", story(verdict)


def test_every_playbook_has_a_run_and_a_mutation() -> None:
    mutated_books = {mutation.book for mutation in MUTATIONS.values()} | {"acquire"}
    assert mutated_books == set(BOOKS)
    assert {name for queue in (*QUEUES, PATIENT, SMALL) for name in queue} == {*BOOKS, *MUTATIONS}
