"""Captures in launcher pods: tcpdump is part of the launcher's image, and writes there until the lab folder wants the files."""

from __future__ import annotations

import io
import shlex
import tarfile
from pathlib import Path

from labgen.ground.errors import LabStartError
from labgen.ground.labplan import NodePlan
from labgen.lab.containers.captures import FILTER, tapped, tcpdump
from labgen.lab.containers.engine import Host
from labgen.lab.containers.tool import run
from labgen.lab.deadline import Deadline

FOLDER = "/var/tmp/labgen"
"""In the launcher."""

STARTING, FETCHING = 60.0, 300.0
"""Seconds for commands in a launcher."""


def start(node: NodePlan, host: Host, pid: int, folder: str) -> None:
    """One tcpdump per interface `tapped`, in the network namespace of process `pid`. LabStartError where one does not start."""
    done = run((*host.quiet, "bash", "-c", _script(_files(node), pid, folder)), Deadline.patient(STARTING))
    if done.exit_code:
        words = (done.stderr or done.stdout).decode("utf-8", "replace").strip()[-300:]
        raise LabStartError(f"cannot capture in the launcher of {node.name}: {words}")


def _files(node: NodePlan) -> dict[str, str]:
    """File names by interface."""
    return {name: f"{node.name}-{name}.pcap" for name in tapped(node)}


def _script(files: dict[str, str], pid: int, folder: str) -> str:
    """Starts every capture and waits at most 20 s until each file is there."""
    lines = [f"mkdir -p {folder} && cd {folder} || exit 1"]
    lines += [
        f"setsid {shlex.join(tcpdump(pid, interface, file, FILTER))} </dev/null >/dev/null 2>{file}.log &"
        for interface, file in files.items()
    ]
    names = " ".join(files.values())
    lines.append(
        f"for file in {names}; do for i in $(seq 200); do [ -e $file ] && continue 2; sleep 0.1; done; "
        "cat $file.log >&2; exit 1; done"
    )
    return "\n".join(lines)


def save(node: NodePlan, host: Host, folder: str, target: Path) -> list[Path]:
    """Copies of a node's captures, complete up to now. None where they are gone with an earlier launcher."""
    files = set(_files(node).values())
    done = run((*host.quiet, "tar", "-C", folder, "-cf", "-", *sorted(files)), Deadline.patient(FETCHING))
    saved = []
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        for member in archive:
            content = archive.extractfile(member)
            if member.name in files and content is not None:
                saved.append(target / member.name)
                saved[-1].write_bytes(content.read())
    return saved
