"""A running embedded lab, seen through labgen: nodes, daemons, SSH, commands, captures."""

from __future__ import annotations

import io
import os
import time
from contextlib import ExitStack
from pathlib import Path

import netmiko
import paramiko
import pytest
from lab_host import eventually
from lab_pcap import frames, udp

from labgen.devices import readers, registry
from labgen.ground.errors import LabNotUpError, LabStartError, NodeUnreachableError, UsageError
from labgen.lab.embedded.client import EmbeddedLab
from labgen.lab.embedded.provider import EmbeddedProvider, running_names
from labgen.lab.provider import DaemonStatus, Lab, Provider

pytest_plugins = ["lab_fixtures"]
pytestmark = pytest.mark.lab

NODES = ("srv1", "srv2", "sw1", "sw2", "sw3", "cl_a", "cl_b")


def shell(lab: EmbeddedLab, node: str, script: str) -> str:
    result = lab.execute(node, ["sh", "-c", script], timeout=20)
    assert result.exit_code == 0, result.stderr.decode()
    return result.stdout.decode()


def test_lab_and_provider_are_what_the_rest_of_labgen_expects(flagship: EmbeddedLab) -> None:
    lab: Lab = flagship
    provider: Provider = EmbeddedProvider()
    assert lab.status().provider == provider.name


def test_every_autostarted_daemon_runs(flagship: EmbeddedLab) -> None:
    states = {
        (node.name, daemon.name): daemon.state
        for node in flagship.status().nodes
        for daemon in node.daemons
        if daemon.exit_code != 0
    }
    idle = {key for key, state in states.items() if state == "idle"}
    assert set(states.values()) == {"running", "idle"}
    assert idle == {("cl_a", "dhclient"), ("cl_b", "dhclient")}


def test_stages_tell_how_the_lab_came_up(flagship: EmbeddedLab) -> None:
    stages = flagship.status().stages
    assert {stage.name for stage in stages} == {
        "namespaces",
        "network",
        "daemons",
        "routes",
        "overlay",
        "paths",
    }
    assert [stage.seconds for stage in stages] == sorted(stage.seconds for stage in stages)


def test_pid_of_a_daemon_is_what_its_node_sees(flagship: EmbeddedLab) -> None:
    node = next(node for node in flagship.status().nodes if node.name == "sw1")
    pids = {daemon.name: daemon.pid for daemon in node.daemons}
    assert shell(flagship, "sw1", f"cat /proc/{pids['zebra']}/comm").strip() == "zebra"
    assert shell(flagship, "sw1", "cat /run/labgen/zebra.pid").strip() == str(pids["zebra"])


def host_key(connection: netmiko.BaseConnection) -> str:
    client = connection.remote_conn_pre
    transport = client.get_transport() if client else None
    assert transport is not None
    key = transport.get_remote_server_key()
    return f"{key.get_name()} {key.get_base64()}"


@pytest.mark.parametrize("node", NODES)
def test_netmiko_logs_in_with_the_labs_key_and_strict_host_key(flagship: EmbeddedLab, node: str) -> None:
    access = flagship.ssh_access(node)
    with netmiko.ConnectHandler(
        device_type="linux",
        host=access.host,
        username=access.user,
        pkey=paramiko.Ed25519Key.from_private_key(io.StringIO(access.private_key)),
        sock=flagship.ssh_socket(node),
        allow_agent=False,
    ) as connection:
        assert host_key(connection) == access.host_key
        assert str(connection.send_command("hostname")).strip() == node


def test_password_login_is_refused(flagship: EmbeddedLab) -> None:
    with paramiko.Transport(flagship.ssh_socket("sw1")) as transport:
        transport.start_client(timeout=10)
        with pytest.raises(paramiko.BadAuthenticationType):
            transport.auth_password("root", "")


def test_command_returns_status_and_both_outputs(flagship: EmbeddedLab) -> None:
    result = flagship.execute("cl_a", ["sh", "-c", "echo out; echo err >&2; exit 7"])
    assert (result.exit_code, result.stdout, result.stderr) == (7, b"out\n", b"err\n")


def test_large_output_arrives_whole(flagship: EmbeddedLab) -> None:
    assert len(flagship.execute("cl_a", ["head", "-c", "3000000", "/dev/zero"]).stdout) == 3_000_000


def test_command_that_cannot_be_run_says_so(flagship: EmbeddedLab) -> None:
    result = flagship.execute("cl_a", ["no-such-program"])
    assert result.exit_code == 127
    assert b"no-such-program" in result.stderr


def test_command_beyond_its_timeout_is_ended(flagship: EmbeddedLab) -> None:
    with pytest.raises(NodeUnreachableError, match=r"0\.2 s"):
        flagship.execute("cl_a", ["sleep", "4321"], timeout=0.2)
    assert eventually(lambda: "sleep 4321" not in shell(flagship, "cl_a", "ps -ef | grep -v grep"))


