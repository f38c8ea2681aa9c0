"""Relay configurations that labgen did not write, as their devices show them."""

from __future__ import annotations

import pytest
from reference_labs import REFERENCE

from labgen.devices import relay_config
from labgen.devices.relay_config import RelayReading
from labgen.ground.vocabulary import RelayOption

EVERY = frozenset(RelayOption)

EOS = """\
ip dhcp relay information option
ip dhcp relay surprise
vrf instance red
!
interface Vlan10
   vrf red
   ip address 10.1.10.2/23
   ip address 10.9.9.2/24 secondary
   ip virtual-router address 10.1.10.1
   ip helper-address 10.9.0.1 vrf default source-address 10.255.0.3
   ip helper-address 10.9.0.2
!
interface Vlan20
   ip address virtual 10.1.20.1/24
   ip helper-address dhcp.example.com
interface Loopback0
   ip address 10.255.0.3/32
"""
IOS = """\
no service dhcp
ip dhcp-relay source-interface Loopback0
ip dhcp relay information option vpn
ip dhcp-relay information option server-override
interface Loopback0
 ip address 10.255.0.3 255.255.255.255
interface Vlan10
 ip vrf forwarding red
 ip address 10.9.9.2 255.255.255.0 secondary
 ip address 10.1.10.2 255.255.255.0
 ip dhcp relay source-interface Vlan20
 ip dhcp relay information option vpn-id none
 ip helper-address vrf services 10.9.0.1
 ip helper-address global 10.9.0.2
interface Vlan20
 ip address 10.1.20.2 255.255.255.0
 ip helper-address 10.9.0.3
"""
NXOS = """\
feature dhcp
ip dhcp relay information option
ip dhcp relay information option vpn
interface Vlan10
  no shutdown
  vrf member red
  ip address 192.168.20.254/24 tag 12345
  fabric forwarding mode anycast-gateway
  ip dhcp relay address 192.168.10.9
  ip dhcp relay address 10.9.0.1 use-vrf default
  ip dhcp relay source-interface loopback2
interface loopback2
  vrf member red
  ip address 10.33.33.33/32
interface mgmt0
  ip dhcp relay surprise
"""
JUNOS = """\
routing-instances {
    red {
        instance-type vrf;
        interface irb.10;
        forwarding-options {
            dhcp-relay {
                forward-only {
                    routing-instance default;
                }
                relay-option-82 {
                    server-id-override;
                }
                server-group {
                    SG { 10.9.0.1; 10.9.0.2; }
                }
                active-server-group SG;
                group USERS {
                    overrides {
                        relay-source lo0.0;
                    }
                    interface irb.10;
                }
            }
        }
    }
}
interfaces {
    irb {
        unit 10 { family inet { address 10.1.10.2/24; } }
    }
    /* the router's own */
    lo0 {
        unit 0 { family inet { address 10.255.0.3/32; } }
    }
}
"""
JUNOS_SET = """\
set routing-instances red interface irb.10
set routing-instances red forwarding-options dhcp-relay server-group SG 10.9.0.1
set routing-instances red forwarding-options dhcp-relay server-group SG 10.9.0.2
set routing-instances red forwarding-options dhcp-relay active-server-group SG
set routing-instances red forwarding-options dhcp-relay forward-only routing-instance default
set routing-instances red forwarding-options dhcp-relay relay-option-82 server-id-override
set routing-instances red forwarding-options dhcp-relay group USERS overrides relay-source lo0.0
set routing-instances red forwarding-options dhcp-relay group USERS interface irb.10
set interfaces irb unit 10 family inet address 10.1.10.2/24
set interfaces lo0 unit 0 family inet address 10.255.0.3/32
"""

Shown = list[tuple[str, str, list[tuple[str, str, str]]]]


def shown(config: RelayReading) -> Shown:
    """Interface, VRF, and of each target address, VRF and giaddr."""
    return [
        (
            relay.interface,
            relay.vrf,
            [(str(t.address), t.vrf, str(config.giaddr(relay, t) or "?")) for t in relay.targets],
        )
        for relay in config.relays
    ]


