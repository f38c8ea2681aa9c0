"""DHCP snooping of an access switch, as planned."""

from pydantic import Field

from labgen.ground.planned_model import LinuxName, Model, Name, absent
from labgen.ground.vocabulary import DEFAULT_VRF, RelayOption


class SnoopedPortPlan(Model):
    """An access port, and what goes into option 82 of what comes from it; empty: no such sub-option."""

    interface: str = Field(description="interface, as its device spells it")
    linux: LinuxName = Field(description="interface, as the kernel of a Linux node names it")
    client: Name = Field(description="client that hangs on it")
    circuit_id: str = Field(default="", description="the circuit-id that is put in")
    remote_id: str = Field(default="", description="the remote-id that is put in")
    own: tuple[RelayOption, ...] = Field(
        default=(),
        description="sub-options in a form of the device's own, which only it knows",
        exclude_if=absent,
    )

    @property
    def circuit(self) -> bool:
        """True if a circuit-id is put in."""
        return bool(self.circuit_id) or RelayOption.CIRCUIT_ID in self.own

    @property
    def remote(self) -> bool:
        """True if a remote-id is put in."""
        return bool(self.remote_id) or RelayOption.REMOTE_ID in self.own

    @property
    def inserts(self) -> bool:
        """True if anything is put in."""
        return self.circuit or self.remote


class SnoopPlan(Model):
    """Snooping in one VLAN of one switch."""

    segment: Name = Field(description="segment")
    vlan: int = Field(description="VLAN id")
    vrf: Name = Field(default=DEFAULT_VRF, description="VRF of the VLAN")
    ports: tuple[SnoopedPortPlan, ...] = Field(description="access ports that are not trusted")
    trusted: tuple[str, ...] = Field(
        default=(), description="ports of the VLAN that are trusted, as the device spells them"
    )
