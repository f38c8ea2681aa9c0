"""Root in a node is not root of the machine: what reaches below the lab is refused, what networking takes is not."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from labgen.lab.embedded.capabilities import NAMESPACES, NETWORKING, Capability
from labgen.lab.embedded.client import EmbeddedLab

pytest_plugins = ["lab_fixtures"]
pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("can_run_labs")]

RAW = 'from socket import *; socket(AF_INET, SOCK_RAW, 1); socket(AF_PACKET, SOCK_RAW); socket().bind(("198.51.100.1", 67))'
HOST_FILE = "/usr/share/labgen-was-here"


def shell(flagship: EmbeddedLab, node: str, command: str) -> tuple[int, str]:
    done = flagship.execute(node, ["sh", "-c", command])
    return done.exit_code, (done.stdout + done.stderr).decode()


def bounding(flagship: EmbeddedLab, node: str) -> frozenset[int]:
    _, text = shell(flagship, node, "grep CapBnd /proc/self/status")
    mask = int(text.split()[1], 16)
    return frozenset(number for number in range(64) if mask >> number & 1)


def test_a_server_may_do_what_networking_takes_and_no_more(flagship: EmbeddedLab) -> None:
    found = bounding(flagship, "srv1")
    assert found <= NETWORKING
    assert {Capability.NET_ADMIN, Capability.NET_RAW, Capability.NET_BIND_SERVICE} <= found


def test_a_switch_with_vrfs_may_enter_their_namespaces_and_no_more(flagship: EmbeddedLab) -> None:
    found = bounding(flagship, "sw1")
    assert found <= NAMESPACES
    assert Capability.SYS_ADMIN in found


@pytest.mark.parametrize("node", ["srv1", "cl_a"])
@pytest.mark.parametrize(
    "attack",
    [
        pytest.param(f"mount -o remount,bind,rw / && touch {HOST_FILE}", id="make the host's files writable"),
        pytest.param("mount -t tmpfs none /mnt", id="mount"),
        pytest.param("mknod /tmp/disk b 254 0", id="make a disk's device"),
        pytest.param("nsenter -t 1 -m true", id="enter another mount namespace"),
        pytest.param("date -s @0", id="set the clock"),
        pytest.param("modprobe -f nothing-of-that-name || exit 1", id="load a module"),
    ],
)
def test_what_reaches_the_machine_is_refused(flagship: EmbeddedLab, node: str, attack: str) -> None:
    code, text = shell(flagship, node, attack)
    assert code != 0, text
    assert not Path(HOST_FILE).exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user's lab has no such right anyway")
def test_files_of_the_host_are_not_opened_by_their_handles(flagship: EmbeddedLab) -> None:
    """open_by_handle_at(2) needs CAP_DAC_READ_SEARCH, and would pass by every mount."""
    assert 2 not in bounding(flagship, "sw1")


@pytest.mark.parametrize("node", ["srv1", "sw1", "cl_a"])
def test_what_networking_takes_works(flagship: EmbeddedLab, node: str) -> None:
    commands = (
        "ip link add probe0 type bridge && ip addr add 198.51.100.1/32 dev probe0 && ip link set probe0 up",
        f"{sys.executable} -P -c '{RAW}'",
        "ip link del probe0",
    )
    for command in commands:
        code, text = shell(flagship, node, command)
        assert code == 0, text


def test_the_namespaces_of_vrfs_can_be_entered(flagship: EmbeddedLab) -> None:
    if flagship.status().vrf_backend != "netns":
        pytest.skip("this kernel's VRFs are devices, not namespaces")
    code, text = shell(flagship, "sw1", "ip -n client -br link")
    assert code == 0, text
