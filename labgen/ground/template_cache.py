"""Templates as Jinja2 compiled them, kept from one start to the next: to compile them is a tenth of a short run.

As Python keeps modules: where the source is another, the template is compiled anew; what cannot be read or written is no error.
They are in `templates` of labgen's caches.
"""

from __future__ import annotations

import marshal
import os
import sys
from contextlib import suppress
from hashlib import sha256
from importlib.util import MAGIC_NUMBER
from pathlib import Path
from threading import get_native_id

import jinja2
from jinja2.bccache import Bucket, BytecodeCache

import labgen
from labgen.ground.caches import own_folder


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
    """The caller's own; None where nothing is kept."""
    folder = own_folder("templates")
    return None if folder is None else TemplateCache(folder)
