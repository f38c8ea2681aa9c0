"""Faults of a plan: what is wrong on purpose, on which wires."""

from pydantic import BaseModel, ConfigDict, Field

from labgen.ground.planned_model import Network
from labgen.ground.vocabulary import Reply


class FaultPlan(BaseModel):
    """A fault of a link, or of every link of a node. Shares are of 100, times in milliseconds.

    `on` is what the spec calls it, `nodes` are those at its ends, or the one node it is of.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    on: str = Field(description="the link or node, as the spec calls it")
    links: tuple[int, ...] = Field(description="numbers of the links it is on")
    nodes: tuple[str, ...] = Field(description="the ends of the link, or the node")
    loss: float = Field(default=0.0, description="share of frames that get lost, of 100")
    delay: int = Field(default=0, description="delay of each frame, milliseconds")
    duplicate: float = Field(default=0.0, description="share of frames that arrive twice, of 100")
    blackhole: tuple[Network, ...] = Field(default=(), description="packets to these prefixes are lost")
    mtu: int | None = Field(default=None, description="longest IP packet that gets through, octets")
    rp_filter: str = Field(default="", description="check of source addresses: strict or loose")
    reply: Reply | None = Field(default=None, description="what becomes of the server's DHCP replies")

    @property
    def whole_node(self) -> bool:
        """True if it is of a node rather than of a link."""
        return self.nodes == (self.on,)

    @property
    def whole(self) -> bool:
        """True if it strikes every packet it is about, not some of them."""
        return bool(self.blackhole or self.mtu or self.reply or self.rp_filter or self.loss >= 100)

    @property
    def harms(self) -> bool:
        """True if it can keep somebody from an answer: a short delay, or frames that come twice, cannot."""
        return self.whole or self.loss > 0 or self.delay >= _PATIENCE

    @property
    def impairs(self) -> bool:
        """True if frames on its wires are touched."""
        return bool(self.loss or self.delay or self.duplicate or self.blackhole or self.mtu or self.reply)

    @property
    def text(self) -> str:
        """The impairments as text: `loss 10%, delay 20 ms`."""
        return ", ".join(self._words())

    def _words(self) -> list[str]:
        found = [f"loss {self.loss:g}%"] if self.loss else []
        found += [f"delay {self.delay} ms"] if self.delay else []
        found += [f"duplicate {self.duplicate:g}%"] if self.duplicate else []
        found += [f"blackhole for {_nets(self.blackhole)}"] if self.blackhole else []
        found += [f"mtu {self.mtu}"] if self.mtu else []
        found += [f"rp_filter {self.rp_filter}"] if self.rp_filter else []
        return found + ([f"reply {self.reply}"] if self.reply else [])


_PATIENCE = 500
"""Milliseconds each way with which a round trip lasts a second: programs begin to ask again then."""


def _nets(prefixes: tuple[Network, ...]) -> str:
    return ", ".join("everything" if not each.prefixlen else str(each) for each in prefixes)
