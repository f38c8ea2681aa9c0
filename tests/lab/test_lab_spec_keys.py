"""Keys of the spec, each in a running lab: what it says holds on the wire, and what breaks it is told."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest
from members import some
from own_client import CLIENT

from labgen.lab.embedded.provider import EmbeddedProvider
from labgen.lab.provider import Lab
from labgen.plan.build import build
from labgen.render import folder as lab_folder
from labgen.spec.load import load
from labgen.verify import playbook, runner
from labgen.verify.judgement import Outcome
from labgen.verify.verdict import Conclusion, Verdict

pytest_plugins = ["lab_fixtures"]
pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("can_run_labs")]

EXTERNAL = """\
name: beyond
switches: [border-1, leaf-1, leaf-2]
links: [border-1-leaf-1, border-1-leaf-2]
overlay: {control: evpn, asn: 65000}
vrfs: {users: {transit_vni: true}, services: {transit_vni: true}}
segments:
  users:
    vrf: users
    prefix: 10.1.1.0/24
    gateway: anycast
    attach: {leaf-1: [pc1], leaf-2: [pc2]}
    relay: {servers: [srv1], source: loopback, options: [link-selection, server-id-override]}
servers: {srv1: leaf-1}
externals:
  fw1:
    attach: {border-1: [{vrf: users, address: 10.8.0.1/30, asn: 64999}, {vrf: services, address: 10.8.0.5/30, asn: 64999}]}
    reaches: [10.9.9.0/24]
"""
MOVING = """\
name: moving-gateway
switches: [core-1, core-2, access-1]
links: [core-1-core-2, core-1-access-1, core-2-access-1]
segments:
  users:
    prefix: 10.1.1.0/24
    gateway: {address: 10.1.1.254, protocol: vrrp, nodes: [core-1, core-2]}
    bridge: [access-1]
    attach: {access-1: [pc1]}
    relay: {servers: [dhcp1]}
    pool: {lease: 18s, renew: 5s, rebind: 12s}
servers: {dhcp1: core-2}
"""
FAULTY = """\
name: faulty
switches: [core-1, spine-1, spine-2]
links: [core-1-spine-1, core-1-spine-2]
segments:
  users: {prefix: 10.1.1.0/24, attach: {core-1: [pc1]}, relay: {servers: [dhcp1, dhcp2]}}
servers: {dhcp1: spine-1, dhcp2: spine-2}
faults: FAULTS
"""


PROGRAMS = """\
name: own-programs
switches: [leaf-1, spine-1]
links: [leaf-1-spine-1]
segments:
  users: {prefix: 10.1.1.0/24, attach: {leaf-1: [ups-7]}, relay: {servers: [srv1]}, pool: {lease: 20m}}
servers: {srv1: spine-1}
nodes:
"""
RELAY = """\
  leaf-1:
    program:
      command: dnsmasq -k -C {config}
      config: |
        port=0
        user=root
        log-facility=/var/log/relay.log
        dhcp-relay=10.1.1.2,10.0.0.1
      ready: "DHCP relay from"
      log: /var/log/relay.log
"""
SERVER = """\
  srv1:
    program:
      command: [dnsmasq, -k, -C, "{config}"]
      config: |
        port=0
        user=root
        no-ping
        log-facility=/var/log/server.log
        dhcp-leasefile=/var/lib/program/leases
        dhcp-range=10.1.1.3,10.1.1.254,255.255.255.0,1200
        dhcp-option=option:router,ROUTER
        dhcp-option=option:T1,600
        dhcp-option=option:T2,1050
      ready: "DHCP, IP range"
      log: /var/log/server.log
