"""Texts of this package that `labgen analyze` reads."""

from labgen.devices.dnsmasq import leases, log

FORMATS = (
    log.LOG,
    leases.LEASES,
)
