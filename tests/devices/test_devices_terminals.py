"""Nornir sessions with SR Linux, SR OS, Junos, NX-OS and IOS XR command lines over SSH: prompts of one line and two, pages, refusals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from devices_recorded import Rack, RecordedLab
from devices_vendors import Case, Terminal, case, terminal

from labgen.collect.session import Session
from labgen.devices import readers
from labgen.devices.base import Action
from labgen.verify import hardware
from labgen.verify.store import Store

SWITCHES = ("srlinux-switch", "sros-switch", "junos-switch", "nxos-switch", "iosxr-switch")
QUIET_COMMANDS = {
    "srlinux-switch": ["environment complete-on-space false", "environment cli-engine type basic"],
    "sros-switch": ["environment more false", "environment command-completion space false"],
    "junos-switch": ["set cli screen-length 0", "set cli screen-width 511"],
    "nxos-switch": ["terminal length 0", "terminal width 511"],
    "iosxr-switch": ["terminal length 0", "terminal width 511"],
}
PORT_DOWN = {
    "srlinux-switch": ["enter candidate", "set / interface ethernet-1/3 admin-state disable", "commit now"],
    "sros-switch": ["edit-config exclusive", "/configure port 1/1/c3/1 admin-state disable", "commit", "quit-config"],
    "junos-switch": ["configure", "set interfaces ge-0/0/2 disable", "commit and-quit"],
    "nxos-switch": ["configure terminal", "interface Ethernet1/3", "shutdown", "end"],
    "iosxr-switch": ["configure", "interface GigabitEthernet0/0/0/1", "shutdown", "commit", "end"],
}  # fmt: skip


@dataclass(frozen=True)
class Sitting:
    """One session with a switch: it was asked everything, a port was taken down, and it was told nonsense."""

    vendor: Case
    answers: Mapping[str, str]
    errors: tuple[str, ...]
    down: str
    nonsense: str
    typed: tuple[str, ...]


@contextmanager
def session(vendor: Case, folder: Path, device: Terminal) -> Iterator[Session]:
    rack = Rack({vendor.node.name: device})
    try:
        with Session(RecordedLab(vendor.plan, folder, rack)) as running:
            yield running
    finally:
        rack.close()


def outputs(vendor: Case, folder: Path, device: Terminal) -> dict[str, str]:
    """What every probe brought back, by command."""
    with session(vendor, folder, device) as running:
        collected = running.collect({vendor.node.name: vendor.probes})
    assert [output.error for output in collected] == [""] * len(collected)
    return {output.probe.text: output.text for output in collected}


@pytest.fixture(scope="module", params=SWITCHES)
def sitting(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Sitting:
    """netmiko takes seconds to connect to some devices, so everything is done in one session."""
    folder = tmp_path_factory.mktemp(request.param)
    vendor = case(request.param, folder)
    device = terminal(vendor)
    node = vendor.node.name
    actions = readers.get(vendor.node.device).actions(vendor.node)
    unplug = next(action for name, action in actions.items() if name.startswith("unplug-"))
    with session(vendor, folder, device) as running:
        (down,) = running.act({node: unplug}, 10)
        (nonsense,) = running.act({node: Action(("shwo version",))}, 10)
        collected = running.collect({node: vendor.probes})
    return Sitting(
        vendor,
        {output.probe.text: output.text for output in collected},
        tuple(output.error for output in collected),
        down.error,
        nonsense.error,
        tuple(line for line in device.typed if line),
    )


@pytest.mark.slow
def test_answers_come_back_without_echo_prompt_and_pages(sitting: Sitting) -> None:
    assert set(sitting.errors) == {""}
    wanted = sitting.vendor.answers
    assert {c: t.strip("\n") for c, t in sitting.answers.items()} == {
        c: t.strip("\n") for c, t in wanted.items()
    }


@pytest.mark.slow
def test_answers_over_ssh_say_what_they_say_on_paper(sitting: Sitting) -> None:
    observed = sitting.vendor.observe(sitting.answers)
    assert observed.problems == ()
    assert observed == sitting.vendor.observe()


def test_paging_is_turned_off_for_the_session(sitting: Sitting, request: pytest.FixtureRequest) -> None:
    assert set(QUIET_COMMANDS[_name(request)]) <= set(sitting.typed)


def test_a_port_is_taken_down_in_the_devices_own_words(
    sitting: Sitting, request: pytest.FixtureRequest
) -> None:
    """Prompts of configuration modes are recognised on the way."""
    assert sitting.down == ""
    wanted = PORT_DOWN[_name(request)]
    start = sitting.typed.index(wanted[0])
    assert list(sitting.typed[start : start + len(wanted)]) == wanted


def test_a_refused_command_is_an_error(sitting: Sitting) -> None:
    assert sitting.nonsense.startswith("`shwo version` ended with status 1")


def _name(request: pytest.FixtureRequest) -> str:
    """The switch the module's session is with."""
    return str(request.node.callspec.params["sitting"])


