"""Ladders: what they say, how they look."""

from __future__ import annotations

from dataclasses import replace

import pytest
from dhcp_story import ACK, DISCOVER, OFFER, REQUEST, Story, made, option82

from labgen.dhcp import Context, Exchange, Message, MessageRole, reconstruct
from labgen.dhcp.context import AddressBook
from labgen.dhcp.ladder import duration, ladder
from labgen.dhcp.ladder_text import ASCII, draw, mermaid
from labgen.dhcp.model import Direction

DRAWING = """\
acquire: cl_a (02:00:00:00:00:c1) bound to 172.16.0.6, server identifier 172.16.0.4, lease 1m, xid 0x1bfe

       cl_a                10.0.0.4                srv1
                                                 10.0.0.2
  0.000  │─────DISCOVER───────┄│                     │
  0.001  │                     │─────DISCOVER───────▶│  giaddr 10.0.0.4  link 172.16.0.0  override 172.16.0.4
         │                     │                     │  circuit Vlan1000
  0.002  │                     │┄───────OFFER────────│  172.16.0.6  id 172.16.0.4
  0.003  │◀───────OFFER────────│                     │  172.16.0.6  id 172.16.0.4
  0.004  │──────REQUEST───────┄│                     │  asks 172.16.0.6  id 172.16.0.4
  0.005  │                     │──────REQUEST───────▶│  giaddr 10.0.0.4  asks 172.16.0.6  id 172.16.0.4
  0.006  │                     │┄────────ACK─────────│  172.16.0.6  id 172.16.0.4  lease 1m
  0.007  │◀────────ACK─────────│                     │  172.16.0.6  id 172.16.0.4  lease 1m
         │                     │                     │
"""


def exchange(story: Story) -> Exchange:
    return reconstruct(story.told)[0]


def redundant() -> Exchange:
    story = Story().acquire()
    for via, server in (("sw2", "srv1"), ("sw1", "srv2"), ("sw2", "srv2")):
        story.relayed(DISCOVER, via, server)
        story.answer(OFFER, via, server, yiaddr="172.16.0.132")
        story.at_client(OFFER, via, yiaddr="172.16.0.132", server_id="172.16.0.5")
    return exchange(story)


def test_drawing_of_an_acquisition() -> None:
    assert draw(ladder(exchange(Story().acquire()))) == DRAWING


def test_every_relay_and_server_has_a_column() -> None:
    columns = [(column.name, column.role) for column in ladder(redundant()).columns]
    assert columns == [
        ("cl_a", MessageRole.CLIENT),
        ("10.0.0.4", MessageRole.RELAY),
        ("10.0.0.5", MessageRole.RELAY),
        ("srv1", MessageRole.SERVER),
        ("srv2", MessageRole.SERVER),
    ]


def test_context_names_the_relays() -> None:
    found = redundant()
    book = AddressBook([found], Context(addresses={"10.0.0.4": "sw1", "10.0.0.5": "sw2"}))
    assert [column.name for column in ladder(found, book).columns] == ["cl_a", "sw1", "sw2", "srv1", "srv2"]


def test_broadcast_is_one_step_that_reaches_every_relay() -> None:
    (first, *_) = ladder(redundant()).steps
    assert (first.type, first.source, first.targets) == (DISCOVER, 0, (1, 2))


def test_both_ends_of_a_hop_are_one_step_with_two_witnesses() -> None:
    story = Story().acquire()
    arrived = story.told[1]
    story.told.append(
        replace(
            arrived,
            node="10.0.0.4",
            role=MessageRole.RELAY,
            direction=story.told[0].direction,
            file="sw1.pcap",
        )
    )
    found = ladder(exchange(story))
    steps = [step for step in found.steps if step.type is DISCOVER]
    assert [len(step.evidence) for step in steps] == [1, 2]


def test_replies_the_client_did_not_use_are_marked() -> None:
    fates = [step.fate for step in ladder(redundant()).steps if step.type is OFFER and step.targets == (0,)]
    assert fates == ["", "ignored", "ignored", "ignored"]


def test_relays_option_82_is_told_once() -> None:
    told = " ".join(word for step in ladder(redundant()).steps for word in step.details)
    assert told.count("override 172.16.0.4") == 1


def test_dropped_message_ends_in_a_cross() -> None:
    story = Story()
    sent = story.client(DISCOVER)
    story.add(
        replace(
            sent,
            node="sw1",
            role=MessageRole.RELAY,
            dropped=True,
            note="no address",
            direction=story.told[0].direction,
        )
    )
    assert "✗" in draw(ladder(exchange(story)))


def test_late_line_of_a_log_is_drawn_where_it_belongs() -> None:
    told = [
        replace(m, time=round(m.time or 0, 2)) if m.role is MessageRole.SERVER else m
        for m in Story().acquire().told
    ]
    order = [step.type for step in ladder(reconstruct(told)[0]).steps]
    assert order == [DISCOVER, DISCOVER, OFFER, OFFER, REQUEST, REQUEST, ACK, ACK]


def crowd(count: int) -> Exchange:
    story = Story().acquire()
    for number in range(count):
        giaddr = f"10.0.{number}.4"
        story.relayed(
            DISCOVER, "sw1", "srv1", giaddr=giaddr, relay_options=option82("sw1", server_id_override=giaddr)
        )
    return exchange(story)


@pytest.mark.parametrize("count", [0, 1, 3, 6, 12, 30])
@pytest.mark.parametrize("strokes", ["unicode", "ascii"])
def test_no_line_is_wider_than_the_terminal(count: int, strokes: str) -> None:
    found = ladder(crowd(count))
    text = draw(found, strokes=ASCII) if strokes == "ascii" else draw(found)
    assert max(len(line) for line in text.splitlines()) <= 110
    assert strokes == "unicode" or text.isascii()


