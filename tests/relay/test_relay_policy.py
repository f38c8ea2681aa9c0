"""What each dialect puts into option 82."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from relay_bench import RELAY_MAC, interface

from labgen.dhcp.options import RelayAgentInfo
from labgen.relay.config import parse_config
from labgen.relay.dialects import DIALECTS
from labgen.relay.policy import GroupPolicy, resolve
from labgen.relay.tables import ambiguous_links

CONFIG = """
name: sw1
dialect: {dialect}
vrfs: {{client: {{device: client}}}}
interfaces:
  - name: Vlan1000
    vrf: {vrf}
    giaddr: 10.0.0.4
    servers: [{{address: 10.0.0.2}}]
"""
ADDRESS, NETWORK = bytes((172, 16, 0, 4)), bytes((172, 16, 0, 0))
CROSSING = {
    "plain": {1: b"Vlan1000"},
    "rfc": {1: b"Vlan1000", 5: ADDRESS, 10: b"\0", 11: ADDRESS, 151: b"\0client", 152: b""},
    "eos": {1: b"Vlan1000", 2: RELAY_MAC, 5: NETWORK, 11: ADDRESS, 151: b"client", 152: b""},
    "ios": {150: ADDRESS, 152: ADDRESS, 151: b"\0client"},
    "ios-standard": {5: ADDRESS, 11: ADDRESS, 151: b"\0client"},
    "nxos": {1: b"Vlan1000", 2: RELAY_MAC, 5: ADDRESS, 11: ADDRESS, 151: b"\0client"},
    "aoscx": {1: b"Vlan1000", 2: RELAY_MAC, 5: ADDRESS, 11: ADDRESS, 151: b"\0client"},
    "sonic": {
        1: b"sw1:Vlan1000:Vlan1000",
        2: b"02:00:00:00:00:04",
        5: NETWORK,
        11: ADDRESS,
        151: b"\0client",
    },
}


def group_of(text: str, address: str = "172.16.0.4/24") -> GroupPolicy:
    config = parse_config(text)
    state = {"Vlan1000": interface("Vlan1000", address, index=1)}
    (link,) = resolve(config, dict.fromkeys(["default", *config.vrfs], state))
    return link.groups[0]


def values(group: GroupPolicy) -> dict[int, bytes]:
    """Sub-options by code."""
    return {sub.code: sub.data for sub in group.sub_options}


def test_every_dialect_is_covered() -> None:
    assert set(CROSSING) == set(DIALECTS)


@pytest.mark.parametrize("dialect", CROSSING)
def test_dialect_sends_between_vrfs(dialect: str) -> None:
    assert values(group_of(CONFIG.format(dialect=dialect, vrf="client"))) == CROSSING[dialect]


@pytest.mark.parametrize("dialect", CROSSING)
def test_dialect_has_no_vss_or_override_within_a_vrf(dialect: str) -> None:
    sent = values(group_of(CONFIG.format(dialect=dialect, vrf="default")))
    assert not {11, 151, 152} & set(sent)
    # RFC 5010 section 4: in every option 82 that is added, and only `rfc` says it follows that.
    assert (10 in sent) is (dialect == "rfc")


@pytest.mark.parametrize("dialect", CROSSING)
def test_dialect_adds_link_selection_for_a_giaddr_outside_the_subnet(dialect: str) -> None:
    """R15: RFC 3527, within one VRF as well; plain reproduces what happens without, and SONiC sends it where it is enabled."""
    sent = values(group_of(CONFIG.format(dialect=dialect, vrf="default")))
    assert bool({5, 150} & set(sent)) == (dialect not in ("plain", "sonic"))


@pytest.mark.parametrize("dialect", CROSSING)
def test_option_82_is_well_formed(dialect: str) -> None:
    """R03."""
    group = group_of(CONFIG.format(dialect=dialect, vrf="client"))
    for option in (group.option82(unicast=False), group.option82(unicast=True)):
        assert (option[0], option[1]) == (82, len(option) - 2)
        assert RelayAgentInfo.decode(option[2:]).malformed is None


def test_relay_flags_tell_unicast_from_broadcast() -> None:
    """R17: RFC 5010."""
    group = group_of(CONFIG.format(dialect="rfc", vrf="client"))
    flags = [
        RelayAgentInfo.decode(option[2:]).get(10)
        for option in (group.option82(unicast=False), group.option82(unicast=True))
    ]
    assert flags == [b"\x00", b"\x80"]


def test_listed_options_are_sent_and_no_others() -> None:
    text = CONFIG.format(dialect="eos", vrf="client") + "    options: [server-id-override, circuit-id]\n"
    assert values(group_of(text)) == {1: b"Vlan1000", 11: ADDRESS}


def test_values_can_be_set() -> None:
    text = CONFIG.format(dialect="rfc", vrf="client")
    text += "    options: [circuit-id, remote-id, link-selection, server-id-override]\n"
    text += "    circuit_id: x-1234\n    remote_id: rack 7\n"
    text += "    link_selection: 172.16.0.1\n    server_id_override: 172.16.0.1\n"
    first = bytes((172, 16, 0, 1))
    assert values(group_of(text)) == {1: b"x-1234", 2: b"rack 7", 5: first, 11: first}


def test_identifiers_can_be_octets() -> None:
    text = (
        CONFIG.format(dialect="rfc", vrf="client")
        + '    options: [circuit-id]\n    circuit_id: "0x000403e80102"\n'
    )
    assert values(group_of(text)) == {1: bytes.fromhex("000403e80102")}


def test_sonic_discards_what_another_relay_has_seen() -> None:
    """R06: the dialect's habit, unless the interface says otherwise."""
    text = CONFIG.format(dialect="sonic", vrf="client")
    state = {"Vlan1000": interface("Vlan1000", "172.16.0.4/24", index=1)}
    for more, relayed in (("", "discard"), ("    relayed: forward\n", "forward")):
        (link,) = resolve(parse_config(text + more), {"default": {}, "client": state})
        assert link.relayed == relayed


