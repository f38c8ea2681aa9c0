"""Errors of a forked process of a lab, in one sentence: nobody up there sees its exception."""

from __future__ import annotations

import errno
import traceback

_LIMITS = {
    errno.EMFILE: "labs of this size need more open files: `ulimit -n 4096`, and try again",
    errno.ENFILE: "this machine has no file handles left; end other labs: `labgen status`",
    errno.ENOSPC: "no memory or inotify watches are left for another lab; end other labs: `labgen status`",
    errno.ENOMEM: "this machine has no memory left; end other labs: `labgen status`",
}


def sentence(error: Exception) -> str:
    """A sentence about an error: what the kernel refused, where labgen asked for it, and what helps."""
    *_, last = traceback.extract_tb(error.__traceback__)
    number = error.errno if isinstance(error, OSError) and error.errno else 0
    remedy = _LIMITS.get(number, "`labgen doctor` checks this machine")
    return f"{type(error).__name__}: {error} (in {last.name}); {remedy}"
