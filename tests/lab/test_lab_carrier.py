"""Impaired wires pass the loss of carrier on: which port is turned off and on, and what is left alone."""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from labgen.lab.embedded.carrier import LOWER_UP, UP, Carriers
from labgen.lab.embedded.netlink import link_changes

pytest_plugins = ["lab_fixtures"]

WHOLE = UP | LOWER_UP


def wire() -> Carriers:
    return Carriers({"a": "b", "b": "a"})


def test_a_port_without_carrier_turns_the_other_off_once_and_on_again() -> None:
    found = wire()
    assert [found.heard("a", flags) for flags in (UP, UP, WHOLE, WHOLE)] == [
        ("b", False),
        None,
        ("b", True),
        None,
    ]


def test_what_a_port_that_was_turned_off_tells_is_no_news() -> None:
    found = wire()
    assert found.heard("a", UP) == ("b", False)
    assert [found.heard("b", flags) for flags in (0, UP, WHOLE)] == [None, None, None]
    assert found.heard("a", WHOLE) == ("b", True)
    assert found.heard("b", WHOLE) is None


def test_ends_that_go_down_one_after_the_other_come_back_in_either_order() -> None:
    found = wire()
    found.heard("a", UP)
    assert found.heard("a", WHOLE) == ("b", True)
    assert found.heard("b", UP) == ("a", False)  # the second end was taken down meanwhile
    assert found.heard("b", WHOLE) == ("a", True)
    assert found.held == set()


def test_other_interfaces_are_left_alone() -> None:
    assert wire().heard("eth0", UP) is None


def test_names_and_flags_are_read_from_what_the_kernel_tells_and_other_messages_are_passed_over() -> None:
    name = struct.pack("=HH", 8, 3) + b"a\0\0\0"
    link = struct.pack("=BxHiII", socket.AF_UNSPEC, 1, 7, WHOLE, 0) + name
    message = struct.pack("=IHHII", 16 + len(link), 16, 0, 1, 0) + link
    other = struct.pack("=IHHII", 16, 20, 0, 1, 0)
    assert list(link_changes(other + message)) == [("a", WHOLE)]
    assert list(link_changes(message[:10])) == []
    assert list(link_changes(bytes(64))) == []


SCRIPT = """
import os, socket, subprocess, time
from labgen.lab.embedded.blueprint import Impairment
from labgen.lab.embedded.impairment import Cable, start

def ip(*words): subprocess.run(("ip", *words), check=True)
def carrier(port): return "LOWER_UP" in subprocess.run(("ip", "link", "show", port), capture_output=True, text=True).stdout
def until(port, wanted):
    deadline = time.monotonic() + 20
    while carrier(port) is not wanted:
        assert time.monotonic() < deadline, (port, wanted)
        time.sleep(0.02)
    print(port, wanted)

for node, lab in (("n1", "l1"), ("n2", "l2")):
    ip("link", "add", node, "type", "veth", "peer", lab)
    ip("link", "set", node, "up")
    ip("link", "set", lab, "up")
start((Cable(("l1", "l2"), Impairment(loss=1.0)),))
for down, other in (("n1", "n2"), ("n2", "n1")):
    until(other, True)
    ip("link", "set", down, "down")
    until(other, False)
    ip("link", "set", down, "up")
    until(other, True)
os.kill(os.getpid(), 9)
"""


@pytest.mark.lab
@pytest.mark.usefixtures("can_run_labs")
def test_a_node_sees_the_other_end_of_an_impaired_wire_go_down_and_come_back(tmp_path: Path) -> None:
    script = tmp_path / "wire.py"
    script.write_text(SCRIPT)
    root = Path(__file__).parents[2]
    ran = subprocess.run(
        ("unshare", "--user", "--map-root-user", "--net", "--pid", "--fork", "--kill-child", sys.executable, str(script)),
        capture_output=True, text=True, timeout=120, env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    turns = ["n2 True", "n2 False", "n2 True", "n1 True", "n1 False", "n1 True"]
    assert ran.stdout.splitlines() == turns, ran.stderr
