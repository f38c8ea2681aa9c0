"""A whole lab of machines of vendors, each behind SSH."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from devices_answers import answers
from devices_recorded import Device, Rack, RecordedLab
from devices_world import World

Change = Callable[[Device], Device]


def machines(world: World, changes: Mapping[str, Change]) -> dict[str, Device]:
    """Every node of the plan; `changes` spoil some of them."""
    found = {node.name: _machine(world, node.name) for node in world.plan.nodes}
    return found | {name: change(found[name]) for name, change in changes.items()}


def _machine(world: World, name: str) -> Device:
    node = world.plan.node(name)
    does: dict[str, Callable[[], None]] = {"clear logging": lambda: world.clear(name)}
    if node.client:
        does[f"renew dhcp {node.client.interface}"] = lambda: world.renew(name)
        does[f"release dhcp {node.client.interface}"] = lambda: world.release(name)
    return Device(name, answers(world, node), does=does, confirms=node.device != "eos")


def answering(command: str, text: str) -> Change:
    """A machine that gives another answer."""
    return lambda device: replace(device, answers={**device.answers, command: text})


@contextmanager
def running(
    world: World, folder: Path, changes: Mapping[str, Change], *, captured: bool
) -> Iterator[RecordedLab]:
    """The lab while it can be reached; afterwards no session is open any more."""
    rack = Rack(machines(world, changes))
    try:
        yield RecordedLab(world.plan, folder, rack, world.wires.save if captured else lambda target: ())
    finally:
        rack.close()