"""
OWN_CLIENT = (
    '  ups-7: {program: {command: "python3 my_client.py {interface}", ready: "bound", log: stdout}}\n'
)


def design(name: str) -> str:
    """The spec of a design that people copy."""
    return (Path(__file__).parents[2] / "examples" / "designs" / f"{name}.yml").read_text()


def run(
    text: str,
    tmp_path: Path,
    before: Callable[[Lab], object] = lambda lab: None,
    book: str = "acquire",
    server: str = "kea",
) -> Verdict:
    file = tmp_path / "own.yml"
    file.write_text(text)
    (tmp_path / "my_client.py").write_text(CLIENT)
    folder = tmp_path / "lab"
    lab_folder.write(build(load(str(file), {"server": server})), folder, force=False)
    lab = EmbeddedProvider().up(folder, lambda stage: None)
    try:
        before(lab)
        books = [playbook.load(book, lab.plan)]
        return runner.verify(lab, books, tmp_path / "run", "embedded", lambda text: None)
    finally:
        lab.down()


def passed(verdict: Verdict) -> None:
    bad = {c.id: c.judgement.observed for c in verdict.checks if c.judgement.outcome is not Outcome.PASS}
    assert bad == {}
    assert verdict.conclusion is Conclusion.PASS


SERVERS = ("kea", "isc-dhcpd", "dnsmasq")
KEA, ISC, DNSMASQ = (pytest.mark.parametrize("server", some(SERVERS, each)) for each in SERVERS)
"""Every server, of which `make test` tries the one named."""
RESERVED_ONLY = """\
name: reserved-only
switches: [sw1, sw2]
links: [sw1-sw2]
segments:
  users:
    prefix: 10.1.1.0/24
    attach: {sw1: [pc1, pc2, visitor]}
    relay: {servers: [srv1]}
    pool: {range: none, lease: 20m}
    reservations: {pc1: 10.1.1.11, pc2: 10.1.1.12}
