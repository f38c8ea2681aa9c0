"""Goes from a spec to a verdict: prepares a lab folder, starts its lab, judges it. What `up`, `verify`, `run` and `matrix` share."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from labgen.adopt.intent import load as intent_file
from labgen.adopt.intent import logins
from labgen.adopt.intent.plan import plan as intent_plan
from labgen.ground.age import age
from labgen.ground.errors import PlanError, UsageError
from labgen.ground.labplan import LabPlan
from labgen.ground.planfile import read_plan
from labgen.ground.scratch import scratch
from labgen.ground.writing import writing
from labgen.lab import find
from labgen.lab.attached.advice import by_hand
from labgen.lab.attached.lab import AttachedLab
from labgen.lab.provider import Lab, Stage
from labgen.plan.build import build
from labgen.render import folder as lab_folder
from labgen.render import netlab
from labgen.spec.load import LoadedSpec, load
from labgen.verify import conclusions, playbook, references, timers
from labgen.verify.claim import claimed
from labgen.verify.observation import ObserveOnly
from labgen.verify.playbook import Playbook
from labgen.verify.timing import TimedPhase, Timing
from labgen.verify.verdict import CheckResult, Verdict

Tell = Callable[[str], None]
EMBEDDED, NETLAB, OWN_KERNEL = "embedded", "netlab", "uml"


def prepare(
    spec: str,
    devices: Sequence[tuple[str, str]],
    settings: Sequence[str],
    output: Path | None,
    force: bool,
    playbooks: Sequence[str],
    tell: Tell,
) -> tuple[Path, tuple[Timing, ...]]:
    """The lab folder of a spec, built now for the playbooks named, else the spec's: with leases as short as they ask for.
    A folder is taken as it is. With the seconds it took. Raises SpecError, UsageError.
    """
    if Path(spec).is_dir():
        if devices or settings or output:
            raise UsageError(f"{spec} is a built lab; --device, --set and -o belong to a spec")
        read_plan(Path(spec))
        return Path(spec), ()
    started = time.monotonic()
    plan = build(_shortened(spec, dict(devices), settings, playbooks, tell))
    for warning in plan.warnings:
        tell(f"warning: {warning.message} ({warning.code})")
    target = output or lab_folder.default(plan.name)
    lab_folder.write(plan, target, force=force)
    seconds = time.monotonic() - started
    tell(f"built {target} in {seconds:.2f} s: {len(plan.nodes)} nodes, {len(plan.links)} links")
    return target, (Timing(TimedPhase.BUILD, seconds),)


def _shortened(
    spec: str, devices: dict[str, str], settings: Sequence[str], playbooks: Sequence[str], tell: Tell
) -> LoadedSpec:
    """The spec with leases that playbooks can wait for; what the user sets goes first."""
    loaded = load(spec, devices, settings)
    plan = build(loaded)
    references.require(loaded, plan)
    if unfit := list(references.unfit(loaded, plan, playbooks)):
        raise PlanError(unfit)
    books = [playbook.read(name)[1] for name in playbooks or loaded.spec.playbooks]
    asking = [book for book in books if not timers.needs_no_timer(book, plan)]
    shorter = timers.settings(loaded.spec, asking)
    if not shorter:
        return loaded
    tell(f"leases shortened for {', '.join(book.name for book in asking)}: {timers.asked(asking)}")
    return load(spec, devices, (*shorter, *settings))


def fitting(spec: str, devices: Sequence[tuple[str, str]], settings: Sequence[str]) -> tuple[str, ...]:
    """All playbooks that fit a spec and run within a minute together, where it names none; nothing where it does, or is a
    built lab.
    """
    if Path(spec).is_dir():
        return ()
    loaded = load(spec, dict(devices), settings)
    return () if "playbooks" in loaded.spec.model_fields_set else playbook.within(build(loaded))


def start(folder: Path, provider: str, tell: Tell, *, detach: bool) -> tuple[Lab, float]:
    """Start the lab, telling each stage; with the seconds it took."""
    started = time.monotonic()

    def progress(stage: Stage) -> None:
        tell(f"  {stage.seconds:5.2f} s  {stage.name}")

    _require_possible(read_plan(folder), provider)
    tell(f"starting {folder} ({provider})")
    lab = find.provider(provider).up(folder, progress, detach=detach)
    return lab, time.monotonic() - started


def began() -> Timing:
    """The time that went by before the command did anything: the interpreter, and what it loads."""
    return Timing(TimedPhase.START, age())


def accounted(verdict: Verdict, *more: Timing) -> Verdict:
    """The verdict with further timings, and with what no timing tells: together they are the wall time of the command so far."""
    known = (*verdict.timings, *more)
    stages = [timing.seconds for timing in known if timing.phase is TimedPhase.STAGE][-1:]
    apart = (TimedPhase.STAGE, TimedPhase.ACTION)
    known_seconds = sum(stages) + sum(timing.seconds for timing in known if timing.phase not in apart)
    other = age() - known_seconds
    return replace(verdict, timings=(*known, Timing(TimedPhase.OTHER, other)) if other > 0 else known)


def _require_possible(plan: LabPlan, provider: str) -> None:
    """UsageError where a lab of this provider cannot have what the plan has."""
    if plan.faults and provider not in (EMBEDDED, OWN_KERNEL):
        named = ", ".join(fault.on for fault in plan.faults)
        raise UsageError(
            f"the spec plans faults ({named}), which labgen makes in embedded labs only, and this one would be sound; "
            "use `--provider embedded`, or leave `faults` out"
        )
    lacking = netlab.beyond(plan) if provider == NETLAB else ""
    if lacking:
        raise UsageError(
            f"topology.yml has no words for {lacking}, and a lab without would not be the one of the spec; "
            "use `--provider containerlab`, or `embedded`"
        )


def judge(lab: Lab, names: Sequence[str], tell: Tell, timings: Sequence[Timing] = ()) -> Verdict:
    """Run the playbooks named, else those of the spec, and keep the evidence under the lab folder's `runs/`."""
    books = [playbook.load(name, lab.plan) for name in names or lab.plan.playbooks]
    planned = conclusions.planned(lab.plan, books)
    title = "+".join(book.spec.name for book in books)
    with claimed(lab.folder):
        return _judge(lab, books, title, planned, tell, timings)


