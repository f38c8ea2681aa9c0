"""DHCP snooping of an access switch, as planned."""

from __future__ import annotations

from pydantic import Field

from labgen.ground.planned_model import LinuxName, Model, Name
from labgen.ground.vocabulary import DEFAULT_VRF


class SnoopedPortPlan(Model):
    """An access port, and what goes into option 82 of what comes from it; empty: no such sub-option."""

    interface: str = Field(description="interface, as its device spells it")
    linux: LinuxName = Field(description="interface, as the kernel of a Linux node names it")
    client: Name = Field(description="client that hangs on it")
    circuit_id: str = Field(default="", description="the circuit-id that is put in")
    remote_id: str = Field(default="", description="the remote-id that is put in")

    @property
    def inserts(self) -> bool:
        """Whether anything is put in."""
        return bool(self.circuit_id or self.remote_id)


class SnoopPlan(Model):
    """Snooping in one VLAN of one switch."""

    segment: Name = Field(description="segment")
    vlan: int = Field(description="VLAN id")
    vrf: Name = Field(default=DEFAULT_VRF, description="VRF of the VLAN")
    ports: tuple[SnoopedPortPlan, ...] = Field(description="access ports that are not trusted")
    trusted: tuple[str, ...] = Field(
        default=(), description="ports of the VLAN that are trusted, as the device spells them"
    )
