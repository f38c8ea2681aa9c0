"""What is right depends on how servers share their work: alone, as partners, or with one address kept for a client on each of them."""

from __future__ import annotations

import pytest
from verify_facts import ACK, DISCOVER, NAK, OFFER, RELEASE, REQUEST, Tale, concluded
from verify_labs import flagship, paired, written

from labgen.ground.labplan import LabPlan
from labgen.verify import redundancy
from labgen.verify.coverage import not_covered
from labgen.verify.groups import grantor
from labgen.verify.judgement import Outcome

MINE, OTHER = "10.50.1.60", "10.50.1.99"
KEPT, ELSE = "10.20.10.10", "10.20.10.60"
RESERVED = """\
name: reserved
switches: [sw]
segments:
  data:
    prefix: 10.20.10.0/24
    attach: {sw: [pc1, pc2]}
    relay: {servers: [srv1, srv2]}
    pool: {split: {srv1: 10.20.10.50-10.20.10.99, srv2: 10.20.10.100-10.20.10.199}}
    reservations: {pc1: 10.20.10.10}
servers: {srv1: sw, srv2: sw}
"""


@pytest.fixture(scope="module")
def reserved() -> LabPlan:
    return written(RESERVED)


def rebound_by(
    plan: LabPlan, client: str, address: str, via: str, servers: tuple[str, str], second: str
) -> Tale:
    """Both servers acknowledge a rebinding; the other one names the `second` address."""
    tale = (
        Tale(plan).acquire(client, servers[0], address, via).wait(1).began().rebind(client, servers[0], via)
    )
    return tale.answer(ACK, servers[1], client, via, yiaddr=second, lease_seconds=12)


def outcome(check: str, key: str, tale: Tale) -> tuple[Outcome, str]:
    found = concluded(check, key, tale.facts())
    return found.outcome, found.observed


@pytest.mark.parametrize(
    ("second", "right"),
    [pytest.param(MINE, Outcome.PASS, id="the same lease"), pytest.param(OTHER, Outcome.FAIL, id="another")],
)
def test_partners_may_both_extend_a_lease_and_no_other(second: str, right: Outcome) -> None:
    tale = rebound_by(paired(), "pc1", MINE, "core", ("dhcp1", "dhcp2"), second)
    assert outcome("rebind.loser-silent", "pc1", tale)[0] is right


def test_a_partner_that_refuses_is_no_partner() -> None:
    tale = Tale(paired()).acquire("pc1", "dhcp1", MINE, "core").wait(1).began().rebind("pc1", "dhcp1", "core")
    assert outcome("rebind.loser-silent", "pc1", tale.answer(NAK, "dhcp2", "pc1", "core"))[0] is Outcome.FAIL


@pytest.mark.parametrize(
    ("second", "right"),
    [pytest.param(MINE, Outcome.PASS, id="the same lease"), pytest.param(OTHER, Outcome.FAIL, id="another")],
)
def test_partners_may_both_acknowledge_a_first_lease(second: str, right: Outcome) -> None:
    tale = Tale(paired()).began().acquire("pc1", "dhcp1", MINE, "core")
    tale.answer(ACK, "dhcp2", "pc1", "core", yiaddr=second, lease_seconds=12)
    found, observed = outcome("server.loser-silent", "pc1", tale)
    assert found is right
    assert ("granted 10.50.1.60 too" in observed) == (right is Outcome.PASS)


def test_two_independent_servers_that_both_acknowledge_are_two_leases() -> None:
    tale = rebound_by(flagship(), "cl_a", "172.16.0.2", "sw1", ("srv1", "srv2"), "172.16.0.2")
    assert outcome("rebind.loser-silent", "cl_a", tale) == (Outcome.FAIL, "srv1 sent ACK; srv2 sent ACK")


def test_partners_that_both_offer_at_once_are_cut_off_from_each_other() -> None:
    tale = Tale(paired()).began().fresh().broadcast(DISCOVER, "pc1")
    tale.answer(OFFER, "dhcp1", "pc1", "core", yiaddr=MINE).answer(
        OFFER, "dhcp2", "pc1", "core", yiaddr=OTHER
    )
    for server in ("dhcp1", "dhcp2"):
        found = concluded("server.offers", f"pc1:{server}", tale.facts())
        assert (found.outcome, found.observed) == (Outcome.FAIL, "both offered: dhcp1 and dhcp2")
        assert found.at == ("dhcp1", "dhcp2")  # not the client, which was named


@pytest.mark.parametrize(
    ("servers", "said"),
    [
        pytest.param(("dhcp1",), ["dhcp2 left every client to its partner"], id="a standby"),
        pytest.param(("dhcp1", "dhcp2"), [], id="both served"),
        pytest.param((), [], id="nobody served, which checks tell"),
    ],
)
def test_what_a_standby_would_hand_out_is_not_covered(servers: tuple[str, ...], said: list[str]) -> None:
    """Its router was wrong, and the run passed without a word on it."""
    plan = paired()
    tale = Tale(plan)
    for client, server, address in zip(("pc1", "pc2"), servers, (MINE, OTHER), strict=False):
        tale.acquire(client, server, address, "core")
    told = not_covered(plan, (), (), 0.0, tale.facts().exchanges)
    assert [sentence.partition(",")[0] for sentence in told if "partner" in sentence] == said


