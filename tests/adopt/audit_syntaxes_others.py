"""Configurations of Junos, flat and in braces, and of FRR, with what is to be said of each."""

from __future__ import annotations

import pytest

CASES = [
    pytest.param(
        "junos",
        set(),
        """\
set system host-name j1
set interfaces lo0 unit 1 family inet address 10.0.0.1/32
set interfaces irb unit 10 family inet address 10.1.10.1/24
set interfaces xe-0/0/0 unit 0 family inet address 10.9.9.2/24
set routing-instances RED instance-type vrf
set routing-instances RED interface irb.10
set routing-instances RED interface lo0.1
set routing-instances RED interface xe-0/0/0.0
set routing-instances RED forwarding-options dhcp-relay server-group DHCP 10.9.9.1
set routing-instances RED forwarding-options dhcp-relay active-server-group DHCP
set routing-instances RED forwarding-options dhcp-relay group G interface irb.10
set routing-instances RED forwarding-options dhcp-relay group G overrides relay-source lo0.1
set routing-instances RED forwarding-options dhcp-relay group G relay-option-82 circuit-id
set routing-instances RED forwarding-options dhcp-relay group G relay-option-82 server-id-override
set routing-instances RED forwarding-options dhcp-relay group G relay-option-82 link-selection
""",
        id="junos set ok",
    ),
    pytest.param(
        "junos",
        {"error:relay-without-server"},
        """\
set system host-name j1
set interfaces irb unit 10 family inet address 10.1.10.1/24
set forwarding-options dhcp-relay server-group DHCP 10.9.9.1
set forwarding-options dhcp-relay group G active-server-group DHPC
set forwarding-options dhcp-relay group G interface irb.10
""",
        id="junos noservers",
    ),
    pytest.param(
        "junos",
        set(),
        """\
system { host-name j1; }
interfaces {
    irb {
        unit 10 {
            family inet {
                address 10.1.10.2/24 {
                    virtual-gateway-address 10.1.10.1;
                }
            }
        }
    }
}
forwarding-options {
    dhcp-relay {
        server-group {
            DHCP { 10.9.9.1; }
        }
        group G {
            active-server-group DHCP;
            interface irb.10;
        }
    }
}
""",
        id="junos brace vga",
    ),
    pytest.param(
        "junos",
        set(),
        """\
set system host-name j1
set interfaces irb unit 10 family inet address 10.1.10.1/24
set forwarding-options helpers bootp interface irb.10 server 10.9.9.1
""",
        id="junos helpers",
    ),
    pytest.param(
        "junos",
        {"error:relay-without-interface"},
        """\
set system host-name j1
set interfaces irb unit 10 family inet address 10.1.10.1/24
set forwarding-options helpers bootp server 10.9.9.1
set forwarding-options helpers bootp interface irb.20
""",
        id="junos helpers noaddr",
    ),
    pytest.param(
        "junos",
        set(),
        """\
set system host-name j1
set interfaces irb unit 10 family inet address 10.1.10.1/24
set forwarding-options dhcp-relay server-group DHCP 10.9.9.1
set forwarding-options dhcp-relay group G active-server-group DHCP
set forwarding-options dhcp-relay group G interface irb.10
set forwarding-options dhcp-relay group OLD active-server-group GONE
set forwarding-options dhcp-relay group OLD interface irb.99
deactivate forwarding-options dhcp-relay group OLD
""",
        id="junos deact",
    ),
    pytest.param(
        "junos",
        {"error:giaddr-without-link-selection"},
        """\
set system host-name j1
set interfaces irb unit 10 family inet address 10.1.10.1/24
set interfaces lo0 unit 0 family inet address 10.0.0.1/32
set forwarding-options dhcp-relay server-group DHCP 10.9.9.1
set forwarding-options dhcp-relay group G active-server-group DHCP
set forwarding-options dhcp-relay group G interface irb.10 overrides relay-source lo0.0
""",
        id="junos ifoverride",
    ),
    pytest.param(
        "junos",
        set(),
        """\
set system host-name j1
set interfaces irb unit 10 family inet address 10.1.10.1/24
set forwarding-options dhcp-relay relay-option-82
set forwarding-options dhcp-relay server-group DHCP 10.9.9.1
set forwarding-options dhcp-relay active-server-group DHCP
set forwarding-options dhcp-relay group G interface irb.10
""",
        id="junos 82bare",
    ),
    pytest.param(
        "junos",
        {"error:option-82-off-between-vrfs"},
        """\
set system host-name j1
set interfaces irb unit 10 family inet address 10.1.10.1/24
set interfaces xe-0/0/0 unit 0 family inet address 10.9.9.2/24
set routing-instances RED instance-type vrf
set routing-instances RED interface irb.10
set routing-instances RED forwarding-options dhcp-relay server-group DHCP 10.9.9.1
set routing-instances RED forwarding-options dhcp-relay group G active-server-group DHCP
set routing-instances RED forwarding-options dhcp-relay group G interface irb.10
set routing-instances RED forwarding-options dhcp-relay group G forward-only routing-instance default
""",
        id="junos fwdonly",
    ),
    pytest.param(
        "frr",
        set(),
        """\
frr version 10.0
hostname f1
interface eth1
 ip address 10.1.10.1/24
exit
interface eth2 vrf RED
 ip address 10.1.20.1/24
exit
router bgp 65000
""",
        id="frr none",
    ),
]
