"""Labs in which clients get leases and the network is broken all the same: each fails, and the cause is named first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from members import some
from verify_labs import judged, planned, running, shell, story, written

from labgen.lab.provider import Lab
from labgen.verify import playbook
from labgen.verify.verdict import Conclusion, Verdict

pytestmark = pytest.mark.lab

KEA = "/etc/kea/kea-dhcp4.conf"
RELOAD = "kill -HUP $(cat /run/labgen/kea-dhcp4.pid)"


@dataclass(frozen=True)
class Sabotage:
    """Shell commands on nodes, and those that take it back. The diagnosis names `where` and `words`, and `check` fails. `also` are nodes of
    further faults, `perhaps` of those that are told apart as the clients choose; nobody else is blamed.
    """

    break_it: tuple[tuple[str, str], ...]
    repair: tuple[tuple[str, str], ...]
    where: str
    words: str
    check: str
    also: tuple[str, ...] = ()
    perhaps: tuple[str, ...] = ()


def router(server: str) -> tuple[str, str]:
    change = 's/"data": "172.16.0.1"/"data": "172.16.0.250"/'
    return (
        server,
        f"cp {KEA} /tmp/true && sed -i '{change}' {KEA} && ! cmp -s /tmp/true {KEA} && {RELOAD} && sleep 0.5",
    )


def restored(server: str) -> tuple[str, str]:
    return server, f"cp /tmp/true {KEA} && {RELOAD} && sleep 0.5"


SPOOF = """\
import socket, sys

port, address = sys.argv[1:]
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
wire.bind((port, 0))
own = wire.getsockname()[4]
while True:
    frame = wire.recv(2048)
    if frame[20:22] == b"\\0\\1" and frame[38:42] == socket.inet_aton(address):
        head = frame[6:12] + own + b"\\x08\\x06\\0\\1\\x08\\0\\6\\4\\0\\2"
        wire.send(head + own + frame[38:42] + frame[22:32])
"""
"""Answers ARP requests for an address that is not its own."""
SPOOFING = (
    "(setsid python3 /tmp/spoof.py eth1 172.16.0.1 >/dev/null 2>&1 & echo $! >/tmp/spoof.pid); "
    "sleep 0.5; kill -0 $(cat /tmp/spoof.pid)"
)

SABOTAGES = {
    "replies to one relay die in the core": Sabotage(
        (("sw3", "ip route add blackhole 172.16.0.4/32"),),
        (("sw3", "ip route del blackhole 172.16.0.4/32"),),
        "sw3",
        "blackhole route 172.16.0.4/32",
        "round-trip.discover:cl_a:sw1:srv1",
    ),
    "a gateway nobody has is handed out": Sabotage(
        (router("srv1"), router("srv2")),
        (restored("srv1"), restored("srv2")),
        "srv",
        "router 172.16.0.250 instead of 172.16.0.1",
        "lease.options:cl_a",
        perhaps=("srv1", "srv2"),
    ),
    "the anycast gateway is down": Sabotage(
        (("sw1", "ip link set varp1000 down"), ("sw2", "ip link set varp1000 down")),
        (("sw1", "ip link set varp1000 up"), ("sw2", "ip link set varp1000 up")),
        "sw",
        "down (wanted: 172.16.0.1",
        "reach.gateway:cl_a:cv1",
    ),
    "everything one server answers is dropped": Sabotage(
        (("srv2", "ip rule add ipproto udp sport 67 blackhole"),),
        (("srv2", "ip rule del ipproto udp sport 67 blackhole"),),
        "srv2",
        "no OFFER to",
        "server.offers:cl_a:srv2",
    ),
    "a switch does not forward": Sabotage(
        (("sw1", "echo 0 >/proc/sys/net/ipv4/ip_forward"),),
        (("sw1", "echo 1 >/proc/sys/net/ipv4/ip_forward"),),
        "sw1",
        "OFFER arrives at sw2: 0 of 1; last seen arriving at sw1",
        "reach.server:cl_a:srv1",
    ),
    "the core has another hardware address for a server": Sabotage(
        (("sw3", "ip neigh replace 10.1.0.1 lladdr 02:00:00:00:00:99 dev eth1 nud permanent"),),
        (("sw3", "ip neigh del 10.1.0.1 dev eth1"),),
        "sw3",
        "DISCOVER arrives at srv1: 0 of",
        "round-trip.discover:cl_a:sw1:srv1",
    ),
    "somebody answers ARP for the gateway": Sabotage(
        (("cl_b", f"cat >/tmp/spoof.py <<'END'\n{SPOOF}\nEND"), ("cl_b", SPOOFING)),
        (("cl_b", "kill $(cat /tmp/spoof.pid)"),),
        "cl_b",
        "52:dc:00:fe:08:01",  # after the gateway's own answer, or in its place, as the race goes
        "reach.gateway:cl_a:cv1",
    ),
    "two faults at once": Sabotage(
        (("srv2", "ip rule add ipproto udp sport 67 blackhole"), ("sw1", "ip link set varp1000 down")),
        (("srv2", "ip rule del ipproto udp sport 67 blackhole"), ("sw1", "ip link set varp1000 up")),
        "sw1",
        "varp1000 in VRF default, down",
        "control-plane.anycast:sw1:cv1",
        ("srv2",),
    ),
    "zebra died on a transit switch": Sabotage(
        (("sw3", "kill -9 $(cat /run/labgen/zebra.pid)"),),
        (),
        "sw3",
        "zebra does not run",
        "node.daemons:sw3",
    ),
}  # fmt: skip

KEPT = (
    "replies to one relay die in the core",
    "a gateway nobody has is handed out",
    "two faults at once",
    "zebra died on a transit switch",
)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running(planned("vxlan-redundant-server", {}), tmp_path_factory.mktemp("lab") / "broken") as lab:
        yield lab


def acquire(lab: Lab, folder: Path) -> Verdict:
    return judged(lab, [playbook.load("acquire", lab.plan)], folder)


def test_the_lab_as_built_passes_and_has_no_cause(lab: Lab, tmp_path: Path) -> None:
    verdict = acquire(lab, tmp_path)
    assert verdict.conclusion is Conclusion.PASS, story(verdict)
    assert (verdict.diagnosis, verdict.left_out) == (None, ())
    assert any("were not run: release" in sentence for sentence in verdict.not_covered)


@pytest.mark.parametrize("name", some(SABOTAGES, *KEPT))
def test_bound_clients_do_not_make_a_broken_network_pass(lab: Lab, tmp_path: Path, name: str) -> None:
    sabotage = SABOTAGES[name]
    for node, command in sabotage.break_it:
        shell(lab, node, command)
    try:
        verdict = acquire(lab, tmp_path)
    finally:
        for node, command in sabotage.repair:
            shell(lab, node, command)
    assert verdict.conclusion is Conclusion.FAIL, story(verdict)
    assert verdict.diagnosis is not None
    assert verdict.diagnosis.where[0].startswith(sabotage.where), verdict.diagnosis
    assert sabotage.words in verdict.diagnosis.cause
    others = [other.where[0] for other in verdict.diagnosis.others]
    assert [name for name in others if name not in sabotage.perhaps] == list(sabotage.also), story(verdict)
    failed = {c.id for c in verdict.checks if c.judgement.outcome.value == "fail"}
    assert sabotage.check in failed, story(verdict)


HELPERS = """\
name: helpers
switches: [sw]
segments:
  users: {vlan: 10, prefix: 10.5.10.0/24, attach: {sw: [a1]}, relay: {servers: [srv1], options: [circuit-id]}}
  voice: {vlan: 20, prefix: 10.5.20.0/24, attach: {sw: [b1]}, relay: {servers: [srv1], options: [circuit-id]}}
  guests: {vlan: 30, prefix: 10.5.30.0/24, attach: {sw: [g1]}, relay: {servers: [srv2]}}
