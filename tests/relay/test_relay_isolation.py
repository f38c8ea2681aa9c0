"""Attacks: what one VRF, VLAN or host may send in another's name, and that none of it arrives.

Each attack carries what its victim's own replies carry, octet by octet, so that only where it comes from can give it away. Beside
each stands the same reply from where it belongs, which is delivered.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Address
from itertools import count, product
from pathlib import Path

import pytest
from relay_bench import DISCOVER, OFFER, UPLINK, Bench, MakeBench, reply, request
from relay_spaces import can_make_namespaces
from relay_tenants import ADDRESSES, HOMES, PLACES, RIGHT, SIDES, STATE, TENANTS
from relay_wire import (
    BROADCAST_MAC,
    CONFIG,
    LATE,
    PROGRAM,
    Headers,
    Wire,
    compiled_program,
    frame,
    packet_tap,
)

from labgen.dhcp.options import Option, RelayAgentInfo, encode_options
from labgen.relay.control import ask_stats


@pytest.fixture
def tenants(make_bench: MakeBench) -> Bench:
    return make_bench(TENANTS, STATE)


def asked(relay: Bench, name: str) -> tuple[IPv4Address, bytes]:
    """giaddr and option 82 of the requests of an interface."""
    packet = relay.request(request(), f"{name}@{HOMES[name]}")[0].packet
    agent = packet.option(82)
    assert agent is not None
    return packet.giaddr, agent


@pytest.mark.parametrize("victim", HOMES)
def test_reply_reaches_a_client_from_its_own_server_and_side_only(tenants: Bench, victim: str) -> None:
    """Every VRF, side and source against every interface: one combination of them all is right."""
    giaddr, agent = asked(tenants, victim)
    forged = reply(OFFER, agent, giaddr=giaddr)
    through = {
        side
        for side in SIDES
        if any(got.interface == victim for got in tenants.reply(forged, side.source, side.vrf, side.ifindex))
    }
    assert through == {RIGHT[victim]}


def forgeries(mine: bytes, others: bytes) -> dict[str, bytes | None]:
    """What an option 82 may be made into by who has seen that of two interfaces."""
    own, foreign = RelayAgentInfo.decode(mine), RelayAgentInfo.decode(others)
    kept = tuple(sub for sub in own.sub_options if sub.code not in (151, 152))
    vpn = tuple(sub for sub in foreign.sub_options if sub.code == 151)
    return {
        "whole": mine,
        "none": None,
        "empty": b"",
        "circuit": encode_options(sub for sub in own.sub_options if sub.code == 1),
        "without-vpn": encode_options(kept),
        "other-vpn": encode_options((*kept, *vpn)),
        "vpn-twice": encode_options((*own.sub_options, *vpn)),
        "override": encode_options((*own.sub_options, Option(11, bytes((172, 20, 0, 4))))),
        "other-circuit": encode_options((Option(1, foreign.circuit_id or b""), *kept)),
        "others": others,
    }


FORGERIES = tuple(forgeries(b"", b""))


@pytest.mark.slow
@pytest.mark.parametrize("forgery", FORGERIES)
@pytest.mark.parametrize("victim", HOMES)
def test_no_forged_option_82_opens_another_way(tenants: Bench, victim: str, forgery: str) -> None:
    """Every VRF, side and source, every giaddr, and every option 82 made from two interfaces' own."""
    giaddrs = {asked(tenants, name)[0] for name in HOMES}
    _, mine = asked(tenants, victim)
    for other in HOMES:
        agent = forgeries(mine, asked(tenants, other)[1])[forgery]
        for giaddr, side in product(giaddrs, SIDES):
            packet = reply(OFFER, agent, giaddr=giaddr)
            for got in tenants.reply(packet, side.source, side.vrf, side.ifindex):
                assert side == RIGHT[got.interface], f"{got.interface} got a reply from {side}"