def test_server_can_have_a_giaddr_of_its_own() -> None:
    text = CONFIG.format(dialect="rfc", vrf="client").replace("10.0.0.2}", "10.0.0.2, giaddr: 10.1.0.1}")
    assert str(group_of(text).giaddr) == "10.1.0.1"


def test_two_names_of_one_server_make_one_copy() -> None:
    """R01; what the second name stands for besides counts as the first one's."""
    servers = "[{address: one.example}, {address: other.example}, {address: 10.0.0.9}]"
    config = parse_config(f"name: a\ninterfaces:\n  - {{name: vlan1, servers: {servers}}}\n")
    state = {"default": {"vlan1": interface("vlan1", "172.16.0.4/24", index=1)}}
    at = {"one.example": (IPv4Address("10.0.0.8"),), "other.example": (IPv4Address("10.0.0.9"),)}
    for names, wanted in ((at, 2), ({**at, "other.example": at["one.example"]}, 2), ({}, 1)):
        (policy,) = resolve(config, state, names)
        (group,) = policy.groups
        assert len(group.servers) == wanted


def test_identifiers_are_filled_in() -> None:
    words = 'circuit_id: "{host}/{interface}", remote_id: "{host}", subscriber_id: "{interface}"'
    text = f"name: sw1\ninterfaces:\n  - {{name: vlan1, {words}, options: [circuit-id, remote-id], servers: [{{address: 10.0.0.2}}]}}\n"
    state = {"default": {"vlan1": interface("vlan1", "172.16.0.4/24", index=1)}}
    (policy,) = resolve(parse_config(text), state)
    assert [sub.data for sub in policy.groups[0].sub_options] == [b"sw1/vlan1", b"sw1", b"vlan1"]


def test_interfaces_that_cannot_be_told_apart_are_named() -> None:
    """R16."""
    text = CONFIG.format(dialect="rfc", vrf="client") + (
        "  - {name: Vlan2000, vrf: client, circuit_id: Vlan1000, giaddr: 10.0.0.4, servers: [{address: "
        "10.0.0.2}]}\n"
    )
    config = parse_config(text)
    state = {name: interface(name, "172.16.0.4/24", index=1) for name in ("Vlan1000", "Vlan2000")}
    policies = resolve(config, {"default": {}, "client": state})
    assert ambiguous_links(policies) == [("Vlan1000@client", "Vlan2000@client")]
