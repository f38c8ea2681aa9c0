"""Stories of leases that are renewed, refused, held twice and released, and what is found in a story."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dhcp_story import ACK, DISCOVER, NAK, OFFER, RELEASE, REQUEST, Story

from labgen.dhcp import Binding, Context, Finding, MessageRole, MessageType, find, reconstruct

MAC = "02:00:00:00:00:c1"
Told = Callable[[Story], Context | None]

OTHER_MAC = "02:00:00:00:00:c2"


def findings(tell: Told) -> list[Finding]:
    story = Story()
    context = tell(story)
    return find(reconstruct(story.told), context)


def renewal(story: Story, dst: str, *, heard: bool) -> None:
    story.acquire()
    story.now += 30
    story.client(REQUEST, src="172.16.0.6", ciaddr="172.16.0.6", dst=dst)
    if heard:
        story.relayed(REQUEST, "sw1", "srv1", ciaddr="172.16.0.6")
        story.answer(ACK, "sw1", "srv1", yiaddr="172.16.0.6")
        story.at_client(ACK, "sw1", yiaddr="172.16.0.6", server_id="172.16.0.4")


def renew_lost(story: Story) -> None:
    renewal(story, "10.0.0.2", heard=False)


def renew_relayed(story: Story) -> None:
    renewal(story, "172.16.0.4", heard=True)


def other_server(story: Story, *, note: str | None = None) -> None:
    """srv2 offered another address and gets the REQUEST too, which looks as if it were meant for it."""
    story.acquire()
    story.relayed(DISCOVER, "sw1", "srv2")
    story.answer(OFFER, "sw1", "srv2", yiaddr="172.16.0.132")
    story.relayed(REQUEST, "sw1", "srv2", requested="172.16.0.6", server_id="172.16.0.4", note=note)


def suppressed(story: Story) -> None:
    other_server(
        story, note="asked for 172.16.0.6, holds 172.16.0.132; no NAK sent: server identifier override"
    )


def leaked_pool(story: Story) -> Context:
    other_server(story)
    return Context(bindings=(Binding("172.16.0.132", "srv2", MAC, file="srv2.csv", line=3),))


def nak(story: Story) -> None:
    story.client(REQUEST, requested="172.16.0.99")
    story.relayed(REQUEST, "sw1", "srv1", requested="172.16.0.99")
    story.answer(NAK, "sw1", "srv1", note="lease not found")
    story.at_client(NAK, "sw1", server_id="172.16.0.4")


def other_address(story: Story) -> None:
    story.client(REQUEST, requested="172.16.0.6")
    story.relayed(REQUEST, "sw1", "srv1", requested="172.16.0.6")
    story.answer(ACK, "sw1", "srv1", yiaddr="172.16.0.77", server_id="172.16.0.4")
    story.at_client(ACK, "sw1", yiaddr="172.16.0.77", server_id="172.16.0.4")


def two_addresses(story: Story) -> None:
    story.acquire()
    story.relayed(REQUEST, "sw1", "srv2", requested="172.16.0.6", server_id="172.16.0.4")
    story.answer(ACK, "sw1", "srv2", yiaddr="172.16.0.132")


def same_address(story: Story) -> None:
    story.acquire()
    other = Story(xid=9, start=110).acquire()
    story.told.extend(replace(message, mac=OTHER_MAC) for message in other.told)


def same_binding(story: Story) -> Context:
    held = (Binding("172.16.0.6", "srv1", MAC), Binding("172.16.0.6", "srv2", OTHER_MAC))
    return Context(bindings=held)


def released_twice(story: Story) -> None:
    story.acquire()
    story.xid = 5
    story.now += 9
    story.client(RELEASE, ciaddr="172.16.0.6", dst="172.16.0.4")
    story.relayed(RELEASE, "sw1", "srv2", ciaddr="172.16.0.6", note="no lease")


def release_lost(story: Story) -> None:
    story.acquire()
    story.xid = 5
    story.now += 9
    story.client(RELEASE, ciaddr="172.16.0.6", dst="10.0.0.2")


def renewed_all_the_time(story: Story) -> None:
    story.acquire()
    for _ in range(6):
        story.xid = (story.xid or 0) + 1
        story.now += 10
        story.client(REQUEST, src="172.16.0.6", ciaddr="172.16.0.6", dst="10.0.0.2")
        story.at_client(ACK, "sw1", yiaddr="172.16.0.6", server_id="172.16.0.4", lease_seconds=60)


def relayed_over(story: Story) -> None:
    """sw1 relays to sw2, which takes it for a client's own DISCOVER."""
    bare = {"relay_options": None, "option82": False}
    story.client(DISCOVER)
    story.relayed(DISCOVER, "sw1", "srv1", dst="10.0.0.5", hops=1, **bare)
    story.relayed(DISCOVER, "sw2", "srv1", hops=2, **bare)


def looped(story: Story) -> None:
    """One broadcast that a tap sees sixty times in a moment."""
    sent = story.client(MessageType.DISCOVER)
    story.told = [
        replace(
            sent,
            role=MessageRole.TRANSIT,
            node="tap",
            line=None,
            frame=at,
            file="tap.pcap",
            copy=at > 1,
            time=100 + at / 1e3,
        )
        for at in range(1, 61)
    ]


def informed_all_the_time(story: Story) -> None:
    for _ in range(40):
        story.xid = (story.xid or 0) + 1
        story.client(MessageType.INFORM, src="172.16.0.6", ciaddr="172.16.0.6")
        story.now += 2


def given_up_by_another(story: Story) -> None:
    """A RELEASE that another machine on the client's link sent."""
    client, server = "02:00:00:00:00:0a", "02:00:00:00:00:0b"
    for kind, sender in (
        (DISCOVER, client),
        (OFFER, server),
        (REQUEST, client),
        (ACK, server),
        (RELEASE, "02:00:00:00:00:99"),
    ):
        story.xid = 9 if kind is RELEASE else 8
        address = (
            {"ciaddr": "172.16.0.6"}
            if kind is RELEASE
            else {"yiaddr": "172.16.0.6"}
            if kind in (OFFER, ACK)
            else {}
        )
        made = story.client(kind, server_id="172.16.0.4", **address)
        number = len(story.told)
        story.told[-1] = replace(
            made,
            role=MessageRole.TRANSIT,
            node="tap",
            line=None,
            frame=number,
            file="tap.pcap",
            mac=client,
            link_source=sender,
        )
