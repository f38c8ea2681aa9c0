"""Docker, containerlab and netlab that never end are ended, and the error names what hung and what to do.

The programs are stand-ins on PATH that wait for ever, as does a child of theirs that holds their output open.
"""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from container_world import World, content, world

from labgen.collect.docker import DockerContainer
from labgen.ground.errors import LabgenError, MissingToolError, NodeUnreachableError, ToolHungError
from labgen.ground.processes import state_letter
from labgen.lab.clabernetes import kubectl
from labgen.lab.clabernetes.kubectl import Kubectl
from labgen.lab.containerlab.provider import ContainerlabProvider
from labgen.lab.containers import engine, ready, register, tool
from labgen.lab.containers.provider import ContainerProvider
from labgen.lab.deadline import PATIENCE, Deadline
from labgen.lab.netlab.provider import NetlabProvider
from labgen.lab.provider import Result, Stage
from labgen.plan.build import build
from labgen.render import folder
from labgen.spec import load

__all__ = ["world"]

SHORT = 1.0
"""Seconds that what hangs is given; what answers has its usual time."""


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Path]:
    """A built lab folder; captures that are left are ended."""
    folder.write(build(load.load("relay")), tmp_path / "lab")
    yield tmp_path / "lab"
    entry = register.read(tmp_path / "lab")
    for pid in entry.captures if entry else ():
        os.kill(pid, 9)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tools and engines get a moment alone."""
    monkeypatch.setattr(ready, "starting", lambda nodes: Deadline.after(SHORT))
    monkeypatch.setattr(ready, "ending", lambda containers: Deadline.after(SHORT))


def hang(world: World, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    """Let a command of docker's hang, and be waited for a moment alone."""
    world.change(hang=command)

    def hurried(argv: Sequence[str], deadline: Deadline) -> Result:
        return tool.run(argv, Deadline.after(SHORT) if shlex.join(argv).startswith(command) else deadline)

    monkeypatch.setattr(engine, "run", hurried)


def silent(stage: Stage) -> None:
    """Progress nobody looks at."""


def gone(world: World) -> bool:
    """Whether what hung, at least one program with its child, is no more; who was killed may take a moment."""
    hung, deadline = world.state()["hung"], Deadline.after(30)
    while any(state_letter(pid) not in ("", "Z") for pid in hung) and not deadline.over:
        time.sleep(0.02)
    return len(hung) >= 2 and all(state_letter(pid) in ("", "Z") for pid in hung)


def told(error: LabgenError, *words: str) -> None:
    """The error names what hung, and the next step."""
    assert error.exit_code == 3
    for word in (*words, "was killed", "--patience"):
        assert word in str(error)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("provider", "hangs", "called"),
    [
        (ContainerlabProvider(), "containerlab deploy", "`containerlab deploy -t clab.yml`"),
        (NetlabProvider(), "netlab up", "`netlab up ../topology.yml`"),
    ],
    ids=["containerlab", "netlab"],
)
def test_a_start_that_hangs_is_ended_named_and_taken_back(
    provider: ContainerProvider, hangs: str, called: str, world: World, lab: Path, hasty: None
) -> None:
    before, networks = content(lab), world.networks
    world.change(hang=hangs)
    with pytest.raises(ToolHungError) as caught:
        provider.up(lab, silent)
    told(caught.value, called, "it said last: Waiting for something")
    assert gone(world)
    assert register.read(lab) is None
    assert (content(lab), world.containers, world.networks) == (before, set(), networks)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("provider", "hangs", "called"),
    [
        (ContainerlabProvider(), "containerlab destroy", "`containerlab destroy -t clab.yml --cleanup`"),
        (NetlabProvider(), "netlab down", "`netlab down --cleanup`"),
    ],
    ids=["containerlab", "netlab"],
)
def test_an_end_that_hangs_is_named_and_can_be_tried_again(
    provider: ContainerProvider,
    hangs: str,
    called: str,
    world: World,
    lab: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    provider.up(lab, silent)
    world.change(hang=hangs)
    with monkeypatch.context() as patch:
        patch.setattr(ready, "ending", lambda containers: Deadline.after(SHORT))
        with pytest.raises(ToolHungError) as caught:
            provider.end(lab)
    told(caught.value, called)
    assert gone(world)
    assert world.containers
    assert register.read(lab) is not None
    world.change(hang="nothing")
    provider.end(lab)
    assert world.containers == set()


@pytest.mark.slow
@pytest.mark.parametrize("question", ["docker ps", "docker network ls", "docker image inspect"])
def test_an_engine_that_hangs_over_a_question_is_named_with_it_and_nothing_was_started(
    question: str, world: World, lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hang(world, monkeypatch, question)
    with pytest.raises(ToolHungError) as caught:
        ContainerlabProvider().up(lab, silent)
    told(caught.value, f"`{question} ")
    assert gone(world)
    assert world.state()["deployed"] == 0


def test_an_engine_that_never_answers_is_said_to_hang_and_not_to_be_missing(
    world: World, lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hang(world, monkeypatch, "docker version")
    with pytest.raises(MissingToolError, match="the Docker engine hangs: `docker version ") as caught:
        ContainerlabProvider().up(lab, silent)
    told(caught.value, "docker version")
    assert "not installed" not in str(caught.value)
    assert gone(world)


@pytest.mark.slow
def test_status_tells_of_other_labs_while_the_engine_hangs(
    world: World, lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = ContainerlabProvider()
    provider.up(lab, silent)
    hang(world, monkeypatch, "docker container inspect")
    assert provider.running() == ()
    assert register.read(lab) is not None, "a lab that cannot be seen is not forgotten"


@pytest.mark.slow
def test_a_command_in_a_node_that_never_ends_is_the_nodes_fault(world: World, lab: Path) -> None:
    running = ContainerlabProvider().up(lab, silent)
    world.change(hang="docker exec")
    with pytest.raises(NodeUnreachableError) as caught:
        running.execute("srv", ("sleep", "inf"), SHORT)
    told(caught.value, "srv: `docker exec clab-relay-srv sleep inf`")
    assert gone(world)


def test_a_probe_over_docker_that_never_ends_is_ended(world: World) -> None:
    world.change(hang="docker exec")
    with pytest.raises(ToolHungError) as caught:
        DockerContainer("clab-relay-srv").execute("vtysh -c 'show bgp'", SHORT)
    told(caught.value, "docker exec clab-relay-srv")
    assert gone(world)


def test_a_cluster_whose_client_hangs_does_not_answer(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubectl, "ANSWER", SHORT)
    monkeypatch.setenv(PATIENCE, "1")
    world.change(hang="kubectl")
    with pytest.raises(
        MissingToolError, match="context `blue` does not answer: `kubectl --context blue"
    ) as caught:
        Kubectl.of("", "blue", "lab")
    assert "choose one that runs" in str(caught.value)


@pytest.mark.parametrize(("factor", "granted"), [("1", 690), ("3", 2070)])
def test_patience_lengthens_what_a_tool_may_take(
    factor: str, granted: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PATIENCE, factor)
    nodes = build(load.load("relay")).nodes
    assert ready.starting(nodes).seconds == granted
