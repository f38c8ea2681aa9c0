"""A macvlan upon a client interface, as an anycast gateway is one, gets a copy of every broadcast of the interface."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address

import pytest
from relay_bench import CONFIG, REQUEST, STATE, MakeBench, interface, request

from labgen.relay.netlink import Interface


def gateway(*, copied: bool = True, parent: int = 1) -> Interface:
    """A macvlan that has a gateway's address, upon the clients' interface unless said otherwise."""
    return replace(interface("gw", "172.16.0.1/32", index=7), kind="macvlan", parent=parent, copied=copied)


def test_broadcast_that_a_gateway_upon_the_interface_gets_as_well_is_no_packet_of_its_own(
    make_bench: MakeBench,
) -> None:
    """R09."""
    it = make_bench(state={**STATE, "gw": gateway()})
    traced: list[object] = []
    it.forwarder.trace_drops = lambda *what: traced.append(what)
    broadcast = "255.255.255.255"
    assert len(it.request(request())) == 2
    assert it.feed(request().padded(), "client", 7, "0.0.0.0", broadcast) == []
    assert (it.drops(), it.drops(None), traced) == ({}, {}, [])
    assert it.counters.links["vlan1000@client"].copies == 1
    assert it.feed(request().padded(), "client", 7, "172.16.0.9", "172.16.0.1") == []
    assert (it.drops(None), len(traced)) == ({"wrong-op": 1}, 1)


@pytest.mark.parametrize("other", [gateway(copied=False), gateway(parent=2)], ids=["takes all", "elsewhere"])
def test_broadcast_that_no_client_interface_gets_as_well_is_dropped(
    make_bench: MakeBench, other: Interface
) -> None:
    """R09."""
    it = make_bench(state={**STATE, "gw": other})
    assert it.feed(request().padded(), "client", 7, "0.0.0.0", "255.255.255.255") == []
    assert it.drops(None) == {"wrong-op": 1}


def test_gateway_that_counts_as_the_interface_relays_unicast_alone(make_bench: MakeBench) -> None:
    it = make_bench(state={**STATE, "gw": gateway()})
    it.assembly.put(it.links["vlan1000@client"].policy, [gateway()])
    renewal = request(REQUEST, ciaddr=IPv4Address("172.16.0.9")).padded()
    assert len(it.feed(renewal, "client", 7, "172.16.0.9", "172.16.0.1")) == 2
    for _ in range(2):
        assert it.feed(request().padded(), "client", 7, "0.0.0.0", "255.255.255.255") == []
    assert (it.drops(), it.counters.links["vlan1000@client"].copies) == ({}, 2)


def test_macvlan_that_is_a_client_interface_itself_relays_its_broadcasts(make_bench: MakeBench) -> None:
    more = "  - {name: gw, vrf: client, giaddr: 10.0.0.4, circuit_id: gw, servers: [{address: 10.0.0.2}]}\n"
    it = make_bench(CONFIG + more, {**STATE, "gw": gateway()})
    assert len(it.request(request(), "gw@client")) == 1
    assert it.counters.links["vlan1000@client"].copies == 0
