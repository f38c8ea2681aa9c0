"""The command line, reload, and what the process may do."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from click.testing import CliRunner
from relay_bench import OFFER, reply, request
from relay_spaces import can_make_namespaces, has_all_users
from relay_wire import CONFIG, Wire

from labgen.ground.errors import InfrastructureError
from labgen.relay.control import ask_reload, ask_stats
from labgen.relay.log import JsonLog
from labgen.relay.main import cli
from labgen.relay.stats import Snapshot, prometheus, table

SNAPSHOT = Snapshot.model_validate(
    {
        "name": "sw1",
        "uptime": 1.5,
        "reloads": 2,
        "log_lost": 4,
        "interfaces": {
            "vlan10@client": {
                "requests": {"DISCOVER": 7},
                "replies": {"OFFER": 6},
                "drops": {"hop-limit": 1},
                "option82_omitted": 0,
                "copies": 3,
            }
        },
        "servers": {
            "10.0.0.2@default": {
                "sent": 7,
                "failed": 1,
                "replies": {"OFFER": 6},
                "vss_ignored": 6,
                "option82_missing": 0,
            }
        },
        "drops": {"too-short": 3},
    }
)


def test_table_shows_what_is_not_zero() -> None:
    lines = table(SNAPSHOT).splitlines()
    assert any(line.split() == ["interface", "vlan10@client", "request", "DISCOVER", "7"] for line in lines)
    assert not any("omitted" in line for line in lines)
    assert any(line.split()[2:] == ["copies", "of", "broadcasts", "3"] for line in lines)


@pytest.mark.parametrize(
    "line",
    [
        'labgen_relay_requests_total{interface="vlan10",vrf="client",message="DISCOVER"} 7',
        'labgen_relay_dropped_total{interface="vlan10",vrf="client",reason="hop-limit"} 1',
        'labgen_relay_dropped_total{interface="",vrf="",reason="too-short"} 3',
        'labgen_relay_server_requests_total{server="10.0.0.2",vrf="default"} 7',
        'labgen_relay_vss_ignored_total{server="10.0.0.2",vrf="default"} 6',
        'labgen_relay_log_lost_total{relay="sw1"} 4',
        "# TYPE labgen_relay_requests_total counter",
    ],
)
def test_prometheus_text_names_interface_vrf_and_message(line: str) -> None:
    assert line in prometheus(SNAPSHOT).splitlines()


def test_large_counters_keep_every_digit() -> None:
    grown = SNAPSHOT.model_copy(update={"drops": {"too-short": 123456789}})
    assert 'reason="too-short"} 123456789' in prometheus(grown)


def test_check_tells_what_is_sent_and_warns_of_traps(tmp_path: Path) -> None:
    path = tmp_path / "relay.yml"
    path.write_text(
        "name: sw1\ndialect: plain\ninterfaces:\n"
        "  - {name: vlan1, giaddr: 10.0.0.4, servers: [{address: 10.0.0.2}]}\n"
    )
    result = CliRunner().invoke(cli, ["check", "-c", str(path)], catch_exceptions=False)
    assert "vlan1 (default) -> 10.0.0.2 (default): giaddr 10.0.0.4, circuit-id" in result.output
    assert "warning: vlan1: giaddr 10.0.0.4 without link-selection" in result.output


SHARED = """
name: sw1
vrfs: {{red: {{device: red}}, blue: {{device: blue}}}}
interfaces:
  - {{name: {one}, vrf: red, giaddr: 10.0.0.4, {circuit}servers: [{{address: 10.0.0.2, vrf: {first}}}]}}
  - {{name: {two}, vrf: blue, giaddr: 10.0.0.4, {circuit}servers: [{{address: 10.0.0.2, vrf: {second}}}]}}
