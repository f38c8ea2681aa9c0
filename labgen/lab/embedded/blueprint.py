"""The network that the supervisor builds: plain values with no dependency, so that it starts in a blink.

`compile.py` makes a Blueprint from a LabPlan. It does not yet know how VRFs are made: a device says which VRF
it is in, and the builder places it in the VRF's namespace or enslaves it to the VRF's device.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

MAIN = "default"
"""The VRF that is no VRF."""

LAB = ""
"""The node name of the lab's own namespace, which holds the management bridge and shared segments."""

VrfBackend = Literal["kernel", "netns"]


@dataclass(frozen=True, slots=True)
class File:
    """A file laid over the node's own; `path` is absolute inside the node."""

    path: str
    data: bytes
    mode: int = 0o644


@dataclass(frozen=True, slots=True)
class NodeProgram:
    """A daemon of a node; the fields are those of `labgen.devices.base.Daemon`, `ready` taken apart."""

    name: str
    argv: tuple[str, ...]
    log: str
    ready_kind: Literal["exists", "log", "exit"]
    ready_path: str = ""
    ready_pattern: str = ""
    stage: int = 0
    env: tuple[tuple[str, str], ...] = ()
    netns_vrf_argv: tuple[str, ...] = ()
    autostart: bool = True
    directories: tuple[str, ...] = ()
    user: str | None = None
    namespaces: bool = False


@dataclass(frozen=True, slots=True)
class VethEnd:
    """One end of a veth pair. `bridge` is the bridge it joins; a port of a bridge has no addresses."""

    node: str
    name: str
    vrf: str = MAIN
    mac: str | None = None
    addresses: tuple[str, ...] = ()
    bridge: str | None = None


@dataclass(frozen=True, slots=True)
class Impairment:
    """Faults of a wire, both ways. Shares are of 100, `delay` in milliseconds, `mtu` in octets (0: none), `blackhole` destination prefixes
    but for the addresses in `spared`, which are the link's own. `reply` is what becomes of DHCP replies of the `server`, which is at
    end 0 or 1."""

    loss: float = 0.0
    delay: int = 0
    duplicate: float = 0.0
    blackhole: tuple[str, ...] = ()
    spared: tuple[str, ...] = ()
    mtu: int = 0
    reply: str = ""
    server: int = -1


@dataclass(frozen=True, slots=True)
class VethPair:
    """A veth pair; with an `impairment`, two, and a process in between."""

    a: VethEnd
    b: VethEnd
    impairment: Impairment | None = None


@dataclass(frozen=True, slots=True)
class BondMember:
    """The switch's end of one wire of a bond, and what is wrong with that wire."""

    end: VethEnd
    impairment: Impairment | None = None


@dataclass(frozen=True, slots=True)
class NodeBond:
    """A bond of a node, the primary member first. The ports that are its members are not there: a process carries their frames."""

    end: VethEnd
    members: tuple[BondMember, ...]


def bond_ports(number: int, members: int) -> tuple[str, tuple[str, ...]]:
    """Names of the lab's own ports of a bond, by its number in the blueprint: the node's, and those of its members."""
    return f"b{number}", tuple(f"b{number}m{n}" for n in range(members))


def impaired_ports(number: int) -> tuple[str, str]:
    """Names of the lab's own ports of an impaired wire, by its number in the blueprint."""
    return f"x{number}a", f"x{number}b"


@dataclass(frozen=True, slots=True)
class SourceCheck:
    """Ports of a node that check source addresses: `mode` 1 is strict, 2 loose (the kernel's rp_filter, RFC 3704)."""

    node: str
    ports: tuple[str, ...]
    mode: int


