"""The image of open nodes: `python -m labgen.lab.containers.image` builds it with the engine at hand.

The build context is made from the installed labgen, so that what runs in the lab is what the user has. Where this machine reaches
nothing but mirrors: `--base` names another Debian image, `--index` a package index, `--proxy` a proxy, and `--ca` a file of
certificates to trust.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

import click

import labgen
from labgen.devices import registry
from labgen.devices.linux.container import IMAGE
from labgen.ground import resources
from labgen.ground.errors import LabgenError, ToolHungError
from labgen.ground.templating import render
from labgen.lab.containers.engine import Engine
from labgen.lab.deadline import PATIENCE, Deadline

REQUIREMENTS = "click>=8.1,<9\npydantic>=2.9,<3\npyyaml>=6.0,<7\n"
"""What labgen-relay needs at run time."""

CERTIFICATES = "ca"
BUILDING = 3600.0
"""Seconds in which the image is built."""


@dataclass(frozen=True, slots=True)
class Sources:
    """The sources of a build; an empty one is left to the Dockerfile and the engine.

    `base` is an image of Debian 12, `index` the URL of a Python package index, `proxy` the URL of an HTTP proxy for the build
    alone, `ca` a PEM file of certificate authorities, which the image then trusts too.
    """

    base: str = ""
    index: str = ""
    proxy: str = ""
    ca: Path | None = None

    def variables(self) -> dict[str, str]:
        """Build arguments by name, of those that are given."""
        given = {
            "BASE": self.base,
            "INDEX": self.index,
            "CA": "given" if self.ca else "",
            "http_proxy": self.proxy,
            "https_proxy": self.proxy,
        }
        return {name: value for name, value in given.items() if value}


def context(ca: Path | None = None) -> bytes:
    """A tar archive: Dockerfile, start scripts, requirements, certificates and the installed labgen.

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
        _folder(tar, CERTIFICATES)
        if ca:
            _text(tar, f"{CERTIFICATES}/labgen.crt", ca.read_text(encoding="ascii", errors="replace"))
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


def _folder(tar: tarfile.TarFile, name: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = tarfile.DIRTYPE, 0o755
    tar.addfile(entry)


def _sources(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    if "__pycache__" in entry.name:
        return None
    entry.mtime = entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


def build(engine: Engine, sources: Sources = Sources()) -> int:
    """Build the image; the engine's own output goes to stderr. Returns its exit status.

    Values go by the environment: URLs may hold passwords, which nobody is to read from the list of processes.
    """
    given = sources.variables()
    options = [text for name in given for text in ("--build-arg", name)]
    command = (*engine.program, "build", "-t", IMAGE, *options, "-")
    limit = Deadline.patient(BUILDING)
    try:
        done = subprocess.run(
            command,
            input=context(sources.ca),
            stdout=sys.stderr.fileno(),
            env={**os.environ, **given},
            timeout=limit.seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ToolHungError(
            f"building {IMAGE} had not ended after {limit.seconds / 60:.0f} minutes; its last step is printed above. "
            f"Where what it fetches only comes slowly, wait longer: {PATIENCE}=3"
        ) from None
    return done.returncode


@click.command()
@click.option(
    "--base", default="", metavar="IMAGE", help="Debian 12 image to start from [default: debian:12-slim]."
)
@click.option("--index", default="", metavar="URL", help="Python package index.")
@click.option("--proxy", default="", metavar="URL", help="HTTP proxy, for the build alone.")
@click.option(
    "--ca",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="PEM file of certificate authorities that index and proxy are known by.",
)
def main(base: str, index: str, proxy: str, ca: Path | None) -> None:
    """Build the image of open nodes."""
    try:
        sys.exit(build(Engine.find(), Sources(base, index, proxy, ca)))
    except LabgenError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
