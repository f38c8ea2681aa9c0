"""Option 82 of requests: which sub-options are added for which server, and where there is no room for it."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from relay_bench import (
    CONFIG,
    DISCOVER,
    Bench,
    MakeBench,
    request,
)

SAME_VRF = CONFIG.replace("vrf: client", "vrf: default")


def agent_of(make_bench: MakeBench, config: str) -> dict[int, bytes]:
    it = make_bench(config)
    sent = it.request(request(), next(iter(it.links)))[0]
    return {sub.code: sub.data for sub in sent.agent.sub_options}


def test_link_selection_is_inside_the_client_subnet_when_giaddr_is_not(make_bench: MakeBench) -> None:
    """R15: RFC 3527."""
    assert agent_of(make_bench, CONFIG)[5] == IPv4Address("172.16.0.4").packed


def test_link_selection_is_not_needed_when_giaddr_is_inside(make_bench: MakeBench) -> None:
    """R15."""
    config = CONFIG.replace("    giaddr: 10.0.0.4\n", "").replace("vrf: client", "vrf: default")
    assert set(agent_of(make_bench, config)) == {1, 10}


def test_link_selection_is_added_within_one_vrf_when_giaddr_is_outside(make_bench: MakeBench) -> None:
    """R15."""
    assert set(agent_of(make_bench, CONFIG.replace("vrf: client", "vrf: default"))) == {1, 5, 10}


@pytest.mark.parametrize(
    ("destination", "flags"),
    [("255.255.255.255", b"\0"), ("172.16.0.4", b"\x80")],
    ids=["broadcast", "unicast"],
)
def test_server_id_override_comes_with_relay_flags(relay: Bench, destination: str, flags: bytes) -> None:
    """R17: RFC 5107 and 5010."""
    sent = relay.request(request(), destination=destination)[0]
    assert sent.agent.server_id_override == IPv4Address("172.16.0.4")
    assert sent.agent.get(10) == flags


def test_vss_names_the_vrf_of_the_client_when_the_server_is_in_another(relay: Bench) -> None:
    """R19: RFC 6607, type octet 0 and an empty sub-option 152."""
    sent = relay.request(request())[0]
    assert (sent.agent.get(151), sent.agent.get(152)) == (b"\0client", b"")


def test_vss_is_left_out_when_server_and_client_share_a_vrf(make_bench: MakeBench) -> None:
    """R19: even if the configuration asks for it."""
    config = CONFIG.replace("vrf: client", "vrf: default") + "    options: [circuit-id, vss]\n"
    assert set(agent_of(make_bench, config)) == {1}


def test_vss_is_global_for_a_client_in_the_default_vrf(make_bench: MakeBench) -> None:
    """R19: RFC 6607 type 255."""
    config = CONFIG.replace("vrf: client", "vrf: default").replace(
        "address: 10.0.0.2", "address: 10.0.0.2, vrf: blue"
    )
    assert agent_of(make_bench, config)[151] == b"\xff"


def test_servers_in_different_vrfs_get_what_suits_them(make_bench: MakeBench) -> None:
    """R19: VSS only to the server that is in another VRF than the client."""
    config = CONFIG.replace("{address: 10.0.0.3}", "{address: 10.0.0.3, vrf: client}")
    it = make_bench(config)
    crossing, local = it.request(request())
    assert (crossing.server, local.server) == ("10.0.0.2@default", "10.0.0.3@client")
    assert (crossing.agent.get(151), local.agent.get(151)) == (b"\0client", None)
    assert crossing.agent.circuit_id == local.agent.circuit_id == b"Vlan1000"


@pytest.mark.parametrize(("mtu", "fits"), [(1500, True), (880, False)])
def test_option_82_is_omitted_when_it_would_not_fit_the_mtu(
    make_bench: MakeBench, mtu: int, fits: bool
) -> None:
    """R21: RFC 3046 section 2.1; giaddr then has to tell the subnet by itself."""
    it = make_bench(SAME_VRF, mtu=mtu)
    packet = request(DISCOVER, *[(60, b"x" * 200)] * 3)
    sent = it.request(packet, "vlan1000@default")
    omitted = it.counters.links["vlan1000@default"].option82_omitted
    assert [copy.packet.relay_agent is not None for copy in sent] == [fits, fits]
    assert sent[0].packet.options[: len(packet.options)] == packet.options
    assert str(sent[0].packet.giaddr) == ("10.0.0.4" if fits else "172.16.0.4")
    assert omitted == (0 if fits else 1)


def test_request_too_large_for_option_82_is_dropped_where_giaddr_tells_nothing(make_bench: MakeBench) -> None:
    """R21: the server is in another VRF, and giaddr a loopback."""
    it = make_bench(mtu=900)
    packet = request(DISCOVER, *[(60, b"x" * 200)] * 3)
    assert it.request(packet) == []
    assert it.drops() == {"unplaceable": 1}
    assert it.request(request())[0].packet.hops == 1
