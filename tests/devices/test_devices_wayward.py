"""Devices that do what boots, launchers and consoles do: prompts come late, connections break, logs get into answers, and a new
password is asked for. A text is whole or there is an error; it is never half, and never empty for no reason.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncssh
import pytest
from devices_recorded import Device, Rack, RecordedLab

from labgen.collect import session as session_module
from labgen.collect.session import Output, Session
from labgen.devices.base import Probe
from labgen.lab import credentials
from labgen.plan.build import build
from labgen.spec import load

SHOW = "show interfaces"
LINES = "".join(f"Vlan{number} is up, line protocol is up\n" for number in range(100))
MESSAGES = {
    "IOS": "*Mar  1 00:00:12.345: %LINK-3-UPDOWN: Interface GigabitEthernet0/1, changed state to up",
    "NX-OS": "2026 Mar  1 10:00:00 sw1 %ETHPORT-5-IF_UP: Interface Ethernet1/1 is up",
    "EOS": "Mar  1 10:00:00 sw1 Ebra: %LINEPROTO-5-UPDOWN: Line protocol on Interface Ethernet1, changed state to up",
    "IOS XR": "RP/0/RP0/CPU0:Mar  1 10:00:00.123 UTC: ifmgr[257]: %PKT_INFRA-LINK-3-UPDOWN : Interface is up",
}


@dataclass
class Wayward(Device):
    """`late` seconds pass before the echo of a command, with one more prompt, from before, in front of it; `breaks` times the
    connection ends in the middle of the answer; a `message` of its log stands in the answer and, if `behind`, after the
    prompt; `asks` is said instead of an answer.
    """

    late: float = 0.0
    breaks: int = 0
    message: str = ""
    behind: bool = False
    asks: str = ""

    async def serve(self, process: asyncssh.SSHServerProcess[str]) -> None:
        process.stdout.write(f"\r\n{self.prompt}")
        try:
            while line := await process.stdin.readline():
                command = line.strip()
                self.typed.append(command)
                if command != SHOW:
                    process.stdout.write(f"{command}\r\n{self.prompt}")
                    continue
                if not await self._show(process):
                    return
        except (asyncssh.BreakReceived, ConnectionError, BrokenPipeError):
            return

    async def _show(self, process: asyncssh.SSHServerProcess[str]) -> bool:
        if self.late:
            process.stdout.write(f"\r\n{self.prompt}")
            await asyncio.sleep(self.late)
        process.stdout.write(f"{SHOW}\r\n")
        if self.asks:
            process.stdout.write(self.asks)
            return True
        text = self.answers[SHOW]
        assert isinstance(text, str)
        lines = text.splitlines()
        if self.message:
            lines.insert(50, self.message)
        process.stdout.write("\r\n".join(lines[:60]) + "\r\n")
        if self.breaks:
            self.breaks -= 1
            await process.stdout.drain()
            process.get_extra_info("connection").abort()
            return False
        process.stdout.write("\r\n".join(lines[60:]) + f"\r\n{self.prompt}")
        if self.behind:
            process.stdout.write(f"\r\n{self.message}\r\n")
        return True


@contextmanager
def talking(folder: Path, device: Device) -> Iterator[Session]:
    plan = build(load.load("evpn-redundant-server", {"switch": "eos", "server": "csr", "client": "iosv"}))
    rack = Rack({device.name: device})
    try:
        with Session(RecordedLab(plan, folder, rack)) as running:
            yield running
    finally:
        rack.close()


def asked(running: Session) -> Output:
    (output,) = running.collect({"srv1": [Probe("interfaces", SHOW)]})
    return output


def test_a_prompt_that_comes_late_ends_no_answer(tmp_path: Path) -> None:
    with talking(tmp_path, Wayward("srv1", {SHOW: LINES}, late=0.5)) as running:
        output = asked(running)
    assert (output.error, output.text) == ("", LINES)


def test_an_empty_answer_is_empty_without_error(tmp_path: Path) -> None:
    with talking(tmp_path, Device("srv1", {SHOW: ""})) as running:
        output = asked(running)
    assert (output.error, output.text) == ("", "")


def test_a_connection_that_breaks_is_an_error_and_the_next_question_is_answered(tmp_path: Path) -> None:
    with talking(tmp_path, Wayward("srv1", {SHOW: LINES}, breaks=1)) as running:
        first, second = asked(running), asked(running)
    assert first.error
    assert first.text == "", "half an answer is none"
    assert (second.error, second.text) == ("", LINES)


@pytest.mark.slow
@pytest.mark.parametrize("behind", [False, True], ids=["in the answer", "and behind the prompt"])
@pytest.mark.parametrize("message", list(MESSAGES.values()), ids=list(MESSAGES))
def test_messages_of_the_devices_log_are_no_part_of_an_answer(
    message: str, behind: bool, tmp_path: Path
) -> None:
    device = Wayward("srv1", {SHOW: LINES}, message=message, behind=behind)
    with talking(tmp_path, device) as running:
        output = asked(running)
        again = asked(running)
    assert (output.error, output.text) == ("", LINES)
    assert (again.error, again.text) == ("", LINES)


def test_messages_are_kept_where_the_log_is_what_was_asked_for(tmp_path: Path) -> None:
    log = f"Syslog logging: enabled\n{MESSAGES['IOS']}\n"
    with talking(tmp_path, Device("srv1", {"show logging": log}, pages=False)) as running:
        (output,) = running.collect({"srv1": [Probe("log", "show logging")]})
    assert output.text == log


@pytest.mark.parametrize("words", ["Enter new password: ", "New password: ", "Retype new password:"])
def test_a_device_that_asks_for_a_new_password_is_told_at_once(
    words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_module, "COMMAND_TIMEOUT", 600.0)
    with talking(tmp_path, Wayward("srv1", {SHOW: LINES}, asks=words)) as running:
        output = asked(running)
    assert "asks for a new password" in output.error
    assert "LABGEN_PASSWORD" in output.error
    assert output.text == ""


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        pytest.param({}, ("admin", "image"), id="the image's"),
        pytest.param({"LABGEN_PASSWORD": "all"}, ("admin", "all"), id="for all nodes"),
        pytest.param({"LABGEN_PASSWORD": "all", "LABGEN_PASSWORD_LEAF_1": "own"}, ("admin", "own"), id="own"),
        pytest.param(
            {"LABGEN_USERNAME": "netops", "LABGEN_PASSWORD_LEAF_2": "x"}, ("netops", "image"), id="name"
        ),
    ],
)
def test_credentials_come_from_the_environment(
    variables: dict[str, str], expected: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert credentials.login("leaf-1", ("admin", "image")) == expected


def test_credentials_come_from_a_keyring_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "keyring.py").write_text(
        "import types\nerrors = types.SimpleNamespace(KeyringError=RuntimeError)\n"
        "def get_password(service, name):\n    return {('labgen', 'sw1'): 'kept', ('labgen', '*'): 'others'}.get((service, name))\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    assert credentials.login("sw1", ("admin", "image")) == ("admin", "kept")
    assert credentials.login("sw2", ("admin", "image")) == ("admin", "others")
    monkeypatch.setenv("LABGEN_PASSWORD", "said")
    assert credentials.login("sw1", ("admin", "image")) == ("admin", "said")


def test_passwords_do_not_go_into_a_kernel_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes there is written to a file."""
    from labgen.lab.uml import inside

    monkeypatch.setenv("LABGEN_PASSWORD", "secret-1")
    monkeypatch.setenv("LABGEN_PASSWORD_SW1", "secret-2")
    monkeypatch.setenv("LABGEN_DOCKER", "podman")
    found = inside.environment()
    assert not {"secret-1", "secret-2"} & set(found.values())
    assert found["LABGEN_DOCKER"] == "podman"


