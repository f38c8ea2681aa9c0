"""Kea's control socket: one JSON command per connection (Kea ARM, "Management API")."""

from __future__ import annotations

import json
from typing import Any

from labgen.devices.kea.leases import STATES
from labgen.devices.observed import Observed, Raw
from labgen.dhcp.model import Binding, MessageRole


def ask(socket: str, command: str) -> str:
    """A shell command that sends one command and prints the answer. Perl is essential on Debian, so every node has it."""
    program = (
        "$s=IO::Socket::UNIX->new(Peer=>shift) or die qq(cannot connect: $!\\n); "
        "print $s shift; $s->flush; $s->shutdown(1); print while <$s>"
    )
    return f"""perl -MIO::Socket::UNIX -e '{program}' {socket} '{{"command": "{command}"}}'"""


def bindings(raw: Raw | None, node: str) -> Observed | None:
    """Bindings of a `lease4-get-all` answer; None where there is no usable answer (result 3 means there are none)."""
    if raw is None:
        return None
    try:
        answer = json.loads(raw.text)
        leases = answer["arguments"]["leases"] if answer["result"] == 0 else []
        if answer["result"] not in (0, 3):
            return None
        return Observed(bindings=tuple(_binding(lease, node, raw.file) for lease in leases))
    except (ValueError, KeyError, TypeError):
        return None


def _binding(lease: dict[str, Any], node: str, file: str) -> Binding:
    lifetime = int(lease["valid-lft"])
    return Binding(
        address=str(lease["ip-address"]),
        node=node,
        mac=str(lease["hw-address"]).lower(),
        client_id=lease.get("client-id"),
        state=STATES.get(str(lease["state"]), "unknown"),
        expires=float(lease["cltt"]) + lifetime,
        lease_seconds=lifetime,
        role=MessageRole.SERVER,
        file=file,
        line=1,
    )
