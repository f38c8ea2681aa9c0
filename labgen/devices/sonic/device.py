"""SONiC: the relay section for dhcp4relay.

What dhcp4relay does was recorded in 2026-11 with sonic-net/sonic-dhcp-relay c8ce985 (2026-06-15), built from its sources, its
configuration made of the lines below by the click plugin of sonic-net/sonic-buildimage 086b03b (2026-08-23): see docs/sonic.md. The
lines that make VRFs, VLANs, tunnels and gateways are of sonic-net/sonic-utilities 691b1bbc4 (2026-07-23), which was not run; those of
EVPN are FRR's, in the order of SONiC's design (sonic-net/SONiC, doc/vxlan/EVPN).
"""

from __future__ import annotations

from dataclasses import dataclass

from labgen.devices.base import (
    ABROAD,
    ANY_PORT,
    EVERY_OPTION,
    IDENTIFIERS,
    LINK,
    WITHOUT_ISIS,
    Device,
    DeviceFacts,
    FabricCapability,
    Naming,
    RelayCapability,
)
from labgen.devices.sections import SectionDevice
from labgen.devices.sonic import ports
from labgen.ground.labplan import LabPlan, NodePlan, VrfPlan
from labgen.ground.vocabulary import DEFAULT_VRF, Existing, Role

MODES = {
    Existing.KEEP: "forward",
    Existing.APPEND: "append",
    Existing.REPLACE: "replace",
    Existing.DROP: "discard",
}
"""What `--agent-relay-mode` calls what becomes of requests of other relays, as recorded."""


@dataclass(frozen=True, slots=True)
class SonicDevice(SectionDevice):
    """SONiC, whose VRFs, VLANs and tunnels labgen configures."""

    def further(self, plan: LabPlan, node: NodePlan) -> dict[str, object]:
        """`places`: VLANs by relaying port; `bound`: other routed ports of VRFs; `vtep`: its address where it has tunnels."""
        relayed = {relay.interface for relay in node.relays}
        routed = (port for port in node.interfaces if port.kind in ("lan", "p2p") and port.vrf != DEFAULT_VRF)
        tunnels = any(vlan.vni for vlan in node.vlans) or any(vrf.transit_vni for vrf in node.vrfs)
        return {
            "named": ports.vrf,
            "modes": MODES,
            "places": ports.vlans(node),
            "vrfs_made": [replace_name(vrf) for vrf in node.vrfs],
            "bound": [
                port.model_copy(update={"vrf": ports.vrf(port.vrf)})
                for port in routed
                if port.address and port.name not in relayed
            ],
            "vtep": node.loopback.ip if tunnels and node.loopback else "",
            "transits": ports.transits(node),
            "transit_vnis": {vrf.name: vrf.transit_vni for vrf in node.vrfs},
            "anycast_mac_written": plan.anycast_mac if any(port.anycast for port in node.interfaces) else "",
        }


def replace_name(vrf: VrfPlan) -> VrfPlan:
    """A VRF under SONiC's name."""
    return vrf.model_copy(update={"name": ports.vrf(vrf.name)})


DEVICES: tuple[Device, ...] = (
    SonicDevice(
        DeviceFacts(
            name="sonic",
            title="SONiC (dhcp4relay)",
            roles=frozenset({Role.SWITCH}),
            naming=Naming(
                port="Ethernet{n}",
                svi="Vlan{vlan}",
                loopback="Loopback0",
                vrf_loopback="Loopback{n}",
                first_port=0,
                step=4,
                vrf=ports.VRF,
            ),
            netlab="sonic",
            containerlab="sonic-vs",
            netmiko="linux",
            relay=RelayCapability(
                inter_vrf=True,
                giaddr=ANY_PORT,
                options=EVERY_OPTION,
                always=IDENTIFIERS,
                away=frozenset({LINK}),
                between=ABROAD,
                existing=frozenset(Existing),
                circuit=ports.circuit_id,
                link_network=True,
            ),
            fabric=FabricCapability(
                netlab_vlan=False,
                netlab_vrf=False,
                netlab_anycast=False,
                anycast_alone=True,
                static_flood=False,
                vrf_loopback=True,
                secondary=True,
                trunk=True,
                vrrp=True,
                underlays=WITHOUT_ISIS,
            ),
            evidence="recorded",
            checked="2026-11",
            shell=True,
            cannot=(
                (
                    "relaying for other relays",
                    "dhcp4relay, recorded in 2026-11: it takes requests on VLANs alone, and discards those with a giaddr unless told",
                ),
                (
                    "unnumbered client port",
                    "dhcp4relay, recorded in 2026-11: sub-option 5 is the network of the VLAN's address",
                ),
                (
                    "DHCP snooping",
                    "sonic-utilities 691b1bbc4 (2026-07): no command for it in config, and no word of it in the command reference",
                ),
                (
                    "VXLAN without EVPN",
                    "sonic-utilities 691b1bbc4 (2026-07), config vxlan: a VNI is mapped to a VLAN, and no command lists other switches",
                ),
            ),
            notes=(
                "relays on VLANs only, so the section puts a routed client port into one",
                "labgen configures VRFs, VLANs and tunnels, netlab does not; VRFs are called `Vrf` and their name",
                "an anycast gateway is the only address of its VLAN (static anycast gateway of sonic-utilities since 2026)",
                "docker-sonic-vs forwards nothing by VXLAN, says netlab 26.10: an image with a data plane of its own does",
                "dhcp4relay and its configuration were recorded, a whole SONiC was not run, and docker-sonic-vs ships no relay",
                "drops what has no UDP checksum, or leaves it to the port",
                "sees unicast renewals as well, and relays what is routed",
                "dhcp4relay takes a VRF's name from a field of STATE_DB that SONiC does not write; the section writes it",
            ),
        ),
        template="sonic/dhcp.j2",
        image="docker-sonic-vs:latest",
        suffix="sh",
        netlab_oldest="26.10",
        netlab_image="docker-sonic-vs:latest",
    ),
)
