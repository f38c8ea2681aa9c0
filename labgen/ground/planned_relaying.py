"""Relaying of a switch as planned: from where, and to whom."""

from typing import Literal

from pydantic import Field

from labgen.ground.planned_model import Address, LinuxName, Model, absent
from labgen.ground.vocabulary import DEFAULT_VRF, Existing, RelayOption


class RelayTarget(Model):
    """One helper address and the VRF it is reached in."""

    server: str
    """server"""
    address: Address
    """helper address"""
    vrf: str
    """VRF it is reached in"""
    answers_from: tuple[Address, ...] = ()
    """further addresses that the server's replies may come from"""


class RelaySide(Model):
    """An interface of a switch on which it takes requests, and where they go."""

    segment: str
    """segment whose clients it serves"""
    interface: str
    """interface, as its device spells it"""
    linux: LinuxName
    """interface, as the kernel of a Linux node names it"""
    vrf: str
    """VRF of that interface"""
    targets: tuple[RelayTarget, ...]
    """servers it sends to, in order"""

    @property
    def asks(self) -> tuple[tuple[Address, str], ...]:
        """Addresses that requests go to, each once, with the VRF it is in: a second relay stands for all servers behind it."""
        return tuple(dict.fromkeys((target.address, target.vrf) for target in self.targets))


class GiaddrOwner(Model):
    """The interface of a relaying switch that has its giaddr.

    `client` is the interface requests come in on, `loopback` the switch's or one of its VRFs', `port` any other; `shared` the
    address is a gateway's that other switches have, too. `outgoing`: every server hangs on this port, so that it is the
    one a device takes by itself when servers are in another VRF.
    """

    kind: Literal["client", "loopback", "port"]
    """what kind of interface owns the address; none where no interface of the switch does"""
    interface: str
    """device name"""
    linux: str
    """interface, as the kernel of a Linux node names it"""
    vrf: str = DEFAULT_VRF
    """VRF of that interface"""
    shared: bool = False
    """whether other switches have the same address"""
    outgoing: bool = False
    """whether packets to the servers leave through this interface"""


class RelayPlan(RelaySide):
    """Relay intent of one switch on one client interface. `owner` is None where no interface of the switch has the giaddr."""

    giaddr: Address
    """relay agent address"""
    owner: GiaddrOwner | None
    """the interface of this switch that has the giaddr"""
    link_address: Address
    """the relay's own address on the client interface"""
    link_selection: Address | None = None
    """an address of the client subnet, where `link_address` is not in it"""
    options: tuple[RelayOption, ...]
    """sub-options of option 82"""
    sent: tuple[RelayOption, ...] = ()
    """what the device puts into option 82 when it is asked for `options`"""
    dialect: str = "rfc"
    """how labgen-relay writes them"""
    circuit_id: str = Field(
        default="", description="the circuit-id it sends; empty: the device's own", exclude_if=absent
    )
    remote_id: str = Field(
        default="", description="the remote-id it sends; empty: the device's own", exclude_if=absent
    )
    trusted: bool = Field(
        default=False, description="takes requests that somebody below put option 82 into", exclude_if=absent
    )
    existing: Existing | None = Field(
        default=None, description="what becomes of requests of other relays", exclude_if=absent
    )
    helpers: tuple[Address, ...] = Field(
        default=(), description="helper addresses of servers that are no node", exclude_if=absent
    )
    over_segment: bool = Field(
        default=False,
        description="answers may come in by the client interface: other switches have the giaddr's subnet, too, and hand them over on it",
        exclude_if=absent,
    )

    @property
    def asks(self) -> tuple[tuple[Address, str], ...]:
        """As of every relaying interface, and then `helpers`, which are where the servers of the plan are."""
        further = ((address, self.targets[0].vrf) for address in self.helpers)
        return tuple(dict.fromkeys((*super().asks, *further)))

    @property
    def inter_vrf(self) -> bool:
        """True where a server sits in another VRF than the client."""
        return any(target.vrf != self.vrf for target in self.targets)

    @property
    def plain(self) -> bool:
        """True where giaddr is the primary address of the client interface, which every relay takes unless told otherwise."""
        return self.giaddr == self.link_address

    @property
    def source(self) -> GiaddrOwner | None:
        """The interface a device has to be told to take giaddr from; None where it does so by itself."""
        return None if self.plain else self.owner


class ForwardPlan(RelaySide):
    """A second relay: what arrives on `interface` from the first relay of `segment` goes on to the targets."""
