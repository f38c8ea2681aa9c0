"""Vectors against running relays: ours, others', and one made to be wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from labgen.cli.commands.conform import conform as conform_command
from labgen.conform.outcome import RelayRun, VectorOutcome
from labgen.conform.relays import RELAYS, TriedRelay
from labgen.conform.runner import conform
from labgen.conform.stage import RelayStage
from labgen.conform.vector import Feature, Setup, load
from labgen.ground.errors import InfrastructureError, LabgenError

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root for namespaces and port 67"),
]
VECTORS = load()

HUB = """
import socket, sys
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
sock.bind(("", 67))
out = []
for name in ("vlan1", "vlan2"):
    each = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    each.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    each.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, name.encode())
    out.append(each)
while True:
    data = bytearray(sock.recv(65536))
    if len(data) > 236 and data[0] == 1:
        data[24:28] = socket.inet_aton("172.16.1.1")
        for server in ("10.0.0.2", "10.0.0.3"):
            sock.sendto(data, (server, 67))
    elif len(data) > 236:
        for each in out:
            each.sendto(data, ("255.255.255.255", 68))
"""
"""A relay that relays everything to everybody."""


def wrong(run: RelayRun) -> set[str]:
    return {result.vector.id for result in run.results if result.outcome is VectorOutcome.WRONG}


def test_labgen_relay_passes_every_vector() -> None:
    run = conform(RELAYS["labgen-relay"], VECTORS)
    assert {
        result.vector.id: result.seen for result in run.results if result.outcome is not VectorOutcome.PASS
    } == {}
    assert len(run.results) == len(VECTORS)


KNOWN_WRONG = {
    "dhcrelay": {
        "nak-broadcast",
        "reply-foreign-giaddr",
        "reply-no-giaddr",
        "fragments",
        "inform-to-ciaddr",
        "option82-untrusted",
    },
    "dnsmasq": {"attack-own-vlan", "attack-other-vlan", "hops-17", "nak-broadcast"},
    "networkd": {"bootp", "own-giaddr", "option82-not-added-twice", "attack-own-vlan"},
}
KNOWN_GOOD = {
    "reply-delivered",
    "unicast-without-arp",
    "checksum-wrong",
    "rebind",
    "renewal-ack",
    "retransmissions",
}


@pytest.mark.parametrize("name", KNOWN_WRONG)
def test_what_is_known_of_other_relays_is_found(name: str) -> None:
    relay = RELAYS[name]
    if relay.missing():
        pytest.skip(str(relay.missing()))
    wanted = KNOWN_WRONG[name] | KNOWN_GOOD | {"once-to-every-server", "vss-name"}
    run = conform(relay, [vector for vector in VECTORS if vector.id in wanted])
    assert wrong(run) == KNOWN_WRONG[name]
    outcomes = {result.vector.id: result.outcome for result in run.results}
    assert {outcomes[vector] for vector in KNOWN_GOOD} == {VectorOutcome.PASS}
    assert outcomes["vss-name"] is VectorOutcome.UNSUPPORTED
    # networkd is told of one server only.
    assert outcomes["once-to-every-server"] is VectorOutcome.PASS


def test_relay_that_passes_everything_to_everybody_is_wrong(tmp_path: Path) -> None:
    program = tmp_path / "hub.py"
    program.write_text(HUB, "utf-8")

    def command(setup: Setup, folder: Path, stage: RelayStage) -> list[str] | None:
        return [sys.executable, str(program)] if setup is Setup.INTERFACE else None

    hub = TriedRelay("hub", sys.executable, "", command, lambda: "hub 1", frozenset({Feature.OPTION82}))
    run = conform(hub, VECTORS)
    assert {"attack-own-vlan", "attack-other-vlan", "hops-17", "once-to-every-server", "own-giaddr"} <= wrong(
        run
    )
    unsupported = {result.vector.id for result in run.results if result.outcome is VectorOutcome.UNSUPPORTED}
    assert "option82-last" in unsupported
    assert "attack-other-vrf" in unsupported


def test_relay_that_does_not_start_is_told() -> None:
    dead = TriedRelay("dead", sys.executable, "", lambda *_: [sys.executable, "-c", "pass"], lambda: "dead 1")
    with pytest.raises(InfrastructureError, match="does not relay"):
        conform(dead, VECTORS)


def test_relay_that_runs_elsewhere_is_reached_by_its_two_sides(tmp_path: Path) -> None:
    """The same relay, started by somebody else: the same outcomes for what can be tried from outside."""
    with RelayStage() as stage:
        command = RELAYS["labgen-relay"].command(Setup.INTERFACE, tmp_path, stage)
        assert command is not None
        with subprocess.Popen([*stage.into("sw"), *command]) as process:
            try:
                sides = [f"--side={wire}={wire}@{stage.path('lan')}" for wire in ("client1", "client2")]
                sides.append(f"--side=server=s0@{stage.path('srv')}")
                stage.release_servers()
                done = CliRunner().invoke(
                    conform_command, ["attached", *sides, "--format", "json"], standalone_mode=False
                )
            finally:
                process.terminate()
    assert done.return_value == 0, done.output
    (run,) = json.loads(done.stdout)["runs"]
    outcomes = {result["id"]: result["outcome"] for result in run["results"]}
    assert set(outcomes.values()) == {"pass", "unsupported"}
    assert outcomes["attack-other-vlan"] == outcomes["nak-broadcast"] == outcomes["unicast-renewal"] == "pass"
    assert outcomes["tenants-told-apart"] == "unsupported"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["attached"], "give --side client1=IF"),
        (["attached", "--side", "client1"], "is no side"),
        (["attached", "--side", "client1=x", "--side", "server=y", "--lacks", "z"], "no feature is called z"),
        (["attached", "--side", "client1=no-such", "--side", "server=lo"], "cannot reach the relay"),
        (["no-such-relay"], "no relay is called no-such-relay"),
        (["labgen-relay", "--vector", "no-such-*"], "no vector fits"),
    ],
)
def test_mistake_on_the_command_line_is_told(arguments: list[str], words: str) -> None:
    done = CliRunner().invoke(conform_command, arguments, standalone_mode=False)
    assert isinstance(done.exception, LabgenError)
    assert words in str(done.exception)


def test_program_that_is_not_there_is_told_with_its_package() -> None:
    absent = TriedRelay("absent", "no-such-relay", "some-package", lambda *_: None, lambda: "")
    with pytest.raises(InfrastructureError, match="apt-get install some-package"):
        conform(absent, VECTORS)


def test_a_killed_run_leaves_no_process() -> None:
    """Neither the relay it tries nor what holds the namespaces: they end with the one that started them."""
    argv = [sys.executable, "-m", "labgen", "conform", "labgen-relay"]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        started: list[int] = []
        while not any("run" in _words(pid) for pid in started):
            assert running.poll() is None
            started = _children(running.pid)
            time.sleep(0.01)
        running.kill()
    deadline = time.monotonic() + 60
    while any(map(_alive, started)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [pid for pid in started if _alive(pid)] == []


def _children(pid: int) -> list[int]:
    """What a process started: those that hold a namespace each, and the relay (`labgen-relay run`)."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _words(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:  # it has ended meanwhile
        return []


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
