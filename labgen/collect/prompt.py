"""Commands typed at the prompt of a network device, over a connection netmiko has made ready.

What a device says about a command it does not take is told from its answer; there is no exit status.
"""

from __future__ import annotations

import re
import time
from typing import Any

from labgen.errors import NodeUnreachableError

PAUSE = 0.01
_REFUSED = re.compile(
    r"^\s*(?:% ?(?:Invalid|Incomplete|Ambiguous|Unknown|Unrecognized|Cannot|This command|Not |Error|Command )"
    r"|Invalid (?:input|command): |(?:Incomplete|Ambiguous) command: |-?\w*bash: "
    r"|(?:syntax|unknown) error|error: )",
    re.MULTILINE | re.IGNORECASE,
)
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
"""What a shell tells a terminal: bracketed paste, colours."""


def execute(connection: Any, command: str, timeout: float) -> tuple[int, str]:
    """Status (1 where the device refused the command) and output, without the command's echo and the prompt.

    A question (`[confirm]`) ends the output too; the next command answers it. Raises NodeUnreachableError where the
    connection breaks, or the prompt does not come back within `timeout` seconds.
    """
    connection.clear_buffer()
    connection.write_channel(f"{command}{connection.RETURN}")
    text = _ESCAPE.sub("", _read(connection, command, timeout))
    lines = text.replace("\r\n", "\n").replace("\r", "").split("\n")
    answer = "\n".join(lines[1:-1])
    return int(bool(_REFUSED.search(answer[:400]))), answer + "\n" if answer else ""


def _read(connection: Any, command: str, timeout: float) -> str:
    """Everything up to the prompt. Only the end is searched: an output may be megabytes long."""
    base = re.escape(_ESCAPE.sub("", str(connection.base_prompt)))
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
