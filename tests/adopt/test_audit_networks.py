"""Two switches of one segment, by vendor: sound, and with a fault planted in one of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet

from labgen.adopt.audit import read, rules

CASES: list[ParameterSet] = []


def network(name: str, expected: str, **files: str) -> list[ParameterSet]:
    return [pytest.param(set(expected.split()), files, id=name)]


NX = (
    "feature dhcp\nfeature interface-vlan\nservice dhcp\nip dhcp relay\n"
    "ip dhcp relay information option\nip dhcp relay information option vpn\n"
)


def nx(
    n: int, helper: str = "10.9.9.1 use-vrf SVC", src: str = "loopback1", lo: str = "", extra: str = ""
) -> str:
    return f"""!Command: show running-config
version 10.2(3) Bios:version
hostname n{n}
{NX}
vlan 1,10,999
vrf context RED
  vni 50001
  rd auto
vrf context SVC
interface Vlan1
interface Vlan10
  no shutdown
  vrf member RED
  ip address 10.1.10.1/24 tag 12345
  fabric forwarding mode anycast-gateway
  ip dhcp relay address {helper}
  ip dhcp relay source-interface {src}
interface Vlan999
  no shutdown
  vrf member RED
  ip forward
interface Ethernet1/1
  no switchport
  vrf member SVC
  ip address 10.9.9.{n}/24
interface loopback0
  ip address 10.10.0.{n}/32
interface loopback1
  vrf member SVC
  ip address {lo or f"10.0.0.{n}"}/32
{extra}"""


CASES += network("nx2 ok", "", n11=nx(11), n12=nx(12))
CASES += network("nx2 samelo", "error:anycast-giaddr", n11=nx(11, lo="10.0.0.9"), n12=nx(12, lo="10.0.0.9"))
CASES += network(
    "nx2 helper differs", "warning:helpers-differ", n11=nx(11), n12=nx(12, helper="10.9.9.2 use-vrf SVC")
)
CASES += network("nx2 noback", "error:no-route-back", n11=nx(11, src="loopback0"), n12=nx(12))
CASES += network(
    "nx2 wrongvrf",
    "error:helper-in-wrong-vrf error:no-route-back warning:helpers-differ",
    n11=nx(11, helper="10.9.9.1"),
    n12=nx(12),
)
CASES += network(
    "nx2 shut loopback",
    "error:giaddr-interface-down",
    n11=nx(11).replace("\ninterface loopback1\n", "\ninterface loopback1\n  shutdown\n"),
    n12=nx(12),
)


def ios(
    n: int,
    helper: str = " ip helper-address vrf SVC 10.9.9.1",
    vrf: str = " vrf forwarding RED",
    opt: str = "ip dhcp relay information option vpn\nip dhcp relay information option\n",
    src: str = " ip dhcp relay source-interface Loopback1\n",
) -> str:
    return f"""!
version 17.9
service timestamps debug datetime msec
hostname s{n}
!
{opt}!
vrf definition RED
 rd 65000:1
 !
 address-family ipv4
 exit-address-family
vrf definition SVC
 !
 address-family ipv4
 exit-address-family
!
interface Loopback1
 vrf forwarding SVC
 ip address 10.0.0.{n} 255.255.255.255
!
interface GigabitEthernet1/0/1
 no switchport
 vrf forwarding SVC
 ip address 10.9.9.{n} 255.255.255.0
!
interface Vlan10
 description users
{vrf}
{src} ip address 10.1.10.{n} 255.255.255.0
{helper}
 standby version 2
 standby 10 ip 10.1.10.1
 standby 10 preempt
!
interface Vlan20
 no ip address
 shutdown
!
"""


CASES += network("ios2 ok", "", s11=ios(11), s12=ios(12))
CASES += network(
    "ios2 global",
    "error:helper-in-wrong-vrf error:no-route-back warning:helpers-differ",
    s11=ios(11, helper=" ip helper-address global 10.9.9.1"),
    s12=ios(12),
)
CASES += network(
    "ios2 in client vrf",
    "error:helper-in-wrong-vrf error:no-route-back warning:helpers-differ",
    s11=ios(11, helper=" ip helper-address 10.9.9.1"),
    s12=ios(12),
)
CASES += network(
    "ios2 no 82",
    "error:option-82-off-between-vrfs error:giaddr-without-link-selection",
    s11=ios(11, opt=""),
    s12=ios(12),
)
CASES += network(
    "ios2 82 without vpn",
    "warning:no-override-between-vrfs error:giaddr-without-link-selection",
    s11=ios(11, opt="ip dhcp relay information option\n"),
    s12=ios(12),
)
CASES += network("ios2 one without", "error:helpers-differ", s11=ios(11, helper=" !"), s12=ios(12))
CASES += network("ios2 oldvrf ok", "", s11=ios(11, vrf=" ip vrf forwarding RED"), s12=ios(12))


def eos(
    n: int,
    vlan: str = "",
    helper: str = "10.9.9.1 vrf SVC source-interface Loopback1",
    opt: str = "ip dhcp relay information option\n",
    vrf: str = "   vrf RED\n",
) -> str:
    return f"""! device: leaf{n} (cEOSLab, EOS-4.32.0F)
!
no aaa root
hostname e{n}
!
{opt}spanning-tree mode mstp
vrf instance RED
vrf instance SVC
!
interface Ethernet1
   no switchport
   vrf SVC
   ip address 10.9.9.{n}/24
!
interface Loopback1
   vrf SVC
   ip address 10.0.0.{n}/32
!
interface Vlan10
   description users
{vrf}   ip address virtual 10.1.10.1/24
   ip helper-address {helper}
{vlan}!
interface Vxlan1
   vxlan source-interface Loopback0
   vxlan vlan 10 vni 10010
