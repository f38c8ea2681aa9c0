"""Facts that labgen knows of a device: names, capabilities, files, daemons.

A device lives in `labgen/devices/<name>/` with its templates in `templates/<name>/`; nothing outside those two places names it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from labgen.devices.switching import UNDERLAYS as UNDERLAYS
from labgen.devices.switching import WITHOUT_ISIS as WITHOUT_ISIS
from labgen.devices.switching import FabricCapability as FabricCapability
from labgen.ground.labplan import LabPlan, NodePlan, RelayPlan
from labgen.ground.naming import VRF_LENGTH, short
from labgen.ground.vocabulary import DEFAULT_VRF, Existing, LeasePolicy, RelayOption, Role

if TYPE_CHECKING:
    from labgen.devices.observed import Observed, Raw


class Artifact(NamedTuple):
    """A file of the lab folder. `path` is relative to it; files below `config/<node>/` mirror the node's file system
    where the path goes on with `etc/`, so `config/sw1/etc/frr/frr.conf` is the node's /etc/frr/frr.conf.

    `outside` is what the node gets instead in netlab and containerlab, where every VRF is a kernel device of its name."""

    path: str
    text: str
    mode: int = 0o644
    outside: str | None = None


class Ready(NamedTuple):
    """The sign that a started daemon serves.

    `exists`: a path inside the node appears (a Unix socket, a pid file); `log`: a line matching the regular expression `pattern`
    appears in the file `path` inside the node; `exit`: the process ends with status 0 (one-shot commands).
    """

    kind: Literal["exists", "log", "exit"]
    path: str = ""
    pattern: str = ""


class Daemon(NamedTuple):
    """A process of a node, run in the foreground under the lab's supervisor.

    `argv[0]` is an absolute path or found on PATH. stdout and stderr go to `log` inside the node (appended). Daemons of the same
    `stage` start in parallel; a stage starts when the one before is ready. `netns_vrf_argv` is added where VRFs are namespaces.
    `autostart` is False for what a playbook starts (clients). `directories` are made inside the node before the start
    (owned by `user`, which also runs nothing: daemons drop their rights themselves). `namespaces`: it opens sockets in several network
    namespaces, for which it needs CAP_SYS_ADMIN. `repairs` is a VRF whose lost router MACs this command brings back. `keeps_pid`: the
    file that it writes its process id to by itself, for images that start it.
    """

    name: str
    argv: tuple[str, ...]
    ready: Ready
    log: str
    stage: int = 0
    env: tuple[tuple[str, str], ...] = ()
    netns_vrf_argv: tuple[str, ...] = ()
    autostart: bool = True
    directories: tuple[str, ...] = ()
    user: str | None = None
    namespaces: bool = False
    repairs: str = ""
    keeps_pid: str = ""


Scope = Literal["device", "server-vrf", "vrf", "interface", "server"]
"""How far a knob reaches: one for the whole device, for all relaying into a VRF, from a VRF, on an interface, to a server."""

CIRCUIT, REMOTE, LINK, OVERRIDE, VSS = RelayOption
EVERY_OPTION = frozenset(RelayOption)
IDENTIFIERS = frozenset({CIRCUIT, REMOTE})
ABROAD = frozenset({LINK, OVERRIDE, VSS})
"""What makes a giaddr outside the client's subnet and VRF work."""
ANY_PORT = frozenset({"loopback", "port"})


