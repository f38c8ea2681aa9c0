"""Running vectors against a relay: each stimulus, then one that is known to come through, and what was seen before it."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from ipaddress import IPv4Address
from pathlib import Path

from labgen.conform.outcome import Outcome, Result, Run
from labgen.conform.packets import Names, copy_differences, encode, frame_differences
from labgen.conform.relays import Relay
from labgen.conform.stage import INTERFACES, LOOPBACK, SERVERS, Copy, Frame, Sides, Stage
from labgen.conform.vector import Feature, PacketText, Setup, Side, Stimulus, Vector
from labgen.dhcp.packet import Packet
from labgen.ground.errors import InfrastructureError

_START_SECONDS = 15.0
_CONTROL_SECONDS = 3.0
_FIRST = 0x10000000
_CONTROLS = 0x20000000
_CLIENTS: tuple[Side, ...] = ("client1", "client2", "tenant")


class Bench:
    """One relay in one set-up, running."""

    def __init__(self, stage: Sides) -> None:
        self._stage = stage
        self._xid = _FIRST
        self._control = _CONTROLS
        self._known: dict[str, Names] = {}

    def wait_until_relaying(self, sides: Sequence[Side], alive: Callable[[], bool] = lambda: True) -> None:
        """Until a request of each of these clients' wires has come through. Raises InfrastructureError."""
        deadline = time.monotonic() + _START_SECONDS
        for side in sides:
            while side not in self._known:
                if time.monotonic() > deadline or not alive():
                    raise InfrastructureError(
                        f"the relay does not relay from {side} within {_START_SECONDS:.0f} s"
                    )
                self._learn(side)

    def _learn(self, side: Side) -> None:
        """How requests of an interface leave: giaddr and option 82."""
        xid = self._ask(side)
        for copy in self._stage.copies(None, 0.5):
            packet = Packet.decode(copy.data)
            if packet.xid == xid:
                addresses = {
                    "$interface": IPv4Address(INTERFACES[side]),
                    "$giaddr": packet.giaddr,
                    "$loopback": IPv4Address(LOOPBACK),
                }
                self._known[side] = Names(addresses, packet.option(82))

    def _ask(self, side: Side) -> int:
        """A DISCOVER that comes through any relay; its transaction."""
        self._control += 1
        stimulus = Stimulus(side=side, packet=PacketText(message="DISCOVER"))
        payload = encode(stimulus.packet, self._control, Names({}, None))
        self._stage.send(stimulus, payload, stimulus.source, stimulus.destination)
        return self._control

    def run(self, vector: Vector) -> tuple[str, ...]:
        """What is different from what the vector expects; nothing when it is as it should be."""
        self._stage.drain()
        self._xid += 1
        stimulus, names = vector.stimulus, self._known[vector.stimulus.about]
        payload = encode(stimulus.packet, self._xid, names)
        source, destination = (_written(text, names) for text in (stimulus.source, stimulus.destination))
        self._stage.send(stimulus, payload, source, destination)
        found: list[str] = []
        if vector.expect.copies is not None:
            found += self._copies(vector, payload, names)
        if vector.expect.client is not None:
            found += self._frames(vector, payload, names)
        return tuple(found)

    def _copies(self, vector: Vector, payload: bytes, names: Names) -> Iterator[str]:
        control = self._ask("client1")
        seen = self._stage.copies(dict.fromkeys(SERVERS, control), _CONTROL_SECONDS)
        if {copy.server for copy in seen if _xid(copy.data) == control} != set(SERVERS):
            yield "the request sent after it did not come through: the relay is stuck"
        copies = [copy for copy in seen if _xid(copy.data) == self._xid or _xid(copy.data) is None]
        for server in SERVERS:
            number = sum(copy.server == server for copy in copies)
            if number != vector.expect.copies:
                yield f"{number} copies at {server}, not {vector.expect.copies}"
        yield from dict.fromkeys(self._copy_faults(vector, payload, copies, names))

    @staticmethod
    def _copy_faults(vector: Vector, payload: bytes, copies: Iterable[Copy], names: Names) -> Iterator[str]:
        if vector.expect.copy_ is not None:
            for copy in copies:
                yield from copy_differences(vector.expect.copy_, payload, copy.data, copy.source, names)

    def _frames(self, vector: Vector, payload: bytes, names: Names) -> Iterator[str]:
        control = self._answer()
        seen = self._stage.frames(control, _CONTROL_SECONDS)
        if not any(_xid(frame.data) == control for frame in seen):
            yield "the reply sent after it did not come through: the relay is stuck"
        frames = [frame for frame in seen if _xid(frame.data) == self._xid]
        want, wires = vector.expect.client, sorted({frame.wire for frame in frames})
        if want == "nowhere" and frames:
            yield f"delivered on {' and '.join(wires)}"
        elif want != "nowhere" and wires != [want]:
            yield f"delivered on {' and '.join(wires) or 'no wire'}, not {want}"
        if vector.expect.frame is not None:
            yield from dict.fromkeys(self._frame_faults(vector, payload, frames, names))

    @staticmethod
    def _frame_faults(vector: Vector, payload: bytes, frames: Iterable[Frame], names: Names) -> Iterator[str]:
        assert vector.expect.frame is not None
        for frame in frames:
            yield from frame_differences(vector.expect.frame, payload, frame.data, frame.ends, names)

    def _answer(self) -> int:
        """An OFFER that comes through any relay; its transaction."""
        self._control += 1
        names = self._known["client1"]
        options: tuple[dict[int, str], ...] = ({54: "=10.0.0.2"}, {82: "$agent"})
        text = PacketText(
            op=2, message="OFFER", broadcast=True, giaddr="$giaddr", yiaddr="172.16.1.99", options=options
        )
        stimulus = Stimulus(side="server", packet=text)
        payload = encode(text, self._control, names)
        self._stage.send(stimulus, payload, "10.0.0.2", str(names.addresses["$giaddr"]))
        return self._control