!
ip routing vrf RED
"""


CASES += network("eos2 ok", "", e11=eos(11), e12=eos(12))
CASES += network(
    "eos2 no source",
    "error:anycast-giaddr error:helper-in-wrong-vrf",
    e11=eos(11, helper="10.9.9.1", vrf=""),
    e12=eos(12, helper="10.9.9.1", vrf=""),
)
CASES += network(
    "eos2 no 82",
    "error:option-82-off-between-vrfs error:giaddr-without-link-selection",
    e11=eos(11, opt=""),
    e12=eos(12),
)
CASES += network(
    "eos2 typo",
    "error:helper-vrf-unknown warning:helpers-differ",
    e11=eos(11, helper="10.9.9.1 vrf SVCS source-interface Loopback1"),
    e12=eos(12),
)
CASES += network(
    "eos2 source missing",
    "error:giaddr-of-nobody",
    e11=eos(11, helper="10.9.9.1 vrf SVC source-interface Loopback7"),
    e12=eos(12),
)


GROUP = """                active-server-group DHCP;
                overrides { relay-source lo0.1; }
                relay-option-82 { circuit-id; link-selection; server-id-override; }
                forward-only { routing-instance SVC; }
                interface irb.10;"""
"""A relay group of Junos in which nothing is wrong."""


def ju(n: int, old: str = "", new: str = "") -> str:
    """A switch; in its relay group `old` stands as `new`."""
    group = GROUP.replace(old, new) if old else GROUP
    return f"""## Last commit: 2026-01-01 10:00:00 UTC by admin
version 22.4R1;
system {{
    host-name j{n};
}}
interfaces {{
    ge-0/0/0 {{
        unit 0 {{ family inet {{ address 10.9.9.{n}/24; }} }}
    }}
    irb {{
        unit 10 {{
            family inet {{
                address 10.1.10.{n}/24 {{
                    virtual-gateway-address 10.1.10.1;
                }}
            }}
        }}
    }}
    lo0 {{
        unit 0 {{ family inet {{ address 10.10.0.{n}/32; }} }}
        unit 1 {{ family inet {{ address 10.0.0.{n}/32; }} }}
    }}
}}
routing-instances {{
    RED {{
        instance-type vrf;
        interface irb.10;
        forwarding-options {{
            dhcp-relay {{
                server-group {{ DHCP {{ 10.9.9.1; }} }}
                group USERS {{
{group}
                }}
            }}
        }}
    }}
    SVC {{
        instance-type vrf;
        interface ge-0/0/0.0;
        interface lo0.1;
    }}
}}
"""


CASES += network("junos2 ok", "", j11=ju(11), j12=ju(12))
CASES += network(
    "junos2 no option",
    "error:option-82-off-between-vrfs error:giaddr-without-link-selection",
    j11=ju(11, "relay-option-82 { circuit-id; link-selection; server-id-override; }", ""),
    j12=ju(12),
)
CASES += network("junos2 source vrf", "error:no-route-back", j11=ju(11, "lo0.1", "lo0.0"), j12=ju(12))
CASES += network(
    "junos2 wrong if",
    "error:relay-without-interface error:helpers-differ",
    j11=ju(11, "irb.10", "irb.100"),
    j12=ju(12),
)
CASES += network("mixed ok", "", e11=eos(11), n12=nx(12))


@pytest.mark.parametrize(("expected", "files"), CASES)
def test_a_sound_network_is_left_alone_and_a_planted_fault_is_named(
    tmp_path: Path, expected: set[str], files: dict[str, str]
) -> None:
    for name, text in files.items():
        (tmp_path / f"{name}.cfg").write_text(text)
    nodes, unreadable = read.folder(tmp_path, {})
    assert unreadable == []
    found = rules.audit(nodes)
    assert {f"{each.severity}:{each.code}" for each in found} == expected, [each.message for each in found]


ACCESS = """hostname access-1
ip dhcp snooping
ip dhcp snooping vlan 5,10-12
INFORMATION!
interface GigabitEthernet0/1
 switchport access vlan 10
!
interface Vlan99
 ip address 10.99.0.5 255.255.255.0
"""
GATEWAY = """hostname dist-1
RELAY!
interface Vlan10
 ip address 10.1.10.1 255.255.255.0
 ip helper-address 10.9.9.1
PORT!
interface Vlan20
 ip address 10.1.20.1 255.255.255.0
 ip helper-address 10.9.9.1
!
interface Vlan99
 ip address 10.99.0.1 255.255.255.0
"""


@pytest.mark.parametrize(
    ("information", "relay", "port", "expected"),
    [
        ("", "", "", ["dist-1:3 Vlan10"]),
        ("no ip dhcp snooping information option\n", "", "", []),
        ("", "ip dhcp relay information trust-all\n", "", []),
        ("", "", " ip dhcp relay information trusted\n", []),
    ],
    ids=["untrusted", "not put in", "all trusted", "port trusted"],
)
def test_option_82_of_an_access_switch_is_to_be_trusted_where_its_vlan_is_relayed(
    tmp_path: Path, information: str, relay: str, port: str, expected: list[str]
) -> None:
    (tmp_path / "access.cfg").write_text(ACCESS.replace("INFORMATION", information))
    (tmp_path / "dist.cfg").write_text(GATEWAY.replace("RELAY", relay).replace("PORT", port))
    nodes, unreadable = read.folder(tmp_path, {})
    assert unreadable == []
    found = [each for each in rules.audit(nodes) if each.code == "option-82-untrusted"]
    assert [f"{each.node}:{each.line - 2} {each.message.partition(':')[0]}" for each in found] == expected
    assert all("access-1 puts option 82 into requests of VLAN 10" in each.message for each in found)