def read(device: str, text: str) -> RelayReading:
    found = relay_config.read(device, text)
    assert found is not None
    return found


def test_eos_takes_source_and_vrf_for_each_helper_address() -> None:
    config = read("eos", EOS)
    assert shown(config) == [
        ("Vlan10", "red", [("10.9.0.1", "default", "10.255.0.3"), ("10.9.0.2", "", "10.1.10.2")])
    ]
    assert config.relays[0].options == EVERY
    assert [line for line, _ in config.unread] == [2, 15]
    vlan20 = config.interface("vlan 20")
    assert vlan20 is not None
    assert (vlan20.addresses, [str(each) for each in vlan20.anycast]) == ((), ["10.1.20.1/24"])


def test_ios_says_source_and_options_for_the_device_or_an_interface() -> None:
    config = read("cat8000v", IOS)
    assert shown(config) == [
        ("Vlan10", "red", [("10.9.0.1", "services", "10.1.20.2"), ("10.9.0.2", "default", "10.1.20.2")]),
        ("Vlan20", "default", [("10.9.0.3", "", "10.255.0.3")]),
    ]
    two = frozenset({RelayOption.LINK_SELECTION, RelayOption.SERVER_ID_OVERRIDE})
    assert [relay.options for relay in config.relays] == [two, two]
    assert config.off
    vlan10 = config.interface("Vlan10")
    assert vlan10 is not None
    assert [str(each) for each in vlan10.addresses] == ["10.1.10.2/24", "10.9.9.2/24"]


def test_nxos_with_an_anycast_gateway_and_a_loopback_of_the_tenant() -> None:
    config = read("nxos", NXOS)
    assert shown(config) == [
        ("Vlan10", "red", [("192.168.10.9", "", "10.33.33.33"), ("10.9.0.1", "default", "10.33.33.33")])
    ]
    assert (config.off, config.relays[0].options) == (False, EVERY)
    assert config.unread == ((16, "ip dhcp relay surprise"),)
    assert read("nxos", NXOS.replace("feature dhcp\n", "")).off


@pytest.mark.parametrize("text", [JUNOS, JUNOS_SET], ids=["braces", "set"])
def test_junos_says_for_the_instance_what_a_group_leaves_open(text: str) -> None:
    config = read("vjunos-router", text)
    assert shown(config) == [
        ("irb.10", "red", [("10.9.0.1", "default", "10.255.0.3"), ("10.9.0.2", "default", "10.255.0.3")])
    ]
    assert config.relays[0].options == {RelayOption.LINK_SELECTION, RelayOption.SERVER_ID_OVERRIDE}
    assert config.unread == ()


def test_junos_statement_that_is_not_understood_is_told_with_its_line() -> None:
    line = "set forwarding-options dhcp-relay surprise on\n"
    assert read("vjunos-switch", JUNOS_SET + line).unread == ((11, line.strip().removeprefix("set ")),)


