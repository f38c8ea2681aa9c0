"""The relay process with the compiled cache, on real interfaces: it moves packets, and forgets what has changed."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from relay_bench import DISCOVER, OFFER, reply, request
from relay_spaces import can_make_namespaces
from relay_wire import CONFIG, Wire, compiled_program

from labgen.conform.outcome import VectorOutcome
from labgen.conform.relays import RELAYS, TriedRelay
from labgen.conform.runner import conform
from labgen.conform.stage import RelayStage
from labgen.conform.vector import Setup, load
from labgen.relay.control import ask_reload, ask_stats

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(not can_make_namespaces(), reason="needs root for namespaces and port 67"),
    pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler"),
]
QUIET = CONFIG.replace("log_level: debug", "log_level: info")
"""At level debug every packet is Python's, which writes a line about it."""
GIADDR = IPv4Address("172.19.0.1")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> str:
    return compiled_program(tmp_path_factory.mktemp("compiled"))


@pytest.fixture
def wire(tmp_path: Path, program: str) -> Iterator[Wire]:
    with Wire(tmp_path, QUIET, program) as made:
        yield made


def warm(wire: Wire, xid: int = 1) -> bytes:
    """Have the cache know requests by vlan1 and the replies to them; option 82 of vlan1."""
    for number in range(3):
        wire.send("c1", request(xid=xid + number))
    agent = wire.until(xid + 2)[-1].packet.option(82)
    assert agent is not None
    for number in range(3):
        wire.answer("10.0.0.2", reply(OFFER, agent, xid=xid + number, giaddr=GIADDR), str(GIADDR))
    assert [wire.frames("c1")[0].packet.xid for _ in range(3)] == [xid, xid + 1, xid + 2]
    return agent


def test_ready_says_that_the_cache_is_there(wire: Wire) -> None:
    assert wire.log("ready")[-1]["compiled"] is True


def test_burst_arrives_whole_in_order_and_is_counted(wire: Wire) -> None:
    warm(wire)
    for xid in range(100, 300):
        wire.send("c1", request(xid=xid))
    assert [copy.packet.xid for copy in wire.until(299)] == list(range(100, 300))
    stats = ask_stats(wire.folder / "relay.sock")
    assert stats.interfaces["vlan1@default"].requests == {"DISCOVER": 203}
    assert stats.interfaces["vlan1@default"].replies == {"OFFER": 3}
    assert stats.servers["10.0.0.2@default"].sent == 203


def test_address_that_changes_is_the_next_requests_giaddr(wire: Wire) -> None:
    warm(wire)
    wire.ip("sw", "addr add 172.19.9.1/24 dev vlan1", "addr del 172.19.0.1/24 dev vlan1")

    def follows() -> bool:
        wire.drain()
        wire.send("c1", request(xid=50))
        return [str(copy.packet.giaddr) for copy in wire.received(timeout=0.5)] == ["172.19.9.1"]

    wire.wait(follows, "the new address as giaddr")


def test_reload_with_another_server_is_for_the_next_request(wire: Wire) -> None:
    warm(wire)
    old = "{{name: vlan1, servers: [{{address: 10.0.0.2}}]}}"
    wire.write(QUIET.replace(old, old.replace("10.0.0.2", "10.0.0.3")))
    ask_reload(wire.folder / "relay.sock")
    wire.send("c1", request(xid=60))
    assert [copy.server for copy in wire.received()] == ["10.0.0.3"]
    assert wire.received(timeout=0.2) == []


def test_server_that_is_taken_out_is_heard_no_more(wire: Wire) -> None:
    agent = warm(wire)
    old = "{{name: vlan1, servers: [{{address: 10.0.0.2}}]}}"
    wire.write(QUIET.replace(old, old.replace("10.0.0.2", "10.0.0.3")))
    ask_reload(wire.folder / "relay.sock")
    wire.answer("10.0.0.2", reply(OFFER, agent, xid=70, giaddr=GIADDR), str(GIADDR))
    wire.answer("10.0.0.3", reply(OFFER, agent, xid=71, giaddr=GIADDR), str(GIADDR))
    assert [got.packet.xid for got in wire.frames("c1")] == [71]


def test_log_level_debug_tells_every_packet_again(wire: Wire) -> None:
    warm(wire)
    wire.write(CONFIG)
    ask_reload(wire.folder / "relay.sock")
    wire.send("c1", request(xid=80))
    wire.until(80)
    wire.wait(lambda: bool(wire.log("packet", xid="0x00000050")), "told")


def test_interface_that_goes_and_comes_again_is_served(wire: Wire) -> None:
    warm(wire)
    wire.ip("sw", "link set vlan1 down", "link set vlan1 up")
    wire.send("c1", request(xid=90))
    assert [copy.packet.xid for copy in wire.until(90)] == [90]


def test_signals_are_heard_while_nothing_else_is_going_on(wire: Wire) -> None:
    assert wire.process is not None
    os.kill(wire.process.pid, signal.SIGHUP)
    wire.wait(lambda: bool(wire.log("reloaded")), "reloaded")
    wire.stop()
    assert wire.log("stopped")


def test_what_is_dropped_is_dropped_and_told(wire: Wire) -> None:
    warm(wire)
    wire.send("c1", request(DISCOVER, (82, b"\x01\x01x"), xid=95))
    wire.send("c1", request(xid=96))
    assert [copy.packet.xid for copy in wire.until(96)] == [96]
    assert ask_stats(wire.folder / "relay.sock").interfaces["vlan1@default"].drops == {
        "untrusted-option82": 1
    }
    assert wire.log("packet", reason="untrusted-option82")


def test_relay_works_where_memory_may_not_become_code(tmp_path: Path, program: str) -> None:
    """As under MemoryDenyWriteExecute (PR_SET_MDWE, Linux 6.3; older kernels refuse the call, and nothing is different then)."""
    denied = f"import ctypes; ctypes.CDLL(None).prctl(65, 1, 0, 0, 0); {program}"
    with Wire(tmp_path, QUIET, denied) as wire:
        warm(wire)
        assert ask_stats(wire.folder / "relay.sock").interfaces["vlan1@default"].replies == {"OFFER": 3}


@pytest.mark.deep
def test_every_vector_passes_as_without_the_cache(program: str) -> None:
    ours = RELAYS["labgen-relay"]

    def command(setup: Setup, folder: Path, stage: RelayStage) -> list[str] | None:
        python, option, _, *rest = ours.command(setup, folder, stage) or []
        return [python, option, program, *rest]

    run = conform(TriedRelay("compiled", "", "", command, lambda: "compiled"), load())
    assert {each.vector.id: each.seen for each in run.results if each.outcome is not VectorOutcome.PASS} == {}
