"""Actions on DHCP clients on Linux, whichever client it is: starting, vanishing, faults around it.

Commands may hold `@ADDRESS@` and `@SERVER_ID@`: the address and server identifier of the lease the client has
(for `squat`: of the client whose address is taken); and `@IDENTIFIERS@`: every server identifier it may renew to.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from labgen.devices.base import Action, Daemon
from labgen.devices.linux import process
from labgen.ground import resources
from labgen.ground.labplan import NodePlan

ADDRESS = "@ADDRESS@"
SERVER_ID = "@SERVER_ID@"
IDENTIFIERS = "@IDENTIFIERS@"
PROBE_FLAG = "/run/labgen/check-address"
"""While this file exists, a client that can looks for another user of an address before it takes it."""

_TRUE_HOPS = "/run/labgen/unicast-hops"


class ClientDaemon(NamedTuple):
    """A client's daemon, how it is made to forget its lease, and how its log says that it is bound."""

    daemon: Daemon
    port: str
    log: str
    bound: str
    forget: str


def user_class(node: NodePlan) -> bytes:
    """The value of option 77 that a client sends: one class, with its length before it (RFC 3004 section 4)."""
    own = node.client.user_class.encode() if node.client else b""
    return bytes((len(own),)) + own if own else b""


def actions(client: ClientDaemon) -> dict[str, Action]:
    """Actions every client on Linux can do.

    `acquire` is a first start: whatever lease there was is forgotten before. `bind` starts it unless it runs
    and has an address. `vanish` ends it without a word; `reboot` ends it so and starts it with the lease it
    remembers. `impersonate-server` says OFFER to all, as a server would. `block-unicast` leaves its unicasts to any server identifier
    to nobody: a neighbor entry with its own MAC address, which
    no switch passes back (a frame to an unknown one is flooded, and servers read raw frames); broadcasts go on.
    """
    port, log = client.port, client.log
    flush = f"ip -4 address flush dev {port}"
    end = process.stop(client.daemon, "KILL")
    start = process.start(client.daemon)
    fresh = f"{end}; {client.forget}; {flush}; : >{log}"
    running = process.alive(client.daemon)
    bind = f"if {running} && ip -4 address show dev {port} | grep -q inet; then :; else {fresh}; {start}; fi"
    watch = f"cat {log}"
    return {
        "acquire": Action((f"{fresh}; {start}",), watch, client.bound),
        "bind": Action((bind,), f"ip -4 address show dev {port}", "inet "),
        "vanish": Action((f"{end}; {flush}",)),
        "reboot": Action((f"{end}; {flush}; : >{log}; {start}",), watch, client.bound),
        "block-unicast": Action((_block(port),), undo="unblock-unicast"),
        "unblock-unicast": Action((_unblock(port),)),
        "squat": Action((f"ip address add {ADDRESS}/32 dev {port}",), undo="unsquat"),
        "impersonate-server": Action((f"perl -e {_rogue()} {port}",)),
        "unsquat": Action((f"ip address show dev {port} | sed -n 's/.*inet \\([0-9.]*\\/32\\) .*/\\1/p' "
                           f"| while read -r a; do ip address delete $a dev {port}; done",)),
    }  # fmt: skip


def _rogue() -> str:
    """The program that says OFFER."""
    return shlex.quote((resources.templates() / "linux" / "rogue.pl").read_text(encoding="utf-8"))


LOOKING: Mapping[str, Action] = MappingProxyType(
    {
        "look-first": Action((f"touch {PROBE_FLAG}",), undo="trust"),
        "trust": Action((f"rm -f {PROBE_FLAG}",)),
    }
)
"""`look-first` has a client look for another user of an address before it takes it (RFC 5227): one whose script heeds that file."""


def _block(port: str) -> str:
    """The true neighbors are remembered: with an entry that has to be looked up first, a RELEASE would be lost."""
    return (
        f"{_own(port)}; : >{_TRUE_HOPS}; for id in {IDENTIFIERS}; do "
        f"hop=$(ip -4 route get $id oif {port} 2>/dev/null | sed -n 's/.* via \\([0-9.]*\\) .*/\\1/p'); hop=${{hop:-$id}}; "
        f'grep -qE "^$hop( |$)" {_TRUE_HOPS} && continue; '
        f"echo $hop $(ip neighbor show to $hop dev {port} | sed -n 's/.*lladdr \\([0-9a-f:]*\\).*/\\1/p') >>{_TRUE_HOPS}; "
        f"ip neighbor replace $hop lladdr $own dev {port} nud permanent; done"
    )


def _own(port: str) -> str:
    return f"own=$(ip link show dev {port} | sed -n 's/.*link.ether \\([0-9a-f:]*\\).*/\\1/p')"


def _unblock(port: str) -> str:
    restore = f"ip neighbor replace $hop lladdr $mac dev {port} nud reachable"
    return (
        f"{_own(port)}; [ ! -e {_TRUE_HOPS} ] || while read -r hop mac; do "
        f'if [ -n "$mac" ] && [ "$mac" != "$own" ]; then {restore}; else ip neighbor delete $hop dev {port} 2>/dev/null || true; fi; '
        f"done <{_TRUE_HOPS}; rm -f {_TRUE_HOPS}"
    )
