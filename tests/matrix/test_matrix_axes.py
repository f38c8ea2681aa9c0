"""Names on the command line become devices of nodes."""

from __future__ import annotations

import click
import pytest

from labgen.cli.commands.matrix import matrix
from labgen.devices import registry
from labgen.ground.errors import UsageError
from labgen.ground.labplan import LabPlan
from labgen.matrix.axes import Choice, choices, choose
from labgen.plan.build import build
from labgen.spec.load import load

FLAGSHIP = "evpn-redundant-server"


def axes(scenario: str, *devices: tuple[str, str], **wanted: str) -> Choice:
    return choose(
        load(scenario, dict(devices)).spec, devices, {axis: (text,) for axis, text in wanted.items()}
    )


def plans(choice: Choice, scenario: str) -> list[LabPlan]:
    return [build(load(scenario, dict(each.devices))) for each in choice.combinations()]


def test_axes_left_out_are_the_spec_s_own_devices() -> None:
    choice = axes(FLAGSHIP)
    assert (choice.axes.client, choice.axes.relay, choice.axes.server) == (("dhclient",), ("frr",), ("kea",))
    assert [each.devices for each in choice.combinations()] == [()]


def test_all_is_every_device_that_runs_here_in_that_role() -> None:
    relays = axes(FLAGSHIP, relay="all").axes.relay
    here = {name for name, device in registry.everything().items() if device.facts.embedded}
    assert set(relays) == {name for name in here if registry.get(name).facts.relay}
    assert len(relays) > 1


def test_names_come_in_the_order_given_each_once() -> None:
    choice = choose(load("relay").spec, (), {"server": ("kea-plain,kea", "dnsmasq", "kea")})
    assert choice.axes.server == ("kea-plain", "kea", "dnsmasq")


def test_every_client_meets_every_relay_and_every_server() -> None:
    choice = axes("relay", client="dhclient,udhcpc", relay="frr,frr-dhcrelay", server="kea,dnsmasq")
    named = {(each.client, each.relay, each.server) for each in choice.combinations()}
    assert len(named) == len(choice.combinations()) == 8
    assert len({each.folder for each in choice.combinations()}) == 8
    for plan, each in zip(plans(choice, "relay"), choice.combinations(), strict=True):
        assert [node.device for node in plan.nodes] == [each.server, each.relay, each.client]


def test_only_switches_that_relay_become_the_relay() -> None:
    (plan,) = plans(axes("vxlan-redundant-server", relay="frr-dhcrelay"), "vxlan-redundant-server")
    devices = {node.name: node.device for node in plan.nodes}
    assert devices["sw1"] == devices["sw2"] == "frr-dhcrelay"
    assert devices["sw3"] == "frr"


def test_a_second_relay_relays_too() -> None:
    choice = axes("relay-chain", relay="frr-dhcrelay")
    assert set(choice.varied["relay"]) == {"access", "dist"}


def test_a_node_with_a_device_of_its_own_keeps_it() -> None:
    choice = axes(FLAGSHIP, ("srv2", "kea"), server="dnsmasq,isc-dhcpd")
    assert choice.fixed == (("srv2", "kea"),)
    for plan, server in zip(plans(choice, FLAGSHIP), ("dnsmasq", "isc-dhcpd"), strict=True):
        assert (plan.node("srv1").device, plan.node("srv2").device) == (server, "kea")


def test_a_node_the_spec_pins_is_varied() -> None:
    spec = load(FLAGSHIP, {}, ["nodes={srv2: {device: kea-plain}}"]).spec
    choice = choose(spec, (), {"server": ("isc-dhcpd",)})
    (each,) = choice.combinations()
    plan = build(load(FLAGSHIP, dict(each.devices), ["nodes={srv2: {device: kea-plain}}"]))
    assert {node.device for node in plan.nodes if node.server} == {"isc-dhcpd"}
    assert choose(spec, (), {}).axes.server == ("kea+kea-plain",)


@pytest.mark.parametrize(
    ("wanted", "devices", "words"),
    [
        pytest.param({"server": "kae"}, (), ("no device `kae`", "kea-plain", "all"), id="unknown"),
        pytest.param({"server": "dhclient"}, (), ("cannot be a server", "isc-dhcpd"), id="wrong role"),
        pytest.param({"relay": "eos"}, (), ("needs an image", "frr-dhcrelay"), id="not here"),
        pytest.param({"client": ""}, (), ("no device ``", "udhcpc"), id="empty"),
        pytest.param({"server": "kea"}, (("server", "dnsmasq"),), ("--device server=dnsmasq",), id="twice"),
        pytest.param({"server": "kea"}, (("srv", "kea"),), ("changes nothing",), id="nothing left"),
    ],
)
def test_what_cannot_be_an_axis_is_explained(
    wanted: dict[str, str], devices: tuple[tuple[str, str], ...], words: tuple[str, ...]
) -> None:
    with pytest.raises(UsageError) as caught:
        axes("relay", *devices, **wanted)
    assert all(word in str(caught.value) for word in words), caught.value


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("k", ["kea", "kea-plain"]),
        ("kea,isc-dhcpd-", ["kea,isc-dhcpd-plain"]),
        ("kea,k", ["kea,kea-plain"]),
        ("a", ["all"]),
    ],
)
def test_completion_offers_what_is_not_named_yet(typed: str, offered: list[str]) -> None:
    (server,) = [option for option in matrix.params if option.name == "servers"]
    found = server.type.shell_complete(click.Context(matrix), server, typed)
    assert [item.value for item in found] == offered


def test_every_choice_can_play_its_role() -> None:
    for axis in ("client", "relay", "server"):
        assert axes("relay", **{axis: ",".join(choices(axis))}).axes
