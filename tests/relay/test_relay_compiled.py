"""The compiled cache does what Python does, packet by packet, and only what Python decided before."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from ctypes import CDLL
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from relay_bench import CONFIG, DISCOVER, NAK, OFFER, REQUEST, bench, reply, request
from relay_compiled import Came, CompiledBench, Twins, compiled_library, counted, plain
from relay_fuzz import SIDE_MARK, as_it_came, mutate, read_corpus
from relay_invariants import roomy_bench
from relay_tenants import SIDES, tenants_bench

from labgen.dhcp.packet import Packet
from labgen.ground.errors import InfrastructureError
from labgen.relay import compile as compiling
from labgen.relay import fastpath, main
from labgen.relay.compile import compile_fast_path

pytestmark = pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
EVERYBODY = "255.255.255.255"


@pytest.fixture(scope="module")
def library() -> CDLL:
    return compiled_library()


@pytest.fixture
def both(library: CDLL) -> Iterator[CompiledBench]:
    made = CompiledBench(bench(), library)
    yield made
    made.close()


def asked(data: Packet | bytes, destination: str = EVERYBODY, ifindex: int = 1) -> Came:
    payload = data if isinstance(data, bytes) else data.padded()
    return Came(payload, "client", ifindex, "0.0.0.0", destination)


def agent_of(it: CompiledBench) -> bytes:
    _, sent = it.feed(asked(request()))
    agent = Packet.decode(sent[0].data).option(82)
    assert agent is not None
    return agent


def answered(agent: bytes, kind: int = OFFER, **fields: object) -> Came:
    return Came(reply(kind, agent, **fields).padded())


def test_what_python_decided_once_is_done_again_without_it(both: CompiledBench) -> None:
    first, sent = both.feed(asked(request()))
    second, again = both.feed(asked(request()))
    assert (first, second) == (False, True)
    assert again == sent
    assert [went.to for went in again] == ["10.0.0.2@default", "10.0.0.3@default"]
    agent = Packet.decode(sent[0].data).option(82)
    assert agent is not None
    third, offer = both.feed(answered(agent))
    fourth, same = both.feed(answered(agent))
    assert (third, fourth) == (False, True)
    assert same == offer
    assert [went.to for went in same] == ["vlan1000@client"]


def test_what_the_cache_did_is_counted_as_python_counts(both: CompiledBench) -> None:
    agent = agent_of(both)
    for _ in range(3):
        both.feed(asked(request()))
        both.feed(answered(agent))
    stats = both.counted()
    assert stats["interfaces"] == {
        "vlan1000@client": {
            "requests": {"DISCOVER": 4},
            "replies": {"OFFER": 3},
            "drops": {},
            "option82_omitted": 0,
            "copies": 0,
        }
    }
    servers = stats["servers"]
    assert isinstance(servers, dict)
    assert servers["10.0.0.2@default"]["sent"] == servers["10.0.0.3@default"]["sent"] == 4
    assert servers["10.0.0.2@default"]["replies"] == {"OFFER": 3}
    assert servers["10.0.0.2@default"]["vss_ignored"] == 3
    # Counted once, however often it is asked for.
    assert both.counted() == stats


def test_cleared_cache_knows_nothing_and_has_lost_no_count(both: CompiledBench) -> None:
    both.feed(asked(request()))
    assert both.feed(asked(request()))[0]
    both.fast.clear()
    assert counted(both.bench)["interfaces"] == {
        "vlan1000@client": {
            "requests": {"DISCOVER": 2},
            "replies": {},
            "drops": {},
            "option82_omitted": 0,
            "copies": 0,
        }
    }
    assert not both.feed(asked(request()))[0]


def test_cache_that_is_switched_off_leaves_everything_to_python(both: CompiledBench) -> None:
    both.feed(asked(request()))
    both.fast.switch(on=False)
    assert not both.feed(asked(request()))[0]
    both.fast.switch(on=True)
    assert both.feed(asked(request()))[0]


@pytest.mark.parametrize(
    "came",
    [
        asked(request(hops=17)),
        asked(request(giaddr=IPv4Address("10.9.9.9"))),
        asked(request(giaddr=IPv4Address("10.0.0.4"))),
        asked(request(DISCOVER, (82, b"\x01\x01x"))),
        asked(request().encode()[:236] + bytes(64)),
        asked(request().encode()[:230]),
        asked(request(), ifindex=2),
        asked(b"\x03" + request().padded()[1:]),
        asked(request(DISCOVER, (125, b"x" * 250), (125, b"y" * 250))),
        Came(request().padded(), "blue", 1, "0.0.0.0", EVERYBODY),
    ],
    ids=["hops", "other-relay", "own", "option82", "bootp", "short", "interface", "op", "large", "vrf"],
)
def test_request_that_differs_in_what_a_decision_depends_on_is_pythons(
    both: CompiledBench, came: Came
) -> None:
    both.feed(asked(request()))
    dealt, sent = both.feed(came)
    assert not dealt
    assert sent == plain(bench(), came)


def test_reply_that_differs_in_what_a_decision_depends_on_is_pythons(both: CompiledBench) -> None:
    agent = agent_of(both)
    known = answered(agent)
    both.feed(known)
    assert both.feed(known)[0]
    data = known.data
    for came in (
        Came(data, source="10.0.0.3"),
        Came(data, source="8.8.8.8"),
        Came(data, destination="172.16.0.4"),
        Came(data, ifindex=1),
        Came(data, ifindex=77),
        Came(data, vrf="client"),
        Came(data, vrf="blue"),
        answered(agent, giaddr=IPv4Address("10.0.0.9")),
        answered(agent[:-1] + b"\xff"),
        Came(reply(OFFER, None).padded()),
    ):
        dealt, sent = both.feed(came)
        assert not dealt, came
        assert sent == plain(bench(), came), came
    assert both.feed(known)[0]


def test_unicast_and_broadcast_requests_get_their_own_flags(both: CompiledBench) -> None:
    renewal = request(REQUEST, ciaddr=IPv4Address("172.16.0.50"))
    both.feed(asked(request()))
    for destination, flags in ((EVERYBODY, b"\0"), ("172.16.0.4", b"\x80")):
        dealt, sent = both.feed(asked(renewal, destination))
        assert dealt
        info = Packet.decode(sent[0].data).relay_agent
        assert info is not None
        assert info.get(10) == flags


@pytest.mark.parametrize("kind", [OFFER, NAK], ids=["offer", "nak"])
@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"flags": 0x8000},
        {"flags": 0x7FFF},
        {"yiaddr": IPv4Address(0), "ciaddr": IPv4Address("172.16.0.50")},
        {"yiaddr": IPv4Address(0)},
        {"htype": 32, "hlen": 0},
        {"chaddr": bytes(16)},
    ],
    ids=["plain", "broadcast", "reserved", "ciaddr", "nobody", "infiniband", "no-mac"],
)
def test_reply_goes_where_python_sends_it(both: CompiledBench, kind: int, fields: dict[str, object]) -> None:
    agent = agent_of(both)
    both.feed(answered(agent))
    came = answered(agent, kind, **fields)
    dealt, sent = both.feed(came)
    assert dealt
    assert sent == plain(bench(), came)
    assert len(sent) == 1


BY_PORT = CONFIG.replace("circuit_id: Vlan1000", 'circuit_id: "{host}:{port}"')
TWO_GROUPS = CONFIG.replace("{address: 10.0.0.3}", "{address: 10.0.0.3, giaddr: 172.16.0.4}")


@pytest.mark.parametrize(
    "config", [TWO_GROUPS, CONFIG.replace("dialect: rfc", "dialect: plain") + "    options: []\n"]
)
def test_interface_whose_requests_are_not_all_alike_is_pythons(library: CDLL, config: str) -> None:
    it = CompiledBench(bench(config), library)
    try:
        for _ in range(3):
            dealt, sent = it.feed(asked(request()))
            assert not dealt
            assert sent == plain(bench(config), asked(request()))
    finally:
        it.close()


def test_replies_by_a_clients_interface_are_asked_the_kernel_each_time(library: CDLL) -> None:
    """A route may go any moment: such replies are never the cache's."""
    config = """
name: sw1
interfaces: [{name: vlan1000, servers: [{address: 172.16.0.9}]}]
"""
    it = CompiledBench(bench(config), library)
    try:
        it.bench.routes["172.16.0.9"] = 1
        _, sent = it.feed(Came(request().padded(), "default", 1, "0.0.0.0", EVERYBODY))
        agent = Packet.decode(sent[0].data).option(82)
        assert agent is not None
        data = reply(OFFER, agent, giaddr=IPv4Address("172.16.0.4")).padded()
        came = Came(data, "default", 1, "172.16.0.9", "172.16.0.4")
        assert [it.feed(came)[0] for _ in range(3)] == [False] * 3
        it.bench.routes["172.16.0.9"] = 2
        assert it.feed(came) == (False, [])
    finally:
        it.close()


