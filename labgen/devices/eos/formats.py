"""Texts of this package that `labgen analyze` reads."""

from labgen.devices.eos import show

FORMATS = (show.SHOW,)
