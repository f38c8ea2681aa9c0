"""Subnets of links: those of the spec, and what is left for the others."""

from __future__ import annotations

from pathlib import Path

import pytest
from plan_specs import plan, refusal

FABRIC = """\
name: links
switches: [leaf-1, leaf-2, spine-1]
links:
  - {link: leaf-1-spine-1, prefix: 10.9.0.0/31}
  - {link: [spine-1, leaf-2], prefix: 10.9.1.0/24}
  - leaf-1-leaf-2
segments:
  users: {prefix: 10.1.1.0/24, attach: {leaf-1: [pc1]}, relay: {servers: [srv1]}}
servers: {srv1: spine-1}
"""


def test_ends_of_a_link_have_the_first_addresses_of_its_subnet_in_order(tmp_path: Path) -> None:
    built = plan(FABRIC, tmp_path)
    found = {
        tuple(end.node for end in link.endpoints): (
            str(link.prefix),
            [str(built.node(end.node).interface(end.linux).address) for end in link.endpoints],
        )
        for link in built.links
        if link.kind == "p2p"
    }
    assert found == {
        ("srv1", "spine-1"): ("10.255.0.0/30", ["10.255.0.1/30", "10.255.0.2/30"]),
        ("leaf-1", "spine-1"): ("10.9.0.0/31", ["10.9.0.0/31", "10.9.0.1/31"]),
        ("spine-1", "leaf-2"): ("10.9.1.0/24", ["10.9.1.1/24", "10.9.1.2/24"]),
        ("leaf-1", "leaf-2"): ("10.255.0.4/30", ["10.255.0.5/30", "10.255.0.6/30"]),
    }


def test_the_pool_has_to_hold_the_links_that_have_no_subnet_of_their_own(tmp_path: Path) -> None:
    text = FABRIC + "externals: {fw1: {attach: {leaf-2: {address: 10.8.0.1/30}}}}\n"
    assert len(plan(f"{text}addressing: {{p2p: 10.7.0.0/29}}\n", tmp_path).links) == 6
    said = refusal(f"{text}addressing: {{p2p: 10.7.0.0/30}}\n", tmp_path)
    assert "addressing.p2p 10.7.0.0/30 is too small for 2 point-to-point links, a /30 each" in said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "10.9.1.0/24",
            "10.9.0.0/30",
            "link `spine-1-leaf-2` has 10.9.0.0/30, which overlaps link `leaf-1-spine-1`",
        ),
        ("10.9.1.0/24", "10.1.1.0/30", "which overlaps segment `users`"),
        ("10.9.1.0/24", "10.9.1.0/32", "link `spine-1-leaf-2` has 10.9.1.0/32, and two ends"),
        ("10.9.1.0/24", "10.9.1.1/30", "`10.9.1.1/30` is an address within a prefix"),
        ("prefix: 10.9.1.0/24", "subnet: 10.9.1.0/24", "is no link between two nodes"),
        ("segments:", "underlay: ebgp-unnumbered\nsegments:", "link `leaf-1-spine-1` is unnumbered"),
    ],
)
def test_subnets_that_cannot_be_are_refused_with_their_line(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    found = refusal(FABRIC.replace(old, new, 1), tmp_path)
    assert said in found
    assert "own.yml:" in found