@pytest.mark.slow
@pytest.mark.parametrize("forgery", FORGERIES)
@pytest.mark.parametrize("name", HOMES)
@pytest.mark.parametrize("destination", ["255.255.255.255", "172.16.0.4"], ids=["broadcast", "unicast"])
def test_no_forged_request_has_a_server_answer_elsewhere(
    tenants: Bench, name: str, forgery: str, destination: str
) -> None:
    """Every address of the relay as giaddr, none, and another's; with every option 82 made from two interfaces' own."""
    own = {IPv4Address(text.partition("/")[0]) for text in ADDRESSES.values()} | {IPv4Address("10.0.0.4")}
    right, mine = asked(tenants, name)
    for other in HOMES:
        agent = forgeries(mine, asked(tenants, other)[1])[forgery]
        more = () if agent is None else ((82, agent),)
        for giaddr in (*own, IPv4Address(0), IPv4Address("10.99.0.1")):
            packet = request(DISCOVER, *more, giaddr=giaddr)
            for copy in tenants.request(packet, f"{name}@{HOMES[name]}", destination):
                left = copy.packet.giaddr
                scope = tenants.scopes[copy.server.partition("@")[2]]
                assert left == right or left.packed not in scope.own
                if giaddr == IPv4Address(0):
                    assert (left, agent) == (right, None)


@pytest.mark.parametrize("victim", HOMES)
def test_any_source_still_means_the_vrf_and_side_of_a_server(make_bench: MakeBench, victim: str) -> None:
    """`reply_source: any` opens the source, and nothing else."""
    it = make_bench(TENANTS.replace("name: sw1", "name: sw1\nreply_source: any"), STATE)
    giaddr, agent = asked(it, victim)
    forged = reply(OFFER, agent, giaddr=giaddr)
    right = RIGHT[victim]
    places = {
        place
        for place in PLACES
        if any(got.interface == victim for got in it.reply(forged, "8.8.8.8", *place))
    }
    assert places == {(right.vrf, right.ifindex)}
    assert it.counters.servers[f"other@{right.vrf}"].replies[OFFER] > 0


@pytest.mark.parametrize(
    ("where", "reason"),
    [
        (("default", UPLINK, "8.8.8.8"), "not-a-server"),
        (("default", UPLINK, "10.0.0.3"), "foreign-vpn"),
        (("default", 5, "10.0.0.2"), "wrong-side"),
        (("default", 77, "10.0.0.2"), "foreign-interface"),
        (("blue", UPLINK, "10.0.0.2"), "not-a-server"),
        (("blue", 2, "10.0.0.2"), "not-a-server"),
    ],
    ids=[
        "stranger",
        "other-tenants-server",
        "client-vlan",
        "other-vrfs-interface",
        "other-vrf",
        "other-vlan",
    ],
)
def test_what_is_stopped_is_counted_by_what_is_wrong_with_it(
    tenants: Bench, where: tuple[str, int, str], reason: str
) -> None:
    giaddr, agent = asked(tenants, "vlan10")
    vrf, ifindex, source = where
    assert tenants.reply(reply(OFFER, agent, giaddr=giaddr), source, vrf, ifindex) == []
    assert tenants.drops(None) == {reason: 1}


def test_reply_to_another_address_than_its_giaddr_is_dropped(tenants: Bench) -> None:
    giaddr, agent = asked(tenants, "vlan10")
    packet = reply(OFFER, agent, giaddr=giaddr)
    assert tenants.reply(packet, destination="172.19.0.1") == []
    assert tenants.drops(None) == {"wrong-destination": 1}
    assert [got.interface for got in tenants.reply(packet)] == ["vlan10"]


def test_client_cannot_have_a_server_answer_into_another_vrf(tenants: Bench) -> None:
    """giaddr and option 82 of another tenant's interface in a request: a true server would reply to them (RFC 3046 section 5.0)."""
    giaddr, agent = asked(tenants, "vlan11")
    assert tenants.request(request(DISCOVER, (82, agent), giaddr=giaddr, hops=1), "vlan10@red") == []
    assert tenants.drops("vlan10@red") == {"own-giaddr": 1}


def test_trusted_neighbour_cannot_have_a_server_answer_to_another_interface(make_bench: MakeBench) -> None:
    """Behind a giaddr of several, option 82 from elsewhere would choose the interface."""
    config = TENANTS.replace(
        "circuit_id: same, giaddr: 10.0.0.4, servers: [{address: 10.0.0.3}]",
        "giaddr: 10.0.0.4, servers: [{address: 10.0.0.2}]",
    )
    it = make_bench(
        config.replace("vrf: red, circuit_id: same,", "vrf: red, circuit_id: same, trusted: true,"), STATE
    )
    assert it.request(request(DISCOVER, (82, b"\x01\x06vlan11")), "vlan10@red") == []
    assert it.drops("vlan10@red") == {"unplaceable": 1}


