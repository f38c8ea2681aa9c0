"""Counters of the relay: packets by interface, server, message and drop reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from labgen.dhcp.packet import message_name


class DropReason(IntEnum):
    """The reason why a packet went no further. 0 is kept for "it did"."""

    TOO_SHORT = 1
    """Less than a BOOTP header, or cut by the kernel."""
    WRONG_OP = 2
    """A request where no clients are, or neither op."""
    HOP_LIMIT = 3
    OWN_GIADDR = 4
    """A request that carries an address of this relay as giaddr: a loop, or forged."""
    UNTRUSTED_OPTION82 = 5
    """Option 82 without giaddr on an interface that is not trusted (RFC 3046 section 2.1)."""
    RELAYED = 6
    """Another relay was here before, and the interface discards that."""
    MALFORMED_OPTIONS = 7
    NO_ADDRESS = 8
    """The client interface has no address to identify it by."""
    NO_GIADDR = 9
    FOREIGN_GIADDR = 10
    """A reply for a giaddr that no request in this VRF leaves with."""
    MALFORMED_OPTION82 = 11
    NO_INTERFACE = 12
    """A reply whose option 82 names none of the interfaces behind its giaddr."""
    SEVERAL_INTERFACES = 13
    """A reply that fits several client interfaces: never guessed."""
    FOREIGN_VPN = 14
    """A reply whose sub-option 151 names another VPN than the client's (RFC 6607 section 5.1)."""
    NOT_A_SERVER = 15
    """A reply from an address that is no server of an interface behind its giaddr in this VRF."""
    WRONG_SIDE = 16
    """A reply that came in by a client interface, where its server is not."""
    FOREIGN_INTERFACE = 17
    """A packet by an interface that is not in the VRF of the socket."""
    WRONG_DESTINATION = 18
    """A reply sent to another address than the giaddr it carries."""
    UNPLACEABLE = 19
    """A request without option 82 whose giaddr would tell nobody where it comes from (RFC 1542 section 4.1.1)."""
    EARLY = 20
    """`secs` is still below the interface's threshold (RFC 1542 section 4.1.1)."""
    NO_SERVER = 21
    """No server of the interface has an address yet: their names could not be looked up."""

    IMPOSSIBLE_GIADDR = 22
    """A request whose giaddr can be no relay's: broadcast, multicast, loopback, network 0 (RFC 1542 section 4.1.1)."""

    @property
    def text(self) -> str:
        return self.name.lower().replace("_", "-")


STOPPED = (
    DropReason.NOT_A_SERVER,
    DropReason.WRONG_SIDE,
    DropReason.FOREIGN_INTERFACE,
    DropReason.WRONG_DESTINATION,
    DropReason.FOREIGN_VPN,
)
"""Replies that are stopped to keep VRFs and clients apart: told in one line a minute."""

BOOTP = 0
"""Where packets without a message type are counted."""


Counts = defaultdict[int, int]
"""By message type or DropReason; thousands of interfaces have few of either."""


def _counts() -> Counts:
    return defaultdict(int)


@dataclass(slots=True)
class LinkCounters:
    """Counters of one client interface, by message type and by DropReason."""

    requests: Counts = field(default_factory=_counts)
    replies: Counts = field(default_factory=_counts)
    drops: Counts = field(default_factory=_counts)
    option82_omitted: int = 0
    """Relayed without option 82, because it would not have fitted the MTU (RFC 3046 section 2.1)."""
    copies: int = 0
    """Broadcasts that a macvlan upon the interface, such as an anycast gateway, got a copy of: no packets of their own."""


@dataclass(slots=True)
class ServerCounters:
    """Counters of one server in one VRF."""

    sent: int = 0
    failed: int = 0
    replies: Counts = field(default_factory=_counts)
    vss_ignored: int = 0
    """Replies that still hold sub-option 152: the server did not act on 151 (RFC 6607 section 4.1)."""
    option82_missing: int = 0
    """Replies without the option 82 that was sent (RFC 3046 section 2.2)."""


@dataclass(slots=True)
class Counters:
    """All of a relay's; interfaces and servers are named `name@vrf`. They survive a reload."""

    started: float
    links: dict[str, LinkCounters] = field(default_factory=dict)
    servers: dict[str, ServerCounters] = field(default_factory=dict)
    unplaced: Counts = field(default_factory=_counts)
    """Drops of packets that belong to no client interface, by DropReason."""
    reloads: int = 0

    def link(self, key: str) -> LinkCounters:
        return self.links.setdefault(key, LinkCounters())

    def server(self, key: str) -> ServerCounters:
        return self.servers.setdefault(key, ServerCounters())

    def snapshot(self, now: float) -> dict[str, object]:
        """Everything that is not zero, for JSON. `now` and `started` are in seconds of the same clock."""
        return {
            "uptime": round(now - self.started, 3),
            "reloads": self.reloads,
            "interfaces": {key: _link(value) for key, value in self.links.items()},
            "servers": {key: _server(value) for key, value in self.servers.items()},
            "drops": _reasons(self.unplaced),
        }


def _types(counts: Counts, op: int) -> dict[str, int]:
    return {message_name(op, kind or None): count for kind, count in sorted(counts.items()) if count}


def _reasons(counts: Counts) -> dict[str, int]:
    return {DropReason(number).text: count for number, count in sorted(counts.items()) if count}


def _link(counters: LinkCounters) -> Mapping[str, object]:
    return {
        "requests": _types(counters.requests, 1),
        "replies": _types(counters.replies, 2),
        "drops": _reasons(counters.drops),
        "option82_omitted": counters.option82_omitted,
        "copies": counters.copies,
    }


def _server(counters: ServerCounters) -> Mapping[str, object]:
    return {
        "sent": counters.sent,
        "failed": counters.failed,
        "replies": _types(counters.replies, 2),
        "vss_ignored": counters.vss_ignored,
        "option82_missing": counters.option82_missing,
    }
