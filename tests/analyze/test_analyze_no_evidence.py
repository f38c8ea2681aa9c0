"""Texts that hold sentences of logs and are none: a FAQ, a table of events, a program. What they show is no evidence of a network."""

from __future__ import annotations

from pathlib import Path

import pytest
from analyze_text import told

from labgen.dhcp.model import Finding

LINE = "DHCPDISCOVER from 00:00:5e:00:53:01 via eth0: network 192.0.2.0/24: no free leases"
FAQ = f"""
## What does "no free leases" mean?

Where all addresses of a range are bound, the server writes a line such as

    {LINE}

and stays silent.
"""
TABLE = """
| Event ID | Meaning |
|---|---|
| 13 | An IP address was found to be in use on the network |
| 14 | A lease request could not be satisfied because the scope's address pool was exhausted |
"""
PROGRAM = """
static void discover(struct packet *p)
{
    if (!find_subnet(p->giaddr)) {
        log_warn("DHCPDISCOVER from %s via %s: unknown network segment", mac, ip);
        return;
    }
    log_error("%s: no free leases", text);
}
"""
POST = f"""
## What does this mean?

My server writes a line such as

    {LINE}

and my clients get nothing.
"""
LOG = f"Mar  4 09:12:01 gw dhcpd[18]: {LINE}\nMar  4 09:12:05 gw dhcpd[18]: {LINE}\n"
EVENTS = (
    "ID,Date,Time,Description,IP Address,Host Name,MAC Address\n14,03/04/26,08:01:10,Scope full,192.0.2.0,,\n"
)


def findings(text: str, folder: Path) -> tuple[Finding, ...]:
    return told(text, folder).findings


@pytest.mark.parametrize("text", [FAQ, TABLE, PROGRAM], ids=["faq", "table", "program"])
def test_examples_are_notes(text: str, tmp_path: Path) -> None:
    found = findings(text, tmp_path)
    assert found
    assert {f.severity.value for f in found} == {"info"}
    assert all(f.message.startswith("as an example in documentation: ") for f in found)


@pytest.mark.parametrize("text", [POST, LOG, EVENTS], ids=["post", "log", "audit-log"])
def test_what_somebody_saw_is_an_error(text: str, tmp_path: Path) -> None:
    found = findings(text, tmp_path)
    assert {(f.code, f.severity.value) for f in found} == {("pool-exhausted", "error")}
    assert not any("example" in f.message for f in found)
