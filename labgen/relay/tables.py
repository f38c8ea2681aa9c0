"""Policies tied to open sockets: what the forwarding path looks things up in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from labgen.dhcp.options import RelayAgentInfo, SubOptionCode
from labgen.relay.counters import DropReason, LinkCounters, ServerCounters
from labgen.relay.mmsg import Outbox, SocketAddress
from labgen.relay.policy import GroupPolicy, LinkPolicy

_END = b"\xff"


@dataclass(slots=True, eq=False)
class Server:
    """A server as requests are sent to it; `name` is `address@vrf`."""

    name: str
    address: bytes
    target: SocketAddress
    counters: ServerCounters


@dataclass(slots=True, eq=False)
class Group:
    """Servers that get identical copies, and the tails (option 82 and end) that requests to them get."""

    policy: GroupPolicy
    box: Outbox
    servers: tuple[Server, ...]
    giaddr: bytes = field(init=False)
    broadcast_tail: bytes = field(init=False)
    unicast_tail: bytes = field(init=False)
    targets: tuple[tuple[ServerCounters, int], ...] = field(init=False)

    def __post_init__(self) -> None:
        self.giaddr = self.policy.giaddr.packed
        self.broadcast_tail = self.policy.broadcast + _END
        self.unicast_tail = self.policy.unicast + _END
        self.targets = tuple((server.counters, server.target.pointer) for server in self.servers)


@dataclass(slots=True, eq=False)
class Link:
    """A client interface with what it takes to send on it."""

    policy: LinkPolicy
    counters: LinkCounters
    groups: tuple[Group, ...]
    box: Outbox
    mac: bytes
    source: int
    mtu: int
    hop_limit: int = field(init=False)

    def __post_init__(self) -> None:
        self.hop_limit = self.policy.hop_limit


@dataclass(slots=True, eq=False)
class ReplyTable:
    """The client interfaces behind one giaddr. `exact`: options 82 as sent that can only be one's.

    Beside the interface it says whether the option, coming back unchanged, shows that VSS was ignored (R20).
    """

    members: list[tuple[Link, GroupPolicy]] = field(default_factory=list)
    exact: dict[bytes, tuple[Link, bool]] = field(default_factory=dict)
    only: Link | None = None

    def add(self, link: Link, policy: GroupPolicy) -> None:
        self.members.append((link, policy))
        links = {id(member): member for member, _ in self.members}
        self.only = link if len(links) == 1 else None
        self.exact = _unambiguous(self.members)

    def find(self, info: RelayAgentInfo) -> Link | DropReason:
        """The one interface that a reply with this option 82 can be for."""
        if self.only is not None:
            return self.only
        links = {id(link): link for link, policy in self.members if _fits(policy, info)}
        return next(iter(links.values())) if len(links) == 1 else DropReason.AMBIGUOUS


_IDENTIFYING = (
    SubOptionCode.CIRCUIT_ID,
    SubOptionCode.REMOTE_ID,
    SubOptionCode.LINK_SELECTION,
    SubOptionCode.SERVER_ID_OVERRIDE,
    SubOptionCode.CISCO_LINK_SELECTION,
    SubOptionCode.VSS,
)
"""Sub-options a server must echo as they are (RFC 3046 2.2); 152 is not one, it tells by its absence."""


def _fits(policy: GroupPolicy, info: RelayAgentInfo) -> bool:
    return all(info.get(code) == policy.sub_options.get(code) for code in _IDENTIFYING)


def _unambiguous(members: Iterable[tuple[Link, GroupPolicy]]) -> dict[bytes, tuple[Link, bool]]:
    found: dict[bytes, tuple[Link, bool]] = {}
    clashes: set[bytes] = set()
    for link, policy in members:
        vss_control = policy.sub_options.get(SubOptionCode.VSS_CONTROL) == b""
        for option in {policy.broadcast, policy.unicast} - {b""}:
            if found.setdefault(option, (link, vss_control))[0] is not link:
                clashes.add(option)
    return {option: entry for option, entry in found.items() if option not in clashes}


def ambiguous_links(policies: Iterable[LinkPolicy]) -> list[tuple[str, str]]:
    """Pairs of client interfaces whose replies could not be told apart: same giaddr, same option 82."""
    seen: dict[tuple[bytes, bytes], str] = {}
    pairs: list[tuple[str, str]] = []
    for policy in policies:
        for group in policy.groups:
            other = seen.setdefault((group.giaddr.packed, group.broadcast), policy.key)
            if other != policy.key and (other, policy.key) not in pairs:
                pairs.append((other, policy.key))
    return pairs
