"""Nornir sessions against AOS-CX, OS10, VyOS, Cumulus and SONiC over SSH: each prompt, and shells that need none."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import devices_texts as texts
import pytest
from devices_prompts import Prompted, Shell
from devices_recorded import Rack, RecordedLab
from devices_specs import EVPN, ONE_VRF, ROUTED, planned

from labgen.collect.session import Done, Session
from labgen.devices import readers
from labgen.devices.base import Action
from labgen.devices.linux import systemd
from labgen.devices.observed import Observed, Raw
from labgen.ground.labplan import LabPlan


@contextmanager
def session(plan: LabPlan, folder: Path, *devices: Prompted) -> Iterator[Session]:
    rack = Rack({device.name: device for device in devices})
    try:
        with Session(RecordedLab(plan, folder, rack)) as found:
            yield found
    finally:
        rack.close()


def answers(plan: LabPlan, node: str, by_probe: Mapping[str, str]) -> dict[str, str]:
    """Texts by the command that asks for them."""
    probes = readers.get(plan.node(node).device).probes(plan.node(node))
    return {probe.text: by_probe[probe.name] for probe in probes if probe.name in by_probe}


def observed(plan: LabPlan, running: Session, node: str) -> Observed:
    reader = readers.get(plan.node(node).device)
    outputs = running.collect({node: reader.probes(plan.node(node))})
    assert [output.error for output in outputs] == [""] * len(outputs)
    raw = {output.probe.name: Raw(output.text, f"raw/{output.probe.name}.txt") for output in outputs}
    return reader.observe(plan.node(node), raw)


def acted(plan: LabPlan, running: Session, node: str, name: str) -> Done:
    (done,) = running.act({node: readers.get(plan.node(node).device).actions(plan.node(node))[name]}, 10)
    return done


CX = {
    "show-interface": texts.CX_INTERFACES,
    "show-ip-route-all-vrfs": texts.CX_ROUTES,
    "show-ip-ospf-neighbors": texts.CX_NEIGHBORS,
    "show-bgp-l2vpn-evpn-summary": texts.CX_SUMMARY,
    "show-interface-vxlan1": texts.CX_VXLAN,
    "show-evpn-mac-ip": texts.CX_MACS,
    "show-dhcp-relay": texts.CX_RELAY,
    "show-ip-helper-address": texts.CX_HELPERS,
}
OS10 = {
    "show-interface": texts.OS10_INTERFACES,
    "show-ip-route": texts.OS10_ROUTES,
    "show-ip-route-vrf-client": texts.OS10_ROUTES_CLIENT,
    "show-ip-ospf-neighbor": texts.OS10_NEIGHBORS,
    "show-ip-bgp-l2vpn-evpn-summary": texts.OS10_SUMMARY,
    "show-nve-remote-vtep": texts.OS10_VTEPS,
    "show-mac-vni-11000": texts.OS10_MACS,
    "show-helper-addresses": texts.OS10_HELPERS,
}
LINUX = {
    "ip-link": texts.ip_link(vlan1000="02:00:00:00:00:10"),
    "ip-address": texts.ip_address(("vlan1000", "172.16.0.2/24", "")),
    "ip-route": texts.ip_route("10.0.0.3"),
    "show-ip-ospf-neighbor": texts.FRR_NEIGHBORS,
    "show-bgp-l2vpn-evpn-summary": texts.FRR_SUMMARY,
    "show-evpn-vni-detail": texts.FRR_VNIS,
    "show-evpn-mac-vni-all": texts.FRR_MACS,
    "dhcrelay-state": "running\n",
    "dhcrelay-log": texts.JOURNAL,
    "nv-show-service-dhcp-relay": "{}\n",
}
SHAPES = {"arubacx": "{name}{mode}# ", "dellos10": "{name}{mode}# "}
REFUSALS = {"arubacx": "Invalid input: nonsense", "dellos10": "% Error: Unrecognized command."}
VYOS = "vyos@{name}:~$ "
WRAPPER = "/opt/vyatta/bin/vyatta-op-cmd-wrapper"


@pytest.mark.parametrize(
    ("device", "known"), [pytest.param("arubacx", CX, id="AOS-CX"), pytest.param("dellos10", OS10, id="OS10")]
)
def test_switch_is_read_at_its_prompt(device: str, known: dict[str, str], tmp_path: Path) -> None:
    plan = planned(EVPN, tmp_path, {"switch": device})
    switch = Prompted("sw1", answers(plan, "sw1", known), shape=SHAPES[device])
    with session(plan, tmp_path, switch) as running:
        facts = observed(plan, running, "sw1")
    assert facts.problems == ()
    assert "10.0.0.3" in {n.neighbor_id for n in facts.ospf}
    assert {s.peer: s.state for s in facts.sessions}["10.0.0.3"] == "established"
    assert "10.0.0.3" in {vni.vni: vni.vteps for vni in facts.vnis}[11000]
    assert "172.16.0.2/24" in {address.address for address in facts.addresses}
    assert "02:01:00:00:00:05" in {mac.mac for mac in facts.macs}
    assert {daemon.running for daemon in facts.daemons} == {True}


@pytest.mark.slow
def test_vyos_is_read_and_told_at_its_prompt(tmp_path: Path) -> None:
    """One session for all, since netmiko takes seconds to settle on VyOS; the client's shell brackets what is pasted."""
    plan = planned(ONE_VRF, tmp_path, {"switch": "vyos", "client": "vyos"})
    switch = Prompted(
        "sw1", answers(plan, "sw1", LINUX), shape=VYOS, refusal="\n  Invalid command: [nonsense]\n"
    )
    said = {
        f"{WRAPPER} renew dhcp interface eth1": "",
        "ip -4 address show dev eth1": "    inet 172.16.0.10/24 scope global\n",
    }
    client = Prompted("cl_a", said, shape=VYOS, paste=True)
    with session(plan, tmp_path, switch, client) as running:
        running.connect(["sw1", "cl_a"])
        running.begin_step()
        facts = observed(plan, running, "sw1")
        bound = acted(plan, running, "cl_a", "acquire")
        unplugged = acted(plan, running, "sw1", "unplug-cl_a")
        (refused,) = running.act({"sw1": Action(("nonsense",))}, 10)
    assert facts.problems == ()
    assert [n.neighbor_id for n in facts.ospf] == ["10.0.0.3"]
    assert [daemon.running for daemon in facts.daemons] == [True]
    assert [message.time for message in facts.messages] == [1795600801.0001, 1795600801.001]
    assert bound.error == ""
    assert [line for line in client.typed if line in said] == list(said)
    assert systemd.CLEAR_LOG.commands[0] in switch.typed
    assert unplugged.error == ""
    assert f"{systemd.ROOT}ip link set dev eth3 down" in switch.typed
    assert "Invalid command" in refused.error


