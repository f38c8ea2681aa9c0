"""What an embedded lab needs of the kernel, and cannot do without."""

from __future__ import annotations

from pathlib import Path

import pytest

from labgen.ground.errors import LabStartError
from labgen.lab.embedded.assembly import refuse_vrrp
from labgen.lab.embedded.blueprint import Blueprint, VrfBackend
from labgen.lab.embedded.compile import compile_plan
from labgen.lab.embedded.keys import make_keys
from labgen.plan.build import build
from labgen.spec.load import load

CAMPUS = """\
name: campus
switches: [a, b, acc]
links: [a-b, acc-a, acc-b]
vrfs: {red: {}}
segments:
  users: {vrf: VRF, gateway: PROTOCOL, bridge: [acc], attach: {acc: [pc], a: [], b: []}, dhcp: false}
  lab: {attach: {a: [pc2]}, relay: {servers: [dhcp]}}
servers: {dhcp: a}
"""


def campus(folder: Path, vrf: str, protocol: str) -> Blueprint:
    file = folder / "campus.yml"
    file.write_text(CAMPUS.replace("VRF", vrf).replace("PROTOCOL", protocol))
    return compile_plan(build(load(str(file))), folder, lambda plan, node: (), make_keys())


def test_vrrp_in_a_vrf_that_is_a_namespace_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(LabStartError, match=r"a: .* by VRRP in VRF red.*--kernel uml") as caught:
        refuse_vrrp(campus(tmp_path, "red", "vrrp"), "netns")
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    ("vrf", "protocol", "backend"),
    [
        pytest.param("red", "vrrp", "kernel", id="the kernel has VRF devices"),
        pytest.param("default", "vrrp", "netns", id="in the default VRF"),
        pytest.param("red", "anycast", "netns", id="no VRRP"),
    ],
)
def test_what_works_is_not_refused(tmp_path: Path, vrf: str, protocol: str, backend: VrfBackend) -> None:
    refuse_vrrp(campus(tmp_path, vrf, protocol), backend)
