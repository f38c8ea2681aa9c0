"""The numbers that the switches of a spec allow a plan to count to."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

MAX_VNI = 16777215


class Bounds(NamedTuple):
    """Bounds of the switches of a spec. `symmetric`: those that route stretched VLANs of a VRF only with a transit VNI;
    `ethernet_segments`: those that have them (RFC 7432); `mlag`: those that can be one of an MLAG pair, by their device."""

    max_vni: int = MAX_VNI
    symmetric: frozenset[str] = frozenset()
    ethernet_segments: frozenset[str] = frozenset()
    mlag: Mapping[str, str] = MappingProxyType({})


ANY = Bounds()
"""What any switch can."""
