"""Verdicts for tests: two clients, two relays and two servers of the flagship scenario; and what a verdict.json holds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from labgen.dhcp.jsonform import Json, as_list, as_mapping
from labgen.dhcp.model import (
    Binding,
    Client,
    Direction,
    Evidence,
    Exchange,
    ExchangeOutcome,
    Finding,
    Kind,
    Message,
    MessageRole,
    MessageType,
    RelayOptions,
    Severity,
)
from labgen.ground.labplan import LabPlan
from labgen.plan.build import build
from labgen.spec.load import load
from labgen.verify.judgement import Judgement, Outcome, Proof, Witness
from labgen.verify.subject import Subject
from labgen.verify.timing import TimedPhase, Timing
from labgen.verify.verdict import CheckResult, Verdict

RELAYS = {"sw1": "10.0.0.4", "sw2": "10.0.0.5"}
SERVERS = {"srv1": "10.0.0.2", "srv2": "10.0.0.3"}
FRAME = Proof(Witness.WIRE, "srv1", "captures/srv1-eth1.pcap", frame=35)
LINE = Proof(Witness.SERVER, "srv1", "raw/srv1/kea-dhcp4.log.txt", line=162)
PASS = Judgement(Outcome.PASS, "an address of its own pool", "172.16.0.130", "", (FRAME,))
FAIL = Judgement(
    Outcome.FAIL, "an address of its own pool", "172.16.0.200", "labgen logs srv1", (FRAME, LINE)
)
ERROR = Judgement(Outcome.ERROR, "an address of its own pool", "srv1 did not answer", "labgen status")
BLOCKED = Judgement(Outcome.BLOCKED, "an address of its own pool", "no OFFER was seen")


@cache
def plan() -> LabPlan:
    return build(load("evpn-redundant-server"))


def mac(client: str) -> str:
    return plan().node(client).interfaces[0].mac


def verdict(
    *judgements: Judgement, exchanges: tuple[Exchange, ...] | None = None, folder: str = "runs/x"
) -> Verdict:
    """One check per judgement, in the step `acquire`; both clients bound by srv2."""
    return Verdict(
        lab="evpn-redundant-server",
        scenario="evpn-redundant-server",
        provider="embedded",
        devices={node.name: node.device for node in plan().nodes},
        planned=len(judgements),
        checks=tuple(checks(judgements)),
        bindings=tuple(binding for client in ("cl_a", "cl_b") for binding in bindings(client)),
        exchanges=(acquired("cl_a"), acquired("cl_b")) if exchanges is None else exchanges,
        findings=(
            Finding(
                "duplicate-relay", Severity.INFO, "srv1 received DISCOVER once per relay", "srv1", mac("cl_a")
            ),
            Finding(
                "unexpected-address",
                Severity.WARNING,
                "srv1 was asked for 172.16.0.130",
                "srv1",
                mac("cl_a"),
                (
                    Evidence(
                        "srv1", "raw/srv1/kea-dhcp4.log.txt", line=162, text="DHCP4_PACKET_NAK_0003 <hw>"
                    ),
                ),
            ),
        ),
        timings=timings(),
        folder=folder,
    )


def checks(judgements: tuple[Judgement, ...]) -> Iterator[CheckResult]:
    pairs = [(client, server) for client in ("cl_a", "cl_b") for server in SERVERS]
    for (client, server), judgement in zip(pairs, judgements, strict=False):
        title = "{server} offers {client} an address of its own pool"
        about = Subject(client=client, server=server)
        yield CheckResult(
            "server.pool", about, title, "acquire", "acquire", "RFC 2131 section 4.3.1", judgement
        )


def timings() -> tuple[Timing, ...]:
    """A build, a lab that came up in two stages, and a step."""
    return (
        Timing(TimedPhase.BUILD, 0.1),
        Timing(TimedPhase.STAGE, 0.4, "network"),
        Timing(TimedPhase.STAGE, 2.0, "routes"),
        Timing(TimedPhase.STEP, 1.5, playbook="acquire", step="acquire"),
    )


def bindings(client: str) -> tuple[Binding, Binding]:
    address = lease(client)
    held = Binding(
        address, "srv2", mac=mac(client), lease_seconds=12, file="raw/srv2/lease4-get-all.txt", line=1
    )
    known = Binding(
        address,
        client,
        state="bound",
        server_id="172.16.0.4",
        role=MessageRole.CLIENT,
        file=f"raw/{client}/leases.txt",
    )
    return held, known


def lease(client: str) -> str:
    return {"cl_a": "172.16.0.130", "cl_b": "172.16.0.131"}[client]


def acquired(client: str, *, circuit: str = "Vlan1000", note: str | None = None) -> Exchange:
    """Every relay passes DISCOVER and REQUEST to every server; the client takes srv2's offer through sw1."""
    steps = [*_requests(MessageType.DISCOVER, client, circuit), *_answers(MessageType.OFFER, client, note)]
    steps += [*_requests(MessageType.REQUEST, client, circuit), *_answers(MessageType.ACK, client, note)]
    messages = tuple(
        Message(**fields, mac=mac(client), xid=7, time=1000.0 + at / 1000, frame=at + 1)  # type: ignore[arg-type]
        for at, fields in enumerate(steps)
    )
    return Exchange(
        Client(mac(client)), Kind.ACQUIRE, ExchangeOutcome.BOUND, messages, 7, lease(client), "172.16.0.4", 12
    )


