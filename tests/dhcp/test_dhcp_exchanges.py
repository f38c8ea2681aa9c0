"""Exchanges rebuilt from sightings."""

from __future__ import annotations

from dataclasses import replace

import pytest
from dhcp_story import ACK, DISCOVER, EVERYONE, NAK, OFFER, RELEASE, REQUEST, Story

from labgen.dhcp import Direction, Exchange, ExchangeOutcome, Kind, Message, MessageRole, reconstruct
from labgen.dhcp.message import MessageType


def only(messages: list[Message]) -> Exchange:
    (exchange,) = reconstruct(messages)
    return exchange


def test_acquisition_is_one_exchange_with_every_sighting() -> None:
    story = Story().acquire()
    exchange = only(story.told)
    assert (exchange.kind, exchange.outcome) == (Kind.ACQUIRE, ExchangeOutcome.BOUND)
    assert (exchange.address, exchange.server_id, exchange.lease_seconds) == ("172.16.0.6", "172.16.0.4", 60)
    assert len(exchange.messages) == 8


def test_copies_of_two_relays_and_two_servers_stay_in_one_exchange() -> None:
    story = Story().acquire()
    for via, server in (("sw2", "srv1"), ("sw1", "srv2"), ("sw2", "srv2")):
        story.relayed(DISCOVER, via, server)
        story.answer(OFFER, via, server, yiaddr="172.16.0.132")
        story.at_client(OFFER, via, yiaddr="172.16.0.132", server_id="172.16.0.5")
    assert len(only(story.told).messages) == 17


def renewal(story: Story, **fields: object) -> None:
    fields = {"src": "172.16.0.6", "ciaddr": "172.16.0.6", "dst": "172.16.0.4", **fields}
    story.client(REQUEST, **fields)
    story.relayed(REQUEST, "sw1", "srv1", ciaddr="172.16.0.6")
    story.answer(ACK, "sw1", "srv1", yiaddr="172.16.0.6", lease_seconds=60)
    story.at_client(ACK, "sw1", yiaddr="172.16.0.6", server_id="172.16.0.4", lease_seconds=60)


@pytest.mark.parametrize(
    ("dst", "kind"), [("172.16.0.4", Kind.RENEW), (EVERYONE, Kind.REBIND)], ids=["unicast", "broadcast"]
)
def test_renewal_under_the_same_xid_is_an_exchange_of_its_own(dst: str, kind: Kind) -> None:
    story = Story().acquire()
    story.now += 30
    renewal(story, dst=dst)
    acquired, renewed = reconstruct(story.told)
    assert (acquired.kind, len(acquired.messages)) == (Kind.ACQUIRE, 8)
    assert (renewed.kind, renewed.outcome, len(renewed.messages)) == (kind, ExchangeOutcome.RENEWED, 4)


def test_two_renewals_in_quick_succession_are_two_exchanges() -> None:
    story = Story().acquire()
    for _ in range(2):
        story.now += 3
        renewal(story)
    assert [exchange.kind for exchange in reconstruct(story.told)] == [Kind.ACQUIRE, Kind.RENEW, Kind.RENEW]


def test_renewal_without_answer_followed_by_rebinding() -> None:
    story = Story().acquire()
    story.now += 30
    story.client(REQUEST, src="172.16.0.6", ciaddr="172.16.0.6", dst="10.0.0.2")
    story.now += 15
    renewal(story, dst=EVERYONE)
    _, renew, rebind = reconstruct(story.told)
    assert (renew.kind, renew.outcome) == (Kind.RENEW, ExchangeOutcome.NO_REPLY)
    assert (rebind.kind, rebind.outcome) == (Kind.REBIND, ExchangeOutcome.RENEWED)


@pytest.mark.parametrize(("after", "kind"), [(30.0, Kind.RENEW), (54.0, Kind.REBIND)])
def test_relayed_renewal_without_client_witness_is_told_by_its_time(after: float, kind: Kind) -> None:
    story = Story().acquire()
    story.now += after
    story.relayed(REQUEST, "sw1", "srv1", ciaddr="172.16.0.6")
    story.answer(ACK, "sw1", "srv1", yiaddr="172.16.0.6")
    assert reconstruct(story.told)[1].kind is kind


