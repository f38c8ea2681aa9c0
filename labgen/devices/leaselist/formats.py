"""Texts of this package that `labgen analyze` reads."""

from labgen.devices.leaselist import table

FORMATS = (table.TABLE,)