servers: {srv1: sw2}
expect: {leases: {users: 2 of 3}, no_lease: [visitor]}
"""


def addresses(verdict: Verdict) -> list[str]:
    return sorted({binding.address for binding in verdict.bindings})


@KEA
def test_the_second_client_gets_an_address_of_the_secondary_subnet(tmp_path: Path, server: str) -> None:
    verdict = run(design("shared-network"), tmp_path, server=server)
    passed(verdict)
    assert sorted(each.rpartition(".")[0] for each in addresses(verdict)) == ["10.1.1", "10.1.2"]


@pytest.mark.deep
@ISC
def test_a_range_of_the_secondary_subnet_alone_gives_every_client_an_address_of_it(
    tmp_path: Path, server: str
) -> None:
    text = design("shared-network").replace("range: [10.1.1.50-10.1.1.50, ", "range: [")
    verdict = run(text, tmp_path, server=server)
    passed(verdict)
    assert {each.rpartition(".")[0] for each in addresses(verdict)} == {"10.1.2"}


@DNSMASQ
def test_each_client_gets_what_its_class_has_and_what_is_its_own(tmp_path: Path, server: str) -> None:
    verdict = run(design("classes"), tmp_path, server=server)
    passed(verdict)
    hosts = [int(each.rpartition(".")[2]) for each in addresses(verdict)]
    assert hosts[0] == 20
    assert sum(200 <= host <= 209 for host in hosts) == 1
    assert sum(50 <= host <= 99 for host in hosts) == 2


@pytest.mark.deep
@KEA
def test_a_class_may_have_its_range_in_a_secondary_subnet(tmp_path: Path, server: str) -> None:
    text = (
        design("shared-network")
        .replace("[pc1, pc2]", "[pc1, phone1]")
        .replace(
            "range: [10.1.1.50-10.1.1.50, 10.1.2.50-10.1.2.99]}",
            "range: [10.1.1.50-10.1.1.59, 10.1.2.50-10.1.2.99]}, "
            "classes: {phones: {vendor_class: AcmePhone, clients: [phone1], range: 10.1.2.60-10.1.2.69}}",
        )
    )
    verdict = run(text, tmp_path, server=server)
    passed(verdict)
    given = [IPv4Address(each) for each in addresses(verdict)]
    of_phones = [each for each in given if IPv4Address("10.1.2.60") <= each <= IPv4Address("10.1.2.69")]
    of_both = [
        *IPv4Network("10.1.1.0/24"),
        *IPv4Network("10.1.2.0/24"),
    ]  # a server may begin with either subnet
    assert len(of_phones) == 1
    assert [each in of_both for each in given if each not in of_phones] == [True]


@ISC
def test_without_a_range_only_those_with_a_reserved_address_get_a_lease(tmp_path: Path, server: str) -> None:
    verdict = run(RESERVED_ONLY, tmp_path, server=server)
    passed(verdict)
    assert addresses(verdict) == ["10.1.1.11", "10.1.1.12"]


def test_clients_reach_what_is_behind_the_firewall(tmp_path: Path) -> None:
    verdict = run(EXTERNAL, tmp_path)
    passed(verdict)
    assert {"reach.external:pc1:fw1", "reach.external:pc2:fw1"} <= {check.id for check in verdict.checks}


@pytest.mark.deep
def test_a_firewall_that_lost_what_is_behind_it_fails_the_check_of_that(tmp_path: Path) -> None:
    verdict = run(
        EXTERNAL,
        tmp_path,
        lambda lab: lab.execute("fw1", ["ip", "address", "del", "10.9.9.1/24", "dev", "lo"]),
    )
    outcomes = {check.id: check.judgement.outcome for check in verdict.checks}
    assert outcomes["reach.external:pc1:fw1"] is Outcome.FAIL
    assert outcomes["reach.gateway:pc1:users"] is Outcome.PASS


@pytest.mark.parametrize(
    ("faults", "name"),
    [
        ("{dhcp2: {reply: drop}}", "dhcp2"),
        pytest.param("{core-1-spine-2: {blackhole: true}}", "core-1-spine-2", marks=pytest.mark.deep),
    ],
)
def test_a_planned_fault_is_the_cause_and_can_be_what_is_wanted(
    tmp_path: Path, faults: str, name: str
) -> None:
    verdict = run(FAULTY.replace("FAULTS", faults), tmp_path)
    assert verdict.conclusion is Conclusion.FAIL
    assert verdict.diagnosis is not None
    assert verdict.diagnosis.cause.startswith(f"the planned fault of {name} (")
    assert {b.node for b in verdict.bindings} - {"pc1"} == {"dhcp1"}

    wanted = tmp_path / "wanted"
    wanted.mkdir()
    text = FAULTY.replace("FAULTS", f"{faults}\nexpect: {{failures: [{name}], leases: {{users: 1 of 1}}}}")
    assert run(text, wanted).conclusion is Conclusion.PASS


@pytest.mark.deep
def test_a_server_whose_acks_become_naks_gives_nobody_a_lease(tmp_path: Path) -> None:
    text = FAULTY.replace("FAULTS", "{dhcp1: {reply: nak}, dhcp2: {reply: drop}}")
    verdict = run(text, tmp_path)
    outcomes = {check.id: check.judgement.outcome for check in verdict.checks}
    assert outcomes["client.no-nak:pc1"] is Outcome.FAIL
    assert verdict.diagnosis is not None and "the planned fault of" in verdict.diagnosis.cause


@pytest.mark.parametrize(
    "nodes",
    [
        pytest.param(OWN_CLIENT, id="client", marks=pytest.mark.deep),
        pytest.param(RELAY, id="relay"),
        pytest.param(SERVER.replace("ROUTER", "10.1.1.2"), id="server", marks=pytest.mark.deep),
    ],
)
def test_a_program_of_ones_own_is_judged_on_the_wire(tmp_path: Path, nodes: str) -> None:
    verdict = run(PROGRAMS + nodes, tmp_path)
    passed(verdict)
    assert "program" in verdict.devices.values()
    assert verdict.planned == verdict.ran > 20


def test_a_program_that_serves_another_router_than_the_spec_fails(tmp_path: Path) -> None:
    verdict = run(PROGRAMS + SERVER.replace("ROUTER", "10.1.1.9"), tmp_path)
    wrong = {check.check for check in verdict.checks if check.judgement.outcome is Outcome.FAIL}
    assert "lease.options" in wrong
    assert not {"client.discover", "relay.forwards", "server.offers"} & wrong


def test_renewals_go_through_the_other_switch_when_the_active_gateway_fails(tmp_path: Path) -> None:
    verdict = run(MOVING, tmp_path, book="gateway-failure")
    passed(verdict)
    assert {check.check for check in verdict.checks} >= {"renew.answer", "reach.gateway"}


@pytest.mark.deep
def test_without_another_switch_the_gateway_is_gone(tmp_path: Path) -> None:
    stop = "vtysh -c 'configure terminal' -c 'interface vlan1000' -c 'vrrp 235 shutdown'"
    group = "grep -o 'vrrp [0-9]* version' /etc/frr/frr.conf | cut -d' ' -f2"
    command = stop.replace("235", f"'$({group})'")
    verdict = run(
        MOVING, tmp_path, lambda lab: lab.execute("core-2", ["sh", "-c", command]), book="gateway-failure"
    )
    outcomes = {(check.step, check.id): check.judgement.outcome for check in verdict.checks}
    assert outcomes["failure", "reach.gateway:pc1:users"] is not Outcome.PASS
    assert outcomes["failure", "renew.answer:pc1"] is not Outcome.PASS
