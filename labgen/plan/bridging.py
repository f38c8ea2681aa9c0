"""VLANs over several switches without tunnels: which links are trunks, and what each carries.

A link to a switch that only bridges is a trunk. Of the links between the switches of a segment, those of one spanning tree carry
it: labs have no spanning tree protocol, and a loop of bridges would flood for ever.
"""

from __future__ import annotations

from functools import cached_property

from labgen.spec.model import SegmentSpec, Spec

Ends = frozenset[str]


class Bridging:
    """`pairs` are MLAG pairs, whose link is a trunk for whatever both carry."""

    def __init__(self, spec: Spec, pairs: tuple[Ends, ...] = ()) -> None:
        self.spec = spec
        self.pairs = pairs

    def bridged(self, segment: SegmentSpec) -> bool:
        """True if a segment goes over trunks: it is on several switches, none of them a VTEP, and it is said who routes."""
        said = segment.bridge or segment.gateway.nodes or segment.moves
        return bool(self.spec.overlay is None and len(segment.switches) > 1 and segment.stretch and said)

    @cached_property
    def only_bridge(self) -> frozenset[str]:
        """Switches that route nowhere: every segment they are on only passes through."""
        if self.spec.overlay is not None:
            return frozenset()
        on: dict[str, list[SegmentSpec]] = {}
        for segment in self.spec.segments.values():
            for switch in segment.switches:
                on.setdefault(switch, []).append(segment)
        servers = {switch for server in self.spec.servers.values() for switch in server.attach}
        return frozenset(
            switch
            for switch, segments in on.items()
            if switch not in servers and all(switch not in segment.routers for segment in segments)
        )

    @cached_property
    def carried(self) -> dict[Ends, tuple[str, ...]]:
        """Segments of every trunk, by its ends."""
        found: dict[Ends, list[str]] = {
            frozenset(ends): [] for ends in self.spec.link_ends if set(ends) & self.only_bridge
        }
        for name, segment in self.spec.segments.items():
            if self.bridged(segment):
                for ends in self._tree(segment):
                    found.setdefault(ends, []).append(name)
        return {ends: tuple(names) for ends, names in found.items()}

    def is_trunk(self, ends: tuple[str, ...]) -> bool:
        return frozenset(ends) in self.carried

    def _tree(self, segment: SegmentSpec) -> list[Ends]:
        """Links that connect the switches of a segment without a loop; those of MLAG pairs first, then those to bridging switches."""
        part = {switch: switch for switch in segment.switches}
        links = [frozenset(ends) for ends in self.spec.link_ends if set(ends) <= set(part)]
        links.sort(
            key=lambda ends: (
                ends not in self.pairs,
                not any(switch not in segment.routers for switch in ends),
            )
        )
        chosen: list[Ends] = []
        for ends in links:
            one, other = sorted(ends)
            if part[one] != part[other]:
                part = {name: part[one] if each == part[other] else each for name, each in part.items()}
                chosen.append(ends)
        return chosen

    def apart(self, segment: SegmentSpec) -> tuple[str, str] | None:
        """Two switches of a bridged segment that no trunks connect."""
        first, *others = segment.switches
        reached, links = {first}, self._tree(segment)
        while more := {name for ends in links if ends & reached for name in ends} - reached:
            reached |= more
        far = [name for name in others if name not in reached]
        return (first, far[0]) if far else None
