"""What real daemons write is read to the last line, and told as it was."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from labgen.devices.formats import named, recognise
from labgen.dhcp import Analysis, ExchangeOutcome, Kind, MessageRole, MessageType
from labgen.dhcp.analysis import analyze
from labgen.dhcp.inputs import Input, Readers

SCRIPT = Path(__file__).parent / "daemons.sh"
PAIRS = [("kea", "dhclient"), ("dhcpd", "udhcpc"), ("dnsmasq", "dhcpcd")]
NEEDED = ("kea-dhcp4", "dhcpd", "dnsmasq", "dhcrelay", "dhclient", "udhcpc", "dhcpcd", "tcpdump", "unshare")
MISSING = [
    name for name in NEEDED if shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin") is None
]

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
]


@pytest.fixture(scope="module", params=PAIRS, ids=lambda pair: "-".join(pair))
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str, Path]:
    server, client = request.param
    out = tmp_path_factory.mktemp(f"{server}-{client}")
    command = ["unshare", "-m", "-n", "-p", "-f", "--kill-child", "--mount-proc", "--propagation", "private"]
    command += ["bash", str(SCRIPT), str(out), server, client]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return server, client, out


def analysed(*files: Path) -> Analysis:
    return analyze([Input(str(file)) for file in files], Readers(recognise, named))


def test_every_line_of_the_daemons_is_understood(lab: tuple[str, str, Path]) -> None:
    server, client, out = lab
    found = analysed(out / "server.log", out / "relay.log", out / "client.log", out / "server.leases")
    formats = {source.node: source.format for source in found.sources if source.file.endswith(".log")}
    assert formats == {"server": server, "relay": "dhcrelay", "client": client}
    assert {source.file: source.unparsed for source in found.sources} == {
        source.file: 0 for source in found.sources
    }


def test_logs_tell_the_same_as_the_wire(lab: tuple[str, str, Path]) -> None:
    _, _, out = lab
    wire = analysed(out / "client.pcap").exchanges
    logs = analysed(out / "server.log", out / "relay.log", out / "client.log").exchanges
    assert (wire[0].kind, wire[0].outcome) == (Kind.ACQUIRE, ExchangeOutcome.BOUND)
    assert wire[-1].kind is Kind.RELEASE
    assert {(e.kind, e.address) for e in logs} >= {(e.kind, e.address) for e in wire}


def test_all_witnesses_together_make_one_acquisition(lab: tuple[str, str, Path]) -> None:
    _, _, out = lab
    found = analysed(out / "server.log", out / "client.pcap").exchanges
    acquired = [exchange for exchange in found if exchange.kind is Kind.ACQUIRE]
    assert len(acquired) == 1
    roles = {message.role for message in acquired[0].messages}
    assert roles == {MessageRole.SERVER, MessageRole.TRANSIT}
    types = {message.type for message in acquired[0].messages if message.role is MessageRole.SERVER}
    assert {MessageType.DISCOVER, MessageType.OFFER, MessageType.REQUEST, MessageType.ACK} <= types


@pytest.mark.skipif(shutil.which("tshark") is None, reason="not installed: tshark")
def test_capture_is_decoded_as_tshark_does(lab: tuple[str, str, Path]) -> None:
    capture = lab[2] / "client.pcap"
    fields = ("frame.number", "dhcp.id", "dhcp.option.dhcp", "dhcp.ip.your", "dhcp.option.dhcp_server_id")
    command = ["tshark", "-n", "-r", str(capture), "-Y", "dhcp", "-T", "fields"]
    command += [word for field in fields for word in ("-e", field)]
    theirs = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    ours = [
        "\t".join(
            (
                str(message.frame),
                f"0x{message.xid:08x}",
                str(list(_CODES).index(message.type.value) + 1),
                message.yiaddr or "0.0.0.0",
                message.server_id or "",
            )
        )
        for exchange in analysed(capture).exchanges
        for message in exchange.messages
    ]
    assert sorted(ours) == sorted(theirs)


_CODES = ("DISCOVER", "OFFER", "REQUEST", "DECLINE", "ACK", "NAK", "RELEASE", "INFORM")
