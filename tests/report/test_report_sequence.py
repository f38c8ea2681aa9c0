"""Exchanges as SVG sequence diagrams."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from report_verdicts import acquired, plan, verdict

from labgen.dhcp.ladder import Arrow, Column, Ladder
from labgen.dhcp.message import MessageRole, MessageType
from labgen.report import exchange_svg, ladder_svg, stylesheet
from labgen.report.parties import parties

SVG = {"s": "http://www.w3.org/2000/svg"}


def drawn(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)


def steps(root: ElementTree.Element) -> list[ElementTree.Element]:
    return [group for group in root.iterfind("s:g", SVG) if "step" in group.get("class", "")]


def words(element: ElementTree.Element) -> list[str]:
    return ["".join(text.itertext()) for text in element.iterfind(".//s:text", SVG)]


def flagship(circuit: str = "Vlan1000") -> ElementTree.Element:
    exchange = acquired("cl_a", circuit=circuit)
    return drawn(exchange_svg(exchange, parties(verdict(), plan()).book, style=False))


def test_client_relays_and_servers_stand_from_left_to_right() -> None:
    boxes = [group for group in flagship().iterfind("s:g", SVG) if "step" not in group.get("class", "")]

    assert [words(box) for box in boxes] == [
        ["cl_a"],
        ["sw1", "10.0.0.4"],
        ["sw2", "10.0.0.5"],
        ["srv1", "10.0.0.2"],
        ["srv2", "10.0.0.3"],
    ]


def test_broadcast_has_a_head_at_every_relay() -> None:
    discover = steps(flagship())[0]

    assert len(discover.findall("s:path", SVG)) == 2


def test_relayed_message_shows_giaddr_and_option_82() -> None:
    relayed = steps(flagship())[1]

    assert "giaddr 10.0.0.4  link 172.16.0.4  circuit Vlan1000" in words(relayed)


def test_reply_shows_address_and_server_identifier() -> None:
    offer = next(step for step in steps(flagship()) if "offer" in step.get("class", ""))

    assert "172.16.0.130  id 172.16.0.4  lease 12s" in words(offer)


def test_tooltip_has_all_fields_and_where_the_message_was_seen() -> None:
    tooltip = steps(flagship())[1].findtext("s:title", namespaces=SVG) or ""

    assert tooltip.splitlines() == [
        "DISCOVER  sw1 → srv1, srv2",
        "source: 10.0.0.4",
        "destination: 10.0.0.2",
        "giaddr: 10.0.0.4",
        "chaddr: 52:dc:00:fe:07:01",
        "xid: 0x00000007",
        "option 82: 1 circuit id Vlan1000, 5 link selection 172.16.0.4",
        "seen at srv1 rx: captures/srv1-eth1.pcap#4",
        "seen at srv2 rx: captures/srv2-eth1.pcap#5",
    ]


@pytest.mark.parametrize(
    "hostile",
    ["</text><script>alert(1)</script>", '" onload="alert(1)', "\x00\x08]]>"],
    ids=["tag", "quote", "octets"],
)
def test_hostile_circuit_id_stays_text(hostile: str) -> None:
    root = flagship(hostile)

    assert {element.tag.rpartition("}")[2] for element in root.iter()} == {
        "svg", "line", "g", "title", "rect", "text", "tspan", "path",
    }  # fmt: skip
    assert not [name for element in root.iter() for name in element.attrib if name.startswith("on")]


def test_picture_is_as_wide_as_its_columns_need() -> None:
    columns = tuple(Column(f"leaf-with-a-long-name-{at}", MessageRole.RELAY) for at in range(12))
    root = drawn(ladder_svg(Ladder("many", columns, ()), style=False))
    boxes = list(root.iterfind(".//s:rect", SVG))

    edges = [(float(box.attrib["x"]), float(box.attrib["x"]) + float(box.attrib["width"])) for box in boxes]
    assert all(right < left for (_, right), (left, _) in pairwise(edges))
    assert edges[-1][1] < float(root.attrib["width"])


@pytest.mark.parametrize("columns", [1, 2], ids=["nobody else", "a silent relay"])
def test_broadcast_nobody_reports_still_has_an_arrow(columns: int) -> None:
    parties_ = (Column("cl_a", MessageRole.CLIENT), Column("sw1", MessageRole.RELAY))[:columns]
    root = drawn(ladder_svg(Ladder("lost", parties_, (Arrow(MessageType.DISCOVER, 0, ()),)), style=False))
    arrow = steps(root)[0].find("s:line", SVG)

    assert arrow is not None
    assert float(arrow.attrib["x2"]) > float(arrow.attrib["x1"])


@pytest.mark.parametrize("fate", ["dropped", "ignored"])
def test_fate_of_a_message_is_said_and_styled(fate: str) -> None:
    step = Arrow(MessageType.OFFER, 1, (0,), 0.5, fate=fate)
    root = drawn(
        ladder_svg(
            Ladder("x", (Column("c", MessageRole.CLIENT), Column("s", MessageRole.SERVER)), (step,)),
            style=False,
        )
    )

    assert fate in words(steps(root)[0])
    assert fate in steps(root)[0].get("class", "")


def test_standalone_picture_brings_its_style() -> None:
    text = exchange_svg(acquired("cl_a"))

    assert drawn(text).findtext("s:style", namespaces=SVG) == stylesheet()


def test_whole_seconds_are_not_shown_as_milliseconds() -> None:
    exchange = acquired("cl_a")
    coarse = replace(
        exchange, messages=tuple(replace(m, time=float(int(m.time or 0))) for m in exchange.messages)
    )

    clocks = {words(step)[0] for step in steps(drawn(exchange_svg(coarse)))}

    assert clocks == {"0 s"}
