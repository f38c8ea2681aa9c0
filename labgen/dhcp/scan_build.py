"""Compiling scan.c with the machine's C compiler, into the place where labgen looks for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
import tempfile
from pathlib import Path

from labgen.dhcp.scan import LIBRARY, SOURCE, fingerprint
from labgen.ground.errors import InfrastructureError

# Sums of floating point numbers are to be those of Python: never fused.
_FLAGS = ("-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-ffp-contract=off")


def compile_scanner(target: Path = LIBRARY) -> Path:
    """Write the library, in place of an older one. Raises InfrastructureError without a compiler, Python's headers, or the right to
    write there.
    """
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        raise InfrastructureError("there is no C compiler. Install one: apt-get install gcc libc6-dev")
    headers = Path(sysconfig.get_paths()["include"])
    if not (headers / "Python.h").exists():
        raise InfrastructureError(
            f"{headers}/Python.h is missing. Install Python's headers: apt-get install python3-dev"
        )
    try:
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            made = Path(folder) / target.name
            defines = f"-DFINGERPRINT={fingerprint()}"
            command = [compiler, *_FLAGS, defines, f"-I{headers}", "-o", str(made), str(SOURCE)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise InfrastructureError(f"{compiler} does not compile {SOURCE.name}: {done.stderr.strip()}")
            made.replace(target)
    except OSError as error:
        raise InfrastructureError(
            f"cannot write {target}: {error.strerror}. Run this as who installed labgen."
        ) from error
    return target
