"""Lines broken by a mail are made whole; logs whose events have several lines stay as they are."""

from __future__ import annotations

from labgen.dhcp.folding import folded, width_of

BROKEN = [
    "Mar 04 08:00:01 fw kea-dhcp4[22]: DHCP4_LEASE_OFFER [hwtype=1",
    "00:00:5e:00:53:01], cid=[no info], tid=0x11: lease 192.0.2.6 will",
    "be offered",
    "Mar 04 08:00:02 fw kea-dhcp4[22]: DHCP4_STARTED Kea started",
]
TREE = [
    "2025-03-04 08:00:01 DHCPv4 Message",
    "opcode: BootRequest",
    "transaction ID: 0x09f6fc8c",
    "2025-03-04 08:00:02 a much longer line than any of the lines before",
]


def test_words_that_did_not_fit_go_back_to_their_line() -> None:
    lines = list(folded(enumerate(BROKEN, 1), width_of(BROKEN)))
    assert lines == [(1, " ".join(BROKEN[:3])), (4, BROKEN[3])]


def test_lines_of_one_event_stay_apart() -> None:
    assert width_of(TREE) is None
    assert list(folded(enumerate(TREE, 1), None)) == list(enumerate(TREE, 1))


def test_a_log_without_breaks_has_no_width() -> None:
    assert width_of([BROKEN[0], BROKEN[3]]) is None
    assert width_of([]) is None
