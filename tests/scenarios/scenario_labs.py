"""One lab per scenario, judged as it is and after each of its sabotages, in a process of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scenario_sabotages import Sabotage

from labgen.ground import resources
from labgen.lab.embedded.provider import EmbeddedProvider
from labgen.lab.provider import Lab
from labgen.plan.build import build
from labgen.render import folder as lab_folder
from labgen.spec.load import load as load_spec
from labgen.verify import playbook, runner
from labgen.verify.verdict import Conclusion, Verdict

PATIENCE = 4
"""Seconds a client gets: a sabotage that leaves it without a lease need not be waited for as long as a real one."""


@dataclass(frozen=True)
class Told:
    """A verdict in brief: what each check that did not pass said, by its id."""

    conclusion: Conclusion
    faults: dict[str, str]

    @classmethod
    def of(cls, verdict: Verdict) -> Told:
        bad = (c for c in verdict.checks if c.judgement.outcome.value != "pass")
        return cls(
            verdict.conclusion,
            {
                c.id: " | ".join(
                    (c.judgement.outcome.value, c.judgement.expected, c.judgement.observed, c.judgement.hint)
                )
                for c in bad
            },
        )


def rehearse(name: str, sabotages: Sequence[Sabotage]) -> dict[str, Told]:
    """The verdict on a scenario's lab by sabotage; "" is the lab as it was built."""
    with tempfile.TemporaryDirectory(prefix="labgen-") as folder, _running(name, Path(folder)) as lab:
        told = {"": _judge(lab, Path(folder), 0)}
        for number, sabotage in enumerate(sabotages, 1):
            with _broken(lab, sabotage):
                told[sabotage.name] = _judge(lab, Path(folder), number)
    return told


def try_out(name: str, devices: dict[str, str]) -> Told:
    """The verdict on a scenario's lab with other devices."""
    with (
        tempfile.TemporaryDirectory(prefix="labgen-") as folder,
        _running(name, Path(folder), devices) as lab,
    ):
        return _judge(lab, Path(folder), 0)


@contextmanager
def _running(name: str, folder: Path, devices: dict[str, str] | None = None) -> Iterator[Lab]:
    plan = build(load_spec(name, devices))
    lab_folder.write(plan, folder / "lab", force=False)
    lab = EmbeddedProvider().up(folder / "lab", lambda stage: None, detach=False)
    try:
        yield lab
    finally:
        lab.down()


def _judge(lab: Lab, folder: Path, number: int) -> Told:
    text = (resources.playbooks() / "acquire.yml").read_text(encoding="utf-8")
    assert "timeout: 15s" in text
    impatient = folder / "acquire.yml"
    impatient.write_text(text.replace("timeout: 15s", f"timeout: {PATIENCE}s"), encoding="utf-8")
    book = playbook.load(str(impatient), lab.plan)
    return Told.of(runner.verify(lab, [book], folder / f"run{number}", "embedded", lambda line: None))


@contextmanager
def _broken(lab: Lab, sabotage: Sabotage) -> Iterator[None]:
    _shell(lab, sabotage.node, sabotage.break_it)
    if sabotage.daemon:
        lab.control(sabotage.node, sabotage.daemon, "stop" if sabotage.stop else "restart")
    yield
    _shell(lab, sabotage.node, sabotage.repair)
    if sabotage.daemon:
        lab.control(sabotage.node, sabotage.daemon, "restart")


def _shell(lab: Lab, node: str, command: str) -> None:
    if command:
        result = lab.execute(node, ["sh", "-c", command], timeout=30)
        assert result.exit_code == 0, (node, command, result)
