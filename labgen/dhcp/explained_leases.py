"""Findings about leases, and about clients and servers that do not agree."""

from __future__ import annotations

from labgen.dhcp.explanation import Explanation
from labgen.dhcp.model import Severity

INFO, WARNING, ERROR = Severity.INFO, Severity.WARNING, Severity.ERROR

LEASES = (
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
        "ack-other-address",
        WARNING,
        "A server acknowledged another address than the client asked for",
        "The REQUEST names an address, and the ACK gives another one. Some clients take it, others drop the ACK and ask on, or keep the "
        "old address.",
        "A reservation was made for a client that had an address already, or the server's table changed between the OFFER and the "
        "REQUEST, and the server does not refuse the old address with a NAK.",
        "RFC 2131 section 4.3.2: a server that finds the requested address wrong answers with a NAK.",
        "Release the address at the client, or remove its old lease at the server; use a server that sends a NAK.",
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
        "When the client moved between subnets: nothing. When a server refuses what it offered itself: remove the reason that it gives "
        "(an address in use, a limit), or look it up in its log. When the lease is another server's: have both share their leases, or "
        "have the one that does not own it stay silent (remove dhcp-authoritative from dnsmasq).",
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
        "A server received a RELEASE it has no binding for, a RELEASE was sent that no server saw, or one that names no address or "
        "another server.",
        "The relay copies the RELEASE to all servers; only one owns the lease. When none does, the "
        "RELEASE went to an address that is not the owner, and the lease stays until it expires.",
        "RFC 2131 section 4.4.4: the RELEASE is unicast to the server; section 4.3.4: no message "
        "answers it; RFC 5107 section 4 where the server identifier is the relay's address.",
        "On a non-owner: nothing. When the owner never saw it: fix the path as for renew-unreachable.",
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
        "competing-servers",
        WARNING,
        "Two servers on one link contradict each other",
        "To the same clients one server offers addresses of one subnet with one router, another server those of another subnet, "
        "or another router. Which of them is meant the packets do not tell; clients take the first OFFER they get.",
        "Somebody plugged a home router into the network with its LAN side, left the DHCP server of a virtual machine or of "
        "a replaced gateway running, or tries to become the clients' gateway.",
        "RFC 2131 section 3.1 point 3: the client may choose any OFFER; section 4.3.1: options are those of the client's subnet.",
        "Find the port of the MAC address that should not answer, and switch DHCP snooping on. `--server ADDRESS` tells labgen "
        "which server is yours.",
    ),
    Explanation(
        "lease-unusable",
        WARNING,
        "The server gives a lease that cannot work",
        "The address is the router's, the network's or the broadcast address of its subnet, or the router is outside the subnet, "
        "no classless routes say how it is reached, and it is not the relay (whose port may borrow an address). Or classless "
        "routes without a default route make clients ignore the router, the subnet mask is 0.0.0.0 or has gaps, the server identifier is "
        "nobody's address. Or the ACK has no server identifier, no subnet mask, no lease time, one of 0, "
        "or a renewal time that is not before its end.",
        "The pool reaches over the addresses that are not for clients, or options of another subnet are attached to it.",
        "RFC 2132 section 3.5: routers are on the client's subnet; RFC 3442: classless routes, where present, take their place; "
        "RFC 1122 section 3.2.1.3: addresses that no host has; RFC 2131 section 4.3.1: what an ACK has to hold.",
        "Server: mend the option that the finding names (lease time, options 58 and 59, router, routes); where it is the address, take it "
        "out of the pool.",
    ),
    Explanation(
        "release-forged",
        WARNING,
        "A RELEASE did not come from the client it speaks for",
        "On the client's own link its other messages come from its hardware address, and the RELEASE from another one, which neither "
        "answers nor relays.",
        "A tool that gives back the leases of others, so that their addresses are leased again while they are in use.",
        "RFC 2131 section 7: DHCP is insecure; section 4.4.6: the client itself gives up its lease.",
        "Switch: find the port of that hardware address; DHCP snooping checks that the Ethernet source of a RELEASE is the client's.",
    ),
    Explanation(
        "starvation",
        WARNING,
        "Many clients that do not exist use up the addresses",
        "Within a minute dozens of hardware addresses that were never seen before ask once each and never take what they are "
        "offered, often from one Ethernet address; or they ask, without DISCOVER, for one address after the other.",
        "A tool that exhausts pools (DHCP starvation), so that a server of its own is the only one left to answer; or a test of load.",
        "RFC 2131 section 7: DHCP is insecure, and a client that uses up all addresses is named there; section 4.3.1: the server "
        "holds what it has offered.",
        "Switch: port security and DHCP snooping with a rate limit and the check of the hardware address, on the port of that "
        "Ethernet address. Server: let offers time out soon.",
    ),
    Explanation(
        "offers-not-taken",
        ERROR,
        "OFFERs were sent again and again, and no REQUEST followed",
        "A client sends DISCOVER, a server answers with an OFFER, the client sends DISCOVER again.",
        "The OFFER does not come back to the client. On the server's own link: a switch, bridge or access point between them, or a "
        "filter on a host, drops it. Behind a relay: no route from the server to giaddr, giaddr in another VRF or shared by "
        "several relays (anycast), a firewall between server and relay, a snooping switch that does not trust the port "
        "of the server. Or it comes, and the client refuses it: an option it needs is missing.",
        "RFC 2131 section 3.1 point 3 and section 4.4.1: a client that receives no OFFER in time sends DISCOVER again.",
        "Capture at the client to see whether the OFFER arrives; where it does, compare its options with those that the client needs. "
        "Where it does not and no relay is between them: filters on both hosts, the bridge or access point, the port trusted for "
        "DHCP snooping. With a relay: route from the server to giaddr; giaddr reachable in the right VRF and on one relay only; the "
        "relay accepts replies on the port they arrive on; UDP 67 to 67 passes firewalls; the port towards the server is trusted for "
        "DHCP snooping.",
    ),
    Explanation(
        "acks-not-taken",
        ERROR,
        "ACKs were sent again and again, and the client asks on",
        "The client took an OFFER and sent its REQUEST; the server acknowledged it, and the client sends the same REQUEST again.",
        "The ACK does not reach the client: the relay drops it, it leaves by another port or VLAN, a filter or snooping without "
        "trust eats it, or the relay's table maps it to another interface than the OFFER's.",
        "RFC 2131 section 4.1: the client retransmits when nothing comes; section 4.4.1: it is bound with the ACK.",
        "Capture one hop nearer to the client, and look for the ACK there. At the relay: its counters and the port the ACK is sent to.",
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
        "A client renews much more often than its lease asks for, or begins anew instead",
        "The client keeps its address, and asks for it again and again after a short time; or it begins anew each time its lease is over.",
        "The lease is very short, the client's clock or T1 is wrong, or it renews at each event of its link.",
        "RFC 2131 section 4.4.5: T1 is half of the lease.",
        "Server: check lease time, options 58 and 59. Client: look for link flaps and for programs that trigger renewals.",
    ),
    Explanation(
        "frame-loop",
        WARNING,
        "One frame was captured many times in a moment",
        "A DHCP message is in the capture dozens of times within a second, each with the IP identification of the first.",
        "Switches are in a loop, with spanning tree off or a port that should be blocked; servers and relays get each copy.",
        "RFC 791 section 3.2: the identification tells one datagram from another; a client that sends again uses another one.",
        "Switches: look for the port whose counters of broadcasts run away, and for a cable or bridge that joins two ports.",
    ),
    Explanation(
        "inform-storm",
        WARNING,
        "A host asks for options again and again",
        "A host that has an address sends INFORM every few seconds, for minutes.",
        "A program that looks for a proxy or a boot server starts over each time, often since the option it wants is not in the answer.",
        "RFC 2131 section 3.4: INFORM asks for parameters alone; section 4.4.3: the client is answered by unicast.",
        "Look at the options it asks for (option 55), and give them; or switch off what asks for them (Web Proxy Auto-Discovery asks for "
        "option 252).",
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
        "claimed-in-words",
        WARNING,
        "Somebody writes what fails",
        "A sentence of the text, not of a program, says that nobody answers, that a client gets no address, or that a port is taken.",
        "Its writer saw it; labgen found no error that shows it.",
        "RFC 2131 section 3.1: DISCOVER, OFFER, REQUEST and ACK make a lease.",
        "Add what shows it: a capture of UDP ports 67 and 68 at the client or the relay, or the server's log.",
    ),
    Explanation(
        "server-unreachable",
        ERROR,
        "The network shows that a server or relay is out of reach",
        "A host or a router sent ICMP destination unreachable or time exceeded about a packet to or from a DHCP port, or a server asked "
        "by ARP for the relay's address and nobody answered.",
        "Port unreachable: no DHCP server (or relay) listens there, or not in that VRF. Host or network unreachable, prohibited: a "
        "route or a filter on the way. Time exceeded: the packet goes round in a loop. No answer to ARP: giaddr is no address of the relay "
        "on this link.",
        "RFC 792: destination unreachable and time exceeded; RFC 2131 section 4.1: servers listen on UDP port 67.",
        "Where the address is a server's: start the server on it, or correct the helper address. Where it is a relay's (giaddr): give the "
        "server a route back to it, in the right VRF, or have the relay use an address that has one. The sender of the ICMP message shows "
        "where the way ends.",
    ),
)
