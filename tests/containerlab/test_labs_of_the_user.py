"""The user's labs and files: `up` and `down` undo what they did and nothing else, and a lab started by hand stays its user's."""

from __future__ import annotations

import os
import shutil
import struct
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from container_world import World, content, world
from members import some

from labgen.ground.errors import LabNotUpError, LabStartError, MissingToolError, UsageError
from labgen.ground.labplan import LabPlan
from labgen.lab.containerlab.provider import ContainerlabProvider
from labgen.lab.containers import free, ready, register
from labgen.lab.containers.lab import ContainerLab
from labgen.lab.containers.provider import ContainerProvider
from labgen.lab.deadline import PATIENCE, Deadline
from labgen.lab.netlab.provider import NetlabProvider
from labgen.lab.provider import Stage
from labgen.plan.build import build
from labgen.render import folder
from labgen.spec import load
from labgen.verify.provenance import gather

__all__ = ["world"]

pytestmark = pytest.mark.slow
PROVIDERS = [
    pytest.param(ContainerlabProvider(), id="containerlab"),
    pytest.param(NetlabProvider(), id="netlab"),
]
BY_HAND = {"containerlab": ("containerlab", "deploy", "-t", "clab.yml"), "netlab": ("netlab", "up")}


@pytest.fixture
def plan() -> LabPlan:
    return build(load.load("relay"))


@pytest.fixture
def lab(plan: LabPlan, tmp_path: Path) -> Iterator[Path]:
    """A built lab folder; captures that are left are ended."""
    folder.write(plan, tmp_path / "lab")
    yield tmp_path / "lab"
    entry = register.read(tmp_path / "lab")
    for pid in entry.captures if entry else ():
        os.kill(pid, 9)


def silent(stage: Stage) -> None:
    """Progress nobody looks at."""


def test_provenance_names_the_images_of_containers(world: World, lab: Path) -> None:
    running = ContainerlabProvider().up(lab, silent)
    source = gather(running, "containerlab", "device", 0.0)
    assert source.daemons == {"labgen/node:0.2": "sha256:abababababab"}
    assert ("images", "labgen/node:0.2 sha256:abababababab") in source.lines
    assert "daemons" not in dict(source.lines)


def test_an_engine_that_tells_nothing_of_images_is_no_reason_not_to_judge(world: World, lab: Path) -> None:
    running = ContainerlabProvider().up(lab, silent)
    ContainerlabProvider().end(lab)
    assert gather(running, "containerlab", "device", 0.0).daemons == {}


def ends(pid: int) -> bool:
    """Whether a process that was told to end does."""
    status, deadline = Path(f"/proc/{pid}/stat"), Deadline.after(30)
    while not deadline.over:
        with suppress(OSError):
            if status.read_text().rsplit(")", 1)[1].split()[0] != "Z":
                time.sleep(0.02)
                continue
        return True
    return False


@pytest.mark.parametrize("provider", PROVIDERS)
def test_up_and_down_leave_the_lab_folder_as_it_was_built(
    provider: ContainerProvider, world: World, lab: Path
) -> None:
    before, networks = content(lab), world.networks
    provider.up(lab, silent)
    assert len(world.containers) == 3
    provider.end(lab)
    assert content(lab) == before
    assert (world.containers, world.networks) == (set(), networks)
    assert world.state()["instances"] == {}
    assert register.read(lab) is None


@pytest.mark.parametrize("provider", some(PROVIDERS, "containerlab"))
def test_a_lab_whose_folder_was_deleted_is_ended_all_the_same(
    provider: ContainerProvider, world: World, lab: Path
) -> None:
    networks = world.networks
    provider.up(lab, silent)
    shutil.rmtree(lab)
    provider.end(lab)
    assert (world.containers, world.networks) == (set(), networks)
    assert register.read(lab) is None


@pytest.mark.parametrize("provider", some(PROVIDERS, "netlab"))
def test_a_lab_can_be_started_again_after_it_was_ended(
    provider: ContainerProvider, world: World, lab: Path
) -> None:
    for _ in range(2):
        provider.up(lab, silent)
        provider.end(lab)
    assert world.containers == set()


