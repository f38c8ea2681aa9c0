"""Texts of this package that `labgen analyze` reads."""

from labgen.devices.iosxr import show

FORMATS = (show.SHOW,)
