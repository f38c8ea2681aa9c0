"""A check of ACME's own."""

from __future__ import annotations

from labgen.dhcp.model import MessageRole
from labgen.verify.check import Catalogue, Subject
from labgen.verify.checks import subjects
from labgen.verify.facts import Facts
from labgen.verify.judgement import Judgement, failed, logged, passed

check = Catalogue()


@check("acme.logged", "{switch} logged what it relayed", subjects.relays)
def logged_what_it_relayed(subject: Subject, facts: Facts) -> Judgement:
    lines = [
        m
        for m in facts.observed.messages
        if m.node == subject.switch and m.role is MessageRole.RELAY and m.line
    ]
    if not lines:
        return failed("a line for each message", "no line", f"`labgen logs {subject.switch}`")
    return passed("a line for each message", f"{len(lines)} lines", logged(lines))
