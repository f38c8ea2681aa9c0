"""Labs that tests share."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab_folders import FLAGSHIP, make_folder

from labgen.lab.embedded.client import EmbeddedLab
from labgen.lab.embedded.launcher import unshare_command
from labgen.lab.embedded.provider import EmbeddedProvider


def _why_not() -> str:
    for program in ("unshare", "dropbear"):
        if shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin") is None:
            return f"{program} is not installed"
    done = subprocess.run([*unshare_command(), "true"], capture_output=True, text=True, check=False)
    return done.stderr.strip()


@pytest.fixture(scope="session")
def own_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Labs that this process starts are known to it alone: other test processes run labs at the same time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(scope="session")
def can_run_labs(own_state: None) -> None:
    """Skip, with the reason, where this machine allows no namespaces."""
    if reason := _why_not():
        pytest.skip(f"no embedded labs here: {reason}")


@pytest.fixture(scope="session")
def flagship_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built folder of the flagship scenario."""
    return make_folder(FLAGSHIP, tmp_path_factory.mktemp("flagship"))


@pytest.fixture(scope="module")
def flagship(can_run_labs: None, flagship_folder: Path) -> Iterator[EmbeddedLab]:
    """The flagship lab, running."""
    lab = EmbeddedProvider().up(flagship_folder, lambda stage: None, detach=False)
    yield lab
    lab.down()
