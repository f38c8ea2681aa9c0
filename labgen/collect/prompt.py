"""Commands typed at the prompt of a network device, over a connection netmiko has made ready.

What a device says about a command it does not take is told from its answer; there is no exit status.
"""

from __future__ import annotations

import re
import time
from typing import Any

from labgen.ground.errors import NodeUnreachableError

PAUSE = 0.01
SILENCE = 1.0
"""Seconds without a character after which a prompt with messages behind it counts as the last."""

TAIL = 2000
ECHO = 4000
"""Characters that may stand before the echo: a late prompt, and messages."""

LONGEST_BASE = 31
"""netmiko cuts the prompt of IOS XR here, because IOS XR does in configuration mode."""

_REFUSED = re.compile(
    r"^\s*(?:% ?(?:Invalid|Incomplete|Ambiguous|Unknown|Unrecognized|Cannot|This command|Not |Failed|Error|Command )"
    r"|Invalid (?:input|command): |(?:Incomplete|Ambiguous) command: |-?\w*bash: "
    r"|(?:syntax|unknown|parsing) error|unknown command|error: |(?:MINOR|MAJOR|CRITICAL): )",
    re.MULTILINE | re.IGNORECASE,
)
_SYSLOG = re.compile(
    r"^\s*(?:\S*RP/\S+:|<\d+>)?[*.]?(?:\d{4} )?[A-Z][a-z]{2} +\d+ (?:\d{4} )?\d\d:\d\d:\d\d.*%[A-Z0-9_]+(?:-[A-Z0-9_]+)*-\d-[A-Z0-9_]+ ?:"
)
"""A message of a device's log on its terminal: a time, and %FACILITY-SEVERITY-MNEMONIC."""

_NEW_PASSWORD = re.compile(r"(?:new|retype|current)[^\n]{0,30}password[^\n]{0,20}: ?$", re.IGNORECASE)
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
"""What a shell tells a terminal: bracketed paste, colours."""
_CONTEXT = re.compile(
    r"--\{.*\}--\[.*\]--"  # SR Linux: mode and path
    r"|[!*]*(?:\(\w+\))?\[(?:\w+:)?/.*\]"  # SR OS: path in the model-driven command line
    r"|\[edit.*\]"  # Junos in configuration mode
    r"|\{\w+(?::\w+)?\}"  # Junos: which routing engine answers
)
"""A first line that some prompts have above the one with the node's name."""


def execute(connection: Any, command: str, timeout: float) -> tuple[int, str]:
    """Status (1 where the device refused the command) and output, without the command's echo, the prompt, and what the
    device logs to the terminal meanwhile.

    The output is whole only when the prompt came after the command's own echo: a prompt that was late from before ends nothing. A
    question (`[confirm]`) ends the output too; the next command answers it. Raises NodeUnreachableError where the connection
    breaks, the prompt does not come back within `timeout` seconds, or the device asks for a new password.
    """
    connection.clear_buffer()
    connection.write_channel(f"{command}{connection.RETURN}")
    text = _read(connection, command, timeout)
    lines = text.replace("\r\n", "\n").replace("\r", "").split("\n")
    answer = "\n".join(_without_context(_without_syslog(command, lines[1:-1])))
    return int(bool(_REFUSED.search(answer[:400]))), answer + "\n" if answer else ""


def _without_syslog(command: str, lines: list[str]) -> list[str]:
    """An answer without messages the device printed into it; what is asked of logs is made of such lines."""
    return lines if "log" in command else [line for line in lines if not _SYSLOG.match(line)]


def _without_context(lines: list[str]) -> list[str]:
    """An answer without a prompt's first line, and the empty one above that."""
    kept = list(lines)
    while kept and _CONTEXT.fullmatch(kept[-1].strip()):
        kept.pop()
        if kept and not kept[-1].strip():
            kept.pop()
    return kept


def _read(connection: Any, command: str, timeout: float) -> str:
    """Everything from the command's echo to the prompt after it. Only the end is searched: an output may be megabytes long."""
    prompt = _prompt(str(connection.base_prompt))
    deadline = time.monotonic() + timeout
    text, quiet = "", time.monotonic()
    while True:
        chunk = str(connection.read_channel())
        if chunk:
            text, quiet = text + chunk, time.monotonic()
        tail = _ESCAPE.sub("", text[-TAIL:])
        if chunk and prompt.search(tail):
            text = _ESCAPE.sub("", text)
            if (echo := _echoed(text, command)) is not None:
                return text[echo:]
        if not chunk:
            _fail_where_hopeless(connection, command, tail)
            if time.monotonic() > deadline:
                raise NodeUnreachableError(f"no prompt within {timeout:g} s after `{command}`")
            if time.monotonic() - quiet > SILENCE and (whole := _uncovered(prompt, text, command)):
                return whole
            time.sleep(PAUSE)


def _prompt(name: str) -> re.Pattern[str]:
    """A pattern of the end of an output: the prompt, in whatever mode, or a question."""
    clean = _ESCAPE.sub("", name)
    base = re.escape(clean) + (r"[^\s#$>(]*" if len(clean) >= LONGEST_BASE else "")
    return re.compile(rf"\n[^\n]*{base}(?:\([^)\n]*\)|:[^\s#$>]*)?[#$>] ?$|\[confirm\] ?$")


def _echoed(text: str, command: str) -> int | None:
    """The position where the command's echo begins, before the text's last line; None while it has not come. Terminals wrap long lines, so
    white space is not looked at."""
    wanted = "".join(command.split())
    if not wanted:
        return 0
    head = text[: len(command) * 2 + ECHO]
    places = [place for place, char in enumerate(head) if not char.isspace() and char != "\b"]
    found = "".join(head[place] for place in places).find(wanted)
    if found < 0:
        return None
    ending = places[found + len(wanted) - 1]
    return places[found] if "\n" in text[ending:] else None


def _uncovered(prompt: re.Pattern[str], text: str, command: str) -> str:
    """The text up to a prompt that nothing but messages of the device's log stands behind: it prints none after them. Empty where
    that is not so."""
    lines = _ESCAPE.sub("", text).replace("\r", "").split("\n")
    while len(lines) > 1 and (not lines[-1].strip() or _SYSLOG.match(lines[-1])):
        lines.pop()
    whole = "\n".join(lines)
    echo = _echoed(whole, command) if prompt.search(whole[-TAIL:]) else None
    return "" if echo is None else whole[echo:]


def _fail_where_hopeless(connection: Any, command: str, tail: str) -> None:
    if connection.remote_conn.closed:
        raise NodeUnreachableError(f"the connection broke during `{command}`")
    if _NEW_PASSWORD.search(tail):
        raise NodeUnreachableError(
            "the device asks for a new password; log in by hand and set one, then give it in LABGEN_PASSWORD or keyring"
        )
