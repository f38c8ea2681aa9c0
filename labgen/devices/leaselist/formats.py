"""Texts of this package that `labgen analyze` reads."""

from labgen.devices.leaselist import bootpd, table

FORMATS = (table.TABLE, table.DETAILS, bootpd.LEASES)