servers: {srv1: sw, srv2: sw}
"""
RELAY = "/etc/labgen-relay/relay.yml"
STRANGER = (
    '"subnet4": [ {"id": 77, "subnet": "10.5.10.0/24", "pools": [{"pool": "10.5.10.100 - 10.5.10.120"}]},'
)


def relay_with(change: str) -> str:
    return f"cp {RELAY} /tmp/true && sed -i '{change}' {RELAY} && ! cmp -s /tmp/true {RELAY}"


HELPER_SABOTAGES = {
    "a server that no relay should ask wins": Sabotage(
        (
            ("srv2", f"cp {KEA} /tmp/true && sed -i 's|\"subnet4\": \\[|{STRANGER}|' {KEA} && {RELOAD} && sleep 0.5"),
            ("sw", relay_with("0,/10.0.0.1, vrf: default, replies_from: .10.1.0.1./s//10.0.0.2, vrf: default, replies_from: [10.1.0.5]/")),
        ),
        (restored("srv2"), ("sw", f"cp /tmp/true {RELAY}")),
        "srv2",
        "from srv2 (wanted: OFFER, ACK and NAK of srv1 alone",
        "client.planned-servers:a1",
        ("sw",),
    ),
    "a relay leaves a segment out": Sabotage(
        (("sw", relay_with("s/name: vlan20/name: vlan21/")),),
        (("sw", f"cp /tmp/true {RELAY}"),),
        "sw",
        "arrived, sent to nobody",
        "relay.forwards:b1:sw",
    ),
    "a relay tells another circuit-id": Sabotage(
        (("sw", relay_with("s/name: vlan10$/name: vlan10\\n    circuit_id: Ethernet99/")),),
        (("sw", f"cp /tmp/true {RELAY}"),),
        "sw",
        "circuit-id (1) Ethernet99 instead of vlan10",
        "server.sub-options:a1:srv1",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def helpers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running(written(HELPERS), tmp_path_factory.mktemp("lab") / "helpers") as lab:
        yield lab


@pytest.mark.parametrize("name", some(HELPER_SABOTAGES, "a relay leaves a segment out"))
def test_what_a_relay_is_told_wrongly_is_found_at_the_relay(helpers: Lab, tmp_path: Path, name: str) -> None:
    sabotage = HELPER_SABOTAGES[name]
    for node, command in sabotage.break_it:
        shell(helpers, node, command)
    helpers.control("sw", "labgen-relay", "restart")
    try:
        verdict = acquire(helpers, tmp_path)
    finally:
        for node, command in sabotage.repair:
            shell(helpers, node, command)
        helpers.control("sw", "labgen-relay", "restart")
    assert verdict.conclusion is Conclusion.FAIL, story(verdict)
    assert verdict.diagnosis is not None
    assert (verdict.diagnosis.where[0], sabotage.words in verdict.diagnosis.cause) == (
        sabotage.where,
        True,
    ), verdict.diagnosis
    assert {other.where[0] for other in verdict.diagnosis.others} <= set(sabotage.also), [
        (o.where, o.cause) for o in verdict.diagnosis.others
    ]
    failed = {c.id for c in verdict.checks if c.judgement.outcome.value == "fail"}
    assert sabotage.check in failed, story(verdict)


def test_the_helpers_as_built_pass(helpers: Lab, tmp_path: Path) -> None:
    verdict = acquire(helpers, tmp_path)
    assert verdict.conclusion is Conclusion.PASS, story(verdict)
