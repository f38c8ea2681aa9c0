"""A failed check says at which node the fault is, where the wire, a MAC address or a routing table tells."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from ipaddress import IPv4Address
from pathlib import Path
from struct import pack

import pytest
from verify_facts import ACK, DISCOVER, NAK, OFFER, RELEASE, REQUEST, RX, TX, Tale, concluded
from verify_labs import flagship, written

from labgen.devices.observed import Reached, Route
from labgen.dhcp.model import Kind, MessageType, Role
from labgen.ground.labplan import LabPlan
from labgen.verify import route_walk
from labgen.verify.arp import ArpClaim
from labgen.verify.arp import claims as arp_claims
from labgen.verify.facts import Facts
from labgen.verify.judgement import Outcome

CAMPUS = """\
name: campus
switches: [r1, r2, core]
links: [r1-core, r2-core]
segments:
  users:
    prefix: 10.41.0.0/24
    attach: {r1: [u1, u2]}
    relay: {servers: [d1]}
    pool: {lease: 12s, renew: 2s, rebind: 4s}
servers: {d1: core}
"""


@cache
def campus() -> LabPlan:
    return written(CAMPUS)


def giaddr() -> str:
    return str(campus().relays_for("u1")[0][1].giaddr)


def server() -> str:
    own = campus().node("d1").server
    assert own is not None
    return str(own.address)


def leased() -> Tale:
    return Tale(campus()).acquire("u1", "d1", "10.41.0.9", via="r1").wait(1).began()


# --- a renewal that goes straight to the server ---


def renewal(*seen: str) -> Facts:
    """u1 renews; switches that only forward saw the REQUEST arrive, and nobody else did."""
    tale = leased()
    tale.wait(2).fresh().unicast(REQUEST, "u1", server(), servers=[], ciaddr="10.41.0.9")
    for node in seen:
        tale._add(REQUEST, node, Role.TRANSIT, RX, dst=server(), mac=tale.mac("u1"), ciaddr="10.41.0.9")
    return tale.facts()


@pytest.mark.parametrize(
    ("seen", "blamed"), [((), ()), (("r1",), ("r1",)), (("r1", "core"), ("core",))], ids=str
)
@pytest.mark.parametrize(("check", "key"), [("renew.copies", "u1:d1"), ("renew.answer", "u1")])
def test_a_renewal_is_lost_where_it_was_seen_last(
    check: str, key: str, seen: tuple[str, ...], blamed: tuple[str, ...]
) -> None:
    found = concluded(check, key, renewal(*seen))
    assert (found.outcome, found.at) == (Outcome.FAIL, blamed)
    if check == "renew.copies":
        assert found.observed.partition("; ")[2] == "".join(
            f"last seen at {node}, on its way to {server()}" for node in blamed
        )


def test_the_answer_to_a_renewal_is_lost_where_it_was_seen_last() -> None:
    tale = leased()
    tale.wait(2).fresh().unicast(REQUEST, "u1", server(), ciaddr="10.41.0.9")
    tale.answer(ACK, "d1", "u1", arrives=False, yiaddr="10.41.0.9", lease_seconds=12)
    tale._add(ACK, "core", Role.TRANSIT, RX, mac=tale.mac("u1"), yiaddr="10.41.0.9")
    found = concluded("renew.answer", "u1", tale.facts())
    assert (found.outcome, found.at) == (Outcome.FAIL, ("core",))


# --- a frame for another hardware address ---


@pytest.mark.parametrize(
    ("sender", "blamed", "words"),
    [
        pytest.param("core", "core", "not d1's: `labgen exec core -- ip neighbor`", id="another's MAC"),
        pytest.param("", "d1", "`labgen logs d1`", id="nobody knows who sent it"),
    ],
)
def test_who_sends_to_another_hardware_address_is_to_blame(sender: str, blamed: str, words: str) -> None:
    tale = Tale(campus()).fresh().broadcast(DISCOVER, "u1", servers=["d1"])
    arrived = tale.told.pop()
    port = next(p for p in campus().node("core").interfaces if any(n.node == "d1" for n in p.neighbors))
    tale.told.append(replace(arrived, role=Role.TRANSIT, link_source=port.mac if sender else None))
    found = concluded("round-trip.discover", "u1:r1:d1", tale.facts())
    assert (found.outcome, found.at, words in found.hint) == (Outcome.FAIL, (blamed,), True), found


# --- answers of strangers ---


@pytest.mark.parametrize(
    ("mac_of", "who"),
    [
        pytest.param("u2", "u2", id="a client of the segment"),
        pytest.param("r1", "10.41.0.66", id="it came through a relay"),
        pytest.param("", "10.41.0.66", id="an unknown machine"),
    ],
)
def test_a_rogue_server_is_named_by_the_hardware_address_of_its_frames(mac_of: str, who: str) -> None:
    tale = Tale(campus()).fresh().broadcast(DISCOVER, "u1")
    port = campus().node(mac_of).on_segment("users") if mac_of == "r1" else None
    mac = port.mac if port else tale.mac(mac_of) if mac_of else None
    tale._add(
        OFFER,
        "u1",
        Role.CLIENT,
        RX,
        mac=tale.mac("u1"),
        src="10.41.0.66",
        server_id="10.41.0.66",
        yiaddr="10.41.0.200",
        link_source=mac,
    )
    found = concluded("client.planned-servers", "u1", tale.facts())
    assert (found.outcome, found.at) == (Outcome.FAIL, (who,))
    assert found.observed == f"OFFER of 10.41.0.200 from {who}"


# --- a gateway that is silent, or somebody else's ---


@pytest.mark.parametrize(
    ("mac_of", "answered", "blamed", "words"),
    [
        pytest.param("r1", False, "r1", "it answers ARP, and no more", id="silent at its own address"),
        pytest.param("", False, "r1", "is the gateway address up on r1", id="not resolved"),
        pytest.param("u2", False, "u2", "somebody else answers ARP", id="silent at another's"),
        pytest.param("u2", True, "u2", "somebody else answers ARP", id="answers at another's"),
    ],
)
def test_a_broken_gateway_is_its_switchs_fault_unless_somebody_has_its_address(
    mac_of: str, answered: bool, blamed: str, words: str
) -> None:
    tale = leased().leases({"u1": "10.41.0.9"})
    port = campus().node("r1").on_segment("users")
    assert port is not None
    mac = port.mac if mac_of == "r1" else tale.mac(mac_of) if mac_of else None
    tale.reached.append(Reached("u1", giaddr(), answered, mac, "raw/u1/reach.txt"))
    found = concluded("reach.gateway", "u1:users", tale.facts())
    assert (found.outcome, found.at, words in found.hint) == (Outcome.FAIL, (blamed,), True), found


def conflict(address: str, mac: str, node: str = "u1", at: float = 0.0) -> ArpClaim:
    return ArpClaim(node, address, mac, at, f"captures/{node}-eth1.pcap", 7)


def claimed(*claims: ArpClaim) -> Facts:
    """u1 has a lease and reaches its gateway; its wire says more by ARP."""
    tale = leased().leases({"u1": "10.41.0.9"})
    port = campus().node("r1").on_segment("users")
    assert port is not None
    tale.reached.append(Reached("u1", giaddr(), True, port.mac, "raw/u1/reach.txt"))
    own = (
        conflict(giaddr(), port.mac),
        conflict("10.41.0.9", tale.mac("u1")),
        conflict("10.41.0.66", STRANGER),
    )
    return replace(tale.facts(), claims=(*own, *claims))


STRANGER = "02:00:00:00:00:99"


def test_each_address_at_its_own_hardware_address_is_no_conflict() -> None:
    for check, key in (("reach.gateway", "u1:users"), ("lease.address", "u1")):
        assert concluded(check, key, claimed()).outcome is Outcome.PASS


@pytest.mark.parametrize(("mac_of", "blamed"), [("u2", ("u2",)), ("", ())], ids=["a node", "nobody known"])
def test_a_second_owner_of_the_gateway_address_is_found_though_the_right_one_answered_first(
    mac_of: str, blamed: tuple[str, ...]
) -> None:
    mac = leased().mac(mac_of) if mac_of else STRANGER
    found = concluded("reach.gateway", "u1:users", claimed(conflict(giaddr(), mac)))
    assert (found.outcome, found.at) == (Outcome.FAIL, blamed)
    assert f"{mac} says by ARP that it has it too" in found.observed
    elsewhere = claimed(conflict(giaddr(), mac, "u2"))
    assert concluded("reach.gateway", "u1:users", elsewhere).outcome is Outcome.PASS


@pytest.mark.parametrize(("mac_of", "blamed"), [("u2", ("u2",)), ("", ())], ids=["a node", "nobody known"])
def test_a_host_that_has_a_leased_address_too_is_found(mac_of: str, blamed: tuple[str, ...]) -> None:
    mac = leased().mac(mac_of) if mac_of else STRANGER
    found = concluded("lease.address", "u1", claimed(conflict("10.41.0.9", mac, "u2")))
    assert (found.outcome, found.at) == (Outcome.FAIL, blamed)
    assert (
        found.observed
        == f"10.41.0.9, which {mac_of or 'somebody else'} has too: ARP says that it is at {mac}"
    )


def test_claims_are_read_from_a_capture_up_to_a_frame(tmp_path: Path) -> None:
    def arp(operation: int, mac: str, address: str) -> bytes:
        head = b"\xff" * 6 + bytes.fromhex(mac.replace(":", "")) + b"\x08\x06\x00\x01\x08\x00\x06\x04"
        sender = bytes.fromhex(mac.replace(":", "")) + IPv4Address(address).packed
        return head + operation.to_bytes(2, "big") + sender + bytes(10)

    frames = [
        arp(1, STRANGER, "0.0.0.0"),
        arp(2, STRANGER, "10.41.0.3"),
        b"\x00" * 60,
        arp(1, STRANGER, "10.41.0.4"),
    ]
    file = tmp_path / "u1-eth1.pcap"
    records = (pack("<IIII", 100 + n, 0, len(data), len(data)) + data for n, data in enumerate(frames))
    file.write_bytes(pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) + b"".join(records))
    found = list(arp_claims(file, "u1", "captures/u1-eth1.pcap"))
    assert [(c.address, c.mac, c.time, c.frame) for c in found] == [
        ("10.41.0.3", STRANGER, 101.0, 2),
        ("10.41.0.4", STRANGER, 103.0, 4),
    ]
    assert list(arp_claims(file, "u1", "captures/u1-eth1.pcap", limit=3)) == found[:1]


# --- a client that was never bound ---


@pytest.mark.parametrize(
    ("lost", "blamed"),
    [
        pytest.param((DISCOVER, ()), ("r1",), id="the relay keeps it"),
        pytest.param((DISCOVER, ("core",)), ("core",), id="lost behind it"),
        pytest.param((OFFER, ()), ("d1",), id="its answer is lost at the server"),
    ],
)
def test_witnesses_of_no_lease_name_where_the_client_got_to(
    lost: tuple[MessageType, tuple[str, ...]], blamed: tuple[str, ...]
) -> None:
    stage, seen = lost
    tale = Tale(campus()).fresh()
    if stage is DISCOVER:
        tale.broadcast(DISCOVER, "u1", servers=[])
        for node in seen:
            tale._add(DISCOVER, node, Role.TRANSIT, RX, dst=server(), giaddr=giaddr(), mac=tale.mac("u1"))
    else:
        tale.broadcast(DISCOVER, "u1")
        tale._add(OFFER, "d1", Role.SERVER, TX, dst=giaddr(), giaddr=giaddr(), mac=tale.mac("u1"))
    for check in ("lease.witnesses", "rebind.witnesses"):
        found = concluded(check, "u1", tale.facts())
        assert (found.outcome, found.at) == (Outcome.FAIL, blamed)


@pytest.mark.parametrize(("seen", "blamed"), [((), ()), (("r1", "core"), ("core",))], ids=str)
def test_a_release_is_lost_where_it_was_seen_last(seen: tuple[str, ...], blamed: tuple[str, ...]) -> None:
    tale = leased().fresh().unicast(RELEASE, "u1", server(), servers=[], ciaddr="10.41.0.9")
    for node in seen:
        tale._add(RELEASE, node, Role.TRANSIT, RX, dst=server(), mac=tale.mac("u1"), ciaddr="10.41.0.9")
    found = concluded("release.reaches-owner", "u1", tale.facts())
    assert (found.outcome, found.at) == (Outcome.FAIL, blamed)


# --- who refuses at a rebinding ---


def test_a_server_that_refuses_a_rebinding_is_named_and_not_the_one_that_grants_it() -> None:
    plan = flagship()
    tale = Tale(plan).acquire("cl_a", "srv1", "172.16.0.2").wait(1).began()
    tale.rebind("cl_a", "srv1").answer(NAK, "srv2", "cl_a", "sw2")
    found = concluded("rebind.loser-silent", "cl_a", tale.facts())
    assert (found.outcome, found.at) == (Outcome.FAIL, ("srv2",))


# --- the try that is looked at ---


def test_a_request_sent_once_more_belongs_to_its_discover() -> None:
    """The ACK is lost at the relay: that is what is wrong, not that there was no DISCOVER."""
    tale = Tale(campus()).fresh().broadcast(DISCOVER, "u1")
    tale.answer(OFFER, "d1", "u1", "r1", yiaddr="10.41.0.9", lease_seconds=12)
    for _ in range(2):
        tale.broadcast(REQUEST, "u1", requested="10.41.0.9", server_id=server())
        tale.answer(ACK, "d1", "u1", "r1", arrives=False, yiaddr="10.41.0.9", lease_seconds=12)
        lost = tale.told.pop()
        assert (lost.node, lost.direction) == ("r1", TX)
        tale.wait(2)
    facts = tale.facts()
    assert concluded("client.discover", "u1", facts).outcome is Outcome.PASS
    found = concluded("round-trip.request", "u1:r1:d1", facts)
    assert (found.outcome, found.at) == (Outcome.FAIL, ("r1",))
    assert found.observed.startswith("ACK leaves r1 for u1: 0 of 2")


def test_a_try_that_had_just_begun_is_not_the_one_that_failed() -> None:
    tale = (
        Tale(campus()).fresh().broadcast(DISCOVER, "u1").answer(OFFER, "d1", "u1", "r1", yiaddr="10.41.0.9")
    )
    tale.wait(5).fresh().broadcast(DISCOVER, "u1", relays=[])
    facts = replace(tale.facts(), at=tale.now + 0.1)
    chosen = facts.exchange("u1", Kind.ACQUIRE)
    assert chosen is not None
    assert len(chosen.seen(OFFER, role=Role.CLIENT)) == 1


# --- routes that lead back ---


def route(node: str, prefix: str, via: str | None) -> Route:
    return Route(node, "default", prefix, f"raw/{node}/ip-route.txt", via)


def link(node: str, peer: str) -> str:
    """The address of a node on its link to another."""
    port = next(p for p in campus().node(node).interfaces if any(n.node == peer for n in p.neighbors))
    assert port.address is not None
    return str(port.address.ip)


def ways(*more: Route) -> tuple[Route, ...]:
    return (
        route("d1", "0.0.0.0/0", link("core", "d1")),
        route("core", "10.41.0.0/24", link("r1", "core")),
        route("r1", "10.41.0.0/24", None),
        route("r2", "10.41.0.0/24", link("core", "r2")),
        *more,
    )


def test_ways_that_arrive_are_no_loop() -> None:
    assert route_walk.loop(campus(), ways(), "d1", IPv4Address(giaddr())) is None


def test_the_odd_route_of_a_loop_is_named_with_its_node() -> None:
    odd = route("core", f"{giaddr()}/32", link("r2", "core"))
    found = route_walk.loop(campus(), ways(odd), "d1", IPv4Address(giaddr()))
    assert found == route_walk.RoutingLoop(("core", "r2"), odd)


def test_replies_that_go_round_fail_at_the_node_that_sends_them_there() -> None:
    odd = route("core", f"{giaddr()}/32", link("r2", "core"))
    facts = leased().facts()
    looped = replace(facts, observed=replace(facts.observed, routes=ways(odd)))
    found = concluded("control-plane.return-route", "r1:d1", looped)
    assert (found.outcome, found.at) == (Outcome.FAIL, ("core",))
    assert found.observed == f"core routes {giaddr()}/32 through r2, from where it comes back"
    straight = replace(facts, observed=replace(facts.observed, routes=ways()))
    assert concluded("control-plane.return-route", "r1:d1", straight).outcome is Outcome.PASS