def test_long_notes_wrap_and_keep_their_words() -> None:
    story = Story().acquire()
    note = "asked for 172.16.0.6, holds 172.16.0.132; no NAK sent: server identifier override"
    story.relayed(REQUEST, "sw1", "srv2", requested="172.16.0.6", note=note)
    text = draw(ladder(exchange(story)))
    assert "! asked for 172.16.0.6" in text
    assert max(map(len, text.splitlines())) <= 110


def test_mermaid_is_a_sequence_diagram_with_all_parties() -> None:
    lines = mermaid(ladder(redundant())).splitlines()
    assert lines[0] == "sequenceDiagram"
    assert "    participant p1 as 10.0.0.4" in lines
    assert "    p0-->p1: DISCOVER" in lines
    assert "    p0-->p2: DISCOVER" in lines
    assert any("-->>p0: OFFER" in line for line in lines)


def test_mermaid_has_no_character_that_ends_a_statement() -> None:
    story = Story().acquire()
    story.relayed(REQUEST, "sw1", "srv2", note="one; two #3")
    body = [line.split(": ", 1)[-1] for line in mermaid(ladder(exchange(story))).splitlines()]
    assert not any(";" in line or "#" in line for line in body)


@pytest.mark.parametrize(
    ("seconds", "text"), [(86400, "1d"), (43200, "12h"), (5400, "90m"), (45, "45s"), (0, "0s")]
)
def test_durations_are_whole_units(seconds: int, text: str) -> None:
    assert duration(seconds) == text


def test_without_clock_the_gutter_is_empty() -> None:
    told = [replace(message, time=None) for message in Story().acquire().told]
    assert draw(ladder(reconstruct(told)[0])).splitlines()[4].startswith("         │")


def captured(*, arrives: bool) -> Exchange:
    """Server and relay were captured; the server's OFFER reaches the relay's port, or does not."""
    story = Story()
    story.client(DISCOVER)
    story.told.append(
        made(DISCOVER, "sw1", MessageRole.RELAY, Direction.RX, giaddr=None, src="0.0.0.0", time=story.now)
    )
    story.relayed(DISCOVER, "sw1", "srv1")
    offer = story.answer(OFFER, "sw1", "srv1", yiaddr="172.16.0.6")
    if arrives:
        story.told.append(
            replace(offer, node="sw1", role=MessageRole.RELAY, direction=Direction.RX, file="sw1.pcap")
        )
    return exchange_of([replace(m, frame=n, line=None) for n, m in enumerate(story.told, 1)])


def exchange_of(told: list[Message]) -> Exchange:
    return reconstruct([replace(message, xid=0x1BFE) for message in told])[0]


def book() -> AddressBook:
    known = {"10.0.0.4": "sw1", "10.0.0.2": "srv1"}
    return AddressBook(
        [], Context(addresses=known, roles={"sw1": MessageRole.RELAY, "srv1": MessageRole.SERVER})
    )


def test_nobody_is_drawn_receiving_what_did_not_arrive_at_a_captured_port() -> None:
    found = ladder(captured(arrives=False), book())
    (offer,) = [step for step in found.steps if step.type is OFFER]
    assert (offer.fate, offer.targets, found.columns[offer.towards or 0].name) == ("lost", (), "sw1")
    assert offer.notes == ("last seen leaving srv1, on its way to sw1",)
    line = next(line for line in draw(found).splitlines() if "OFFER" in line)
    assert "✗" in line and "◀" not in line


def test_what_arrived_is_drawn_arriving() -> None:
    found = ladder(captured(arrives=True), book())
    (offer,) = [step for step in found.steps if step.type is OFFER]
    assert (offer.fate, [found.columns[at].name for at in offer.targets], offer.unseen) == ("", ["sw1"], ())
    assert "◀" in next(line for line in draw(found).splitlines() if "OFFER" in line)


def test_frame_that_reaches_a_relay_on_two_ways_is_one_row() -> None:
    """A DISCOVER flooded over a fabric comes to a VTEP more than once: it is one frame, all of its sightings are kept."""
    story = Story()
    story.client(DISCOVER)
    for file in ("sw1-eth1.pcap", "sw1-eth2.pcap", "sw1-vlan.pcap"):
        sighting = story.client(DISCOVER)
        story.told[-1] = replace(
            sighting, node="sw1", role=MessageRole.RELAY, direction=Direction.RX, file=file
        )
    (row,) = ladder(exchange(story)).steps
    assert row.type is DISCOVER
    assert len(row.evidence) == 4


def test_message_sent_again_is_a_row_of_its_own() -> None:
    story = Story()
    for _ in range(2):
        story.client(DISCOVER)
        sighting = story.client(DISCOVER)
        story.told[-1] = replace(
            sighting, node="sw1", role=MessageRole.RELAY, direction=Direction.RX, file="sw1.pcap"
        )
        story.now += 3.0
    assert [step.type for step in ladder(exchange(story)).steps] == [DISCOVER, DISCOVER]


def test_copies_of_one_relay_are_branches_of_one_row() -> None:
    rows = [step for step in ladder(redundant()).steps if step.type is DISCOVER]
    assert [(row.source, row.targets) for row in rows] == [(0, (1, 2)), (1, (3, 4)), (2, (3, 4))]


def test_answers_of_servers_are_never_put_together() -> None:
    offers = [step for step in ladder(redundant()).steps if step.type is OFFER and step.source > 2]
    assert all(len(row.targets) == 1 for row in offers)
    assert len(offers) == 4
