"""What a playbook file says: its steps, what they do and what must then hold."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from labgen.dhcp.model import Kind, Outcome
from labgen.spec.base import SpecModel
from labgen.spec.values import Duration

Need = Literal["two-servers", "two-relays", "two-clients", "two-switches", "renewal-relay"]
LAB_ACTIONS = ("move", "move-back")
"""What the lab does, not a node: a client's cable goes to another switch of its segment, and back."""

Wanted = Literal["answered", "any"] | Outcome


class ActionSpec(SpecModel):
    """One thing done to nodes, all at once, or waited for.

    `on` is a group (see `labgen.verify.groups`) or one node. `action` is one of the device's; with `optional`
    nodes whose device has no such action are left out. `wait` is a kind of exchange that must show on the
    wire of each client, with this `outcome`, after the step began: nothing is done then.
    """

    action: str = ""
    wait: Kind | None = None
    outcome: Wanted = "answered"
    on: str = "clients"
    timeout: Duration = 15
    optional: bool = False

    @property
    def name(self) -> str:
        """What it is called in messages and timings."""
        return f"wait for {self.wait.value}" if self.wait else self.action


class StepSpec(SpecModel):
    """Actions in order, then one collection, then checks by name or pattern. `findings` are codes that the step's own fault
    brings about: they do not make a verdict fail.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    title: str = ""
    do: tuple[ActionSpec, ...] = ()
    checks: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()


class PlaybookSpec(SpecModel):
    """A playbook file.

    `lease` is the longest lease, in seconds, with which it can be run: `labgen run` and `up` shorten a lab's leases
    to it, T1 to `renew` and T2 to `rebind`. `told` is the action that makes a client do at once what it would do by
    its timers: where every client has it, any lease will do. `needs` is what a lab must have for it.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    title: str = ""
    lease: Duration | None = None
    renew: Duration | None = None
    rebind: Duration | None = None
    told: str = ""
    needs: tuple[Need, ...] = ()
    seconds: int = 30
    steps: tuple[StepSpec, ...]
