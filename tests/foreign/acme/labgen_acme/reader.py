"""What to ask a switch that relays with ACME's relay, and how to read it."""

from labgen.devices.frr.switch_reader import switch_reader
from labgen_acme.device import AcmeRelay
from labgen_acme.log import LOG

READER = switch_reader(AcmeRelay(), LOG)
