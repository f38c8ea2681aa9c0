"""A small matrix for tests: every outcome a cell can have, one in each."""

from __future__ import annotations

from dataclasses import replace

from labgen.dhcp.model import Severity
from labgen.matrix.model import Axes, CellOutcome, FindingCount, Matrix, MatrixCell, Unpassed, Warned
from labgen.verify.judgement import Outcome

NAK = Unpassed("client.no-nak", "each client is never refused", Outcome.FAIL, 2, 2, "1 NAK from 172.16.0.5")
STUCK = Unpassed("lease.options", "each client got the planned lease time", Outcome.BLOCKED, 1, 2, "no lease")
ODD = FindingCount("unexpected-address", Severity.WARNING, 2)
TRIVIAL = FindingCount("duplicate-relay", Severity.INFO, 4)
KNOWN = Warned("server-naks-foreign", "`dnsmasq` refuses requests meant for the other server")


def cell(
    outcome: CellOutcome, server: str = "kea", relay: str = "frr", client: str = "dhclient"
) -> MatrixCell:
    """A cell as it looks after it ended like this."""
    blank = MatrixCell(client, relay, server, outcome, seconds=4.2)
    ran = replace(
        blank, planned=70, ran=70, passed=70, reason="", run=f"{client}_{relay}_{server}/runs/1-acquire"
    )
    return {
        CellOutcome.PASS: replace(ran, findings=(ODD, TRIVIAL)),
        CellOutcome.FAIL: replace(
            ran,
            passed=66,
            reason="4 of 70 checks failed, 66 passed",
            unpassed=(NAK,),
            findings=(ODD,),
            warnings=(KNOWN,),
        ),
        CellOutcome.INCOMPLETE: replace(
            ran, ran=69, passed=69, reason="1 of 70 checks blocked, 69 passed", unpassed=(STUCK,)
        ),
        CellOutcome.ERROR: replace(blank, reason="kea-dhcp4 of srv ended\nits last words"),
        CellOutcome.REFUSED: replace(blank, reason="`frr-dnsmasq` cannot choose the giaddr"),
    }[outcome]


def row(*outcomes: CellOutcome, interrupted: bool = False) -> Matrix:
    """A matrix of one client and one relay, and a server for each outcome."""
    servers = tuple(f"server{number}" for number in range(len(outcomes)))
    return Matrix(
        scenario="evpn-redundant-server",
        summary="DHCP relaying from an EVPN VRF",
        playbooks=("acquire",),
        axes=Axes(("dhclient",), ("frr",), servers),
        cells=tuple(cell(outcome, server) for outcome, server in zip(outcomes, servers, strict=True)),
        seconds=42.0,
        folder="labs/evpn-redundant-server-matrix",
        interrupted=interrupted,
    )


EVERYTHING = row(*CellOutcome)
