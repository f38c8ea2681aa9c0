"""Networks of one's own, each in a running lab: what the spec says holds on the wire."""

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

CAMPUS = """\
name: campus
switches: [core-1, core-2, access-1]
links: [core-1-core-2, core-1-access-1, core-2-access-1]
segments:
  users:
    prefix: 10.1.1.0/24
    gateway: {address: 10.1.1.254, protocol: vrrp, nodes: [core-1, core-2]}
    attach: {access-1: [pc1, pc2]}
    bridge: [access-1]
    relay: {servers: [dhcp1, dhcp2]}
    pool: {range: 10.1.1.50-10.1.1.99, mode: hot-standby, lease: 8h}
    options: {dns: [10.9.9.9], tftp-server: tftp.example.com, 150: 10.9.9.9}
    reservations: {pc1: 10.1.1.10}
servers: {dhcp1: core-1, dhcp2: core-2}
"""
FABRIC = """\
name: fabric
switches: [l1, l2, s1]
links: [l1-s1, l2-s1]
underlay: UNDERLAY
OVERLAY
vrfs: {red: {transit_vni: true}}
segments:
  users:
    vrf: red
    gateway: anycast
    attach: {l1: [c1], l2: [c2]}
    relay: {servers: [srv], source: loopback, options: [link-selection, server-id-override]}
servers: {srv: l1}
"""


SITES = """\
name: own
switches: [a-leaf, a-border, b-border, b-leaf]
links: [a-leaf-a-border, a-border-b-border, b-border-b-leaf]
overlay: {control: evpn, asn: 65010, route_reflectors: [a-border, b-border]}
vrfs: {tenant: {transit_vni: true}, services: {transit_vni: true}}
segments:
  stretched:
    vrf: tenant
    gateway: anycast
    attach: {a-leaf: [a-pc], b-leaf: [b-pc]}
    relay: {servers: [dhcp-a, dhcp-b], server_vrf: services, source: loopback, options: [link-selection, server-id-override]}
  sva: {vrf: services, attach: {a-border: [dhcp-a]}, dhcp: false}
  svb: {vrf: services, attach: {b-border: [dhcp-b]}, dhcp: false}
servers: {dhcp-a: {}, dhcp-b: {}}
"""


def fabric(underlay: str, asn: str) -> str:
    return FABRIC.replace("UNDERLAY", underlay).replace("OVERLAY", f"overlay: {{control: evpn{asn}}}")


@pytest.mark.parametrize(
    "text",
    some(
        [
            pytest.param(CAMPUS, id="trunks, VRRP, hot standby, options, a reservation"),
            pytest.param(fabric("isis", ", asn: 65000"), id="EVPN over IS-IS"),
            pytest.param(fabric("static", ", asn: 65000"), id="EVPN over static routes"),
            pytest.param(SITES, id="two EVPN sites, servers in a VRF of their own"),
        ],
        "trunks, VRRP, hot standby, options, a reservation",
        "EVPN over IS-IS",
    ),
)
def test_clients_get_what_the_spec_says(tmp_path: Path, text: str) -> None:
    file = tmp_path / "own.yml"
    file.write_text(text)
    folder = tmp_path / "lab"
    lab_folder.write(build(load(str(file))), folder, force=False)
    lab = EmbeddedProvider().up(folder, lambda stage: None)
    try:
        verdict = runner.verify(
            lab, [playbook.load("acquire", lab.plan)], tmp_path / "run", "embedded", lambda text: None
        )
    finally:
        lab.down()
    bad = {
        check.id: check.judgement.observed
        for check in verdict.checks
        if check.judgement.outcome.value != "pass"
    }
    assert bad == {}
    assert verdict.conclusion is Conclusion.PASS
    assert verdict.planned == verdict.ran > 20
