"""dnsmasq as a relay, by its command line."""

from __future__ import annotations

from collections.abc import Sequence

from labgen.devices.running import RunningProgram
from labgen.ground.vocabulary import Role


def _lines(argv: Sequence[str]) -> str:
    """The words of the command line as lines of a configuration file."""
    return "\n".join(word.removeprefix("--") for word in argv[1:])


PROGRAMS = (RunningProgram("dnsmasq", "frr-dnsmasq", Role.SWITCH, marked="--dhcp-relay", spoken=_lines),)
