"""A segment that is local to each of its switches is served on each of them that has clients."""

from __future__ import annotations

from pathlib import Path

import pytest

from labgen.ground.errors import PlanError
from labgen.plan.build import build
from labgen.spec.load import load

SPEC = """\
name: local
switches: [l1, l2, l3]
links: [l1-l2, l2-l3]
overlay: {{data: vxlan, control: static}}
segments:
  users:
    gateway: anycast
    stretch: {stretch}
    attach: {{l1: [pc1], l2: {second}, l3: []}}
    relay: {{servers: [srv]{switches}}}
servers: {{srv: l1}}
"""


@pytest.mark.parametrize(
    ("stretch", "second", "switches", "stranded"),
    [
        ("false", "[pc2]", ", switches: [l1]", True),
        ("false", "[pc2, pc3]", ", switches: [l1, l3]", True),
        ("false", "[pc2]", ", switches: [l1, l2]", False),
        ("false", "[pc2]", "", False),
        ("false", "[]", ", switches: [l1]", False),
        # Over the tunnels the other switches hear them.
        ("true", "[pc2]", ", switches: [l1]", False),
    ],
)
def test_clients_of_a_switch_that_does_not_relay_are_told(
    stretch: str, second: str, switches: str, stranded: bool, tmp_path: Path
) -> None:
    file = tmp_path / "local.yml"
    file.write_text(SPEC.format(stretch=stretch, second=second, switches=switches))
    if not stranded:
        assert build(load(str(file))).segment("users").clients
        return
    with pytest.raises(PlanError) as caught:
        build(load(str(file)))
    (problem,) = caught.value.problems
    assert "`l2` does not relay for segment `users`" in problem.reason
    assert "`pc2`" in problem.reason
    assert "`pc1`" not in problem.reason
    assert problem.line == 9