def _requests(kind: MessageType, client: str, circuit: str) -> Iterator[dict[str, object]]:
    broadcast = {"type": kind, "src": "0.0.0.0", "dst": "255.255.255.255"}
    asked = {"requested": lease(client), "server_id": "172.16.0.4"} if kind is MessageType.REQUEST else {}
    yield broadcast | asked | _at(client, MessageRole.CLIENT, Direction.TX)
    for relay in RELAYS:
        yield broadcast | asked | _at(relay, MessageRole.RELAY, Direction.RX)
    for giaddr in RELAYS.values():
        for server, address in SERVERS.items():
            relayed = {"type": kind, "src": giaddr, "dst": address, "giaddr": giaddr, "option82": True}
            options = {"relay_options": RelayOptions(circuit_id=circuit, link_selection="172.16.0.4")}
            yield relayed | asked | options | _at(server, MessageRole.SERVER, Direction.RX)


def _answers(kind: MessageType, client: str, note: str | None) -> Iterator[dict[str, object]]:
    for giaddr in RELAYS.values():
        answer = {
            "type": kind,
            "giaddr": giaddr,
            "server_id": "172.16.0.4",
            "yiaddr": lease(client),
            "lease_seconds": 12,
        }
        yield answer | {"src": "10.0.0.3", "dst": giaddr} | _at("srv2", MessageRole.SERVER, Direction.TX)
        arrived = {"src": "172.16.0.4", "dst": lease(client), "note": note}
        yield answer | arrived | _at(client, MessageRole.CLIENT, Direction.RX)
        if kind is MessageType.ACK:
            return


def _at(node: str, role: MessageRole, direction: Direction) -> dict[str, object]:
    return {"node": node, "role": role, "direction": direction, "file": f"captures/{node}-eth1.pcap"}


def read(path: Path) -> Verdict:
    """The verdict that a run wrote."""
    data = as_mapping(json.loads(path.read_text()))
    return Verdict(
        lab=str(data["lab"]),
        scenario=str(data["scenario"]),
        provider=str(data["provider"]),
        devices={name: str(device) for name, device in as_mapping(data["devices"]).items()},
        planned=int(str(data["planned"])),
        checks=tuple(_check(as_mapping(item)) for item in as_list(data["checks"])),
        bindings=tuple(Binding.from_json(as_mapping(item)) for item in as_list(data["bindings"])),
        exchanges=tuple(Exchange.from_json(as_mapping(item)) for item in as_list(data["exchanges"])),
        findings=tuple(Finding.from_json(as_mapping(item)) for item in as_list(data["findings"])),
        timings=tuple(_timing(as_mapping(item)) for item in as_list(data["spans"])),
        folder=str(data["folder"]),
    )


def _check(data: Mapping[str, Json]) -> CheckResult:
    return CheckResult(
        check=str(data["check"]),
        subject=Subject(**{name: str(value) for name, value in as_mapping(data["subject"]).items()}),
        template=str(data["template"]),
        playbook=str(data["playbook"]),
        step=str(data["step"]),
        reference=str(data["reference"]),
        judgement=Judgement(
            Outcome(str(data["outcome"])),
            str(data["expected"]),
            str(data["observed"]),
            str(data["hint"]),
            tuple(_proof(as_mapping(item)) for item in as_list(data["evidence"])),
        ),
    )


def _timing(data: Mapping[str, Json]) -> Timing:
    named = {name: str(data.get(name, "")) for name in ("name", "playbook", "step")}
    return Timing(TimedPhase(str(data["phase"])), float(str(data["seconds"])), **named)


def _proof(data: Mapping[str, Json]) -> Proof:
    line, frame, file = data.get("line"), data.get("frame"), data.get("file")
    return Proof(
        Witness(str(data["witness"])),
        str(data["node"]),
        None if file is None else str(file),
        None if line is None else int(str(line)),
        None if frame is None else int(str(frame)),
    )
