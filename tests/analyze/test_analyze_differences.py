"""Clients that are not served beside others that are: what the capture shows to differ, and what it must not be taken for."""

from __future__ import annotations

from pathlib import Path

import pytest
from analyze_wire import ACK, ALL, DISCOVER, NAK, OFFER, REQUEST, Wire, option, relay_info
from test_analyze_blame import codes, one

SERVER, OTHER, GIADDR, SERVED = "192.0.2.10", "192.0.2.11", "198.51.100.1", "203.0.113.1"
MASK = option(1, b"\xff\xff\xff\0")


def waiting(wire: Wire, more: bytes = b"") -> None:
    """A client behind GIADDR that gets nothing, while a client of another relay is served."""
    for number in range(4):
        wire.send(DISCOVER, 1, 1, GIADDR, SERVER, hops=1, giaddr=GIADDR, more=more)
        wire.wait(8)
        if number == 1:
            wire.relayed(9, 9, "203.0.113.20", SERVED)


def renewed(wire: Wire, address: str) -> None:
    wire.send(REQUEST, 5, 5, address, SERVER, ciaddr=address)
    wire.send(ACK, 5, 5, SERVER, address, ciaddr=address, yiaddr=address, server=SERVER, lease=60, more=MASK)


def test_renewals_show_that_the_subnet_is_known(tmp_path: Path) -> None:
    wire = Wire()
    renewed(wire, "198.51.100.20")
    waiting(wire)
    message = one(wire.analysis(tmp_path), "no-reply").message
    assert "acknowledges 198.51.100.20, of the subnet of 198.51.100.1" in message
    assert "has it a free address left?" in message
    assert "has it a subnet" not in message


def test_renewals_of_another_subnet_show_nothing_of_this_one(tmp_path: Path) -> None:
    wire = Wire()
    renewed(wire, "198.51.77.20")
    waiting(wire)
    assert "has it a subnet for 198.51.100.1" in one(wire.analysis(tmp_path), "no-reply").message


LINK, VSS = relay_info(link=b"\xcb\0\x71\0"), relay_info(link=b"\xcb\0\x71\0", vss=b"\0red")


@pytest.mark.parametrize(
    ("own", "others", "words"),
    [
        (b"", LINK, f"requests of {SERVED} name link selection (sub-option 5), and those of {GIADDR} do not"),
        (LINK, VSS, f"requests of {SERVED} name a VPN (VSS, sub-option 151), and those of {GIADDR} do not"),
        (LINK, b"", f"requests of {GIADDR} name link selection (sub-option 5), and those of {SERVED} do not"),
    ],
)
def test_difference_between_a_served_relay_and_another(
    tmp_path: Path, own: bytes, others: bytes, words: str
) -> None:
    wire = Wire()
    for number in range(4):
        wire.send(DISCOVER, 1, 1, GIADDR, SERVER, hops=1, giaddr=GIADDR, more=own)
        wire.wait(8)
        if number == 1:
            wire.relayed(9, 9, "203.0.113.20", SERVED, more=others)
    assert words in one(wire.analysis(tmp_path), "no-reply").message


def test_relays_that_write_the_same_do_not_differ(tmp_path: Path) -> None:
    wire = Wire()
    waiting(wire)
    assert "requests of" not in one(wire.analysis(tmp_path), "no-reply").message


def rebinding(tries: int, answer: int, by: str) -> Wire:
    """Renewals without answer, then a rebinding that a server answers through a relay."""
    wire, own = Wire(), "198.51.100.20"
    for xid in range(tries):
        wire.send(REQUEST, 1, xid + 1, own, SERVER, ciaddr=own)
        wire.wait(600)
    wire.send(REQUEST, 1, 99, own, ALL, ciaddr=own)
    given = {"yiaddr": own, "lease": 3600} if answer == ACK else {}
    wire.send(answer, 1, 99, GIADDR, ALL, server=by, **given)  # type: ignore[arg-type]
    return wire


def test_silent_server_and_one_that_refuses_are_both_told(tmp_path: Path) -> None:
    told = rebinding(3, NAK, OTHER).analysis(tmp_path)
    assert f"{OTHER} (sent from {GIADDR}) refused" in one(told, "nak-sent").message
    found = one(told, "renew-unanswered").message
    assert f"renewals sent to {SERVER}; the rebinding was refused by {OTHER}" in found
    assert "do they share their leases?" in found


