"""The relay between the servers and clients that are out there."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator

import pytest
from relay_daemons import CLIENTS, PROGRAMS, SERVERS, Daemons
from relay_spaces import can_make_namespaces, has_all_users

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(not can_make_namespaces(), reason="needs root for namespaces and port 67"),
    pytest.mark.skipif(not has_all_users(), reason="the daemons need users besides root"),
]
SERVER_IDS = {"kea": "10.0.0.1", "dhcpd": "172.16.2.4", "dnsmasq": "172.16.3.4"}
"""Kea accepts sub-option 11 and answers with its own identifier all the same; the others follow RFC 5107."""


@pytest.fixture(scope="module")
def daemons(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemons]:
    with Daemons(tmp_path_factory.mktemp("daemons")) as running:
        yield running


def needs(*programs: str) -> None:
    missing = [name for name in programs if shutil.which(name) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("client", CLIENTS)
def test_client_gets_a_lease_through_the_relay(daemons: Daemons, client: str, server: str) -> None:
    needs(client, PROGRAMS[server])
    number = SERVERS.index(server) + 1
    before = len(daemons.relayed(message="ACK", interface=f"vlan{number}"))
    process = daemons.client(client, server)
    daemons.wait(
        lambda: len(daemons.relayed(message="ACK", interface=f"vlan{number}")) > before, "no ACK was relayed"
    )
    ack = daemons.relayed(message="ACK", interface=f"vlan{number}")[-1]
    address = str(ack["yiaddr"])
    assert address.startswith(f"172.16.{number}.1")
    assert ack["server_id"] == SERVER_IDS[server]
    daemons.wait(lambda: _bound(client, address, daemons.read("lan.out")), f"{client} is not bound")
    process.kill()


def _bound(client: str, address: str, output: str) -> bool:
    marks = {
        "dhclient": f"bound to {address}",
        "udhcpc": f"lease of {address} obtained",
        "dhcpcd": f"leased {address}",
    }
    return marks[client] in output


def test_renewal_goes_through_the_relay_where_the_override_is_honoured(daemons: Daemons) -> None:
    """R18: the client unicasts to the relay's address, in its own VRF, and is answered."""
    needs("udhcpc", "dnsmasq")
    known = daemons.read("lan.out").count("obtained")
    process = daemons.client("udhcpc", "dnsmasq")
    acks = {"message": "ACK", "interface": "vlan3"}
    count = len(daemons.relayed(**acks))
    daemons.wait(lambda: len(daemons.relayed(**acks)) > count, "no ACK was relayed")
    address = daemons.relayed(**acks)[-1]["yiaddr"]
    # The client acts on the signal only once its script has set the address.
    daemons.wait(lambda: daemons.read("lan.out").count("obtained") > known, "not bound")
    process.send_signal(signal.SIGUSR1)
    daemons.wait(lambda: bool(daemons.relayed(**acks, ciaddr=address)), "the renewal was not acknowledged")
    (renewal,) = daemons.relayed(message="REQUEST", ciaddr=address, interface="vlan3")
    assert (renewal["src"], renewal["dst"]) == (address, "172.16.3.4")
    process.kill()
