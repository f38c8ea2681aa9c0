"""What a node says of itself is quoted where it is about the step, and not where it was said long before."""

from __future__ import annotations

import pytest
from verify_labs import flagship

from labgen.devices import readers, reading
from labgen.devices.dhcpcd import log as dhcpcd
from labgen.devices.dhcpd import log as dhcpd
from labgen.devices.dhcrelay import log as dhcrelay
from labgen.devices.dnsmasq import log as dnsmasq
from labgen.devices.ios import log as ios
from labgen.devices.kea import log as kea
from labgen.devices.observed import DaemonState, Observed, Raw
from labgen.devices.reading import said_at
from labgen.dhcp.logs import Parser
from labgen.dhcp.model import Direction, Evidence, Message, MessageRole, MessageType
from labgen.dhcp.remarks import Cause, Remark
from labgen.verify.assembly import Assembly
from labgen.verify.evidence import StepEvidence

NOW = 1_795_984_900.0
OLD, NEW = (
    f'{{"ts":{moment},"event":"trouble","error":"Network is unreachable"}}' for moment in (NOW - 60, NOW + 1)
)
SERVED = Message(MessageType.ACK, "srv1", MessageRole.SERVER, Direction.TX, file="raw/srv1/kea.log", line=9)


def kept(text: str, *, running: bool = True, served: bool = False) -> int:
    """How many complaints of srv1 a verdict may quote."""
    assembly = Assembly(flagship())
    step = StepEvidence(playbook="acquire", step="acquire", since=NOW, acted=NOW, at=NOW + 5)
    observed = Observed(
        complaints=(Evidence("srv1", "raw/srv1/kea.log", 3, text=text),),
        daemons=(DaemonState("srv1", "server", running, "raw/srv1/state.txt"),),
        messages=(SERVED,) if served else (),
    )
    assembly._keep((), (), observed, step)
    return len(assembly.complaints.get("srv1", ()))


def test_what_was_said_in_the_step_is_quoted() -> None:
    assert kept(NEW) == 1


def test_what_was_said_before_the_step_is_not() -> None:
    assert kept(OLD) == 0


@pytest.mark.parametrize(
    ("text", "found"), [(OLD, []), (NEW, ["pool-exhausted"])], ids=["before", "in the run"]
)
def test_what_a_server_said_before_the_run_is_no_finding_of_it(text: str, found: list[str]) -> None:
    """The lab was mended and verified again: the server's log still tells how it was."""
    assembly = Assembly(flagship())
    step = StepEvidence(playbook="acquire", step="acquire", since=NOW, acted=NOW, at=NOW + 5)
    remark = Remark("srv1", MessageRole.SERVER, "no free leases", Cause.POOL_EXHAUSTED, text=text)
    assembly.began = step.since
    assert [f.code for f in assembly._findings((), (), Observed(remarks=(remark,)))] == found


def test_a_line_without_a_date_is_quoted() -> None:
    assert kept("no free leases on subnet 10.0.0.0/24") == 1


def test_the_last_words_of_a_daemon_that_stopped_are_quoted() -> None:
    assert kept(OLD, running=False) == 1


def test_what_a_daemon_said_before_it_went_on_to_serve_did_not_stop_it() -> None:
    assert kept(OLD, running=False, served=True) == 0


@pytest.mark.parametrize(
    ("text", "dated"),
    [
        (NEW, True),
        ("2026-11-29 20:40:54.180 ERROR [kea-dhcp4.packets/3.14] DHCP4_PACKET_SEND_FAIL", True),
        ("2026/11/29 20:40:54 ZEBRA: no date that is known", False),
        ("no free leases", False),
    ],
)
def test_dates_of_lines(text: str, dated: bool) -> None:
    assert (said_at(text) is not None) == dated


_STAMP = "Mar  3 09:00:00 n1"


