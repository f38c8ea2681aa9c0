"""Checks of this machine for labs: programs, kernel, rights.

Rights, kernel, programs, other lab tools; and the command that installs what is missing.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from labgen.devices import registry
from labgen.ground import processes
from labgen.ground.errors import MissingToolError
from labgen.ground.packages import installed
from labgen.lab.deadline import patience
from labgen.lab.embedded.launcher import unshare_command

State = Literal["ok", "missing", "optional"]

OWN_PROGRAMS = {"unshare": "util-linux", "dropbear": "dropbear-bin"}
"""Programs every embedded lab needs -> Debian package."""

COMFORT_PROGRAMS = {
    "ip": "iproute2",
    "ping": "iputils-ping",
    "tcpdump": "tcpdump",
    "wireshark": "wireshark",
    "dot": "graphviz",
}
"""Programs that are good to have beside a lab -> Debian package."""

USER_PROGRAMS = {"newuidmap": "uidmap"}
"""Programs an ordinary user's lab needs -> Debian package."""

TOOLS = {
    "linux.uml": ("linux.uml", "--version"),
    "netlab": ("netlab", "version"),
    "containerlab": ("containerlab", "version", "--short"),
    "docker": ("docker", "--version"),
    "kubectl": ("kubectl", "version", "--client"),
}
KNOWN_SYSTEMS = (("debian", "12"), ("debian", "13"), ("ubuntu", "24.04"))
"""Id and version, as in os-release, of systems on which packages have the names that labgen says."""

NEEDED_FEATURES = ("veth", "bridge", "packet", "node files")
MODULES = ("veth", "bridge")
FEATURE_NOTES = {
    "vxlan": "needed by scenarios with stretched segments",
    "macvlan": "needed by scenarios with anycast gateways",
    "vrf": "without it VRFs are network namespaces",
    "vlan": "802.1q tags, needed by no scenario that ships with labgen",
    "dummy": "needed by no scenario that ships with labgen",
    "netem": "delay and loss, needed by no scenario that ships with labgen",
    "node files": "each node needs a file system of its own, with a writable /etc",
    "overlayfs": "without it /etc is copied for each node",
}
_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Item:
    """One thing looked at. `state` is `optional` for what is absent and not needed; `packages` install it."""

    area: Literal["rights", "kernel", "program", "device", "tool"]
    name: str
    state: State
    detail: str = ""
    remedy: str = ""
    packages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """The whole examination.

    `embedded` is True where the embedded lab can run with at least one device per role.
    """

    items: tuple[Item, ...]

    @property
    def embedded(self) -> bool:
        return not any(item.state == "missing" and item.area != "device" for item in self.items)

    @property
    def install(self) -> str:
        """One command that installs what is missing and packaged; empty where nothing is."""
        wanted = sorted(
            {package for item in self.items if item.state == "missing" for package in item.packages}
        )
        root = "" if os.geteuid() == 0 else "sudo "
        return f"{root}apt-get install -y {' '.join(wanted)}" if wanted else ""


