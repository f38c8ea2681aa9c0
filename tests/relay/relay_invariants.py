"""What must hold for any octets whatever, checked on a bench."""

from __future__ import annotations

from relay_bench import STATE, Bench, ToClient, ToServer, bench, interface

from labgen.dhcp.options import END, Option, OptionCode, RelayAgentInfo, decode_options, encode_options
from labgen.dhcp.packet import Packet
from labgen.relay.counters import DropReason

LINK = "vlan1000@client"


def roomy_bench() -> Bench:
    """A bench on which no reply needs fragments: those do not go through what a bench records."""
    wide = interface("vlan1000", "172.16.0.4/24", index=1, mtu=1 << 17)
    return bench(state={**STATE, "vlan1000": wide}, mtu=1 << 17)


def check_request(relay: Bench, data: bytes) -> str:
    """Offer octets as a request; assert what must hold, and name the outcome."""
    before = _drops(relay)
    sent = relay.request(data, LINK)
    reason = _outcome(relay, before, bool(sent))
    for copy in sent:
        _check_copy(Packet.decode(data), copy, data)
    return f"request {reason}"


def _check_copy(asked: Packet, copy: ToServer, data: bytes) -> None:
    got = copy.packet
    assert len(copy.data) >= 300
    assert got.hops == asked.hops + 1 <= 17
    assert copy.data[4:24] == data[4:24]
    assert copy.data[28:236] == data[28:236]
    if int(asked.giaddr):
        assert got.giaddr == asked.giaddr
        assert copy.data[28:].startswith(data[28:])
        return
    assert str(got.giaddr) == "10.0.0.4"
    assert asked.option(OptionCode.RELAY_AGENT) is None
    if asked.dhcp:
        assert got.options[:-1] == asked.options
        assert got.options[-1].code == OptionCode.RELAY_AGENT
        assert copy.agent.malformed is None
        assert got.trailer[0] == END
        assert not got.trailer[1:].strip(b"\0")


def check_reply(relay: Bench, data: bytes) -> str:
    """Offer octets as a reply; assert what must hold, and name the outcome."""
    before = _drops(relay)
    frames = relay.reply(data)
    reason = _outcome(relay, before, bool(frames))
    assert len(frames) <= 1
    for got in frames:
        _check_frame(Packet.decode(data), got, data)
    return f"reply {reason}"


def _check_frame(answered: Packet, got: ToClient, data: bytes) -> None:
    assert got.data[:236] == data[:236]
    assert len(got.data) >= 300
    assert str(answered.giaddr) == "10.0.0.4"
    if not answered.dhcp:
        return
    agent = answered.option(OptionCode.RELAY_AGENT)
    kept = tuple(option for option in answered.options if option.code != OptionCode.RELAY_AGENT)
    assert got.packet.options[: len(kept)] == kept
    assert all(option.code == 0 for option in got.packet.options[len(kept) :])
    if agent is not None:
        assert RelayAgentInfo.decode(agent).malformed is None
    if answered.broadcast:
        assert got.mac == b"\xff" * 6


def _drops(relay: Bench) -> list[int]:
    both = (relay.counters.unplaced, relay.counters.links[LINK].drops)
    return [counts[reason] for counts in both for reason in range(max(DropReason) + 1)]


def _outcome(relay: Bench, before: list[int], relayed: bool) -> str:
    """Every packet is either relayed or counted as dropped, once."""
    after = _drops(relay)
    changed = [index for index, (old, new) in enumerate(zip(before, after, strict=True)) if new != old]
    assert sum(after) - sum(before) == (0 if relayed else 1)
    return "relayed" if relayed else f"dropped {changed[0]}"


def options_of(data: bytes) -> tuple[Option, ...]:
    """Options of a packet, for mutation."""
    return decode_options(data[240:])[0]


def with_options(data: bytes, options: tuple[Option, ...], tail: bytes) -> bytes:
    return data[:240] + encode_options(options) + tail
