"""A lab that runs for a week: captures and logs have a limit, and what was given up is said."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from lab_folders import ROUTED, make_folder, sleeper
from lab_host import eventually

from labgen.cli.main import cli
from labgen.lab.embedded.capture import HEADER, PcapFile, RecordedFrame, older
from labgen.lab.embedded.limits import LEAST, LIMIT, USUAL, kept_octets
from labgen.lab.embedded.provider import EmbeddedProvider
from labgen.lab.embedded.retention import shorten

pytest_plugins = ["lab_fixtures"]


def test_a_log_keeps_whole_lines_of_its_newest_part_and_its_writer(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("ab", buffering=0) as writer:
        for number in range(3000):
            writer.write(b"line %04d\n" % number)
        gone = shorten(log, 10_000)
        writer.write(b"the next line\n")
    lines = log.read_bytes().splitlines()
    assert lines[-2:] == [b"line 2999", b"the next line"]
    assert lines[0] == b"line %04d" % (3000 - (len(lines) - 1))
    assert gone == 30_000 - 10 * (len(lines) - 1)
    assert 9_000 < log.stat().st_size <= 10_100


def test_a_log_below_twice_the_limit_is_left_alone(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"x" * 20_000)
    assert shorten(log, 10_000) == 0
    assert log.stat().st_size == 20_000
    assert shorten(tmp_path / "none", 10_000) == 0


def test_a_capture_counts_what_it_gave_up(tmp_path: Path) -> None:
    file = PcapFile(tmp_path / "a.pcap", keep=1000)
    frame = RecordedFrame("eth0", 1, 0, 84, bytes(84))
    for _ in range(20):
        file.add(frame)
    file.flush()
    assert file.given_up == 0
    assert older(file.path).exists()
    for _ in range(20):
        file.add(frame)
    file.close()
    kept = sum((part.stat().st_size - len(HEADER)) for part in (file.path, older(file.path)))
    assert file.given_up - 2 * len(HEADER) == 40 * 100 - kept > 0


@pytest.mark.parametrize(
    ("told", "octets"), [("", USUAL), ("word", USUAL), ("1", LEAST), ("100000", 100_000)]
)
def test_the_limit_can_be_set(told: str, octets: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LIMIT, told)
    assert kept_octets() == octets


@pytest.mark.lab
@pytest.mark.usefixtures("can_run_labs")
def test_a_limit_that_is_reached_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LIMIT, str(LEAST))
    folder = make_folder(ROUTED, tmp_path)
    script = (
        "touch /run/serving; i=0; while [ $i -lt 2000 ]; do i=$((i+1)); echo line $i; done; exec sleep 1000"
    )
    chatty = sleeper(argv=("sh", "-c", script))
    provider = EmbeddedProvider(lambda plan, node: (chatty,) if node.name == "sw1" else ())
    lab = provider.up(folder, lambda stage: None)
    try:
        assert eventually(lambda: bool(lab.status().given_up))
        (told,) = lab.status().given_up
        assert told.startswith("sw1: /var/log/sleeper.log reached its limit, its oldest ")
        kept = lab.execute("sw1", ["cat", "/var/log/sleeper.log"]).stdout
        assert kept.endswith(b"line 2000\n")
        assert len(kept) <= LEAST
        assert told in CliRunner().invoke(cli, ["status", os.fspath(folder)]).output
    finally:
        lab.down()
