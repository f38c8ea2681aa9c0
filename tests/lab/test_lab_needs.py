"""A kernel that lacks what a lab is made of: a sentence with the remedy, not what netlink answered."""

from __future__ import annotations

from pathlib import Path

import pytest
from lab_folders import FLAGSHIP, ROUTED, no_daemons, plan_of

from labgen.lab.embedded.blueprint import Blueprint
from labgen.lab.embedded.compile import compile_plan
from labgen.lab.embedded.keys import make_keys
from labgen.lab.embedded.needs import kinds, lacking


def blueprint(spec: str, folder: Path) -> Blueprint:
    return compile_plan(plan_of(spec, folder), folder, no_daemons, make_keys())


def test_a_missing_kind_is_named_with_who_needs_it_and_the_remedy(tmp_path: Path) -> None:
    text = lacking(blueprint(FLAGSHIP, tmp_path), lambda kind: kind != "macvlan")
    assert "no `macvlan` devices, which anycast gateways need" in text
    assert "sudo modprobe -a macvlan" in text
    assert "vxlan" not in text


def test_two_missing_kinds_are_both_named(tmp_path: Path) -> None:
    text = lacking(blueprint(FLAGSHIP, tmp_path), lambda kind: kind not in ("macvlan", "vxlan"))
    assert "`vxlan` devices, which stretched segments need and `macvlan` devices" in text
    assert "modprobe -a vxlan macvlan" in text


def test_what_a_lab_does_not_use_is_not_missed(tmp_path: Path) -> None:
    routed = blueprint(ROUTED, tmp_path)
    assert kinds(routed) == {"veth": "every link", "bridge": "every segment"}
    assert lacking(routed, lambda kind: kind in ("veth", "bridge")) == ""


def test_a_kernel_that_cannot_be_asked_is_not_blamed(tmp_path: Path) -> None:
    def knows(kind: str) -> bool:
        raise PermissionError

    assert lacking(blueprint(FLAGSHIP, tmp_path), knows) == ""


@pytest.mark.parametrize("spec", [FLAGSHIP, ROUTED], ids=["flagship", "routed"])
def test_a_kernel_with_everything_lacks_nothing(spec: str, tmp_path: Path) -> None:
    assert lacking(blueprint(spec, tmp_path), lambda kind: True) == ""
