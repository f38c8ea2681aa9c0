"""netlab topologies become specs that build the same network, with equal addresses; what is lost is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from reference_labs import REFERENCE

from labgen.adopt.netlab import write
from labgen.adopt.netlab.translate import Imported
from labgen.cli.main import cli
from labgen.ground import resources
from labgen.ground.errors import SpecError
from labgen.ground.labplan import LabPlan
from labgen.plan.build import build
from labgen.spec.load import load

RELAY = """\
message: A relay and two servers.
module: [dhcp]
groups:
  _auto_create: true
  hosts: {members: [h1, h2, h3], device: linux}
  dhcp: {members: [dns1, dns2], device: dnsmasq, dhcp.server: true}
nodes:
  gw: {role: router}
links:
- h1: {ipv4: dhcp}
  h2: {ipv4: dhcp}
  gw: {dhcp.server: dns1}
- h3: {ipv4: dhcp}
  gw: {dhcp.server: dns2}
- gw-dns1
- gw-dns2
validate: {}
"""

LAN = """\
nodes:
  h1:
  h2:
  dns: {module: [dhcp], device: dnsmasq, dhcp.server: true}
links:
- h1: {ipv4: dhcp}
  h2: {ipv4: dhcp}
  dns:
"""


def plan_of(text: str, folder: Path) -> tuple[LabPlan, Imported]:
    topology, spec = folder / "topology.yml", folder / "spec.yml"
    topology.write_text(text)
    result = write.imported(topology)
    spec.write_text(write.text(result, "topology.yml"))
    return build(load(str(spec), {"switch": "frr", "server": "kea", "client": "dhclient"})), result


def addresses(plan: LabPlan) -> dict[str, dict[str, str]]:
    return {
        node.name: {
            port.linux: str(port.address) for port in node.interfaces if port.address and not port.dhcp
        }
        for node in plan.nodes
    }


def test_nodes_have_the_addresses_that_netlab_gives_them(tmp_path: Path) -> None:
    plan, _ = plan_of(RELAY, tmp_path)
    found = addresses(plan)
    assert set(found["gw"].values()) == {"172.16.0.1/24", "172.16.1.1/24", "172.16.2.1/24", "172.16.3.1/24"}
    assert found["dns1"] == {"eth1": "172.16.2.5/24"}
    assert found["dns2"] == {"eth1": "172.16.3.6/24"}


def test_relays_ask_the_servers_that_the_interfaces_name(tmp_path: Path) -> None:
    plan, _ = plan_of(RELAY, tmp_path)
    asked = {
        client: [target.server for _, relay in plan.relays_for(client) for target in relay.targets]
        for client in ("h1", "h2", "h3")
    }
    assert asked == {"h1": ["dns1"], "h2": ["dns1"], "h3": ["dns2"]}


def test_what_is_not_in_the_spec_is_listed_and_stands_at_its_head(tmp_path: Path) -> None:
    _, result = plan_of(RELAY, tmp_path)
    assert result.lost == ("validate: netlab's tests; labgen's playbooks check instead",)
    assert "# Not in this spec: validate" in (tmp_path / "spec.yml").read_text()


def test_a_lan_without_a_router_gets_a_switch_and_the_server_serves_it_directly(tmp_path: Path) -> None:
    plan, _ = plan_of(LAN, tmp_path)
    (segment,) = plan.segments
    assert segment.direct == ("dns",)
    assert segment.gateway is None
    assert addresses(plan)["dns"] == {"eth1": "172.16.0.3/24"}


def test_relaying_between_vrfs_gets_a_giaddr_that_works_and_says_so(tmp_path: Path) -> None:
    text = RELAY.replace(
        "  gw: {dhcp.server: dns1}", "  gw: {dhcp.server: dns1, dhcp.vrf: global}\n  vrf: blue"
    )
    plan, result = plan_of(text + "vrfs: {blue: }\n", tmp_path)
    (_, relay), *_ = plan.relays("lan1")
    assert relay.vrf == "blue" and relay.targets[0].vrf == "default"
    assert any("giaddr is a loopback" in sentence for sentence in result.chosen)


def test_clients_of_dhcpv6_alone_are_refused_with_the_line(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        plan_of(LAN.replace("ipv4: dhcp", "ipv6: dhcp"), tmp_path)
    assert caught.value.problems[0].line == 5


@pytest.mark.parametrize(
    "name",
    [
        "evpn-redundant-server",
        "evpn-relay",
        "evpn-relay-v2",
        "relay",
        "vrf-relay",
        "vxlan-redundant-server",
        "vxlan-relay",
    ],
)
@pytest.mark.reference
def test_the_published_labs_have_the_addresses_of_the_posts(tmp_path: Path, name: str) -> None:
    """The scenarios have the posts' address tables, which other tests hold them to."""
    if not (REFERENCE / "topologies").is_dir():
        pytest.skip("no published topologies; set LABGEN_REFERENCE")
    file = REFERENCE / "topologies" / f"{name}.yml"
    file = file if file.is_file() else REFERENCE / name / "topology.yml"
    plan, _ = plan_of(file.read_text(), tmp_path)
    scenario = build(load(str(resources.topologies() / f"{name}.yml")))
    assert addresses(plan) == addresses(scenario)
    assert {n.name: n.loopback for n in plan.nodes} == {n.name: n.loopback for n in scenario.nodes}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(RELAY, "this is a netlab topology, not a spec", id="netlab"),
        pytest.param(
            "name: lab\ntopology: {nodes: {a: {kind: linux}}, links: []}\n",
            "this is a containerlab topology",
            id="containerlab",
        ),
    ],
)
def test_build_says_whose_file_it_was_given_and_what_to_do(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "topology.yml").write_text(text)
    with pytest.raises(SpecError) as caught:
        load(str(tmp_path / "topology.yml"))
    (problem,) = caught.value.problems
    assert said in problem.reason
    assert "labgen i" in problem.remedy


