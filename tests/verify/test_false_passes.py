"""Labs in which clients get leases and the network is broken all the same: each fails, and the cause is named first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from verify_labs import judged, planned, running, shell, story

from labgen.lab.provider import Lab
from labgen.verify import playbook
from labgen.verify.verdict import Conclusion, Verdict

pytestmark = pytest.mark.lab

KEA = "/etc/kea/kea-dhcp4.conf"
RELOAD = "kill -HUP $(cat /run/labgen/kea-dhcp4.pid)"


@dataclass(frozen=True)
class Sabotage:
    """Shell commands on nodes, and those that take it back. The diagnosis names `where` and `words`, and `check` fails."""

    break_it: tuple[tuple[str, str], ...]
    repair: tuple[tuple[str, str], ...]
    where: str
    words: str
    check: str


def router(server: str) -> tuple[str, str]:
    change = 's/"data": "172.16.0.1"/"data": "172.16.0.250"/'
    return (
        server,
        f"cp {KEA} /tmp/true && sed -i '{change}' {KEA} && ! cmp -s /tmp/true {KEA} && {RELOAD} && sleep 0.5",
    )


def restored(server: str) -> tuple[str, str]:
    return server, f"cp /tmp/true {KEA} && {RELOAD} && sleep 0.5"


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
        "cl_",
        "router 172.16.0.250 instead of 172.16.0.1",
        "lease.options:cl_a",
    ),
    "the anycast gateway is down": Sabotage(
        (("sw1", "ip link set varp1000 down"), ("sw2", "ip link set varp1000 down")),
        (("sw1", "ip link set varp1000 up"), ("sw2", "ip link set varp1000 up")),
        "sw",
        "down (wanted: 172.16.0.1",
        "reach.gateway:cl_a:cv1",
    ),
    "zebra died on a transit switch": Sabotage(
        (("sw3", "kill -9 $(cat /run/labgen/zebra.pid)"),),
        (),
        "sw3",
        "zebra does not run",
        "node.daemons:sw3",
    ),
}  # fmt: skip


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


@pytest.mark.parametrize("name", list(SABOTAGES))
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
    failed = {c.id for c in verdict.checks if c.judgement.outcome.value == "fail"}
    assert sabotage.check in failed, story(verdict)
