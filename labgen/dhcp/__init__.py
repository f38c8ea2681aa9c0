"""The DHCP domain: messages, exchanges, findings.

From witnesses to an explanation in three calls::

    messages = [*read_capture(path, tap), *log_messages]        # sightings, from many nodes
    exchanges = reconstruct(messages)                           # who said what to whom
    findings = find(exchanges, Context(...))                    # what is odd, and where it shows

`reconstruct` expects one clock; `align` lays logs with uptime or without timestamps on one first.
"""

from __future__ import annotations

from labgen.dhcp.capture import CaptureTally, Tap, read_capture
from labgen.dhcp.clocks import align
from labgen.dhcp.context import Context
from labgen.dhcp.exchanges import reconstruct
from labgen.dhcp.findings import find
from labgen.dhcp.model import (
    Analysis,
    Binding,
    Client,
    Direction,
    Evidence,
    Exchange,
    Finding,
    Kind,
    Message,
    MessageType,
    Outcome,
    RelayOptions,
    Role,
    Severity,
    Source,
)

__all__ = [
    "Analysis",
    "Binding",
    "CaptureTally",
    "Client",
    "Context",
    "Direction",
    "Evidence",
    "Exchange",
    "Finding",
    "Kind",
    "Message",
    "MessageType",
    "Outcome",
    "RelayOptions",
    "Role",
    "Severity",
    "Source",
    "Tap",
    "align",
    "find",
    "read_capture",
    "reconstruct",
]