def test_nak_ends_an_exchange() -> None:
    story = Story()
    story.client(REQUEST, requested="172.16.9.9")
    story.relayed(REQUEST, "sw1", "srv1", requested="172.16.9.9")
    story.answer(NAK, "sw1", "srv1")
    story.at_client(NAK, "sw1", server_id="172.16.0.4")
    exchange = only(story.told)
    assert (exchange.outcome, exchange.address) == (ExchangeOutcome.NAK, "172.16.9.9")


def test_ack_that_arrives_before_a_nak_counts() -> None:
    story = Story().acquire()
    story.answer(NAK, "sw2", "srv2")
    story.at_client(NAK, "sw2", server_id="172.16.0.5")
    assert only(story.told).outcome is ExchangeOutcome.BOUND


def test_retransmitted_discover_stays_in_its_exchange() -> None:
    story = Story()
    for pause in (0, 4, 8, 16):
        story.now += pause
        story.client(DISCOVER)
    exchange = only(story.told)
    assert (exchange.outcome, len(exchange.messages)) == (ExchangeOutcome.NO_REPLY, 4)


def test_ack_the_client_never_received_leaves_the_exchange_incomplete() -> None:
    story = Story().acquire()
    assert only(story.told[:-1]).outcome is ExchangeOutcome.INCOMPLETE


def test_without_client_witness_the_servers_ack_counts() -> None:
    told = [message for message in Story().acquire().told if message.role is MessageRole.SERVER]
    assert only(told).outcome is ExchangeOutcome.BOUND


def test_release_in_three_copies_is_one_exchange() -> None:
    story = Story().acquire()
    story.xid = 7
    story.now += 20
    for _ in range(3):
        story.client(RELEASE, ciaddr="172.16.0.6", dst="172.16.0.4", server_id="172.16.0.4")
        story.relayed(RELEASE, "sw1", "srv1", ciaddr="172.16.0.6")
    released = reconstruct(story.told)[1]
    assert (released.kind, released.outcome, len(released.messages)) == (
        Kind.RELEASE,
        ExchangeOutcome.RELEASED,
        6,
    )


def test_witness_without_xid_joins_by_client_and_order() -> None:
    story = Story().acquire()
    told = [replace(m, xid=None) if m.role is MessageRole.SERVER else m for m in story.told]
    assert len(only(told).messages) == 8


def test_client_identifier_that_holds_the_mac_is_the_same_client() -> None:
    text = "cisco-0200.0000.00c1-Gi0/1"
    name = (b"\0" + text.encode()).hex(":")
    told = [
        replace(m, mac=None, client_id=name) if m.role is MessageRole.SERVER else m
        for m in Story().acquire().told
    ]
    exchange = only(told)
    assert (exchange.client.mac, exchange.client.client_id) == ("02:00:00:00:00:c1", name)


def test_client_log_without_mac_and_xid_belongs_to_who_got_the_address() -> None:
    told = [
        replace(m, mac=None, xid=None) if m.role is MessageRole.CLIENT else m for m in Story().acquire().told
    ]
    assert only(told).client.mac == "02:00:00:00:00:c1"


def test_bootp_sightings_of_a_relay_log_join_the_exchange() -> None:
    story = Story().acquire()
    for kind in (MessageType.BOOTREQUEST, MessageType.BOOTREPLY):
        seen = replace(
            story.told[1], type=kind, node="sw1", role=MessageRole.RELAY, direction=Direction.TX, xid=None
        )
        story.told.append(replace(seen, file="sw1.log"))
    assert len(only(story.told).messages) == 10


def test_late_log_line_of_the_request_does_not_open_another_exchange() -> None:
    told = Story().acquire().told
    early = [replace(m, time=(m.time or 0) - 0.004) if m.role is MessageRole.SERVER else m for m in told]
    assert len(only(early).messages) == 8


def test_clients_do_not_mix() -> None:
    one, other = Story().acquire(), Story().acquire("172.16.0.7")
    told = one.told + [replace(m, mac="02:00:00:00:00:c2") for m in other.told]
    assert [e.address for e in reconstruct(told)] == ["172.16.0.6", "172.16.0.7"]


def test_nothing_seen_is_no_exchange() -> None:
    assert reconstruct([]) == ()
