"""Recorded labs: the logs real machines wrote, played when their client is told to act."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from devices_logs import Lease
from devices_world import World
from reference_labs import REFERENCE

from labgen.plan.build import build
from labgen.spec import load


@dataclass(frozen=True)
class Recording:
    """One lab: how its plan is made, who was recorded, and the lease that came of it. `scenes` are the files of each
    time the client was told to act, by node; `held` are the addresses servers had for the client.
    """

    scenario: str
    switch: str
    settings: tuple[str, ...]
    client: str
    mac: str
    lease: Lease
    scenes: tuple[dict[str, str], ...]
    held: dict[str, str]


EVPN = Recording(
    "evpn-redundant-server",
    "eos",
    ("segments.cv1.attach.sw2=[]",),  # the other client was not recorded
    "cl_a",
    "52:54:00:15:f2:4f",
    Lease("172.16.0.6", "172.16.0.4", "10.0.0.4", "1BFE"),
    tuple({node: f"{verb}-{node}.log" for node in ("srv1", "srv2", "cl_a")} for verb in ("request", "renew")),
    {"srv1": "172.16.0.6", "srv2": "172.16.0.132"},
)
VRF = Recording(
    "vrf-relay",
    "iosv",
    (
        "segments.user.relay.source=uplink",
        "segments.user.relay.options=[link-selection,server-id-override,vss]",
    ),
    "user",
    "52:54:00:7e:30:7e",
    Lease("172.16.0.3", "172.16.0.2", "10.1.0.1", "1108"),
    ({"srv": "srv.log", "user": "user.log"},),
    {"srv": "172.16.0.3"},
)


@dataclass
class Playback(World):
    """A world whose machines write what was recorded."""

    recording: Recording = EVPN
    scenes: list[dict[str, str]] = field(default_factory=list)

    @classmethod
    def of(cls, recording: Recording) -> Playback:
        """Skips the test where the recording is not at hand."""
        if not (REFERENCE / recording.scenario / "logs").is_dir():
            pytest.skip(f"no recorded logs at {REFERENCE}; set LABGEN_REFERENCE")
        devices = {"switch": recording.switch, "server": "csr", "client": "iosv"}
        world = cls(build(load.load(recording.scenario, devices, recording.settings)))
        world.recording, world.scenes = recording, list(recording.scenes)
        port = world.party(recording.client).port
        world.wires.macs[recording.client, port] = recording.mac
        return world

    def renew(self, client: str) -> None:
        if client != self.recording.client or not self.scenes:
            return
        for node, file in self.scenes.pop(0).items():
            self.logs[node] += (REFERENCE / self.recording.scenario / "logs" / file).read_text().splitlines()
        self.leases[client] = self.recording.lease
        self.offered |= {(server, client): address for server, address in self.recording.held.items()}
