"""Running vectors against a relay: each stimulus, then two that are known to come through, and what was seen before them."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import IPv4Address

from labgen.conform.outcome import RelayRun, VectorOutcome, VectorResult
from labgen.conform.packets import Names, copy_differences, encode, frame_differences
from labgen.conform.relays import TriedRelay, environment
from labgen.conform.stage import INTERFACES, LOOPBACK, SERVERS, ClientFrame, Copy, RelayStage, Sides
from labgen.conform.vector import Feature, PacketText, Setup, Side, Stimulus, Vector
from labgen.dhcp.options import RelayAgentInfo
from labgen.dhcp.packet import Packet
from labgen.dhcp.ports import SERVER_PORT
from labgen.ground.errors import InfrastructureError
from labgen.ground.processes import WITH_PARENT
from labgen.ground.scratch import scratch
from labgen.ground.suboption import SubOptionCode

_START_SECONDS = 15.0
_CONTROL_SECONDS = 3.0
_CONTROLS_EACH = 2
"""Packets known to come through that follow a stimulus, one after the other: the first may overtake it on its way through the kernel."""
_FIRST = 0x10000000
_CONTROLS = 0x20000000
_CLIENTS: tuple[Side, ...] = ("client1", "client2", "tenant")


class Bench:
    """One relay in one set-up, running."""

    def __init__(self, stage: Sides, servers: Sequence[str] = tuple(SERVERS), shared: str = LOOPBACK) -> None:
        """`servers`: those the relay was told of; `shared`: the giaddr that several interfaces share."""
        self._stage = stage
        self._servers = tuple(servers)
        self._shared = IPv4Address(shared)
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
        """Learn giaddr and option 82 of the requests that leave by an interface."""
        xid = self._ask(side)
        for copy in self._stage.copies(None, 0.5):
            packet = Packet.decode(copy.data)
            if packet.xid == xid:
                addresses = {
                    "$interface": IPv4Address(INTERFACES[side]),
                    "$giaddr": packet.giaddr,
                    "$loopback": self._shared,
                }
                self._known[side] = Names(addresses, packet.option(82), _reply_port(packet, copy))

    def _ask(self, side: Side) -> int:
        """A DISCOVER that comes through any relay; its transaction."""
        self._control += 1
        stimulus = Stimulus(side=side, packet=PacketText(message="DISCOVER"))
        payload = encode(stimulus.packet, self._control, Names({}, None))
        self._stage.send(stimulus, payload, stimulus.source, stimulus.destination)
        return self._control

    def _names(self, about: Side) -> Names:
        """The known values of an interface, with the circuit-id of the other VLAN."""
        other = self._known.get("client1" if about == "client2" else "client2")
        info = RelayAgentInfo.decode((other and other.agent) or b"")
        return replace(self._known[about], other_circuit=info.circuit_id or b"")

    def run(self, vector: Vector) -> tuple[str, ...]:
        """The differences from what the vector expects; empty if there are none."""
        self._stage.drain()
        self._xid += 1
        stimulus, names = vector.stimulus, self._names(vector.stimulus.about)
        payload = encode(stimulus.packet, self._xid, names)
        source, destination = (_written(text, names) for text in (stimulus.source, stimulus.destination))
        port = names.port if isinstance(stimulus.to_port, str) else stimulus.to_port
        self._stage.send(stimulus, payload, source, destination, port)
        if vector.expect.copies == 0 or vector.expect.client == "nowhere":
            # That nothing came of it must not be because it got lost.
            self._stage.send(stimulus, payload, source, destination, port)
        found: list[str] = []
        if vector.expect.copies is not None:
            found += self._copies(vector, payload, names)
        if vector.expect.client is not None:
            found += self._frames(vector, payload, names)
        return tuple(found)

    def _copies(self, vector: Vector, payload: bytes, names: Names) -> Iterator[str]:
        seen: list[Copy] = []
        for _ in range(_CONTROLS_EACH):
            control = self._ask("client1")
            found = self._stage.copies(dict.fromkeys(self._servers, control), _CONTROL_SECONDS)
            seen += found
            if {copy.server for copy in found if _xid(copy.data) == control} != set(self._servers):
                yield "the request sent after it did not come through: the relay is stuck"
                break
        copies = [copy for copy in seen if _xid(copy.data) == self._xid or _xid(copy.data) is None]
        for server in self._servers:
            number = sum(copy.server == server for copy in copies)
            if number != vector.expect.copies:
                yield f"{number} copies at {server}, not {vector.expect.copies}"
        yield from dict.fromkeys(self._copy_faults(vector, payload, copies, names))

    @staticmethod
    def _copy_faults(vector: Vector, payload: bytes, copies: Iterable[Copy], names: Names) -> Iterator[str]:
        if vector.expect.copy_ is not None:
            for copy in copies:
                yield from copy_differences(vector.expect.copy_, payload, copy.data, copy.arrival, names)

    def _frames(self, vector: Vector, payload: bytes, names: Names) -> Iterator[str]:
        seen: list[ClientFrame] = []
        for _ in range(_CONTROLS_EACH):
            control = self._answer()
            found = self._stage.frames(control, _CONTROL_SECONDS, vector.stimulus.packet.ciaddr)
            seen += found
            if not any(_xid(frame.data) == control for frame in found):
                yield "the reply sent after it did not come through: the relay is stuck"
                break
        frames = [frame for frame in seen if _xid(frame.data) == self._xid]
        want, client_ports = vector.expect.client, sorted({frame.client_port for frame in frames})
        if want == "nowhere" and frames:
            yield f"delivered on {' and '.join(client_ports)}"
        elif want != "nowhere" and client_ports != [want]:
            yield f"delivered on {' and '.join(client_ports) or 'no client_port'}, not {want}"
        if vector.expect.frame is not None:
            yield from dict.fromkeys(self._frame_faults(vector, payload, frames, names))

    @staticmethod
    def _frame_faults(
        vector: Vector, payload: bytes, frames: Iterable[ClientFrame], names: Names
    ) -> Iterator[str]:
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
        self._stage.send(stimulus, payload, "10.0.0.2", str(names.addresses["$giaddr"]), names.port)
        return self._control


def _reply_port(packet: Packet, copy: Copy) -> int:
    """The UDP port that replies to a request go to: 67, or the request's source port if it says so (RFC 8357 section 4)."""
    info = packet.relay_agent
    asked = info is not None and info.get(SubOptionCode.RELAY_PORT) is not None
    return copy.arrival.source[1] if asked else SERVER_PORT


