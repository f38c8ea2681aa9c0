"""Each finding appears where it should, shows its evidence, and stays away where it should not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from dhcp_lease_stories import (
    MAC,
    OTHER_MAC,
    Told,
    findings,
    given_up_by_another,
    informed_all_the_time,
    leaked_pool,
    looped,
    nak,
    other_address,
    other_server,
    relayed_over,
    released_twice,
    renew_lost,
    renew_relayed,
    renewed_all_the_time,
    suppressed,
    two_addresses,
)
from dhcp_story import ACK, DISCOVER, OFFER, REQUEST, Story, option82

from labgen.dhcp import Context, MessageRole, MessageType
from labgen.dhcp.explain import explain, explanations
from labgen.dhcp.model import Counter
from labgen.dhcp.remarks import Cause, Remark
from labgen.dhcp.vantage import Vantage, vantages


def quiet(story: Story) -> None:
    """One relay, one server that honours the override: only that is worth a word."""
    story.acquire()


def two_relays(story: Story) -> None:
    story.acquire()
    story.relayed(DISCOVER, "sw2", "srv1")
    story.answer(OFFER, "sw2", "srv1", yiaddr="172.16.0.6")
    story.at_client(OFFER, "sw2", yiaddr="172.16.0.6", server_id="172.16.0.5")


def second_ack(story: Story) -> None:
    story.acquire()
    story.relayed(REQUEST, "sw2", "srv1", requested="172.16.0.6", server_id="172.16.0.4")
    story.answer(ACK, "sw2", "srv1", yiaddr="172.16.0.6")
    story.at_client(ACK, "sw2", yiaddr="172.16.0.6", server_id="172.16.0.5")


def override_ignored(story: Story) -> None:
    story.client(DISCOVER)
    story.relayed(DISCOVER, "sw1", "srv1")
    story.answer(OFFER, "sw1", "srv1", yiaddr="172.16.0.6", server_id="10.0.0.2")


def wrong_subnet(story: Story) -> None:
    story.client(DISCOVER)
    story.relayed(DISCOVER, "sw1", "srv1")
    story.answer(OFFER, "sw1", "srv1", yiaddr="10.9.9.9")


def stripped(story: Story) -> None:
    story.client(DISCOVER)
    story.relayed(DISCOVER, "sw1", "srv1")
    story.answer(OFFER, "sw1", "srv1", yiaddr="172.16.0.6", option82=False, relay_options=None)


def leaked_option(story: Story) -> None:
    story.acquire()
    story.told[3] = replace(story.told[3], option82=True, relay_options=option82("sw1"))


def silence(story: Story) -> None:
    story.client(DISCOVER)
    story.relayed(DISCOVER, "sw1", "srv1")


def rogue(story: Story) -> Context:
    story.acquire()
    story.at_client(
        OFFER, "sw1", src="172.16.0.77", giaddr=None, yiaddr="192.168.1.5", server_id="172.16.0.77"
    )
    return Context(servers=frozenset({"10.0.0.2"}))


def bare_loopback(story: Story) -> Context:
    story.client(DISCOVER)
    story.relayed(DISCOVER, "sw1", "srv1", option82=False, relay_options=None)
    return Context(subnets=("172.16.0.0/24",))


def vss(story: Story) -> None:
    story.client(DISCOVER)
    story.relayed(DISCOVER, "sw1", "srv1", relay_options=option82("sw1", vss="client", vss_control=True))
    info = option82("sw1", vss="client", vss_control=True)
    story.answer(OFFER, "sw1", "srv1", yiaddr="172.16.0.6", relay_options=info)


def dropped(story: Story) -> None:
    sent = story.client(DISCOVER)
    story.add(
        replace(sent, node="sw1", role=MessageRole.RELAY, dropped=True, note="interface has no address")
    )


def offered_in_vain(story: Story) -> None:
    for _ in range(3):
        story.client(DISCOVER)
        story.relayed(DISCOVER, "sw1", "srv1")
        story.answer(OFFER, "sw1", "srv1", yiaddr="172.16.0.6")
        story.now += 4


def asked_for_long(story: Story) -> None:
    for pause in (2, 4):
        story.client(DISCOVER)
        story.now += pause
    story.acquire()


def rebound(story: Story) -> None:
    """A wire that shows no server: a renewal without answer, then a rebinding with one."""
    for message in Story().acquire().told:
        if message.role is MessageRole.CLIENT:
            story.add(message)
    story.now += 30
    story.client(REQUEST, src="172.16.0.6", ciaddr="172.16.0.6", dst="10.0.0.2")
    story.now += 15
    story.client(REQUEST, src="172.16.0.6", ciaddr="172.16.0.6")
    story.at_client(ACK, "sw1", yiaddr="172.16.0.6", server_id="10.0.0.3", lease_seconds=60)


def twice_on_the_way(story: Story) -> None:
    story.acquire()
    story.now += 30
    story.client(REQUEST, src="172.16.0.6", ciaddr="172.16.0.6", dst="10.0.0.2")
    bare = {"option82": False, "relay_options": None, "giaddr": None, "src": "172.16.0.6"}
    story.relayed(REQUEST, "sw1", "srv1", ciaddr="172.16.0.6", **bare)
    story.relayed(REQUEST, "sw1", "srv1", ciaddr="172.16.0.6")
    story.answer(ACK, "sw1", "srv1", yiaddr="172.16.0.6")


def rewritten(story: Story) -> None:
    story.client(DISCOVER)
    story.relayed(DISCOVER, "sw1", "srv1")
    other = option82("sw1", circuit_id="Vlan2000")
    story.answer(OFFER, "sw1", "srv1", yiaddr="172.16.0.6", relay_options=other)


def said(cause: Cause, words: str, role: MessageRole = MessageRole.SERVER) -> Told:
    """A story in which a server says something on the line after the DISCOVER it got."""

    def tell(story: Story) -> Context:
        silence(story)
        node = "srv1" if role is MessageRole.SERVER else "sw1"
        remark = Remark(node, role, words, cause, file=f"{node}.log", line=3, text=words)
        return Context(remarks=(remark,))

    return tell


def claimed(words: str) -> Told:
    """A story in which somebody writes beside a lease that was given."""

    def tell(story: Story) -> Context:
        quiet(story)
        remark = Remark("srv1", MessageRole.TRANSIT, words, Cause.CLAIMED, file="page.md", line=3, text=words)
        return Context(remarks=(remark,))

    return tell


def declined(story: Story) -> None:
    story.acquire()
    story.now += 1
    story.client(MessageType.DECLINE, requested="172.16.0.6")


def cloned(story: Story) -> None:
    identity = "ff:00:00:00:01:00:02:00:00:ab:11:aa:bb"
    for start, mac in ((100, MAC), (200, OTHER_MAC), (300, MAC)):
        told = Story(xid=start, start=start).acquire().told
        story.told += [replace(message, mac=mac, client_id=identity) for message in told]


def counted(story: Story) -> Context:
    rows = (("rx", 120), ("tx", 0), ("drops", 120))
    return Context(
        counters=tuple(Counter("sw1", "Offer", n, v, MessageRole.RELAY, "sw1.txt", 3) for n, v in rows)
    )


def to_and_fro(story: Story) -> None:
    for hops, src, dst in (
        (1, "10.0.0.4", "10.0.0.5"),
        (2, "10.0.0.5", "10.0.0.4"),
        (3, "10.0.0.4", "10.0.0.5"),
    ):
        sent = story.client(DISCOVER)
        story.told[-1] = replace(
            sent,
            role=MessageRole.TRANSIT,
            node="tap",
            line=None,
            frame=hops,
            file="tap.pcap",
            hops=hops,
            src=src,
            dst=dst,
        )


def crossed(story: Story) -> None:
    """DISCOVERs in one VLAN, OFFERs in another, both on the wire."""
    for kind, vlan in ((DISCOVER, 10), (OFFER, 20)):
        sent = story.client(DISCOVER)
        story.told[-1] = replace(
            sent,
            type=kind,
            role=MessageRole.TRANSIT,
            node="tap",
            line=None,
            frame=1,
            file="tap.pcap",
            vlan=vlan,
            giaddr=None,
        )


def unusable(story: Story) -> None:
    story.acquire()
    story.told[-1] = replace(story.told[-1], mask="255.255.255.0", router="172.16.9.1")
    story.told[-2] = replace(story.told[-2], router="172.16.9.1")


def competing(story: Story) -> None:
    """OFFERs of two servers on one link, on the wire."""
    for number, subnet in ((1, "172.16.0"), (2, "192.168.7")):
        sent = story.client(DISCOVER)
        story.told[-1] = replace(
            sent,
            type=OFFER,
            role=MessageRole.TRANSIT,
            node="tap",
            line=None,
            frame=number,
            file="tap.pcap",
            src=f"{subnet}.1",
            server_id=f"{subnet}.1",
            yiaddr=f"{subnet}.9",
            mask="255.255.255.0",
            router=f"{subnet}.1",
        )


def acknowledged_in_vain(story: Story) -> None:
    story.acquire()
    for pause in (4, 8):
        story.now += pause
        story.client(REQUEST, requested="172.16.0.6", server_id="172.16.0.4")
        story.relayed(REQUEST, "sw1", "srv1", requested="172.16.0.6", server_id="172.16.0.4")
        story.answer(ACK, "sw1", "srv1", yiaddr="172.16.0.6")
        story.at_client(ACK, "sw1", yiaddr="172.16.0.6", server_id="172.16.0.4")


def crowd(story: Story) -> None:
    """One Ethernet address asks for many hardware addresses, once each."""
    for number in range(30):
        story.xid = number
        sent = story.client(DISCOVER)
        story.told[-1] = replace(
            sent,
            role=MessageRole.TRANSIT,
            node="tap",
            line=None,
            frame=number + 1,
            file="tap.pcap",
            mac=f"02:00:00:00:01:{number:02x}",
            link_source="02:00:00:00:00:99",
        )


def overheard(story: Story) -> Context:
    """A neighbour's broadcasts in a capture: it was answered, or not; who can tell."""
    sent = story.client(REQUEST, requested="172.16.0.6")
    story.told[0] = replace(sent, role=MessageRole.TRANSIT, node="tap", line=None, frame=1, file="tap.pcap")
    return Context(vantages=vantages(story.told, {"tap.pcap": Vantage("tap.pcap", wire=True)}))


