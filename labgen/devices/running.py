"""DHCP programs as they run somewhere, whoever started them: which device they are, where their configuration is, and what it says.

A module `running` beside a device's `device.py` has `PROGRAMS`. What relays are configured to do, their `config_reader` reads.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from ipaddress import IPv4Network

from labgen.devices import registry
from labgen.devices.served import Served
from labgen.ground.vocabulary import Role


@dataclass(frozen=True, slots=True)
class RunningProgram:
    """`name` is that of its process. Its configuration is a file that one of `options` names, else `configuration`; where that is
    empty it is the command line, which `spoken` puts into the form that the device's reader reads. `marked`: it is this device only
    where a word of the command line begins so.

    `served` reads what a server hands out: from its configuration, the words of its command line, and subnets it has an address in.
    `classes` are the vendor or user classes that a client's configuration has it send.
    """

    name: str
    device: str
    role: Role
    options: tuple[str, ...] = ()
    configuration: str = ""
    marked: str = ""
    spoken: Callable[[Sequence[str]], str] = shlex.join
    served: Callable[[str, Sequence[str], Sequence[IPv4Network]], Iterator[Served]] | None = None
    classes: Callable[[str], Iterable[str]] | None = None

    def process(self, processes: Iterable[Sequence[str]]) -> Sequence[str]:
        """The words of its process; none where it does not run."""
        return next((argv for argv in processes if self._is(argv)), ())

    def _is(self, argv: Sequence[str]) -> bool:
        named = any(word.rsplit("/", 1)[-1] == self.name for word in argv[:2])
        return named and (not self.marked or any(word.startswith(self.marked) for word in argv))

    def text(self, argv: Sequence[str], read: Callable[[str], str]) -> str:
        """Its configuration; `read` gives a file's text."""
        return read(self._file(argv)) if self.configuration else self.spoken(argv)

    def _file(self, argv: Sequence[str]) -> str:
        for word, following in zip(argv, (*argv[1:], ""), strict=True):
            for option in self.options:
                if word == option and following:
                    return following
                if word.startswith(f"{option}=") or (len(option) == 2 and word.startswith(f"{option}/")):
                    return word[len(option) :].lstrip("=")
        return self.configuration


def programs(role: Role) -> Iterator[RunningProgram]:
    """The programs of a role, in the order of their devices' names."""
    modules = (registry.module_beside(name, "running") for name in registry.everything())
    for module in dict.fromkeys(each for each in modules if each):
        found: tuple[RunningProgram, ...] = import_module(module).PROGRAMS
        yield from (each for each in found if each.role is role)