def _written(text: str, names: Names) -> str:
    return str(names.addresses[text]) if text.startswith("$") else text


def _xid(data: bytes) -> int | None:
    return int.from_bytes(data[4:8], "big") if len(data) >= 8 else None


def conform(
    relay: TriedRelay, vectors: Sequence[Vector], progress: Callable[[str], None] = lambda _: None
) -> RelayRun:
    """Run vectors against one relay. Raises InfrastructureError where it cannot be run at all."""
    missing = relay.missing()
    if missing is not None:
        raise InfrastructureError(missing)
    results: dict[str, VectorResult] = {}
    for setup in Setup:
        mine = [vector for vector in vectors if vector.setup is setup]
        if mine:
            progress(f"{relay.name}: {len(mine)} vectors, set-up {setup.value}")
            results |= {result.vector.id: result for result in _with_setup(relay, setup, mine)}
    return RelayRun(relay.name, relay.version(), tuple(results[vector.id] for vector in vectors))


def _with_setup(relay: TriedRelay, setup: Setup, vectors: Sequence[Vector]) -> Iterator[VectorResult]:
    lacks = relay.lacks | relay.lacks_at.get(setup, frozenset())
    able = [vector for vector in vectors if not lacks.intersection(vector.needs)]
    for vector in vectors:
        if vector not in able:
            lacking = next(feature.value for feature in vector.needs if feature in lacks)
            yield VectorResult(vector, VectorOutcome.UNSUPPORTED, (f"{relay.name} knows no {lacking}",))
    if not able:
        return
    with RelayStage() as stage, _running(relay, setup, stage) as process:
        if process is None:
            yield from (
                VectorResult(vector, VectorOutcome.UNSUPPORTED, (f"no set-up `{setup.value}`",))
                for vector in able
            )
            return
        bench = Bench(stage, relay.servers, relay.shared)
        bench.wait_until_relaying(
            _CLIENTS if setup is Setup.TENANTS else _CLIENTS[:2], lambda: process.poll() is None
        )
        yield from (_result(bench, vector) for vector in able)


def _result(bench: Bench, vector: Vector) -> VectorResult:
    """The result of a vector; a difference that does not show again was a lost packet, which UDP allows."""
    found = bench.run(vector) and bench.run(vector)
    return VectorResult(vector, VectorOutcome.of(vector, bool(found)), found)


def conform_attached(
    name: str, sides: Sides, vectors: Sequence[Vector], lacks: frozenset[Feature]
) -> RelayRun:
    """Run vectors against a relay that is running already, reached by its two sides. Raises InfrastructureError.

    Vectors that take another set-up than giaddr of the interface, or a wire there is none of, are unsupported.
    """
    servers = tuple(SERVERS)[: 1 if Feature.SEVERAL_SERVERS in lacks else None]
    bench = Bench(sides, servers)
    bench.wait_until_relaying([side for side in _CLIENTS if side in sides.client_ports])
    return RelayRun(name, "attached", tuple(_attached(bench, sides, vector, lacks) for vector in vectors))


def _attached(bench: Bench, sides: Sides, vector: Vector, lacks: frozenset[Feature]) -> VectorResult:
    asked = {vector.stimulus.side, vector.stimulus.about} & set(_CLIENTS)
    lacking = [feature.value for feature in vector.needs if feature in lacks]
    if vector.setup is not Setup.INTERFACE:
        lacking.append(f"set-up `{vector.setup.value}`")
    lacking += sorted(asked - set(sides.client_ports))
    if vector.stimulus.side == "uplink":
        lacking.append("frames on the uplink")
    if lacking:
        return VectorResult(vector, VectorOutcome.UNSUPPORTED, (f"not tried: {', '.join(lacking)}",))
    return _result(bench, vector)


@contextmanager
def _running(relay: TriedRelay, setup: Setup, stage: RelayStage) -> Iterator[subprocess.Popen[bytes] | None]:
    """The relay in its namespace; None where it knows no such set-up."""
    with scratch("conform") as folder:
        command = relay.command(setup, folder, stage)
        if command is None:
            yield None
            return
        output = folder / "output"
        with output.open("wb") as sink:
            argv = [*WITH_PARENT, *stage.into("sw"), *command]
            process = subprocess.Popen(argv, stdout=sink, stderr=sink, env=environment())
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
