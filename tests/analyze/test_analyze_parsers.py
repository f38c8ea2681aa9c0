"""Every format: recognised, read to the last line, with the fields its device prints."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labgen.devices.formats import everything, named, recognise, spare
from labgen.dhcp.logs import Reading, Record
from labgen.dhcp.message import Message, MessageRole, MessageType
from labgen.dhcp.model import Binding, Counter

LOGS = Path(__file__).parent / "logs"
MAC = "02:00:00:00:00:c1"
CISCO = (b"\0cisco-0200.0000.00c1-Gi0/1").hex(":")


def read(name: str, form: str | None = None) -> tuple[list[Record], Reading]:
    found = named(form or name)
    assert found is not None
    reading = Reading(name, "node", year=2026)
    lines = (LOGS / f"{name}.log").read_text(encoding="utf-8").splitlines()
    return list(found.parse(enumerate(lines, 1), reading)), reading


def messages(name: str, form: str | None = None) -> list[Message]:
    return [record for record in read(name, form)[0] if isinstance(record, Message)]


def bindings(name: str, form: str | None = None) -> list[Binding]:
    return [record for record in read(name, form)[0] if isinstance(record, Binding)]


def told(name: str, form: str | None = None) -> list[str]:
    return [f"{message.direction} {message.type}" for message in messages(name, form)]


FILES = {
    file.stem: "ios" if file.stem.startswith("ios-") and file.stem != "ios-snooping" else file.stem
    for file in sorted(LOGS.glob("*.log"))
}


@pytest.mark.parametrize("name", FILES)
def test_format_is_recognised_by_content(name: str) -> None:
    found = recognise((LOGS / f"{name}.log").read_text(encoding="utf-8").splitlines()) or spare()
    assert found is not None
    assert found.name == FILES[name]


@pytest.mark.parametrize("name", FILES)
def test_every_line_about_dhcp_is_understood(name: str) -> None:
    records, reading = read(name, FILES[name])
    assert records
    assert reading.unparsed_dhcp == 0


def test_every_format_has_a_sample() -> None:
    assert {item.name for item in everything()} == set(FILES.values())


def test_text_without_dhcp_is_no_format() -> None:
    assert recognise(["Nov 23 20:25:11 host sshd[1]: Accepted publickey", "eth0: link up"]) is None


def test_ios_server_discover_is_counted_once_although_reprocessed() -> None:
    assert told("ios-server", "ios") == ["rx DISCOVER", "tx OFFER", "rx REQUEST", "rx RELEASE"]


def test_ios_server_message_is_put_together_from_its_lines() -> None:
    discover, offer, request, release = messages("ios-server", "ios")
    assert (discover.giaddr, discover.mac, discover.client_id) == ("10.8.0.4", MAC, CISCO)
    options = discover.relay_options
    assert options is not None
    assert (options.circuit_id, options.link_selection, options.server_id_override) == (
        "Vlan8",
        "172.16.8.0",
        "172.16.8.4",
    )
    assert discover.note == "Bad VPN information type: 98"
    assert (offer.yiaddr, offer.server_id, offer.giaddr, offer.dst) == (
        "172.16.8.20",
        "172.16.8.4",
        "10.8.0.4",
        "10.8.0.4",
    )
    assert (request.requested, request.giaddr) == ("172.16.8.9", "10.8.0.4")
    assert request.note is not None
    assert "asked for 172.16.8.9, holds 172.16.8.20" in request.note
    assert "no NAK sent: server identifier override" in request.note
    assert release.note == "no lease"


def test_ios_server_address_taken_from_the_pool_is_a_binding() -> None:
    (binding,) = bindings("ios-server", "ios")
    assert (binding.address, binding.state, binding.client_id) == ("172.16.8.20", "offered", CISCO)


def test_ios_lines_that_are_not_about_dhcp_are_counted() -> None:
    _, reading = read("ios-server", "ios")
    assert reading.unparsed == 1  # %SYS-5-CONFIG_I


def test_ios_client_messages_and_states() -> None:
    assert told("ios-client", "ios") == [
        "tx DISCOVER", "rx OFFER", "tx REQUEST", "rx ACK", "rx ACK", "tx REQUEST",
    ]  # fmt: skip
    discover, offer, select, ack, late, renew = messages("ios-client", "ios")
    assert (discover.xid, discover.dst, discover.client_id) == (0x2CFE, "255.255.255.255", CISCO)
    assert (offer.yiaddr, offer.server_id, offer.giaddr, offer.broadcast) == (
        "172.16.8.9",
        "172.16.8.4",
        "172.16.8.4",
        True,
    )
    assert (select.requested, select.server_id) == ("172.16.8.9", "172.16.8.4")
    assert (ack.note, late.note) == (None, "ignored")
    assert (renew.ciaddr, renew.dst, renew.note) == ("172.16.8.9", "172.16.8.4", "renewing")
    assert (discover.time, renew.time) == (1136.0, 3000.0)


def test_ios_relay_forwards_both_ways() -> None:
    request, back, out = messages("ios-relay", "ios")
    assert {message.role for message in (request, back, out)} == {MessageRole.RELAY}
    assert (request.type, request.dst, request.giaddr) == (MessageType.BOOTREQUEST, "10.8.0.2", "172.16.8.2")
    assert (back.direction, out.direction) == ("rx", "tx")


def test_ios_binding_table_with_wrapped_identifiers_and_vrf_pools() -> None:
    first, manual, in_vrf, conflict = bindings("ios-show", "ios")
    assert (first.address, first.client_id, first.state) == ("172.16.8.9", CISCO, "active")
    assert (first.interface, first.expires) == ("GigabitEthernet2", 1773314100.0)
    assert (manual.client_id, manual.expires) == ("01:02:00:00:00:00:c2", None)
    assert (in_vrf.mac, in_vrf.vrf, in_vrf.expires) == ("02:00:00:00:00:c3", "client", 1773317100.0)
    assert (conflict.address, conflict.state) == ("172.16.8.30", "conflict")


def test_ios_pool_and_statistics_are_counters() -> None:
    found = {(c.subject, c.name): c.value for c in read("ios-show", "ios")[0] if isinstance(c, Counter)}
    assert found["clients", "Leased addresses"] == 3
    assert (found["received", "DHCPDISCOVER"], found["sent", "DHCPOFFER"]) == (354, 350)


def test_ios_client_lease() -> None:
    (lease,) = bindings("ios-lease", "ios")
    assert (lease.address, lease.state, lease.server_id, lease.role) == (
        "172.16.8.9",
        "bound",
        "172.16.8.4",
        MessageRole.CLIENT,
    )


def test_kea_packet_dump_gives_option_82_and_giaddr() -> None:
    discover, offer, dropped, ack = sorted(messages("kea"), key=lambda message: message.line or 0)
    assert (discover.giaddr, discover.xid, discover.src, discover.dst) == (
        "10.8.0.4",
        0x63F115E9,
        "10.8.0.4",
        "10.8.0.2",
    )
    options = discover.relay_options
    assert options is not None
    assert (options.circuit_id, options.link_selection, options.server_id_override) == (
        "Vlan8",
        "172.16.8.0",
        "172.16.8.4",
    )
    assert (offer.yiaddr, offer.server_id, offer.mask) == ("172.16.8.100", "10.8.0.2", "255.255.255.0")
    assert (offer.lease_seconds, offer.option82) == (43200, False)
    assert dropped.note == "from interface lo: it contains a foreign server identifier"
    assert (ack.type, ack.yiaddr, ack.mac) == (MessageType.ACK, "172.16.8.101", "02:00:00:00:00:c3")


def test_dhcpd_giaddr_interface_and_refusals() -> None:
    discover, offer, request, ack, unknown, nak, release, inform = messages("dhcpd")
    assert (discover.giaddr, discover.interface) == ("10.8.0.4", None)
    assert (offer.yiaddr, ack.yiaddr) == ("172.16.8.20", "172.16.8.20")
    assert (request.requested, request.server_id) == ("172.16.8.20", "10.8.0.2")
    assert (unknown.interface, unknown.note) == ("eth1", "unknown lease 172.16.8.77")
    assert (nak.type, nak.yiaddr) == (MessageType.NAK, None)
    assert (release.ciaddr, release.note) == ("172.16.8.20", "no lease")
    assert inform.ciaddr == "172.16.8.50"


def test_dnsmasq_options_belong_to_the_reply_before_them() -> None:
    _, offer, request, ack, nak, release, relayed = messages("dnsmasq")
    assert (offer.xid, offer.server_id, offer.lease_seconds) == (119160627, "172.16.8.4", 5400)
    assert offer.relay_options is not None
    assert offer.relay_options.circuit_id == "Vlan800"
    assert (request.requested, ack.note) == ("172.16.8.100", None)
    assert (nak.xid, nak.note, release.note) == (None, "lease not found", "no lease")
    assert (relayed.role, relayed.giaddr, relayed.dst) == (MessageRole.RELAY, "172.16.8.1", "10.8.0.2")


def test_dhclient_takes_the_mac_from_its_banner() -> None:
    assert told("dhclient") == [
        "tx DISCOVER", "rx OFFER", "tx REQUEST", "rx ACK", "tx REQUEST", "rx NAK", "tx RELEASE",
    ]  # fmt: skip
    found = messages("dhclient")
    assert {message.mac for message in found} == {MAC}
    assert (found[2].requested, found[2].ciaddr) == ("172.16.8.20", None)
    assert (found[4].ciaddr, found[4].dst) == ("172.16.8.20", "172.16.8.4")


def test_udhcpc_lease_stands_for_the_ack() -> None:
    assert told("udhcpc") == [
        "tx DISCOVER", "tx REQUEST", "rx ACK", "tx REQUEST", "tx REQUEST", "rx NAK", "tx RELEASE",
    ]  # fmt: skip
    _, select, ack, renew, rebind, _, release = messages("udhcpc")
    assert (select.requested, select.server_id) == ("172.16.8.20", "10.8.0.2")
    assert (ack.yiaddr, ack.lease_seconds) == ("172.16.8.20", 120)
    assert (renew.dst, renew.ciaddr, rebind.note) == ("10.8.0.2", "172.16.8.20", "rebinding")
    assert (release.ciaddr, release.dst) == ("172.16.8.20", "10.8.0.2")


def test_dhcpcd_xid_and_state() -> None:
    discover, offer, select, ack, renew, again, release = messages("dhcpcd")
    assert (discover.xid, offer.server_id, select.requested) == (0x942AD210, "172.16.8.4", "172.16.8.20")
    assert (ack.xid, renew.xid, again.xid) == (0x942AD210, 0x4CDC4E2D, 0x4CDC4E2D)
    assert (renew.ciaddr, renew.dst, renew.note) == ("172.16.8.20", "172.16.8.4", "renewing")
    assert (release.ciaddr, release.dst) == ("172.16.8.20", "172.16.8.4")


def test_networkd_client_states() -> None:
    assert told("networkd") == ["tx DISCOVER", "rx OFFER", "tx REQUEST", "rx ACK", "rx ACK", "tx REQUEST"]
    assert messages("networkd")[-1].note == "renewing"


def test_networkmanager_uses_its_own_timestamps() -> None:
    begin, lease = messages("networkmanager")
    assert (begin.time, lease.time, lease.yiaddr) == (1700000000.5, 1700000001.25, "172.16.8.20")


def test_dhcrelay_names_no_types() -> None:
    request, reply = messages("dhcrelay")
    assert (request.type, request.dst, request.mac) == (MessageType.BOOTREQUEST, "10.8.0.2", MAC)
    assert (reply.giaddr, reply.dst) == ("10.8.0.4", "172.16.8.20")


def test_labgen_relay_line_is_seen_on_both_sides() -> None:
    received, first, second, reply, onward, dropped = messages("labgen-relay")
    assert (received.giaddr, received.option82, received.src) == (None, False, "0.0.0.0")
    assert [m.dst for m in (first, second)] == ["10.8.0.2", "10.8.0.3"]
    assert (first.giaddr, first.option82, first.src) == ("10.8.0.4", True, "10.8.0.4")
    assert (reply.src, reply.option82, onward.dst, onward.option82) == (
        "10.8.0.2",
        True,
        "255.255.255.255",
        False,
    )
    assert (dropped.dropped, dropped.note, dropped.hops) == (True, "hop limit exceeded", 17)


def test_kea_lease_file_ends_with_the_last_row() -> None:
    assert [(b.address, b.state) for b in bindings("kea-leases")] == [
        ("172.16.8.21", "active"),
        ("172.16.8.20", "released"),
    ]


def test_dhcpd_lease_file_decodes_uid_and_option_82() -> None:
    active, free = bindings("dhcpd-leases")
    assert (active.client_id, active.lease_seconds, active.state) == ("01:02:00:00:00:00:c1", 600, "active")
    assert active.relay_options is not None
    assert (active.relay_options.circuit_id, active.relay_options.vss) == ("Vlan8", "cl")
    assert (free.state, free.expires) == ("free", 1795473265.0)


def test_client_and_server_lease_files() -> None:
    (lease,) = bindings("dhclient-leases")
    assert (lease.role, lease.server_id, lease.lease_seconds) == (MessageRole.CLIENT, "172.16.8.4", 120)
    named_lease, endless = bindings("dnsmasq-leases")
    assert (named_lease.client_id, named_lease.expires) == ("01:02:00:00:00:00:c1", 1795508711.0)
    assert (endless.client_id, endless.expires) == (None, None)


@pytest.mark.parametrize(
    ("name", "interface"), [("iosxr", "Gi0/0/0/0.1001"), ("nxos", "Ethernet1/4"), ("eos", None)]
)
def test_relay_and_switch_tables(name: str, interface: str | None) -> None:
    (binding,) = bindings(name)
    assert (binding.address, binding.mac, binding.interface) == ("172.16.8.20", MAC, interface)


def test_relay_counters() -> None:
    eos = {(c.subject, c.name): c.value for c in read("eos")[0] if isinstance(c, Counter)}
    nxos = {(c.subject, c.name): c.value for c in read("nxos")[0] if isinstance(c, Counter)}
    assert (eos["All Req", "dropped"], eos["Vlan8", "forwarded"]) == (6, 277)
    assert (nxos["Request", "drops"], nxos["10.8.0.2", "response"]) == (2, 338)


@pytest.mark.slow
@pytest.mark.parametrize("form", [item.name for item in everything()])
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.text(max_size=120), max_size=12))
def test_no_text_crashes_a_parser(form: str, lines: list[str]) -> None:
    found = named(form)
    assert found is not None
    list(found.parse(enumerate(lines, 1), Reading("x", "x")))


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_cut_and_shuffled_logs_do_not_crash_a_parser(name: str, data: st.DataObject) -> None:
    lines = (LOGS / f"{name}.log").read_text(encoding="utf-8").splitlines()
    mixed = [line[: data.draw(st.integers(0, len(line)))] for line in data.draw(st.permutations(lines[:14]))]
    found = named(FILES[name])
    assert found is not None
    list(found.parse(enumerate(mixed, 1), Reading("x", "x")))


@pytest.mark.parametrize("width", [79, 80, 132])
def test_ios_log_copied_from_a_terminal_reads_like_the_original(width: int) -> None:
    found = named("ios")
    assert found is not None
    lines = (LOGS / "ios-server.log").read_text(encoding="utf-8").replace("\n312d", "312d").splitlines()
    wrapped = [line[at : at + width] for line in lines for at in range(0, max(1, len(line)), width)]
    read_whole = list(found.parse(enumerate(lines, 1), Reading("x", "x", year=2026)))
    reading = Reading("x", "x", year=2026)
    read_wrapped = list(found.parse(enumerate(wrapped, 1), reading))
    assert [_facts(record) for record in read_wrapped] == [_facts(record) for record in read_whole]
    assert reading.unparsed_dhcp == 0


def _facts(record: Record) -> tuple[object, ...]:
    if isinstance(record, Message):
        return (
            record.type,
            record.client_id,
            record.giaddr,
            record.yiaddr,
            record.note,
            record.relay_options,
        )
    return (type(record).__name__,)


def test_asa_relay_sends_requests_to_the_server_it_names_and_hands_replies_on() -> None:
    sent, received, handed = messages("asa")
    assert told("asa") == ["tx BOOTREQUEST", "rx BOOTREPLY", "tx BOOTREPLY"]
    assert (sent.mac, sent.giaddr, sent.dst) == ("00:00:5e:00:53:01", "198.51.100.1", "203.0.113.10")
    assert (received.src, handed.giaddr) == ("203.0.113.10", None)


def test_junos_packet_is_put_together_from_its_lines() -> None:
    client, server, offer = messages("junos")
    assert told("junos") == ["rx DISCOVER", "tx DISCOVER", "rx OFFER"]
    assert (client.mac, client.xid, client.giaddr, client.interface) == (MAC, 0x0A1B2C3D, None, "irb.100")
    assert (server.giaddr, server.src, server.dst, server.hops) == ("10.0.0.4", "10.0.0.4", "10.0.0.2", 1)
    assert (offer.yiaddr, offer.server_id, offer.dst) == ("172.16.0.6", "10.0.0.2", "10.0.0.4")


def test_windows_event_of_a_refused_lease_is_a_nak_to_the_client() -> None:
    (nak,) = messages("windows-events")
    assert (nak.type, nak.role, nak.mac, nak.requested) == (
        MessageType.NAK,
        MessageRole.CLIENT,
        MAC,
        "192.0.2.50",
    )


def test_wicked_tells_of_four_messages_and_takes_the_time_it_allows_for_no_complaint() -> None:
    records, _ = read("wicked")
    *_, ack = messages("wicked")
    assert told("wicked") == ["tx DISCOVER", "rx OFFER", "tx REQUEST", "rx ACK"]
    assert (ack.yiaddr, ack.server_id, ack.lease_seconds, ack.interface) == (
        "172.16.0.6",
        "10.0.0.2",
        14400,
        "enp1s0f0",
    )
    assert len(records) == 4


def test_dhcpdump_prints_a_packet_that_is_read_whole() -> None:
    (request,) = messages("dhcpdump")
    assert (request.type, request.mac, request.xid, request.hops) == (MessageType.REQUEST, MAC, 0x1A2B3C4D, 1)
    assert (request.src, request.dst, request.giaddr, request.ciaddr) == (
        "10.0.0.4",
        "10.0.0.2",
        "10.0.0.4",
        None,
    )
    assert (request.requested, request.server_id) == ("172.16.0.6", "10.0.0.2")
