"""Recorded devices with other prompts than Cisco's: Aruba, Dell, VyOS, and Linux switches that take commands without a terminal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncssh
from devices_recorded import Device

PASTE_ON, PASTE_OFF = "\x1b[?2004h", "\x1b[?2004l\r"


@dataclass
class Prompted(Device):
    """A device that ends lines at a carriage return or a newline, and shows `shape` with its name and mode.

    `refusal` is said to what it does not know; a shell that is told to `paste` brackets what is pasted.
    """

    shape: str = "{name}{mode}#"
    refusal: str = "% Unknown command."
    paste: bool = False

    @property
    def prompt(self) -> str:
        return (PASTE_ON if self.paste else "") + self.shape.format(name=self.name, mode=self.mode)

    async def serve(self, process: asyncssh.SSHServerProcess[str]) -> None:
        process.stdout.write(f"\r\n{self.prompt}")
        try:
            async for command in _typed(process):
                self.typed.append(command)
                process.stdout.write(f"{command}\r\n{PASTE_OFF if self.paste else ''}")
                text = self._answer(command)
                process.stdout.write(text.replace("\n", "\r\n") + self.prompt)
        except (asyncssh.BreakReceived, ConnectionError, BrokenPipeError):
            return

    def _answer(self, command: str) -> str:
        if command in self.answers:
            return self.answers[command]
        if command == "configure terminal":
            self.mode = "(config)"
        elif command.startswith("interface "):
            self.mode = "(config-if)"
        elif command == "end":
            self.mode = ""
        elif not (
            self.mode
            or not command
            or command.startswith(("no page", "terminal ", "set terminal", "$(command -v sudo) "))
        ):
            return f"{self.refusal}\n"
        return ""


async def _typed(process: asyncssh.SSHServerProcess[str]) -> AsyncIterator[str]:
    line = ""
    while key := await process.stdin.read(1):
        if key in "\r\n":
            yield line
            line = ""
        else:
            line += key


@dataclass
class Shell(Prompted):
    """A Linux switch: a command in a channel of its own is run without prompt and echo, and has an exit status."""

    shape: str = "cumulus@{name}:mgmt:~$ "

    async def serve(self, process: asyncssh.SSHServerProcess[str]) -> None:
        if process.command is None:
            await super().serve(process)
            return
        self.typed.append(process.command)
        known = process.command in self.answers
        process.stdout.write(self.answers.get(process.command, "sh: not found\n"))
        process.exit(0 if known else 127)