def test_cumulus_is_asked_without_a_prompt(tmp_path: Path) -> None:
    plan = planned(ONE_VRF, tmp_path, {"switch": "cumulus_nvue"})
    switch = Shell("sw1", answers(plan, "sw1", LINUX))
    with session(plan, tmp_path, switch) as running:
        facts = observed(plan, running, "sw1")
    assert facts.problems == ()
    assert [daemon.running for daemon in facts.daemons] == [True]
    assert {s.peer: s.state for s in facts.sessions} == {"10.0.0.3": "established"}
    assert [(found.interface, found.mac) for found in facts.hardware] == [("vlan1000", "02:00:00:00:00:10")]
    assert len(facts.messages) == 2


def test_sonic_is_asked_without_a_prompt(tmp_path: Path) -> None:
    plan = planned(ROUTED, tmp_path, {"switch": "sonic"})
    known = {
        "ip-link": texts.ip_link(Vlan1001="02:00:00:00:00:20"),
        "ip-address": texts.ip_address(("Vlan1001", "172.16.0.2/24", "")),
        "ip-route": texts.ip_route("10.0.0.3"),
        "show-ip-ospf-neighbor": texts.FRR_NEIGHBORS,
        "show-dhcp-relay-ipv4-helper": "",
        "dhcp4relay-state": "running\n",
        "dhcp4relay-log": "",
        "show-dhcp4relay-counters": texts.SONIC_COUNTERS,
    }
    switch = Shell("relay", answers(plan, "relay", known), shape="admin@{name}:~$ ")
    with session(plan, tmp_path, switch) as running:
        facts = observed(plan, running, "relay")
    assert facts.problems == ()
    assert [daemon.running for daemon in facts.daemons] == [True]
    assert {counter.name: counter.value for counter in facts.counters}["Vlan1001 TX Dis"] == 2


