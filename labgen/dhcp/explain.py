"""What each finding means: the text behind `docs/findings/<code>.md` and the reports."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import wrap

from labgen.dhcp.model import Severity


@dataclass(frozen=True, slots=True)
class Explanation:
    """One kind of finding. `what` it is, `why` it happens, the `clause` it follows from, and
    the `change` that removes it, on the device it names.
    """

    code: str
    severity: Severity
    title: str
    what: str
    why: str
    clause: str
    change: str


INFO, WARNING, ERROR = Severity.INFO, Severity.WARNING, Severity.ERROR

_CATALOGUE = (
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
        "renew-unreachable",
        ERROR,
        "A unicast renewal never reached a server",
        "The client sent a REQUEST to the address in option 54 and no server and no relay with that "
        "address answered; the client keeps retrying until T2 and then broadcasts.",
        "Option 54 is an address the client's VRF has no route to (server in another VRF, no "
        "override), or the server has no route back to the client's subnet.",
        "RFC 2131 sections 4.1 and 4.4.5: the renewal is unicast to the server identifier; RFC 5107 "
        "was written for this.",
        "Relay: send sub-option 11 (server identifier override) and use a server that honours it; or "
        "leak routes between the client's VRF and the server's.",
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
        "offer-ignored",
        INFO,
        "An OFFER was not used by the client",
        "The client had chosen another OFFER, or was bound already, when this one came.",
        "Several relays or several servers answer each DISCOVER and the client takes one, mostly the first.",
        "RFC 2131 section 3.1 point 3: the client may choose any; section 4.4.1.",
        "Nothing. An OFFER that is late on every exchange points to a server that pings before it "
        "offers (IOS XE takes 2 seconds); switch that off where the pool is exclusive.",
    ),
    Explanation(
        "ack-ignored",
        INFO,
        "A second ACK was not used by the client",
        "The client was bound when another ACK for the same transaction came.",
        "The REQUEST is flooded and relayed by several switches and each copy is acknowledged.",
        "RFC 2131 section 4.4.1: the client moves to BOUND on the first ACK.",
        "Nothing, as long as both ACKs carry the same address. See double-lease when they do not.",
    ),
    Explanation(
        "unexpected-address",
        WARNING,
        "A server was asked for an address it did not offer",
        "The REQUEST names an address which this server did not offer to, or does not hold for, this client.",
        "The relay copies the REQUEST to every server. Normally a server sees a foreign server "
        "identifier and knows that it was not chosen; with server identifier override every server "
        "finds the relay's address there, so each believes it was chosen.",
        "RFC 2131 section 4.3.2: in SELECTING state the server identifier tells who was chosen; RFC "
        "5107 section 4 replaces it by the relay's address for every server.",
        "Give redundant servers disjoint pools and use servers that stay silent in this case (IOS XE, "
        "Kea, ISC dhcpd).",
    ),
    Explanation(
        "nak-suppressed",
        INFO,
        "A server would have sent a NAK but did not",
        "The server found the request wrong and kept silent, because the override means that another "
        "server may be the one addressed.",
        "It is the right reaction of a redundant server behind an overriding relay.",
        "RFC 2131 section 4.3.2 would have the server send a NAK for a wrong address; RFC 5107 "
        "section 4 makes it doubtful that the server was meant.",
        "Nothing.",
    ),
    Explanation(
        "nak-sent",
        WARNING,
        "A server refused the client with a NAK",
        "The client has to give up the address and start again with DISCOVER.",
        "The address does not fit the subnet, the server does not know the lease and is "
        "authoritative, or a redundant server believes that it was chosen (dnsmasq with server "
        "identifier override).",
        "RFC 2131 section 4.3.2: a NAK answers a REQUEST for an address on the wrong network, or for "
        "an address the server knows to be wrong; section 3.1 point 5: the client starts over.",
        "When the client moved between subnets: nothing. With redundant servers: replace or "
        "re-configure the server that does not own the lease so that it stays silent (remove "
        "dhcp-authoritative from dnsmasq).",
    ),
    Explanation(
        "pool-address-leaked",
        WARNING,
        "A server that was not chosen still holds an address for the client",
        "Beside the lease in use, another server reserved or bound an address from its own pool.",
        "It offered, and never learned that the client chose another server: with server identifier "
        "override the REQUEST looks as if it were meant for it. IOS XE keeps the binding until its "
        "timer ends.",
        "RFC 2131 section 3.1 point 4: servers not selected may reclaim the address.",
        "Size each pool for all clients, shorten the offer or bootp timers where the server has them, "
        "and clear the binding on that server when addresses run short.",
    ),
    Explanation(
        "double-lease",
        ERROR,
        "Two leases for one client, or one address leased to two clients",
        "Servers acknowledged different addresses to one client in one exchange, or the same address "
        "is bound to two clients.",
        "Redundant servers without shared state answered the same REQUEST, or their pools overlap.",
        "RFC 2131 section 1.6: an address is used by one client at a time.",
        "Servers: make the pools disjoint, or run them as one (Kea HA, dhcpd failover, IOS database "
        "sharing).",
    ),
    Explanation(
        "release-unmatched",
        WARNING,
        "A RELEASE found no lease at the server",
        "A server received a RELEASE it has no binding for, or a RELEASE was sent that no server saw.",
        "The relay copies the RELEASE to all servers; only one owns the lease. When none does, the "
        "RELEASE went to an address that is not the owner, and the lease stays until it expires.",
        "RFC 2131 section 4.4.4: the RELEASE is unicast to the server; section 4.3.4: no message "
        "answers it; RFC 5107 section 4 where the server identifier is the relay's address.",
        "On a non-owner: nothing. When the owner never saw it: fix the path as for renew-unreachable.",
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
        "no-reply",
        ERROR,
        "The client got no answer",
        "A DISCOVER or REQUEST was sent and nothing came back to the client.",
        "In the order to check: the relay is not on the segment or has no helper in the right VRF; no "
        "route from the server to giaddr; the server has no pool for giaddr or link selection; the "
        "reply is lost behind the relay (anycast giaddr returns to the nearest switch).",
        "RFC 2131 section 4.1: the client retransmits with growing pauses; RFC 1542 section 4.1: what "
        "each relay has to do with a request and with a reply.",
        "Look at the last hop that saw the message: the ladder shows it.",
    ),
    Explanation(
        "rogue-server",
        ERROR,
        "A server that is not yours answered",
        "An OFFER or ACK came from a server identifier which no configured server or relay owns.",
        "A home router, a virtual machine, or a test server is connected to the segment.",
        "RFC 2131 section 7: DHCP has no authentication, so anybody on the segment can answer.",
        "Switch: enable DHCP snooping on the segment, trust the uplinks only; find the port by the "
        "source MAC.",
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
        "offers-not-taken",
        ERROR,
        "OFFERs were sent again and again, and no REQUEST followed",
        "A client sends DISCOVER, a server answers with an OFFER, the client sends DISCOVER again.",
        "The OFFER does not come back to the client: no route from the server to giaddr, giaddr in another VRF or shared by "
        "several relays (anycast), a firewall between server and relay, a snooping switch that does not trust the port "
        "of the server. Or it comes, and the client refuses it: an option it needs is missing.",
        "RFC 2131 section 3.1 point 3 and section 4.4.1: a client that receives no OFFER in time sends DISCOVER again.",
        "Check in this order: route from the server to giaddr; giaddr reachable in the right VRF and on one relay only; the "
        "relay accepts replies on the port they arrive on; UDP 67 to 67 passes firewalls; the port towards the server is trusted for "
        "DHCP snooping. Capture at the client to see whether the OFFER arrives.",
    ),
    Explanation(
        "answered-late",
        INFO,
        "The first answer came late, after several DISCOVERs",
        "The client is served, but it had to ask for seconds before anything answered.",
        "The client's port does not forward yet (spanning tree listening and learning, 802.1X), the relay or its ARP entry has to "
        "come up first, or the server is slow.",
        "RFC 2131 section 4.1: the client retransmits with growing pauses.",
        "Switch: make client ports edge ports (portfast). Server: switch off the ping check where the pool is exclusive.",
    ),
    Explanation(
        "renew-unanswered",
        WARNING,
        "Renewals were not answered",
        "The client sent renewals to its server and no answer was seen; no witness tells whether a server received them.",
        "The server is down or was replaced, or the path from the client to the server identifier is blocked in one direction.",
        "RFC 2131 section 4.4.5: the client goes on until T2 and then asks every server by broadcast.",
        "Capture at the server, or look at its log: with that as a further input labgen tells which side is at fault.",
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
        "pool-exhausted",
        ERROR,
        "The server has no free address for this network",
        "The server received the request, chose a pool, and found it used up, or its failover peer holds what is left.",
        "More clients than addresses, leases that are too long for clients that come and go, addresses given up as conflicts, or a "
        "failover pair that is out of step.",
        "RFC 2131 section 4.3.1: a server that has no address to offer may report the problem and does not answer.",
        "Enlarge the pool, shorten the lease, look at abandoned and reserved addresses; with failover: bring the peer back, or "
        "declare it down.",
    ),
    Explanation(
        "no-scope-for-giaddr",
        ERROR,
        "The server has no subnet for the network the request came from",
        "The server received the request and has nothing configured for its giaddr, link selection or interface.",
        "The subnet is not declared, giaddr is a loopback or uplink address, or the relay does not say which link it means.",
        "RFC 2131 section 4.3.1: the server chooses by giaddr; RFC 3527 section 3: by link selection where present.",
        "Declare the subnet and pool of that giaddr; where giaddr is a loopback, have the relay send link selection, or tie the "
        "pool to the giaddr (Kea: relay ip-addresses; dnsmasq: dhcp-range with the giaddr's network; ISC: shared-network).",
    ),
    Explanation(
        "address-conflict",
        ERROR,
        "An address is used by somebody who has no lease for it",
        "A client declined the address it was given, or the server's probe was answered, so the address was given up.",
        "A host with a static address inside the pool, a second server with an overlapping pool, or a device that answers "
        "ARP for everything.",
        "RFC 2131 section 4.3.3: the server marks the address as not available and tells the administrator; section 4.4.1: "
        "the client checks the address before it uses it.",
        "Find the host by its MAC address (ARP table of the gateway), then exclude the address from the pool or give the host "
        "a reservation.",
    ),
    Explanation(
        "duplicate-client-id",
        ERROR,
        "Two machines send the same client identifier",
        "Servers take them for one client, so both are given one address, or take it from each other.",
        "Virtual machines cloned with their machine-id or DUID, or devices that all send the same text.",
        "RFC 2131 section 4.2: a client identifier is unique in its subnet, and the server uses it as the key of the lease.",
        "Give each machine an identity of its own (new /etc/machine-id, new DUID), or have it identify by its MAC address.",
    ),
    Explanation(
        "renewal-loop",
        WARNING,
        "A client renews much more often than its lease asks for",
        "The client keeps its address, and asks for it again and again after a short time.",
        "The lease is very short, the client's clock or T1 is wrong, or it renews at each event of its link.",
        "RFC 2131 section 4.4.5: T1 is half of the lease.",
        "Server: check lease time, options 58 and 59. Client: look for link flaps and for programs that trigger renewals.",
    ),
    Explanation(
        "request-refused",
        ERROR,
        "A server says why it does not serve a client",
        "The server received the request and its log gives the reason for not answering it.",
        "An interface without address, a reservation that somebody else uses, a policy that denies the client.",
        "RFC 2131 section 4.3.1: a server answers only what its configuration allows.",
        "Remove the cause the log names.",
    ),
    Explanation(
        "node-complains",
        WARNING,
        "A DHCP program reports an error of its own",
        "A socket, an interface or a file could not be used.",
        "The log line says what failed.",
        "RFC 2131 section 4.1: client and server send and receive on UDP ports 68 and 67.",
        "Remove the cause the log names.",
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
        "server-unreachable",
        ERROR,
        "The network or the host answers a DHCP message with an ICMP error",
        "A host or a router sent ICMP destination unreachable or time exceeded about a packet to or from a DHCP port.",
        "Port unreachable: no DHCP server (or relay) listens there, or not in that VRF. Host or network unreachable, prohibited: a "
        "route or a filter on the way. Time exceeded: the packet goes round in a loop.",
        "RFC 792: destination unreachable and time exceeded; RFC 2131 section 4.1: servers listen on UDP port 67.",
        "Start the server on that address, or correct the helper address; the sender of the ICMP message shows where the way ends.",
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
        "This capture does not show replies",
        "Requests of these clients are in the capture, the answers to them cannot be.",
        "Servers and relays answer by unicast, so a host on the segment does not see its neighbours' answers; a mirror may copy "
        "one direction only.",
        "RFC 2131 section 4.1: replies are unicast unless the broadcast flag is set.",
        "Capture both directions, at the client, at the relay or at the server.",
    ),
)


def explanations() -> tuple[Explanation, ...]:
    """Every kind of finding, in the order of the documentation."""
    return _CATALOGUE


def explain(code: str) -> Explanation:
    """The page for a finding's code; KeyError for a code that does not exist."""
    for item in _CATALOGUE:
        if item.code == code:
            return item
    raise KeyError(code)


def as_markdown(item: Explanation) -> str:
    """The page `docs/findings/<code>.md`."""
    return (
        f"# {item.code}\n\n{item.title}. Severity: {item.severity.value}.\n\n"
        f"## What it is\n\n{_filled(item.what)}\n\n## Why it happens\n\n{_filled(item.why)}\n\n"
        f"## Where it is written\n\n{_filled(item.clause)}\n\n## What to change\n\n{_filled(item.change)}\n"
    )


def as_index() -> str:
    """The page `docs/findings/README.md`: every code with its title."""
    rows = "\n".join(f"| [{i.code}]({i.code}.md) | {i.severity.value} | {i.title} |" for i in _CATALOGUE)
    return (
        "# Findings\n\nWhat `labgen analyze` and `labgen verify` explain. Each finding comes with the lines and "
        "frames that show it.\n\n| code | severity | what it says |\n|---|---|---|\n" + rows + "\n"
    )


def _filled(text: str) -> str:
    return "\n".join(wrap(text, 100, break_on_hyphens=False, break_long_words=False))
