"""Findings about relays, and about what servers make of what relays tell them."""

from __future__ import annotations

from labgen.dhcp.explanation import Explanation
from labgen.dhcp.model import Severity

INFO, WARNING, ERROR = Severity.INFO, Severity.WARNING, Severity.ERROR

RELAYING = (
    Explanation(
        "duplicate-relay",
        INFO,
        "One client message reached a server through several relays",
        "The same DISCOVER or REQUEST arrived at one server more than once, each copy with another giaddr.",
        "The client's broadcast is flooded over the stretched segment (VXLAN, or any VLAN with two "
        "first-hop routers), and every switch with a helper address on it relays its own copy. The "
        "server answers each, so the client sees as many OFFERs as there are relays times servers.",
        "RFC 2131 section 3.1 point 3 lets a client receive several OFFERs; RFC 1542 section 4.1.1 has "
        "each relay forward.",
        "Nothing has to change. To save the copies, relay on the switch where the client is attached "
        "only (ARP/ND suppression does not stop DHCP; some systems offer a local-only DHCP relay "
        "knob), and make sure that both copies lead to the same lease: one server, or servers that "
        "key leases on the client identifier.",
    ),
    Explanation(
        "server-id-override-used",
        INFO,
        "The server took the relay's address as its server identifier",
        "Option 54 of the reply is the address of relay sub-option 11, so the client will send "
        "renewals and its RELEASE to the relay.",
        "The relay asked for it because the client's VRF has no route to the server.",
        "RFC 5107 section 4: the server uses the sub-option as server identifier and accepts it from "
        "clients.",
        "Nothing: this is what an inter-VRF relay needs. The relay must stay up for unicast renewals "
        "to work.",
    ),
    Explanation(
        "server-id-override-ignored",
        WARNING,
        "The server answered with its own identifier although the relay asked for an override",
        "The request carried sub-option 11, the reply holds another address in option 54. The client "
        "will unicast its renewals to that address.",
        "The server does not implement the sub-option (dnsmasq does, IOS XE does; Kea accepts it in "
        "requests but never sends it; ISC dhcpd needs a configuration statement), or it implements "
        "only the Cisco private 152.",
        "RFC 5107 section 4: a server that knows the sub-option uses its address as server "
        "identifier; one that does not ignores it and answers with its own.",
        "Kea: load the flex-option hook and supersede option 54 by relay4[11].hex. ISC dhcpd: declare "
        "agent option 11 and set dhcp-server-identifier from it. Elsewhere give the client's VRF a "
        "route to the server, and expect the lease to survive through REBINDING (T2) only.",
    ),
    Explanation(
        "renew-to-relay",
        INFO,
        "The renewal went to the relay, which passed it on",
        "The client unicast its renewal to an address of the relay agent, since option 54 names the "
        "relay. The relay forwarded it, to every helper address: servers that did not give the lease "
        "see it as well.",
        "Server identifier override is at work.",
        "RFC 5107 section 4: the relay forwards what clients send to the override address; RFC 2131 "
        "sections 4.1 and 4.4.5: renewals are unicast to the server identifier.",
        "Nothing. With several servers, use ones that stay silent about leases they do not own (not a "
        "dnsmasq pair).",
    ),
    Explanation(
        "giaddr-wrong-subnet",
        ERROR,
        "The address offered does not belong to the subnet of giaddr or link selection",
        "The client was given an address it cannot use on its segment.",
        "The server chose the pool by another field than the relay meant: giaddr is a loopback or "
        "uplink address and the server does not know sub-option 5.",
        "RFC 2131 section 4.3.1: giaddr selects the subnet; RFC 3527 section 3: link selection, where "
        "present, goes before it.",
        "Relay: use the segment's interface address as giaddr, or send sub-option 5 in RFC form; "
        "server: one that honours it, or a pool tied to the giaddr.",
    ),
    Explanation(
        "giaddr-replaced",
        WARNING,
        "A second relay put its own address over giaddr",
        "The server chooses the network of the second relay, and the client is given an address that does not fit its link, or none.",
        "The second relay treats what a first one sends as if a client had sent it: a proxy, or a firewall with a relay of its own between "
        "the first relay and the server.",
        "RFC 1542 section 4.1.1: a relay must not change a giaddr that is set; it counts hops and passes the request on.",
        "Let the first relay send to the server itself, or switch off the second one for what is relayed already; where its address has "
        "to be in giaddr, let it name the client's link (sub-option 5, RFC 3527).",
    ),
    Explanation(
        "option-82-stripped",
        WARNING,
        "The server did not return option 82",
        "The relay sent option 82 and the reply comes back without it.",
        "The server does not implement RFC 3046, or is configured not to echo it.",
        "RFC 3046 section 2.2: a server that knows the option SHALL echo all of it.",
        "Server: switch relay information on (IOS: `ip dhcp relay information option` handling on "
        "servers is on by default; Windows from 2012). A relay that maps replies by circuit-id drops "
        "such replies.",
    ),
    Explanation(
        "option-82-leaked-to-client",
        WARNING,
        "The client received option 82",
        "The reply on the client's segment still holds relay agent information.",
        "The relay did not remove what it added, or the reply went around the relay (server unicast "
        "to the client).",
        "RFC 3046 section 2.1: the relay MUST remove the option before it forwards to the client.",
        "Relay: enable its option 82 handling on the interface that receives the replies as well.",
    ),
    Explanation(
        "relay-without-link-selection",
        ERROR,
        "The relay uses a giaddr outside the client's subnet and does not say which subnet it means",
        "giaddr is a loopback or uplink address, and there is no link selection sub-option.",
        "The source interface was set without option 82, or the relay cannot send sub-option 5, or it "
        "uses Cisco's private 150, which other servers ignore.",
        "RFC 2131 section 4.3.1: without other information giaddr selects the subnet; RFC 3527 "
        "section 3: link selection is meant for a giaddr elsewhere.",
        "EOS: `ip dhcp relay information option`. IOS XE: `ip dhcp compatibility suboption "
        "link-selection standard`. Kea: list the giaddr under the subnet's relay addresses.",
    ),
    Explanation(
        "vss-not-understood",
        WARNING,
        "The server did not understand the virtual subnet selection",
        "The server complained about sub-option 151, or returned 152 together with 151, which means "
        "that it did not use the VRF name.",
        "The server does not know VRFs (Kea, dnsmasq, ISC dhcpd), or the relay wrote the VRF name "
        "without the type octet (EOS; IOS XE then logs `Bad VPN information type`).",
        "RFC 6607 section 3.5: sub-option 151 starts with a type octet; section 7.2: a server that "
        "supports it does not return 152.",
        "Server: do not tie the pool to a VRF (IOS XE: no `vrf` in the pool). Where VRFs overlap, use "
        "a relay that writes the type octet, or one server per VRF.",
    ),
    Explanation(
        "relay-dropped",
        WARNING,
        "A relay dropped a DHCP message",
        "The relay's own log says that it did not forward the message, and why.",
        "The reason is in the log line: no address on the interface, hop limit, option 82 from an "
        "untrusted port, a reply that matches no request.",
        "RFC 1542 section 4.1.1 (hops, giaddr), section 4.1.2 (replies); RFC 3046 section 2.1 (option 82 "
        "from untrusted ports, size limits).",
        "Relay: remove the cause that the log names: give the interface an address, trust the port "
        "that option 82 comes from, raise the hop limit only where relays are really chained that "
        "deep.",
    ),
    Explanation(
        "relayed-and-routed",
        WARNING,
        "One unicast request reached the server twice: routed and relayed",
        "The client's renewal or release was forwarded as any packet, and a relay agent took a copy of it and relayed that as well.",
        "The relay captures every packet to port 67 that passes, not only those that are for it.",
        "RFC 2131 section 4.3.2: a renewal is unicast, so no relay agent is involved.",
        "Relay: let it listen on the client's ports for broadcasts and its own addresses only, or drop what it relays from "
        "forwarding. The server sees two requests with different giaddr: choose the pool by the client's subnet for both.",
    ),
    Explanation(
        "option-82-changed",
        WARNING,
        "The server returned other relay information than it was sent",
        "A sub-option of option 82 in the reply differs from the one in the request.",
        "The server, or a device between, rewrites the option.",
        "RFC 3046 section 2.2: the server echoes the entire contents.",
        "Find who changes it; a relay that maps replies by circuit-id sends them to the wrong port or drops them.",
    ),
    Explanation(
        "option-82-untrusted",
        ERROR,
        "Requests with option 82 and no giaddr are dropped",
        "A request arrives that holds relay information although no relay forwarded it.",
        "A switch with DHCP snooping in front inserts option 82 and leaves giaddr 0; the next device does not trust that.",
        "RFC 3046 section 2.1: option 82 from an untrusted circuit with giaddr 0 is discarded.",
        "On the snooping switch: `no ip dhcp snooping information option`; or on the device that drops: `ip dhcp relay "
        "information trusted` on the interface (`ip dhcp relay information trust-all` for all of them).",
    ),
    Explanation(
        "no-scope-for-giaddr",
        ERROR,
        "The server has no subnet for the network the request came from",
        "The server received the request and has nothing configured for its giaddr, link selection or interface.",
        "The subnet is not declared; without a relay, the interface has no address in a declared subnet; with one, giaddr is a "
        "loopback or uplink address, or the relay does not say which link it means.",
        "RFC 2131 section 4.3.1: the server chooses by giaddr; RFC 3527 section 3: by link selection where present.",
        "Declare subnet and pool of the network the client is in. Without a relay that is the network of the interface on which the "
        "request arrives: give that interface an address in it. With a relay it is that of giaddr; where giaddr is a loopback, have the "
        "relay send link selection, or tie the pool to the giaddr (Kea: relay ip-addresses; dnsmasq: "
        "dhcp-range with the giaddr's network; ISC: shared-network).",
    ),
    Explanation(
        "relay-loop",
        ERROR,
        "Two relays send a request to each other",
        "The request goes from one to the other and back, with one hop more each time, until the limit of hops ends it.",
        "Each of the two has the other as its server (helper address), or one of them relays what comes by unicast.",
        "RFC 1542 section 4.1.1: a relay drops a request whose hops exceed its limit (4 at first, at most 16).",
        "Correct the helper address: it has to be the server's, or a relay's that is nearer to it.",
    ),
    Explanation(
        "answered-in-other-network",
        ERROR,
        "Answers go into another VLAN or VNI than the question came from",
        "DISCOVERs of a client are in one VLAN (or VXLAN segment), OFFERs to it with the same xid in another, and no REQUEST follows.",
        "A native VLAN or a port's VLAN differs at the two ends of a link, a VLAN is mapped to the wrong VNI, or a server answers "
        "on the wrong subinterface.",
        "RFC 2131 section 4.1: a server without a relay in between answers on the network the message came from.",
        "Compare native VLAN, allowed VLANs and VLAN to VNI mapping at both ends of the link.",
    ),
    Explanation(
        "counters-dropping",
        WARNING,
        "A device counts DHCP messages that it did not pass on",
        "A table shows drops, or messages that came in and never went out.",
        "The table does not say why; the device's debug does.",
        "RFC 1542 section 4.1: what a relay has to do with a request and with a reply.",
        "Read the counters twice to see which of them grow, then switch on the device's DHCP debug for one client.",
    ),
    Explanation(
        "replies-not-visible",
        INFO,
        "A capture does not show the replies to some clients",
        "Requests of these clients are in the capture, the answers to them cannot be.",
        "Servers and relays answer by unicast, so a host on the segment does not see its neighbours' answers; a mirror may copy "
        "one direction only.",
        "RFC 2131 section 4.1: replies are unicast unless the broadcast flag is set.",
        "Capture both directions, at the client, at the relay or at the server.",
    ),
)