def test_command_may_leave_a_daemon_behind(flagship: EmbeddedLab) -> None:
    started = time.monotonic()
    shell(flagship, "cl_a", "sleep 77 & echo $! > /run/left.pid")
    assert time.monotonic() - started < 5
    shell(flagship, "cl_a", "kill $(cat /run/left.pid)")


def test_node_sees_only_its_own_processes(flagship: EmbeddedLab) -> None:
    assert "kea" in shell(flagship, "srv1", "ps -e")
    assert "kea" not in shell(flagship, "cl_a", "ps -e")


def test_orphans_are_reaped(flagship: EmbeddedLab) -> None:
    shell(flagship, "cl_a", "(sleep 0.1 &) ; sleep 0.3")
    assert "<defunct>" not in shell(flagship, "cl_a", "ps -e")


def test_unknown_node_names_the_nodes_there_are(flagship: EmbeddedLab) -> None:
    with pytest.raises(UsageError, match="sw1, sw2"):
        flagship.execute("nobody", ["true"])


@pytest.mark.parametrize("path", ["/usr/labgen-was-here", "/home/labgen-was-here", "/opt/labgen-was-here"])
def test_host_files_are_read_only_in_nodes(flagship: EmbeddedLab, path: str) -> None:
    assert flagship.execute("sw1", ["touch", path]).exit_code != 0
    assert not Path(path).exists()


def test_host_disks_and_settings_are_out_of_reach_in_nodes(flagship: EmbeddedLab) -> None:
    assert shell(flagship, "sw1", "find /dev -type b") == ""
    assert (
        flagship.execute(
            "sw1", ["sh", "-c", "cat /proc/sys/vm/swappiness > /proc/sys/vm/swappiness"]
        ).exit_code
        != 0
    )
    shell(flagship, "sw1", "echo 1 > /proc/sys/net/ipv4/ip_forward")


def test_nodes_have_their_own_etc_and_tmp(flagship: EmbeddedLab) -> None:
    host = Path("/etc/resolv.conf").read_bytes()
    shell(
        flagship,
        "cl_a",
        "echo nameserver 192.0.2.1 > /etc/resolv.conf; touch /tmp/labgen-mine /etc/labgen-mine",
    )
    assert Path("/etc/resolv.conf").read_bytes() == host
    assert not Path("/tmp/labgen-mine").exists()
    assert "labgen-mine" not in shell(flagship, "cl_b", "ls /tmp /etc")
    assert "192.0.2.1" not in shell(flagship, "cl_b", "cat /etc/resolv.conf")


def test_logs_are_those_of_the_daemon(flagship: EmbeddedLab) -> None:
    with ExitStack() as stack:
        files = [stack.enter_context(file) for file in flagship.logs("srv1", "kea-dhcp4")]
        texts = [file.read().decode() for file in files]
    assert any("DHCP4_STARTED" in text for text in texts)
    with pytest.raises(UsageError, match="kea-dhcp4"):
        flagship.logs("srv1", "nothing")


def test_killed_daemon_is_shown_and_can_be_started_again(flagship: EmbeddedLab) -> None:
    killed = flagship.control("srv2", "kea-dhcp4", "kill")
    assert (killed.state, killed.exit_code) == ("exited", -9)
    node = next(node for node in flagship.status().nodes if node.name == "srv2")
    assert next(daemon for daemon in node.daemons if daemon.name == "kea-dhcp4").state == "exited"
    assert flagship.control("srv2", "kea-dhcp4", "start").state == "running"


def test_stopped_daemon_ends_politely(flagship: EmbeddedLab) -> None:
    stopped = flagship.control("srv2", "kea-dhcp4", "stop")
    assert (stopped.state, stopped.exit_code) == ("exited", 0)
    assert flagship.control("srv2", "kea-dhcp4", "restart").state == "running"


def test_a_daemon_restarted_at_the_nodes_shell_runs_and_can_be_stopped(flagship: EmbeddedLab) -> None:
    """As playbooks do it: the supervisor started one that is gone, and a shell another."""
    node = flagship.plan.node("srv2")
    (restart,) = readers.actions(node)["restart-server"].commands
    assert flagship.execute("srv2", ["sh", "-c", restart]).exit_code == 0

    def told() -> DaemonStatus:
        nodes = {found.name: found for found in flagship.status().nodes}
        return next(daemon for daemon in nodes["srv2"].daemons if daemon.name == "kea-dhcp4")

    assert eventually(lambda: told().state == "running")
    pid = flagship.execute("srv2", ["cat", "/run/labgen/kea-dhcp4.pid"]).stdout
    assert told().pid == int(pid)
    stopped = flagship.control("srv2", "kea-dhcp4", "stop")
    assert (stopped.state, stopped.exit_code) == ("exited", None)
    assert flagship.execute("srv2", ["kill", "-0", str(int(pid))]).exit_code != 0
    assert flagship.control("srv2", "kea-dhcp4", "start").state == "running"


