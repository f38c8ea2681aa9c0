"""JSON forms, clocks, identities, explanations."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from dhcp_story import Story
from hypothesis import given
from hypothesis import strategies as st

from labgen.dhcp import (
    Analysis,
    Binding,
    Direction,
    Message,
    MessageRole,
    MessageType,
    Source,
    align,
    find,
    reconstruct,
)
from labgen.dhcp.explain import as_index, as_markdown, explanations
from labgen.dhcp.identities import mac_in_client_id
from labgen.dhcp.model import Counter
from labgen.dhcp.stamps import Stamps, host

PAGES = Path(__file__).parents[2] / "docs" / "findings"


def test_analysis_survives_json() -> None:
    exchanges = reconstruct(Story().acquire().told)
    analysis = Analysis(
        sources=(
            Source("a.log", "ios", "srv1", MessageRole.SERVER, 10, 8, clock="uptime", problems=("cut",)),
        ),
        exchanges=exchanges,
        findings=tuple(find(exchanges)),
        bindings=(Binding("172.16.0.6", "srv1", "02:00:00:00:00:c1", expires=1.5),),
        counters=(Counter("sw1", "Vlan1000", "dropped", 3, MessageRole.RELAY),),
    )
    again = Analysis.from_json(json.loads(json.dumps(analysis.to_json())))
    assert again.sources == analysis.sources
    assert [e.messages for e in again.exchanges] == [e.messages for e in analysis.exchanges]
    assert (again.findings, again.bindings, again.counters) == (
        analysis.findings,
        analysis.bindings,
        analysis.counters,
    )


def test_other_schema_is_refused() -> None:
    with pytest.raises(ValueError, match="labgen/analysis/1"):
        Analysis.from_json({"schema": "labgen/verdict/1"})


@given(
    st.builds(
        Message,
        type=st.sampled_from(MessageType),
        node=st.text(min_size=1),
        role=st.sampled_from(MessageRole),
        direction=st.sampled_from(Direction),
        time=st.none() | st.floats(0, 2e9),
        giaddr=st.none() | st.just("10.0.0.4"),
        xid=st.none() | st.integers(0, 2**32 - 1),
        option82=st.none() | st.booleans(),
        lease_seconds=st.none() | st.integers(0, 2**32 - 1),
        dropped=st.booleans(),
        file=st.none() | st.text(),
        line=st.none() | st.integers(1),
    )
)
def test_message_survives_json(message: Message) -> None:
    assert Message.from_json(message.to_json()) == message


def test_message_is_immutable_and_comparable() -> None:
    message = Story().acquire().told[0]
    with pytest.raises(AttributeError):
        message.node = "x"  # type: ignore[misc]
    assert hash(replace(message)) == hash(message)


@pytest.mark.parametrize("offset", [-1.0, 40.0, -7200.0, 1_600_000_000.0])
def test_clock_of_a_server_is_laid_on_the_clients(offset: float) -> None:
    told = Story().acquire().told
    shifted = [replace(m, time=(m.time or 0) - offset) if m.node == "srv1" else m for m in told]
    aligned = align(shifted, {"cl_a.log": "uptime", "srv1.log": "uptime"})
    assert aligned.offsets["srv1", "srv1.log"] == pytest.approx(offset, abs=0.01)
    assert [m.type for m in reconstruct(aligned.messages)[0].messages] == [m.type for m in told]


def test_dated_clocks_that_agree_are_left_alone() -> None:
    told = Story(start=1.7e9).acquire().told
    aligned = align(told, {"cl_a.log": "epoch", "srv1.log": "epoch"})
    assert aligned.messages == tuple(told)


def test_witness_without_clock_is_placed_by_order() -> None:
    told = [replace(m, time=None) if m.node == "srv1" else m for m in Story().acquire().told]
    aligned = align(told, {"cl_a.log": "uptime", "srv1.log": "none"})
    assert all(message.time is not None for message in aligned.messages)
    (exchange,) = reconstruct(aligned.messages)
    assert len(exchange.messages) == 8


@pytest.mark.parametrize(
    ("client_id", "mac"),
    [
        ("01:02:00:00:00:00:c1", "02:00:00:00:00:c1"),
        ((b"\0cisco-5254.0015.f24f-Gi0/1").hex(":"), "52:54:00:15:f2:4f"),
        ("ff:00:00:00:c1:00:01", None),
        ("00:ff", None),
    ],
)
def test_mac_inside_a_client_identifier(client_id: str, mac: str | None) -> None:
    assert mac_in_client_id(client_id) == mac


@pytest.mark.parametrize(
    ("text", "seconds", "kind"),
    [
        ("00:18:56: DHCP: x", 1136.0, "uptime"),
        ("1d02h: DHCP: x", 93600.0, "uptime"),
        ("*Mar 15 11:34:24.097: %X", 1678880064.097, "epoch"),
        ("000123: Mar 15 2023 11:34:24.097 UTC: DHCPD: x", 1678880064.097, "epoch"),
        ("Mar 15 11:34:24 srv1 dhcpd[1]: x", 1678880064.0, "epoch"),
        ("<30>Mar 15 11:34:24 srv1 dhcpd[1]: x", 1678880064.0, "epoch"),
        ("2023-03-15T11:34:24.5+00:00 srv1 kea: x", 1678880064.5, "epoch"),
        ("2023-03-15T13:34:24+02:00 srv1 kea: x", 1678880064.0, "epoch"),
        ("2023-03-15 11:34:24.439 DEBUG [kea-dhcp4", 1678880064.439, "epoch"),
        ("[   12.500000] dhclient: x", 12.5, "uptime"),
        ("DHCPDISCOVER from x", None, "none"),
    ],
)
def test_timestamps(text: str, seconds: float | None, kind: str) -> None:
    stamps = Stamps(2023)
    found = stamps.read(text)
    assert found == (None if seconds is None else pytest.approx(seconds, abs=0.0005))
    assert stamps.kind == kind


def test_impossible_date_does_not_fail() -> None:
    assert Stamps(2023).read("Feb 31 11:34:24 srv1 x") is not None


def test_equal_stamps_are_not_confused_with_longer_ones() -> None:
    stamps = Stamps(2023)
    assert stamps.read("Mar 15 11:34:24.5 a") == pytest.approx(1678880064.5)
    assert stamps.read("Mar 15 11:34:24.55 a") == pytest.approx(1678880064.55)


def test_host_of_a_syslog_line() -> None:
    assert host("Mar 15 11:34:24 srv1 dhcpd[1]: x") == "srv1"
    assert host("2023-03-15T11:34:24+00:00 srv2 kea: x") == "srv2"
    assert host("DHCPDISCOVER from x") is None


def pages() -> dict[str, str]:
    made = {f"{item.code}.md": as_markdown(item) for item in explanations()}
    return {**made, "README.md": as_index()}


@pytest.mark.parametrize("name", pages())
def test_findings_page_is_what_labgen_says(name: str) -> None:
    """LABGEN_REGENERATE=1 writes the pages anew."""
    if os.environ.get("LABGEN_REGENERATE"):
        (PAGES / name).write_text(pages()[name], encoding="utf-8")
    assert (PAGES / name).read_text(encoding="utf-8") == pages()[name]


def test_every_explanation_names_a_clause_and_a_change() -> None:
    for item in explanations():
        assert "RFC" in item.clause, item.code
        assert len(item.change) > 7, item.code
