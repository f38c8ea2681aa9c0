"""The recorded logs of real devices: vEOS relays, IOS XE servers, IOS clients."""

from __future__ import annotations

from pathlib import Path

import pytest
from reference_labs import REFERENCE

from labgen.devices.formats import named, recognise
from labgen.dhcp import Analysis, Direction, ExchangeOutcome, Kind, MessageRole, MessageType
from labgen.dhcp.analysis import analyze
from labgen.dhcp.inputs import Input, Readers

ROOT = Path(__file__).parents[2]
REDUNDANT = REFERENCE / "evpn-redundant-server" / "logs"
VRF = REFERENCE / "vrf-relay" / "logs"
MAC = "52:54:00:15:f2:4f"

pytestmark = [
    pytest.mark.reference,
    pytest.mark.skipif(not REFERENCE.is_dir(), reason=f"the recorded device logs are not at {REFERENCE}"),
]


def analysed(*files: Path) -> Analysis:
    return analyze([Input(str(file)) for file in files], Readers(recognise, named))


@pytest.fixture(scope="module")
def redundant() -> Analysis:
    return analysed(*sorted(REDUNDANT.glob("*.log")))


def test_every_dhcp_line_is_understood(redundant: Analysis) -> None:
    assert {source.file: source.unparsed_dhcp for source in redundant.sources} == {
        source.file: 0 for source in redundant.sources
    }
    assert {source.node for source in redundant.sources} == {"cl_a", "srv1", "srv2"}


def test_client_is_bound_with_the_relays_identifier(redundant: Analysis) -> None:
    acquired, renewed = redundant.exchanges
    assert (acquired.client.mac, acquired.kind, acquired.outcome) == (
        MAC,
        Kind.ACQUIRE,
        ExchangeOutcome.BOUND,
    )
    assert (acquired.address, acquired.server_id, acquired.lease_seconds) == (
        "172.16.0.6",
        "172.16.0.4",
        86400,
    )
    assert (renewed.kind, renewed.outcome, renewed.address) == (
        Kind.RENEW,
        ExchangeOutcome.RENEWED,
        "172.16.0.6",
    )


@pytest.mark.parametrize("server", ["srv1", "srv2"])
def test_each_server_receives_two_discovers(redundant: Analysis, server: str) -> None:
    seen = redundant.exchanges[0].seen(MessageType.DISCOVER, node=server, direction=Direction.RX)
    assert [message.giaddr for message in seen] == ["10.0.0.4", "10.0.0.5"]


def test_second_server_holds_an_address_for_the_client(redundant: Analysis) -> None:
    (held,) = [binding for binding in redundant.bindings if binding.role is MessageRole.SERVER]
    assert (held.node, held.address, held.mac) == ("srv2", "172.16.0.132", MAC)


@pytest.mark.parametrize(
    ("code", "node", "evidence"),
    [
        ("duplicate-relay", "srv1", "request-srv1.log:18"),
        ("duplicate-relay", "srv2", "request-srv2.log:18"),
        ("unexpected-address", "srv2", "request-srv2.log"),
        ("nak-suppressed", "srv2", "request-srv2.log"),
        ("pool-address-leaked", "srv2", "request-srv2.log:36"),
        ("offer-ignored", None, "request-cl_a.log:62"),
        ("ack-ignored", None, "request-cl_a.log:113"),
        ("renew-to-relay", "10.0.0.4", "renew-cl_a.log:4"),
        ("server-id-override-used", "srv1", "request-srv1.log:30"),
        ("vss-not-understood", "srv1", "request-srv1.log"),
    ],
)
def test_finding_with_its_line(redundant: Analysis, code: str, node: str | None, evidence: str) -> None:
    found = [finding for finding in redundant.findings if finding.code == code and finding.node == node]
    assert found, code
    assert any(evidence in item.place for finding in found for item in finding.evidence)


def test_nothing_alarming_is_found(redundant: Analysis) -> None:
    alarming = {"double-lease", "no-reply", "nak-sent", "renew-unreachable", "option-82-stripped"}
    assert not alarming & {finding.code for finding in redundant.findings}


def test_clocks_of_the_servers_are_laid_on_the_clients(redundant: Analysis) -> None:
    offsets = {source.node: source.clock_offset for source in redundant.sources}
    assert offsets == {"cl_a": 0.0, "srv1": -1.0, "srv2": -5.0}


def test_log_without_timestamps_joins_the_clients() -> None:
    (exchange,) = analysed(*sorted(VRF.glob("*.log"))).exchanges
    assert (exchange.address, exchange.outcome) == ("172.16.0.3", ExchangeOutcome.BOUND)
    assert {message.node for message in exchange.messages} == {"srv", "user"}
    (discover,) = exchange.seen(MessageType.DISCOVER, role=MessageRole.SERVER)
    assert discover.relay_options is not None
    assert (discover.giaddr, discover.relay_options.vss) == ("10.1.0.1", "client")
