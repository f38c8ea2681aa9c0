"""labgen-relay as it runs somewhere."""

from __future__ import annotations

from labgen.devices.running import RunningProgram
from labgen.ground.vocabulary import Role

PROGRAMS = (
    RunningProgram("labgen-relay", "frr", Role.SWITCH, ("-c", "--config"), "/etc/labgen-relay/relay.yml"),
)