# The same, whatever comes.


def moved(came: Came, rng: random.Random) -> Came:
    """The same from elsewhere, sometimes."""
    if rng.random() < 0.7:
        return came
    side = rng.choice(SIDES)
    return replace(
        came,
        vrf=rng.choice((came.vrf, "default", "blue")),
        ifindex=rng.choice((came.ifindex, side.ifindex)),
        source=rng.choice((came.source, side.source)),
        destination=rng.choice((came.destination, "172.16.0.4", "10.0.0.4")),
    )


def story(seed: int, tenants: bool) -> list[Came]:
    """Packets of the corpus, changed, some from elsewhere, each again later on."""
    rng = random.Random(seed)
    corpus = [entry for entry in read_corpus() if (SIDE_MARK in entry[0]) is tenants]
    entries = [rng.choice(corpus) for _ in range(25)]
    entries += [mutate(rng, rng.choice(corpus), rng.choice(corpus)[1]) for _ in range(25)]
    found = [moved(as_it_came(entry), rng) for entry in entries if (SIDE_MARK in entry[0]) is tenants]
    return found + [rng.choice(found) for _ in range(30)]


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1 << 40), st.booleans())
def test_cache_and_python_cannot_be_told_apart(library: CDLL, seed: int, tenants: bool) -> None:
    twins = Twins(tenants_bench if tenants else roomy_bench, library)
    try:
        for came in story(seed, tenants):
            twins.check(came)
        twins.check_counts()
    finally:
        twins.close()


