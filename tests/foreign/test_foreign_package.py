"""A package of somebody else, really installed, brings a device with all that belongs to it: `tests/foreign/acme`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("foreign")
PROJECT = Path(__file__).with_name("acme")
LABGEN = "import sys; from labgen.cli.main import main; sys.exit(main())"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder pip installed the package into."""
    folder = tmp_path_factory.mktemp("acme")
    source = shutil.copytree(PROJECT, folder / "source")
    arguments = [
        "--quiet",
        "--no-deps",
        "--no-index",
        "--no-build-isolation",
        "--target",
        str(folder / "site"),
    ]
    subprocess.run([sys.executable, "-m", "pip", "install", *arguments, str(source)], check=True)
    return folder / "site"


def python(code: str, *args: str, site: Path | None, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "NO_COLOR": "1", "PYTHONPATH": str(site) if site else ""}
    return subprocess.run(
        [sys.executable, "-c", code, *args],
        cwd=cwd,
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
    )


@pytest.mark.slow
def test_its_device_is_built_with_its_template(installed: Path, tmp_path: Path) -> None:
    done = python(
        LABGEN, "build", "relay", "--device", "switch=acme", "-o", "lab", site=installed, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    config = (tmp_path / "lab/config/relay/etc/acme/relay.conf").read_text()
    assert config == "listen eth2 giaddr 172.16.0.2\nserver 10.0.0.1\n"


@pytest.mark.slow
def test_without_it_its_device_is_unknown(tmp_path: Path) -> None:
    done = python(LABGEN, "build", "relay", "--device", "switch=acme", "-o", "lab", site=None, cwd=tmp_path)
    assert done.returncode == 2
    assert "unknown device `acme`" in done.stderr
    assert not (tmp_path / "lab").exists()


@pytest.mark.slow
def test_its_log_is_recognised_and_read(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "relay.log").write_text("acme-relayd: DISCOVER 02:01:00:00:00:03 -> 10.1.0.2\n")
    done = python(LABGEN, "analyze", "relay.log", "--format", "json", site=installed, cwd=tmp_path)
    analysis = json.loads(done.stdout)
    assert [source["format"] for source in analysis["sources"]] == ["acme"]
    (exchange,) = analysis["exchanges"]
    assert [(m["type"], m["dst"]) for m in exchange["messages"]] == [("DISCOVER", "10.1.0.2")]
    assert exchange["client"]["mac"] == "02:01:00:00:00:03"


@pytest.mark.slow
def test_its_packages_go_into_the_image(installed: Path, tmp_path: Path) -> None:
    code = "from labgen.lab.containers import image; print(image.dockerfile())"
    assert "acme-relayd" in python(code, site=installed, cwd=tmp_path).stdout.split()
    assert "acme-relayd" not in python(code, site=None, cwd=tmp_path).stdout.split()


PLANNED = """
from labgen.plan.build import build
from labgen.spec.load import load
from labgen.verify import playbook
print(*(check.id for step in playbook.load("acme-acquire", build(load("acme-relay"))).steps for check in step.planned))
"""


@pytest.mark.slow
def test_its_scenario_runs_its_playbook_with_its_check(installed: Path, tmp_path: Path) -> None:
    done = python(PLANNED, site=installed, cwd=tmp_path)
    assert done.stdout == "acme.logged:relay\n", done.stderr


ASKED = """
from labgen.devices import readers
from labgen.devices.observed import Raw
from labgen.plan.build import build
from labgen.spec.load import load
node = build(load("acme-relay")).node("relay")
reader = readers.get("acme")
raw = {"acme-relay.log": Raw("acme-relayd: OFFER 02:01:00:00:00:03 -> 172.16.0.9\\n", "raw/relay.log")}
print([probe.name for probe in reader.probes(node)][-2:])
print([message.type.value for message in reader.observe(node, raw).messages])
print("stop-relay" in reader.actions(node))
"""


@pytest.mark.slow
def test_its_reader_asks_reads_and_acts(installed: Path, tmp_path: Path) -> None:
    done = python(ASKED, site=installed, cwd=tmp_path)
    assert done.stdout == "['relay-state', 'acme-relay.log']\n['OFFER']\nTrue\n", done.stderr
