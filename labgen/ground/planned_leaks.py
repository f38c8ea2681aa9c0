"""Routes that leak between two VRFs of a switch, as planned."""

from pydantic import Field

from labgen.ground.planned_model import Interface, LinuxName, Model, Name


class LeakEnd(Model):
    """One of the two VRFs, and the port in it that leads to the other on a Linux switch."""

    vrf: Name = Field(description="VRF")
    linux: LinuxName = Field(description="port in it, as the kernel names it")
    address: Interface = Field(description="address and prefix length of that port")


class LeakPlan(Model):
    """Two VRFs that know each other's prefixes; the routes themselves are the node's static routes over these ports."""

    ends: tuple[LeakEnd, LeakEnd] = Field(description="the two VRFs")

    @property
    def vrfs(self) -> frozenset[str]:
        """Their names."""
        return frozenset(end.vrf for end in self.ends)
