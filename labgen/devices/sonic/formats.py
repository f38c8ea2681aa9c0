"""Texts of this package that `labgen analyze` reads."""

from labgen.devices.sonic import log

FORMATS = (log.LOG,)
