"""The failures that one fault explains: those that build on what it breaks, at nodes it can reach."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from labgen.devices.routing_suite import suite
from labgen.verify.judgement import Outcome
from labgen.verify.subject import Subject
from labgen.verify.verdict import CheckResult

ORDER = (
    # Nothing can be said of what was not read; a process that does not run explains most of the rest.
    ("evidence.*",),
    ("node.daemons", "node.owners", "relay.running", "server.running", "fault.*"),
    # The network below: links, sessions, VNIs, routes.
    (
        "control-plane.ospf",
        "control-plane.underlay",
        "control-plane.evpn-session",
        "control-plane.gateway",
        "control-plane.vni",
    ),
    ("control-plane.vtep", "control-plane.routes", "control-plane.return-route", "control-plane.transit"),
    ("control-plane.router-mac", "control-plane.anycast", "control-plane.vrrp", "control-plane.leak"),
    ("server.partners",),
    # Who takes part, and what relays make of a client's message.
    ("client.discover", "client.planned-servers"),
    ("snooping.inserts", "snooping.rogue"),
    ("server.sub-options", "relay.requests"),
    ("relay.forwards", "server.offers", "round-trip.discover"),
    ("server.copies", "inform.copies", "rebind.copies", "renew.copies"),
    ("relay.strips", "relay.replies", "server.replies", "snooping.*"),
    # Servers.
    ("server.pool", "lease.address", "server.identifier"),
    ("lease.options", "inform.answer"),
    ("server.loser-silent", "*.loser-silent", "client.no-nak", "client.choice"),
    (
        "round-trip.*",
        "server.request-copies",
        "renew.*",
        "rebind.*",
        "release.*",
        "reboot.*",
        "decline.*",
        "inform.*",
    ),
    ("relay-failure.*", "server-failure.*", "move.*", "expire.*"),
    ("lease.single-binding", "lease.witnesses", "focus.*"),
    # What clients make of it.
    ("client.configured",),
    ("reach.*", "control-plane.mac"),
    ("step.in-time",),
    ("expect.*",),
)
"""Checks by what they build on: a failure in a line explains those of later lines."""

FABRIC = ("control-plane.ospf", "control-plane.underlay", "control-plane.evpn-session", "control-plane.vtep",
          "control-plane.routes", "control-plane.vni", "control-plane.return-route", "control-plane.transit",
          "control-plane.router-mac", "control-plane.mac")  # fmt: skip
"""What a fault of the network anywhere can break elsewhere."""
ROUTING = suite().daemons

LOCAL = ("node.daemons", "relay.running", "server.running", "control-plane.gateway", "control-plane.anycast")
"""Checks of one machine: what is wrong at two of them is two faults, unless it is the same."""

VALUES = {
    "control-plane.anycast": ("node.daemons",),
    "control-plane.gateway": ("node.daemons",),
    "client.planned-servers": ("snooping.rogue",),
    "snooping.inserts": ("node.daemons",),
    "snooping.strips": ("node.daemons", "snooping.inserts"),
    "snooping.private": ("node.daemons", "snooping.inserts"),
    "snooping.rogue": ("node.daemons", "snooping.inserts"),
    "server.sub-options": ("control-plane.gateway", "snooping.inserts"),
    "relay.requests": ("server.sub-options",),
    "relay.replies": (),
    "relay.strips": ("relay.replies",),
    "server.replies": ("server.sub-options", "relay.requests"),
    "server.pool": ("server.sub-options", "relay.requests"),
    "server.identifier": ("server.sub-options", "client.planned-servers"),
    "lease.address": ("server.*", "client.planned-servers"),
    "lease.options": ("server.sub-options", "server.pool", "server.identifier", "client.planned-servers", "lease.address"),
    "client.configured": ("lease.*", "server.*", "client.*"),
}  # fmt: skip
"""Checks of what was said, not of whether anything came: nothing that is merely lost makes it wrong. With the checks whose failures
explain it.
"""


NOWHERE = re.compile(r"\ba (?:blackhole|prohibit) route ")
"""Of a route that somebody put in: no routing protocol makes one, and its sessions may be lost in it."""


def rank(result: CheckResult) -> int:
    """The line of `ORDER` a check is in; those of foreign packages come last. A route into nowhere comes before all that goes over it."""
    check = result.check
    if check in ("control-plane.routes", "control-plane.return-route") and NOWHERE.search(
        result.judgement.observed
    ):
        check = "fault.route"
    found = (n for n, line in enumerate(ORDER) if any(fnmatchcase(check, pattern) for pattern in line))
    return next(found, len(ORDER))


def explains(
    same: Sequence[CheckResult], where: Iterable[str], result: CheckResult, *, later: bool = False
) -> bool:
    """True if a fault is why another check did not hold: `same` are the results that show it, the first one first, at the nodes `where`.
    What failed in a `later` step may build on anything that was broken before.
    """
    cause, places = same[0], frozenset(where)
    if result.judgement.outcome is not Outcome.FAIL or cause.judgement.outcome is not Outcome.FAIL:
        return True  # what could not be judged is nobody's fault of its own
    if result.check == cause.check:
        alike = any(result.judgement.observed == each.judgement.observed for each in same)
        return alike or bool(places & _places(result))
    if rank(result) < rank(cause) and not later:
        return False
    near = bool(places & _touched(result)) or any(_akin(each.subject, result.subject) for each in same)
    if result.check in VALUES:
        return near and _value_explained(cause, result)
    if _of_fabric(cause):
        return True
    if result.check in FABRIC or result.subject.switch or result.subject.server:
        return near
    return True


def _akin(one: Subject, other: Subject) -> bool:
    """True if two subjects have parts in common, and none in which they differ."""
    shared = [(getattr(one, part), getattr(other, part)) for part in ("client", "switch", "server")]
    both = [(a, b) for a, b in shared if a and b]
    return bool(both) and all(a == b for a, b in both)


def _value_explained(cause: CheckResult, result: CheckResult) -> bool:
    return any(fnmatchcase(cause.check, pattern) for pattern in VALUES[result.check])


def _of_fabric(cause: CheckResult) -> bool:
    """True if it is the network that is broken: what is lost may then be lost anywhere."""
    if cause.check == "node.daemons":
        return bool(ROUTING & set(re.findall(r"[a-z]+", cause.judgement.observed)))
    return cause.check in FABRIC


def _places(result: CheckResult) -> frozenset[str]:
    """The nodes a result says the fault is at, else those it is about."""
    return frozenset(result.judgement.at) or _named(result.subject)


def _touched(result: CheckResult) -> frozenset[str]:
    """The nodes a result is about or speaks of."""
    j = result.judgement
    spoken = re.findall(r"[\w.-]+", f"{j.observed} {j.hint}")
    return _places(result) | _named(result.subject) | frozenset(word.rstrip(".") for word in spoken)


def _named(subject: Subject) -> frozenset[str]:
    return frozenset(filter(None, (subject.client, subject.switch, subject.server, subject.peer)))
