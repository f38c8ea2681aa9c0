"""Octets nobody would send, and what must hold all the same (R23, R24)."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from relay_bench import OFFER, UPLINK, Bench, reply
from relay_fuzz import Entry, Target, fuzz, read_corpus, run
from relay_invariants import check_reply, check_request, roomy_bench
from relay_tenants import SIDES, TENANTS, Side, check_isolation, tenants_bench

from labgen.dhcp.packet import COOKIE
from labgen.relay.walk import walk, without_relay_agent


@pytest.fixture(scope="module")
def long_lived() -> Iterator[Bench]:
    """One bench for many packets, so that leftovers of one would show in the next."""
    made = roomy_bench()
    yield made
    made.close()


OPTIONS = st.lists(
    st.one_of(
        st.just(b"\0"),
        st.just(b"\xff"),
        st.tuples(st.sampled_from([12, 52, 53, 61, 82, 125, 254]), st.binary(max_size=60)).map(
            lambda pair: bytes((pair[0], len(pair[1]))) + pair[1]
        ),
        st.binary(max_size=4),
    ),
    max_size=10,
).map(b"".join)
GIADDR = st.sampled_from([bytes(4), bytes((10, 0, 0, 4)), bytes((10, 0, 0, 9)), bytes((172, 16, 0, 4))])


def header(op: int, hops: int, giaddr: bytes, rest: bytes) -> bytes:
    return bytes((op, 1, 6, hops)) + rest[:20] + giaddr + rest[20:228]


HEADERS = st.builds(
    header,
    st.sampled_from([0, 1, 1, 1, 2, 2, 2]),
    st.sampled_from([0, 1, 16, 17, 255]),
    GIADDR,
    st.binary(min_size=228, max_size=228),
)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(HEADERS, st.sampled_from([COOKIE, b""]), OPTIONS)
def test_any_request_is_relayed_faithfully_or_dropped_once(
    long_lived: Bench, header: bytes, cookie: bytes, options: bytes
) -> None:
    check_request(long_lived, header + cookie + options)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(HEADERS, st.sampled_from([COOKIE, b""]), OPTIONS)
def test_any_reply_is_delivered_faithfully_or_dropped_once(
    long_lived: Bench, header: bytes, cookie: bytes, options: bytes
) -> None:
    check_reply(long_lived, header + cookie + options)


@pytest.fixture(scope="module")
def target() -> Target:
    return Target.make()


@pytest.mark.parametrize("entry", read_corpus(), ids=lambda entry: f"{entry[0]}-{len(entry[1])}")
def test_corpus_holds(target: Target, entry: Entry) -> None:
    run(target, entry)


@pytest.mark.slow
def test_mutations_of_the_corpus_hold(target: Target) -> None:
    """A second's worth of what `relay_fuzz.py` does for longer."""
    tried, outcomes, _ = fuzz(target, 1.0, random.Random(1), read_corpus())
    assert tried > 100
    assert {"request relayed", "reply relayed", "default relayed", "red relayed", "blue relayed"} <= set(
        outcomes
    )


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SIDES), HEADERS, OPTIONS)
def test_nothing_reaches_another_vrf_side_or_tenant(
    target: Target, side: Side, header: bytes, options: bytes
) -> None:
    check_isolation(target.tenants, side, header + COOKIE + options)


def test_invariant_of_isolation_can_fail() -> None:
    """A relay that asks for no source delivers what `strict` stops, and the invariant says so."""
    open_to_all = tenants_bench(TENANTS.replace("name: sw1", "name: sw1\nreply_source: any"))
    forged = reply(OFFER, b"\x01\x04same\x97\x04\0red").padded()
    check_isolation(tenants_bench(), Side("default", UPLINK, "8.8.8.8"), forged)
    with pytest.raises(AssertionError, match="vlan10 got a reply"):
        check_isolation(open_to_all, Side("default", UPLINK, "8.8.8.8"), forged)


@settings(deadline=None)
@given(st.binary(max_size=400), st.integers(0, 400))
def test_walk_stays_within_its_bounds(data: bytes, stop: int) -> None:
    stop = min(stop, len(data))
    end, _, agent = walk(data + bytes(4), 0, stop)
    assert -1 <= end <= stop
    assert agent == 0 or data[agent] == 82


@settings(deadline=None)
@example(b"\x35\x00\xff")
@given(OPTIONS)
def test_options_without_option_82_are_the_others(options: bytes) -> None:
    end, _, _ = walk(options + bytes(4), 0, len(options))
    if end >= 0:
        kept, _ = without_relay_agent(bytearray(options), 0, end)
        assert walk(kept + bytes(4), 0, len(kept)) == (len(kept), walk(options + bytes(4), 0, end)[1], 0)
