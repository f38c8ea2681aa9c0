"""What is passed over at a glance is what no rule finds anything in; what is made quickly equals what its class makes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from labgen.dhcp.capture import read_capture
from labgen.dhcp.context import AddressBook, Context
from labgen.dhcp.exchanges import reconstruct
from labgen.dhcp.findings import CLIENT_RULES, RULES
from labgen.dhcp.message import Direction, Message, MessageRole, MessageType
from labgen.dhcp.model import Client, Exchange
from labgen.dhcp.relay_options import RelayOptions
from labgen.dhcp.rules import competing, quoted_reasons, wrong_network
from labgen.dhcp.rules.case import Case, History
from labgen.dhcp.rules.ordinary import ordinary_agent
from labgen.dhcp.rules.override import used_as_usual
from labgen.dhcp.rules.serving import server_id_override_used
from labgen.dhcp.vantage import vantages

FOLDERS = [Path(__file__).parents[1] / "analyze" / name for name in ("cases", "stories")]
CAPTURES = sorted(file for folder in FOLDERS for file in folder.glob("*.pcap"))
AGENT = RelayOptions(circuit_id="Vlan10", link_selection="198.51.100.0")


def relayed() -> list[Message]:
    """An acquisition as a tap on both sides of a relay sees it."""
    common = Message(
        MessageType.DISCOVER, "tap", MessageRole.TRANSIT, Direction.RX, time=1.0, src="0.0.0.0", dst="255.255.255.255",
        mac="00:00:5e:00:53:01", xid=7166, option82=False, hops=0, file="tap.pcap", frame=1,
    )  # fmt: skip
    up = {
        "src": "192.0.2.1",
        "dst": "192.0.2.10",
        "giaddr": "192.0.2.1",
        "option82": True,
        "relay_options": AGENT,
        "hops": 1,
    }
    down = {**up, "src": "192.0.2.10", "dst": "192.0.2.1"}
    given = {
        "yiaddr": "198.51.100.20",
        "server_id": "192.0.2.10",
        "mask": "255.255.255.0",
        "lease_seconds": 3600,
    }
    to_client = {"src": "192.0.2.1", "giaddr": "192.0.2.1", "dst": "255.255.255.255"}
    asked = {"requested": "198.51.100.20", "server_id": "192.0.2.10"}
    steps: tuple[tuple[MessageType, dict[str, Any]], ...] = (
        (MessageType.DISCOVER, {}), (MessageType.DISCOVER, up), (MessageType.OFFER, {**down, **given}),
        (MessageType.OFFER, {**to_client, **given}), (MessageType.REQUEST, asked), (MessageType.REQUEST, {**up, **asked}),
        (MessageType.ACK, {**down, **given}), (MessageType.ACK, {**to_client, **given}),
    )  # fmt: skip
    return [
        replace(common, type=kind, time=1 + n / 100, frame=n + 1, **more)
        for n, (kind, more) in enumerate(steps)
    ]


def only(messages: list[Message]) -> Exchange:
    (exchange,) = reconstruct(messages)
    return exchange


def is_ordinary(exchange: Exchange) -> bool:
    agent = ordinary_agent(exchange)
    return agent is not None and agent.server_id_override is None


def uses_override(exchange: Exchange) -> bool:
    agent = ordinary_agent(exchange)
    return agent is not None and agent.server_id_override is not None


def ordinary(file: Path) -> Iterator[Case]:
    exchanges = reconstruct(read_capture(file))
    book, context = AddressBook(exchanges, Context()), Context()
    return (Case(e, book, context, History([e])) for e in exchanges if is_ordinary(e))


@pytest.mark.parametrize("file", CAPTURES, ids=lambda file: file.stem)
def test_no_rule_finds_anything_in_what_is_passed_over(file: Path) -> None:
    assert [finding for case in ordinary(file) for rule in RULES for finding in rule(case)] == []


@pytest.mark.parametrize("file", CAPTURES, ids=lambda file: file.stem)
def test_no_rule_about_a_client_or_a_crowd_finds_anything_in_what_is_passed_over(file: Path) -> None:
    cases = list(ordinary(file))
    assert [finding for case in cases for rule in CLIENT_RULES for finding in rule([case])] == []
    crowd = (competing.competing_servers, wrong_network.answered_elsewhere)
    unmarked = [Case(case.exchange, case.book, case.context, case.history) for case in cases]
    assert [finding for rule in crowd for finding in rule(unmarked)] == []
    everywhere = Context(vantages=vantages((m for case in cases for m in case.exchange.messages), {}))
    assert list(quoted_reasons.unheard(unmarked, everywhere)) == []


def overridden() -> list[Message]:
    """The same, with the override of RFC 5107."""
    agent = replace(AGENT, server_id_override="198.51.100.1")
    return [
        replace(
            m,
            relay_options=agent if m.relay_options else None,
            server_id="198.51.100.1" if m.server_id else None,
        )
        for m in relayed()
    ]


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(overridden(), id="both sides"),
        pytest.param(
            [m for m in overridden() if m.giaddr and m.dst in ("192.0.2.1", "192.0.2.10")],
            id="towards the server",
        ),
        pytest.param(
            [replace(m, src="192.0.2.10") if m.type.is_reply else m for m in overridden()],
            id="no relay's address",
        ),
        pytest.param(
            [replace(m, src="192.0.2.11") if m.type is MessageType.ACK else m for m in overridden()],
            id="two servers",
        ),
        pytest.param([replace(m, src=None) if m.type.is_reply else m for m in overridden()], id="nobody's"),
        pytest.param(
            [
                replace(m, relay_options=None, option82=False) if m.type is MessageType.OFFER else m
                for m in overridden()
            ],
            id="not returned",
        ),
    ],
)
def test_override_is_told_at_a_glance_as_from_its_hops(told: list[Message]) -> None:
    exchange = only(told)
    for messages in (exchange.messages, tuple(replace(m, time=None) for m in exchange.messages)):
        same = replace(exchange, messages=messages)
        case = Case(same, AddressBook([same], Context()), Context(), History([same]))
        assert list(used_as_usual(case)) == list(server_id_override_used(case)) != []


def test_override_that_is_used_is_all_that_is_said() -> None:
    exchange = only(overridden())
    assert (is_ordinary(exchange), uses_override(exchange)) == (False, True)
    case = Case(exchange, AddressBook([exchange], Context()), Context(), History([exchange]))
    assert {finding.code for rule in RULES for finding in rule(case)} == {"server-id-override-used"}


def test_plain_relaying_is_passed_over() -> None:
    exchange = only(relayed())
    assert is_ordinary(exchange)
    case = Case(exchange, AddressBook([exchange], Context()), Context(), History([exchange]))
    assert [finding for rule in RULES for finding in rule(case)] == []


@pytest.mark.parametrize(
    ("at", "change"),
    [
        pytest.param(6, {"yiaddr": "203.0.113.9"}, id="other-address"),
        pytest.param(2, {"relay_options": None, "option82": False}, id="option-82-stripped"),
        pytest.param(6, {"relay_options": replace(AGENT, circuit_id="Vlan20")}, id="option-82-changed"),
        pytest.param(3, {"relay_options": AGENT, "option82": True}, id="option-82-leaked"),
        pytest.param(5, {"giaddr": "192.0.2.2"}, id="two-relays"),
        pytest.param(6, {"server_id": "192.0.2.11"}, id="two-servers"),
        pytest.param(1, {"note": "hop limit"}, id="note"),
        pytest.param(
            1, {"relay_options": replace(AGENT, server_id_override="198.51.100.1")}, id="override-ignored"
        ),
        pytest.param(1, {"relay_options": replace(AGENT, vss="client", vss_control=True)}, id="vss"),
    ],
)
def test_what_a_rule_could_speak_of_is_looked_at(at: int, change: dict[str, object]) -> None:
    messages = relayed()
    messages[at] = replace(messages[at], **change)  # type: ignore[arg-type]
    assert not any(is_ordinary(e) or uses_override(e) for e in reconstruct(messages))


def test_address_outside_the_subnet_that_was_asked_for_is_looked_at() -> None:
    outside = [replace(m, yiaddr="203.0.113.9") if m.yiaddr else m for m in relayed()]
    assert not any(is_ordinary(exchange) for exchange in reconstruct(outside))


def test_sightings_that_differ_in_what_has_no_json_form_are_equal() -> None:
    one, other, third = (
        Message(MessageType.ACK, "srv1", MessageRole.SERVER, Direction.TX, vlan=vlan, source_port=port)
        for vlan, port in ((10, 67), (10, 68), (20, 67))
    )
    assert one == other and hash(one) == hash(other) and one != third
    assert one != "srv1"
    with pytest.raises(AttributeError):
        one.vlan = 20  # type: ignore[misc]


def test_values_are_dataclasses_to_who_asks() -> None:
    message = Message(MessageType.ACK, "srv1", MessageRole.SERVER, Direction.TX)
    assert [is_dataclass(kind) for kind in (Message, Exchange, Client)] == [True] * 3
    assert [item.name for item in fields(Client)] == ["mac", "client_id"]
    assert replace(message, vlan=5) == Message(
        MessageType.ACK, "srv1", MessageRole.SERVER, Direction.TX, vlan=5
    )
    assert message.vlan is None
