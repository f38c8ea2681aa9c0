"""Specs that were once taken wrongly, in a running lab: every client gets what the spec says, and nothing is judged by luck."""

from __future__ import annotations

from pathlib import Path

import pytest
from members import some

from labgen.lab.embedded.provider import EmbeddedProvider
from labgen.plan.build import build
from labgen.render import folder as lab_folder
from labgen.spec.load import load
from labgen.verify import playbook, runner
from labgen.verify.verdict import Conclusion

pytest_plugins = ["lab_fixtures"]
pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("can_run_labs")]

CASES = Path(__file__).parents[1] / "spec" / "cases"
RUN = [
    pytest.param("avd-campus", id="trunks, gateways by address, bridge-only switches"),
    pytest.param("client-named-a", id="clients whose names are words"),
    pytest.param("crb", id="centrally routed EVPN"),
    pytest.param("dhcp-options", id="options by name and number"),
    pytest.param("ebgp-underlay", id="EVPN by eBGP without addresses"),
    pytest.param("gateway-254", id="gateway by address, VSS"),
    pytest.param("hyphen-names", id="names with hyphens"),
    pytest.param("isc-failover", id="an ISC failover pair"),
    pytest.param("mixed-vrf-servers", id="servers in two VRFs"),
    pytest.param("netlab-01-client", id="a server on the segment"),
    pytest.param("prefix-in-p2p", id="a prefix of labgen's links"),
    pytest.param("prefix-in-loopbacks", id="a prefix of labgen's loopbacks"),
    pytest.param("reservation", id="an address kept outside the range"),
    pytest.param("vacuous-no-relay", id="no relay, a server that hears the clients"),
]
KEPT = (
    "trunks, gateways by address, bridge-only switches",
    "centrally routed EVPN",
    "EVPN by eBGP without addresses",
    "servers in two VRFs",
)


@pytest.mark.parametrize("name", some(RUN, *KEPT))
def test_clients_get_what_the_spec_says(tmp_path: Path, name: str) -> None:
    plan = build(load(str(CASES / f"{name}.yml"), {"switch": "frr"}))
    folder = tmp_path / "lab"
    lab_folder.write(plan, folder, force=False)
    lab = EmbeddedProvider().up(folder, lambda stage: None)
    try:
        books = [playbook.load("acquire", lab.plan)]
        verdict = runner.verify(lab, books, tmp_path / "run", "embedded", lambda text: None)
    finally:
        lab.down()
    bad = {c.id: c.judgement.observed for c in verdict.checks if c.judgement.outcome.value != "pass"}
    assert bad == {}
    assert verdict.conclusion is Conclusion.PASS
    clients = {node.name for node in plan.nodes if node.client}
    assert {c.subject.client for c in verdict.checks if c.check == "lease.witnesses"} == clients
    assert not [c.title for c in verdict.checks if "each client" in c.title]
    owned = {str(address) for node in plan.nodes for address in node.addresses}
    assert {binding.address for binding in verdict.bindings} & owned == set()