IDENTITY = (
    "cat /run/labgen/{name}.pid | while read -r p; do grep -E '^([UG]id|Groups|Cap...):' /proc/$p/status; readlink /proc/$p/cwd; done; "
    "stat -c '%n %U:%G %a' {folders}"
)


@pytest.mark.parametrize(
    "name, daemon, role", [("sw2", "labgen-relay", "relay"), ("srv2", "kea-dhcp4", "server")]
)
def test_a_daemon_restarted_by_a_playbook_runs_as_the_user_it_ran_as(
    flagship: EmbeddedLab, name: str, daemon: str, role: str
) -> None:
    node = flagship.plan.node(name)
    folders = next(
        d for d in registry.get(node.device).daemons(flagship.plan, node) if d.name == daemon
    ).directories

    def identity() -> str:
        text = IDENTITY.format(name=daemon, folders=" ".join(("/run/labgen", *folders)))
        return flagship.execute(name, ["sh", "-c", text]).stdout.decode()

    before, pid = identity(), flagship.execute(name, ["cat", f"/run/labgen/{daemon}.pid"]).stdout
    (restart,) = readers.actions(node)[f"restart-{role}"].commands
    assert flagship.execute(name, ["sh", "-c", restart]).exit_code == 0
    assert eventually(lambda: flagship.execute(name, ["cat", f"/run/labgen/{daemon}.pid"]).stdout != pid)
    assert "Uid:" in before
    assert eventually(lambda: identity() == before), identity()


def test_lease_is_acquired_and_checksums_on_the_wire_are_valid(flagship: EmbeddedLab, tmp_path: Path) -> None:
    flagship.control("cl_a", "dhclient", "start")
    bound = "ip -4 -br address show eth1 | grep 172.16.0."
    assert eventually(lambda: flagship.execute("cl_a", ["sh", "-c", bound]).exit_code == 0, 10)
    flagship.control("cl_a", "dhclient", "stop")
    for path in flagship.save_captures(tmp_path):
        for number, frame in enumerate(frames(path), 1):
            datagram = udp(frame)
            if datagram is not None and datagram.port in (67, 68):
                assert datagram.valid, f"{path.name} frame {number}"


def test_captures_cover_every_data_interface(flagship: EmbeddedLab, tmp_path: Path) -> None:
    saved = {path.name for path in flagship.save_captures(tmp_path)}
    expected = {f"{node.name}-{port.linux}.pcap" for node in flagship.plan.nodes for port in node.interfaces}
    assert saved == expected


def test_captures_hold_everything_up_to_the_moment_they_are_saved(
    flagship: EmbeddedLab, tmp_path: Path
) -> None:
    count = 2000
    script = (
        "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        f"for n in range({count}): s.sendto(b'labgen %d' % n, ('10.1.0.2', 4000))"
    )
    assert flagship.execute("srv1", ["python3", "-c", script]).exit_code == 0
    flagship.save_captures(tmp_path)
    for tap in ("srv1-eth1", "sw3-eth1"):
        ports = [datagram.port for datagram in map(udp, frames(tmp_path / f"{tap}.pcap")) if datagram]
        assert ports.count(4000) == count, tap
    assert flagship.status().lost_frames == 0


@pytest.mark.parametrize("tap", ["sw1-eth1", "sw2-eth1"])
def test_captures_begin_with_the_first_packet(flagship: EmbeddedLab, tmp_path: Path, tap: str) -> None:
    flagship.save_captures(tmp_path)
    ospf = [
        frame for frame in frames(tmp_path / f"{tap}.pcap") if frame[12:14] == b"\x08\x00" and frame[23] == 89
    ]
    hello_without_neighbors = 44
    assert ospf[0][35] == 1, "OSPF starts with a Hello"
    assert int.from_bytes(ospf[0][36:38], "big") == hello_without_neighbors


def test_live_capture_writes_pcap(flagship: EmbeddedLab, tmp_path: Path) -> None:
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read)
        flagship.capture("sw1", "eth1", write)
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as stream:
        data = stream.read(24 + 16 + 60)
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    assert data[:4] == bytes.fromhex("4d3cb2a1")


def test_second_lab_of_a_folder_is_refused(flagship: EmbeddedLab) -> None:
    with pytest.raises(LabStartError, match="already runs"):
        EmbeddedProvider().up(flagship.folder, lambda stage: None)


def test_lab_is_found_by_folder_and_among_the_running(flagship: EmbeddedLab, tmp_path: Path) -> None:
    assert EmbeddedProvider().find(flagship.folder).plan == flagship.plan
    assert flagship.folder in [status.folder for status in EmbeddedProvider().running()]
    assert running_names()
    with pytest.raises(LabNotUpError, match="labgen up"):
        EmbeddedProvider().find(tmp_path)
