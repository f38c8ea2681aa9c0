"""Texts of this package that `labgen analyze` reads."""

from labgen.devices.pools import figures

FORMATS = (figures.FIGURES,)