CASES = {
    "release-forged": (
        given_up_by_another,
        "tap",
        "comes from 02:00:00:00:00:99, not from 02:00:00:00:00:0a",
    ),
    "acks-not-taken": (acknowledged_in_vain, "cl_a", "were sent 3 times and the client asks again"),
    "starvation": (crowd, "tap", "asks for 30 hardware addresses within 1 s, and 30 of them"),
    "lease-unusable": (unusable, "172.16.0.4", "the router 172.16.9.1 is outside 172.16.0.0/24"),
    "competing-servers": (
        competing,
        "172.16.0.1 and 192.168.7.1",
        "192.168.7.1 offers 192.168.7.0/24 with the router 192.168.7.1",
    ),
    "offers-not-taken": (
        offered_in_vain,
        "srv1",
        "172.16.0.6 from 172.16.0.4 were sent to giaddr 10.0.0.4 3 times",
    ),
    "answered-late": (asked_for_long, None, "after 6.0 s, at DISCOVER number 3"),
    "renew-unanswered": (rebound, "10.0.0.2", "sent to 10.0.0.2; the rebinding was answered by 10.0.0.3"),
    "relayed-and-routed": (twice_on_the_way, "10.0.0.4", "and through the relay 10.0.0.4"),
    "option-82-changed": (rewritten, "srv1", "circuit-id Vlan1000 came back as Vlan2000"),
    "option-82-untrusted": (said(Cause.UNTRUSTED, "giaddr is zero"), "srv1", "giaddr is zero"),
    "pool-exhausted": (said(Cause.POOL_EXHAUSTED, "no free leases"), "srv1", "srv1 says: no free leases"),
    "no-scope-for-giaddr": (said(Cause.NO_SCOPE, "no subnet"), "srv1", "srv1 says: no subnet"),
    "request-refused": (said(Cause.REFUSED, "not allowed"), "srv1", "srv1 says: not allowed"),
    "node-complains": (said(Cause.FAILED, "send: down"), "srv1", "srv1 says: send: down"),
    "claimed-in-words": (claimed("nobody answers"), "srv1", "somebody writes: nobody answers"),
    "relay-loop": (to_and_fro, "tap", "10.0.0.4 and 10.0.0.5 relay the DISCOVER to each other, up to 3 hops"),
    "answered-in-other-network": (crossed, "tap", "DISCOVERs in VLAN 10 are answered in VLAN 20"),
    "server-unreachable": (
        said(Cause.UNREACHABLE, "udp port 67 unreachable"),
        "srv1",
        "srv1 says: udp port 67 unreachable",
    ),
    "address-conflict": (declined, "cl_a", "172.16.0.6: declined by the client"),
    "duplicate-client-id": (cloned, None, "use it at the same time: 172.16.0.6"),
    "renewal-loop": (renewed_all_the_time, None, "renewed 6 times, every 10 s, with a lease of 1m"),
    "giaddr-replaced": (relayed_over, "10.0.0.5", "10.0.0.5 put 10.0.0.5 in place of the giaddr 10.0.0.4"),
    "inform-storm": (informed_all_the_time, "cl_a", "172.16.0.6 sent 40 INFORMs, every 2.0 s"),
    "frame-loop": (looped, "tap", "one DISCOVER was captured 60 times within 0.1 s"),
    "counters-dropping": (counted, "sw1", "120 Offer dropped"),
    "replies-not-visible": (overheard, "tap", "1 client asked"),
    "duplicate-relay": (two_relays, "srv1", "through 10.0.0.4 and 10.0.0.5"),
    "server-id-override-used": (quiet, "srv1", "172.16.0.4"),
    "server-id-override-ignored": (
        override_ignored,
        "srv1",
        "asked to use 172.16.0.4 as server identifier and used 10.0.0.2",
    ),
    "renew-unreachable": (renew_lost, "10.0.0.2", "renewals of 172.16.0.6 sent to 10.0.0.2"),
    "renew-to-relay": (renew_relayed, "10.0.0.4", "passed it to srv1"),
    "offer-ignored": (two_relays, None, "172.16.0.6 from 172.16.0.5"),
    "ack-ignored": (second_ack, None, "172.16.0.6 from 172.16.0.5"),
    "unexpected-address": (other_server, "srv2", "asked for 172.16.0.6; its own offer was 172.16.0.132"),
    "nak-suppressed": (suppressed, "srv2", "srv2 sent no NAK for 172.16.0.6"),
    "ack-other-address": (other_address, "srv1", "was asked for 172.16.0.6 and acknowledged 172.16.0.77"),
    "nak-sent": (nak, "srv1", "refused 172.16.0.99: lease not found"),
    "pool-address-leaked": (leaked_pool, "srv2", "srv2 still holds 172.16.0.132"),
    "double-lease": (two_addresses, None, "172.16.0.6 and 172.16.0.132 by srv1 and srv2"),
    "release-unmatched": (released_twice, "srv2", "no lease for the RELEASE of 172.16.0.6"),
    "giaddr-wrong-subnet": (wrong_subnet, "srv1", "gave 10.9.9.9, outside 172.16.0.0/24"),
    "option-82-stripped": (stripped, "srv1", "replied without it"),
    "option-82-leaked-to-client": (leaked_option, "10.0.0.4", "OFFER with option 82 to the client"),
    "no-reply": (silence, "srv1", "no answer to DISCOVER (acquire); last seen arriving at srv1"),
    "rogue-server": (rogue, "172.16.0.77", "unknown server 172.16.0.77"),
    "relay-without-link-selection": (bare_loopback, "10.0.0.4", "giaddr 10.0.0.4 outside 172.16.0.0/24"),
    "vss-not-understood": (vss, "srv1", "did not use the VRF name"),
    "relay-dropped": (dropped, "sw1", "sw1 dropped DISCOVER: interface has no address"),
}