def test_server_that_refuses_its_own_lease_has_no_other_beside_it(tmp_path: Path) -> None:
    told = rebinding(3, NAK, SERVER).analysis(tmp_path)
    assert "share" not in one(told, "renew-unanswered").message


def test_single_renewal_before_a_refusal_is_no_sign(tmp_path: Path) -> None:
    assert "renew-unanswered" not in codes(rebinding(1, NAK, OTHER).analysis(tmp_path))


def modems(vendor: str, *, others_boot: bool, own_boots: bool = False, head: str = "docsis3.0") -> Wire:
    """A client that takes a lease every half a minute, beside one of its class."""
    wire = Wire()
    file = option(67, b"gold.cm")
    for number in range(4):
        take(wire, 1, number + 1, option(60, f"{vendor}:05240101".encode()), file if own_boots else b"")
        if number == 1:
            take(wire, 2, 77, option(60, f"{head}:0524".encode()), file if others_boot else b"")
        wire.wait(30)
    return wire


def take(wire: Wire, client: int, xid: int, asked: bytes, given: bytes) -> None:
    address = f"198.51.100.{20 + client}"
    for kind, answer in ((DISCOVER, OFFER), (REQUEST, ACK)):
        wanted = address if kind == REQUEST else None
        wire.send(kind, client, xid, GIADDR, SERVER, hops=1, giaddr=GIADDR, requested=wanted, more=asked)
        wire.send(
            answer,
            client,
            xid,
            SERVER,
            GIADDR,
            giaddr=GIADDR,
            yiaddr=address,
            server=SERVER,
            lease=86400,
            more=MASK + given,
        )


@pytest.mark.parametrize("vendor", ["docsis3.0", "docsis1.1"])
def test_modem_that_is_not_told_what_others_are(tmp_path: Path, vendor: str) -> None:
    told = modems(vendor, others_boot=True, head=vendor).analysis(tmp_path)
    message = one(told, "renewal-loop").message
    assert (
        f"no reply names a boot file (field or option 67), and those to others of its class ({vendor}) do"
        in message
    )


def test_nothing_is_said_of_boot_files_that_nobody_gets_or_that_it_has(tmp_path: Path) -> None:
    for wire in (
        modems("docsis3.0", others_boot=False),
        modems("docsis3.0", others_boot=True, own_boots=True),
        modems("docsis3.0", others_boot=True, head="MSFT 5.0"),
    ):
        assert codes(wire.analysis(tmp_path)) == set()


def sought(target: str, times: int, asker: str = SERVER) -> str:
    return f"{asker} asks {times} times who has {target}, and nobody answers"


def seeking(target: str, hardware: str, asker: str, *, answered: bool = False) -> Wire:
    """A client without answer; somebody seeks an address beside it."""
    wire = Wire()
    for _ in range(4):
        wire.send(DISCOVER, 1, 1, GIADDR, SERVER, hops=1, giaddr=GIADDR)
        wire.arp(hardware, asker, target)
        wire.wait(8)
    wire.relayed(9, 9, "203.0.113.20", SERVED)
    if answered:
        wire.arp("00:00:5e:00:53:aa", target, asker)
    return wire


@pytest.mark.parametrize(
    ("hardware", "asker"),
    [("00:00:5e:00:53:fe", "192.0.2.1"), ("00:00:5e:00:53:77", SERVER)],
    ids=["relay", "server"],
)
def test_partner_that_is_sought_in_vain_is_told_beside_no_answer(
    tmp_path: Path, hardware: str, asker: str
) -> None:
    message = one(seeking(OTHER, hardware, asker).analysis(tmp_path), "no-reply").message
    assert sought(OTHER, 4, asker) in message


def test_others_that_seek_or_find_say_nothing_of_servers(tmp_path: Path) -> None:
    for wire in (
        seeking(OTHER, "00:00:5e:00:53:77", "192.0.2.99"),
        seeking(OTHER, "00:00:5e:00:53:77", SERVER, answered=True),
    ):
        assert "who has" not in one(wire.analysis(tmp_path), "no-reply").message


def test_candidates_of_a_server_are_no_partners(tmp_path: Path) -> None:
    wire = Wire()
    for _ in range(4):
        wire.arp("00:00:5e:00:53:fe", SERVER, "203.0.113.20")
    wire.relayed(9, 9, "203.0.113.20", SERVED)
    assert [r for r in wire.analysis(tmp_path).remarks if "who has" in r.words] == []
