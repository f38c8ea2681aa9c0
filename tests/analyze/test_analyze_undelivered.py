"""A server's own word that it could not send an OFFER is named with the OFFERs that nobody takes; other complaints are not."""

from __future__ import annotations

from pathlib import Path

import pytest
from analyze_text import told

from labgen.dhcp.model import Finding

MAC = "00:00:5e:00:53:41"
DHCPD = "\n".join(
    f"Mar  4 09:12:{at:02} dhcp1 dhcpd[1873]: {words}"
    for at in (1, 5, 13)
    for words in (
        f"DHCPDISCOVER from {MAC} via 198.51.100.1",
        f"DHCPOFFER on 198.51.100.20 to {MAC} via 198.51.100.1",
        "{complaint}",
    )
)
DNSMASQ = "\n".join(
    f"Mar  4 09:12:{at:02} dhcp1 dnsmasq-dhcp[612]: {words}"
    for at in (1, 5, 13)
    for words in (f"DHCPDISCOVER(eth1) {MAC}", f"DHCPOFFER(eth1) 198.51.100.20 {MAC}", "{complaint}")
)
KEA = "\n".join(
    f"2026-05-11 10:22:{at:02}.120 {words}"
    for at in (1, 5, 13)
    for words in (
        f"INFO  [kea-dhcp4.leases/812.140003] DHCP4_LEASE_OFFER [hwtype=1 {MAC}], cid=[no info], tid=0x3c1f2a11: "
        "lease 198.51.100.20 will be offered",
        f"ERROR [kea-dhcp4.packets/812.140003] DHCP4_PACKET_SEND_FAIL [hwtype=1 {MAC}], cid=[no info], tid=0x3c1f2a11: {{complaint}}",
    )
)


def untaken(text: str, folder: Path) -> Finding:
    (finding,) = (f for f in told(text + "\n", folder, "dhcp1.log").findings if f.code == "offers-not-taken")
    return finding


@pytest.mark.parametrize(
    ("log", "complaint", "says"),
    [
        (DHCPD, "send_packet: Network is unreachable", "Network is unreachable"),
        (DNSMASQ, "Error sending DHCP packet to 198.51.100.20: Operation not permitted", "not permitted"),
        (KEA, "failed to send DHCPv4 packet: sendmsg: No route to host", "No route to host"),
    ],
    ids=["dhcpd", "dnsmasq", "kea"],
)
def test_what_kept_the_offer_from_leaving_is_named(
    log: str, complaint: str, says: str, tmp_path: Path
) -> None:
    finding = untaken(log.format(complaint=complaint), tmp_path)
    assert "dhcp1 says: " in finding.message
    assert says in finding.message
    assert any(says in (item.text or "") for item in finding.evidence)


@pytest.mark.parametrize(
    ("log", "complaint"),
    [
        (DHCPD, "write_lease: unable to write lease 198.51.100.20"),
        (DNSMASQ, "failed to write /var/lib/misc/dnsmasq.leases: No space left on device (retry in 60 s)"),
    ],
    ids=["dhcpd", "dnsmasq"],
)
def test_other_complaints_are_not_called_the_reason(log: str, complaint: str, tmp_path: Path) -> None:
    finding = untaken(log.format(complaint=complaint), tmp_path)
    assert "says" not in finding.message
    assert "lost on its way back" in finding.message