@pytest.mark.parametrize("device", ["arubacx", "dellos10"])
def test_refused_command_is_an_error(device: str, tmp_path: Path) -> None:
    plan = planned(ROUTED, tmp_path, {"switch": device})
    switch = Prompted("relay", {}, shape=SHAPES[device], refusal=REFUSALS[device])
    with session(plan, tmp_path, switch) as running:
        (refused,) = running.act({"relay": Action(("nonsense",))}, 10)
        (taken,) = running.act({"relay": Action(("",))}, 10)
    assert "nonsense" in refused.error
    assert taken.error == ""


@pytest.mark.parametrize(("device", "port"), [("arubacx", "1/1/2"), ("dellos10", "ethernet1/1/2")])
def test_port_is_shut_in_configuration_mode(device: str, port: str, tmp_path: Path) -> None:
    plan = planned(ROUTED, tmp_path, {"switch": device})
    switch = Prompted("relay", {}, shape=SHAPES[device])
    with session(plan, tmp_path, switch) as running:
        assert acted(plan, running, "relay", "unplug-user").error == ""
        assert acted(plan, running, "relay", "plug-user").error == ""
    start = switch.typed.index("configure terminal")
    assert switch.typed[start : start + 8] == [
        *("configure terminal", f"interface {port}", "shutdown", "end"),
        *("configure terminal", f"interface {port}", "no shutdown", "end"),
    ]


def test_action_that_fails_in_a_shell_is_an_error(tmp_path: Path) -> None:
    plan = planned(ROUTED, tmp_path, {"switch": "sonic"})
    switch = Shell("relay", {}, shape="admin@{name}:~$ ")
    with session(plan, tmp_path, switch) as running:
        error = acted(plan, running, "relay", "unplug-user").error
    assert "ended with status 127" in error


def test_a_step_begins_with_the_time_noted(tmp_path: Path) -> None:
    plan = planned(ROUTED, tmp_path, {"switch": "cumulus_nvue"})
    switch = Shell("relay", dict.fromkeys(systemd.CLEAR_LOG.commands, ""))
    with session(plan, tmp_path, switch) as running:
        running.connect(["relay"])
        running.begin_step()
    assert systemd.CLEAR_LOG.commands[0] in switch.typed


class Systemd:
    """`systemctl` and `sudo` of a machine with units, for the shell commands labgen types."""

    def __init__(self, folder: Path, *running: str) -> None:
        self.units = folder / "units"
        self.units.mkdir()
        for unit in running:
            (self.units / unit).touch()
        self._folder = folder
        self._program("sudo", 'exec "$@"')
        self._program("systemctl", f"""
cd {self.units}; what=$1; shift
case $what in
list-units) for last; do :; done; for unit in $last; do test ! -e $unit || echo "$unit loaded active running Unit"; done;;
stop) rm "$@";;
start) touch "$@";;
esac""")  # fmt: skip

    def _program(self, name: str, text: str) -> None:
        path = self._folder / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def run(self, command: str) -> str:
        """Output of a command, with files labgen would write in /tmp in a folder of the test."""
        there = command.replace("/tmp/", f"{self._folder}/")
        path = f"{self._folder}:{os.environ['PATH']}"
        done = subprocess.run(
            ["sh", "-c", there], env={"PATH": path}, capture_output=True, text=True, check=True
        )
        return done.stdout

    @property
    def running(self) -> list[str]:
        return sorted(path.name for path in self.units.iterdir())


def test_relays_of_every_vrf_are_stopped_and_started_again(tmp_path: Path) -> None:
    units = ("dhcrelay@RED.service", "dhcrelay@default.service", "ssh.service")
    machine = Systemd(tmp_path, *units)
    actions = systemd.actions("relay", "dhcrelay*")
    (stop,), start = actions["stop-relay"].commands, actions["start-relay"]
    machine.run(stop)
    assert machine.running == ["ssh.service"]
    assert machine.run(start.watch) == "stopped\n"
    machine.run(stop)
    machine.run(start.commands[0])
    assert machine.running == sorted(units)
    assert machine.run(start.watch) == "running\n"
