"""docs/devices.md says what the device modules say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from labgen.devices import registry
from labgen.lab.containers import image

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_device_tables_are_up_to_date() -> None:
    done = subprocess.run([sys.executable, "benchmarks/devices.py", "--check"], cwd=ROOT, check=False)
    assert done.returncode == 0, "run: python benchmarks/devices.py --write"


def test_the_image_holds_every_package_open_devices_need() -> None:
    dockerfile = image.dockerfile().split()
    missing = {
        (name, package)
        for name, device in registry.everything().items()
        if device.facts.embedded
        for package in device.facts.packages
        if package not in dockerfile
    }
    assert missing == set()
