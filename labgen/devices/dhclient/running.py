"""dhclient as it runs somewhere, and the classes that its configuration has it send."""

from __future__ import annotations

import re

from labgen.devices.running import RunningProgram
from labgen.ground.vocabulary import Role

_CLASS = re.compile(r'(?:vendor-class-identifier|user-class) +"([^"]*)"')

PROGRAMS = (
    RunningProgram(
        "dhclient", "dhclient", Role.CLIENT, ("-cf",), "/etc/dhcp/dhclient.conf", classes=_CLASS.findall
    ),
)
