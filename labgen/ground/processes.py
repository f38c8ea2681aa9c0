"""How processes that labgen starts end with it."""

from __future__ import annotations

WITH_PARENT = ("setpriv", "--pdeathsig", "KILL")
"""Put in front of a command: the kernel ends it when the thread that started it ends, whatever ended that. It holds across exec, not for
what the command starts itself.
"""