def test_the_command_writes_the_spec_and_never_over_another(tmp_path: Path) -> None:
    (tmp_path / "t.yml").write_text(RELAY)
    args = ["import", str(tmp_path / "t.yml"), "-o", str(tmp_path / "spec.yml")]
    done = CliRunner().invoke(cli, args)
    assert done.exit_code == 0
    assert "not in the spec: validate" in done.stderr
    again = CliRunner().invoke(cli, args)
    assert "is there already" in str(again.exception)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nodes: [a]\nvlans: [1]\n", "hostile.yml:2:1: `vlans` is a list"),
        ("nodes: [a]\nvrfs:\n  red: 5\n", "hostile.yml:3:3: `vrfs.red` is `5`"),
        ("links: 5\n", "hostile.yml:1:1: `links` is `5`"),
        ("nodes: [a]\ngroups: here\n", "hostile.yml:2:1: `groups` is `here`"),
        ("nodes: [a]\naddressing: {lan: 10.0.0.0/8}\n", "hostile.yml:2:14: `addressing.lan` is"),
        ("nodes: ['{{ 7*7 }}']\n", "`{{ 7*7 }}` cannot be the name of a node"),
        ("nodes: [a]\nlinks: [[[[a]]]]\n", "cannot be the name of a node"),
    ],
)
def test_what_is_no_topology_is_refused_where_it_is_written(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "hostile.yml"
    file.write_text(text)
    with pytest.raises(SpecError) as info:
        write.imported(file)
    assert said in str(info.value)


def test_links_with_any_text_for_a_name_are_segments_of_their_own(tmp_path: Path) -> None:
    text = """\
nodes: {r1: {device: eos}, h1: {device: linux}, h2: {device: linux}, h3: {device: linux}}
links:
- {r1: , h1: , name: "Users (first floor), DHCP"}
- {r1: , h2: , name: "Users (first floor), DHCP"}
- {r1: , h3: , name: "7"}
"""
    built, _ = plan_of(text, tmp_path)
    assert {segment.name: segment.clients for segment in built.segments} == {
        "Users-first-floor-DHCP": ("h1",),
        "lan2": ("h2",),
        "lan3": ("h3",),
    }


def test_an_import_says_what_a_topology_lacks_for_a_lab_with_dhcp(tmp_path: Path) -> None:
    routers, hosts = tmp_path / "routers.yml", tmp_path / "hosts.yml"
    routers.write_text("nodes: {r1: {device: eos}, r2: {device: eos}}\nlinks: [r1-r2]\n")
    hosts.write_text("nodes: {r1: {device: eos}, h1: {device: linux}}\nlinks: [r1-h1]\n")
    said = {
        file.stem: CliRunner().invoke(
            cli, ["import", str(file), "-o", str(tmp_path / f"{file.stem}.spec.yml")]
        )
        for file in (routers, hosts)
    }
    assert [result.exit_code for result in said.values()] == [0, 0]
    assert "to complete, before it can be built:" in said["routers"].output
    assert "`segments` is missing" in said["routers"].output
    assert "to complete" not in said["hosts"].output
    assert "next: labgen build" in said["hosts"].output


TRUNKS = """\
vlans: {red: {links: [s1-h1, s2-h2]}, blue: {mode: bridge, links: [s1-h3, s2-h4]}}
nodes:
  s1: {device: eos, module: [vlan]}
  s2: {device: eos, module: [vlan], vlan.mode: MODE}
  h1: {device: linux}
  h2: {device: linux}
  h3: {device: linux}
  h4: {device: linux}
links:
- {s1: , s2: , vlan.trunk: [red, blue]}
"""


@pytest.mark.parametrize(
    ("mode", "routers"),
    [("irb", {"red": ("s1", "s2"), "blue": ("s2",)}), ("bridge", {"red": ("s1",), "blue": ()})],
)
def test_vlans_over_a_trunk_are_routed_and_bridged_as_their_modes_say(
    tmp_path: Path, mode: str, routers: dict[str, tuple[str, ...]]
) -> None:
    built, result = plan_of(TRUNKS.replace("MODE", mode), tmp_path)
    assert {segment.name: segment.routers for segment in built.segments} == routers
    (trunk,) = [link for link in built.links if link.kind == "trunk"]
    assert [end.node for end in trunk.endpoints] == ["s1", "s2"]
    assert len(trunk.vlans) == 2
    assert not [each for each in result.lost if "trunk" in each]
