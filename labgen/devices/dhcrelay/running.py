"""ISC dhcrelay as it runs somewhere: its command line says all."""

from __future__ import annotations

from labgen.devices.running import RunningProgram
from labgen.ground.vocabulary import Role

PROGRAMS = (RunningProgram("dhcrelay", "frr-dhcrelay", Role.SWITCH),)