@pytest.mark.parametrize(
    ("parse", "line"),
    [
        (dhcpd.LOG.parse, f"{_STAMP} dhcpd[7]: DHCPDISCOVER from 02:00:00:00:00:01 via 10.0.0.1: unknown network segment"),
        (dhcpd.LOG.parse, f"{_STAMP} dhcpd[7]: DHCPDISCOVER from 02:00:00:00:00:01 via 10.0.0.1: peer holds all free leases"),
        (dnsmasq.LOG.parse, f"{_STAMP} dnsmasq-dhcp[7]: no address range available for DHCP request via eth1"),
        (dnsmasq.LOG.parse, f"{_STAMP} dnsmasq-dhcp[7]: DHCPNAK(eth1) 10.0.0.9 02:00:00:00:00:01 wrong network"),
        (dhcrelay.LOG.parse, f"{_STAMP} dhcrelay[7]: Discarding packet received on eth2 interface that has no IPv4 address assigned."),
        (ios.LOG.parse, "*Mar  3 09:00:00.000: DHCPD: there is no address pool for 10.0.0.1."),
        (dhcpcd.LOG.parse, f"{_STAMP} dhcpcd[7]: eth1: DAD detected 10.0.0.9"),
    ],
)  # fmt: skip
def test_reasons_in_a_log_may_be_quoted(parse: Parser, line: str) -> None:
    (said,) = reading.records(parse, Raw(line, "raw/n1/log"), "n1", MessageRole.SERVER).complaints
    assert (said.node, said.line, said.text) == ("n1", 1, line)


@pytest.mark.parametrize(
    ("parse", "line"),
    [
        (dhcpd.LOG.parse, f"{_STAMP} dhcpd[7]: DHCPACK on 10.0.0.9 to 02:00:00:00:00:01 via eth1"),
        (dhcpd.LOG.parse, f"{_STAMP} dhcpd[7]: Server starting service."),
        (dhcpd.LOG.parse, f"{_STAMP} dhcpd[7]: send_packet: Network is unreachable"),
        (dnsmasq.LOG.parse, f"{_STAMP} dnsmasq-dhcp[7]: DHCPACK(eth1) 10.0.0.9 02:00:00:00:00:01 pc"),
        (
            dhcrelay.LOG.parse,
            f"{_STAMP} dhcrelay[7]: Forwarded BOOTREQUEST for 02:00:00:00:00:01 to 10.9.0.1",
        ),
    ],
)
def test_what_serves_or_is_said_at_any_time_is_no_reason(parse: Parser, line: str) -> None:
    assert reading.records(parse, Raw(line, "raw/n1/log"), "n1", MessageRole.SERVER).complaints == ()


HEAD = "2026-11-29 20:40:54.180 WARN  [kea-dhcp4.packets/3.14]"
WHO = "[hwtype=1 52:dc:00:fe:07:01], cid=[no info], tid=0x62434140"


@pytest.mark.parametrize(
    ("line", "quoted"),
    [
        pytest.param(
            f"DHCP4_PACKET_DROP_0003 {WHO}, from interface lo: it contains a foreign server identifier",
            0,
            id="chose another server",
        ),
        pytest.param(
            f"ALLOC_ENGINE_V4_REQUEST_OUT_OF_POOL client {WHO}, which doesn't have a reservation, "
            "requested address 10.11.0.7 out of the dynamic pool",
            0,
            id="asks for another server's address",
        ),
        pytest.param(
            "DHCP4_HOOK_BUFFER_RCVD_DROP received buffer from 10.1.10.4 to 10.0.0.3 over interface lo was dropped "
            "because a callout set the drop flag",
            0,
            id="is the partner's",
        ),
        pytest.param(
            f"DHCP4_PACKET_SEND_FAIL {WHO}: failed to send DHCPv4 packet: Operation not permitted",
            1,
            id="a failure",
        ),
    ],
)
def test_what_kea_says_of_clients_of_another_server_is_no_complaint(line: str, quoted: int) -> None:
    node = flagship().node("srv1")
    raw = {"kea-dhcp4.log": Raw(f"{HEAD} {line}\n", "raw/srv1/kea-dhcp4.log.txt")}
    assert len(readers.of(node).observe(node, raw).complaints) == quoted


_KEA = "2026-03-03 09:00:00.000 WARN  [kea-dhcp4.alloc-engine/7.140057925509632] ALLOC_ENGINE_V4_ALLOC_FAIL"
_WHO = "[hwtype=1 02:00:00:00:00:01], cid=[no info], tid=0x7"


def test_why_kea_has_no_address_is_quoted_and_not_the_classes_it_lists_after_that() -> None:
    why = f"{_KEA}_SUBNET {_WHO}: failed to allocate an IPv4 lease in the subnet 10.0.0.0/24, subnet-id 1, shared network (none)"
    classes = (
        f"{_KEA}_CLASSES {_WHO}: Failed to allocate an IPv4 address for client with classes: ALL, UNKNOWN"
    )
    told = reading.records(kea.LOG.parse, Raw(f"{why}\n{classes}\n", "raw/n1/log"), "n1", MessageRole.SERVER)
    assert [said.text for said in told.complaints] == [why]
