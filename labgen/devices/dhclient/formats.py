"""Texts of this package that `labgen analyze` reads."""

from labgen.devices.dhclient import leases, log

FORMATS = (
    log.LOG,
    leases.LEASES,
)