@dataclass(frozen=True, slots=True)
class LabBridge:
    """A VLAN (or a transit VNI) of a switch, with its routed address; or a shared segment of the lab."""

    node: str
    name: str
    vrf: str = MAIN
    mac: str | None = None
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Vxlan:
    """A tunnel end. `flood` holds the remote VTEPs of static ingress replication; EVPN installs its own."""

    node: str
    name: str
    vni: int
    local: str
    bridge: str
    vrf: str = MAIN
    learning: bool = False
    flood: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Anycast:
    """A gateway address with a MAC of its own beside a bridge's; `own` where other nodes' frames from that MAC are not to be heard."""

    node: str
    name: str
    bridge: str
    mac: str
    address: str
    vrf: str = MAIN
    own: bool = True
    further: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NodeVrf:
    """`loopback` is a prefix of the VRF's own."""

    name: str
    table: int
    loopback: str | None = None


@dataclass(frozen=True, slots=True)
class DeviceRoute:
    """A route over `device`, which is in `vrf`; on link without `via`."""

    prefix: str
    device: str
    via: str | None = None
    metric: int = 0
    vrf: str = MAIN


@dataclass(frozen=True, slots=True)
class Reach:
    """A route a node must have before the lab counts as converged."""

    prefix: str
    vrf: str = MAIN


@dataclass(frozen=True, slots=True)
class Path:
    """A way that a relay's messages go: from its giaddr, or from whatever address the kernel takes (0.0.0.0), to a server, in a VRF."""

    vrf: str
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Peers:
    """Remote VTEPs a switch must flood to on one VXLAN device."""

    vxlan: str
    vrf: str
    remotes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Transit:
    """A VRF's transit VNI: `device` is its bridge, `remotes` the VTEPs that should be next hops, `repair` the program that
    announces the VRF's routes anew. `several_tell`: several neighbors may tell of one route.
    """

    vrf: str
    device: str
    repair: str
    remotes: tuple[str, ...] = ()
    vni: int = 0
    several_tell: bool = False


@dataclass(frozen=True, slots=True)
class Node:
    """One node. `taps` are the kernel names of the interfaces to capture, `loopback` a prefix on lo, `neighbors` the router
    ids OSPF is to be full with, `isis_ports` the ports IS-IS
    is to be up on, `sessions` the BGP peers as FRR names them, `paths` the
    ways of its relay. `link_local`: some links have no addresses but those that IPv6 makes by itself.
    """

    name: str
    mgmt: str
    loopback: str | None = None
    loopbacks: tuple[str, ...] = ()
    forwarding: bool = False
    vrfs: tuple[NodeVrf, ...] = ()
    files: tuple[File, ...] = ()
    programs: tuple[NodeProgram, ...] = ()
    taps: tuple[str, ...] = ()
    reach: tuple[Reach, ...] = ()
    peers: tuple[Peers, ...] = ()
    routes: tuple[DeviceRoute, ...] = ()
    neighbors: tuple[str, ...] = ()
    isis_ports: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    link_local: bool = False
    paths: tuple[Path, ...] = ()
    transits: tuple[Transit, ...] = ()


@dataclass(frozen=True, slots=True)
class Keys:
    """SSH keys of one lab: the user's private key as OpenSSH text, public halves as `type base64`."""

    private: str = field(repr=False)
    public: str
    host_private: bytes = field(repr=False)
    host_public: str


@dataclass(frozen=True, slots=True)
class Blueprint:
    """The whole lab.

    `gateway` is the supervisor's address on the management network, `plan` the text of plan.json, `visible`
    the host folders nodes keep seeing although a private one covers them (those of the Python that runs
    labgen).
    """

    name: str
    folder: str
    plan: str
    gateway: str
    keys: Keys
    nodes: tuple[Node, ...]
    veths: tuple[VethPair, ...] = ()
    bonds: tuple[NodeBond, ...] = ()
    bridges: tuple[LabBridge, ...] = ()
    vxlans: tuple[Vxlan, ...] = ()
    anycasts: tuple[Anycast, ...] = ()
    source_checks: tuple[SourceCheck, ...] = ()
    visible: tuple[str, ...] = ()