@pytest.mark.parametrize(
    ("mode", "waited", "both"),
    [("load-balance", 3, False), ("load-balance", 4, True), ("hot-standby", 9, False)],
)
def test_both_may_offer_to_a_client_that_has_waited(mode: str, waited: int, both: bool) -> None:
    """RFC 3074 section 4: a client whose `secs` has grown was not heard by the partner in charge."""
    assert redundancy.of_client(paired(mode), "pc1").both_may_answer(waited) is both


def test_servers_that_keep_the_same_address_for_a_client_may_both_extend_it(reserved: LabPlan) -> None:
    tale = rebound_by(reserved, "pc1", KEPT, "sw", ("srv1", "srv2"), KEPT)
    tale.bound("pc1", "srv1", KEPT).binding("srv2", "pc1", KEPT)
    assert outcome("rebind.loser-silent", "pc1", tale)[0] is Outcome.PASS
    assert outcome("lease.single-binding", "pc1", tale)[0] is Outcome.PASS


def test_a_client_without_a_reservation_has_one_binding_alone(reserved: LabPlan) -> None:
    tale = Tale(reserved).began().acquire("pc2", "srv1", ELSE, "sw")
    tale.bound("pc2", "srv1").binding("srv2", "pc2", "10.20.10.120")
    assert outcome("lease.single-binding", "pc2", tale)[0] is Outcome.FAIL


def test_a_reserved_address_that_is_not_the_same_everywhere_is_two_leases(reserved: LabPlan) -> None:
    tale = (
        Tale(reserved)
        .began()
        .acquire("pc1", "srv1", KEPT, "sw")
        .bound("pc1", "srv1")
        .binding("srv2", "pc1", ELSE)
    )
    assert outcome("lease.single-binding", "pc1", tale)[0] is Outcome.FAIL


CIRCUIT = """\
name: circuit
switches: [sw]
segments:
  data:
    vlan: 10
    prefix: 10.20.10.0/24
    attach: {sw: [pc1]}
    relay: {servers: [srv], options: [circuit-id]}
    pool: {range: 10.20.10.50-10.20.10.99}
    reservations: {"circuit-id vlan10": 10.20.10.12}
servers: {srv: sw}
"""


@pytest.mark.parametrize(
    ("address", "right"),
    [("10.20.10.12", Outcome.PASS), ("10.20.10.60", Outcome.FAIL)],
    ids=["kept", "of the range"],
)
def test_what_is_kept_for_a_circuit_is_the_address_of_the_client_behind_it(
    address: str, right: Outcome
) -> None:
    tale = Tale(written(CIRCUIT)).began().acquire("pc1", "srv", address, "sw")
    assert outcome("server.pool", "pc1:srv", tale)[0] is right


def test_of_two_clients_behind_a_circuit_either_may_have_it() -> None:
    plan = written(CIRCUIT.replace("[pc1]", "[pc1, pc2]"))
    for address in ("10.20.10.12", "10.20.10.60"):
        tale = Tale(plan).began().acquire("pc2", "srv", address, "sw")
        assert outcome("server.pool", "pc2:srv", tale)[0] is Outcome.PASS


SECONDARY = """\
name: two-subnets
switches: [sw]
segments:
  data:
    prefix: 10.20.10.0/24
    gateway: 10.20.10.1
    secondary: [{prefix: 10.20.20.0/24, range: 10.20.20.50-10.20.20.99}]
    attach: {sw: [pc1]}
    relay: {servers: [srv]}
    pool: {range: 10.20.10.50-10.20.10.99}
servers: {srv: sw}
"""


@pytest.mark.parametrize(
    ("address", "right"),
    [
        pytest.param("10.20.10.60", Outcome.PASS, id="of the first subnet"),
        pytest.param("10.20.20.60", Outcome.PASS, id="of the secondary subnet"),
        pytest.param("10.20.20.100", Outcome.FAIL, id="beyond the range of the secondary subnet"),
        pytest.param("10.20.20.1", Outcome.FAIL, id="the gateway of the secondary subnet"),
        pytest.param("10.20.30.60", Outcome.FAIL, id="of no subnet"),
    ],
)
def test_the_pool_of_a_server_takes_in_secondary_subnets(address: str, right: Outcome) -> None:
    tale = Tale(written(SECONDARY)).began().acquire("pc1", "srv", address, "sw")
    found = concluded("server.pool", "pc1:srv", tale.facts())
    assert found.outcome is right
    assert found.expected == "an address in 10.20.10.50-10.20.10.99, 10.20.20.50-10.20.20.99"


def released(plan: LabPlan, left: str) -> Tale:
    tale = Tale(plan).acquire("pc1", "srv1", KEPT, "sw").wait(1).began()
    tale.fresh().unicast(RELEASE, "pc1", tale.lease["pc1"].server_id or "", ciaddr=KEPT)
    return tale.daemon("srv1", True).daemon("srv2", True).binding(left, "pc1", KEPT)