@pytest.mark.parametrize(
    ("device", "text", "wanted"),
    [
        ("cumulus_nvue", """\
- set:
    service:
      dhcp-relay:
        RED:
          server-group: {G: {server: {10.9.0.1: {}, 10.9.0.2: {}}, upstream-interface: {swp51: {}}}}
          downstream-interface: {vlan10: {server-group-name: G}}
          agent: {state: enabled}
""", [("vlan10", "RED", [("10.9.0.1", "", "?"), ("10.9.0.2", "", "?")])]),
        ("cumulus_nvue", """\
- set:
    interface:
      vlan10: {ipv4: {address: {10.1.10.1/24: {}}}, vrf: RED}
    service:
      dhcp-relay:
        RED:
          server-group: {G: {server: {10.9.0.1: {}}, upstream-interface: {swp51: {}}}}
          downstream-interface: {vlan10: {server-group-name: G}}
""", [("vlan10", "RED", [("10.9.0.1", "", "10.1.10.1")])]),
        ("sonic", "config dhcp_relay ipv4 helper add 1000 10.9.0.1 10.9.0.2\n",
         [("Vlan1000", "", [("10.9.0.1", "", "?"), ("10.9.0.2", "", "?")])]),
        ("srlinux", """\
set / interface irb0 subinterface 10 ipv4 dhcp-relay server [ 10.9.0.1 10.9.0.2 ]
set / interface irb0 subinterface 10 ipv4 dhcp-relay gi-address 10.255.0.3
set / interface irb0 subinterface 10 ipv4 dhcp-relay network-instance default
""", [("irb0.10", "", [("10.9.0.1", "default", "10.255.0.3"), ("10.9.0.2", "default", "10.255.0.3")])]),
        ("frr-dhcrelay", 'SERVERS="10.9.0.1 10.9.0.2"\nINTERFACES="eth1"\nOPTIONS="-a -id eth2"\n',
         [("eth2", "default", [("10.9.0.1", "", "?"), ("10.9.0.2", "", "?")]),
          ("eth1", "default", [("10.9.0.1", "", "?"), ("10.9.0.2", "", "?")])]),
        ("frr-dnsmasq", "dhcp-relay=172.16.0.1,10.9.0.1,eth1\ndhcp-relay=172.16.0.1,10.9.0.2#6767\n",
         [("172.16.0.1", "default", [("10.9.0.1", "", "172.16.0.1"), ("10.9.0.2", "", "172.16.0.1")])]),
        ("iosxr", """\
dhcp ipv4
 profile P relay
  helper-address 10.9.0.1
  helper-address vrf services 10.9.0.2 giaddr 10.255.0.3
 !
 interface BVI10
  relay profile P
 !
 vrf red relay profile P
!
""", [("BVI10", "", [("10.9.0.1", "default", "?"), ("10.9.0.2", "services", "10.255.0.3")]),
      ("", "red", [("10.9.0.1", "default", "?"), ("10.9.0.2", "services", "10.255.0.3")])]),
        ("vyos", """\
set interfaces ethernet eth1 vif 10 address '10.1.10.1/24'
set service dhcp-relay listen-interface 'eth1.10'
set service dhcp-relay server '10.9.0.1'
""", [("eth1.10", "default", [("10.9.0.1", "", "10.1.10.1")])]),
    ],
    ids=["cumulus 5.14", "cumulus 5.15", "sonic before dhcp4relay", "srlinux set", "dhcrelay defaults", "dnsmasq", "iosxr nested", "vyos"],
)  # fmt: skip
def test_forms_that_labgen_does_not_write_itself(device: str, text: str, wanted: Shown) -> None:
    assert shown(read(device, text)) == wanted


@pytest.mark.parametrize("device", ["eos", "iosv", "nxos", "vjunos-switch", "arubacx", "dellos10", "iosxr", "vyos", "sonic"])  # fmt: skip
@pytest.mark.parametrize(
    "text",
    ["", "}}}\n;\n{", "interface\n ip helper-address\n ip address\n", "set\nset service dhcp-relay"],
)
def test_fragments_are_read_without_a_fault(device: str, text: str) -> None:
    assert read(device, text).relays == ()


@pytest.mark.reference
@pytest.mark.parametrize(
    ("lab", "node", "device", "wanted"),
    [
        ("evpn-redundant-server", "sw1", "eos",
         [("Vlan1000", "client", [("10.0.0.2", "default", "10.0.0.4"), ("10.0.0.3", "default", "10.0.0.4")])]),
        ("evpn-redundant-server", "sw3", "eos", []),
        ("vrf-relay", "relay", "iosv", [("GigabitEthernet0/2", "client", [("10.0.0.1", "default", "?")])]),
    ],
)  # fmt: skip
def test_recorded_running_configurations(lab: str, node: str, device: str, wanted: Shown) -> None:
    file = REFERENCE / lab / "config" / f"{node}.cfg"
    if not file.is_file():
        pytest.skip(f"no recorded configurations at {REFERENCE}; set LABGEN_REFERENCE")
    config = read(device, file.read_text())
    assert shown(config) == wanted
    assert config.unread == ()
