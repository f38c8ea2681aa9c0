"""Templates as Jinja2 compiled them, kept from one start to the next: to compile them is a tenth of a short run.

As Python keeps modules: where the source is another, the template is compiled anew; what cannot be read or written is no error;
where Python is to write no bytecode (PYTHONDONTWRITEBYTECODE), nothing is kept. Code is read only out of a folder that nobody else
can write to: `labgen/templates` below XDG_CACHE_HOME (~/.cache).
"""

from __future__ import annotations

import marshal
import os
import stat
import sys
from contextlib import suppress
from hashlib import sha256
from importlib.util import MAGIC_NUMBER
from pathlib import Path
from threading import get_native_id

import jinja2
from jinja2.bccache import Bucket, BytecodeCache

import labgen

OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


class TemplateCache(BytecodeCache):
    """Compiled templates in a folder, one file each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError, EOFError, ValueError, TypeError):
            checksum, code = marshal.loads(self._file(bucket).read_bytes())
            if checksum == bucket.checksum:
                bucket.code = code

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Whole or not at all, beside other processes and threads that do the same."""
        file = self._file(bucket)
        new = file.with_name(f"{file.name}.{os.getpid()}.{get_native_id()}")
        try:
            new.write_bytes(marshal.dumps((bucket.checksum, bucket.code)))
            new.replace(file)
        except OSError:
            with suppress(OSError):
                new.unlink()

    def _file(self, bucket: Bucket) -> Path:
        """One for each template, way to compile it, and version of what compiles and runs it."""
        known = bucket.environment
        options = (known.autoescape, known.trim_blocks, known.lstrip_blocks, known.keep_trailing_newline)
        versions = (labgen.__version__, jinja2.__version__, sys.implementation.cache_tag, MAGIC_NUMBER)
        return self._folder / sha256(repr((bucket.key, options, versions)).encode()).hexdigest()


def template_cache() -> TemplateCache | None:
    """The caller's own; None where nothing is to be kept, or where there is no folder that is the caller's alone."""
    if sys.dont_write_bytecode:
        return None
    try:
        folder = _caches() / "labgen" / "templates"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except (OSError, RuntimeError):  # the latter where nothing tells of a home
        return None
    own = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & OTHERS_WRITE
    return TemplateCache(folder) if own else None


def _caches() -> Path:
    """By the XDG Base Directory Specification, which has relative paths ignored."""
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return named if named.is_absolute() else Path("~/.cache").expanduser()
