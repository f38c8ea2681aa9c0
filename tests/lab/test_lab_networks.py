"""What plans become on the wire: shared LANs, static VXLAN, symmetric IRB; each proved by packets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lab_folders import ROUTED, STATIC, SYMMETRIC, make_folder, no_daemons
from lab_host import eventually

from labgen.lab.embedded.client import EmbeddedLab
from labgen.lab.embedded.provider import Daemons, EmbeddedProvider, device_daemons

pytest_plugins = ["lab_fixtures"]
pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("can_run_labs")]

Start = Callable[[str, Daemons], EmbeddedLab]

ECHO = """\
import socket, sys
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind((sys.argv[1], 4242))
open("/run/echo", "w")
while True:
    data, sender = sock.recvfrom(2000)
    sock.sendto(data, sender)
"""
ASK = """\
import socket, sys
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.settimeout(0.3)
for _ in range(10):
    sock.sendto(b"labgen", (sys.argv[1], 4242))
    try:
        sys.exit(sock.recv(100) != b"labgen")
    except TimeoutError:
        continue
sys.exit(1)
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts labs that end with the test."""
    labs: list[EmbeddedLab] = []

    def up(text: str, daemons: Daemons) -> EmbeddedLab:
        folder = make_folder(text, tmp_path)
        labs.append(EmbeddedProvider(daemons).up(folder, lambda stage: None, detach=False))
        return labs[-1]

    yield up
    for lab in labs:
        lab.down()


def sh(lab: EmbeddedLab, node: str, script: str) -> str:
    result = lab.execute(node, ["sh", "-c", script], timeout=10)
    assert result.exit_code == 0, result.stderr.decode()
    return result.stdout.decode()


def vrf_routes(lab: EmbeddedLab, node: str, vrf: str) -> str:
    """The routing table of a VRF, however this kernel makes VRFs."""
    kernel = lab.status().vrf_backend == "kernel"
    return sh(lab, node, f"ip route show vrf {vrf}" if kernel else f"ip netns exec {vrf} ip route")


def address(lab: EmbeddedLab, node: str, prefix: str) -> str:
    """Give a client an address by hand."""
    sh(lab, node, f"ip address add {prefix} dev eth1")
    return prefix.partition("/")[0]


def lease(lab: EmbeddedLab, node: str) -> str:
    """The address a client's DHCP client gets."""
    lab.control(node, "dhclient", "start")
    show = "ip -4 -br address show eth1 | awk '{print $3}' | grep /"
    assert eventually(lambda: lab.execute(node, ["sh", "-c", show]).exit_code == 0, 10)
    return sh(lab, node, show).partition("/")[0]


def reaches(lab: EmbeddedLab, asking: str, echoing: str, target: str) -> bool:
    """Whether a UDP echo on `echoing` answers `asking`."""
    arguments = f"'{ECHO}' {target}"
    sh(
        lab,
        echoing,
        f"rm -f /run/echo; python3 -c {arguments} > /dev/null 2>&1 & while ! test -e /run/echo; do :; done",
    )
    return lab.execute(asking, ["python3", "-c", ASK, target]).exit_code == 0


def test_nodes_on_one_lan_hear_each_other(start: Start) -> None:
    lab = start(ROUTED, no_daemons)
    address(lab, "cl_a", "172.16.0.201/24")
    target = address(lab, "cl_c", "172.16.0.203/24")
    assert reaches(lab, "cl_a", "cl_c", target)


def test_static_vxlan_floods_to_its_peers(start: Start) -> None:
    lab = start(STATIC, device_daemons)
    assert "00:00:00:00:00:00 dst 10.0.0.3" in sh(lab, "sw1", "bridge fdb show dev vxlan1000")
    address(lab, "cl_a", "172.16.0.201/24")
    target = address(lab, "cl_b", "172.16.0.202/24")
    assert reaches(lab, "cl_a", "cl_b", target)


def test_symmetric_irb_routes_between_segments_of_a_vrf(start: Start) -> None:
    lab = start(SYMMETRIC, device_daemons)
    assert re.search(
        r"^172\.16\.1\.0/24 .*via 10\.0\.0\.3 dev brvni9000", vrf_routes(lab, "sw1", "tenant"), re.MULTILINE
    )
    assert "172.16." not in sh(lab, "sw1", "ip -4 route"), "routes of a VRF stay in it"
    lease(lab, "cl_a")
    target = lease(lab, "cl_b")
    assert reaches(lab, "cl_a", "cl_b", target)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("net/ipv4/ip_forward", "1"),
        ("net/ipv4/conf/eth1/rp_filter", "0"),
        ("net/ipv4/conf/eth1/arp_ignore", "1"),
        ("net/ipv6/conf/all/disable_ipv6", "1"),
    ],
)
def test_switch_has_a_routers_kernel_settings(start: Start, setting: str, value: str) -> None:
    lab = start(ROUTED, no_daemons)
    assert sh(lab, "sw1", f"cat /proc/sys/{setting}").strip() == value
