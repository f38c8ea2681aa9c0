"""What a verdict opens with: each thing that is broken, at the node it is broken at, and nothing that merely follows from it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from labgen.dhcp.model import Evidence
from labgen.verify.diagnosis import Diagnosis
from labgen.verify.judgement import Judgement, Outcome, blocked, failed
from labgen.verify.root_cause import diagnose
from labgen.verify.subject import Subject
from labgen.verify.verdict import CheckResult


def result(check: str, judgement: Judgement, **subject: str) -> CheckResult:
    return CheckResult(check, Subject(**subject), check, "acquire", "acquire", "", judgement)


def fails(check: str, observed: str, at: tuple[str, ...] = (), **subject: str) -> CheckResult:
    return result(check, failed("that it works", observed, "look", (), at), **subject)


def waits(check: str, **subject: str) -> CheckResult:
    return result(check, blocked("that it works", "nothing to judge"), **subject)


SERVER_DOWN = (
    fails("node.daemons", "kea-dhcp4 does not run", server="srv2"),
    fails("server.running", "server does not run on srv2", server="srv2"),
    fails("server.offers", "no OFFER to 10.0.0.4", client="cl_a", server="srv2"),
    waits("server.pool", client="cl_a", server="srv2"),
    waits("server.replies", client="cl_a", server="srv2"),
)
GATEWAY_DOWN = (
    fails("control-plane.anycast", "varp1000, down", switch="sw1", segment="cv1"),
    fails("reach.gateway", "172.16.0.1 is silent", client="cl_a", segment="cv1"),
)
LEASE_WRONG = (fails("lease.options", "lease 600 s instead of 86400 s", ("srv1",), client="cl_b"),)
RELAY_FORGETS = (
    fails("relay.forwards", "arrived, sent to 10.0.0.2", client="cl_a", switch="sw1"),
    fails(
        "round-trip.discover",
        "DISCOVER leaves sw1 for srv2: 0 of 1",
        ("sw1",),
        client="cl_a",
        switch="sw1",
        server="srv2",
    ),
    fails("server.copies", "1 with giaddr 172.16.0.5", client="cl_a", server="srv2"),
)
BGP_DEAD = (
    fails("node.daemons", "bgpd does not run", switch="sw2"),
    fails("control-plane.evpn-session", "sw2 active", switch="sw1"),
    fails("control-plane.vtep", "no VTEP for sw2; has none", switch="sw1", segment="cv1"),
    fails("relay.forwards", "no DISCOVER arrived on vlan1000", client="cl_a", switch="sw2"),
    fails("server.copies", "1 with giaddr 10.0.0.4", client="cl_a", server="srv1"),
)
OVERRIDE_IGNORED = (fails("server.identifier", "10.0.0.2 via 10.0.0.4", client="cl_a", server="srv1"),)
CIRCUIT = (
    fails(
        "server.sub-options",
        "circuit-id Ethernet99 instead of vlan1000",
        ("sw1",),
        client="cl_a",
        server="srv1",
    ),
)
FAULTS = {
    "a server is down": (SERVER_DOWN, "srv2"),
    "a gateway is down": (GATEWAY_DOWN, "sw1"),
    "a lease time": (LEASE_WRONG, "srv1"),
    "a relay leaves a server out": (RELAY_FORGETS, "sw1"),
    "bgpd is dead": (BGP_DEAD, "sw2"),
    "an identifier": (OVERRIDE_IGNORED, "srv1"),
    "a circuit-id": (CIRCUIT, "sw1"),
}


def diagnosed(*results: CheckResult) -> Diagnosis:
    found = diagnose(results, {})
    assert found is not None
    return found


@pytest.mark.parametrize("name", list(FAULTS))
def test_one_fault_is_one_cause_at_its_node(name: str) -> None:
    results, where = FAULTS[name]
    found = diagnosed(*results)
    assert found.where[0] == where
    assert [other.cause for other in found.others] == []
    assert set(found.consequences) == {r.id for r in results} - {found.check}


PAIRS = [
    ("a server is down", "a gateway is down"),
    ("a server is down", "a relay leaves a server out"),
    ("a relay leaves a server out", "a lease time"),
    ("bgpd is dead", "an identifier"),
    ("bgpd is dead", "a server is down"),
    ("a circuit-id", "a lease time"),
    ("a gateway is down", "a lease time"),
]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: " and ".join(pair))
def test_two_faults_are_two_causes(pair: tuple[str, str]) -> None:
    one, other = (FAULTS[name] for name in pair)
    found = diagnosed(*one[0], *other[0])
    assert {each.where[0] for each in found.every} == {one[1], other[1]}
    assert len(found.every) == 2


def test_nothing_that_could_not_be_judged_is_a_fault_of_its_own() -> None:
    found = diagnosed(*SERVER_DOWN, waits("lease.options", client="cl_b"))
    assert found.others == ()
    assert "lease.options:cl_b" in found.consequences


def test_a_run_that_passed_has_no_cause() -> None:
    assert (
        diagnose([result("server.offers", Judgement(Outcome.PASS), client="cl_a", server="srv1")], {}) is None
    )


def test_more_faults_than_anybody_reads_are_folded_under_the_first() -> None:
    many = [fails("lease.options", f"option {n}", (f"srv{n}",), client=f"c{n}") for n in range(9)]
    found = diagnosed(*many)
    assert len(found.every) == 5
    told = {each.check for each in found.every} | set(found.consequences)
    assert told == {r.id for r in many}


def test_a_node_is_quoted_where_the_fault_is() -> None:
    said = {"srv2": (Evidence("srv2", "raw/srv2/kea.log", 7, text="no free leases"),)}
    found = diagnose(SERVER_DOWN, said)
    assert found is not None and found.cause.endswith("srv2 says: no free leases")
    elsewhere = diagnose(LEASE_WRONG, said)
    assert elsewhere is not None and "says" not in elsewhere.cause


def in_step(found: CheckResult, playbook: str) -> CheckResult:
    return replace(found, playbook=playbook, step=playbook)


def test_what_failed_first_is_told_first_and_explains_what_fails_later() -> None:
    """The client could not reach its server when it was bound; that it does not renew there follows."""
    silent = fails("reach.server", "10.0.0.1 is silent", ("sw",), client="c3", server="srv")
    mute = in_step(fails("renew.request", "no unicast REQUEST on the client's wire", client="c3"), "renew")
    found = diagnose([silent, mute], {})
    assert found is not None
    assert (found.where, found.consequences, found.others) == (("sw",), (mute.id,), ())


def test_another_client_that_fails_later_is_another_fault() -> None:
    silent = fails("lease.options", "lease 600 s instead of 12 s", ("srv1",), client="c1")
    other = in_step(fails("renew.copies", "none arrived", ("core",), client="c2", server="srv2"), "renew")
    found = diagnose([silent, other], {})
    assert found is not None
    assert [each.where for each in (found, *found.others)] == [("srv1",), ("core",)]


def test_the_same_silence_seen_from_another_switch_follows() -> None:
    """Replies for clients of both switches may come back through the one that forwards nothing."""
    silent = [
        fails("reach.server", f"10.0.0.{n} is silent", (at,), client=client, server=f"srv{n - 1}")
        for client, at, n in (("cl_a", "sw1", 2), ("cl_a", "sw1", 3), ("cl_b", "sw2", 3))
    ]
    found = diagnose(silent, {})
    assert found is not None
    assert (found.where, found.others) == (("sw1",), ())


def test_another_silence_at_another_switch_is_another_fault() -> None:
    silent = [
        fails("reach.server", "10.0.0.2 is silent", ("sw1",), client="cl_a", server="srv1"),
        fails("reach.server", "10.0.0.3 is silent", ("sw2",), client="cl_b", server="srv2"),
    ]
    found = diagnose(silent, {})
    assert found is not None
    assert [each.where for each in (found, *found.others)] == [("sw1",), ("sw2",)]


def test_a_subject_whose_check_cannot_tell_where_does_not_hide_what_another_tells() -> None:
    silent = "10.1.20.254 is silent"
    told = (
        fails("reach.gateway", silent, ("c1",), client="v1", segment="voice"),
        fails("reach.gateway", silent, client="v2", segment="voice"),
    )
    found = diagnose(told, {})
    assert found is not None
    assert (found.where, found.others) == (("c1",), ())


@pytest.mark.parametrize(
    ("lines", "quoted"),
    [
        pytest.param(
            ("Dropping reply received on vlan10", "Dropping request received on varp10"), 0, id="its port"
        ),
        pytest.param(("nothing to 172.16.0.4", "Dropping request received on varp10"), 0, id="its address"),
        pytest.param(("no free leases", "giving up"), 1, id="the last, where none names one"),
        pytest.param(
            ("port 4 of vlan10 is up", "Dropping reply received on vlan10"), 1, id="the last of two"
        ),
    ],
)
def test_of_what_a_node_says_the_line_about_the_failure_is_quoted(
    lines: tuple[str, ...], quoted: int
) -> None:
    lost = fails(
        "round-trip.discover",
        "OFFER last seen arriving at sw1 (vlan10), for 172.16.0.4",
        at=("sw1",),
        switch="sw1",
    )
    said = [Evidence("sw1", "relay.log", number, text=text) for number, text in enumerate(lines)]
    found = diagnose([lost], {"sw1": said})
    assert found is not None
    assert found.cause.endswith(f"sw1 says: {lines[quoted]}")
    assert lines[1 - quoted] not in found.cause


@pytest.mark.parametrize(
    ("lost", "where"),
    [
        ({"srv1": ("sw3",), "sw1": ("sw3",), "sw3": ("srv1", "sw1")}, ("sw3",)),
        ({"sw1": ("sw2",), "sw2": ("sw1",)}, ("sw1", "sw2")),
        (
            {"l1": ("s1", "s2"), "l2": ("s1", "s2"), "s1": ("l1", "l2"), "s2": ("l1", "l2")},
            ("l1", "s1", "s2", "l2"),
        ),
    ],
    ids=["a node that all lose", "a link", "two halves"],
)
def test_lost_neighbors_are_the_fault_of_the_node_they_have_in_common(
    lost: dict[str, tuple[str, ...]], where: tuple[str, ...]
) -> None:
    """A spine that is passive on its ports was one of five places."""
    down = [
        fails("control-plane.ospf", f"{', '.join(peers)} absent", (name, *peers), switch=name)
        for name, peers in lost.items()
    ]
    found = diagnose(down, {})
    assert found is not None
    assert found.where == where
    assert not found.others


def test_two_links_that_are_down_are_two_faults() -> None:
    pairs = (("sw1", "sw2"), ("l1", "l2"))
    down = [
        fails("control-plane.ospf", f"{far} absent", (near, far), switch=near)
        for pair in pairs
        for near, far in (pair, pair[::-1])
    ]
    found = diagnose(down, {})
    assert found is not None
    assert (found.where, [other.where for other in found.others]) == (("sw1", "sw2"), [("l1", "l2")])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            '{"ts":1.5,"event":"packet","action":"dropped","interface":"default","src":"10.0.0.6","dst":"10.0.0.4",'
            '"reason":"not-a-server","message":"OFFER","giaddr":"10.0.0.4","option82":{"circuit_id":"vlan1000"}}',
            "sw1 says: OFFER from 10.0.0.6 to 10.0.0.4 giaddr 10.0.0.4 dropped because of not-a-server",
        ),
        ('{"ts":1.5,"event":"trouble","error":"Network is unreachable"}', "sw1 says: error Network is unreachable"),
        ('{"level":"warn","msg":"no free leases"}', "sw1 says: no free leases"),
        ('{"ts":1.5,"counters":{}}', 'sw1 says: {"ts":1.5,"counters":{}}'),
        ('{"error": cut', 'sw1 says: {"error": cut'),
    ],
)  # fmt: skip
def test_of_a_line_in_json_what_came_of_whose_packet_is_quoted(line: str, said: str) -> None:
    """The reason of a long line was cut away, and its option 82 shown."""
    lost = fails("round-trip.discover", "OFFER last seen arriving at sw1", at=("sw1",), switch="sw1")
    found = diagnose([lost], {"sw1": [Evidence("sw1", "relay.log", 1, text=line)]})
    assert found is not None
    assert found.cause.endswith(said)
    assert "circuit_id" not in found.cause


@pytest.mark.parametrize(
    ("observed", "cause"),
    [
        ("dns 10.9.9.55 instead of 10.9.9.54", "srv1: dns 10.9.9.55 instead of 10.9.9.54"),
        ("no answer", "srv1: no answer (wanted: lease 1200 s)"),
    ],
)
def test_what_was_wanted_is_said_once(observed: str, cause: str) -> None:
    """`dns ... instead of ... (wanted: lease 1200 s)` spoke of something else."""
    wrong = failed("lease 1200 s; dns 10.9.9.54", observed, "look", (), ("srv1",))
    found = diagnose([result("lease.options", wrong, client="cl_a")], {})
    assert found is not None
    assert found.cause == cause


def test_a_clock_that_was_set_is_part_of_what_came_too_late_and_of_nothing_else() -> None:
    """Set back by two hours, dhclient renews two hours late: a report that says no more than "let T1 pass" helps nobody."""
    late = (
        fails("renew.request", "no REQUEST at the server identifier", client="cl_a"),
        fails("step.in-time", "wait for renew: no renew within 15 s", client="cl_a"),
    )
    told = diagnose(late, {}, moved=-7200.0)
    assert told is not None
    assert told.check == "renew.request:cl_a"
    assert told.next.startswith(
        "the clock of this machine was set by -7200.0 s while the lab ran, and timers"
    )
    assert "clock" not in diagnosed(*late).next
    elsewhere = diagnose(LEASE_WRONG, {}, moved=-7200.0)
    assert elsewhere is not None
    assert "clock" not in elsewhere.next


@pytest.mark.parametrize(
    ("route", "cause"),
    [
        ("a blackhole route 10.0.0.6/32 for l3 (10.0.0.6)", "sp: a blackhole route"),
        ("a prohibit route 10.0.0.0/24 for l3 (10.0.0.6)", "sp: a prohibit route"),
        ("no route to l3 (10.0.0.6)", "sp connect"),
    ],
)
def test_a_route_that_somebody_put_in_is_the_cause_of_sessions_that_are_lost_in_it(
    route: str, cause: str
) -> None:
    """No routing protocol makes it, while a route that is missing may be missing because the session is."""
    found = diagnosed(
        fails("control-plane.evpn-session", "sp connect", switch="l3"),
        fails("control-plane.evpn-session", "l3 active", switch="sp"),
        fails("control-plane.vtep", "no VTEP for l3", switch="l1"),
        fails("control-plane.routes", route, switch="sp"),
    )
    assert cause in found.cause
    assert found.others == ()
