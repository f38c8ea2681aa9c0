"""What the switches of a spec allow a plan to count to."""

from __future__ import annotations

from dataclasses import dataclass

MAX_VNI = 16777215


@dataclass(frozen=True)
class Bounds:
    """What the switches of a spec can count to. `symmetric`: those that route stretched VLANs of a VRF only with a transit VNI;
    `ethernet_segments`: those that have them (RFC 7432).
    """

    max_vni: int = MAX_VNI
    symmetric: frozenset[str] = frozenset()
    ethernet_segments: frozenset[str] = frozenset()


ANY = Bounds()
"""What any switch can."""
