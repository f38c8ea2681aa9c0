"""Texts of this package that `labgen analyze` reads."""

from labgen.devices.kea import leases, log

FORMATS = (
    log.LOG,
    leases.LEASES,
)
