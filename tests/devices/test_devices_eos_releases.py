"""EOS as releases differ: since when its relay takes replies of helper addresses alone, and the image that is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from devices_specs import ROUTED, planned

from labgen.devices import registry
from labgen.devices.eos.device import Eos
from labgen.devices.readback import switches
from labgen.ground.errors import SpecError

ALONE = "takes replies from helper addresses alone"


@pytest.mark.parametrize(
    ("release", "alone"),
    [
        ("4.28.3M", False),
        ("4.33.9M", False),
        ("4.33.10M", True),
        ("4.34.2F", False),
        ("4.34.8M", True),
        ("4.35.5F", False),
        ("4.35.6M", True),
        ("4.36.1F", False),
        ("4.36.2F", True),
    ],
)
def test_a_train_closes_the_advisory_at_a_release_of_its_own(release: str, alone: bool) -> None:
    """A newer train is not newer in this: 4.35.5F takes what 4.34.8M refuses."""
    notes = registry.get(f"eos:{release}").facts.notes
    assert any(ALONE in note for note in notes) == alone
    assert any("takes replies from any address" in note for note in notes) != alone


def test_a_lab_of_a_release_names_its_image_and_is_read_back(tmp_path: Path) -> None:
    plan = planned(ROUTED, tmp_path, {"switch": "eos:4.34.8M"})
    node = plan.node("relay")
    assert switches.differences(plan, node, switches.text(plan, node)) == []
    assert image("eos:4.34.8M") == "ceos:4.34.8M"


def image(name: str) -> str:
    device = registry.get(name)
    assert isinstance(device, Eos)
    return device.image


def test_without_a_release_the_image_is_the_one_labgen_names() -> None:
    assert image("eos") == image("eos:4.34.2F") == "ceos:4.34.2F"


def test_a_release_that_is_none_is_refused() -> None:
    with pytest.raises(SpecError, match="knows no release"):
        registry.get("eos:4.34.x")
