"""Questions to a Linux switch that relays with labgen-relay, and the meaning of its answers."""

from labgen.devices.frr.device import LabgenRelay
from labgen.devices.frr.switch_reader import switch_reader
from labgen.devices.labgen_relay import log

READER = switch_reader(LabgenRelay(), log.LOG)
