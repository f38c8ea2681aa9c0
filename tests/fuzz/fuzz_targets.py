"""What is fuzzed: every reader of something that labgen did not write itself. A target takes octets and returns, or raises what it
must not.

Each is the reader a user reaches, with its own errors (LabgenError) taken as answers; whatever else escapes is a find, and so is an
output that commands a terminal.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from click.testing import CliRunner

from labgen.cli.main import cli
from labgen.dhcp.packet import Packet
from labgen.ground.errors import LabgenError
from labgen.ground.labplan import LabPlan
from labgen.ground.planfile import read_plan
from labgen.plan.build import build
from labgen.relay.config import parse_config
from labgen.render import folder
from labgen.spec.load import load
from labgen.verify import playbook

HERE = Path(__file__).parent
TOP = HERE.parents[1]
ALLOWED_CODES = frozenset({0, 2, 4})
COMMANDS_A_TERMINAL = frozenset(map(chr, (*range(9), *range(11, 32), *range(127, 160)))) - {"\r"}


@cache
def _plan() -> LabPlan:
    return build(load("relay"))


def _file(data: bytes, suffix: str, run: Callable[[Path], object]) -> None:
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / f"input{suffix}"
        file.write_bytes(data)
        try:
            run(file)
        except LabgenError as error:
            assert str(error)


def spec(data: bytes) -> None:
    """A spec, and the plan and every artifact where one follows from it."""
    _file(data, ".yml", lambda file: folder.artifacts(build(load(str(file)))))


def book(data: bytes) -> None:
    """A playbook, bound to a plan."""
    _file(data, ".yml", lambda file: playbook.load(str(file), _plan()))


def relaycfg(data: bytes) -> None:
    """labgen-relay's configuration."""
    _file(data, ".yml", lambda file: parse_config(file.read_text(errors="surrogateescape"), file))


def plan(data: bytes) -> None:
    """The plan in a lab folder."""

    def read(file: Path) -> None:
        file.rename(file.with_name("plan.json"))
        read_plan(file.parent)

    _file(data, ".json", read)


def manifest(data: bytes) -> None:
    """The manifest of a lab folder that is built again; what lies beside the folder stays."""

    def rebuild(file: Path) -> None:
        lab, beside = file.parent / "lab", file.parent / "beside"
        beside.write_text("stays")
        folder.write(_plan(), lab)
        file.rename(lab / "manifest.json")
        try:
            folder.write(_plan(), lab, force=True)
        finally:
            assert beside.read_text() == "stays"

    _file(data, ".json", rebuild)


def _analyze(data: bytes, *options: str) -> None:
    def run(file: Path) -> None:
        for form in ("table", "json"):
            done = CliRunner().invoke(cli, ["analyze", "--format", form, *options, str(file)])
            if done.exception is not None and not isinstance(done.exception, SystemExit | LabgenError):
                raise done.exception
            assert done.exit_code in ALLOWED_CODES or isinstance(done.exception, LabgenError), done.output
            assert not COMMANDS_A_TERMINAL & set(done.output), sorted(COMMANDS_A_TERMINAL & set(done.output))
            if form == "json" and done.exit_code == 0:
                json.loads(done.stdout)

    _file(data, ".log", run)


def log(data: bytes) -> None:
    """A text whose format is recognised by its content."""
    _analyze(data)


def capture(data: bytes) -> None:
    """A pcap or pcapng file."""
    _analyze(data)


def packet(data: bytes) -> None:
    """A DHCPv4 message. ValueError says that it is none."""
    try:
        Packet.decode(data)
    except (ValueError, LabgenError):
        return


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    target.__name__: target for target in (spec, book, relaycfg, plan, manifest, log, capture, packet)
}


def seeds(target: str) -> list[bytes]:
    """The kept corpus of a target: what once was a find, and healthy inputs of each kind."""
    kept = [file.read_bytes() for file in sorted((HERE / "corpus" / target).glob("*"))]
    healthy: Mapping[str, Callable[[], list[bytes]]] = {
        "spec": lambda: _files("topologies", "*.yml"),
        "book": lambda: _files("playbooks", "*.yml"),
        "plan": lambda: [_plan().to_json().encode()],
        "manifest": lambda: [
            b'{"schema": "labgen/manifest/1", "files": {"addresses.txt": "00", "config/srv/x": "11"}}'
        ],
    }
    return [*kept, *(healthy[target]() if target in healthy else [])]


def _files(name: str, pattern: str) -> list[bytes]:
    return [file.read_bytes() for file in sorted((TOP / name).glob(pattern))]
