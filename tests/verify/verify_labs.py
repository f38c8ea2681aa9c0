"""Labs for tests of verification: built, started, changed and judged."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, cast

from labgen.devices import readers
from labgen.ground.labplan import LabPlan
from labgen.lab.deadline import Deadline
from labgen.lab.embedded.provider import EmbeddedProvider
from labgen.lab.provider import Lab
from labgen.plan.build import build
from labgen.render import folder as lab_folder
from labgen.spec.load import load as load_spec
from labgen.verify import runner
from labgen.verify.playbook import Playbook
from labgen.verify.verdict import CheckResult, Verdict

SHORT = tuple(
    f"segments.cv1.pool.{key}={value}" for key, value in (("lease", 12), ("renew", 2), ("rebind", 4))
)


def planned(scenario: str, devices: Mapping[str, str], settings: Sequence[str] = ()) -> LabPlan:
    return build(load_spec(scenario, devices, settings))


@cache
def flagship(*settings: str) -> LabPlan:
    return planned("evpn-redundant-server", {}, settings)


PAIR = """\
name: pair
switches: [core]
devices: {server: isc-dhcpd-plain}
segments:
  users:
    prefix: 10.50.1.0/24
    attach: {core: [pc1, pc2]}
    relay: {servers: [dhcp1, dhcp2]}
    pool: {range: 10.50.1.50-10.50.1.149, lease: 12s, renew: 2s, rebind: 4s, mode: load-balance}
servers: {dhcp1: core, dhcp2: core}
"""
"""Two servers that keep one lease database."""


TWO_SEGMENTS = """\
name: two
switches: [sw]
segments:
  one: {attach: {sw: [c1]}, relay: {servers: [srv]}}
  two: {attach: {sw: [c3]}, relay: {servers: [srv]}}
servers: {srv: sw}
"""


@cache
def two_segments() -> LabPlan:
    return written(TWO_SEGMENTS)


MOVING = """\
name: moving
switches: [c1, c2]
links: [c1-c2]
segments:
  users: {prefix: 10.1.10.0/24, gateway: {address: 10.1.10.254, protocol: vrrp, nodes: [c1, c2]}, attach: {c1: [u1], c2: [u2]},
          relay: {servers: [d1]}}
servers: {d1: c1}
"""
"""Two cores with a virtual router."""


LEAKY = """\
name: leaky
switches: [core]
vrfs: {users: {leaks: services}, services: {}}
segments:
  pcs: {vrf: users, prefix: 10.1.1.0/24, attach: {core: [pc1]}, relay: {servers: [dhcp], server_vrf: users}}
  printers: {vrf: services, prefix: 10.9.8.0/24, attach: {core: [p1]}, relay: {servers: [dhcp], server_vrf: services}}
  servers: {vrf: services, prefix: 10.9.9.0/24, attach: {core: [dhcp]}, dhcp: false}
servers: {dhcp: {}}
"""


@cache
def leaky() -> LabPlan:
    """Two VRFs that exchange routes."""
    return written(LEAKY)


UNDERLAY = """\
name: leaves
switches: [spine, leaf1, leaf2]
links: [leaf1-spine, leaf2-spine]
underlay: isis
segments:
  users: {attach: {leaf1: [pc1]}, relay: {servers: [dhcp]}}
servers: {dhcp: spine}
"""
"""A routed fabric without an overlay."""


@cache
def isis() -> LabPlan:
    return written(UNDERLAY)


@cache
def ebgp() -> LabPlan:
    return written(UNDERLAY.replace("underlay: isis", "underlay: ebgp"))


def written(spec: str, **devices: str) -> LabPlan:
    """The plan of a spec's text."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "spec.yml"
        file.write_text(spec)
        return planned(str(file), devices)


@cache
def paired(mode: str = "load-balance", server: str = "isc-dhcpd-plain") -> LabPlan:
    return written(PAIR.replace("load-balance", mode), server=server)


@contextmanager
def running(plan: LabPlan, folder: Path, edit: Callable[[Path], None] | None = None) -> Iterator[Lab]:
    """A lab that ends with this block, whatever happens; `edit` changes the built folder before the start."""
    lab_folder.write(plan, folder, force=False)
    if edit is not None:
        edit(folder)
    lab = EmbeddedProvider().up(folder, lambda stage: None, detach=False)
    try:
        yield lab
    finally:
        lab.down()


class WithPlan:
    """A lab judged against another plan than it was started from."""

    def __init__(self, lab: Lab, plan: LabPlan) -> None:
        self._lab = lab
        self.plan = plan

    def __getattr__(self, name: str) -> Any:
        return getattr(self._lab, name)


def judged(lab: Lab, books: Sequence[Playbook], folder: Path, plan: LabPlan | None = None) -> Verdict:
    seen = lab if plan is None else cast(Lab, WithPlan(lab, plan))
    return runner.verify(seen, books, folder, "embedded", lambda line: None)


def act(lab: Lab, node: str, action: str) -> None:
    """An action of a node's device, with the commands a playbook uses; returns when it has taken effect."""
    wanted = readers.actions(lab.plan.node(node))[action]
    for command in wanted.commands:
        shell(lab, node, command)
    deadline = Deadline.after(30)
    while wanted.watch and not re.search(wanted.done, shell(lab, node, wanted.watch), re.MULTILINE):
        assert not deadline.over, (node, action)
        time.sleep(0.1)


def shell(lab: Lab, node: str, command: str) -> str:
    result = lab.execute(node, ["sh", "-c", command], timeout=30)
    assert result.exit_code == 0, (node, command, result)
    return result.stdout.decode()


def state(lab: Lab, node: str, name: str) -> str:
    """What a node's own probe says: `running` or `stopped`."""
    plan = lab.plan
    probes = readers.get(plan.node(node).device).probes(plan.node(node))
    return shell(lab, node, next(probe.text for probe in probes if probe.name == name)).strip()


def failures(verdict: Verdict) -> dict[str, CheckResult]:
    return {check.id: check for check in verdict.checks if check.judgement.outcome.value == "fail"}


def story(verdict: Verdict) -> str:
    """Everything that did not pass, for assertion messages."""
    bad = [check for check in verdict.checks if check.judgement.outcome.value != "pass"]
    shown = (
        f"{c.id} {c.judgement.outcome}: {c.judgement.expected} | {c.judgement.observed} | {c.judgement.hint}"
        for c in bad
    )
    return "\n".join([f"{verdict.conclusion}: {verdict.ran} of {verdict.planned}", *shown])