def unknown_system() -> str:
    """Name of this system where its packages may have other names; empty on those that labgen knows."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return platform.system()
    found = (release.get("ID", ""), release.get("VERSION_ID", ""))
    return "" if found in KNOWN_SYSTEMS else release.get("PRETTY_NAME", " ".join(found))


def examine() -> Report:
    """Look at this machine. Starts short-lived processes in namespaces of their own; changes nothing."""
    return Report((*_rights(), *_kernel(), *_programs(), *_devices(), *_tools()))


def _run(argv: Sequence[str]) -> subprocess.CompletedProcess[str] | None:
    try:
        return subprocess.run(
            argv, capture_output=True, text=True, timeout=_SECONDS * patience(), check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None


def _last_line(result: subprocess.CompletedProcess[str] | None) -> str:
    lines = (result.stderr or result.stdout).strip().splitlines() if result else []
    return lines[-1] if lines else "no answer"


# --- rights and kernel ---


def _rights() -> Iterator[Item]:
    if os.geteuid() == 0:
        who, remedy = "root", "run it where namespaces are allowed (a container needs --privileged)"
    else:
        who, remedy = "user namespace", _user_remedy()
    result = _in_namespaces(["true"])
    if result is not None and result.returncode == 0:
        yield Item("rights", "namespaces", "ok", f"as {who}")
    else:
        yield Item("rights", "namespaces", "missing", f"as {who}: {_last_line(result)}", remedy)


def _user_remedy() -> str:
    user = os.environ.get("USER") or str(os.getuid())
    restrict = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
    if restrict.exists() and restrict.read_text().strip() == "1":
        return "run as root, or: sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0"
    return f"run as root, or: sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {user}"


def _in_namespaces(argv: Sequence[str]) -> subprocess.CompletedProcess[str] | None:
    try:
        return _run([*unshare_command(), *argv])
    except MissingToolError:
        return None


def features() -> dict[str, str]:
    """Features of the kernel that labs want, each with the reason why it is missing, which is empty for what it has; empty where none can
    be asked."""
    result = _probe()
    known: dict[str, str] = json.loads(result.stdout) if result is not None and result.returncode == 0 else {}
    return known


def _probe() -> subprocess.CompletedProcess[str] | None:
    return _in_namespaces([sys.executable, "-P", "-m", "labgen.lab.embedded.probe"])


def _kernel() -> Iterator[Item]:
    result = _probe()
    if result is None or result.returncode != 0:
        yield Item("kernel", "features", "missing", _last_line(result), "see `namespaces` above")
        return
    for name, reason in json.loads(result.stdout).items():
        absent: State = "missing" if name in NEEDED_FEATURES else "optional"
        note = FEATURE_NOTES.get(name, "")
        remedy = f"sudo modprobe {name}" if name in MODULES else ""
        yield Item(
            "kernel", name, absent if reason else "ok", "; ".join(filter(None, (reason, note))), remedy
        )


# --- programs ---


def _programs() -> Iterator[Item]:
    needed = OWN_PROGRAMS | (USER_PROGRAMS if os.geteuid() else {})
    versions = installed({*needed.values(), *COMFORT_PROGRAMS.values()})
    for name, package in needed.items():
        yield _program(name, package, versions, "missing")
    for name, package in COMFORT_PROGRAMS.items():
        yield _program(name, package, versions, "optional")


def _program(name: str, package: str, versions: dict[str, str], absent: State) -> Item:
    if _which(name):
        return Item("program", name, "ok", versions.get(package, ""))
    return Item("program", name, absent, f"in package {package}", packages=(package,))


def _which(program: str) -> str | None:
    return processes.program(program) or shutil.which(program, path=Path(sys.executable).parent)


def _devices() -> Iterator[Item]:
    devices = [device.facts for device in registry.everything().values() if device.facts.embedded]
    versions = installed({package for facts in devices for package in facts.packages})
    for facts in devices:
        gone = [program for program in facts.programs if not _which(program)]
        if gone:
            yield Item("device", facts.name, "missing", f"no {', '.join(gone)}", packages=facts.packages)
        else:
            known = (f"{package} {versions[package]}" for package in facts.packages if package in versions)
            yield Item("device", facts.name, "ok", ", ".join(known))


def _tools() -> Iterator[Item]:
    for name, (program, *arguments) in TOOLS.items():
        path = _which(os.environ.get("LABGEN_NETLAB", program) if name == "netlab" else program)
        if path is None:
            yield Item("tool", name, "optional", f"not installed; needed for {_needed_for(name)}")
            continue
        result = _run([path, *arguments])
        answer = (result.stdout if result else "").strip().splitlines()
        if name == "docker" and (reason := _no_engine(path)):
            yield Item("tool", name, "optional", f"{reason}; needed for {_needed_for(name)}")
            continue
        yield Item("tool", name, "ok", answer[0] if answer else path)


def _no_engine(docker: str) -> str:
    """The reason why no engine answers this user's docker; empty where one does."""
    result = _run([docker, "version", "--format", "{{.Server.Version}}"])
    if result is not None and result.returncode == 0:
        return ""
    return f"the engine does not answer: {_last_line(result)}"


def _needed_for(tool: str) -> str:
    if tool == "linux.uml":
        return "--kernel uml; on Debian: apt-get install user-mode-linux kmod"
    provider = {"docker": "containerlab", "kubectl": "clabernetes"}.get(tool, tool)
    return f"--provider {provider}"
