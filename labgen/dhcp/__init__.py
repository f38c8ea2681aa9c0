"""The DHCP domain: messages, exchanges, findings.

From witnesses to an explanation in three calls::

    messages = [*read_capture(path, tap), *log_messages]        # sightings, from many nodes
    exchanges = reconstruct(messages)                           # who said what to whom
    findings = find(exchanges, Context(...))                    # what is odd, and where it shows

`reconstruct` expects one clock; `align` lays logs with uptime or without timestamps on one first.
"""

from __future__ import annotations

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labgen.dhcp.capture import CaptureTally, read_capture
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
        ExchangeOutcome,
        Finding,
        Kind,
        Message,
        MessageRole,
        MessageType,
        RelayOptions,
        Severity,
        Source,
    )
    from labgen.dhcp.taps import Tap

__all__ = [
    "Analysis",
    "Binding",
    "CaptureTally",
    "Client",
    "Context",
    "Direction",
    "Evidence",
    "Exchange",
    "ExchangeOutcome",
    "Finding",
    "Kind",
    "Message",
    "MessageRole",
    "MessageType",
    "RelayOptions",
    "Severity",
    "Source",
    "Tap",
    "align",
    "find",
    "read_capture",
    "reconstruct",
]

_ON_DEMAND = MappingProxyType(
    dict.fromkeys(__all__, "model")
    | {
        "CaptureTally": "capture",
        "Context": "context",
        "Tap": "taps",
        "align": "clocks",
        "find": "findings",
        "read_capture": "capture",
        "reconstruct": "exchanges",
    }
)
"""Where the parts are: a relay and a lab need the codec alone, `labgen build` nothing of it."""


def __getattr__(name: str) -> object:
    if name not in _ON_DEMAND:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ON_DEMAND[name]}"), name)