class RelayCapability(NamedTuple):
    """Abilities of a relay implementation, as far as labgen can configure it, and the scope of each knob.

    `giaddr`: interfaces it can be told to take giaddr from (`GiaddrOwner.kind`, `shared` for the gateway address of several
    switches); the client interface needs no telling. `options`: what it can put into option 82; `always` is sent in any
    case, and one of the first set of a pair in `brings` brings the second along. `away`: sub-options it sends only when
    giaddr is not the client interface's or servers are in another VRF; `between` and `sourced` are sent whenever servers are in
    another VRF, or giaddr is another interface's; `identifiers_together`: once one interface sends identifiers, none sends the rest
    of option 82 without them; `of_gateway` only where the client interface has an anycast or VRRP address.
    `in_vrf`: clients can be in a VRF. `typed_vss`: sub-option 151 begins with the type octet of RFC 6607. `circuit` is the
    circuit-id it sends for its client interface, where that is known. `link_network`: sub-option 5 is the address of the network.
    As far as labgen configures them: `identifiers`, formats of circuit-id and remote-id of the spec's choice; `trust` of what clients
    put into option 82; `existing`, what can become of that of other relays.
    `most_servers` it relays an interface to; 0 where no bound is known. `upstream`: it is told the ports that servers answer by.
    """

    inter_vrf: bool
    giaddr: frozenset[str] = frozenset()
    options: frozenset[RelayOption] = frozenset()
    always: frozenset[RelayOption] = frozenset()
    brings: tuple[tuple[frozenset[RelayOption], frozenset[RelayOption]], ...] = ()
    away: frozenset[RelayOption] = frozenset()
    between: frozenset[RelayOption] = frozenset()
    sourced: frozenset[RelayOption] = frozenset()
    of_gateway: frozenset[RelayOption] = frozenset()
    identifiers_together: bool = False
    in_vrf: bool = True
    typed_vss: bool = True
    circuit: Callable[[NodePlan, RelayPlan], str] | None = None
    link_network: bool = False
    identifiers: bool = False
    trust: bool = False
    existing: frozenset[Existing] = frozenset()
    source_scope: Scope = "interface"
    option_scope: Scope = "interface"
    server_scope: Scope = "interface"
    most_servers: int = 0
    upstream: bool = False

    @property
    def helpers(self) -> bool:
        """True if it takes further helper addresses for one segment."""
        return self.server_scope in ("server", "interface")

    def sent(self, relay: RelayPlan, *, gateway: bool = True) -> frozenset[RelayOption]:
        """The sub-options this relay sends for what is asked of it; `gateway`: its interface has an anycast or VRRP address.
        The client's VRF is named to servers in another (RFC 6607); the default one has no name."""
        asked = frozenset(relay.options) if relay.inter_vrf else frozenset(relay.options) - {VSS}
        found = (asked & self.options) | self.always
        if relay.inter_vrf:
            found |= self.between
        if relay.source:
            found |= self.sourced
        elif not relay.inter_vrf:
            found -= self.away
        for trigger, more in self.brings:
            found |= more if found & trigger else frozenset()
        if not gateway:
            found -= self.of_gateway
        return found - {VSS} if relay.vrf == DEFAULT_VRF else found