@pytest.mark.parametrize("hand", list(BY_HAND))
@pytest.mark.parametrize("provider", PROVIDERS)
def test_up_leaves_a_lab_alone_that_its_user_already_runs(
    provider: ContainerProvider, hand: str, world: World, lab: Path
) -> None:
    world.by_hand(lab, *BY_HAND[hand])
    before, state = content(lab), world.state()
    with pytest.raises(
        LabStartError, match=r"it was left as it is.*labgen (verify|down)|netlab down"
    ) as caught:
        provider.up(lab, silent)
    assert caught.value.exit_code == 3
    assert content(lab) == before
    assert world.state() == state
    assert register.read(lab) is None


def test_a_lab_of_the_same_name_elsewhere_is_named_with_its_folder(
    world: World, lab: Path, plan: LabPlan, tmp_path: Path
) -> None:
    folder.write(plan, tmp_path / "other")
    world.by_hand(tmp_path / "other", *BY_HAND["containerlab"])
    with pytest.raises(LabStartError, match=r"other/clab\.yml.*--set name=NAME"):
        ContainerlabProvider().up(lab, silent)
    with pytest.raises(LabNotUpError):
        ContainerlabProvider().find(lab)
    assert len(world.containers) == 3


@pytest.mark.parametrize("fail", some(["early", "deploy"], "deploy"))
@pytest.mark.parametrize("provider", some(PROVIDERS, "netlab"))
def test_a_failed_start_leaves_nothing_behind_and_tells_the_tools_reason(
    provider: ContainerProvider, fail: str, world: World, lab: Path
) -> None:
    before, networks = content(lab), world.networks
    world.change(fail=fail, reason="cannot find image frr:9.9")
    with pytest.raises(LabStartError, match=r"cannot find image frr:9\.9"):
        provider.up(lab, silent)
    assert content(lab) == before
    assert (world.containers, world.networks) == (set(), networks)
    assert world.state()["instances"] == {}
    assert register.read(lab) is None


@pytest.mark.parametrize("provider", some(PROVIDERS, "netlab"))
def test_what_the_tool_says_is_told_while_it_works(
    provider: ContainerProvider, world: World, lab: Path
) -> None:
    told: list[str] = []
    found = provider.up(lab, lambda stage: told.append(stage.name))
    first = {"containerlab": "INFO Creating container", "netlab": "Created provider configuration file"}
    assert told.index(first[provider.name]) < told.index("containers")
    assert [stage.name for stage in found.status().stages] == ["containers", "ready", "converged"]
    provider.end(lab)


def test_two_container_labs_run_at_once(world: World, lab: Path, tmp_path: Path) -> None:
    folder.write(build(load.load("relay", settings=("name=second",))), tmp_path / "second")
    first, second = ContainerlabProvider(), NetlabProvider()
    first.up(lab, silent)
    second.up(tmp_path / "second", silent)
    assert {status.lab for provider in (first, second) for status in provider.running()} == {
        "relay",
        "second",
    }
    assert len(set(world.networks.values())) == 3
    first.end(lab)
    assert world.containers == {f"clab-second-{node}" for node in ("srv", "relay", "user")}
    second.end(tmp_path / "second")


def test_the_management_network_follows_from_the_name_unless_it_is_set() -> None:
    def network(*settings: str) -> str:
        return str(build(load.load("relay", settings=settings)).nodes[0].mgmt.network)

    assert network() == network()
    assert network() != network("name=second")
    assert network("addressing.mgmt=10.99.0.0/24") == "10.99.0.0/24"


def test_a_docker_network_in_the_way_is_named_with_the_remedy(world: World, lab: Path, plan: LabPlan) -> None:
    wanted = str(plan.nodes[0].mgmt.network)
    world.change(networks={"office": wanted})
    with pytest.raises(
        LabStartError, match=rf"{wanted} overlaps Docker network office.*--set addressing\.mgmt="
    ):
        ContainerlabProvider().up(lab, silent)
    assert world.networks == {"office": wanted}


