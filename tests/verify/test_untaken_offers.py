"""What a server offers is judged although no client took it in this run: in the next one another client may."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from typing import NamedTuple

import pytest
from test_rejudge import unpacked
from verify_judged_mutants import Caught, judged
from verify_mutants import Mutant, messages, with_option

from labgen.dhcp.model import Message, MessageType
from labgen.dhcp.packet import Packet
from labgen.verify.rejudge import rejudge
from labgen.verify.verdict import Conclusion

CLIENT = "pc1"
OTHER = bytes((203, 0, 113, 66))
DEEP = pytest.mark.deep
Change = Callable[[Packet], Packet]


class Pair(NamedTuple):
    """A pass in which two servers offered to the client, and it took one: whose, and whose not. What was on its wires."""

    run: Path
    taken: str
    other: str
    known: tuple[Message, ...]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    run = unpacked("pair", tmp_path_factory.mktemp("pair"))
    verdict = rejudge(run)
    assert verdict.conclusion is Conclusion.PASS
    (held,) = {b.address for b in verdict.bindings if b.node == CLIENT}
    (taken,) = {b.node for b in verdict.bindings if b.address == held and b.node != CLIENT}
    return Pair(run, taken, next(n for n in ("dhcp1", "dhcp2") if n != taken), messages(run))


def altered(pair: Pair, server: str, change: Change) -> Caught | None:
    """Every OFFER of a server to the client says something else, wherever it was seen."""
    known = pair.known
    (client,) = {m.mac for m in known if m.node == CLIENT and m.mac and m.type is MessageType.DISCOVER}
    offers = {m.yiaddr for m in known if m.node == server and m.mac == client and m.type is MessageType.OFFER}
    same = [m for m in known if m.type is MessageType.OFFER and m.mac == client and m.yiaddr in offers]
    assert same
    return judged(pair.run, Mutant("offer", server, (server,), lambda copy: copy.rewrite(same, change)))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param(with_option(3, OTHER), "router 203.0.113.66 instead of 172.16.0.1", id="router"),
        pytest.param(with_option(3, None), "router absent instead of 172.16.0.1", id="no router", marks=DEEP),
        pytest.param(
            with_option(1, b"\xff\xff\x00\x00"),
            "mask 255.255.0.0 instead of 255.255.255.0",
            id="mask",
            marks=DEEP,
        ),
        pytest.param(with_option(6, OTHER), "DNS servers 203.0.113.66, not planned", id="DNS", marks=DEEP),
        pytest.param(
            with_option(51, (77).to_bytes(4, "big")), "lease 77 s instead of", id="lease", marks=DEEP
        ),
        pytest.param(
            lambda p: replace(p, siaddr=IPv4Address(OTHER)),
            "next server 203.0.113.66, not planned",
            id="next server",
            marks=DEEP,
        ),
    ],
)
def test_an_offer_that_nobody_took_must_be_as_planned(pair: Pair, change: Change, says: str) -> None:
    """One of two servers handed out a gateway that is none: the run passed where both clients took the other's address."""
    found = altered(pair, pair.other, change)
    assert found is not None
    assert found.conclusion is Conclusion.FAIL
    assert says in found.says[f"server.offers:{CLIENT}:{pair.other}"]
    assert found.cause.startswith(f"{pair.other}: {says}")


@pytest.mark.slow
def test_an_offer_that_was_taken_is_judged_by_its_ack(pair: Pair) -> None:
    """The ACK is as planned, and that is what the client has."""
    found = altered(pair, pair.taken, with_option(3, OTHER))
    assert found is not None
    assert f"server.offers:{CLIENT}:{pair.taken}" not in found.failed
