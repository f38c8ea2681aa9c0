"""Labs in real containers, through containerlab and through netlab: started, judged, ended."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from labgen.devices.linux.container import IMAGE
from labgen.ground.errors import LabNotUpError
from labgen.lab.containerlab.provider import ContainerlabProvider
from labgen.lab.containers.engine import Engine
from labgen.lab.containers.provider import ContainerProvider
from labgen.lab.netlab.provider import NetlabProvider
from labgen.lab.provider import Stage
from labgen.plan.build import build
from labgen.render import folder
from labgen.spec import load
from labgen.verify import playbook, runner
from labgen.verify.verdict import Conclusion

pytestmark = pytest.mark.containerlab

TOOLS = {
    "containerlab": ("docker", "containerlab", "tcpdump"),
    "netlab": ("docker", "containerlab", "tcpdump", "netlab", "ansible-playbook", "sudo"),
}


def silent(stage: Stage) -> None:
    """Progress nobody looks at."""


def require(provider: str) -> None:
    missing = [tool for tool in TOOLS[provider] if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    if not Engine(("docker",)).has_image(IMAGE):
        pytest.skip(f"needs a Docker engine with the image {IMAGE}")


@pytest.mark.parametrize(
    "provider", [ContainerlabProvider(), NetlabProvider()], ids=lambda provider: provider.name
)
def test_clients_are_bound_on_a_vxlan_segment_with_two_relays_and_two_servers(
    provider: ContainerProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require(provider.name)
    monkeypatch.delenv("LABGEN_NETLAB", raising=False)  # where labgen's tests keep one without Ansible
    plan = build(load.load("vxlan-redundant-server"))
    folder.write(plan, tmp_path / "lab")
    lab = provider.up(tmp_path / "lab", silent)
    try:
        daemons = {daemon.name: daemon.state for node in lab.status().nodes for daemon in node.daemons}
        assert daemons["kea-dhcp4"] == daemons["labgen-relay"] == "running"
        book = playbook.load("acquire", plan)
        verdict = runner.verify(lab, [book], tmp_path / "run", provider.name, lambda line: None)
        assert verdict.conclusion is Conclusion.PASS
        assert len(verdict.checks) == verdict.planned == book.planned
    finally:
        provider.end(tmp_path / "lab")
    with pytest.raises(LabNotUpError):
        provider.find(tmp_path / "lab")