def test_a_network_of_this_lab_with_another_subnet_is_told_to_be_removed(world: World, lab: Path) -> None:
    world.change(networks={"labgen-relay": "10.50.0.0/24"})
    with pytest.raises(LabStartError, match="docker network rm labgen-relay"):
        ContainerlabProvider().up(lab, silent)


def test_a_route_of_this_machine_in_the_way_is_named(world: World, lab: Path, plan: LabPlan) -> None:
    first = int(plan.nodes[0].mgmt.network.network_address)
    destination, mask = (struct.unpack("=L", struct.pack(">L", n))[0] for n in (first, 0xFFFFFF00))
    line = f"tun0 {destination:08X} 00000000 0001 0 0 0 {mask:08X} 0 0 0\n"
    free.ROUTES.write_text(free.ROUTES.read_text() + line)
    with pytest.raises(
        LabStartError, match=rf"overlaps this machine's route to {plan.nodes[0].mgmt.network} by tun0"
    ):
        ContainerlabProvider().up(lab, silent)
    assert world.containers == set()


@pytest.mark.parametrize("provider", some(PROVIDERS, "containerlab"))
def test_a_lab_that_another_labgen_built_is_told_with_its_problem_and_hides_no_other(
    provider: ContainerProvider, world: World, lab: Path
) -> None:
    provider.up(lab, silent)
    plan = lab / "plan.json"
    plan.write_text(plan.read_text().replace("{", '{"of_a_later_time": true, ', 1))
    (seen,) = provider.running()
    assert (seen.folder, seen.lab) == (lab, lab.name)
    assert "plan.json cannot be read" in seen.problem
    assert "of_a_later_time" in seen.problem


@pytest.mark.parametrize("provider", some(PROVIDERS, "containerlab"))
def test_a_lab_started_by_hand_is_adopted_and_left_alone_by_down(
    provider: ContainerProvider, world: World, lab: Path
) -> None:
    world.by_hand(lab, *BY_HAND[provider.name])
    state = world.state()["containers"]
    (seen,) = provider.running()
    assert (seen.folder, seen.adopted) == (lab, True)
    assert register.read(lab) is None, "looking adopts nothing"
    entry = provider.adopt(lab).entry
    assert len(entry.captures) == 4
    with pytest.raises(UsageError, match=r"left running.*--adopted"):
        provider.end(lab)
    assert world.state()["containers"] == state
    assert register.read(lab) is None
    assert all(ends(pid) for pid in entry.captures)


@pytest.mark.parametrize("provider", some(PROVIDERS, "netlab"))
def test_an_adopted_lab_is_ended_when_that_is_meant(
    provider: ContainerProvider, world: World, lab: Path
) -> None:
    world.by_hand(lab, *BY_HAND[provider.name])
    before = content(lab)
    provider.adopt(lab)
    provider.end(lab, adopted=True)
    assert world.containers == set()
    assert {"clab.yml", "config", "plan.json"} <= set(content(lab)) <= set(before)
    with pytest.raises(LabNotUpError):
        provider.find(lab)


