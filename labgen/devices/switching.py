"""Abilities of switches in a fabric, as far as labgen or netlab can configure them."""

from typing import Literal, NamedTuple

from labgen.devices.snooping import SnoopCapability

WITHOUT_ISIS = frozenset({"ospf", "ebgp", "static", "none"})
UNDERLAYS = WITHOUT_ISIS | {"isis"}
"""Every underlay: FRR runs them all, and netlab configures them on most devices whose routing labgen leaves to it."""


class FabricCapability(NamedTuple):
    """Abilities of a switch in a fabric.

    `anycast`: a gateway address and MAC shared by several switches; `asymmetric_irb`: stretched VLANs of a VRF without a
    transit VNI; `anycast_alone`: that address is the only one of the routed interface; `netlab_anycast`: netlab
    configures it, else labgen; `netlab_vlan`, `netlab_vrf`: the same of VLANs, with all that is on them, and of VRFs; `static_flood`: VXLAN
    without EVPN, with lists of the other switches; `svi_ospf`, `svi_vrrp`: OSPF and VRRP on the routed interface of a stretched VLAN;
    `max_vlan`, `max_vni`: the highest it can have. What labgen configures on few devices so far: `vrf_loopback`, a loopback in a VRF;
    `unnumbered`, a client port with the loopback's address; `relay_chain`, relaying for other relays; `trunk`, VLANs with
    tags between switches; `vrrp`, a gateway that moves, and `hsrp`, one that moves by Cisco's protocol; `secondary`, further
    subnets on a routed interface, `secondary_gateways` that are shared or move in them; `handover`,
    links to external routers, `external`, being one; `snooping` on access ports, with option 82; `leaking` routes between VRFs;
    `underlays`, routing between switches, `bgp_unnumbered` links, and
    `evpn_ebgp`, EVPN over sessions of eBGP, `evpn_apart`, EVPN by iBGP beside an underlay of eBGP. `bonds` of clients to
    several switches: `moves`, members are used one at a time and the MAC address moves; `segment`, all are, as one Ethernet segment;
    `mlag`: all are without EVPN, by a pair of switches with a peer link.
    """

    vlan: bool = True
    vxlan: bool = True
    evpn: bool = True
    anycast: bool = True
    vrf: bool = True
    asymmetric_irb: bool = True
    svi_ospf: bool = True
    svi_vrrp: bool = True
    max_vni: int = 16777215
    max_vlan: int = 4094
    vrf_loopback: bool = False
    anycast_alone: bool = False
    netlab_anycast: bool = True
    netlab_vlan: bool = True
    netlab_vrf: bool = True
    static_flood: bool = True
    unnumbered: bool = False
    relay_chain: bool = False
    trunk: bool = False
    vrrp: bool = False
    hsrp: bool = False
    secondary: bool = False
    secondary_gateways: bool = False
    handover: bool = False
    external: bool = False
    snooping: SnoopCapability | None = None
    leaking: bool = False
    underlays: frozenset[str] = frozenset({"ospf", "none"})
    bgp_unnumbered: bool = False
    evpn_ebgp: bool = True
    evpn_apart: bool = False
    bonds: Literal["", "moves", "segment"] = ""
    mlag: bool = False
