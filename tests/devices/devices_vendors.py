"""Vendors' answers and command lines: tests/devices/answers, written by hand in the formats the collectors name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from devices_recorded import Device
from devices_specs import EVPN, ONE_VRF, ROUTED, planned

from labgen.devices import readers
from labgen.devices.base import Probe
from labgen.devices.observed import Observed, Raw
from labgen.ground.labplan import LabPlan, NodePlan

ANSWERS = Path(__file__).parent / "answers"
CASES = {
    "srlinux-switch": (ONE_VRF, {"switch": "srlinux"}, "sw1"),
    "srlinux-client": (ROUTED, {"client": "srlinux"}, "user"),
    "sros-switch": (ONE_VRF, {"switch": "sros"}, "sw1"),
    "sros-server": (ROUTED, {"server": "sros"}, "srv"),
    "sros-client": (ROUTED, {"client": "sros"}, "user"),
    "junos-switch": (EVPN, {"switch": "vjunos-switch"}, "sw1"),
    "junos-server": (ROUTED, {"server": "vjunos-router"}, "srv"),
    "junos-client": (ROUTED, {"client": "vjunos-router"}, "user"),
    "nxos-switch": (EVPN, {"switch": "nxos"}, "sw1"),
    "iosxr-switch": (ROUTED, {"switch": "iosxr"}, "relay"),
    "iosxr-server": (ROUTED, {"server": "iosxr"}, "srv"),
    "iosxr-client": (ROUTED, {"client": "iosxr"}, "user"),
}


@dataclass(frozen=True)
class Case:
    """A node of a plan, and what it answers by command."""

    plan: LabPlan
    node: NodePlan
    answers: Mapping[str, str]

    @property
    def probes(self) -> tuple[Probe, ...]:
        return readers.get(self.node.device).probes(self.node)

    def observe(self, answers: Mapping[str, str] | None = None) -> Observed:
        """What is read from these answers, or the case's own."""
        given = self.answers if answers is None else answers
        raw = {p.name: Raw(given[p.text], f"raw/{p.name}.txt") for p in self.probes if p.text in given}
        return readers.get(self.node.device).observe(self.node, raw)


def case(name: str, folder: Path) -> Case:
    spec, devices, node = CASES[name]
    plan = planned(spec, folder, devices)
    return Case(plan, plan.node(node), transcript(ANSWERS / f"{name}.txt"))


def transcript(file: Path) -> dict[str, str]:
    """Outputs by command; a command stands behind `>>> `."""
    parts = file.read_text(encoding="utf-8").split(">>> ")[1:]
    return {command: text for command, _, text in (part.partition("\n") for part in parts)}


@dataclass
class Terminal(Device):
    """A vendor's command line.

    `before` stands above the prompt, `shape` is the prompt around the node's name. `turns` are commands after which it has
    another prompt: the start of the command, and the new `before` and `shape`.
    """

    before: str = ""
    shape: str = "{name}#"
    refusal: str = "% Invalid input detected at '^' marker."
    quiet: tuple[str, ...] = ()
    says: tuple[tuple[str, str], ...] = ()
    turns: tuple[tuple[str, str, str], ...] = ()

    @property
    def prompt(self) -> str:
        return f"{self.before}{self.shape.format(name=self.name)}"

    def _answer(self, command: str) -> str:
        for start, before, shape in self.turns:
            if command.startswith(start):
                self.before, self.shape = before, shape
        if command in self.answers:
            return self.text(command)
        said = next((text for start, text in self.says if command.startswith(start)), None)
        if said is not None:
            return said
        return "" if not command or command.startswith(self.quiet) else f"{self.refusal}\n"


def terminal(case: Case) -> Terminal:
    """The command line of a case's device."""
    device = case.node.device.partition("-")[0]
    return _TERMINALS[device](case.node.name, case.answers)


def _srlinux(name: str, answers: Mapping[str, str]) -> Terminal:
    shape = "A:admin@{name}# "
    running, candidate, changed = (
        f"\r\n--{{ {mode} }}--[  ]--\r\n"
        for mode in ("+ running", "candidate shared default", "+* candidate shared default")
    )
    return Terminal(
        name,
        answers,
        before=running,
        shape=shape,
        pages=False,
        refusal="Parsing error: Unknown token 'shwo'. Options are ['info', 'show']:",
        quiet=("environment ", "enter candidate", "set / "),
        says=(("commit now", "All changes have been committed. Leaving candidate mode.\n"),),
        turns=(
            ("enter candidate", candidate, shape),
            ("set / ", changed, shape),
            ("commit now", running, shape),
        ),
    )


def _sros(name: str, answers: Mapping[str, str]) -> Terminal:
    shape = "A:admin@{name}# "
    return Terminal(
        name,
        answers,
        before="\r\n[/]\r\n",
        shape=shape,
        unpaged="environment more false",
        refusal="MINOR: MGMT_CORE #2201: Unknown element - 'shwo'",
        quiet=("environment ", "//environment ", "/configure ", "commit", "quit-config"),
        says=(("edit-config exclusive", "INFO: CLI #2060: Entering exclusive configuration mode\n"),),
        turns=(
            ("edit-config exclusive", "\r\n(ex)[/]\r\n", shape),
            ("/configure ", '\r\n!*[ex:/configure router "Base"]\r\n', shape),
            ("commit", "\r\n(ex)[/]\r\n", shape),
            ("quit-config", "\r\n[/]\r\n", shape),
        ),
    )


def _junos(name: str, answers: Mapping[str, str]) -> Terminal:
    return Terminal(
        name,
        answers,
        before="\r\n{master:0}\r\n",
        shape="admin@{name}> ",
        unpaged="set cli screen-length 0",
        refusal="            ^\nunknown command.",
        quiet=("set interfaces ", "delete interfaces ", "clear dhcp client ", "request dhcp client "),
        says=(
            ("set cli screen-width", "Screen width set to 511\n"),
            ("set cli complete-on-space", "Disabling complete-on-space\n"),
            ("set cli screen-length", "Screen length set to 0\n"),
            ("configure", "Entering configuration mode\n"),
            ("commit and-quit", "commit complete\nExiting configuration mode\n"),
        ),
        turns=(
            ("configure", "\r\n[edit]\r\n", "admin@{name}# "),
            ("commit and-quit", "\r\n{master:0}\r\n", "admin@{name}> "),
        ),
    )


def _nxos(name: str, answers: Mapping[str, str]) -> Terminal:
    return Terminal(
        name,
        answers,
        shape="{name}# ",
        refusal="% Invalid command at '^' marker.",
        quiet=("terminal ", "configure terminal", "interface ", "shutdown", "no shutdown", "end"),
        turns=(
            ("configure", "", "{name}(config)# "),
            ("interface ", "", "{name}(config-if)# "),
            ("end", "", "{name}# "),
        ),
    )


def _iosxr(name: str, answers: Mapping[str, str]) -> Terminal:
    where = "RP/0/RP0/CPU0:{name}"
    return Terminal(
        name,
        answers,
        shape=f"{where}#",
        quiet=(
            "terminal ",
            "configure",
            "interface ",
            "shutdown",
            "no shutdown",
            "commit",
            "end",
            "process ",
        ),
        turns=(
            ("configure", "", f"{where}(config)#"),
            ("interface ", "", f"{where}(config-if)#"),
            ("end", "", f"{where}#"),
        ),
    )


_TERMINALS: Mapping[str, Callable[[str, Mapping[str, str]], Terminal]] = {
    "srlinux": _srlinux,
    "sros": _sros,
    "vjunos": _junos,
    "nxos": _nxos,
    "iosxr": _iosxr,
}
