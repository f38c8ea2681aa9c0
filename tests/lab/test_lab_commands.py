"""`labgen` commands on a running lab, as a user types them."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from lab_folders import ROUTED, make_folder
from lab_host import eventually
from nornir.core.configuration import Config
from nornir.core.plugins.connections import ConnectionPluginRegister

from labgen.collect.inventory import of_lab
from labgen.lab.embedded.client import EmbeddedLab

pytest_plugins = ["lab_fixtures"]

LABGEN = (sys.executable, "-c", "from labgen.cli.main import main; main()")


def labgen(*arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*LABGEN, *arguments], input=text, capture_output=True, text=True, timeout=30, check=False
    )


@pytest.mark.lab
def test_status_in_json_tells_every_daemon(flagship: EmbeddedLab) -> None:
    done = labgen("status", str(flagship.folder), "--format", "json")
    answer = json.loads(done.stdout)
    assert answer["schema"] == "labgen/status/1"
    (lab,) = answer["labs"]
    assert lab["folder"] == str(flagship.folder)
    assert {node["name"] for node in lab["nodes"]} == {node.name for node in flagship.plan.nodes}


@pytest.mark.lab
def test_status_table_shows_what_does_not_run(flagship: EmbeddedLab) -> None:
    done = labgen("status", str(flagship.folder))
    assert "dhclient (not started)" in done.stdout
    assert "evpn-redundant-server" in done.stdout


@pytest.mark.lab
def test_exec_joins_streams_and_passes_the_status_on(flagship: EmbeddedLab) -> None:
    done = labgen(
        "exec", "--lab", str(flagship.folder), "cl_a", "--", "sh", "-c", "cat; exit 5", text="through\n"
    )
    assert (done.returncode, done.stdout) == (5, "through\n")


@pytest.mark.lab
def test_exec_passes_options_of_the_command_on(flagship: EmbeddedLab) -> None:
    done = labgen("exec", "--lab", str(flagship.folder), "sw1", "--", "uname", "-n")
    assert done.stdout == "sw1\n"


@pytest.mark.lab
@pytest.mark.parametrize(
    "arguments", [("exec", "nobody", "--", "true"), ("logs", "nobody"), ("capture", "nobody:eth1")]
)
def test_unknown_node_is_a_usage_error_that_lists_nodes(
    flagship: EmbeddedLab, arguments: tuple[str, ...]
) -> None:
    command, *rest = arguments
    done = labgen(command, "--lab", str(flagship.folder), *rest)
    assert done.returncode == 2
    assert "srv1, srv2, sw1" in done.stderr


@pytest.mark.lab
def test_unknown_interface_lists_those_of_the_node(flagship: EmbeddedLab) -> None:
    done = labgen("capture", "--lab", str(flagship.folder), "sw1:eth77")
    assert done.returncode == 2
    assert "eth1, eth2" in done.stderr


@pytest.mark.lab
def test_logs_of_a_daemon_are_printed(flagship: EmbeddedLab) -> None:
    done = labgen("logs", "--lab", str(flagship.folder), "srv1", "kea-dhcp4")
    assert "DHCP4_STARTED" in done.stdout


@pytest.mark.lab
def test_capture_writes_a_file_until_it_is_ended(flagship: EmbeddedLab, tmp_path: Path) -> None:
    target = tmp_path / "x.pcap"
    command = [*LABGEN, "capture", "--lab", str(flagship.folder), "sw1:eth1", "-w", str(target)]
    process = subprocess.Popen(command)
    assert eventually(lambda: target.exists() and target.stat().st_size > 100)
    process.terminate()
    process.wait()
    remaining = ["sh", "-c", "ps -ef | grep '[e]mbedded.tap'"]
    assert eventually(lambda: flagship.execute("sw1", remaining).exit_code == 1), (
        "the tap ends with its reader"
    )


@pytest.mark.lab
def test_capture_ends_with_its_reader_where_no_packet_comes(flagship: EmbeddedLab) -> None:
    """Wireshark is closed on a quiet link."""
    command = [*LABGEN, "capture", "--lab", str(flagship.folder), "cl_a"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert len(process.stdout.read(24)) == 24
        process.stdout.close()
        assert process.wait(30) is not None


@pytest.mark.lab
@pytest.mark.parametrize(
    ("options", "typed", "seen"),
    [
        pytest.param([], "tty; exit 3\r", "/dev/pts/", id="shell"),
        pytest.param(["--cli"], "show version\rexit\r", "FRRouting 8", id="command line of the device"),
    ],
)
def test_connect_opens_a_terminal(flagship: EmbeddedLab, options: list[str], typed: str, seen: str) -> None:
    code, output = on_terminal(["connect", "--lab", str(flagship.folder), "sw1", *options], typed)
    assert seen in output
    assert code == (0 if options else 3)


def on_terminal(arguments: list[str], typed: str) -> tuple[int, str]:
    """Run labgen on a terminal of its own and type once it has prompted."""
    pid, master = pty.fork()
    if pid == 0:
        os.execv(sys.executable, [*LABGEN, *arguments])
    output = b""
    end = time.monotonic() + 20
    waiting = True
    while time.monotonic() < end:
        try:
            chunk = os.read(master, 4096)
        except OSError:
            break
        output += chunk
        if waiting and b"sw1" in output and b"# " in output:
            os.write(master, typed.encode())
            waiting = False
    os.close(master)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), output.decode(errors="replace")


@pytest.mark.lab
@pytest.mark.parametrize(
    ("options", "typed", "code", "seen"),
    [
        pytest.param([], "hostname; exit 3\n", 3, "sw1\n", id="shell"),
        pytest.param(["--cli"], "show version\n", 0, "FRRouting 8", id="command line of the device"),
        pytest.param([], "", 0, "", id="nothing"),
    ],
)
def test_piped_commands_are_run_and_connect_returns(
    flagship: EmbeddedLab, options: list[str], typed: str, code: int, seen: str
) -> None:
    done = labgen("connect", "--lab", str(flagship.folder), "sw1", *options, text=typed)
    assert done.returncode == code, done.stderr
    assert seen in done.stdout


@pytest.mark.lab
def test_nornir_script_of_the_docs_works_for_root(flagship: EmbeddedLab) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs/nornir.md").read_text()
    (script,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    options = f'"LabgenInventory", "options": {{"folder": "{flagship.folder}"}}'
    program = script.replace('"LabgenInventory"', options)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.count("BGP router identifier") == 3, done.stderr
    assert done.returncode == 0


@pytest.mark.lab
def test_nornir_session_that_was_closed_can_be_opened_again(flagship: EmbeddedLab) -> None:
    ConnectionPluginRegister.auto_register()
    host = of_lab(flagship).hosts["cl_a"]
    for _ in range(3):
        connection = host.get_connection("netmiko", Config())
        assert connection.send_command("hostname").strip() == "cl_a"
        host.close_connections()


@pytest.mark.lab
def test_commands_name_the_lab_where_several_run(flagship: EmbeddedLab, tmp_path: Path) -> None:
    second = str(make_folder(ROUTED, tmp_path))
    up = labgen("up", second)
    try:
        assert f"labgen connect --lab {second} " in up.stderr
        assert f"labgen verify {second} " in up.stderr
        which = labgen("exec", "cl_a", "--", "true")
        assert which.returncode == 2 and "--lab DIR" in which.stderr and second in which.stderr
    finally:
        labgen("down", second)


@pytest.mark.slow
def test_output_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*LABGEN, "scenarios"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=30, check=False
        )
    assert done.returncode == 3
    assert "no space is left" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("command", ["status", "down"])
def test_folder_without_a_lab_says_how_to_start_one(tmp_path: Path, command: str) -> None:
    done = labgen(command, str(tmp_path))
    assert done.returncode == 3
    assert "labgen up" in done.stderr


@pytest.mark.lab
@pytest.mark.usefixtures("can_run_labs")
def test_up_and_down_of_a_folder(tmp_path: Path) -> None:
    folder = str(make_folder(ROUTED, tmp_path))
    up = labgen("up", folder)
    assert up.returncode == 0, up.stderr
    down = labgen("down", folder)
    assert down.returncode == 0, down.stderr
    assert labgen("status", folder).returncode == 3
