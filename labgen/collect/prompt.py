"""Commands typed at the prompt of a network device, over a connection netmiko has made ready.

What a device says about a command it does not take is told from its answer; there is no exit status.
"""

from __future__ import annotations

import re
import time
from typing import Any

from labgen.ground.errors import NodeUnreachableError

PAUSE = 0.01
LONGEST_BASE = 31
"""netmiko cuts the prompt of IOS XR here, because IOS XR does in configuration mode."""

_REFUSED = re.compile(
    r"^\s*(?:% ?(?:Invalid|Incomplete|Ambiguous|Unknown|Unrecognized|Cannot|This command|Not |Failed|Error|Command )"
    r"|Invalid (?:input|command): |(?:Incomplete|Ambiguous) command: |-?\w*bash: "
    r"|(?:syntax|unknown|parsing) error|unknown command|error: |(?:MINOR|MAJOR|CRITICAL): )",
    re.MULTILINE | re.IGNORECASE,
)
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
    """Status (1 where the device refused the command) and output, without the command's echo and the prompt.

    A question (`[confirm]`) ends the output too; the next command answers it. Raises NodeUnreachableError where the
    connection breaks, or the prompt does not come back within `timeout` seconds.
    """
    connection.clear_buffer()
    connection.write_channel(f"{command}{connection.RETURN}")
    text = _ESCAPE.sub("", _read(connection, command, timeout))
    lines = text.replace("\r\n", "\n").replace("\r", "").split("\n")
    answer = "\n".join(_without_context(lines[1:-1]))
    return int(bool(_REFUSED.search(answer[:400]))), answer + "\n" if answer else ""


def _without_context(lines: list[str]) -> list[str]:
    """An answer without a prompt's first line, and the empty one above that."""
    kept = list(lines)
    while kept and _CONTEXT.fullmatch(kept[-1].strip()):
        kept.pop()
        if kept and not kept[-1].strip():
            kept.pop()
    return kept


def _read(connection: Any, command: str, timeout: float) -> str:
    """Everything up to the prompt. Only the end is searched: an output may be megabytes long."""
    name = _ESCAPE.sub("", str(connection.base_prompt))
    base = re.escape(name) + (r"[^\s#$>(]*" if len(name) >= LONGEST_BASE else "")
    done = re.compile(rf"\n[^\n]*{base}(?:\([^)\n]*\)|:[^\s#$>]*)?[#$>] ?$|\[confirm\] ?$")
    deadline = time.monotonic() + timeout
    chunks: list[str] = []
    while True:
        chunk = str(connection.read_channel())
        chunks.append(chunk)
        if chunk and done.search("".join(chunks[-8:])[-400:]):
            return "".join(chunks)
        if not chunk and connection.remote_conn.closed:
            raise NodeUnreachableError(f"the connection broke during `{command}`")
        if time.monotonic() > deadline:
            raise NodeUnreachableError(f"no prompt within {timeout:g} s after `{command}`")
        if not chunk:
            time.sleep(PAUSE)
