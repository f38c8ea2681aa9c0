"""What is told at a glance of plain transactions is what weighing each message gives."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labgen.dhcp.capture import read_capture
from labgen.dhcp.exchanges import reconstruct, weighed
from labgen.dhcp.message import Direction, Message, MessageRole, MessageType, sighting
from labgen.dhcp.model import Client
from labgen.dhcp.plain import plain_exchanges
from labgen.dhcp.relay_options import RelayOptions
from labgen.dhcp.segments import NOWHERE, Segment

Shown = dict[str, Any]
CAPTURES = sorted((Path(__file__).parents[1] / "analyze").glob("*/*.pcap"))
MAC, OWN, SERVER, GIADDR, ALL = "02:00:00:00:00:01", "10.0.0.21", "10.9.0.2", "10.0.0.1", "255.255.255.255"
ASKS = (MessageType.DISCOVER, MessageType.REQUEST, MessageType.RELEASE)
ANSWERS = (MessageType.OFFER, MessageType.ACK, MessageType.NAK)


@pytest.mark.parametrize("file", CAPTURES, ids=lambda file: file.stem)
def test_clients_of_captures_are_told_as_by_weighing(file: Path) -> None:
    groups: dict[Client, list[Message]] = defaultdict(list)
    for message in read_capture(file):
        groups[Client(message.mac, message.client_id)].append(message)
    for client, sightings in groups.items():
        plain = plain_exchanges(sightings, client)
        assert plain is None or plain == weighed(sightings, client)


def heard(kind: MessageType, xid: int | None = None, **shown: Any) -> Message:
    return sighting(
        type=kind, node="tap", role=MessageRole.TRANSIT, direction=Direction.RX, frame=1, mac=MAC, xid=xid, **shown
    )  # fmt: skip


def steps(xid: int, start: float, relayed: bool, renews: bool) -> list[tuple[MessageType, Shown]]:
    """A transaction as RFC 2131 draws it: each message with what it shows."""
    via: Shown = {"giaddr": GIADDR, "dst": SERVER} if relayed else {"dst": ALL}
    back: Shown = {"yiaddr": OWN, "server_id": SERVER, "lease_seconds": 600, "dst": OWN}
    back |= {"giaddr": GIADDR, "dst": GIADDR} if relayed else {}
    chosen: Shown = {"requested": OWN, "server_id": SERVER}
    if renews:
        found = [
            (MessageType.REQUEST, {"dst": SERVER, "ciaddr": OWN}),
            (MessageType.ACK, back | {"ciaddr": OWN}),
        ]
    else:
        found = [
            (MessageType.DISCOVER, via),
            (MessageType.OFFER, back),
            (MessageType.REQUEST, via | chosen),
            (MessageType.ACK, back),
        ]
    return [(kind, shown | {"xid": xid, "time": start + at / 100}) for at, (kind, shown) in enumerate(found)]


@st.composite
def messages(draw: st.DrawFn) -> list[Message]:
    """Transactions of one client, one after the other, with up to two things about them that are odd."""
    told: list[tuple[MessageType, Shown]] = []
    for turn in range(draw(st.integers(1, 3))):
        xid = draw(st.sampled_from((turn, turn, turn, 0)))
        told += steps(
            xid,
            turn * draw(st.sampled_from((5.0, 400.0))),
            draw(st.booleans()),
            turn > 0 and draw(st.booleans()),
        )
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(told) - 1))
        kind, shown = told[at]
        odd = draw(st.sampled_from(("field", "type", "drop", "again", "late")))
        if odd == "field":
            told[at] = kind, shown | draw(st.sampled_from(_ODD))
        elif odd == "type":
            told[at] = draw(st.sampled_from(ASKS + ANSWERS)), shown
        elif odd == "drop" and len(told) > 1:
            del told[at]
        elif odd == "again":
            told.insert(at + 1, (kind, shown))
        else:
            told = told[: at + 1] + [(k, s | {"time": s["time"] + 11}) for k, s in told[at + 1 :]]
    return [heard(kind, **shown) for kind, shown in sorted(told, key=lambda item: item[1]["time"])]


_ODD: tuple[Shown, ...] = tuple(
    {name: value}
    for name, value in (
        *(
            ("copy", True),
            ("cut", True),
            ("vlan", 7),
            ("note", "odd"),
            ("destination_port", 4011),
            ("xid", None),
        ),
        *(
            ("server_id", "10.9.0.3"),
            ("server_id", None),
            ("lease_seconds", None),
            ("yiaddr", None),
            ("xid", 9),
        ),
        *(
            ("ciaddr", OWN),
            ("ciaddr", None),
            ("giaddr", GIADDR),
            ("giaddr", None),
            ("dst", ALL),
            ("dst", SERVER),
        ),
        ("relay_options", RelayOptions(circuit_id="p1")),
        ("relay_options", RelayOptions(vss="red")),
    )
)


@given(messages())
def test_made_up_clients_are_told_as_by_weighing(sightings: list[Message]) -> None:
    client = Client(MAC)
    plain = plain_exchanges(sightings, client)
    assert plain is None or plain == weighed(sightings, client)


def test_acquisition_and_renewal_of_a_relayed_client_are_plain() -> None:
    sightings = [
        heard(MessageType.DISCOVER, 1, time=0.0, dst=ALL),
        heard(MessageType.DISCOVER, 1, time=0.1, dst=SERVER, giaddr=GIADDR),
        heard(MessageType.OFFER, 1, time=0.2, dst=GIADDR, giaddr=GIADDR, yiaddr=OWN, server_id=SERVER, lease_seconds=60),
        heard(MessageType.REQUEST, 1, time=0.3, dst=SERVER, giaddr=GIADDR, requested=OWN, server_id=SERVER),
        heard(MessageType.ACK, 1, time=0.4, dst=GIADDR, giaddr=GIADDR, yiaddr=OWN, server_id=SERVER, lease_seconds=60),
        heard(MessageType.REQUEST, 2, time=30.0, dst=SERVER, ciaddr=OWN),
        heard(MessageType.ACK, 2, time=30.1, dst=OWN, ciaddr=OWN, yiaddr=OWN, server_id=SERVER, lease_seconds=60),
    ]  # fmt: skip
    plain = plain_exchanges(sightings, Client(MAC))
    assert plain is not None
    assert [(e.kind, e.outcome, e.address, len(e.messages)) for e in plain] == [
        ("acquire", "bound", OWN, 5),
        ("renew", "renewed", OWN, 2),
    ]
    assert tuple(plain) == reconstruct(sightings)


def test_vpn_that_a_relay_names_is_the_segment_of_a_plain_acquisition() -> None:
    red, blue = RelayOptions(vss="red"), RelayOptions(vss="blue")
    for options, segment in (
        (red, Segment(vpn="red")),
        (blue, Segment(vpn="blue")),
        (RelayOptions(), NOWHERE),
    ):
        named: Shown = {"relay_options": options}
        sightings = [
            heard(kind, **(shown | (named if shown.get("giaddr") else {})))
            for kind, shown in steps(1, 0.0, True, False)
        ]
        plain = plain_exchanges(sightings, Client(MAC))
        assert plain is not None
        assert [exchange.segment for exchange in plain] == [segment]
        assert plain == weighed(sightings, Client(MAC))


def test_vpn_on_the_link_of_the_client_is_weighed() -> None:
    sightings = [
        heard(kind, **shown, relay_options=RelayOptions(vss="red"))
        for kind, shown in steps(1, 0.0, False, False)
    ]
    assert plain_exchanges(sightings, Client(MAC)) is None
    (exchange,) = weighed(sightings, Client(MAC))
    assert exchange.segment == Segment(vpn="red")
