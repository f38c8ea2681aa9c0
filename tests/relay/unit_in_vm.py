"""The unit as shipped under a real systemd: run this as root inside a virtual machine that may be spoilt, never elsewhere.

    python tests/relay/unit_in_vm.py --really

Makes two clients' interfaces, a server's and a VRF device (where the kernel has them), installs docs/labgen-relay.service with the
configuration it names, and prints what does not hold; exit code 1 then. It wants systemd as process 1 and `labgen-relay` on PATH.
"""

from __future__ import annotations

import argparse
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

UNIT = Path(__file__).parents[2] / "docs" / "labgen-relay.service"
CONFIG = Path("/etc/labgen-relay.yml")
INSTALLED = Path("/etc/systemd/system/labgen-relay.service")
SECONDS = 20.0
TEXT = """
name: vm
log: "-"
log_level: debug
control: /run/labgen-relay/relay.sock
{vrfs}
interfaces:
  - {{name: cl1, servers: [{{address: 10.0.0.2}}]}}
  - {{name: late9, servers: [{{address: 10.0.0.2}}]}}
{tenant}
"""


def run(*command: str, check: bool = True) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stderr}")
    return done.stdout + done.stderr


def has_vrf() -> bool:
    return (
        subprocess.run(
            ["ip", "link", "add", "red", "type", "vrf", "table", "10"], capture_output=True
        ).returncode
        == 0
    )


def prepare() -> bool:
    """Interfaces, configuration and unit; True where there is a VRF device."""
    vrf = has_vrf()
    for pair, address in (("cl1", "172.16.1.1/24"), ("cl2", "172.16.2.1/24"), ("up0", "10.0.0.1/24")):
        run("ip", "link", "add", pair, "type", "veth", "peer", "name", f"{pair}p")
        run("ip", "link", "set", pair, "up")
        run("ip", "link", "set", f"{pair}p", "up")
        if vrf and pair == "cl2":
            run("ip", "link", "set", "red", "up")
            run("ip", "link", "set", "cl2", "master", "red")
        run("ip", "addr", "add", address, "dev", pair)
    tenant = "  - {name: cl2, vrf: red, giaddr: 10.0.0.1, servers: [{address: 10.0.0.2}]}" if vrf else ""
    CONFIG.write_text(
        TEXT.format(vrfs="vrfs: {red: {device: red}}" if vrf else "", tenant=tenant), encoding="utf-8"
    )
    program = shutil.which("labgen-relay")
    assert program is not None, "labgen-relay is not on PATH"
    INSTALLED.write_text(UNIT.read_text("utf-8").replace("/usr/local/bin/labgen-relay", program), "utf-8")
    run("systemctl", "daemon-reload")
    return vrf


def state() -> str:
    return run("systemctl", "is-active", "labgen-relay", check=False).strip()


def becomes(wanted: str) -> bool:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if state() == wanted:
            return True
        time.sleep(0.2)
    return False


def faults() -> Iterator[str]:
    """What does not hold, in words."""
    prepare()
    run("systemctl", "start", "labgen-relay", check=False)
    if not becomes("active"):
        yield f"not active: {run('journalctl', '-u', 'labgen-relay', '--no-pager', check=False)[-2000:]}"
        return
    stats = run("labgen-relay", "stats", "--format", "json", check=False)
    if not stats.startswith("{") or "cl1@default" not in json.loads(stats)["interfaces"]:
        yield f"`labgen-relay stats` without arguments does not find it: {stats[-300:]}"
    journal = run("journalctl", "-u", "labgen-relay", "--no-pager", "-o", "cat", check=False)
    if '"event":"ready"' not in journal or '"late9@default: no such interface"' not in journal:
        yield f"the journal lacks `ready` or what is waited for: {journal[-500:]}"
    yield from _after_changes()


def _after_changes() -> Iterator[str]:
    pid = run("systemctl", "show", "-p", "MainPID", "--value", "labgen-relay").strip()
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    held = {line.split()[1] for line in status.splitlines() if line.startswith(("CapPrm", "CapEff"))}
    if held != {f"{1 << 10 | 1 << 13:016x}"}:
        yield f"capabilities {held}, not CAP_NET_BIND_SERVICE and CAP_NET_RAW alone"
    run("ip", "link", "add", "late9", "type", "bridge")
    run("ip", "addr", "add", "172.16.9.1/24", "dev", "late9")
    run("systemctl", "reload", "labgen-relay")
    if not becomes("active"):
        yield "not active after a reload"
    run("systemctl", "restart", "labgen-relay")
    if not becomes("active"):
        yield "not active after a restart"
    second = run("labgen-relay", "run", "-c", str(CONFIG), check=False)
    if "another labgen-relay" not in second:
        yield f"a second instance is not refused: {second[-300:]}"
    run("systemctl", "kill", "-s", "KILL", "labgen-relay")
    time.sleep(2)
    if not becomes("active"):
        yield "not active again after it was killed"
    run("systemctl", "stop", "labgen-relay")
    if Path("/run/labgen-relay").exists():
        yield "/run/labgen-relay is left behind"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--really", action="store_true", help="this is a virtual machine that may be spoilt")
    options = parser.parse_args()
    if not options.really or Path("/proc/1/comm").read_text("utf-8").strip() != "systemd":
        raise SystemExit(
            f"{socket.gethostname()} is not for this: it takes --really, and systemd as process 1"
        )
    found = list(faults())
    sys.stdout.write("".join(f"FAIL {fault}\n" for fault in found) or "the unit holds\n")
    raise SystemExit(1 if found else 0)


if __name__ == "__main__":
    main()
