"""Drafts of intents: what a source tells is in them, what it does not is left to a person and said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from labgen.adopt.intent.access import Container
from labgen.adopt.intent.draft import gather, text
from labgen.adopt.intent.load import load
from labgen.adopt.intent.plan import plan as intent_plan
from labgen.cli.main import cli
from labgen.ground.errors import SpecError
from labgen.ground.labplan import LabPlan
from labgen.plan.build import build
from labgen.render import folder as lab_folder
from labgen.spec import load as spec

SWITCH = """\
hostname leaf1
!
ip dhcp relay information option
!
interface Loopback0
   ip address 10.0.0.1/32
!
interface Vlan100
   vrf red
   ip address 10.1.1.2/24
   ip helper-address 10.9.0.2 vrf default source-interface Loopback0
   ip virtual-router address 10.1.1.1/24
!
"""
CLAB = """\
name: dc1
topology:
  nodes:
    leaf1: {kind: arista_ceos, startup-config: leaf1.cfg}
    pc1: {kind: linux, image: "alpine:3"}
    dhcp-server: {kind: linux, image: "kea:2"}
  links:
    - endpoints: [leaf1:eth1, pc1:eth1]
    - endpoints: [leaf1:eth2, dhcp-server:eth1]
"""


def drafted(*sources: Path) -> tuple[dict[str, Any], tuple[str, ...]]:
    found = gather.draft(sources)
    return yaml.safe_load(text.text(found)), tuple(found.missing)


def test_configurations_tell_who_relays_with_which_giaddr_to_whom(tmp_path: Path) -> None:
    (tmp_path / "leaf1.cfg").write_text(SWITCH)
    data, missing = drafted(tmp_path)
    assert data["nodes"]["leaf1"] == {
        "role": "switch",
        "device": "eos",
        "interfaces": {
            "Vlan100": {"address": "10.1.1.2/24", "anycast": "10.1.1.1/24", "vrf": "red"},
            "Loopback0": "10.0.0.1/32",
        },
    }
    users = data["segments"]["vlan100"]
    assert users["relays"] == {
        "leaf1": {"interface": "Vlan100", "servers": ["server-10-9-0-2"], "giaddr": "10.0.0.1"}
    }
    assert (users["prefix"], users["vrf"], users["gateway"]) == ("10.1.1.0/24", "red", "10.1.1.1")
    assert any("segments.vlan100.clients" in each for each in missing)
    assert any("pools.server-10-9-0-2.ranges" in each for each in missing)


def test_a_containerlab_topology_tells_containers_clients_and_startup_configurations(tmp_path: Path) -> None:
    (tmp_path / "dc1.clab.yml").write_text(CLAB)
    (tmp_path / "leaf1.cfg").write_text(SWITCH)
    data, missing = drafted(tmp_path / "dc1.clab.yml")
    assert data["name"] == "dc1"
    assert data["nodes"]["pc1"]["access"] == {"container": "clab-dc1-pc1"}
    assert (data["nodes"]["dhcp-server"]["role"], data["nodes"]["dhcp-server"]["device"]) == ("server", "kea")
    assert data["nodes"]["leaf1"]["device"] == "eos"
    assert data["segments"]["vlan100"]["clients"] == {"pc1": {"port": "eth1", "at": "leaf1"}}
    assert "pc1:eth1" in data["captures"] and "leaf1:eth1" not in data["captures"]
    assert any("dhcp-server" in each and "guess" in each for each in missing)


def test_a_node_that_labgen_labelled_is_no_guess_and_another_is(tmp_path: Path) -> None:
    labelled = "labels: {labgen-role: switch, labgen-device: frr}"
    file = tmp_path / "dc1.clab.yml"
    file.write_text(CLAB.replace('pc1: {kind: linux, image: "alpine:3"', f"pc1: {{kind: linux, {labelled}"))
    data, missing = drafted(file)
    assert (data["nodes"]["pc1"]["role"], data["nodes"]["pc1"]["device"]) == ("switch", "frr")
    guesses = [each for each in missing if each.endswith("is a guess")]
    assert guesses == ["nodes.dhcp-server: that it is a server and runs kea is a guess"]


def test_a_lab_folder_beside_its_topology_leaves_nothing_to_complete(tmp_path: Path) -> None:
    plan = build(spec.load("relay"))
    lab_folder.write(plan, tmp_path / "lab")
    data, missing = drafted(tmp_path / "lab", tmp_path / "lab" / "clab.yml")
    assert missing == ()
    assert {name: node["access"] for name, node in data["nodes"].items()} == {
        name: {"container": f"clab-relay-{name}"} for name in ("user", "relay", "srv")
    }
    assert len(data["captures"]) == len(set(data["captures"])) == 4
    assert list(data["segments"]["user"]["clients"]) == ["user"]


def test_a_server_has_the_address_that_it_serves_at_though_no_interface_of_it_is_named(
    tmp_path: Path,
) -> None:
    lab_folder.write(build(spec.load("relay")), tmp_path / "lab")
    file = tmp_path / "own.yml"
    file.write_text(text.text(gather.draft([tmp_path / "lab", tmp_path / "lab" / "clab.yml"])))
    built = intent_plan(load(file).intent, {name: Container(name) for name in ("srv", "relay", "user")})
    assert {str(address) for address in built.node("srv").addresses} == {"10.1.0.2", "10.0.0.1"}
    assert {str(address) for address in built.node("relay").addresses} == {"10.1.0.1", "172.16.0.2"}


def test_a_lab_folder_alone_leaves_open_how_nodes_are_reached(tmp_path: Path) -> None:
    lab_folder.write(build(spec.load("relay")), tmp_path / "lab")
    _, missing = drafted(tmp_path / "lab")
    assert missing == ("nodes: how user, relay, srv are reached (`access`, or an inventory)",)


def test_a_nornir_inventory_beside_configurations_says_how_nodes_are_reached(tmp_path: Path) -> None:
    for folder in ("configs", "inv"):
        (tmp_path / folder).mkdir()
    (tmp_path / "configs" / "leaf1.cfg").write_text(SWITCH)
    (tmp_path / "inv" / "hosts.yaml").write_text(
        "leaf1: {hostname: 198.51.100.7}\npc9: {hostname: 198.51.100.9}\n"
    )
    data, missing = drafted(tmp_path / "configs", tmp_path / "inv")
    assert data["inventory"] == str(tmp_path / "inv")
    assert data["nodes"]["leaf1"]["access"] == "inventory"
    assert data["nodes"]["pc9"]["role"] == "client"
    assert any("nodes.pc9" in each and "guess" in each for each in missing)
    assert not any("how leaf1" in each for each in missing)


@pytest.mark.parametrize("name", ["evpn-redundant-server", "relay", "vrf-relay", "vxlan-redundant-server"])
def test_the_draft_of_a_labs_plan_says_the_same_of_relays_and_pools(tmp_path: Path, name: str) -> None:
    plan = build(spec.load(name))
    (tmp_path / "plan.json").write_text(plan.to_json())
    file = tmp_path / "intent.yml"
    file.write_text(text.text(gather.draft([tmp_path])))
    again = intent_plan(load(file).intent, {node.name: Container(node.name) for node in plan.nodes})
    for segment in (each for each in plan.segments if each.servers):
        mine = [
            (n.name, r.giaddr, r.sent, [t.address for t in r.targets]) for n, r in plan.relays(segment.name)
        ]
        theirs = [
            (n.name, r.giaddr, r.sent, [t.address for t in r.targets]) for n, r in again.relays(segment.name)
        ]
        assert theirs == mine
        assert again.segment(segment.name).clients == segment.clients
        assert again.segment(segment.name).gateway == segment.gateway
    for node in plan.nodes:
        if node.server:
            own = again.node(node.name).server
            assert own is not None and own.address == node.server.address
            assert [s.ranges for s in own.scopes] == [s.ranges for s in node.server.scopes]


def test_a_client_that_is_no_linux_host_has_its_own_interface_and_no_capture(tmp_path: Path) -> None:
    plan = build(spec.load("vrf-relay", {"switch": "iosv", "server": "csr", "client": "iosv"}))
    (tmp_path / "plan.json").write_text(plan.to_json())
    data, _ = drafted(tmp_path)
    (clients,) = [each["clients"] for each in data["segments"].values()]
    assert [each["port"] for each in clients.values()] == ["GigabitEthernet0/1"]
    assert data["captures"] == []


def test_without_a_source_the_file_is_an_example_that_loads(tmp_path: Path) -> None:
    file = tmp_path / "intent.yml"
    result = CliRunner().invoke(cli, ["intent", "-o", str(file)])
    assert result.exit_code == 0
    assert load(file).intent.segments["users"].clients["pc1"].port == "eth1"
    assert "example" in result.stderr


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "intent.yml"
    file.write_text("mine\n")
    result = CliRunner().invoke(cli, ["intent", "-o", str(file)])
    assert result.exception is not None and "--force" in str(result.exception)
    assert file.read_text() == "mine\n"


def test_a_folder_without_relays_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "a.cfg").write_text("hostname a\ninterface Ethernet1\n   ip address 10.0.0.1/24\n")
    result = CliRunner().invoke(cli, ["intent", str(tmp_path)])
    assert result.exception is not None and "none of 1 files is a configuration that relays" in str(
        result.exception
    )


DESIGNS = sorted((Path(__file__).parents[2] / "examples" / "designs").glob("*.yml"))


@pytest.mark.slow
@pytest.mark.parametrize("design", DESIGNS, ids=lambda path: path.stem)
def test_every_client_is_to_get_by_the_draft_what_it_is_to_get_by_the_spec(
    design: Path, tmp_path: Path
) -> None:
    """Lease times of classes, reservations and single clients, options and addresses of each: none is lost on the way."""
    planned = build(spec.load(str(design)))
    (tmp_path / "intent.yml").write_text(text.text(gather.draft([design])))
    meant = intent_plan(load(tmp_path / "intent.yml").intent, {})
    servers = [(node.name, node.server) for node in planned.nodes if node.server]
    for name, scope in ((name, scope) for name, server in servers for scope in server.scopes):
        for client in planned.segment(scope.segment).clients:
            own = meant.node(name).server
            assert own is not None
            mac = planned.node(client).client_mac
            (drafted_scope,) = [each.of(client, mac) for each in own.scopes if each.segment == scope.segment]
            wanted = scope.of(client, mac)
            times = (wanted.lease, wanted.renew, wanted.rebind)
            assert (drafted_scope.lease, drafted_scope.renew, drafted_scope.rebind) == times
            assert drafted_scope.ranges == wanted.ranges
            told = [] if drafted_scope.open else [(each.code, each.data) for each in drafted_scope.options]
            assert told == [(each.code, each.data) for each in wanted.options]


def test_a_generated_fabric_is_drafted_as_the_others(tmp_path: Path) -> None:
    (tmp_path / "fabric.yml").write_text("name: fabric\ngenerate: {leaf_spine: {leaves: 2}}\n")
    data, _ = drafted(tmp_path / "fabric.yml")
    assert [each["role"] for each in data["nodes"].values()].count("client") == 2


def test_a_class_is_of_clients_that_are_there_and_of_addresses_of_the_segment(tmp_path: Path) -> None:
    draft = gather.draft([next(path for path in DESIGNS if path.stem == "classes")])
    good = text.text(draft)
    (tmp_path / "intent.yml").write_text(
        good.replace("clients: [phone1]", "clients: [phone9]").replace(
            "10.1.1.200-10.1.1.209", "10.1.2.200-10.1.2.209"
        )
    )
    with pytest.raises(SpecError, match=r"`phone9` is no client of users") as caught:
        load(tmp_path / "intent.yml")
    assert "10.1.2.200-10.1.2.209 is not within 10.1.1.0/24" in str(caught.value)


def test_a_node_that_relays_to_servers_in_two_vrfs_does_so_in_the_draft(tmp_path: Path) -> None:
    planned = build(spec.load(str(next(path for path in DESIGNS if path.stem == "two-server-vrfs"))))
    (tmp_path / "intent.yml").write_text(
        text.text(gather.draft([path for path in DESIGNS if path.stem == "two-server-vrfs"]))
    )
    meant = intent_plan(load(tmp_path / "intent.yml").intent, {})

    def asked(plan: LabPlan) -> set[tuple[str, str, str]]:
        relays = plan.relays("office")
        return {(node.name, t.server, t.vrf) for node, relay in relays for t in relay.targets}

    assert asked(meant) == asked(planned)
    assert len(asked(meant)) == 6
    assert {node.name: len(node.relays) for node in meant.nodes if node.relays} == dict.fromkeys(
        ("leaf1", "leaf2", "leaf3"), 2
    )
