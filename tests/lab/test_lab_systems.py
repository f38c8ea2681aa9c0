"""Systems whose package names labgen knows, the container image, and the examples for CI."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from labgen.devices import registry
from labgen.lab import doctor

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("release", "told"),
    [
        pytest.param({"ID": "debian", "VERSION_ID": "12"}, "", id="Debian 12"),
        pytest.param({"ID": "debian", "VERSION_ID": "13"}, "", id="Debian 13"),
        pytest.param({"ID": "ubuntu", "VERSION_ID": "24.04"}, "", id="Ubuntu 24.04"),
        pytest.param(
            {"ID": "fedora", "VERSION_ID": "41", "PRETTY_NAME": "Fedora 41"}, "Fedora 41", id="Fedora"
        ),
    ],
)
def test_other_systems_are_told_that_names_may_differ(
    release: dict[str, str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: release)
    assert doctor.unknown_system() == told


def test_image_has_every_package_that_labs_need() -> None:
    text = (ROOT / "docker/Dockerfile").read_text(encoding="utf-8")
    wanted = {
        package for d in registry.everything().values() if d.facts.embedded for package in d.facts.packages
    }
    wanted |= {*doctor.OWN_PROGRAMS.values(), *doctor.USER_PROGRAMS.values()}
    assert [name for name in sorted(wanted) if not re.search(rf"\s{re.escape(name)}\s", text)] == []


def test_examples_for_ci_are_those_of_the_page() -> None:
    page = (ROOT / "docs/howto/ci.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert blocks == [
        (ROOT / "examples" / name).read_text(encoding="utf-8")
        for name in ("github-actions.yml", "gitlab-ci.yml")
    ]


def test_examples_for_ci_say_what_to_run_and_keep_the_result() -> None:
    github = yaml.safe_load((ROOT / "examples/github-actions.yml").read_text())
    gitlab = yaml.safe_load((ROOT / "examples/gitlab-ci.yml").read_text())
    steps = github["jobs"]["labgen"]["steps"]
    assert any("labgen run my.yml --format junit" in step.get("run", "") for step in steps)
    assert gitlab["dhcp"]["artifacts"]["reports"]["junit"] == "labgen.xml"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "schema"),
    [("github-actions.yml", "vendor.github-workflows"), ("gitlab-ci.yml", "vendor.gitlab-ci")],
)
def test_examples_for_ci_fit_the_schema_of_their_system(file: str, schema: str) -> None:
    lint = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        schema,
        str(ROOT / "examples" / file),
    ]
    done = subprocess.run(lint, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout


def _docker() -> bool:
    if shutil.which("docker") is None:
        return False
    return subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0


@pytest.mark.containerlab
@pytest.mark.skipif(not _docker(), reason="no Docker engine answers")
def test_image_runs_a_lab_as_an_ordinary_user() -> None:
    build = ["docker", "build", "-q", "-f", str(ROOT / "docker/Dockerfile"), str(ROOT)]
    image = subprocess.run(build, capture_output=True, text=True, check=True, timeout=1200).stdout.strip()
    rights = [
        "--user",
        "labgen",
        "--security-opt",
        "seccomp=unconfined",
        "--security-opt",
        "apparmor=unconfined",
    ]
    done = subprocess.run(
        ["docker", "run", "--rm", *rights, "--security-opt", "systempaths=unconfined", "--device", "/dev/net/tun", image, "run", "relay"],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PASS" in done.stdout