def test_a_lab_started_by_hand_is_judged_once_it_has_converged(
    world: World, lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []

    def converged(lab: ContainerLab, deadline: Deadline) -> None:
        seen.append(not lab.entry.captures)

    monkeypatch.setattr(ready, "converged", converged)
    world.by_hand(lab, *BY_HAND["containerlab"])
    ContainerlabProvider().adopt(lab)
    assert seen == [True], "waited for, and captured only then"


def test_a_lab_started_by_hand_that_does_not_converge_is_judged_all_the_same(
    world: World, lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labgen.lab.containers.provider.CONVERGENCE", 0.0)
    world.by_hand(lab, *BY_HAND["containerlab"])
    world.change(dead=["ospfd"])
    assert len(ContainerlabProvider().adopt(lab).entry.captures) == 4


@pytest.mark.parametrize("ended", some([0, 1, 4], "1"))
@pytest.mark.parametrize("owner", ["user", "labgen"])
def test_captures_that_ended_are_taken_anew_and_the_others_go_on(
    owner: str, ended: int, world: World, lab: Path
) -> None:
    """Somebody ended processes of labgen: without captures no client would be seen to ask, and the lab would be blamed for it."""
    provider = ContainerlabProvider()
    if owner == "user":
        world.by_hand(lab, *BY_HAND["containerlab"])
    else:
        provider.up(lab, silent)
    first = provider.adopt(lab).entry.captures
    for pid in first[:ended]:
        os.kill(pid, 9)
        assert ends(pid)
    second = provider.adopt(lab).entry.captures
    assert set(first[ended:]) <= set(second)
    assert set(first[:ended]).isdisjoint(second)
    assert len(second) == len(first) == 4
    assert not any(gone(pid) for pid in second)
    assert provider.find(lab).entry.captures == second, "the next command knows them"


def gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


def test_a_lab_started_anew_by_hand_is_captured_anew(world: World, lab: Path) -> None:
    provider = ContainerlabProvider()
    world.by_hand(lab, *BY_HAND["containerlab"])
    first = provider.adopt(lab).entry
    world.by_hand(lab, "containerlab", "destroy", "-t", "clab.yml")
    world.by_hand(lab, *BY_HAND["containerlab"])
    second = provider.adopt(lab).entry
    assert set(first.captures).isdisjoint(second.captures)
    assert all(ends(pid) for pid in first.captures)


def test_ending_all_labs_ends_only_those_labgen_started(world: World, lab: Path, tmp_path: Path) -> None:
    provider = ContainerlabProvider()
    folder.write(build(load.load("relay", settings=("name=mine",))), tmp_path / "mine")
    provider.up(tmp_path / "mine", silent)
    world.by_hand(lab, *BY_HAND["containerlab"])
    provider.adopt(lab)
    assert provider.end_all() == 1
    assert world.containers == {f"clab-relay-{node}" for node in ("srv", "relay", "user")}


def test_a_dead_daemon_is_named_with_its_last_words_and_ospf_is_not_blamed(
    world: World, lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labgen.lab.containers.provider.SERVING", 0.1)
    world.change(dead=["ospfd"])
    with pytest.raises(LabStartError, match=r"relay: ospfd.*last words of ospfd") as caught:
        ContainerlabProvider().up(lab, silent)
    assert "route" not in str(caught.value)
    assert world.containers == set()


def test_a_daemon_that_dies_while_ospf_is_waited_for_is_what_is_told(
    world: World, lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = ContainerlabProvider()
    found = provider.up(lab, silent)
    monkeypatch.setattr(ready, "GIVEN_UP", 0.1)
    world.change(dead=["zebra"])
    with pytest.raises(LabStartError, match=r"daemons do not run any more: .*zebra"):
        ready.converged(found, Deadline.after(60))
    world.change(dead=[])
    provider.end(lab)


@pytest.mark.parametrize(("set_to", "factor"), [("3", 3.0), ("0.1", 1.0), ("soon", 1.0), (None, 1.0)])
def test_patience_makes_deadlines_longer_and_never_shorter(
    set_to: str | None, factor: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(PATIENCE, raising=False)
    if set_to:
        monkeypatch.setenv(PATIENCE, set_to)
    assert Deadline.patient(20).seconds == 20 * factor
    assert Deadline.after(20).seconds == 20


def test_netlab_without_sudo_is_refused_before_any_container_is_there(
    world: World, lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """netlab says so itself, minutes later."""
    (tmp_path / "bin" / "sudo").unlink()
    monkeypatch.setattr("labgen.lab.netlab.provider.SUDO", "sudo-of-nobody")
    with pytest.raises(MissingToolError, match="apt-get install sudo"):
        NetlabProvider().up(lab, silent)
    assert not world.state()["containers"]
    assert not world.state()["instances"]
