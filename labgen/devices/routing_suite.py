"""The routing daemons of Linux nodes: where they lie, how they are asked, and which neighbors are up by what they answer.

The package of a device that has them has a module `routing_state` with `SUITE`; who builds, runs and checks labs asks here.
"""

import shlex
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import NamedTuple

from labgen import devices

MODULE = "routing_state"


class Neighbors(NamedTuple):
    """A daemon, what it is asked, and the neighbors that are up by its answer: their router ids, addresses or ports, one for each link."""

    daemon: str
    command: str
    up: Callable[[str], list[str]]


class RoutingSuite(NamedTuple):
    """`folder` has its configuration, `run` its sockets and files with process ids, `programs` its programs, of which every router
    runs `router`; `daemons` are all there are, and `shell` is the program that takes commands. A command to a socket ends with an octet
    of zero, its answer with `end` and one octet more, its status.
    """

    package: str
    folder: str
    run: str
    programs: str
    router: tuple[str, ...]
    daemons: frozenset[str]
    shell: str
    end: bytes
    ospf: Neighbors
    bgp: Neighbors
    isis: Neighbors
    evpn_summary: tuple[str, str]
    evpn_next_hops: tuple[str, str]
    """a daemon and what it is asked, in JSON: how many prefixes come and go, and the next hops of a `{vni}`"""
    router_macs: str
    """what somebody asks the shell who looks for router MACs"""

    def asked(self, command: str) -> str:
        """The command by which a shell of the node asks all daemons something."""
        return f"{self.shell} -c {shlex.quote(command)}"

    def socket(self, daemon: str) -> str:
        """The socket of a daemon, in the folder `run`."""
        return f"{daemon}.vty"


@cache
def suite() -> RoutingSuite:
    """The one that labs run. It is found by its module, so that a lab's supervisor loads no device for it."""
    place = Path(devices.__path__[0])
    found = (
        each.name for each in iter_modules([str(place)]) if (place / each.name / f"{MODULE}.py").exists()
    )
    known: RoutingSuite = import_module(f"{devices.__name__}.{next(found)}.{MODULE}").SUITE
    return known
