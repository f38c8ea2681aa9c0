"""The image of open nodes: `python -m labgen.lab.containers.image` builds it with the engine at hand.

The build context is made from the installed labgen, so that what runs in the lab is what the user has.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
from pathlib import Path

import labgen
from labgen.devices import registry
from labgen.devices.linux.container import IMAGE
from labgen.ground import resources
from labgen.ground.errors import LabgenError
from labgen.ground.templating import render
from labgen.lab.containers.engine import Engine

REQUIREMENTS = "click>=8.1,<9\npydantic>=2.9,<3\npyyaml>=6.0,<7\n"
"""What labgen-relay needs at run time."""


def context() -> bytes:
    """A tar archive: Dockerfile, start scripts, requirements and the installed labgen.

    It is in ustar format: the engine's command line takes an archive that opens with an extended header for a Dockerfile. Nobody's
    names and times are in it, so the same labgen gives the same bytes, and the engine's cache holds.
    """
    archive = io.BytesIO()
    docker = resources.templates() / "docker"
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        _text(tar, "Dockerfile", dockerfile())
        for file in sorted(set(docker.iterdir()) - set(docker.glob("*.j2"))):
            tar.add(file, file.name, filter=_sources)
        _text(tar, "requirements.txt", REQUIREMENTS)
        tar.add(Path(labgen.__file__).parent, "labgen", filter=_sources)
    return archive.getvalue()


def dockerfile() -> str:
    """The Dockerfile: its packages are those of every device that runs here, whoever brought it."""
    open_devices = (device.facts for device in registry.everything().values() if device.facts.embedded)
    return render(
        "docker/Dockerfile.j2", packages=sorted({name for facts in open_devices for name in facts.packages})
    )


def _text(tar: tarfile.TarFile, name: str, text: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(text.encode())
    tar.addfile(entry, io.BytesIO(text.encode()))


def _sources(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    if "__pycache__" in entry.name:
        return None
    entry.mtime = entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


def build(engine: Engine) -> int:
    """Build the image; the engine's own output goes to stderr. Returns its exit status."""
    command = (*engine.program, "build", "-t", IMAGE, "-")
    return subprocess.run(command, input=context(), stdout=sys.stderr.fileno(), check=False).returncode


def main() -> int:
    try:
        return build(Engine.find())
    except LabgenError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