class Booting(RecordedLab):
    """Its devices take connections and break them, `resets` times."""

    resets = 0

    def ssh_socket(self, node: str) -> socket.socket:
        if not self.resets:
            return super().ssh_socket(node)
        self.resets -= 1
        ours, theirs = socket.socketpair()
        theirs.close()
        return ours


def test_a_machine_that_breaks_connections_while_it_boots_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_module, "BETWEEN", 0.01)
    plan = build(load.load("evpn-redundant-server", {"switch": "eos", "server": "csr", "client": "iosv"}))
    rack = Rack({"srv1": Device("srv1", {SHOW: LINES})})
    lab = Booting(plan, tmp_path, rack)
    lab.resets = 3
    try:
        with Session(lab) as running:
            output = asked(running)
    finally:
        rack.close()
    assert (lab.resets, output.error, output.text) == (0, "", LINES)


def test_a_machine_that_goes_on_breaking_connections_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_module, "BETWEEN", 0.01)
    monkeypatch.setattr(session_module, "BOOTING", 0.2)
    plan = build(load.load("evpn-redundant-server", {"switch": "eos", "server": "csr", "client": "iosv"}))
    rack = Rack({"srv1": Device("srv1", {SHOW: LINES})})
    lab = Booting(plan, tmp_path, rack)
    lab.resets = 10_000
    try:
        with Session(lab) as running:
            output = asked(running)
    finally:
        rack.close()
    assert output.error
    assert output.text == ""