def _judge(
    lab: Lab, books: Sequence[Playbook], title: str, planned: int, tell: Tell, timings: Sequence[Timing]
) -> Verdict:
    with writing(lab.folder):
        target = _run_folder(lab.folder, title)
    tell(f"verifying {lab.plan.name}: {title}, {planned} checks planned")
    status = lab.status()
    for sentence in status.given_up:
        tell(f"  {sentence}")
    stages = tuple(Timing(TimedPhase.STAGE, stage.seconds, stage.name) for stage in status.stages)
    with writing(target):
        verdict = _verified(lab, books, target, tell, (*timings, *stages))
    return _naming_lab(verdict, lab.folder)


def _verified(
    lab: Lab,
    books: Sequence[Playbook],
    target: Path,
    tell: Tell,
    timings: Sequence[Timing] = (),
    observing: ObserveOnly | None = None,
) -> Verdict:
    from labgen.verify import runner  # Nornir and paramiko, which only a running lab or network needs

    return runner.verify(lab, books, target, lab.status().provider, tell, timings, observing)


def verify_intent(
    file: Path, names: Sequence[str], tell: Tell, observing: ObserveOnly | None = None
) -> tuple[Verdict, LabPlan]:
    """The verdict on a network that labgen did not make, as its intent says it should be; with the plan that it was held to. With
    `observing` nothing is done to it. Evidence is kept under `labs/NAME/runs/`. SpecError, UsageError, InfrastructureError.
    """
    lab = attach(file)
    names = names or (("observe",) if observing else lab.plan.playbooks)
    observing = observing and observing.where(captured=bool(lab.captures))
    books = [playbook.load(name, lab.plan) for name in names]
    acting = [book.spec.name for book in books if any(step.spec.do for step in book.steps)]
    if observing and acting:
        raise UsageError(
            f"--observe does nothing to the network, and {', '.join(acting)} would; leave one of them out"
        )
    planned = conclusions.planned(lab.plan, books)
    with writing(lab.folder):
        lab.folder.mkdir(parents=True, exist_ok=True)
    title = "+".join(book.spec.name for book in books)
    with claimed(lab.folder), writing(lab.folder), scratch("captures") as captures:
        target = _run_folder(lab.folder, title)
        tell(
            f"verifying {lab.plan.name}: {title}, {planned} checks planned"
            + (", nothing is touched" if observing else "")
        )
        lab.start_captures(captures)
        for name, why in lab.problems.items():
            tell(f"no capture {name}: {why}")
        try:
            verdict = _verified(lab, books, target, tell, observing=observing)
            return _advising(verdict, by_hand), lab.plan
        finally:
            lab.end_captures()


def attach(file: Path) -> AttachedLab:
    """The network of an intent file, as a lab. SpecError with file and line for what is wrong in it."""
    loaded = intent_file.load(file)
    access = logins.access(loaded)
    plan = intent_plan(loaded.intent, access)
    places = (text.partition(":") for text in loaded.intent.captures)
    captures = tuple((node, port) for node, _, port in places)
    return AttachedLab(plan, lab_folder.default(plan.name).resolve(), access, captures)


def _naming_lab(verdict: Verdict, folder: Path) -> Verdict:
    """The commands it advises say which lab they mean, where more than one runs."""
    return _advising(verdict, find.naming(folder))


def _advising(verdict: Verdict, worded: Callable[[str], str]) -> Verdict:
    """The same verdict, with its advice in other words."""

    def advised(check: CheckResult) -> CheckResult:
        return replace(check, judgement=replace(check.judgement, hint=worded(check.judgement.hint)))

    cause = verdict.diagnosis
    return replace(
        verdict,
        checks=tuple(advised(check) if check.judgement.hint else check for check in verdict.checks),
        diagnosis=replace(
            cause,
            next=worded(cause.next),
            others=tuple(replace(other, next=worded(other.next)) for other in cause.others),
        )
        if cause
        else None,
    )


def _run_folder(folder: Path, title: str) -> Path:
    """`runs/<UTC time>-<playbooks>`, numbered when two runs share a second."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    for number in range(1, 1000):
        suffix = "" if number == 1 else f".{number}"
        target = folder / "runs" / f"{stamp}-{title[:60]}{suffix}"
        if target.parent.is_symlink():
            raise UsageError(
                f"{target.parent} is a link; runs are kept in the lab folder itself: remove the link"
            )
        try:
            target.mkdir(parents=True)
        except FileExistsError:
            continue
        return target
    raise UsageError(f"{folder / 'runs'} holds too many runs of this second; try again")
