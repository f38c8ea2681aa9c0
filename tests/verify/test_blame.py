"""A failed check says at which node the fault is, where the wire, a MAC address or a routing table tells."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address

import pytest
from verify_campus import campus, giaddr, leased, server
from verify_facts import ACK, DISCOVER, NAK, OFFER, RELEASE, REQUEST, RX, TX, Tale, concluded
from verify_labs import flagship

from labgen.devices.observed import Reached, Route
from labgen.dhcp import reconstruct
from labgen.dhcp.model import Direction, Kind, MessageRole, MessageType
from labgen.verify import attempts, route_walk
from labgen.verify.facts import Facts
from labgen.verify.judgement import Outcome

# --- a renewal that goes straight to the server ---


def renewal(*seen: str) -> Facts:
    """u1 renews; switches that only forward saw the REQUEST arrive, and nobody else did."""
    tale = leased()
    tale.wait(2).fresh().unicast(REQUEST, "u1", server(), servers=[], ciaddr="10.41.0.9")
    for node in seen:
        tale._add(
            REQUEST, node, MessageRole.TRANSIT, RX, dst=server(), mac=tale.mac("u1"), ciaddr="10.41.0.9"
        )
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
    tale._add(ACK, "core", MessageRole.TRANSIT, RX, mac=tale.mac("u1"), yiaddr="10.41.0.9")
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
    tale.told.append(replace(arrived, role=MessageRole.TRANSIT, link_source=port.mac if sender else None))
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
        MessageRole.CLIENT,
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
            tale._add(
                DISCOVER, node, MessageRole.TRANSIT, RX, dst=server(), giaddr=giaddr(), mac=tale.mac("u1")
            )
    else:
        tale.broadcast(DISCOVER, "u1")
        tale._add(OFFER, "d1", MessageRole.SERVER, TX, dst=giaddr(), giaddr=giaddr(), mac=tale.mac("u1"))
    for check in ("lease.witnesses", "rebind.witnesses"):
        found = concluded(check, "u1", tale.facts())
        assert (found.outcome, found.at) == (Outcome.FAIL, blamed)


def test_a_relay_that_is_addressed_and_keeps_a_release_is_looked_at_itself() -> None:
    """Its routes are no matter: the message was for it."""
    tale = Tale(flagship()).acquire("cl_a", "srv1", "172.16.0.2").wait(1).began().fresh()
    to = tale.lease["cl_a"].server_id or ""
    tale.unicast(RELEASE, "cl_a", to, servers=[], ciaddr="172.16.0.2")
    found = concluded("release.reaches-owner", "cl_a", tale.facts())
    assert (found.outcome, found.at) == (Outcome.FAIL, ("sw1",))
    assert found.hint == "sw1 got it and did not pass it on: does its relay run? `labgen logs sw1`"


@pytest.mark.parametrize(("seen", "blamed"), [((), ()), (("r1", "core"), ("core",))], ids=str)
def test_a_release_is_lost_where_it_was_seen_last(seen: tuple[str, ...], blamed: tuple[str, ...]) -> None:
    tale = leased().fresh().unicast(RELEASE, "u1", server(), servers=[], ciaddr="10.41.0.9")
    for node in seen:
        tale._add(
            RELEASE, node, MessageRole.TRANSIT, RX, dst=server(), mac=tale.mac("u1"), ciaddr="10.41.0.9"
        )
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
    assert len(chosen.seen(OFFER, role=MessageRole.CLIENT)) == 1


@pytest.mark.parametrize(("started_again", "asked"), [(True, 1), (False, 2)])
def test_what_was_tried_in_vain_before_a_step_is_not_of_it(started_again: bool, asked: int) -> None:
    """The network was mended, and it is verified again while the client is still asking."""
    tale = Tale(campus()).fresh().broadcast(DISCOVER, "u1", relays=[]).wait(3)
    moment = tale.now
    if started_again:
        tale.fresh()
    tale.broadcast(DISCOVER, "u1").answer(OFFER, "d1", "u1", "r1", yiaddr="10.41.0.9", lease_seconds=12)
    tale.broadcast(REQUEST, "u1", requested="10.41.0.9", server_id=server())
    tale.answer(ACK, "d1", "u1", "r1", yiaddr="10.41.0.9", lease_seconds=12)
    last = [part for e in reconstruct(tale.told) for part in attempts.parted(e, moment)][-1]
    assert len(last.seen(DISCOVER, role=MessageRole.CLIENT)) == asked
    facts = replace(tale.facts(), exchanges=(last,))
    judged = concluded("round-trip.discover", "u1:r1:d1", facts)
    assert judged.outcome is (Outcome.PASS if started_again else Outcome.FAIL)


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


# --- tunnels, and relays with another's address ---


def tunneled(tale: Tale, kind: MessageType, node: str, direction: Direction, times: int = 1) -> None:
    for _ in range(times):
        tale._add(
            kind,
            node,
            MessageRole.TRANSIT,
            direction,
            dst="255.255.255.255",
            vni=101000,
            mac=tale.mac("cl_a"),
        )


@pytest.mark.parametrize(
    ("sent_on", "blamed"),
    [pytest.param(1, (), id="it sends on what it gets"), pytest.param(0, ("sw3",), id="it keeps frames")],
)
def test_a_switch_that_keeps_frames_of_a_tunnel_is_named(sent_on: int, blamed: tuple[str, ...]) -> None:
    """sw2 hears nothing of cl_a, which is behind sw1; only sw3 is between them, and the ends of a tunnel send nothing on."""
    tale = Tale(flagship()).fresh().broadcast(DISCOVER, "cl_a", relays=["sw1"])
    tunneled(tale, DISCOVER, "sw1", TX)
    tunneled(tale, DISCOVER, "sw3", RX)
    tunneled(tale, DISCOVER, "sw3", TX, sent_on)
    tunneled(tale, DISCOVER, "sw2", RX, sent_on)
    found = concluded("relay.forwards", "cl_a:sw2", tale.facts())
    assert (found.outcome, found.at) == (Outcome.FAIL, blamed)
    journey = concluded("round-trip.discover", "cl_a:sw2:srv1", tale.facts())
    assert (journey.outcome, journey.at) == (Outcome.FAIL, blamed or ("sw2",))


@pytest.mark.parametrize(
    ("node", "direction", "port", "blamed"),
    [
        pytest.param("sw2", RX, "eth1", "sw2", id="the client's switch got it"),
        pytest.param("sw2", TX, "eth1", "sw2", id="it sent it into tunnels alone"),
        pytest.param("sw2", TX, "eth3", "cl_b", id="it sent it to the client"),
        pytest.param("sw1", RX, "eth1", "cl_b", id="another switch got what is flooded"),
    ],
)
def test_an_answer_that_the_clients_switch_keeps_is_blamed_on_it(
    node: str, direction: Direction, port: str, blamed: str
) -> None:
    """sw1 relays for cl_b, which is behind sw2: its OFFER goes through a tunnel."""
    tale = Tale(flagship()).fresh().broadcast(DISCOVER, "cl_b", relays=["sw1"], servers=["srv1"])
    tale.answer(OFFER, "srv1", "cl_b", "sw1", yiaddr="172.16.0.7")
    arrived = tale.told.pop()
    assert (arrived.node, arrived.direction) == ("cl_b", RX)
    tale.told.append(
        replace(
            arrived,
            node=node,
            role=MessageRole.TRANSIT,
            direction=direction,
            interface=port,
            dst="172.16.0.7",
            vni=101000,
        )
    )
    found = concluded("round-trip.discover", "cl_b:sw1:srv1", tale.facts())
    assert (found.outcome, found.at) == (Outcome.FAIL, (blamed,)), found
    assert ("did not hand it to cl_b" in found.hint) == (blamed == "sw2")


@pytest.mark.parametrize(
    ("sender", "blamed"), [("sw2", "sw2"), ("", "sw1")], ids=["seen to send it", "nobody seen"]
)
def test_a_relay_that_takes_anothers_giaddr_is_named(sender: str, blamed: str) -> None:
    tale = Tale(flagship()).fresh().broadcast(DISCOVER, "cl_a", relays=["sw1"], servers=["srv1"])
    arrived = tale.told.pop()
    assert arrived.relay_options is not None
    other = str(flagship().relays_for("cl_a")[1][1].link_address)
    odd = replace(arrived, relay_options=replace(arrived.relay_options, link_selection=other))
    if sender:
        tale.told.append(
            replace(
                odd, node=sender, role=MessageRole.RELAY, direction=TX, file=f"captures/{sender}-eth1.pcap"
            )
        )
    tale.told.append(odd)
    found = concluded("server.sub-options", "cl_a:srv1", tale.facts())
    assert (found.outcome, found.at) == (Outcome.FAIL, (blamed,)), found


def test_a_server_that_routes_replies_into_nothing_is_to_blame_and_not_the_relay() -> None:
    facts = leased().facts()
    hole = Route("d1", "default", f"{giaddr()}/32", "raw/d1/ip-route.txt", kind="blackhole")
    found = concluded(
        "control-plane.return-route",
        "r1:d1",
        replace(facts, observed=replace(facts.observed, routes=ways(hole))),
    )
    assert (found.outcome, found.at) == (Outcome.FAIL, ("d1",))
