"""Questions to a Linux switch that relays with dnsmasq, and the meaning of its answers."""

from labgen.devices.dnsmasq import log
from labgen.devices.dnsmasq_relay.device import DnsmasqRelay
from labgen.devices.frr.switch_reader import switch_reader

READER = switch_reader(DnsmasqRelay(), log.LOG)
