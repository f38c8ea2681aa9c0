"""Looks at a running lab again and again, and does to it what playbooks do."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from labgen.collect.session import Session
from labgen.devices import readers
from labgen.devices.observed import Observed
from labgen.dhcp import reconstruct
from labgen.dhcp.context import AddressBook
from labgen.dhcp.ladder import Ladder, ladder
from labgen.dhcp.model import Binding, Exchange, MessageRole
from labgen.ground import resources
from labgen.ground.errors import LabgenError, UsageError
from labgen.ground.labplan import LabPlan
from labgen.ground.scratch import scratch
from labgen.ground.vocabulary import Role
from labgen.lab.provider import Lab
from labgen.verify import captures, playbook
from labgen.verify.acting import Actor
from labgen.verify.playbook_spec import ActionSpec
from labgen.verify.recording import context
from labgen.verify.store import Store
from labgen.watch.snapshot import LabSnapshot, snapshot

BINDINGS_SECONDS = 4.0
ACTION_SECONDS = 20
_LINES = 8


class LabObserver:
    """A lab that is watched. What was broken meanwhile is put right when it is closed. Safe to use from several threads."""

    def __init__(self, lab: Lab, since: float = 0.0) -> None:
        self.lab = lab
        self.plan: LabPlan = lab.plan
        self._since = since
        self._scratch = ExitStack()
        self._store = Store(self._scratch.enter_context(scratch("watch")))
        self._session = Session(lab)
        self._asking = threading.Lock()
        self._read = captures.KnownCaptures()
        self._known: tuple[Exchange, ...] = ()
        self._bindings: tuple[Binding, ...] = ()
        self._asked = 0.0
        self._log_lines: list[str] = []
        self._actor = Actor(lab, self.plan, self._session, lambda: self._known, self._tell)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Take back what was done, and let go of the lab."""
        with self._asking:
            self._actor.undo()
            self._session.close()
        self._scratch.close()

    def look(self) -> LabSnapshot:
        """The lab now. LabNotUpError where it has ended."""
        files = self.lab.save_captures(self._store.captures)
        seen = captures.read(files, self._store.folder, self.plan, known=self._read)
        known = reconstruct(m for m in seen.messages if (m.time or 0.0) >= self._since)
        self._known = tuple(known)
        self._ask()
        book = AddressBook(self._known, context(self.plan, self._bindings))
        return snapshot(
            self.plan,
            self.lab.status(),
            self._known,
            self._bindings,
            book,
            time.time(),
            self._log_lines[-_LINES:],
        )

    def _ask(self) -> None:
        """Ask the servers for their bindings, now and then, unless something is being done."""
        if time.monotonic() - self._asked < BINDINGS_SECONDS or not self._asking.acquire(blocking=False):
            return
        try:
            self._read_bindings()
        finally:
            self._asking.release()

    def _read_bindings(self) -> None:
        probes = {node.name: readers.of(node).probes(node) for node in self.plan.role(Role.SERVER)}
        raw = self._store.keep(self._session.collect(probes))
        parts = [
            readers.of(node).observe(node, raw.get(node.name, {})) for node in self.plan.role(Role.SERVER)
        ]
        self._bindings = Observed.total(parts).bindings
        self._asked = time.monotonic()

    def exchanges(self) -> tuple[Exchange, ...]:
        """Every exchange up to now."""
        self.look()
        return self._known

    def bindings(self) -> tuple[Binding, ...]:
        """Leases as the servers tell them now."""
        with self._asking:
            self._read_bindings()
        return tuple(binding for binding in self._bindings if binding.role is MessageRole.SERVER)

    def newest(self) -> Ladder | None:
        """The ladder of the exchange that went on last."""
        if not self._known:
            return None
        last = max(self._known, key=lambda exchange: exchange.ended or 0.0)
        return ladder(last, AddressBook(self._known, context(self.plan, self._bindings)))

    def actions(self) -> dict[str, tuple[str, ...]]:
        """Actions of playbooks, for each node that has any."""
        names = tuple(dict.fromkeys(_named()))
        found = {
            node.name: tuple(
                name for name in names if playbook.find_action(self.plan, node, name) is not None
            )
            for node in self.plan.nodes
        }
        return {name: actions for name, actions in found.items() if actions}

    def act(self, node: str, action: str) -> None:
        """Do one of `actions` and wait until it took effect. UsageError for what cannot be done there."""
        if action not in self.actions().get(node, ()):
            raise UsageError(f"{node} has no action {action}")
        with self._asking:
            self._tell(f"{time.strftime('%H:%M:%S')} {action} on {node}")
            try:
                remarks = self._actor.do(ActionSpec(action=action, on=node, timeout=ACTION_SECONDS))
            except LabgenError as error:
                self._tell(f"  {error}")
                return
            for remark in remarks.values():
                self._tell(f"  {remark}")

    def undo(self) -> None:
        """Put right everything that was broken."""
        with self._asking:
            self._tell(f"{time.strftime('%H:%M:%S')} everything put right")
            self._actor.undo()

    def _tell(self, text: str) -> None:
        self._log_lines.append(text)


def _named() -> Sequence[str]:
    """Actions that shipped playbooks know."""
    files = resources.playbook_files()
    return [
        do.action for name in files for step in playbook.read(name)[1].steps for do in step.do if do.action
    ]
