"""Names of devices that can do what another cannot."""

from __future__ import annotations

from collections.abc import Callable

from labgen.devices import registry
from labgen.devices.base import DeviceFacts


def others(able: Callable[[DeviceFacts], bool]) -> str:
    """A remedy: the devices that can."""
    names = [name for name, device in registry.everything().items() if able(device.facts)]
    return f"use one of: {', '.join(names)}" if names else "no device labgen knows can do this"
