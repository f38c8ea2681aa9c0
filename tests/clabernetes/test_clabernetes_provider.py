"""Labs on Kubernetes: what is missing is said with its remedy, ready means healthy inside the launcher, and nothing stays behind.

No cluster was asked here: kubectl is a stand-in.
"""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest
import yaml
from clabernetes_cluster import LABELS, StandIn, install

from labgen.collect.docker import DockerContainer
from labgen.ground.errors import LabNotUpError, LabStartError, MissingToolError, UsageError
from labgen.ground.labplan import LabPlan
from labgen.lab import find
from labgen.lab.clabernetes import captures, waiting
from labgen.lab.clabernetes import provider as provider_module
from labgen.lab.clabernetes.provider import ClabernetesProvider
from labgen.lab.containers import ready, register
from labgen.lab.provider import ContainerAccess, SshAccess, Stage
from labgen.plan.build import build
from labgen.render import folder
from labgen.spec import load


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("LABGEN_TEST_FACTS", str(tmp_path / "facts"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    for name in ("LABGEN_KUBECTL", "LABGEN_C9S_API", "LABGEN_REGISTRY", "KUBECONFIG"):
        monkeypatch.delenv(name, raising=False)
    # The pods share one file system here.
    monkeypatch.setattr(captures, "FOLDER", str(tmp_path / "captured"))
    monkeypatch.setattr(waiting, "PAUSE", 0.01)
    monkeypatch.setattr(provider_module, "LAUNCH", -115.0)
    monkeypatch.setattr(ready, "SAME_SECONDS", 0.01)
    return install(tmp_path)


@pytest.fixture
def plan() -> LabPlan:
    return build(load.load("relay"))


@pytest.fixture
def lab(plan: LabPlan, tmp_path: Path) -> Path:
    folder.write(plan, tmp_path / "lab")
    return tmp_path / "lab"


def silent(stage: Stage) -> None:
    """Progress nobody looks at."""


def space(lab: Path) -> str:
    return provider_module.namespace("relay", lab)


def test_without_kubectl_the_error_says_where_to_get_it(
    cluster: StandIn, lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABGEN_KUBECTL", "no-such-kubectl")
    with pytest.raises(
        MissingToolError, match=r"kubectl is not installed; see https://kubernetes\.io"
    ) as caught:
        ClabernetesProvider().up(lab, silent)
    assert caught.value.exit_code == 3


def test_a_cluster_that_does_not_answer_is_named(cluster: StandIn, lab: Path) -> None:
    cluster.write("unreachable", "")
    with pytest.raises(MissingToolError, match=r"context `prod` does not answer: .*refused\n.*use-context"):
        ClabernetesProvider().up(lab, silent)


def test_a_cluster_without_clabernetes_is_told_how_to_get_it(cluster: StandIn, lab: Path) -> None:
    cluster.write("kinds", "pods   po   v1   true   Pod\n")
    with pytest.raises(LabStartError, match=r"no clabernetes .*helm upgrade --install") as caught:
        ClabernetesProvider().up(lab, silent)
    assert caught.value.exit_code == 3


def test_a_clabernetes_without_launchers_is_refused(cluster: StandIn, lab: Path) -> None:
    cluster.write("kinds", cluster.read("kinds") + "nodeprofiles   c9s.run/v1alpha1   true   NodeProfile\n")
    with pytest.raises(LabStartError, match="without a launcher"):
        ClabernetesProvider().up(lab, silent)


@pytest.mark.parametrize("group", LABELS)
def test_a_lab_comes_up_with_what_the_cluster_serves(cluster: StandIn, lab: Path, group: str) -> None:
    cluster.serves(group, ("srv", "relay", "user"))
    stages: list[Stage] = []
    up = ClabernetesProvider().up(lab, stages.append)
    assert [stage.name for stage in stages] == ["topology", "launchers", "ready", "converged"]
    applied = list(yaml.safe_load_all(cluster.read("applied")))
    assert applied[-1]["apiVersion"] == f"{group}/v1alpha1"
    made = json.loads(cluster.read("namespace"))
    assert made["metadata"]["name"] == space(lab)
    assert made["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "privileged"
    assert find.find(lab).status().provider == up.status().provider == "clabernetes"


def test_the_api_can_be_said(cluster: StandIn, lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABGEN_C9S_API", "clabernetes.containerlab.dev/v1alpha1")
    cluster.serves("clabernetes.containerlab.dev", ("srv", "relay", "user"))
    cluster.write("kinds", "")
    ClabernetesProvider().up(lab, silent)
    assert "apiVersion: clabernetes.containerlab.dev/v1alpha1" in cluster.read("applied")


@pytest.mark.parametrize(
    ("device", "image"),
    [
        pytest.param("frr", "registry.example:5000/net/labgen/node:", id="labgen"),
        pytest.param("eos", "registry.example:5000/net/ceos:", id="vendor"),
        pytest.param("srlinux", "ghcr.io/nokia/srlinux:", id="public"),
    ],
)
def test_images_come_from_the_users_registry_unless_they_name_one(
    cluster: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str, image: str
) -> None:
    folder.write(build(load.load("relay", {"switch": device})), tmp_path / "lab")
    monkeypatch.setenv("LABGEN_REGISTRY", "registry.example:5000/net/")
    text = provider_module.manifest(tmp_path / "lab", "c9s.run/v1alpha1")
    inner = yaml.safe_load(list(yaml.safe_load_all(text))[-1]["spec"]["definition"]["containerlab"])
    assert inner["topology"]["nodes"]["relay"]["image"].startswith(image)


def test_launchers_that_crash_end_the_start_with_their_last_words(cluster: StandIn, lab: Path) -> None:
    crash = {"reason": "CrashLoopBackOff", "message": "back-off 40s"}
    cluster.serves("c9s.run", ("srv", "relay", "user"), relay=crash)
    with pytest.raises(
        LabStartError, match=r"not ready.*relay\n  relay: CrashLoopBackOff: back-off 40s\n.*\nimage not found"
    ):
        ClabernetesProvider().up(lab, silent)
    assert not cluster.has("namespace")
    assert register.read(lab) is None


def test_without_a_manager_nothing_takes_up_the_topology(
    cluster: StandIn, lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.write("topology", "{}")
    cluster.write("pods", '{"items": []}')
    monkeypatch.setattr(provider_module, "LAUNCH", -120.0)
    with pytest.raises(LabStartError, match="does the clabernetes manager run"):
        ClabernetesProvider().up(lab, silent)


def test_ready_means_healthy_inside_the_launcher(cluster: StandIn, lab: Path) -> None:
    cluster.write("health", "unhealthy")
    with pytest.raises(LabStartError, match=r"srv \(unhealthy\).*\n.*cannot open configuration"):
        ClabernetesProvider().up(lab, silent)
    assert not cluster.has("namespace")


def test_where_the_engine_does_no_health_checks_labgen_does(
    cluster: StandIn, lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Release 0.8 leaves them out of what it gives to containerlab."""
    monkeypatch.setattr(ready, "limit", lambda nodes: 0.0)
    cluster.write("health", "")
    cluster.write("unready", "")
    with pytest.raises(LabStartError, match=r"not ready after 0 s: srv \(starting\), relay \(starting\)"):
        ClabernetesProvider().up(lab, silent)
    (cluster.facts / "unready").unlink()
    cluster.serves("c9s.run", ("srv", "relay", "user"))
    ClabernetesProvider().up(lab, silent)


def test_a_launcher_without_its_container_is_waited_for(
    cluster: StandIn, lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider_module, "LAUNCH", -120.0)
    cluster.write("launcher/docker", "#!/bin/sh\necho []; exit 1\n")
    with pytest.raises(LabStartError, match=r"not ready.*srv, relay, user\n  srv: no container yet"):
        ClabernetesProvider().up(lab, silent)
    assert not cluster.has("namespace")


def test_what_the_api_server_refuses_is_shown(cluster: StandIn, lab: Path) -> None:
    cluster.write("refusal", 'admission webhook denied the request: "privileged"')
    with pytest.raises(LabStartError, match="admission webhook denied"):
        ClabernetesProvider().up(lab, silent)
    assert not cluster.has("namespace")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda each: each.name)
def test_an_interrupted_start_leaves_nothing(cluster: StandIn, lab: Path, number: signal.Signals) -> None:
    def interrupt(stage: Stage) -> None:
        if stage.name == "launchers":
            signal.raise_signal(number)

    before = signal.getsignal(number)
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        ClabernetesProvider().up(lab, interrupt)
    assert signal.getsignal(number) is before
    assert not cluster.has("namespace")
    assert register.read(lab) is None


def test_a_namespace_nobody_knows_of_is_left_alone(cluster: StandIn, lab: Path) -> None:
    cluster.write("namespace", "somebody's")
    with pytest.raises(LabStartError, match=f"kubectl delete namespace {space(lab)}"):
        ClabernetesProvider().up(lab, silent)
    assert cluster.read("namespace") == "somebody's"


def test_a_second_start_is_refused(cluster: StandIn, lab: Path) -> None:
    ClabernetesProvider().up(lab, silent)
    with pytest.raises(LabStartError, match="already runs"):
        ClabernetesProvider().up(lab, silent)
    assert cluster.has("namespace")


def test_commands_run_in_the_launchers_engine(cluster: StandIn, lab: Path) -> None:
    up = ClabernetesProvider().up(lab, silent)
    assert up.execute("srv", ["echo", "hello"]).stdout == b"hello\n"
    assert up.execute("srv", ["sh", "-c", "exit 3"]).exit_code == 3
    assert (
        f": --context prod -n {space(lab)} exec relay-srv-5d8f-x2k -c srv -- docker exec srv echo hello"
        in cluster.calls
    )


def test_open_nodes_are_collected_from_through_kubectl(cluster: StandIn, lab: Path) -> None:
    access = ClabernetesProvider().up(lab, silent).ssh_access("srv")
    assert isinstance(access, ContainerAccess)
    node = DockerContainer(access.container, access.program)
    assert node.execute("echo out; echo err >&2; exit 1", 10) == (1, "out\nerr\n")


def test_an_attached_command_reads_the_callers_input(
    cluster: StandIn, lab: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    up = ClabernetesProvider().up(lab, silent)
    assert up.attached("user", ["sh", "-c", "echo here; exit 4"]) == 4
    assert capfd.readouterr().out == "here\n"
    assert any(
        "exec -i relay-user-5d8f-x2k -c user -- docker exec -i user sh" in call for call in cluster.calls
    )


def test_captures_are_made_in_the_launchers_and_saved_in_the_lab_folder(
    cluster: StandIn, lab: Path, tmp_path: Path
) -> None:
    up = ClabernetesProvider().up(lab, silent)
    saved = up.save_captures(tmp_path / "saved")
    assert [file.name for file in saved] == [
        "relay-eth1.pcap",
        "relay-eth2.pcap",
        "srv-eth1.pcap",
        "user-eth1.pcap",
    ]
    assert {file.read_text() for file in saved} == {"captured\n"}
    assert any("nsenter -t 4711 -n tcpdump" in call and "-i eth2" in call for call in cluster.calls)


def test_a_capture_that_does_not_start_fails_the_start(cluster: StandIn, lab: Path) -> None:
    cluster.write("launcher/nsenter", "#!/bin/sh\nsleep 0.2\nexit 1\n")
    cluster.write("launcher/seq", "#!/bin/sh\necho 1\n")
    (cluster.facts / "launcher/seq").chmod(0o755)
    with pytest.raises(LabStartError, match="cannot capture in the launcher of"):
        ClabernetesProvider().up(lab, silent)


@pytest.mark.slow
def test_vendors_nodes_are_reached_over_ssh(cluster: StandIn, tmp_path: Path) -> None:
    plan = build(load.load("relay", {"switch": "eos"}))
    folder.write(plan, tmp_path / "eos")
    cluster.serves("c9s.run", ("srv", "relay", "user"))
    access = ClabernetesProvider().up(tmp_path / "eos", silent).ssh_access("relay")
    assert isinstance(access, SshAccess)
    assert access.host == str(plan.node("relay").mgmt.ip)


def test_a_lab_ends_where_it_was_started(
    cluster: StandIn, lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KUBECONFIG", "lab.conf")
    ClabernetesProvider().up(lab, silent)
    monkeypatch.delenv("KUBECONFIG")
    cluster.write("context", "another\n")
    find.end(lab)
    assert cluster.calls[-1].startswith(
        f"{tmp_path}/lab.conf: --context prod -n {space(lab)} delete namespace {space(lab)}"
    )
    assert register.read(lab) is None


def test_an_api_labgen_does_not_know_is_refused(
    cluster: StandIn, lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABGEN_C9S_API", "c9s.example/v1")
    with pytest.raises(UsageError, match=r"use one of c9s\.run/v1alpha1"):
        ClabernetesProvider().up(lab, silent)


def test_all_labs_end_together(cluster: StandIn, lab: Path) -> None:
    ClabernetesProvider().up(lab, silent)
    assert ClabernetesProvider().end_all() == 1
    assert not cluster.has("namespace")


def test_a_lab_whose_namespace_is_gone_does_not_run(cluster: StandIn, lab: Path) -> None:
    ClabernetesProvider().up(lab, silent)
    cluster.write("pods", '{"items": []}')
    with pytest.raises(LabNotUpError, match="labgen up"):
        ClabernetesProvider().find(lab)
    assert ClabernetesProvider().running() == ()
    assert register.read(lab) is None


def test_a_lab_on_a_cluster_out_of_reach_is_not_forgotten(cluster: StandIn, lab: Path) -> None:
    ClabernetesProvider().up(lab, silent)
    cluster.write("unreachable", "")
    assert ClabernetesProvider().running() == ()
    with pytest.raises(MissingToolError, match="does not answer"):
        ClabernetesProvider().end(lab)
    assert register.read(lab) is not None