@pytest.mark.parametrize("name", SWITCHES)
def test_a_stopped_relay_is_started_with_the_opposite(name: str, tmp_path: Path) -> None:
    vendor = case(name, tmp_path)
    actions = readers.get(vendor.node.device).actions(vendor.node)
    assert actions["stop-relay"].undo == "start-relay"
    stop, start = actions["stop-relay"].commands, actions["start-relay"].commands
    assert len(stop) == len(start)
    assert sum(a != b for a, b in zip(stop, start, strict=True)) == 1


def test_junos_without_a_routing_engine_line_is_read_alike(tmp_path: Path) -> None:
    vendor = case("junos-client", tmp_path)
    device = replace(terminal(vendor), before="")
    assert vendor.observe(outputs(vendor, tmp_path, device)) == vendor.observe()


def test_an_answer_in_brackets_is_no_part_of_the_prompt(tmp_path: Path) -> None:
    vendor = case("srlinux-client", tmp_path)
    brackets = ("{}", "[]", '{"a": ["b"]}', "[ethernet-1/1]", "[[]]")
    given = {probe.text: f"{text}\n" for probe, text in zip(vendor.probes, brackets, strict=True)}
    device = replace(terminal(vendor), answers=given)
    assert [text.strip() for text in outputs(vendor, tmp_path, device).values()] == list(brackets)


def test_plan_takes_on_the_addresses_a_switch_really_has(tmp_path: Path) -> None:
    vendor = case("iosxr-switch", tmp_path)
    alone = vendor.plan.model_copy(update={"nodes": (vendor.node,)})
    told: list[str] = []
    with session(vendor, tmp_path, terminal(vendor)) as running:
        found = hardware.as_found(alone, running, Store(tmp_path / "run"), told.append)
    assert told == []
    assert [port.mac for port in found.node(vendor.node.name).interfaces] == [
        "02:fe:08:02:00:00", "02:fe:08:02:00:01",
    ]  # fmt: skip


def test_switch_that_does_not_tell_keeps_the_planned_addresses_and_is_named(tmp_path: Path) -> None:
    vendor = case("iosxr-switch", tmp_path)
    alone = vendor.plan.model_copy(update={"nodes": (vendor.node,)})
    told: list[str] = []
    with session(vendor, tmp_path, replace(terminal(vendor), answers={})) as running:
        found = hardware.as_found(alone, running, Store(tmp_path / "run"), told.append)
    assert found.nodes == alone.nodes
    assert len(told) == 1
    assert told[0].startswith("planned MAC addresses stay: ")


def test_long_host_name_of_ios_xr_is_recognised(tmp_path: Path) -> None:
    """netmiko keeps 31 characters of its prompt."""
    vendor = case("iosxr-server", tmp_path)
    device = replace(terminal(vendor), name="a-rather-long-name-of-a-router")
    assert vendor.observe(outputs(vendor, tmp_path, device)) == vendor.observe()


def test_junos_client_is_told_to_renew(tmp_path: Path) -> None:
    vendor = case("junos-client", tmp_path)
    device = terminal(vendor)
    actions = readers.get(vendor.node.device).actions(vendor.node)
    with session(vendor, tmp_path, device) as running:
        for name in ("acquire", "renew"):
            (done,) = running.act({vendor.node.name: actions[name]}, 10)
            assert done.error == ""
    typed = [line for line in device.typed if "dhcp" in line]
    assert typed == [
        "clear dhcp client binding interface ge-0/0/0.0",
        "show dhcp client binding detail",
        "request dhcp client renew interface ge-0/0/0.0",
    ]


def test_client_that_gets_no_lease_is_not_done(tmp_path: Path) -> None:
    vendor = case("iosxr-client", tmp_path)
    device = replace(terminal(vendor), answers={"show dhcp ipv4 client": "Wed Nov 25 02:11:08.314 UTC\n"})
    action = readers.get("iosxr").actions(vendor.node)["acquire"]
    with session(vendor, tmp_path, device) as running:
        (done,) = running.act({vendor.node.name: action}, 0.5)
    assert done.error.startswith("not done")
