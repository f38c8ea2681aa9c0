"""docs/labgen-relay.service under a real systemd, in a kernel of its own, with a VRF that is a device."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from test_uml_labs import installed
from uml_guest import REPOSITORY, inside, needs_kernel, takes_minutes

pytestmark = [pytest.mark.uml, needs_kernel, takes_minutes]
SYSTEMD = Path("/lib/systemd/systemd")
NET_RAW, NET_BIND_SERVICE = 1 << 13, 1 << 10


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the probe unit saw, by moment or by line of the process's status."""
    for program in ("dnsmasq", "udhcpc"):
        if shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/bin") is None:
            pytest.skip(f"{program} is not installed")
    if not SYSTEMD.exists():
        pytest.skip("systemd is not installed")
    place = Path("/opt") / tmp_path_factory.mktemp("systemd").name
    installed(place)
    try:
        ended = inside(str(REPOSITORY / "tests" / "uml" / "systemd.sh"), str(place / "bin" / "labgen-relay"))
    finally:
        shutil.rmtree(place)
    assert ended.status == 0, ended.err[-4000:]
    pairs = [line.split(": ", 1) for line in ended.out.splitlines() if ": " in line]
    return {f"{name}, lease" if "lease" in value else name: value for name, value in pairs}


def test_the_service_is_active_once_it_relays(told: dict[str, str]) -> None:
    assert told["start"] == "active 0"
    assert told["start, lease"] == "lease"


def test_the_service_runs_as_nobody_with_two_capabilities(told: dict[str, str]) -> None:
    uids = set(told["Uid"].split())
    assert len(uids) == 1
    assert 61184 <= int(*uids) <= 65519, "systemd's dynamic users"
    assert int(told["CapEff"], 16) == NET_RAW | NET_BIND_SERVICE
    assert (told["NoNewPrivs"], told["Seccomp"]) == ("1", "2")


def test_clients_are_served_after_a_reload(told: dict[str, str]) -> None:
    assert told["reload"] == "active 0"
    assert told["reload, lease"] == "lease"


def test_a_relay_that_was_killed_is_started_again_and_serves(told: dict[str, str]) -> None:
    assert told["killed"] == "active 1"
    assert told["killed, lease"] == "lease"


def test_a_stopped_service_leaves_nothing(told: dict[str, str]) -> None:
    assert told["stopped"] == "inactive 1"
    assert "left" not in told