"""


@pytest.mark.parametrize(
    ("one", "two", "circuit", "first", "second", "warned"),
    [
        ("vlan1", "vlan2", "", "default", "default", False),
        ("vlan1", "vlan2", "circuit_id: users, ", "default", "default", True),
        ("vlan1", "vlan2", 'circuit_id: "{host}:{interface}", ', "default", "default", False),
        ("vlan1", "vlan2", 'circuit_id: "{host}:{port}", ', "default", "default", True),
        ("vlan1", "vlan1", "", "default", "default", True),
        ("vlan1", "vlan1", "", "red", "blue", False),
        ('"vlan1*"', '"vlan2*"', "circuit_id: users, ", "red", "blue", True),
        ('"vlan1*"', '"vlan2*"', "", "red", "blue", False),
    ],
)
def test_check_warns_where_a_reply_may_be_for_several_interfaces(
    one: str, two: str, circuit: str, first: str, second: str, warned: bool, tmp_path: Path
) -> None:
    """R16: by giaddr, the server, its VRF and the circuit-id as it is sent."""
    path = tmp_path / "relay.yml"
    path.write_text(SHARED.format(one=one, two=two, circuit=circuit, first=first, second=second))
    result = CliRunner().invoke(cli, ["check", "-c", str(path)], catch_exceptions=False)
    assert ("ambiguous" in result.output) is warned
    assert result.exit_code == 0


def test_check_tells_what_needs_trust_and_has_none(tmp_path: Path) -> None:
    path = tmp_path / "relay.yml"
    text = "name: sw1\ninterfaces:\n  - {name: vlan1, trusted_option82: replace, servers: [{address: 10.0.0.2}]}\n"
    for written, warned in ((text, True), (text.replace("vlan1,", "vlan1, trusted: true,"), False)):
        path.write_text(written)
        result = CliRunner().invoke(cli, ["check", "-c", str(path)], catch_exceptions=False)
        assert ("trusted_option82 means nothing" in result.output) is warned


def test_schema_is_json() -> None:
    result = CliRunner().invoke(cli, ["schema"], catch_exceptions=False)
    assert json.loads(result.output)["title"] == "RelayConfig"


def test_full_disk_loses_log_lines_and_nothing_else() -> None:
    log = JsonLog("/dev/full")
    log.write("ready")
    log.close()
    assert log.lost == 1


def test_log_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    with pytest.raises(InfrastructureError, match="Set `log`"):
        JsonLog(str(tmp_path / "none" / "relay.log"))


def test_rotated_log_goes_on_in_a_new_file(tmp_path: Path) -> None:
    path = tmp_path / "relay.log"
    log = JsonLog(str(path))
    log.write("ready")
    path.rename(tmp_path / "relay.log.1")
    log.reopen()
    log.write("stopped")
    log.close()
    assert [json.loads(line)["event"] for line in path.read_text().splitlines()] == ["stopped"]


def test_stats_of_a_relay_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(InfrastructureError, match="no labgen-relay answers"):
        ask_stats(tmp_path / "none.sock")


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    with Wire(tmp_path_factory.mktemp("command")) as running:
        yield running


@pytest.mark.lab
@pytest.mark.skipif(not can_make_namespaces(), reason="needs root for namespaces and port 67")
class TestRunning:
    """One relay, asked and reloaded."""

    def stats(self, wire: Wire) -> Snapshot:
        return ask_stats(wire.folder / "relay.sock")

    @pytest.mark.parametrize("form", ["table", "json", "prometheus"])
    def test_stats_come_in_every_format(self, wire: Wire, form: str) -> None:
        arguments = ["stats", "-s", str(wire.folder / "relay.sock"), "--format", form]
        result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
        assert result.exit_code == 0
        assert "vlan10" in result.output or form == "table"

    def test_reload_takes_up_a_new_server_and_keeps_counters(self, wire: Wire) -> None:
        wire.send("c1", request(xid=1))
        assert [copy.server for copy in wire.received()] == ["10.0.0.2"]
        wire.write(CONFIG.replace("vlan1, servers: [{{", "vlan1, servers: [{{address: 10.0.0.3}}, {{"))
        ask_reload(wire.folder / "relay.sock")
        wire.send("c1", request(xid=2))
        assert {copy.server for copy in wire.received(2)} == {"10.0.0.2", "10.0.0.3"}
        snapshot = self.stats(wire)
        assert snapshot.interfaces["vlan1@default"].requests == {"DISCOVER": 2}
        assert snapshot.reloads == 1

    def test_packets_sent_during_reloads_all_arrive(self, wire: Wire) -> None:
        """New interfaces come and go; what waits in the sockets of those that stay is not lost."""
        assert wire.process is not None
        wire.drain()
        configs = [CONFIG, CONFIG.replace("  - {{name: vlan30", "  # - {{name: vlan30")]
        for number in range(200):
            if number % 20 == 0:
                wire.write(configs[number // 20 % 2])
                wire.process.send_signal(signal.SIGHUP)
            wire.send("c10", request(xid=1000 + number))
        copies = wire.received(400)
        assert sorted({copy.packet.xid for copy in copies}) == list(range(1000, 1200))
        assert len(copies) == 400
        wire.write(CONFIG)
        ask_reload(wire.folder / "relay.sock")

    def test_interface_of_a_vrf_namespace_can_be_added_without_the_right_to_enter_it(
        self, wire: Wire
    ) -> None:
        """Rights to enter namespaces are gone by then."""
        without = CONFIG.replace("  - {{name: vlan20", "  # - {{name: vlan20")
        wire.write(without)
        ask_reload(wire.folder / "relay.sock")
        wire.write(CONFIG)
        ask_reload(wire.folder / "relay.sock")
        wire.drain()
        wire.send("c20", request(xid=77))
        wire.until(77)

    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            ("name: sw1", "nam: sw1", "nam"),
            ("{{netns: {mgmt}}}", "{{netns: /dev/null}}", "network namespace /dev/null"),
        ],
        ids=["mistake", "no-namespace"],
    )
    def test_reload_that_fails_leaves_everything_as_it_was(
        self, wire: Wire, old: str, new: str, words: str
    ) -> None:
        wire.write(CONFIG.replace(old, new))
        with pytest.raises(InfrastructureError, match=words):
            ask_reload(wire.folder / "relay.sock")
        wire.drain()
        wire.send("c20", request(xid=78))
        agent = wire.until(78)[-1].packet.option(82)
        wire.answer("192.0.2.2", reply(OFFER, agent, xid=78, yiaddr=IPv4Address("172.17.0.9")))
        assert wire.frames("c20")
        wire.write(CONFIG)

    def test_only_two_capabilities_are_left(self, wire: Wire) -> None:
        assert wire.process is not None
        tasks = Path(f"/proc/{wire.process.pid}/task")
        for task in tasks.iterdir():
            status = (task / "status").read_text()
            held = {line.split()[1] for line in status.splitlines() if line.startswith(("CapPrm", "CapEff"))}
            # CAP_NET_BIND_SERVICE (10) and CAP_NET_RAW (13).
            assert held == {f"{1 << 10 | 1 << 13:016x}"}
            assert "NoNewPrivs:\t1" in status

    def test_control_socket_is_its_owners_only(self, wire: Wire) -> None:
        assert (wire.folder / "relay.sock").stat().st_mode & 0o777 == 0o600

    def test_unknown_command_on_the_control_socket_is_answered(self, wire: Wire) -> None:
        from labgen.relay import control

        assert b"there are stats, reload" in control._ask(wire.folder / "relay.sock", "stop")

    def test_second_relay_with_the_same_control_socket_refuses(self, wire: Wire) -> None:
        assert "another labgen-relay answers" in _run(wire, CONFIG)

    @pytest.mark.parametrize(
        ("line", "port"),
        [("dscp: 0", 67), ("relay_port: 6767", 6767), ("reply_source: any", 67), ("hop_limit: 3", 67)],
    )
    def test_reload_takes_over_what_concerns_all_interfaces(self, wire: Wire, line: str, port: int) -> None:
        """The sockets stay where they can, and nobody else gets the VRF meanwhile."""
        wire.write(f"{line}\n{CONFIG}")
        ask_reload(wire.folder / "relay.sock")
        wire.drain()
        wire.send("c10", request(xid=85))
        (copy, _) = wire.received(2)
        assert copy.source == ("10.0.0.4", port)
        wire.answer("10.0.0.2", reply(OFFER, copy.packet.option(82), xid=86), port=port)
        assert [got.packet.xid for got in wire.frames("c10")] == [86]
        wire.write(CONFIG)
        ask_reload(wire.folder / "relay.sock")
        wire.drain()
        wire.send("c10", request(xid=87))
        assert wire.until(87)[-1].source == ("10.0.0.4", 67)

    def test_reload_that_wants_a_taken_port_leaves_everything_as_it_was(self, wire: Wire) -> None:
        with wire.space_of("sw").run(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as other:
            wire.space_of("sw").run(lambda: other.bind(("", 6868)))
            wire.write(f"relay_port: 6868\n{CONFIG}")
            with pytest.raises(InfrastructureError, match="no socket"):
                ask_reload(wire.folder / "relay.sock")
        wire.drain()
        wire.send("c10", request(xid=88))
        assert wire.until(88)[-1].source == ("10.0.0.4", 67)
        wire.write(CONFIG)

    def test_second_relay_for_the_same_vrf_refuses(self, wire: Wire) -> None:
        """Whatever its control socket: of two, only one would get the replies."""
        assert "another labgen-relay serves VRF" in _run(wire, CONFIG.replace("relay.sock", "2.sock"))

    def test_missing_namespace_is_waited_for_and_told(self, wire: Wire) -> None:
        gone = "{{netns: /run/netns/no-such-namespace}}"
        wire.write(CONFIG.replace("{{netns: {blue}}}", gone))
        ask_reload(wire.folder / "relay.sock")
        assert wire.log("waiting")[-1]["missing"] == [
            "VRF blue: not there",
            "vlan11@blue: VRF blue is not there",
        ]
        wire.drain()
        wire.send("c10", request(xid=83))
        wire.until(83)
        wire.write(CONFIG)
        ask_reload(wire.folder / "relay.sock")
        wire.drain()
        wire.send("c11", request(xid=84))
        wire.until(84)

    @pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv (util-linux)")
    def test_two_capabilities_are_enough_without_vrf_namespaces(self, wire: Wire) -> None:
        """What the systemd unit may be cut down to."""
        wire.stop()
        places = CONFIG.split("interfaces:")[0].split("vrfs:")[0]
        only = "interfaces:\n  - {{name: vlan1, giaddr: 10.0.0.4, servers: [{{address: 10.0.0.2}}]}}\n"
        wire.start(places + only, ["setpriv", "--bounding-set", "-all,+net_raw,+net_bind_service"])
        wire.drain()
        wire.send("c1", request(xid=80))
        agent = wire.until(80)[-1].packet.option(82)
        wire.answer("10.0.0.2", reply(OFFER, agent, xid=80))
        assert wire.frames("c1")

    @pytest.mark.skipif(not has_all_users(), reason="there is no user besides root")
    def test_relay_becomes_another_user(self, wire: Wire) -> None:
        wire.stop()
        wire.start(CONFIG.replace("name: sw1", "name: sw1\nuser: nobody", 1))
        assert wire.process is not None
        status = Path(f"/proc/{wire.process.pid}/status").read_text()
        assert any(
            line.split()[1:3] == ["65534", "65534"] for line in status.splitlines() if line.startswith("Uid")
        )
        wire.drain()
        wire.send("c20", request(xid=79))
        wire.until(79)


def _run(wire: Wire, config: str) -> str:
    """What a relay says that cannot start."""
    path = wire.folder / "second.yml"
    places = {name: str(wire.path(name)) for name in ("client", "blue", "mgmt")}
    path.write_text(config.format(folder=wire.folder, **places))
    program = [sys.executable, "-c", "from labgen.relay.main import main; main()"]
    command = [*wire.nets.into("sw"), *program, "run", "-c", str(path)]
    done = subprocess.run(command, capture_output=True, check=False, timeout=10)
    assert done.returncode == 3
    return done.stderr.decode()
