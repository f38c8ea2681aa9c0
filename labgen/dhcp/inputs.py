"""Files of unknown kind into messages, remarks and bindings: captures, logs, lease files, tables, pages with logs in them."""

from __future__ import annotations

import gzip
import io
import lzma
import sys
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from labgen.dhcp.collected import Collected, Input, Progress, Readers
from labgen.dhcp.model import Source
from labgen.dhcp.naming import STANDARD_INPUT, node_name, node_names
from labgen.dhcp.pcap import is_capture
from labgen.dhcp.reading_captures import CAPTURE, read_capture_input
from labgen.dhcp.reading_texts import read_text
from labgen.dhcp.sniff import looks_like
from labgen.dhcp.texts import looks_binary, unpacked
from labgen.ground.errors import InputError

__all__ = [
    "CAPTURE",
    "STANDARD_INPUT",
    "Collected",
    "Input",
    "Progress",
    "Readers",
    "node_name",
    "node_names",
    "read_input",
]


def read_input(item: Input, readers: Readers, into: Collected) -> None:
    """Read one file. Raises InputError when it cannot be opened; what is wrong inside goes to the
    source.
    """
    stream, written = _open(item.file)
    with stream:
        try:
            _read(item, readers, into, unpacked(stream), written)
        except (EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError) as error:
            into.sources.append(_unreadable(item, f"the compressed file is damaged: {error}"))
        except OSError as error:
            raise InputError(f"{item.file}: {error.strerror or error}: it cannot be read") from error


def _open(file: str) -> tuple[BinaryIO, float]:
    """The stream, and when the file was written last (seconds since the epoch)."""
    if file == STANDARD_INPUT:
        return sys.stdin.buffer, datetime.now(UTC).timestamp()
    try:
        path = Path(file)
        return path.open("rb"), path.stat().st_mtime
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}: check the name and the permissions") from error


def _read(item: Input, readers: Readers, into: Collected, stream: io.BufferedReader, written: float) -> None:
    head = stream.peek(8192)[:8192]
    if item.format == CAPTURE or is_capture(head):
        read_capture_input(item, into, stream)
    elif looks_binary(head):
        into.sources.append(_unreadable(item, looks_like(head)))
    else:
        read_text(item, readers, into, stream, written)


def _unreadable(item: Input, problem: str) -> Source:
    return Source(item.file, "unknown", item.node or node_name(item.file), item.role, problems=(problem,))
