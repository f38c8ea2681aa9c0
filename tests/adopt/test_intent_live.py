"""Drafts of intents from containers that run: what their addresses, processes and configurations tell is asked of nobody."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from labgen.adopt.intent import inventory
from labgen.adopt.intent.access import Container
from labgen.adopt.intent.draft import gather, live, text
from labgen.adopt.intent.load import load
from labgen.adopt.intent.plan import plan as intent_plan

OFFICE = """\
name: office
topology:
  defaults: {kind: linux, image: "mine:1"}
  nodes: {gw: {}, ns: {}, pc: {}, phone: {}}
  links:
    - endpoints: ["gw:eth1", "pc:eth1"]
    - endpoints: ["gw:eth2", "phone:eth1"]
    - endpoints: ["gw:eth3", "ns:eth1"]
"""
DHCPD = """\
default-lease-time 600; # ten minutes
max-lease-time 7200;
class "phones" { match if substring(option vendor-class-identifier, 0, 7) = "Polycom"; default-lease-time 3600; }
host pc { hardware ethernet 02:00:00:00:00:01; fixed-address 10.20.0.9; default-lease-time 86400; }
subnet 10.30.0.0 netmask 255.255.255.252 { }
subnet 10.20.0.0 netmask 255.255.255.0 {
  option routers 10.20.0.1;
  pool { allow members of "phones"; range 10.20.0.200 10.20.0.220; }
  pool { deny members of "phones"; range 10.20.0.100 10.20.0.150; }
}
"""
KEA = """\
{ // a comment, and "no // comment" in a text
  "Dhcp4": {
    "valid-lifetime": 1200, "min-valid-lifetime": 300,
    "client-classes": [
      {"name": "phones", "test": "substring(option[60].hex,0,7) == 'Polycom'", "valid-lifetime": 3600},
      {"name": "kept", "valid-lifetime": 86400},
      {"name": "odd", "test": "pkt4.mac == 0x020000000001"}
    ],
    "shared-networks": [{"name": "n", "renew-timer": 500, "rebind-timer": 900, "subnet4": [
      {"id": 1, "subnet": "10.20.0.0/24",
       "option-data": [{"name": "routers", "data": "10.20.0.1"}],
       "pools": [{"pool": "10.20.0.200 - 10.20.0.220", "client-class": "phones"}, {"pool": "10.20.0.100-10.20.0.150"}],
       "reservations": [{"hw-address": "02:00:00:00:00:01", "ip-address": "10.20.0.9", "client-classes": ["kept"]},
                        {"circuit-id": "'port1'", "ip-address": "10.20.0.8"}]}]}]
  }
}
"""
DNSMASQ = """\
dhcp-vendorclass=set:phones,Polycom
dhcp-range=tag:phones,10.20.0.200,10.20.0.220,255.255.255.0,1h
dhcp-range=10.20.0.100,10.20.0.150,255.255.255.0,10m
dhcp-option=option:router,10.20.0.1
dhcp-host=02:00:00:00:00:01,10.20.0.9,1d
"""
POOLS: dict[str, tuple[list[str], str, str, dict[str, Any]]] = {
    "isc-dhcpd-plain": (
        ["dhcpd", "-4", "-cf", "/etc/own.conf", "eth1"],
        "/etc/own.conf",
        DHCPD,
        {"longest": 7200, "reservations": {"02:00:00:00:00:01": {"address": "10.20.0.9", "lease": 86400}}},
    ),
    "kea": (
        ["/usr/sbin/kea-dhcp4", "-c", "/etc/own.conf"],
        "/etc/own.conf",
        KEA,
        {
            "lease": 1200,
            "renew": 500,
            "rebind": 900,
            "shortest": 300,
            "reservations": {
                "02:00:00:00:00:01": {"address": "10.20.0.9", "lease": 86400},
                "circuit-id port1": "10.20.0.8",
            },
        },
    ),
    "dnsmasq": (
        ["dnsmasq", "--no-daemon"],
        "/etc/dnsmasq.conf",
        DNSMASQ,
        {"reservations": {"02:00:00:00:00:01": {"address": "10.20.0.9", "lease": 86400}}},
    ),
}


def said(ports: Mapping[str, str], *processes: list[str], bridge: tuple[str, ...] = ()) -> str:
    """What a node tells of itself: addresses by port, and the words of its processes."""
    links = [
        f"{n}: {p}@if9: <UP> mtu 1500 {'master lan ' if p in bridge else ''}state UP"
        for n, p in enumerate((*ports, *bridge))
    ]
    addresses = ["1: lo    inet 127.0.0.1/8 scope host lo"]
    addresses += [
        f"{n}: {port}    inet {each} scope global {port}"
        for n, (port, each) in enumerate(ports.items(), 2)
        if each
    ]
    words = ["\1".join(argv) + "\1" for argv in (["sleep", "infinity"], *processes)]
    return "\n".join((*links, "", *addresses, "", *words))


class Lab:
    """Containers that answer."""

    def __init__(self, nodes: Mapping[str, str], files: Mapping[tuple[str, str], str]) -> None:
        self.nodes, self.files, self.asked = nodes, files, set[str]()

    def __call__(self, container: Container, script: str) -> str:
        name = container.name.rpartition("-")[2]
        self.asked.add(script.split()[0])
        return (
            self.nodes.get(name, "")
            if script == live.LOOK
            else self.files.get((name, script.partition(" ")[2]), "")
        )


def office(server: str, **more: str) -> Lab:
    argv, path, config, _ = POOLS[server]
    nodes = {
        "gw": said(
            {"lan": "10.20.0.1/24", "eth3": "10.30.0.1/30", "eth0": "172.20.20.2/24"},
            ["dhcrelay", "-4", "-d", "-a", "-id", "lan", "-iu", "eth3", "10.30.0.2"],
            bridge=("eth1", "eth2"),
        ),
        "ns": said({"eth1": "10.30.0.2/30", "eth0": "172.20.20.3/24"}, argv),
        "pc": said({"eth0": "172.20.20.4/24"}, ["dhclient", "-4", "-d", "eth1"]),
        "phone": said({"eth1": "10.20.0.200/24", "eth0": "172.20.20.5/24"}, ["udhcpc", "-f", "-i", "eth1", "-V", "Polycom-VVX"]),
    } | more  # fmt: skip
    return Lab(nodes, {("ns", path): config})


def drafted(folder: Path, lab: Lab | None) -> tuple[dict[str, Any], tuple[str, ...]]:
    (folder / "office.clab.yml").write_text(OFFICE)
    found = gather.draft([folder / "office.clab.yml"], ask=lab)
    (folder / "intent.yml").write_text(text.text(found))
    return yaml.safe_load((folder / "intent.yml").read_text()), tuple(found.missing)


@pytest.mark.parametrize("server", list(POOLS))
def test_a_lab_that_runs_leaves_nothing_to_complete(tmp_path: Path, server: str) -> None:
    lab = office(server)
    data, missing = drafted(tmp_path, lab)
    assert missing == ()
    assert {name: each["device"] for name, each in data["nodes"].items()} == {
        "gw": "frr-dhcrelay", "ns": server, "pc": "dhclient", "phone": "udhcpc",
    }  # fmt: skip
    assert data["nodes"]["gw"]["interfaces"] == {"lan": "10.20.0.1/24", "eth3": "10.30.0.1/30"}
    (segment,) = data["segments"].values()
    assert (segment["prefix"], segment["gateway"]) == ("10.20.0.0/24", "10.20.0.1")
    assert segment["relays"] == {"gw": {"interface": "lan", "servers": ["ns"], "options": ["circuit-id"]}}
    assert segment["clients"] == {"phone": "eth1", "pc": {"port": "eth1", "at": "gw"}}, (
        "the lease, and the wire"
    )
    phones = {
        "vendor_class": "Polycom",
        "clients": ["phone"],
        "range": ["10.20.0.200-10.20.0.220"],
        "lease": 3600,
    }
    wanted = {
        "ranges": ["10.20.0.100-10.20.0.150"],
        "lease": 600,
        **POOLS[server][3],
        "classes": {"phones": phones},
    }
    assert segment["pools"] == {"ns": wanted}
    assert lab.asked == {"ip", "cat"}, "nothing is done to a node"
    plan = intent_plan(load(tmp_path / "intent.yml").intent, {})
    (scope,) = plan.node("ns").server.scopes  # type: ignore[union-attr]
    assert (scope.of("phone").lease, scope.of("pc", "02:00:00:00:00:01").lease) == (3600, 86400)
    assert plan.node("phone").client.vendor_class == "Polycom"  # type: ignore[union-attr]
    assert plan.node("pc").client.vendor_class == ""  # type: ignore[union-attr]


def test_a_lab_that_does_not_run_is_drafted_from_its_file_alone(tmp_path: Path) -> None:
    stopped = drafted(tmp_path, Lab({}, {}))
    assert stopped == drafted(tmp_path, None)
    assert any("is a guess" in each for each in stopped[1])


def test_a_server_whose_configuration_cannot_be_read_is_left_to_a_person(tmp_path: Path) -> None:
    lab = office("kea")
    lab.files = {("ns", "/etc/own.conf"): "{ this is no JSON"}
    data, missing = drafted(tmp_path, lab)
    (segment,) = data["segments"].values()
    assert segment["pools"] == {"ns": {"ranges": []}}
    assert any("which addresses ns hands out" in each for each in missing)


def test_a_class_that_nobody_is_seen_to_send_is_left_to_a_person(tmp_path: Path) -> None:
    phone = said({"eth1": "10.20.0.200/24"}, ["udhcpc", "-f", "-i", "eth1"])
    data, missing = drafted(tmp_path, office("kea", phone=phone))
    (segment,) = data["segments"].values()
    assert segment["pools"]["ns"]["classes"]["phones"]["clients"] == []
    assert [each for each in missing if "classes.phones.clients" in each]


def test_a_server_on_the_segment_serves_it_directly_and_no_subnet_of_others(tmp_path: Path) -> None:
    config = DNSMASQ + "dhcp-range=10.99.0.10,10.99.0.20,255.255.255.0,1h\n"
    lab = Lab(
        {
            "gw": said({"lan": "10.20.0.1/24"}, bridge=("eth1", "eth2", "eth3")),
            "ns": said({"eth1": "10.20.0.2/24"}, ["dnsmasq", "-C", "/etc/own.conf"]),
            "pc": said({"eth1": "10.20.0.101/24"}, ["dhcpcd", "-B", "eth1"]),
        },
        {("ns", "/etc/own.conf"): config},
    )
    data, _ = drafted(tmp_path, lab)
    (segment,) = data["segments"].values()
    assert (segment["prefix"], segment["direct"], segment["clients"]["pc"]) == (
        "10.20.0.0/24",
        ["ns"],
        "eth1",
    )
    assert segment["pools"]["ns"]["lease"] == 600


def test_labgens_own_relay_tells_its_servers_and_giaddr(tmp_path: Path) -> None:
    gw = said(
        {"lan": "10.20.0.1/24", "eth3": "10.30.0.1/30", "lo": "10.0.0.1/32"},
        ["python3", "/usr/local/bin/labgen-relay", "run", "-c", "/etc/relay.yml"],
    )
    lab = office("kea", gw=gw)
    relay = {
        "name": "lan",
        "giaddr": "10.0.0.1",
        "options": ["link-selection"],
        "servers": [{"address": "10.30.0.2", "vrf": "default"}],
    }
    lab.files = {**lab.files, ("gw", "/etc/relay.yml"): yaml.safe_dump({"interfaces": [relay]})}
    data, _ = drafted(tmp_path, lab)
    assert data["nodes"]["gw"]["device"] == "frr"
    (segment,) = data["segments"].values()
    assert segment["relays"]["gw"] == {
        "interface": "lan",
        "servers": ["ns"],
        "giaddr": "10.0.0.1",
        "options": ["link-selection"],
    }


def test_netlabs_inventory_in_json_says_that_nodes_are_containers(tmp_path: Path) -> None:
    """netlab 26 writes variables of groups as JSON; without them a container was taken for a host with an SSH server."""
    (tmp_path / "hosts.yml").write_text("frr: {hosts: {gw: {ansible_host: clab-office-gw}}}\n")
    (tmp_path / "group_vars" / "frr").mkdir(parents=True)
    (tmp_path / "group_vars" / "frr" / "topology.json").write_text(
        '{"ansible_connection": "docker", "netlab_device_type": "frr"}'
    )
    (host,) = inventory.read(tmp_path).values()
    assert (host.access, host.platform) == (Container("clab-office-gw"), "frr")