@pytest.mark.parametrize("code", CASES)
def test_finding_appears_with_node_message_and_evidence(code: str) -> None:
    tell, node, text = CASES[code]
    found = [finding for finding in findings(tell) if finding.code == code]
    assert found, f"{code} was not found"
    assert found[0].node == node
    assert text in found[0].message
    assert found[0].severity is explain(code).severity
    assert found[0].evidence
    assert all(item.file and (item.line or item.frame) for item in found[0].evidence)


@pytest.mark.parametrize("cause", [Cause.POOL_EXHAUSTED, Cause.NO_SCOPE, Cause.REFUSED])
def test_reason_that_a_server_gives_stands_in_place_of_no_answer(cause: Cause) -> None:
    assert "no-reply" not in {finding.code for finding in findings(said(cause, "that is why"))}


@pytest.mark.parametrize("code", sorted(set(CASES) - {"server-id-override-used"}))
def test_clean_exchange_has_no_such_finding(code: str) -> None:
    assert code not in {finding.code for finding in findings(quiet)}


def test_every_explained_code_has_a_case() -> None:
    assert set(CASES) == {item.code for item in explanations()}


def test_findings_are_given_once_and_in_order_of_the_exchanges() -> None:
    found = findings(two_relays)
    assert len(found) == len(set(found))
