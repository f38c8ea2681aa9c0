"""Texts of this package that `labgen analyze` reads."""

from labgen.devices.nxos import show

FORMATS = (show.SHOW,)
