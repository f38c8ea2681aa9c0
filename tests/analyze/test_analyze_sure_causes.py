"""What a sentence says for certain is not lost in a reader's own table, nor in the object that a program logs it in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from analyze_text import told

from labgen.dhcp.model import Finding

MAC = "00:00:5e:00:53:77"
RADIUS = f"""(0) Received DHCP-Discover of Id 3a2b1c0d from 198.51.100.1:67 to 192.0.2.9:67 length 300
(0)   DHCP-Client-Hardware-Address = {MAC}
(0)   DHCP-Gateway-IP-Address = 198.51.100.1
(0) Trying sub-section dhcp DHCP-Discover {{...}}
(0) ERROR: %s
(0) Finished request
"""


def logged(level: str, message: str) -> str:
    fields = {"level": level, "ts": "2026-02-01T10:00:03Z", "logger": "dhcp", "msg": message, "mac": MAC}
    return json.dumps(fields | {"giaddr": "198.51.100.1"}, separators=(",", ":"))


def in_docker(line: str) -> str:
    return json.dumps({"log": line + "\n", "stream": "stderr", "time": "2026-02-01T10:00:03.1Z"})


def findings(text: str, folder: Path) -> tuple[Finding, ...]:
    return told(text + "\n", folder, "srv.log").findings


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        (RADIUS % "No IP addresses available in pool local", "pool-exhausted", "No IP addresses available"),
        (RADIUS % "could not read the dhcp pool", "node-complains", "could not read the dhcp pool"),
        (logged("error", "no lease available"), "pool-exhausted", "srv says: no lease available"),
        (in_docker(logged("error", "no lease available")), "pool-exhausted", "srv says: no lease available"),
        (logged("error", "no subnet found"), "no-scope-for-giaddr", "srv says: no subnet found"),
        (logged("error", "no reply from backend"), "node-complains", "srv says: no reply from backend"),
    ],
    ids=["radius-pool", "radius-other", "lease", "lease-in-docker", "subnet", "backend"],
)
def test_cause_is_named_in_its_words(text: str, code: str, says: str, tmp_path: Path) -> None:
    (finding,) = findings(text, tmp_path)
    assert finding.code == code
    assert says in finding.message
    assert finding.client is not None
    assert MAC in finding.client
    assert '"level"' not in finding.message


@pytest.mark.parametrize(
    "text",
    [
        logged("info", "lease available again"),
        logged("debug", "no lease available, trying the next pool"),
        in_docker(logged("info", "listening")),
    ],
    ids=["again", "debug", "listening"],
)
def test_what_is_no_error_is_none(text: str, tmp_path: Path) -> None:
    assert [f for f in findings(text, tmp_path) if f.severity.value in ("error", "warning")] == []


def test_relay_without_route_to_its_server_is_heard(tmp_path: Path) -> None:
    line = "Mar  5 10:11:12 leaf1 DhcpRelay: %DHCPRELAY-4-NO_ROUTE: No route to DHCP server 192.0.2.9 in VRF tenant"
    (finding,) = findings(line, tmp_path)
    assert finding.code == "node-complains"
    assert "No route to DHCP server 192.0.2.9 in VRF tenant" in finding.message


def logfmt(kind: str, complaint: str) -> str:
    rows = []
    for second in (0, 4):
        about = f"mac={MAC} giaddr=198.51.100.1"
        rows.append(f'time=2026-02-10T09:00:0{second}Z level=info msg="received {kind}" xid=0x1a {about}')
        rows.append(f'time=2026-02-10T09:00:0{second}Z level=warning msg="{complaint}" {about}')
    return "\n".join(rows)


def test_messages_and_their_reason_are_read_from_pairs(tmp_path: Path) -> None:
    (finding,) = findings(logfmt("DISCOVER", "no matching subnet"), tmp_path)
    assert finding.code == "no-scope-for-giaddr"
    assert "srv says, 2 times: no matching subnet" in finding.message


def test_pairs_that_name_no_type_are_no_messages(tmp_path: Path) -> None:
    assert [f.code for f in findings(logfmt("request body", "slow database"), tmp_path)] == []
