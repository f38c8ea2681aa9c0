"""Questions to a Linux switch that relays with ISC dhcrelay, and the meaning of its answers."""

from labgen.devices.dhcrelay import log
from labgen.devices.dhcrelay.device import Dhcrelay
from labgen.devices.frr.switch_reader import switch_reader

READER = switch_reader(Dhcrelay(), log.LOG)