@pytest.mark.parametrize(("left", "right"), [("srv2", Outcome.PASS), ("srv1", Outcome.FAIL)])
def test_a_release_ends_the_binding_of_the_server_that_got_it(
    reserved: LabPlan, left: str, right: Outcome
) -> None:
    assert outcome("release.unbound", "pc1", released(reserved, left))[0] is right


def test_a_partner_that_gets_the_release_is_asked_as_well_as_the_owner() -> None:
    tale = Tale(paired()).acquire("pc1", "dhcp1", MINE, "core").wait(1).began()
    to = tale.identifier("dhcp2", "pc1", "")
    tale.fresh().unicast(RELEASE, "pc1", to, ciaddr=MINE)
    assert outcome("release.reaches-owner", "pc1", tale) == (Outcome.PASS, "seen at dhcp2")


def test_what_a_partner_holds_is_not_left_over_when_the_other_gave_it_anew() -> None:
    tale = (
        Tale(paired())
        .acquire("pc1", "dhcp2", MINE, "core")
        .wait(1)
        .began()
        .acquire("pc1", "dhcp1", MINE, "core")
    )
    tale.bound("pc1", "dhcp1").binding("dhcp2", "pc1", MINE)
    assert outcome("lease.single-binding", "pc1", tale)[0] is Outcome.PASS


def test_the_owner_is_the_server_whose_identifier_the_client_has() -> None:
    tale = Tale(paired()).began().acquire("pc1", "dhcp1", MINE, "core")
    tale.answer(ACK, "dhcp2", "pc1", "core", arrives=False, yiaddr=MINE, lease_seconds=12).wait(1)
    tale.began().fresh().unicast(REQUEST, "pc1", tale.identifier("dhcp1", "pc1", ""), ciaddr=MINE)
    facts = tale.facts()
    (lease,) = facts.grants("pc1")
    assert grantor(facts.history, lease) == "dhcp1"


SITES = """\
name: sites
switches: [left, right]
links: [left-right]
overlay: {data: vxlan, control: evpn, asn: 65000}
segments:
  data:
    gateway: anycast
    prefix: 10.30.0.0/24
    attach: {left: [pc1], right: [pc2]}
    relay:
      - {servers: [here], source: loopback, options: [link-selection, server-id-override], switches: [left]}
      - {servers: [SERVERS], source: loopback, options: [link-selection, server-id-override], switches: [right]}
    pool: {split: {here: 10.30.0.20-10.30.0.119, there: 10.30.0.120-10.30.0.219}}
servers: {here: left, there: right}
"""


@pytest.mark.parametrize(("asked", "right"), [("there", Outcome.PASS), ("here, there", Outcome.BLOCKED)])
def test_a_relay_that_asks_one_server_alone_leaves_no_other_to_be_silent(asked: str, right: Outcome) -> None:
    """Where it should have asked another one, too, silence says nothing."""
    tale = Tale(written(SITES.replace("SERVERS", asked)))
    tale.acquire("pc2", "there", "10.30.0.120", "right").wait(1).began()
    lease = tale.lease["pc2"]
    tale.wait(2).fresh().unicast(REQUEST, "pc2", lease.server_id or "", ["there"], ciaddr=lease.yiaddr)
    tale.answer(ACK, "there", "pc2", "right", yiaddr=lease.yiaddr, lease_seconds=12)
    assert outcome("renew.loser-silent", "pc2", tale)[0] is right


@pytest.mark.parametrize(("given", "right"), [(KEPT, Outcome.PASS), (ELSE, Outcome.FAIL)])
def test_after_a_failure_a_client_is_given_what_is_reserved_for_it_by_the_other_server(
    reserved: LabPlan, given: str, right: Outcome
) -> None:
    """The reserved address is in no range; one of the range is somebody else's."""
    tale = Tale(reserved).acquire("pc1", "srv1", KEPT, "sw").wait(1).began().acted().daemon("srv1", False)
    tale.roles["selected-server"] = ("srv1",)
    assert (
        outcome("server-failure.pool", "pc1", tale.wait(12).acquire("pc1", "srv2", given, "sw"))[0] is right
    )


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        pytest.param("load-balance", "leave the other's clients alone", id="each hears its own clients"),
        pytest.param("hot-standby", "ignored the RELEASE, or never got it", id="the active one hears all"),
    ],
)
def test_a_release_that_a_balancing_partner_leaves_alone_says_why(mode: str, said: str) -> None:
    tale = Tale(paired(mode)).acquire("pc1", "dhcp1", MINE, "core").wait(1).began()
    tale.fresh().unicast(RELEASE, "pc1", tale.lease["pc1"].server_id or "", ciaddr=MINE)
    tale.daemon("dhcp1", True).daemon("dhcp2", True).binding("dhcp1", "pc1", MINE).binding(
        "dhcp2", "pc1", MINE
    )
    found = concluded("release.unbound", "pc1", tale.facts())
    assert found.outcome is Outcome.FAIL
    assert said in found.hint
