"""Packets that say what no client, relay or server can use, and what is like them and is well."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from socket import inet_aton

import pytest
from analyze_text import analysis
from analyze_wire import ALL, ANY, DISCOVER, OFFER, REQUEST, Wire, option, relay_info
from analyze_wrong import (
    GATEWAY,
    MASK,
    PXE,
    ROUTER,
    SERVER,
    A,
    B,
    answered_from,
    boot_server,
    bootp_in_vain,
    committed,
    doubled,
    given_back,
    informing,
    late_acks,
    leased,
    nameless,
    offers_alone,
    other_identifiers,
    other_subnet,
    refused,
    relayed,
    relayed_well,
    remembered,
    renewed,
    renewed_in_vain,
    route,
    sent_on,
    short,
    to_another_client,
    to_port,
    unacknowledged,
    waited,
)

from labgen.dhcp.model import Severity

CLASSLESS = option(121, route("203.0.113.0", 24))
TOLD: dict[str, tuple[Callable[[], Wire], str, str]] = {
    "routes": (
        lambda: leased(MASK + GATEWAY + CLASSLESS),
        "lease-unusable",
        f"ignore the router {ROUTER} of option 3",
    ),
    "mask of zero": (
        lambda: leased(option(1, bytes(4)) + GATEWAY),
        "lease-unusable",
        "its subnet mask is 0.0.0.0",
    ),
    "mask with gaps": (
        lambda: leased(option(1, inet_aton("255.0.255.0"))),
        "lease-unusable",
        "its subnet mask 255.0.255.0 has gaps",
    ),
    "no mask": (lambda: leased(GATEWAY), "lease-unusable", "without a subnet mask (option 1)"),
    "loopback": (
        lambda: leased(MASK, "127.0.1.1"),
        "lease-unusable",
        "127.0.1.1, to which no client can send",
    ),
    "identifier of nobody": (lambda: refused(server=ANY), "offers-not-taken", "(option 54) is 0.0.0.0"),
    "identifiers": (
        other_identifiers,
        "renewal-loop",
        f"name the server {SERVER}, and the ACKs come as 192.0.2.11",
    ),
    "name server": (
        lambda: leased(MASK + option(6, bytes(4))),
        "lease-unusable",
        "its DNS server (option 6) is 0.0.0.0",
    ),
    "server's address": (
        lambda: leased(MASK, A, source=A),
        "lease-unusable",
        f"{A} is the server's own address",
    ),
    "port": (lambda: to_port(68), "no-reply", "its requests go to UDP port 68"),
    "wants nothing": (
        lambda: unacknowledged(wanted=None, named=None),
        "no-reply",
        "its REQUESTs name no address",
    ),
    "option 82": (
        lambda: doubled(option(82, b"\x01\x28Gi")),
        "no-reply",
        "option 82 of its requests cannot be read",
    ),
    "link selection": (
        lambda: doubled(relay_info(link=bytes(4))),
        "no-reply",
        "its link selection (sub-option 5) is 0.0.0.0",
    ),
    "relay for all": (
        lambda: relayed("198.51.100.255", "198.51.100.255"),
        "offers-not-taken",
        "198.51.100.255 is the network's or the broadcast address",
    ),
    "seconds": (lambda: renewed(4), "renewal-loop", "every 2 s, with a lease of 4s"),
    "renewals translated": (
        lambda: renewed_in_vain("203.0.113.9"),
        "renew-unanswered",
        f"they come from 203.0.113.9 for {A}: addresses are translated (NAT) on the way",
    ),
    "given back": (lambda: given_back(2, 5), "renewal-loop", "it RELEASEs each of them moments later"),
    "late": (
        lambda: late_acks(2),
        "acks-not-taken",
        "2 ACKs from 192.0.2.10 came 8.0 s and more after their REQUESTs",
    ),
    "sent on": (
        lambda: sent_on(broadcast=False),
        "offers-not-taken",
        "come through 00:00:5e:00:53:77, and the OFFERs go straight to 00:00:5e:00:53:01",
    ),
    "sent on in vain": (
        lambda: sent_on(broadcast=True, answers=False),
        "no-reply",
        "its frames come from 00:00:5e:00:53:77",
    ),
    "other source": (
        lambda: answered_from("192.0.2.66"),
        "offers-not-taken",
        f"the relay asked {SERVER}, and the OFFERs come from 192.0.2.66",
    ),
    "informs": (
        lambda: informing(1),
        "no-reply",
        f"no answer to 4 INFORMs of {B}, where others are answered",
    ),
    "bootp": (
        bootp_in_vain,
        "no-reply",
        f"{SERVER} answers DHCP clients, and these requests have no message type",
    ),
    "short": (lambda: short(others_as_well=False), "no-reply", "octets, and a BOOTP packet 300"),
    "offers alone": (offers_alone, "offers-not-taken", "its DISCOVERs do not pass here"),
    "from port": (
        lambda: refused((-8, b"\x04\0")),
        "offers-not-taken",
        "the OFFERs come from UDP port 1024, not 67",
    ),
    "no hardware address in OFFERs": (
        lambda: refused((28, bytes(6))),
        "offers-not-taken",
        "it has no hardware address (chaddr)",
    ),
    "no address": (lambda: refused((16, bytes(4))), "offers-not-taken", "it gives no address (yiaddr is 0)"),
    "acknowledged to nobody": (
        unacknowledged,
        "no-reply",
        "an OFFER came, and no answer to REQUEST (acquire)",
    ),
    "no hardware address": (nameless, "no-reply", "its requests have no hardware address (chaddr)"),
    "remembered": (lambda: remembered(6), "answered-late", "would say NAK at once"),
    "op": (lambda: refused((0, b"\1")), "offers-not-taken", "its op is 1, which its type OFFER has not"),
    "cookie": (
        lambda: refused((236, b"\x63\x82\x53\x36")),
        "offers-not-taken",
        "its magic cookie is 63825336, not 63825363",
    ),
    "hardware address": (to_another_client, "offers-not-taken", "(chaddr), not 00:00:5e:00:53:01"),
    "giaddr": (
        lambda: relayed(back="198.51.100.2"),
        "offers-not-taken",
        f"its giaddr is 198.51.100.2, and the relay asked with {ROUTER}",
    ),
    "hops": (lambda: relayed(offers=False, hops=17), "no-reply", "its hop count is 17"),
    "translated": (lambda: relayed(offers=False, port=61234), "no-reply", "UDP port 61234 and not 67"),
    "at once": (lambda: committed(3), "acks-not-taken", "by ACK at once (rapid commit, RFC 4039) 3 times"),
    "afresh": (
        lambda: leased(MASK + GATEWAY, pauses=(300, 302, 300, 301, 300)),
        "renewal-loop",
        "acquired afresh 6 times, every 300.0 s",
    ),
    "lease over": (
        lambda: leased(MASK + GATEWAY, pauses=(3601, 3603)),
        "renewal-loop",
        "each time when its lease of 1h was over",
    ),
    "nothing to boot": (
        lambda: leased(MASK + GATEWAY, pauses=(20, 25), asks=PXE),
        "renewal-loop",
        "no reply names a boot file",
    ),
    "other subnet": (
        other_subnet,
        "giaddr-wrong-subnet",
        f"behind the relay {ROUTER} addresses of 203.0.113.0/24",
    ),
    "waits": (lambda: waited(0), "no-reply", "that it has waited 0 s at most"),
    "two of option 82": (
        lambda: doubled(relay_info(circuit=b"one") + relay_info(circuit=b"two")),
        "no-reply",
        "option 82 is there twice",
    ),
}


_BESIDE = ("replies-not-visible", "answered-late")
"""Notes about the capture, and about those that are answered in the end."""


@pytest.mark.parametrize("name", TOLD)
def test_what_cannot_work_is_told_once(name: str, tmp_path: Path) -> None:
    make, code, words = TOLD[name]
    found = [f for f in make().analysis(tmp_path).findings if f.code == code or f.code not in _BESIDE]
    assert [f.code for f in found] == [code]
    assert words in found[0].message


def test_nobody_says_for_sure_that_a_second_subnet_is_wrong(tmp_path: Path) -> None:
    (found,) = other_subnet().analysis(tmp_path).findings
    assert found.severity is Severity.INFO


WELL: dict[str, Callable[[], Wire]] = {
    "default route": lambda: leased(MASK + GATEWAY + option(121, route("203.0.113.0", 24) + route(ANY, 0))),
    "routes alone": lambda: leased(MASK + CLASSLESS),
    "routes that cannot be read": lambda: leased(MASK + GATEWAY + option(121, b"\x18\xcb")),
    "no router": lambda: leased(b""),
    "remembered for a moment": lambda: remembered(2),
    "boot server's offer": boot_server,
    "short lease": lambda: renewed(60),
    "several name servers": lambda: leased(MASK + option(6, bytes(4) + inet_aton(SERVER))),
    "tried by hand": lambda: given_back(30, 6),
    "informs answered": informing,
    "access network": lambda: relayed_well(option(1, b"\xff" * 4) + GATEWAY),
    "host mask": lambda: leased(option(1, inet_aton("255.255.255.255")) + GATEWAY),
    "once at once": lambda: committed(2),
    "boots by and by": lambda: leased(MASK + GATEWAY, pauses=(600, 7200, 90, 1900, 400)),
    "something to boot": lambda: leased(MASK + GATEWAY + option(67, b"boot.efi"), pauses=(20, 25), asks=PXE),
    "link selection": lambda: other_subnet(relay_info(link=inet_aton("203.0.113.0"))),
    "long option 82": lambda: relayed_well(relay_info(circuit=b"x" * 253) + relay_info(remote=b"y" * 20)),
}


@pytest.mark.parametrize("name", WELL)
def test_what_is_like_it_and_well_is_not_told(name: str, tmp_path: Path) -> None:
    assert WELL[name]().analysis(tmp_path).findings == ()


def test_requests_as_short_as_those_of_others_are_not_held_against_a_client(tmp_path: Path) -> None:
    found = short(others_as_well=True).analysis(tmp_path).findings
    assert not any("BOOTP packet" in f.message for f in found)


def test_client_that_says_how_long_it_waits_is_not_held_against_others(tmp_path: Path) -> None:
    found = waited(9).analysis(tmp_path).findings
    assert not any("waited" in f.message for f in found)


@pytest.mark.parametrize(("pause", "severity"), [(60.0, Severity.WARNING), (600.0, Severity.INFO)])
def test_client_that_wakes_to_report_is_a_note(pause: float, severity: Severity, tmp_path: Path) -> None:
    (found,) = leased(MASK + GATEWAY, pauses=(pause,) * 6).analysis(tmp_path).findings
    assert (found.code, found.severity) == ("renewal-loop", severity)


@pytest.mark.parametrize("giaddr", [ANY, ROUTER])
@pytest.mark.parametrize("afresh", [0, 1])
def test_answer_in_another_vlan_is_one_finding(giaddr: str, afresh: int, tmp_path: Path) -> None:
    wire = Wire()
    for xid in range(1, 5):
        xid = 1 + afresh * xid
        wire.send(DISCOVER, 1, xid, vlan=10)
        wire.send(OFFER, 1, xid, SERVER, ALL, giaddr=giaddr, yiaddr=A, server=SERVER, lease=3600, vlan=20)
        wire.wait(4)
    assert [f.code for f in wire.analysis(tmp_path).findings] == ["answered-in-other-network"]


def test_servers_of_two_vlans_that_are_joined_are_told(tmp_path: Path) -> None:
    wire = Wire()
    for xid in (1, 2):
        for vlan in (10, 20):
            wire.send(DISCOVER, xid, xid, vlan=vlan)
        for vlan in (10, 20):
            net = MASK + option(3, inet_aton(f"10.0.{vlan}.1"))
            own, server = f"10.0.{vlan}.{20 + xid}", f"10.0.{vlan}.2"
            wire.send(OFFER, xid, xid, server, ALL, yiaddr=own, server=server, lease=60, more=net, vlan=vlan)
    found = [f for f in wire.analysis(tmp_path).findings if f.code == "competing-servers"]
    assert all("VLAN 10 and in VLAN 20: these VLANs are joined" in f.message for f in found)


def test_relay_that_seeks_its_server_is_told_of_where_a_client_waits(tmp_path: Path) -> None:
    access, uplink = Wire(), Wire()
    for _ in range(4):
        access.send(DISCOVER, 1, 1)
        uplink.now = access.now
        uplink.arp("00:00:5e:00:53:fe", ROUTER, SERVER)
        access.wait(4)
    files = []
    for name, wire in (("access.pcap", access), ("uplink.pcap", uplink)):
        files.append(tmp_path / name)
        files[-1].write_bytes(wire.pcap())
    (found,) = [f for f in analysis(*files).findings if f.code == "no-reply"]
    assert (
        f"uplink.pcap shows nothing of it, but ARP: {ROUTER} asks 4 times who has {SERVER}" in found.message
    )
    assert [f.code for f in analysis(files[1]).findings if f.severity is not Severity.INFO] == []


def test_addresses_translated_between_two_captures_are_told(tmp_path: Path) -> None:
    relay, server = Wire(), Wire()
    for xid in range(1, 4):
        relay.send(DISCOVER, 1, xid, ROUTER, SERVER, hops=1, giaddr=ROUTER)
        server.now = relay.now
        server.send(DISCOVER, 1, xid, "203.0.113.9", SERVER, hops=1, giaddr=ROUTER, ports=(40001, 67))
        server.send(OFFER, 1, xid, SERVER, ROUTER, giaddr=ROUTER, yiaddr=A, server=SERVER, lease=3600)
        relay.wait(4)
    files = []
    for name, wire in (("relay.pcap", relay), ("server.pcap", server)):
        files.append(tmp_path / name)
        files[-1].write_bytes(wire.pcap())
    (found,) = analysis(*files).findings
    assert (
        f"leave as {ROUTER} in relay.pcap and come as 203.0.113.9, port 40001, in server.pcap"
        in found.message
    )


def test_renewals_in_vain_name_who_answered_before(tmp_path: Path) -> None:
    wire = leased(MASK, "203.0.113.1")
    wire.wait(1800)
    for pause in (0, 60, 300):
        wire.wait(pause)
        wire.send(REQUEST, 1, 9, A, "203.0.113.1", ciaddr=A)
    (found,) = wire.analysis(tmp_path).findings
    assert f"203.0.113.1, sending from {SERVER}, answered this client until then" in found.message


def test_capture_of_the_same_time_without_the_client_is_named(tmp_path: Path) -> None:
    access, uplink = Wire(), Wire()
    uplink.relayed(2, 2, B, ROUTER, SERVER)
    access.now = uplink.now
    for _ in range(4):
        access.send(DISCOVER, 1, 1)
        access.wait(4)
    uplink.now = access.now
    uplink.relayed(3, 3, "198.51.100.23", ROUTER, SERVER)
    files = []
    for name, wire in (("access.pcap", access), ("uplink.pcap", uplink), ("empty.pcap", Wire())):
        files.append(tmp_path / name)
        files[-1].write_bytes(wire.pcap())
    (found,) = [f for f in analysis(*files).findings if f.code == "no-reply"]
    assert "empty.pcap and uplink.pcap show nothing of it" in found.message
    (found,) = [f for f in analysis(files[0]).findings if f.code == "no-reply"]
    assert "nothing of it" not in found.message
