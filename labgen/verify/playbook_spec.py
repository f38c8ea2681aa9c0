"""The model of a playbook file: its steps, what they do and what must then hold."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from labgen.dhcp.model import ExchangeOutcome, Kind
from labgen.spec.base import SpecModel
from labgen.spec.values import Duration

Need = Literal[
    "two-servers",
    "two-relays",
    "two-clients",
    "spare-address",
    "two-switches",
    "renewal-relay",
    "moving-gateway",
    "bond",
    "snooping",
]
SETTLE = "settle"
LAB_ACTIONS = ("move", "move-back", SETTLE)
"""What the lab does, not a node: a client's cable goes to another switch of its segment, and back; waiting until routes are back."""

Wanted = Literal["answered", "any"] | ExchangeOutcome


class ActionSpec(SpecModel):
    """One thing done to nodes, all at once, or waited for.

    `on` is a group (see `labgen.verify.groups`) or one node. `action` is one of the device's; with `optional`
    nodes whose device has no such action are left out. `wait` is a kind of exchange that must show on the
    wire of each client, with this `outcome`, after the step began: nothing is done then. Of several kinds one is enough.
    """

    action: str = ""
    """an action of the devices: acquire, renew, release, stop-server, ...; or move and move-back of the lab"""
    wait: Kind | tuple[Kind, ...] | None = None
    """kind of exchange to wait for on the wire of each client, instead of an action; one of several kinds"""
    outcome: Wanted = "answered"
    """how that exchange must end"""
    on: str = "clients"
    """a group of nodes, or one node"""
    timeout: Duration = 15
    """how long it may take to show"""
    optional: bool = False
    """leave out nodes whose device has no such action"""

    @property
    def name(self) -> str:
        """Its name in messages and timings."""
        return f"wait for {' or '.join(kind.value for kind in self.kinds)}" if self.kinds else self.action

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of exchange that are waited for; none where something is done."""
        return (self.wait,) if isinstance(self.wait, Kind) else self.wait or ()


OF_OTHERS = " of others"
"""What follows a finding's code where it is expected of clients beside the focus alone."""


class StepSpec(SpecModel):
    """Actions in order, then one collection, then checks by name or pattern. `findings` are codes that the step's own fault
    brings about: they do not make a verdict fail. `no-reply of others` is about clients beside the focus: what stops on
    purpose may be theirs.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    """name of the step"""
    title: str = ""
    """one line about it"""
    do: tuple[ActionSpec, ...] = ()
    """what is done, in order"""
    checks: tuple[str, ...] = ()
    """checks that must then hold, by name or pattern (`server.*`)"""
    findings: tuple[str, ...] = ()
    """codes of findings of severity error that are expected of what the step does; `CODE of others`: about clients beside the focus"""


class PlaybookSpec(SpecModel):
    """A playbook file.

    `lease` is the longest lease, in seconds, with which it can be run: `labgen run` and `up` shorten a lab's leases
    to it, T1 to `renew` and T2 to `rebind`. `trigger` is the action that makes a client do at once what it would do by
    its timers: where every client has it, any lease will do. `needs` is what a lab must have for it.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    """name, as `--playbook` takes it"""
    title: str = ""
    """one line about it"""
    lease: Duration | None = None
    """longest lease, in seconds or with a unit, with which it can be run; labs are made with leases as short as that"""
    renew: Duration | None = None
    """T1 of that lease"""
    rebind: Duration | None = None
    """T2 of that lease"""
    trigger: str = ""
    """action that makes a client do at once what its timers would have it do; where every client has it, any lease will do"""
    told: str = ""
    """as `trigger`, whose name this was"""
    needs: tuple[Need, ...] = ()
    """what a lab must have for it"""
    seconds: int = 30
    """how long it usually takes, beside what waits for the lab"""
    steps: tuple[StepSpec, ...]
    """its steps, in order"""