def test_address_of_another_vrf_is_not_ones_own(tenants: Bench) -> None:
    """172.19.0.1 is the relay's in the default VRF; a relay of VRF blue may have it too."""
    sent = tenants.request(request(giaddr=IPv4Address("172.19.0.1"), hops=1), "vlan21@blue")
    assert [copy.server for copy in sent] == ["10.9.0.2@blue"]
    assert tenants.request(request(giaddr=IPv4Address("172.19.0.1"), hops=1), "vlan1@default") == []
    assert tenants.drops("vlan1@default") == {"own-giaddr": 1}


# The same on real interfaces, sockets and namespaces.

lab = [
    pytest.mark.lab,
    pytest.mark.skipif(not can_make_namespaces(), reason="needs root for namespaces and port 67"),
]
VICTIMS = {"c10": "10.0.0.4", "c20": "10.0.0.4", "c11": "10.0.0.4", "c1": "172.19.0.1"}
SERVER_OF = {"c10": "10.0.0.2", "c20": "192.0.2.2", "c11": "10.0.0.2", "c1": "10.0.0.2"}
POSITIONS = ("c10", "c20", "c30", "c11", "c1", "srv", "srv2")
RELAY_ENDS = {"srv": ("sw", "u0"), "srv2": ("mgmt", "m0")}
FORGED_SOURCES = ("10.0.0.2", "10.0.0.3", "192.0.2.2", "8.8.8.8")
ALLOWED = {("srv", "10.0.0.2", "c10"), ("srv", "10.0.0.3", "c10"), ("srv", "10.0.0.2", "c11")}
ALLOWED |= {("srv", "10.0.0.2", "c1"), ("srv2", "192.0.2.2", "c20")}
"""Where a reply to an interface may come from: position, source, interface."""


HEADERS = (Headers(port=67), Headers(port=68), Headers(port=67, mtu=200))
AGENTS = ("whole", "circuit", "none")


@dataclass(frozen=True)
class Attack:
    position: str
    source: str
    victim: str
    destination: str
    headers: Headers = HEADERS[0]
    agent: str = "whole"


def attacks() -> Iterator[Attack]:
    """From every position and source, to every interface and address, from either port and in fragments, with less and less option 82."""
    for position, source, victim in product(POSITIONS, FORGED_SOURCES, VICTIMS):
        for destination in dict.fromkeys((VICTIMS[victim], "255.255.255.255", "172.16.0.4")):
            for headers, agent in product(HEADERS, AGENTS):
                yield Attack(position, source, victim, destination, headers, agent)