class ServerCapability(NamedTuple):
    """`honours_override`: option 54 of its replies is the relay's sub-option 11 (RFC 5107).

    `on_segment`: labgen gives it the static routes it needs on a VLAN, without a routing protocol. `maps_giaddr`: a giaddr
    outside a subnet can be told to mean it. `min_lease`: the shortest lease it grants, in seconds; `fuzz`: the
    share of the lease by which it moves T1 and T2, so that clients do not all come at once. `reserves_apart`: reserved addresses are no
    part of what a pair shares, and each of the two serves them by itself. `pair_is_whole`: partners divide the clients of all that they
    serve, and not of one segment alone. `lead_time`: one of a pair grants no more than the MCLT before its partner knows
    (draft-ietf-dhc-failover-12 section 5.2). `one_offer`: while it
    probes an address it answers one copy of a DISCOVER only.
    As far as labgen can configure them: `options` beside mask, router and times, or some `option_codes` alone,
    `classes` of clients with options and ranges,
    `own_options` of what is reserved, `reservations` by these identifiers, `pairs`
    that keep one lease database, serving a segment `direct`, without a relay, and its `secondary` subnets.
    `caches`: within this share of a lease a client that asks again is told what is left, unless it is configured otherwise.
    `lease_in_inform`: who asks for option 51 in an INFORM is told what is left of its lease, which RFC 2131 section 4.3.5 has no server do.
    `timers`: T1 and T2 of the spec's choice; `lease_policy`: what of lease times beside one for each segment;
    `tenants`: the sub-options by which it tells clients apart whose VRFs have the same prefix; `vrf_pools`: it keeps a table of leases
    for each VRF, so that prefixes may overlap in any way. `lease_unit` and `longest_lease` in seconds, 0 for no bound known; `one_pool`:
    all who ask at a port get addresses of one pool. `prefix_times`: lease, T1 and T2 are those of a prefix, whichever VRF asks;
    `one_class`: a pool is for one class of clients, so that what divides it by client cannot divide it by VRF as well.
    """

    link_selection: bool
    honours_override: bool
    nak_when_foreign: bool = False
    on_segment: bool = False
    maps_giaddr: bool = False
    min_lease: int = 0
    fuzz: float = 0.0
    reserves_apart: bool = False
    pair_is_whole: bool = False
    lead_time: bool = False
    one_offer: bool = False
    lease_in_inform: bool = False
    caches: float = 0.0
    options: bool = False
    option_codes: frozenset[int] = frozenset()
    classes: bool = False
    own_options: bool = False
    reservations: frozenset[str] = frozenset()
    pairs: frozenset[str] = frozenset()
    direct: bool = False
    timers: bool = False
    lease_policy: frozenset[LeasePolicy] = frozenset()
    tenants: frozenset[RelayOption] = frozenset()
    vrf_pools: bool = False
    lease_unit: int = 1
    longest_lease: int = 0
    one_pool: bool = False
    prefix_times: bool = False
    one_class: bool = False
    secondary: bool = False


class ClientCapability(NamedTuple):
    """Says that labgen configures the device as a client. `remembers`: started again, it asks for the address it had, without DISCOVER
    (INIT-REBOOT, RFC 2131 section 3.2), which a client need not do. `vendor_class`: labgen can have it send one (option 60);
    `user_class` the same of option 77, `asks_lease` of a lease time (option 51).
    """

    remembers: bool = True
    vendor_class: bool = False
    user_class: bool = False
    asks_lease: bool = False


NO_FABRIC = FabricCapability()
"""What is no switch has nothing to say of fabrics."""

Evidence = Literal["run here", "recorded", "validated", "documented", "unverified"]
"""How far a device's configuration can be trusted. `validated`: the vendor's own model of a release has every line of it."""


class Naming(NamedTuple):
    """Interface names as netlab gives them.

    `{n}` is the port number, counted from `first_port`; `{slot}` and `{unit}` split it by `ports_per_slot`; `{vlan}` is the VLAN id.
    `vrf_loopback` is a loopback in a VRF: `{vrf}` is its name, `{n}` its number. `lag` is an aggregated interface: `{n}` is its number.
    `vrf` is what the device calls a VRF.
    """

    port: str
    svi: str
    loopback: str
    vrf_loopback: str = ""
    first_port: int = 1
    ports_per_slot: int = 4
    step: int = 1
    vxlan_svi: str = ""
    lag: str = ""
    vrf: str = "{vrf}"

    def port_name(self, index: int) -> str:
        """Name of the data port `index`, counted from 1."""
        number = (index - 1) * self.step + self.first_port
        return self.port.format(
            n=number, slot=number // self.ports_per_slot, unit=number % self.ports_per_slot
        )

    def lag_name(self, number: int) -> str:
        """Name of the aggregated interface `number`, counted from 1; empty where labgen makes none on the device."""
        return self.lag.format(n=number)

    def vrf_name(self, vrf: str) -> str:
        """The device's name of a VRF, at most as long as the name of a Linux interface. The default one has no name of its own."""
        named = vrf == DEFAULT_VRF or vrf.startswith(self.vrf.partition("{")[0])
        return vrf if named else short(self.vrf.format(vrf=vrf), VRF_LENGTH)

    def vrf_loopback_name(self, vrf: str, number: int) -> str:
        return self.vrf_loopback.format(vrf=vrf, n=number)

    def svi_name(self, vlan: int, *, vxlan: bool = False) -> str:
        """Name of the routed interface of a VLAN, which may be another where the VLAN has a VNI."""
        return (self.vxlan_svi if vxlan and self.vxlan_svi else self.svi).format(vlan=vlan)


