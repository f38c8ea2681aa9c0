"""Texts of this package that `labgen analyze` reads."""

from labgen.devices.kea import lease_api, leases, log

FORMATS = (
    log.LOG,
    leases.LEASES,
    lease_api.LEASES,
)