def _written(text: str, names: Names) -> str:
    return str(names.addresses[text]) if text.startswith("$") else text


def _xid(data: bytes) -> int | None:
    return int.from_bytes(data[4:8], "big") if len(data) >= 8 else None


def conform(relay: Relay, vectors: Sequence[Vector], progress: Callable[[str], None] = lambda _: None) -> Run:
    """Run vectors against one relay. Raises InfrastructureError where it cannot be run at all."""
    missing = relay.missing()
    if missing is not None:
        raise InfrastructureError(missing)
    results: dict[str, Result] = {}
    for setup in Setup:
        mine = [vector for vector in vectors if vector.setup is setup]
        if mine:
            progress(f"{relay.name}: {len(mine)} vectors with giaddr of the {setup.value}")
            results |= {result.vector.id: result for result in _with_setup(relay, setup, mine)}
    return Run(relay.name, relay.version(), tuple(results[vector.id] for vector in vectors))


def _with_setup(relay: Relay, setup: Setup, vectors: Sequence[Vector]) -> Iterator[Result]:
    able = [vector for vector in vectors if not _lacking(relay, vector)]
    for vector in vectors:
        if vector not in able:
            yield Result(
                vector, Outcome.UNSUPPORTED, (f"{relay.name} knows no {_lacking(relay, vector)[0].value}",)
            )
    if not able:
        return
    with Stage() as stage, _running(relay, setup, stage) as process:
        if process is None:
            yield from (
                Result(vector, Outcome.UNSUPPORTED, (f"no set-up `{setup.value}`",)) for vector in able
            )
            return
        bench = Bench(stage)
        bench.wait_until_relaying(
            _CLIENTS if setup is Setup.TENANTS else _CLIENTS[:2], lambda: process.poll() is None
        )
        yield from (_result(bench, vector) for vector in able)


def _result(bench: Bench, vector: Vector) -> Result:
    found = bench.run(vector)
    return Result(vector, Outcome.of(vector, bool(found)), found)


def conform_attached(name: str, sides: Sides, vectors: Sequence[Vector], lacks: frozenset[Feature]) -> Run:
    """Run vectors against a relay that is running already, reached by its two sides. Raises InfrastructureError.

    Vectors that take another set-up than giaddr of the interface, or a wire there is none of, are unsupported.
    """
    bench = Bench(sides)
    bench.wait_until_relaying([side for side in _CLIENTS if side in sides.wires])
    return Run(name, "attached", tuple(_attached(bench, sides, vector, lacks) for vector in vectors))


def _attached(bench: Bench, sides: Sides, vector: Vector, lacks: frozenset[Feature]) -> Result:
    asked = {vector.stimulus.side, vector.stimulus.about} & set(_CLIENTS)
    lacking = [feature.value for feature in vector.needs if feature in lacks]
    if vector.setup is not Setup.INTERFACE:
        lacking.append(f"set-up `{vector.setup.value}`")
    lacking += sorted(asked - set(sides.wires))
    if vector.stimulus.side == "uplink":
        lacking.append("frames on the uplink")
    if lacking:
        return Result(vector, Outcome.UNSUPPORTED, (f"not tried: {', '.join(lacking)}",))
    return _result(bench, vector)


def _lacking(relay: Relay, vector: Vector) -> list[Feature]:
    return [feature for feature in vector.needs if feature in relay.lacks]


@contextmanager
def _running(relay: Relay, setup: Setup, stage: Stage) -> Iterator[subprocess.Popen[bytes] | None]:
    """The relay in its namespace; None where it knows no such set-up."""
    with tempfile.TemporaryDirectory(prefix="labgen-conform-") as name:
        command = relay.command(setup, Path(name), stage)
        if command is None:
            yield None
            return
        output = Path(name) / "output"
        with output.open("wb") as sink:
            process = subprocess.Popen([*stage.into("sw"), *command], stdout=sink, stderr=sink)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