@pytest.fixture(scope="module", params=["python", "compiled"])
def besieged(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    """A relay to be attacked, with and without the compiled cache."""
    folder = tmp_path_factory.mktemp("besieged")
    program, config = PROGRAM, CONFIG
    if request.param == "compiled":
        if shutil.which("cc") is None:
            pytest.skip("needs a C compiler")
        program = compiled_program(folder)
        config = CONFIG.replace("log_level: debug", "log_level: info")
    with Wire(folder, config, program) as wire:
        yield wire


def agent_on(wire: Wire, tap: str, xid: int) -> bytes:
    wire.send(tap, request(xid=xid))
    agent = wire.until(xid)[-1].packet.option(82)
    wire.drain()
    assert agent is not None
    return agent


def launch(wire: Wire, attack: Attack, payload: bytes) -> None:
    """Put a forged reply on the wire at its position."""
    if attack.position.startswith("c"):
        mac = (
            BROADCAST_MAC
            if attack.destination.endswith("255")
            else wire.mac(attack.position, attack.destination)
        )
        sock = wire.tap(attack.position)
    else:
        space, name = RELAY_ENDS[attack.position]
        mac = wire.interface(space, name).mac
        sock = wire.inside(attack.position, partial(packet_tap, "s0"))
    for data in frame(payload, attack.source, attack.destination, mac, attack.headers):
        sock.send(data)


def seen_on(wire: Wire, until: dict[str, int]) -> set[tuple[str, int]]:
    """Interface and transaction of every reply on clients' wires up to those in `until`."""
    found: set[tuple[str, int]] = set()
    for tap, last in until.items():
        while (tap, last) not in found:
            got = wire.frames(tap)
            assert got, f"the control reply {last:#x} did not arrive on {tap}"
            found.add((tap, got[0].packet.xid))
    return found


class TestOnTheWire:
    pytestmark = lab

    @LATE
    @pytest.mark.parametrize("position", POSITIONS)
    def test_forged_reply_arrives_nowhere(self, besieged: Wire, position: str) -> None:
        """From this position, with every source, for every interface; then a true reply for each, which arrives."""
        xids = count(0x2000)
        agents = {tap: agent_on(besieged, tap, next(xids)) for tap in VICTIMS}
        sent: dict[int, Attack] = {}
        for attack in (attack for attack in attacks() if attack.position == position):
            xid = next(xids)
            sent[xid] = attack
            agent = forgeries(agents[attack.victim], agents[attack.victim])[attack.agent]
            packet = reply(OFFER, agent, xid=xid, giaddr=IPv4Address(VICTIMS[attack.victim]))
            launch(besieged, attack, packet.padded())
        until = {tap: next(xids) for tap in VICTIMS}
        for tap, xid in until.items():
            giaddr = VICTIMS[tap]
            besieged.answer(
                SERVER_OF[tap], reply(OFFER, agents[tap], xid=xid, giaddr=IPv4Address(giaddr)), giaddr
            )
        delivered = [(sent[xid], tap) for tap, xid in seen_on(besieged, until) if xid in sent]
        # A tap hears what its own side sends, too.
        arrived = {(it.position, it.source, tap) for it, tap in delivered if it.position != tap}
        assert arrived <= ALLOWED, f"delivered: {sorted(arrived - ALLOWED)}"

    def test_what_was_stopped_is_told_once_a_minute_and_counted(self, besieged: Wire) -> None:
        agent = agent_on(besieged, "c10", 0x3001)
        before = ask_stats(besieged.folder / "relay.sock").drops
        attack = Attack("c11", "10.0.0.2", "c10", "172.16.0.4")
        for xid in range(0x3100, 0x3110):
            launch(besieged, attack, reply(OFFER, agent, xid=xid).padded())
        agent_on(besieged, "c11", 0x3002)
        after = ask_stats(besieged.folder / "relay.sock").drops
        stopped = sum(after.values()) - sum(before.values())
        assert stopped == 16
        reasons = [line["reason"] for line in besieged.log("stopped-replies")]
        assert len(reasons) == len(set(reasons)) > 0


@pytest.mark.lab
def test_tenants_with_the_same_names_addresses_and_servers_are_served(tmp_path: Path) -> None:
    """Same interface name, subnet and server address in two VRFs that are namespaces: only the VRF differs."""
    if not can_make_namespaces():
        pytest.skip("needs root for namespaces and port 67")
    links = "".join(
        f"  - {{{{name: vlan10, vrf: {vrf}, servers: [{{{{address: 10.9.0.2, vrf: {vrf}}}}}]}}}}\n"
        for vrf in ("client", "blue")
    )
    with Wire(tmp_path, CONFIG.split("interfaces:")[0] + "interfaces:\n" + links) as wire:
        known = len(wire.log("ready"))
        wire.ip("blue", "link set vlan11 name vlan10", "link set vlan10 up")
        wire.wait(lambda: len(wire.log("ready")) > known, "ready")
        servers = {}
        for vrf in ("client", "blue"):
            other = {"client": "srv", "blue": "srv2"}[vrf]
            wire.nets.join(vrf, "t0", other, "t1")
            wire.ip(vrf, "addr add 10.9.0.1/30 dev t0", "link set t0 up")
            wire.ip(
                other, "addr add 10.9.0.2/30 dev t1", "link set t1 up", "route add 172.16.0.4/32 via 10.9.0.1"
            )
            servers[vrf] = wire.server(other, "10.9.0.2")
        for tap, vrf, xid in (("c10", "client", 1), ("c11", "blue", 2)):
            wire.send(tap, request(xid=xid))
            data, source = servers[vrf].recvfrom(65536)
            packet = request().decode(data)
            assert (packet.xid, source) == (xid, ("172.16.0.4", 67))
            agent = packet.option(82)
            answer = reply(OFFER, agent, xid=xid, giaddr=IPv4Address("172.16.0.4")).padded()
            servers[vrf].sendto(answer, ("172.16.0.4", 67))
            (got,) = wire.frames(tap)
            assert got.packet.xid == xid
            assert wire.frames("c11" if tap == "c10" else "c10", timeout=0.05) == []
