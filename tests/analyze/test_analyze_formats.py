"""Formats that people paste: the values of each, and that lines beside the messages are remarks or noise."""

from __future__ import annotations

from pathlib import Path

import pytest

from labgen.devices.formats import everything, named, recognise, spare, tell
from labgen.dhcp.analysis import analyze
from labgen.dhcp.inputs import Input, Readers
from labgen.dhcp.model import Analysis, Message

LOGS = Path(__file__).parent / "logs"
MAC = "00:00:5e:00:53:01"


def read(name: str) -> Analysis:
    return analyze([Input(str(LOGS / f"{name}.log"))], Readers(recognise, named, tell=tell, spare=spare))


def messages(name: str) -> list[Message]:
    return sorted((m for e in read(name).exchanges for m in e.messages), key=lambda m: m.line or 0)


def values(message: Message, *names: str) -> tuple[object, ...]:
    return tuple(getattr(message, name) for name in names)


def test_tcpdump_with_link_layer_and_fields() -> None:
    discover, offer, request = messages("tcpdump")
    assert values(discover, "type", "mac", "client_id", "xid", "vlan", "broadcast", "dst") == (
        "DISCOVER", MAC, f"01:{MAC}", 0x1BFE, 10, True, "255.255.255.255",
    )  # fmt: skip
    assert values(offer, "type", "yiaddr", "server_id", "lease_seconds", "mask", "src") == (
        "OFFER", "198.51.100.20", "192.0.2.10", 3600, "255.255.255.0", "198.51.100.1",
    )  # fmt: skip
    assert values(request, "type", "mac", "src") == ("BOOTREQUEST", MAC, "0.0.0.0")


def test_wireshark_row_and_tree_are_one_packet() -> None:
    discover, offer = messages("wireshark")
    assert values(discover, "type", "xid", "time") == ("DISCOVER", 0x1BFE, 0.0)
    assert values(offer, "type", "xid", "time", "yiaddr", "server_id", "giaddr", "mac", "vlan", "lease_seconds") == (
        "OFFER", 0x1BFE, 0.0009, "198.51.100.20", "192.0.2.10", "198.51.100.1", MAC, 10, 3600,
    )  # fmt: skip
    assert offer.relay_options is not None
    assert offer.relay_options.circuit_id == "566c616e3130"


def test_windows_events_are_leases_and_their_ends() -> None:
    found = read("windows")
    assert [(e.kind.value, e.outcome.value, e.address, e.client.mac) for e in found.exchanges] == [
        ("acquire", "bound", "198.51.100.5", MAC),
        ("renew", "renewed", "198.51.100.5", MAC),
        ("release", "released", "198.51.100.5", MAC),
    ]
    assert [finding.code for finding in found.findings] == ["address-conflict"]


def test_comware_packet_and_its_drop() -> None:
    (discover,) = messages("comware")
    assert values(discover, "type", "mac", "xid", "hops", "giaddr", "broadcast", "interface", "role") == (
        "DISCOVER", MAC, 7166, 1, "198.51.100.1", True, "Vlan-interface2", "relay",
    )  # fmt: skip
    (finding,) = read("comware").findings
    assert (finding.code, "too large hop count" in finding.message) == ("relay-dropped", True)


def test_ftos_lines_that_go_on_are_made_whole() -> None:
    told = [(m.direction.value, m.type.value, m.xid, m.giaddr, m.dst) for m in messages("ftos")]
    assert told == [
        ("rx", "BOOTREQUEST", 0x1BFE, None, None),
        ("tx", "BOOTREQUEST", None, None, "192.0.2.10"),
        ("rx", "BOOTREPLY", 0x1BFE, "198.51.100.1", None),
        ("tx", "BOOTREPLY", None, None, "198.51.100.20"),
    ]


def test_fortios_events_and_debugs() -> None:
    ack, discover, offer, *relayed = messages("fortios")
    assert values(ack, "type", "node", "yiaddr", "lease_seconds", "interface", "vrf") == (
        "ACK", "fw1", "198.51.100.20", 3600, "internal", "root",
    )  # fmt: skip
    assert values(discover, "type", "mac", "xid", "interface", "requested") == (
        "DISCOVER", "00:00:5e:00:53:02", 0x667F0F59, "port2", "198.51.100.21",
    )  # fmt: skip
    assert values(offer, "type", "yiaddr") == ("OFFER", "198.51.100.21")
    assert [(m.direction.value, m.xid) for m in relayed] == [("rx", 0x1BFE), ("rx", 0x1BFE), ("tx", 0x1BFE)]


def test_routeros_packets_and_what_it_could_not_give() -> None:
    discover, offer = messages("mikrotik")
    assert values(discover, "type", "mac", "xid", "client_id", "interface") == (
        "DISCOVER",
        MAC,
        7166,
        f"01:{MAC}",
        "dhcp1",
    )
    assert values(offer, "type", "yiaddr", "server_id", "lease_seconds", "dst") == (
        "OFFER", "198.51.100.20", "198.51.100.1", 600, "198.51.100.20",
    )  # fmt: skip
    assert {finding.code for finding in read("mikrotik").findings} == {"offers-not-taken", "pool-exhausted"}


def test_freeradius_attributes() -> None:
    discover, offer = messages("freeradius")
    assert values(discover, "type", "xid", "giaddr", "mac", "src") == (
        "DISCOVER",
        7166,
        "198.51.100.1",
        MAC,
        "198.51.100.1",
    )
    assert values(offer, "type", "yiaddr", "server_id", "lease_seconds") == (
        "OFFER",
        "198.51.100.20",
        "192.0.2.10",
        3600,
    )


def test_android_client_is_bound() -> None:
    (exchange,) = read("android").exchanges
    assert values(exchange, "outcome", "address", "server_id", "lease_seconds") == (  # type: ignore[arg-type]
        "bound", "198.51.100.20", "198.51.100.1", 3600,
    )  # fmt: skip


def test_servers_that_log_objects() -> None:
    (exchange,) = read("structured").exchanges
    assert [message.type.value for message in exchange.messages] == ["DISCOVER", "OFFER", "REQUEST", "ACK"]
    assert (exchange.outcome.value, exchange.address, exchange.xid) == ("bound", "198.51.100.20", 7166)
    (finding,) = read("structured").findings
    assert (finding.code, "no free lease in pool guests" in finding.message) == ("pool-exhausted", True)


def test_counters_by_section_with_their_reason() -> None:
    (finding,) = read("statistics").findings
    assert finding.code == "relay-dropped"
    assert "DHCPDISCOVER: 118 received, none sent on; its reason: No interface match 118" in finding.message


def test_snooping_switch_sees_and_drops() -> None:
    discover, offer = messages("ios-snooping")
    assert values(discover, "type", "mac", "interface") == ("DISCOVER", MAC, "Gi1/0/1")
    assert values(offer, "type", "yiaddr", "src") == ("OFFER", "198.51.100.20", "192.0.2.10")
    (finding,) = read("ios-snooping").findings
    assert (finding.code, "untrusted port" in finding.message) == ("relay-dropped", True)


@pytest.mark.parametrize("name", sorted(path.stem for path in LOGS.glob("*.log")))
def test_no_healthy_sample_has_an_error_about_missing_answers(name: str) -> None:
    assert "no-reply" not in {
        finding.code for finding in read(name).findings if finding.severity.value == "error"
    }


def test_the_page_on_analyze_names_every_format() -> None:
    page = (Path(__file__).parents[2] / "docs" / "analyze.md").read_text()
    assert [item.name for item in everything() if f"`{item.name}`" not in page] == []
