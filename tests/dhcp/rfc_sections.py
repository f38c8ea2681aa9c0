"""The RFCs labgen cites and, of each, the sections it cites, with the titles they have in the RFC's own text.

To cite another one, read it first, then add it here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Rfc:
    """Its title, and titles of cited sections by number, written as the RFC writes it (RFC 3046 has a `2.0`)."""

    title: str
    sections: Mapping[str, str] = field(default_factory=dict)


RFCS: Mapping[int, Rfc] = {
    3004: Rfc("The User Class Option for DHCP", {"4": "User Class option"}),
    7513: Rfc("Source Address Validation Improvement (SAVI) Solution for DHCP"),
    3704: Rfc("Ingress Filtering for Multihomed Networks"),
    5771: Rfc("IANA Guidelines for IPv4 Multicast Address Assignments"),
    3021: Rfc("Using 31-Bit Prefixes on IPv4 Point-to-Point Links"),
    3925: Rfc("Vendor-Identifying Vendor Options for Dynamic Host Configuration Protocol version 4 (DHCPv4)"),
    4039: Rfc("Rapid Commit Option for the Dynamic Host Configuration Protocol version 4 (DHCPv4)"),
    7839: Rfc("Access-Network-Identifier Option in DHCP"),
    3118: Rfc("Authentication for DHCP Messages"),
    3074: Rfc("DHC Load Balancing Algorithm", {"4": "Overview"}),
    6587: Rfc("Transmission of Syslog Messages over TCP"),
    768: Rfc("User Datagram Protocol"),
    791: Rfc("Internet Protocol", {"3.2": "Discussion"}),
    792: Rfc("Internet Control Message Protocol"),
    826: Rfc("An Ethernet Address Resolution Protocol"),
    951: Rfc("Bootstrap Protocol (BOOTP)"),
    1035: Rfc("Domain Names - Implementation and Specification"),
    1071: Rfc("Computing the Internet Checksum"),
    1122: Rfc(
        "Requirements for Internet Hosts -- Communication Layers",
        {
            "4.1.3.4": "UDP Checksums",
            "3.3.2": "Reassembly",
            "3.2.1.2": "Checksum: RFC-791 Section 3.1",
            "3.2.1.3": "Addressing: RFC-791 Section 3.2",
            "3.2.1.7": "Time-to-Live: RFC-791 Section 3.2",
            "3.2.1.8": "Options: RFC-791 Section 3.2",
            "3.3.1.2": "Gateway Selection",
            "3.3.3": "Fragmentation",
        },
    ),
    1123: Rfc("Requirements for Internet Hosts -- Application and Support"),
    1497: Rfc("BOOTP Vendor Information Extensions"),
    1542: Rfc(
        "Clarifications and Extensions for the Bootstrap Protocol",
        {
            "2.1": "General BOOTP Processing",
            "2.2": "Definition of the 'flags' Field",
            "4.1": "General BOOTP Processing for Relay Agents",
            "4.1.1": "BOOTREQUEST Messages",
            "4.1.2": "BOOTREPLY Messages",
        },
    ),
    1812: Rfc("Requirements for IP Version 4 Routers", {"5.2.1": "Forwarding Algorithm"}),
    1918: Rfc("Address Allocation for Private Internets"),
    2131: Rfc(
        "Dynamic Host Configuration Protocol",
        {
            "1.6": "Design goals",
            "2": "Protocol Summary",
            "3": "The Client-Server Protocol",
            "3.1": "Client-server interaction - allocating a network address",
            "3.2": "Client-server interaction - reusing a previously allocated network address",
            "3.3": "Interpretation and representation of time values",
            "3.4": "Obtaining parameters with externally configured network address",
            "4.1": "Constructing and sending DHCP messages",
            "4.2": "DHCP administrative controls",
            "4.3.1": "DHCPDISCOVER message",
            "4.3.2": "DHCPREQUEST message",
            "4.3.3": "DHCPDECLINE message",
            "4.3.4": "DHCPRELEASE message",
            "4.3.5": "DHCPINFORM message",
            "4.4": "DHCP client behavior",
            "4.4.1": "Initialization and allocation of network address",
            "4.4.3": "Initialization with an externally assigned network address",
            "4.4.4": "Use of broadcast and unicast",
            "4.4.5": "Reacquisition and expiration",
            "4.4.6": "DHCPRELEASE",
            "7": "Security Considerations",
        },
    ),
    2132: Rfc(
        "DHCP Options and BOOTP Vendor Extensions",
        {
            "5.1": "Interface MTU Option",
            "3.1": "Pad Option",
            "3.2": "End Option",
            "3.3": "Subnet Mask",
            "3.5": "Router Option",
            "9.6": "DHCP Message Type",
            "9.9": "Message",
            "9.13": "Vendor class identifier",
            "9.14": "Client-identifier",
        },
    ),
    2328: Rfc("OSPF Version 2", {"10.1": "Neighbor states", "10.5": "Receiving Hello Packets"}),
    2427: Rfc("Multiprotocol Interconnect over Frame Relay"),
    2474: Rfc("Definition of the Differentiated Services Field (DS Field) in the IPv4 and IPv6 Headers"),
    2597: Rfc("Assured Forwarding PHB Group"),
    2637: Rfc("Point-to-Point Tunneling Protocol (PPTP)"),
    2661: Rfc('Layer Two Tunneling Protocol "L2TP"'),
    2685: Rfc("Virtual Private Networks Identifier"),
    2784: Rfc("Generic Routing Encapsulation (GRE)"),
    2890: Rfc("Key and Sequence Number Extensions to GRE"),
    3011: Rfc("The IPv4 Subnet Selection Option for DHCP"),
    3046: Rfc(
        "DHCP Relay Agent Information Option",
        {
            "5.0": "Security Considerations",
            "2.0": "Relay Agent Information Option",
            "3.1": "Agent Circuit ID Sub-option",
            "3.2": "Agent Remote ID Sub-option",
            "2.1": "Agent Operation",
            "2.1.1": "Reforwarded DHCP requests",
            "2.2": "Server Operation",
        },
    ),
    3164: Rfc("The BSD syslog Protocol"),
    3203: Rfc("DHCP reconfigure extension"),
    3246: Rfc("An Expedited Forwarding PHB (Per-Hop Behavior)"),
    3396: Rfc("Encoding Long Options in the Dynamic Host Configuration Protocol (DHCPv4)"),
    3397: Rfc("Dynamic Host Configuration Protocol (DHCP) Domain Search Option"),
    3442: Rfc("The Classless Static Route Option for Dynamic Host Configuration Protocol (DHCP) version 4"),
    3527: Rfc(
        "Link Selection sub-option for the Relay Agent Information Option for DHCPv4",
        {"3": "Link selection sub-option definition"},
    ),
    3927: Rfc("Dynamic Configuration of IPv4 Link-Local Addresses"),
    3931: Rfc("Layer Two Tunneling Protocol - Version 3 (L2TPv3)"),
    3993: Rfc(
        "Subscriber-ID Suboption for the Dynamic Host Configuration Protocol (DHCP) Relay Agent Option"
    ),
    4243: Rfc(
        "Vendor-Specific Information Suboption for the Dynamic Host Configuration Protocol (DHCP) Relay Agent Option"
    ),
    4251: Rfc("The Secure Shell (SSH) Protocol Architecture"),
    4254: Rfc(
        "The Secure Shell (SSH) Connection Protocol",
        {"6": "Interactive Sessions", "6.10": "Returning Exit Status"},
    ),
    4302: Rfc("IP Authentication Header"),
    4271: Rfc(
        "A Border Gateway Protocol 4 (BGP-4)",
        {"9": "UPDATE Message Handling", "9.1.2": "Phase 2: Route Selection", "9.2": "Update-Send Process"},
    ),
    4361: Rfc(
        "Node-specific Client Identifiers for Dynamic Host Configuration Protocol Version Four (DHCPv4)",
        {"6.1": "DHCPv4 Client Behavior"},
    ),
    4385: Rfc("Pseudowire Emulation Edge-to-Edge (PWE3) Control Word for Use over an MPLS PSN"),
    4388: Rfc(
        "Dynamic Host Configuration Protocol (DHCP) Leasequery",
        {
            "6.2": "Sending the DHCPLEASEQUERY Message",
            "6.3": "Receiving the DHCPLEASEQUERY Message",
            "6.4": "Responding to the DHCPLEASEQUERY Message",
        },
    ),
    4390: Rfc(
        "Dynamic Host Configuration Protocol (DHCP) over InfiniBand",
        {"2.1": "IPoIB Specific Usage of DHCP Message Fields"},
    ),
    4391: Rfc("Transmission of IP over InfiniBand (IPoIB)"),
    4594: Rfc(
        "Configuration Guidelines for DiffServ Service Classes", {"3.2": "Network Control Service Class"}
    ),
    5010: Rfc(
        "The Dynamic Host Configuration Protocol Version 4 (DHCPv4) Relay Agent Flags Suboption",
        {"4": "DHCP Relay Agent Behavior"},
    ),
    4364: Rfc("BGP/MPLS IP Virtual Private Networks (VPNs)", {"10": "Multi-AS Backbones"}),
    5107: Rfc(
        "DHCP Server Identifier Override Suboption", {"4": "Server Identifier Override Suboption Definition"}
    ),
    5227: Rfc("IPv4 Address Conflict Detection", {"2.1.1": "Probe Details", "2.3": "Announcing an Address"}),
    5303: Rfc("Three-Way Handshake for IS-IS Point-to-Point Adjacencies"),
    5415: Rfc("Control And Provisioning of Wireless Access Points (CAPWAP) Protocol Specification"),
    5424: Rfc("The Syslog Protocol"),
    5798: Rfc(
        "Virtual Router Redundancy Protocol (VRRP) Version 3 for IPv4 and IPv6",
        {
            "6.1": "Parameters Per Virtual Router",
            "6.4": "Protocol State Machine",
            "7.3": "Virtual Router MAC Address",
        },
    ),
    6325: Rfc("Routing Bridges (RBridges): Base Protocol Specification"),
    6607: Rfc(
        "Virtual Subnet Selection Options for DHCPv4 and DHCPv6",
        {
            "5.1": "VPN Assignment by the DHCP Server",
            "3.3": "DHCPv4 Virtual Subnet Selection Control Sub-Option",
            "3.5": "Virtual Subnet Selection Type and Information",
            "4.1": "VPN Assignment by the DHCP Relay Agent",
            "7.2": "Returning the DHCPv4 Sub-Option",
        },
    ),
    6842: Rfc("Client Identifier Option in DHCP Server Replies"),
    6925: Rfc("The DHCPv4 Relay Agent Identifier Sub-Option"),
    6926: Rfc("DHCPv4 Bulk Leasequery", {"6.2.1": "dhcp-message-type"}),
    6996: Rfc("Autonomous System (AS) Reservation for Private Use"),
    7348: Rfc(
        "Virtual eXtensible Local Area Network (VXLAN): "
        "A Framework for Overlaying Virtualized Layer 2 Networks over Layer 3 Networks",
        {"4": "VXLAN", "5": "VXLAN Frame Format"},
    ),
    7432: Rfc(
        "BGP MPLS-Based Ethernet VPN",
        {
            "5": "Ethernet Segment",
            "7.6": "ES-Import Route Target",
            "8": "Multihoming Functions",
            "9.2": "Remote Learning",
            "14.1.1": "Single-Active Redundancy Mode",
            "14.1.2": "All-Active Redundancy Mode",
            "15": "MAC Mobility",
        },
    ),
    7637: Rfc("NVGRE: Network Virtualization Using Generic Routing Encapsulation"),
    7951: Rfc("JSON Encoding of Data Modeled with YANG"),
    8357: Rfc(
        "Generalized UDP Source Port for DHCP Relay",
        {
            "4": "Relay Source Port Sub-option and Option",
            "4.1": "Source Port Sub-option for DHCPv4",
            "5.1": "DHCPv4",
            "5.3": "Compatibility",
        },
    ),
    8300: Rfc("Network Service Header (NSH)"),
    8365: Rfc(
        "A Network Virtualization Overlay Solution Using Ethernet VPN (EVPN)",
        {"5.1.2": "Virtual Identifiers to EVI Mapping", "9": "Support for Multicast"},
    ),
    8415: Rfc("Dynamic Host Configuration Protocol for IPv6 (DHCPv6)"),
    8709: Rfc("Ed25519 and Ed448 Public Key Algorithms for the Secure Shell (SSH) Protocol"),
    8925: Rfc("IPv6-Only Preferred Option for DHCPv4"),
    8926: Rfc("Geneve: Generic Network Virtualization Encapsulation"),
    8950: Rfc("Advertising IPv4 Network Layer Reachability Information (NLRI) with an IPv6 Next Hop"),
    9135: Rfc(
        "Integrated Routing and Bridging in Ethernet VPN (EVPN)",
        {"5.2": "Control Plane - Receiving PE", "4.1": "IRB Interface and Its MAC and IP Addresses"},
    ),
}
