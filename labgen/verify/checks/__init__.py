"""The checks that come with labgen. Every module here holds a catalogue named `check`."""

ORDER = (
    "evidence",
    "steps",
    "control_plane",
    "forwarding",
    "route_leaks",
    "owners",
    "leases",
    "lease_options",
    "conformance",
    "relaying",
    "option82",
    "serving",
    "round_trip",
    "rogue_servers",
    "snooping",
    "isolation",
    "reachability",
    "renewal",
    "release",
    "expiry",
    "decline",
    "reboot",
    "inform",
    "bonding",
    "mobility",
    "server_failure",
    "relay_failure",
    "relayed_renewals",
)
"""Modules in the order in which verdicts, for a pattern such as `renew.*`, and pages list their checks: from the network over the lease
to its end and to failures. A module that is not named comes after these, by its name."""