class DeviceFacts(NamedTuple):
    """Identity and capabilities of a device. Empty strings where a tool does not know the device.

    `cli` opens the device's own command line from a shell of the node, where that is not the shell itself. `shell`: its
    container images are entered through the engine, since no SSH server or password of theirs can be counted on. `login`:
    user and password that containerlab's and vrnetlab's images of it come with. `model`: the public model, with its release, that
    has its lines; `checked`: the month (2026-11) in which configuration and sources were last compared. `cannot`: words of what
    it lacks, each with the source that says so. `release`: the first release of the operating system that these facts hold for;
    empty where labgen knows no releases apart. `own`: it stands for a program of the user's, and is none without one.
    """

    name: str
    title: str
    roles: frozenset[Role]
    naming: Naming
    netlab: str
    containerlab: str
    netmiko: str
    relay: RelayCapability | None = None
    server: ServerCapability | None = None
    client: ClientCapability | None = None
    fabric: FabricCapability = NO_FABRIC
    evidence: Evidence = "unverified"
    packages: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    cli: tuple[str, ...] = ()
    embedded: bool = False
    shell: bool = False
    login: tuple[str, str] = ("admin", "admin")
    notes: tuple[str, ...] = ()
    release: str = ""
    model: str = ""
    checked: str = ""
    cannot: tuple[tuple[str, str], ...] = ()
    own: bool = False

    @property
    def trust(self) -> str:
        """The evidence in words, with the month in which it was last held against its sources."""
        said = f"validated by {self.model}" if self.evidence == "validated" else self.evidence
        return f"{said}, {self.checked}" if self.checked else said


class Probe(NamedTuple):
    """One thing to fetch from a node.

    `command` is typed at the node's prompt; `file` is a path read whole. `name` is the stem of the raw file kept as evidence, unique
    per node. `grammar` names what the text is, for the device's own `observe`. What is `early` is asked once, before anything is done,
    and says what the node is made of.
    """

    name: str
    text: str
    kind: Literal["command", "file"] = "command"
    early: bool = False


class Action(NamedTuple):
    """Commands of a playbook to a node, typed at its prompt in order. `done` is a regular expression that the output of `watch` shows once
    the action has taken effect; empty where the commands return only then. `undo` names the action that takes a fault back: it is done
    at the end of the playbook, whatever happened. An action to be done `once` is left out where `watch` shows it already."""

    commands: tuple[str, ...]
    watch: str = ""
    done: str = ""
    undo: str = ""
    once: bool = False


class Device(Protocol):
    """A device, as labgen has to know it to build a lab: `DEVICES` of a device's module `device` are such."""

    @property
    def facts(self) -> DeviceFacts: ...

    def artifacts(self, plan: LabPlan, node: NodePlan) -> Iterable[Artifact]:
        """Files of this node's folder, without side effects."""
        ...

    def daemons(self, plan: LabPlan, node: NodePlan) -> tuple[Daemon, ...]:
        """Processes of this node in the embedded lab; empty for devices that need an image."""
        ...


class Reader(NamedTuple):
    """Questions to a running node, the meaning of its answers, and its actions: `READER` of a device's module `reader`.

    `probes`: what to collect from this node as evidence. `observe`: typed facts from the collected texts, by probe name; raises
    nothing, what cannot be read is in `Observed.problems`. `actions`: what playbooks can ask of this node: `acquire`, `release`, `renew`,
    `stop-server`, `start-server`, ... `reach`: asks addresses that should answer, and others that should not; None where the
    device cannot be asked that.
    """

    probes: Callable[[NodePlan], tuple[Probe, ...]]
    observe: "Callable[[NodePlan, Mapping[str, Raw]], Observed]"
    actions: Callable[[NodePlan], Mapping[str, Action]]
    reach: Callable[[Sequence[str], Sequence[str]], Probe] | None = None
