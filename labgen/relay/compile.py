"""Compiling fastpath.c with the machine's C compiler, into the place where the relay looks for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from labgen.ground.errors import InfrastructureError
from labgen.relay.fastpath import LIBRARY, SOURCE, fingerprint

_FLAGS = ("-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC")


def compile_fast_path(target: Path = LIBRARY) -> Path:
    """Write the library, in place of an older one. Raises InfrastructureError without a compiler, or the right to write there."""
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        raise InfrastructureError("there is no C compiler. Install one: apt-get install gcc libc6-dev")
    try:
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            made = Path(folder) / target.name
            command = [compiler, *_FLAGS, f"-DFINGERPRINT={fingerprint()}u", "-o", str(made), str(SOURCE)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise InfrastructureError(f"{compiler} does not compile {SOURCE.name}: {done.stderr.strip()}")
            # A relay that runs keeps the file it has loaded.
            made.replace(target)
    except OSError as error:
        raise InfrastructureError(
            f"cannot write {target}: {error.strerror}. Run this as who installed labgen."
        ) from error
    return target
