"""Rules over the numbers of tables: messages that come in and do not go out, drops with their reason, pools that are full."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from labgen.dhcp.context import Context
from labgen.dhcp.explain import explain
from labgen.dhcp.message import Evidence, MessageRole
from labgen.dhcp.model import Counter, Finding, Severity
from labgen.dhcp.rules.case import Case, listed

_DROPS = re.compile(
    r"drop|discard|reject|\bfail|\berror|malformed|\bbad\b|invalid|unknown|no interface|violation"
    r"|exceed|below min|local address|expired ttl|^due to |(?:buffers?|queue) full",
    re.I,
)
_BARE = re.compile(r"^(?:total )?(?:drop(?:s|ped)?|discard(?:s|ed)?|errors?|packets dropped|total)$", re.I)
_IN = re.compile(r"^(?:rx|receive[ds]?|in|messages received)$", re.I)
_OUT = re.compile(r"^(?:tx|sent|transmit(?:ted)?|forward(?:ed)?|out|messages sent|relayed)$", re.I)
_FEW = 0.01
"""Part of all messages below which drops are told as an aside."""


def dropping(cases: Sequence[Case], context: Context) -> Iterator[Finding]:
    """Counters of drops; a device that counts them by reason is quoted."""
    by_node: dict[str, list[Counter]] = defaultdict(list)
    for counter in context.counters:
        by_node[counter.node].append(counter)
    for node, counters in by_node.items():
        yield from _dropped(node, counters)


def _dropped(node: str, counters: Sequence[Counter]) -> Iterator[Finding]:
    drops = [c for c in counters if _is_drop(c)]
    stuck = list(_stuck(counters))
    if not drops and not stuck:
        yield from _unanswered(node, counters)
        return
    reasons = [c for c in drops if _tells_why(c)]
    where = [c for c in drops if not _tells_why(c)]
    parts = [f"{c.value} {_about(c)}dropped" for c in where if not _is_total(c)]
    parts += [f"{_row(c)}: {c.value} received, none sent on" for c in stuck if not _names_drops(c, where)]
    because = listed(f"{c.name} {c.value}" for c in reasons)
    text = f"{node} counts {listed(parts) or 'drops'}" + (f"; its reason: {because}" if because else "")
    relay = any(c.role is MessageRole.RELAY for c in counters)
    code = "relay-dropped" if because and relay else "counters-dropping"
    shown = [*reasons, *where, *stuck]
    severity = None if stuck or _is_much(counters) else Severity.INFO
    evidence = tuple(dict.fromkeys(Evidence(node, c.file, c.line) for c in shown))
    yield Finding(code, severity or explain(code).severity, text, node, None, evidence)


def _is_drop(counter: Counter) -> bool:
    """True if a counter is of drops, and not 0."""
    names = (counter.name, counter.subject)
    return bool(counter.value) and any(_DROPS.search(name) for name in names)


def _tells_why(counter: Counter) -> bool:
    """True if the name of a counter of drops says more than that they are drops, and of which direction."""
    return not any(form.match(counter.name) for form in (_BARE, _IN, _OUT))


def _unanswered(node: str, counters: Sequence[Counter]) -> Iterator[Finding]:
    """A server that counts far fewer OFFERs sent than DISCOVERs received, and forwards none to others; a relay that counts no OFFER."""
    if all(c.role is MessageRole.RELAY for c in counters):
        yield from _never_offered(node, counters)
        return
    if any(_names(c, "forwarded") and _names(c, "discover") and c.value for c in counters):
        return
    own = [c for c in counters if c.role is MessageRole.SERVER]
    asked = max((c for c in own if _names(c, "discover")), key=_value, default=None)
    offered = max((c for c in own if _names(c, "offer")), key=_value, default=None)
    if asked is None or offered is None:
        return
    if asked.value >= _MANY and offered.value * _OFFERS_LEAST < asked.value:
        text = f"{node} counts {asked.value} DISCOVERs received and {offered.value} OFFERs sent"
        shown = tuple(Evidence(node, c.file, c.line) for c in (asked, offered))
        yield Finding("counters-dropping", explain("counters-dropping").severity, text, node, None, shown)


def _names(counter: Counter, word: str) -> bool:
    return word in counter.subject.lower() or word in counter.name.lower()


def _value(counter: Counter) -> int:
    return counter.value


def _never_offered(node: str, counters: Sequence[Counter]) -> Iterator[Finding]:
    """A relay that passed DISCOVERs on and saw no OFFER. Counters of single interfaces show one side only."""
    whole = [c for c in counters if not re.search(r"\d", c.subject)]
    for question, answer, what in _ANSWERED:
        asked = max((c for c in whole if question.search(c.name)), key=_value, default=None)
        answers = [c for c in whole if answer.search(c.name)]
        if asked is not None and asked.value >= _SOME and answers and not any(c.value for c in answers):
            text = f"{node} counts {asked.value} {what}: no server answers what it relays, or its answers do not come back"
            evidence = tuple(Evidence(node, c.file, c.line) for c in (asked, answers[0]))
            yield Finding(
                "counters-dropping", explain("counters-dropping").severity, text, node, None, evidence
            )
            return


_ANSWERED = (
    (re.compile("discover", re.I), re.compile("offer", re.I), "DISCOVERs and no OFFER"),
    (
        re.compile("valid requests|requests valid", re.I),
        re.compile("valid responses|responses valid", re.I),
        "valid requests and no response",
    ),
    (
        re.compile("client (?:packets|messages) relayed", re.I),
        re.compile("server (?:packets|messages) (?:received|relayed|snooped)", re.I),
        "client packets relayed and none of a server",
    ),
)
"""What a relay counts of both directions, by kind or in all."""
_SOME = 5
"""DISCOVERs that a relay counts, from which on the lack of OFFERs tells something."""
_MANY, _OFFERS_LEAST = 20, 4
"""DISCOVERs that tell something, and how many of them for each OFFER are too many: partners share them by halves."""


def _row(counter: Counter) -> str:
    """The row of a counter, where the direction is the section's or the column's name."""
    own = _DIRECTION.match(counter.name)
    if own is not None:
        return own["row"]
    return counter.name if _IN.match(counter.subject) else counter.subject


def _about(counter: Counter) -> str:
    return "" if _DROPS.search(counter.subject) else f"{counter.subject} "


def _is_total(counter: Counter) -> bool:
    return counter.name.lower().startswith("total")


def _names_drops(counter: Counter, drops: Sequence[Counter]) -> bool:
    return any(drop.subject == counter.subject for drop in drops)


def _is_much(counters: Sequence[Counter]) -> bool:
    """True if drops are many beside what else is counted."""
    most = max((c.value for c in counters if not _is_drop(c)), default=0)
    return most == 0 or max((c.value for c in counters if _is_drop(c)), default=0) >= _FEW * most


_DIRECTION = re.compile(r"(?P<row>.{4,}?) (?P<direction>received|relayed|forwarded|sent|transmitted)$", re.I)
"""A counter whose own name ends with its direction."""


def _stuck(counters: Sequence[Counter]) -> Iterator[Counter]:
    """Counters of what a device received, often, and sent on not once: by subject, or by name where sections are subjects."""
    rows: dict[str, dict[str, Counter]] = defaultdict(dict)
    for counter in counters:
        own = _DIRECTION.match(counter.name)
        named = (own["row"], own["direction"]) if own is not None else (counter.name, counter.subject)
        for row, direction in ((counter.subject, counter.name), named):
            if _IN.match(direction):
                rows[row]["in"] = counter
            elif _OUT.match(direction):
                rows[row]["out"] = counter
    for found in rows.values():
        if "in" in found and found["in"].role is MessageRole.SERVER:
            continue  # answers are of other types
        if "in" in found and "out" in found and found["in"].value > 1 and found["out"].value == 0:
            yield found["in"]


def exhausted(cases: Sequence[Case], context: Context) -> Iterator[Finding]:
    """Pools that a table shows full."""
    pools: dict[tuple[str, str], dict[str, Counter]] = defaultdict(dict)
    for counter in context.counters:
        pools[counter.node, counter.subject][counter.name.lower()] = counter
    for (node, pool), figures in pools.items():
        if not _is_full(figures):
            continue
        total, leased, free = (figures.get(f"{name} addresses") for name in ("total", "leased", "free"))
        size = total.value if total is not None else leased.value if leased is not None else 0
        used = leased.value if leased is not None else size
        text = f"pool {pool} on {node}: {used} of {size} addresses are leased, none is free"
        conflicting = figures.get("conflicting addresses")
        if conflicting is not None and conflicting.value:
            text += f", {conflicting.value} in conflict"
        shown = [c for c in (total, leased, free, conflicting) if c is not None]
        evidence = tuple(dict.fromkeys(Evidence(node, c.file, c.line) for c in shown))
        yield Finding("pool-exhausted", explain("pool-exhausted").severity, text, node, None, evidence)


def _is_full(figures: dict[str, Counter]) -> bool:
    """True if a pool has no address left: it says so, or all that it has are leased or excluded."""
    total, leased, free = (figures.get(f"{name} addresses") for name in ("total", "leased", "free"))
    if total is not None and total.value == 1:
        return False  # a host's own
    if free is not None:
        return free.value == 0 and any(c is not None and c.value > 0 for c in (total, leased))
    if total is None or leased is None or not total.value:
        return False
    excluded = figures.get("excluded addresses")
    return leased.value + (excluded.value if excluded is not None else 0) >= total.value
