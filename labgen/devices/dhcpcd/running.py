"""dhcpcd as it runs somewhere."""

from __future__ import annotations

from labgen.devices.running import RunningProgram
from labgen.ground.vocabulary import Role

PROGRAMS = (RunningProgram("dhcpcd", "dhcpcd", Role.CLIENT),)