@pytest.mark.parametrize("tenants", [False, True], ids=["one", "tenants"])
def test_stories_are_of_packets_that_the_cache_deals_with(library: CDLL, tenants: bool) -> None:
    """Else the two would be the same because one of them does nothing."""
    twins = Twins(tenants_bench if tenants else roomy_bench, library)
    dealt = [twins.check(came) for seed in range(5) for came in story(seed, tenants)]
    twins.close()
    assert sum(dealt) > 50


# The library itself.


def test_library_of_another_source_is_not_loaded(
    library: CDLL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = compile_fast_path(tmp_path / "_fastpath.so")
    assert fastpath.load(made) is not None
    other = tmp_path / "fastpath.c"
    other.write_text(fastpath.SOURCE.read_text("utf-8") + "\n", "utf-8")
    monkeypatch.setattr(fastpath, "SOURCE", other)
    assert fastpath.load(made) is None


@pytest.mark.parametrize("content", [None, b"", b"no library"], ids=["none", "empty", "text"])
def test_without_a_library_the_relay_does_without(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "_fastpath.so"
    if content is not None:
        path.write_bytes(content)
    assert fastpath.load(path) is None


def test_missing_compiler_and_folder_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InfrastructureError, match="cannot write"):
        compile_fast_path(tmp_path / "none" / "_fastpath.so")
    broken = tmp_path / "fastpath.c"
    broken.write_text("int x", "utf-8")
    monkeypatch.setattr(compiling, "SOURCE", broken)
    with pytest.raises(InfrastructureError, match="does not compile"):
        compile_fast_path(tmp_path / "_fastpath.so")
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(InfrastructureError, match="apt-get install gcc"):
        compile_fast_path(tmp_path / "_fastpath.so")
    assert not (tmp_path / "_fastpath.so").exists()


def test_command_says_what_it_made_and_from_when_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = tmp_path / "_fastpath.so"
    monkeypatch.setattr(main, "compile_fast_path", lambda: compile_fast_path(made))
    done = CliRunner().invoke(main.cli, ["compile"])
    assert (done.exit_code, done.stdout) == (0, f"compiled: {made}; a relay uses it from its next start\n")
    assert fastpath.load(made) is not None
