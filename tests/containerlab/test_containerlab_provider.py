"""Labs of containers: what is missing is said with its remedy, ready means healthy, and what was started is found and ended.

The engine and the lab tools are stand-ins here: programs on PATH that answer as the real ones do. The real ones are used by the tests of
test_containerlab_labs.py.
"""

from __future__ import annotations

import io
import json
import os
import tarfile
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path

import pytest

from labgen.devices.linux.container import IMAGE
from labgen.ground.errors import LabNotUpError, LabStartError, MissingToolError
from labgen.ground.labplan import LabPlan
from labgen.lab import doctor
from labgen.lab.containerlab.provider import ContainerlabProvider
from labgen.lab.containers import free, image, ready, register
from labgen.lab.containers.engine import Engine, State
from labgen.lab.containers.site import Here
from labgen.lab.deadline import Deadline
from labgen.lab.netlab.provider import Netlab
from labgen.lab.provider import ContainerAccess, SshAccess, Stage
from labgen.plan.build import build
from labgen.render import folder
from labgen.spec import load

DOCKER = """#!/bin/sh
echo "$@" >>"$LABGEN_TEST_CALLS"
case "$1" in
version) echo 20.10 ;;
image) [ -e "$LABGEN_TEST_IMAGES" ] ;;
container) cat "$LABGEN_TEST_STATES" ;;
logs) echo "kea-dhcp4: cannot open configuration" ;;
exec) shift 2; exec "$@" ;;
esac
"""


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole PATH besides the system's; `docker` in it answers."""
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    write(bin_folder / "docker", DOCKER)
    monkeypatch.setenv("PATH", f"{bin_folder}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))
    (tmp_path / "runtime").mkdir()
    (tmp_path / "routes").write_text("Iface Destination Gateway Flags RefCnt Use Metric Mask\n")
    monkeypatch.setattr(free, "ROUTES", tmp_path / "routes")
    monkeypatch.delenv("LABGEN_DOCKER", raising=False)
    for name in ("calls", "images", "states"):
        monkeypatch.setenv(f"LABGEN_TEST_{name.upper()}", str(tmp_path / name))
    return bin_folder


def write(file: Path, text: str) -> None:
    file.write_text(text)
    file.chmod(0o755)


@pytest.fixture
def plan() -> LabPlan:
    return build(load.load("relay"))


@pytest.fixture
def lab(plan: LabPlan, tmp_path: Path) -> Path:
    folder.write(plan, tmp_path / "lab")
    return tmp_path / "lab"


def silent(stage: Stage) -> None:
    """Progress nobody looks at."""


def states(**health: str) -> str:
    entries = [
        {
            "Name": f"/clab-relay-{node}",
            "State": {"Pid": os.getpid(), "Running": text != "gone", "Health": {"Status": text}},
        }
        for node, text in health.items()
    ]
    return json.dumps(entries)


def test_without_docker_the_error_says_how_to_install_it(
    programs: Path, lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABGEN_DOCKER", "no-such-engine")
    with pytest.raises(MissingToolError, match=r"apt-get install docker\.io") as caught:
        ContainerlabProvider().up(lab, silent)
    assert caught.value.exit_code == 3


def test_an_engine_that_does_not_answer_is_told_from_a_missing_one(programs: Path, lab: Path) -> None:
    write(programs / "docker", "#!/bin/sh\nexit 1\n")
    with pytest.raises(MissingToolError, match="does not answer"):
        ContainerlabProvider().up(lab, silent)


def test_missing_images_are_named_with_the_command_that_builds_them(programs: Path, lab: Path) -> None:
    with pytest.raises(
        LabStartError, match=f"{IMAGE}: build it with `python -m labgen.lab.containers.image`"
    ) as caught:
        ContainerlabProvider().up(lab, silent)
    assert caught.value.exit_code == 3


def test_without_containerlab_the_error_says_how_to_install_it(
    programs: Path, lab: Path, tmp_path: Path
) -> None:
    (tmp_path / "images").touch()
    with pytest.raises(MissingToolError, match="containerlab is not installed"):
        ContainerlabProvider().up(lab, silent)
    assert register.read(lab) is None


def test_a_failed_deployment_shows_the_tools_last_words(programs: Path, lab: Path, tmp_path: Path) -> None:
    (tmp_path / "images").touch()
    write(programs / "containerlab", "#!/bin/sh\necho 'network overlaps' >&2\nexit 1\n")
    with pytest.raises(LabStartError, match="network overlaps"):
        ContainerlabProvider().up(lab, silent)


@pytest.mark.parametrize(
    ("health", "told"),
    [
        pytest.param({"a": "healthy", "b": "starting"}, r"b \(starting\)", id="late"),
        pytest.param({"a": "healthy", "b": "gone"}, r"b \(gone\)", id="ended"),
        pytest.param({"a": "healthy", "b": "unhealthy"}, r"b \(unhealthy\)", id="unhealthy"),
    ],
)
def test_ready_means_healthy_not_running(
    programs: Path, tmp_path: Path, health: Mapping[str, str], told: str
) -> None:
    (tmp_path / "states").write_text(states(**health))
    with pytest.raises(LabStartError, match=told) as caught:
        ready.healthy(
            Here(Engine.find()), {node: f"clab-relay-{node}" for node in health}, Deadline.after(0.1)
        )
    assert "cannot open configuration" in str(caught.value)


def test_healthy_containers_are_ready_at_once(programs: Path, tmp_path: Path) -> None:
    (tmp_path / "states").write_text(states(a="healthy"))
    found = ready.healthy(Here(Engine.find()), {"a": "clab-relay-a"}, Deadline.after(1))
    assert found == {"a": State(os.getpid(), True, "healthy")}


def started(lab: Path) -> None:
    containers = {node: f"clab-relay-{node}" for node in ("srv", "relay", "user")}
    register.write(register.Entry(str(lab), "containerlab", containers, 0.0, str(lab / "captures")))


def test_a_running_lab_is_found_and_its_open_nodes_need_no_ssh(
    programs: Path, lab: Path, tmp_path: Path
) -> None:
    started(lab)
    (tmp_path / "states").write_text(states(srv="healthy", relay="healthy", user="healthy"))
    found = ContainerlabProvider().find(lab)
    assert found.ssh_access("srv") == ContainerAccess("clab-relay-srv", ("docker",))
    assert found.execute("srv", ["echo", "hello"]).stdout == b"hello\n"


def test_vendors_nodes_are_reached_over_ssh(programs: Path, tmp_path: Path) -> None:
    plan = build(load.load("relay", {"switch": "eos"}))
    folder.write(plan, tmp_path / "eos")
    started(tmp_path / "eos")
    (tmp_path / "states").write_text(states(srv="healthy", relay="healthy", user="healthy"))
    access = ContainerlabProvider().find(tmp_path / "eos").ssh_access("relay")
    assert isinstance(access, SshAccess)
    assert access.host == str(plan.node("relay").mgmt.ip)
    assert access.password not in repr(access).replace(access.user, "", 1)


@pytest.mark.parametrize(
    ("device", "user", "password"),
    [("eos", "admin", "admin"), ("srlinux", "admin", "NokiaSrl1!"), ("iosxr", "clab", "clab@123")],
)
def test_vendors_nodes_are_entered_as_their_images_want(
    device: str, user: str, password: str, programs: Path, tmp_path: Path
) -> None:
    folder.write(build(load.load("relay", {"switch": device})), tmp_path / device)
    started(tmp_path / device)
    (tmp_path / "states").write_text(states(srv="healthy", relay="healthy", user="healthy"))
    access = ContainerlabProvider().find(tmp_path / device).ssh_access("relay")
    assert isinstance(access, SshAccess)
    assert (access.user, access.password) == (user, password)


@pytest.mark.parametrize("device", ["cumulus_nvue", "sonic", "vyos"])
def test_containers_with_a_shell_need_no_ssh_server(device: str, programs: Path, tmp_path: Path) -> None:
    folder.write(build(load.load("relay", {"switch": device})), tmp_path / device)
    started(tmp_path / device)
    (tmp_path / "states").write_text(states(srv="healthy", relay="healthy", user="healthy"))
    found = ContainerlabProvider().find(tmp_path / device)
    assert found.ssh_access("relay") == ContainerAccess("clab-relay-relay", ("docker",))


def test_a_lab_whose_containers_are_gone_does_not_run(programs: Path, lab: Path, tmp_path: Path) -> None:
    started(lab)
    (tmp_path / "states").write_text("[]")
    with pytest.raises(LabNotUpError, match="labgen up"):
        ContainerlabProvider().find(lab)


def test_ending_a_lab_destroys_it_and_forgets_it(programs: Path, lab: Path, tmp_path: Path) -> None:
    started(lab)
    write(programs / "containerlab", '#!/bin/sh\necho "$@" >>"$LABGEN_TEST_CALLS"\n')
    ContainerlabProvider().end(lab)
    assert "destroy -t clab.yml --cleanup" in (tmp_path / "calls").read_text()
    assert register.read(lab) is None


def test_netlab_addresses_come_from_its_inventory(lab: Path) -> None:
    (lab / "hosts.yml").write_text(
        "all: {hosts: {}}\nfrr:\n  hosts:\n    srv: {ansible_host: 192.168.121.101}\n    relay: {ansible_host: clab-relay-relay}\n"
    )
    assert Netlab().addresses(lab, adopted=True) == {"srv": "192.168.121.101"}


@pytest.mark.parametrize(
    ("scenario", "lacks", "words"),
    [
        pytest.param("campus-vrrp", {"vlan": "not here"}, "802.1Q", id="trunks and no 802.1Q"),
        pytest.param("vrf-relay", {"vrf": "not here"}, "`vrf` devices", id="VRFs and no VRF devices"),
        pytest.param("campus-vrrp", {"vrf": "not here", "vlan": ""}, "", id="trunks alone"),
        pytest.param("relay", {"vrf": "not here", "vlan": "not here"}, "", id="neither"),
    ],
)
def test_what_a_kernel_lacks_is_told_before_anything_starts(
    scenario: str, lacks: Mapping[str, str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "features", lambda: dict(lacks))
    monkeypatch.setattr("labgen.lab.containers.captures.require", lambda: None)
    design = Path(__file__).parents[2] / "examples" / "designs" / f"{scenario}.yml"
    plan = build(load.load(str(design) if design.is_file() else scenario))
    site = Here(Engine(("docker",)))
    with pytest.raises(LabStartError, match=words) if words else nullcontext():
        site.require(plan)


def test_captures_that_cannot_be_made_are_told_before_anything_starts(
    programs: Path, lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "images").touch()
    write(programs / "containerlab", '#!/bin/sh\necho "$@" >>"$LABGEN_TEST_CALLS"\n')
    (programs / "cat").symlink_to("/bin/cat")
    (programs / "sh").symlink_to("/bin/sh")
    monkeypatch.setenv("PATH", str(programs))
    with pytest.raises(MissingToolError, match="apt-get install tcpdump"):
        ContainerlabProvider().up(lab, silent)
    assert "deploy" not in (tmp_path / "calls").read_text()


def test_the_images_context_is_an_archive_the_engines_command_line_takes() -> None:
    """Docker peeks at the first block; what opens with an extended header it takes for a Dockerfile."""
    data = image.context()
    assert (data[257:262], data[156:157]) == (b"ustar", tarfile.REGTYPE)
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        names = archive.getnames()
        assert {"Dockerfile", "node", "labgen-relay", "labgen/relay/main.py"} <= set(names)
        assert not any("__pycache__" in name for name in names)
        dockerfile = archive.extractfile("Dockerfile")
        assert dockerfile is not None
        assert b"--chmod" not in dockerfile.read()  # only BuildKit knows it, and Debian's docker.io has none
    assert image.context() == data


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param('{"colour": "blue"}', True, id="a newer release added a field"),
        pytest.param("{", False, id="cut off"),
    ],
)
def test_an_entry_of_another_release_is_no_traceback(
    programs: Path, lab: Path, text: str, found: bool
) -> None:
    started(lab)
    (file,) = Path(os.environ["XDG_RUNTIME_DIR"], "labgen").glob("*.json")
    entry = json.loads(file.read_text())
    file.write_text(json.dumps(entry | json.loads(text)) if found else text)
    assert (register.read(lab) is not None) is found
    assert len(list(register.entries("containerlab"))) == int(found)


def test_vrfs_that_the_kernel_cannot_make_are_told_before_anything_starts(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = build(load.load("vrf-relay"))
    folder.write(plan, tmp_path / "vrf")
    (tmp_path / "images").touch()
    monkeypatch.setattr(doctor, "features", lambda: {"vrf": "operation not supported"})
    with pytest.raises(LabStartError, match=r"modprobe vrf.*embedded"):
        ContainerlabProvider().up(tmp_path / "vrf", silent)
    assert register.read(tmp_path / "vrf") is None
