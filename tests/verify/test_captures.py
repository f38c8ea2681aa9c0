"""Whose a frame is: a switch answers to the MAC addresses of its gateways too, and to nobody else's."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_rejudge import unpacked
from verify_mutants import Frame, RunCopy

from labgen.ground.errors import InputError
from labgen.ground.labplan import LabPlan
from labgen.plan.build import build
from labgen.spec.load import load
from labgen.verify import captures
from labgen.verify.captures import Captured, KnownCaptures, tap
from labgen.verify.evidence import RunEvidence

CAMPUS = """\
name: campus
switches: [core1, core2, access]
links: [core1-core2, access-core1, access-core2]
segments:
  users:
    vlan: 10
    prefix: 192.0.2.0/24
    gateway: {address: 192.0.2.254, protocol: vrrp, nodes: [core1, core2]}
    attach: {core1: [], core2: [], access: [pc]}
    bridge: [access]
    relay: {servers: [srv]}
servers: {srv: core1}
"""


@pytest.fixture(scope="module")
def fabric() -> LabPlan:
    return build(load("evpn-relay-v2"))


def test_a_switch_with_an_anycast_gateway_answers_to_its_mac(fabric: LabPlan) -> None:
    assert fabric.anycast_mac
    own = {node.name for node in fabric.nodes if any(port.anycast for port in node.interfaces)}
    assert own
    heard = {
        node.name for node in fabric.nodes if fabric.anycast_mac in tap(node, "eth1", fabric.anycast_mac).macs
    }
    assert heard == own


def test_a_router_of_a_virtual_router_answers_to_its_mac_and_a_bridge_does_not(tmp_path: Path) -> None:
    (tmp_path / "campus.yml").write_text(CAMPUS)
    plan = build(load(str(tmp_path / "campus.yml")))
    (group,) = {port.vrrp.group for node in plan.nodes for port in node.interfaces if port.vrrp}
    mac = f"00:00:5e:00:01:{group:02x}"
    assert {node.name for node in plan.nodes if mac in tap(node, "eth1").macs} == {"core1", "core2"}


class Kept:
    """A run that passed, whose captures are read again and again by one who knows them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run = RunEvidence.read(folder)
        self.plan = self.run.plan
        self.known = KnownCaptures()

    def read(self, known: KnownCaptures | None, limits: dict[str, int] | None = None) -> Captured:
        files = sorted((self.folder / "captures").glob("*.pcap"))
        return captures.read(files, self.folder, self.plan, limits=limits, known=known)


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(unpacked("tenants", tmp_path))


def test_what_is_known_is_what_is_read_at_every_step(kept: Kept) -> None:
    limits = [dict(step.frames) for step in kept.run.steps]
    assert limits
    for limit in (*limits, dict.fromkeys(limits[-1], 3), None):
        assert kept.read(kept.known, limit) == kept.read(None, limit)
    assert kept.read(kept.known).messages


def test_files_that_hold_what_they_held_are_not_read_again(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = kept.read(kept.known)
    monkeypatch.setattr(captures, "read_capture", lambda *args, **options: pytest.fail("read again"))
    assert kept.read(kept.known) == first


def test_what_came_to_a_file_and_what_took_its_place_is_read(kept: Kept, tmp_path: Path) -> None:
    before = kept.read(kept.known)
    file = Path(next(m for m in reversed(before.messages) if m.file).file or "").name
    copy = RunCopy(kept.folder, tmp_path / "copy")
    frames = copy.frames(file)

    def write(changed: list[Frame]) -> None:
        copy.write(file, changed)
        (kept.folder / "captures" / file).write_bytes((copy.folder / "captures" / file).read_bytes())

    write([*frames, frames[-1].later(5.0)])
    assert kept.read(kept.known).frames[file] == before.frames[file] + 1
    write([frame.later(60.0) for frame in frames])
    moved = kept.read(kept.known)
    assert moved == kept.read(None)
    assert moved != before


def test_a_file_is_read_again_for_another_witness(kept: Kept) -> None:
    """MAC addresses are learned from running nodes: whose a frame is may change, and the file does not."""
    before = kept.read(kept.known)
    (client,) = {m.mac for m in before.messages if m.node == "r1" and m.mac}
    kept.plan = LabPlan.model_validate_json(kept.plan.to_json().replace(client, "02:00:00:00:00:98"))
    assert len({m.node for m in before.messages} - {m.node for m in kept.read(kept.known).messages}) == 1
    assert kept.read(kept.known) == kept.read(None) != before


def test_a_file_that_is_gone_is_told_although_it_is_known(kept: Kept) -> None:
    kept.read(kept.known)
    files = sorted((kept.folder / "captures").glob("*.pcap"))
    files[0].unlink()
    with pytest.raises(InputError, match="check the name and the permissions"):
        captures.read(files, kept.folder, kept.plan, known=kept.known)
