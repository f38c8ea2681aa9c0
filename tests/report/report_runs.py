"""A run for tests: two steps of ten seconds, in which cl_a is bound, renews, loses its lease and is bound anew."""

from __future__ import annotations

from dataclasses import replace

from report_verdicts import acquired, mac, plan

from labgen.dhcp.model import (
    Client,
    Direction,
    Exchange,
    ExchangeOutcome,
    Kind,
    Message,
    MessageRole,
    MessageType,
)
from labgen.verify.evidence import KeptTiming, RunEvidence, StepEvidence
from labgen.verify.playbook_spec import ActionSpec, PlaybookSpec, StepSpec
from labgen.verify.timing import TimedPhase

BEGAN = 1000.0
LEASE = 4


def granted(
    client: str, at: float, address: str, *, kind: Kind = Kind.ACQUIRE, lease: int = LEASE
) -> Exchange:
    """An exchange that ends with an ACK at the client, `at` seconds after the first step began."""
    ack = Message(
        MessageType.ACK,
        node=client,
        role=MessageRole.CLIENT,
        direction=Direction.RX,
        mac=mac(client),
        yiaddr=address,
        time=BEGAN + at,
        file=f"captures/{client}-eth1.pcap",
        frame=int(at * 10) + 1,
    )
    outcome = ExchangeOutcome.BOUND if kind is Kind.ACQUIRE else ExchangeOutcome.RENEWED
    return Exchange(Client(mac(client)), kind, outcome, (ack,), 1, address, "172.16.0.4", lease)


def released(client: str, at: float, address: str) -> Exchange:
    (message,) = granted(client, at, address).messages
    gone = replace(message, type=MessageType.RELEASE, direction=Direction.TX, yiaddr=None, ciaddr=address)
    return Exchange(
        Client(mac(client)), Kind.RELEASE, ExchangeOutcome.RELEASED, (gone,), 2, address, "172.16.0.4"
    )


def run() -> RunEvidence:
    """A step that binds and one in which the relay `sw1` stops."""
    do = (ActionSpec(action="stop-relay", on="renewal-relay"), ActionSpec(wait=Kind.REBIND, on="focus"))
    book = PlaybookSpec(
        name="relay-failure",
        steps=(StepSpec(name="bind", title="Clients are bound"), StepSpec(name="failure", do=do)),
    )
    names = {"playbook": "relay-failure", "step": "failure"}
    return RunEvidence(
        provider="embedded",
        plan=plan(),
        playbooks=(book,),
        steps=(
            StepEvidence(playbook="relay-failure", step="bind", since=BEGAN, acted=BEGAN, at=BEGAN + 10),
            StepEvidence(
                **names, since=BEGAN + 10, acted=BEGAN + 10, at=BEGAN + 20, roles={"renewal-relay": ("sw1",)}
            ),
        ),
        timings=(
            KeptTiming(phase=TimedPhase.ACTION, seconds=0.5, name="stop-relay", **names),
            KeptTiming(phase=TimedPhase.ACTION, seconds=6.0, name="wait for rebind", **names),
        ),
    )


__all__ = ["BEGAN", "LEASE", "acquired", "granted", "released", "run"]
