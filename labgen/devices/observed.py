"""Facts a device's own outputs state, typed once at the edge."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

from labgen.dhcp.model import Binding, Evidence, Message, MessageRole
from labgen.dhcp.remarks import Remark

ROUTES, ROUTER_MACS = "ip-route", "router-macs"
ISIS_NEIGHBORS, BGP_PEERS = "isis-neighbors", "bgp-peers"
"""Names of probes that not every device has: checks of what they tell are planned only where they are there."""


@dataclass(frozen=True, slots=True)
class Raw:
    """A collected text and the evidence file that keeps it (relative to the run's folder). `at` is when the node had
    answered, in seconds since the epoch; 0 where nobody noted it.
    """

    text: str
    file: str
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class OspfNeighbor:
    """RFC 2328 neighbor; `state` in lower case (`full`, `init`, ...)."""

    node: str
    neighbor_id: str
    interface: str
    state: str
    file: str


@dataclass(frozen=True, slots=True)
class RoutingNeighbor:
    """A neighbor of the underlay's IS-IS, by the interface it is at, or of its eBGP, by how the node names the peer; `state` in lower
    case (`up`, `established`, ...).
    """

    node: str
    key: str
    state: str
    file: str


@dataclass(frozen=True, slots=True)
class EvpnSession:
    """BGP session of the l2vpn evpn family; `state` in lower case (`established`, ...)."""

    node: str
    peer: str
    state: str
    file: str


@dataclass(frozen=True, slots=True)
class Vni:
    """A VNI on a VTEP (RFC 8365). `kind` is `l2` or `l3`; `vteps` are the remote ends it floods to. `state` and `router_mac`
    are told of transit VNIs only, and empty where they are not.
    """

    node: str
    vni: int
    kind: str
    vrf: str
    svi: str | None
    vteps: tuple[str, ...]
    file: str
    state: str = ""
    router_mac: str = ""


@dataclass(frozen=True, slots=True)
class RouterMac:
    """The hardware address that packets routed to a VTEP over a transit VNI are sent to (RFC 9135)."""

    node: str
    vni: int
    vtep: str
    mac: str
    file: str


@dataclass(frozen=True, slots=True)
class EvpnMac:
    """A MAC address known to EVPN; `vtep` is None where it is local."""

    node: str
    vni: int
    mac: str
    vtep: str | None
    file: str


@dataclass(frozen=True, slots=True)
class InterfaceAddress:
    """An address on an interface, and the VRF the interface is in. `up`: the interface is, and has a carrier. `mac` is the interface's,
    where it is told with the address.
    """

    node: str
    interface: str
    vrf: str
    address: str
    file: str
    up: bool = True
    mac: str = ""


@dataclass(frozen=True, slots=True)
class HardwareAddress:
    """The MAC address a port really has; `interface` as the device spells it."""

    node: str
    interface: str
    mac: str
    file: str


@dataclass(frozen=True, slots=True)
class LogClock:
    """The clock of a log with messages in it: `epoch` (dates), `uptime`, or `none`."""

    node: str
    kind: str
    file: str


@dataclass(frozen=True, slots=True)
class Route:
    """A route of a node's table; `prefix` with length. `kind` is `unicast`, or what the kernel does instead (`blackhole`, ...)."""

    node: str
    vrf: str
    prefix: str
    file: str
    via: str | None = None
    interface: str = ""
    kind: str = "unicast"


@dataclass(frozen=True, slots=True)
class RelayCounter:
    """A counter of a relay: `name` says what was counted, in the relay's own words (`Vlan1000 forwarded`)."""

    node: str
    name: str
    value: int
    file: str


@dataclass(frozen=True, slots=True)
class Process:
    """A daemon by its name, and whether the process that its pid file names lives; `frozen`: it does, and is stopped (SIGSTOP)."""

    node: str
    name: str
    running: bool
    file: str
    frozen: bool = False


@dataclass(frozen=True, slots=True)
class Reached:
    """An address, and if it answered a node; `mac` is the neighbor entry it has for it."""

    node: str
    target: str
    answered: bool
    mac: str | None
    file: str


@dataclass(frozen=True, slots=True)
class DaemonState:
    """A process that should serve, and if it does."""

    node: str
    daemon: str
    running: bool
    file: str


@dataclass(frozen=True, slots=True)
class PairState:
    """The state of a server that keeps one lease database with a partner, in its own word. `whole`: they work together."""

    node: str
    state: str
    whole: bool
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Observed:
    """Everything read from one node, or, added up, from many."""

    bindings: tuple[Binding, ...] = ()
    messages: tuple[Message, ...] = ()
    ospf: tuple[OspfNeighbor, ...] = ()
    underlay: tuple[RoutingNeighbor, ...] = ()
    sessions: tuple[EvpnSession, ...] = ()
    vnis: tuple[Vni, ...] = ()
    macs: tuple[EvpnMac, ...] = ()
    addresses: tuple[InterfaceAddress, ...] = ()
    hardware: tuple[HardwareAddress, ...] = ()
    clocks: tuple[LogClock, ...] = ()
    routes: tuple[Route, ...] = ()
    counters: tuple[RelayCounter, ...] = ()
    daemons: tuple[DaemonState, ...] = ()
    reached: tuple[Reached, ...] = ()
    processes: tuple[Process, ...] = ()
    pairs: tuple[PairState, ...] = ()
    router_macs: tuple[RouterMac, ...] = ()
    complaints: tuple[Evidence, ...] = ()
    remarks: tuple[Remark, ...] = ()
    problems: tuple[str, ...] = ()

    @classmethod
    def total(cls, parts: Iterable[Observed]) -> Observed:
        """The facts of all parts, in order."""
        every = list(parts)
        return cls(
            **{f.name: tuple(item for part in every for item in getattr(part, f.name)) for f in fields(cls)}
        )

    def lease(self, client: str) -> Binding | None:
        """The client's own newest lease."""
        own = [b for b in self.bindings if b.node == client and b.role is MessageRole.CLIENT]
        return own[-1] if own else None

    def held(self, client: str) -> str | None:
        """The address of the client's lease, where it has configured it too."""
        lease = self.lease(client)
        own = {a.address.partition("/")[0] for a in self.addresses if a.node == client}
        return lease.address if lease and lease.address in own else None
