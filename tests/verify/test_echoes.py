"""How far got what a client asked in vain: echo requests and replies in the captures of every port."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from socket import inet_aton

import pytest
from verify_facts import Tale, concluded
from verify_labs import two_segments

from labgen.verify.echoes import CaptureFile, Echoes
from labgen.verify.judgement import Outcome

CLIENT, SERVER = "172.16.0.9", "10.0.0.1"
VXLAN = bytes(14) + b"\x45" + bytes(19) + b"\x00\x00\x12\xb5" + bytes(4) + b"\x08" + bytes(7)
"""What stands before a frame inside a tunnel (RFC 7348 section 5), as far as it matters here."""


def echo(number: int, *, reply: bool = False, tunnel: bool = False, protocol: int = 1) -> bytes:
    ends = (SERVER, CLIENT) if reply else (CLIENT, SERVER)
    head = bytes([0x45, *[0] * 8, protocol, 0, 0]) + inet_aton(ends[0]) + inet_aton(ends[1])
    frame = (
        bytes(12) + b"\x08\x00" + head + bytes([0 if reply else 8, 0, 0, 0]) + struct.pack("!HH", 7, number)
    )
    return (VXLAN if tunnel else b"") + frame


def capture(
    folder: Path,
    node: str,
    frames: Sequence[tuple[float, bytes]],
    limit: int | None = None,
    port: str = "eth1",
) -> CaptureFile:
    file = folder / f"{node}-{port}.pcap"
    body = b"".join(
        struct.pack("=IIII", int(at), int(at % 1 * 1e9), len(data), len(data)) + data for at, data in frames
    )
    file.write_bytes(struct.pack("=IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 1) + body)
    return CaptureFile(node, port, file, f"captures/{file.name}", limit)


def followed(*captures: CaptureFile, since: float = 0.0) -> Echoes:
    return Echoes(captures, (("c1", SERVER),), {"c1": CLIENT}, since)


def test_a_request_that_was_not_passed_on_was_last_seen_where_it_arrived(tmp_path: Path) -> None:
    found = followed(
        capture(tmp_path, "c1", [(1.0, echo(1)), (2.0, echo(2))]),
        capture(tmp_path, "sw", [(1.1, echo(1)), (2.1, echo(2))]),
        capture(tmp_path, "srv", []),
    ).last("c1", SERVER)
    assert found is not None
    assert (found.node, found.reply, found.file, found.frame) == ("sw", False, "captures/sw-eth1.pcap", 2)


def test_the_way_of_a_request_is_told_in_the_order_it_went(tmp_path: Path) -> None:
    echoes = followed(
        capture(tmp_path, "srv", [(1.3, echo(1)), (1.4, echo(1, reply=True))]),
        capture(tmp_path, "sw", [(1.1, echo(1))]),
        capture(tmp_path, "c1", [(1.0, echo(1)), (1.6, echo(1, reply=True))]),
    )
    assert [each.node for each in echoes.path_to("c1", SERVER)] == ["c1", "sw", "srv"]
    assert echoes.last("c1", SERVER) is None
    assert echoes.path_to("c1", "10.9.9.9") == ()


def test_an_answer_that_got_lost_counts_more_than_its_request(tmp_path: Path) -> None:
    found = followed(
        capture(tmp_path, "c1", [(1.0, echo(1))]),
        capture(tmp_path, "sw", [(1.1, echo(1)), (1.4, echo(1, reply=True))]),
        capture(tmp_path, "srv", [(1.2, echo(1)), (1.3, echo(1, reply=True))]),
    ).last("c1", SERVER)
    assert found is not None
    assert (found.node, found.reply) == ("sw", True)


def test_a_request_inside_a_tunnel_is_seen(tmp_path: Path) -> None:
    found = followed(
        capture(tmp_path, "c1", [(1.0, echo(1))]), capture(tmp_path, "spine", [(1.2, echo(1, tunnel=True))])
    ).last("c1", SERVER)
    assert found is not None
    assert found.node == "spine"


def test_the_node_where_most_of_them_ended_is_named(tmp_path: Path) -> None:
    found = followed(
        capture(tmp_path, "c1", [(n, echo(n)) for n in (1, 2, 3)]),
        capture(tmp_path, "sw", [(n + 0.1, echo(n)) for n in (1, 2, 3)]),
        capture(tmp_path, "srv", [(1.2, echo(1))]),
    ).last("c1", SERVER)
    assert found is not None
    assert found.node == "sw"


@pytest.mark.parametrize(
    ("frames", "since", "limit"),
    [
        pytest.param([(1.1, echo(1, protocol=17))], 0.0, None, id="other protocols"),
        pytest.param([(1.1, echo(1))], 5.0, None, id="what was before the step"),
        pytest.param([(1.1, bytes(60)), (1.2, echo(1))], 0.0, 1, id="what came after the step"),
    ],
)
def test_nothing_is_made_of(
    tmp_path: Path, frames: list[tuple[float, bytes]], since: float, limit: int | None
) -> None:
    assert followed(capture(tmp_path, "sw", frames, limit), since=since).last("c1", SERVER) is None


def test_an_answer_that_reached_the_client_is_not_lost(tmp_path: Path) -> None:
    frames = [(1.0, echo(1)), (1.5, echo(1, reply=True))]
    assert followed(capture(tmp_path, "c1", frames)).last("c1", SERVER) is None


def test_a_silent_server_is_blamed_on_the_node_that_kept_the_request(tmp_path: Path) -> None:
    tale = Tale(two_segments()).began().leases({"c1": CLIENT}).reach("c1", SERVER, False)
    echoes = followed(capture(tmp_path, "c1", [(1.0, echo(1))]), capture(tmp_path, "sw", [(1.1, echo(1))]))
    found = concluded("reach.server", "c1:srv", replace(tale.facts(), echoes=echoes))
    assert (found.outcome, found.at) == (Outcome.FAIL, ("sw",))
    assert found.observed == f"{SERVER} is silent; its echo request was last seen at sw (eth1)"
    assert [(proof.node, proof.file) for proof in found.proofs][-1] == ("sw", "captures/sw-eth1.pcap")


def test_without_captures_a_silent_server_is_told_as_before() -> None:
    tale = Tale(two_segments()).began().leases({"c1": CLIENT}).reach("c1", SERVER, False)
    assert concluded("reach.server", "c1:srv", tale.facts()).observed == f"{SERVER} is silent"
