"""Links of a plan under construction, before they have addresses."""

from __future__ import annotations

from typing import NamedTuple

from labgen.spec.externals import HandoverSpec


class LinkDraft(NamedTuple):
    """A link before it has addresses. `segment` is None for a link between switches, or to a server; a `trunk` carries the
    VLANs of segments and has no address; a `handover` leads to an external router.
    """

    nodes: tuple[str, ...]
    segment: str | None = None
    trunk: bool = False
    handover: HandoverSpec | None = None

    @property
    def routed(self) -> bool:
        return self.segment is None and not self.trunk and self.handover is None
