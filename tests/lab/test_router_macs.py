"""Router MACs that zebra lost are told to it again, and nobody else's are."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from lab_folders import plan_of

from labgen.ground.errors import LabStartError
from labgen.lab.deadline import Deadline
from labgen.lab.embedded import router_macs
from labgen.lab.embedded.blueprint import Node, Transit
from labgen.lab.embedded.compile import compile_plan
from labgen.lab.embedded.forwarding import Forwarding
from labgen.lab.embedded.keys import make_keys
from labgen.lab.embedded.nodes import NodeHandle
from labgen.lab.embedded.provider import device_daemons
from labgen.lab.embedded.router_macs import RouterMacs

RED = Transit("red", "br-red", "announce-red", vni=9001, several_tell=True)
BLUE = Transit("blue", "br-blue", "announce-blue", vni=9002)
LEAF = NodeHandle(Node("l1", "192.0.2.1", transits=(RED, BLUE)), 0, 0, 0, 0, 0, {})
FAR, FURTHER = "10.0.0.7", "10.0.0.8"
LABS: list[Lab] = []


class Lab:
    """A leaf whose next hops without neighbor are `missing`, one set for each look, the last for ever; `zebra` is what it answers."""

    def __init__(self, *missing: set[str], zebra: str = "{}", bgpd: Callable[[], str] = lambda: "{}") -> None:
        self.missing, self.zebra, self.bgpd = list(missing), zebra, bgpd
        self.announced: list[tuple[str, str]] = []
        self.asked: list[str] = []
        self.fails = False
        here, self.kernel = self.sockets = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        here.setblocking(False)
        LABS.append(self)
        forwarding = SimpleNamespace(
            nodes=(LEAF,),
            without_neighbor=lambda node, transit: frozenset(
                self.missing.pop(0) if len(self.missing) > 1 else self.missing[0]
            ),
            changes_of_neighbors=lambda node, transit: here,
        )
        self.macs = RouterMacs(cast(Forwarding, forwarding), self.ask, self.repair)

    async def ask(self, node: NodeHandle, daemon: str, command: str) -> str:
        self.asked.append(command)
        return self.zebra if daemon == "zebra" else self.bgpd()

    async def repair(self, node: str, name: str) -> None:
        self.announced.append((node, name))
        if self.fails:
            raise LabStartError("bgpd does not answer")

    def loses_a_neighbor(self) -> None:
        """The kernel tells of one that went, while the lab listens; what follows from it is waited for."""

        async def lose() -> None:
            heard: list[Callable[[], None]] = []
            self.macs.watch(lambda _, hear: heard.append(hear))
            (hear,) = heard
            self.kernel.send(b"RTM_DELNEIGH")
            hear()
            await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})

        asyncio.run(lose())


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(router_macs, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(router_macs, "QUIET_SECONDS", 0.02)
    yield
    while LABS:
        for sock in LABS.pop().sockets:
            sock.close()


def known(*hops: str) -> str:
    return json.dumps({"numNextHops": len(hops), **{hop: {"nexthopIp": hop} for hop in hops}})


def test_router_mac_that_zebra_lost_is_told_to_it_again() -> None:
    lab = Lab({FAR}, set(), zebra=known(FURTHER))
    lab.loses_a_neighbor()
    assert lab.announced == [("l1", "announce-red")]
    assert lab.asked == ["show evpn next-hops vni 9001 json"]
    assert list(lab.macs.said()) == [
        "l1: the routing daemons lost router MACs of VRF red once, and were told the routes again"
    ]


def test_what_is_lost_twice_is_told_twice() -> None:
    lab = Lab({FAR}, {FAR, FURTHER}, set(), zebra=known())
    lab.loses_a_neighbor()
    assert lab.announced == [("l1", "announce-red")] * 2
    assert list(lab.macs.said()) == [
        "l1: the routing daemons lost router MACs of VRF red 2 times, and were told the routes again"
    ]


@pytest.mark.parametrize(
    ("missing", "zebra"),
    [
        pytest.param(set(), known(), id="none is missing"),
        pytest.param({FAR}, known(FAR, FURTHER), id="somebody took it from the kernel"),
        pytest.param({FAR}, "", id="zebra does not answer"),
        pytest.param({FAR}, "% Unknown command", id="zebra does not know the question"),
        pytest.param({FAR}, "[]", id="zebra answers something else"),
    ],
)
def test_what_zebra_did_not_lose_is_left_alone(missing: set[str], zebra: str) -> None:
    lab = Lab(missing, zebra=zebra)
    lab.loses_a_neighbor()
    assert (lab.announced, list(lab.macs.said())) == ([], [])


@pytest.mark.parametrize("fails", [False, True])
def test_what_does_not_come_back_is_not_asked_for_without_end(fails: bool) -> None:
    lab = Lab({FAR}, zebra=known())
    lab.fails = fails
    lab.loses_a_neighbor()
    assert len(lab.announced) == router_macs.TRIES


def test_routes_are_announced_once_more_when_no_more_of_them_come() -> None:
    told = iter([1, 2, 2, 5])
    numbers: list[int] = []

    def bgpd() -> str:
        numbers.append(next(told, 5))
        return json.dumps(
            {"peers": {"10.0.0.1": {"pfxRcd": numbers[-1], "pfxSnt": 3, "peerUptimeMsec": len(numbers)}}}
        )

    lab = Lab(set(), bgpd=bgpd)
    asyncio.run(lab.macs.settle(Deadline.after(20)))
    assert numbers[3] == 5 and len(numbers) > 4
    assert (lab.announced, list(lab.macs.said())) == ([("l1", "announce-red")], [])


def test_a_fabric_that_never_settles_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(router_macs, "SETTLED_SECONDS", 0.05)
    numbers = iter(range(10**9))
    lab = Lab(set(), bgpd=lambda: f'"pfxRcd":{next(numbers)}')
    asyncio.run(lab.macs.settle(Deadline.after(20)))
    assert lab.announced == [("l1", "announce-red")]


FABRIC = """\
name: fabric
switches: [l1, l2, r1, r2]
links: [l1-r1, l1-r2, l2-r1, l2-r2, r1-r2]
overlay: {control: evpn, asn: 65000REFLECTORS}
vrfs: {tenant: {transit_vni: true}}
segments:
  one:
    vrf: tenant
    attach: {l1: [c1]}
    relay: &relay {servers: [srv], server_vrf: default, source: loopback, options: [link-selection, server-id-override]}
  two: {vrf: tenant, attach: {l2: [c2]}, relay: *relay}
servers: {srv: r1}
"""


@pytest.mark.parametrize(
    ("reflectors", "several"),
    [
        pytest.param(", route_reflectors: [r1, r2]", True, id="two reflectors"),
        pytest.param(", route_reflectors: [r1]", False, id="one"),
        pytest.param("", False, id="full mesh"),
    ],
)
def test_routes_come_by_several_tell_where_several_pass_them_on(
    tmp_path: Path, reflectors: str, several: bool
) -> None:
    plan = plan_of(FABRIC.replace("REFLECTORS", reflectors), tmp_path)
    blueprint = compile_plan(plan, tmp_path, device_daemons, make_keys())
    (transit,) = next(node for node in blueprint.nodes if node.name == "l1").transits
    assert (transit.several_tell, transit.vni) == (several, plan.node("l1").vrfs[0].transit_vni)
