"""Which exchange a message belongs to, and which network a capture."""

from __future__ import annotations

from pathlib import Path

from analyze_offers import GATEWAY, SERVER, Tell
from analyze_wire import ACK, ALL, DISCOVER, OFFER, REQUEST, Wire, option

from labgen.devices.formats import named, recognise
from labgen.dhcp.analysis import analyze
from labgen.dhcp.inputs import Input, Readers


def exchanges(tell: Tell, folder: Path) -> list[str]:
    wire = Wire()
    tell(wire)
    return [f"{e.kind} {e.outcome} {e.address}" for e in wire.analysis(folder).exchanges]


def ciaddr_in_selecting(wire: Wire) -> None:
    """VPCS writes the address it chose into ciaddr as well."""
    address = "198.51.100.21"
    wire.send(DISCOVER, 1, 1)
    wire.send(OFFER, 1, 1, SERVER, address, yiaddr=address, server=SERVER, lease=3600)
    wire.send(REQUEST, 1, 1, requested=address, server=SERVER, ciaddr=address)
    wire.send(ACK, 1, 1, SERVER, address, ciaddr=address, yiaddr=address, server=SERVER, lease=3600)


def test_request_that_names_server_and_address_chooses_whatever_ciaddr_holds(tmp_path: Path) -> None:
    assert exchanges(ciaddr_in_selecting, tmp_path) == ["acquire bound 198.51.100.21"]


def rebinding(wire: Wire) -> None:
    wire.acquire(1, 1, "198.51.100.21")
    wire.wait(3000)
    wire.send(REQUEST, 1, 2, "198.51.100.21", ALL, ciaddr="198.51.100.21")
    wire.send(ACK, 1, 2, SERVER, "198.51.100.21", yiaddr="198.51.100.21", server=SERVER, lease=3600)


def test_request_without_server_that_holds_ciaddr_still_rebinds(tmp_path: Path) -> None:
    assert exchanges(rebinding, tmp_path) == ["acquire bound 198.51.100.21", "rebind renewed 198.51.100.21"]


def rapid_commit_through_relay(wire: Wire) -> None:
    """DISCOVER and ACK (RFC 4039), each seen before and behind the relay."""
    address, rapid = "198.51.100.21", option(80, b"")
    wire.send(DISCOVER, 1, 1, more=rapid)
    wire.send(DISCOVER, 1, 1, GATEWAY, SERVER, hops=1, giaddr=GATEWAY, more=rapid)
    for src, dst in ((SERVER, GATEWAY), (GATEWAY, address)):
        wire.send(ACK, 1, 1, src, dst, giaddr=GATEWAY, yiaddr=address, server=SERVER, lease=3600, more=rapid)


def test_rapid_commit_behind_a_relay_is_one_exchange(tmp_path: Path) -> None:
    assert exchanges(rapid_commit_through_relay, tmp_path) == ["acquire bound 198.51.100.21"]


def broadcasts_of_some(wire: Wire) -> None:
    """One client's broadcast replies are in the file; another one takes an OFFER of which it shows nothing, and starts over."""
    wire.acquire(1, 1, "198.51.100.21")
    wire.send(DISCOVER, 2, 2, broadcast=True)
    wire.send(OFFER, 2, 2, SERVER, ALL, yiaddr="198.51.100.22", server=SERVER, lease=3600)
    wire.send(REQUEST, 2, 2, requested="198.51.100.22", server=SERVER)
    wire.send(ACK, 2, 2, SERVER, ALL, yiaddr="198.51.100.22", server=SERVER, lease=3600)
    for xid in (3, 4):
        wire.send(DISCOVER, 3, xid, broadcast=True)
        wire.send(REQUEST, 3, xid, requested="198.51.100.23", server="192.0.2.99", broadcast=True)
        wire.wait(20)


def test_a_taken_offer_that_is_not_in_the_file_shows_that_replies_are_not(tmp_path: Path) -> None:
    wire = Wire()
    broadcasts_of_some(wire)
    assert {f.code for f in wire.analysis(tmp_path).findings} == {"replies-not-visible"}


def site(folder: Path, number: int, *, gateway: str) -> Input:
    """The capture of a site whose clients get addresses of a plan that other sites have as well."""
    wire = Wire()
    for client in (1, 2, 3):
        address = f"192.168.1.{20 + client}"
        own = 10 * number + client
        wire.send(DISCOVER, own, own)
        for kind, answer in ((None, OFFER), (REQUEST, ACK)):
            if kind is not None:
                wire.send(kind, own, own, requested=address, server="192.168.1.1")
            wire.send(
                answer,
                own,
                own,
                "192.168.1.1",
                address,
                yiaddr=address,
                server="192.168.1.1",
                lease=3600,
                source=gateway,
            )
    file = folder / f"site{number}.pcap"
    file.write_bytes(wire.pcap())
    return Input(str(file))


def codes(inputs: list[Input]) -> set[str]:
    return {finding.code for finding in analyze(inputs, Readers(recognise, named)).findings}


def test_captures_of_two_sites_with_one_plan_are_two_networks(tmp_path: Path) -> None:
    sites = [site(tmp_path, 1, gateway="00:00:5e:00:53:f1"), site(tmp_path, 2, gateway="00:00:5e:00:53:f2")]
    assert codes(sites) == set()


def test_captures_with_one_gateway_are_one_network_and_an_address_has_one_owner_in_it(tmp_path: Path) -> None:
    sites = [site(tmp_path, 1, gateway="00:00:5e:00:53:f1"), site(tmp_path, 2, gateway="00:00:5e:00:53:f1")]
    assert codes(sites) == {"double-lease"}
