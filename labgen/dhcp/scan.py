"""The compiled reader of plain captures (scan.c): loaded where it was compiled, and done without otherwise.

It makes the messages of what is plain itself, and hands every other frame back. `labgen compile` builds it beside the source, for all
who use this installation; where nobody did, `labgen analyze` keeps one in its user's caches (`labgen.cli.compile`). The file's name
carries the Python it was built for, and a library of another source is not loaded.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterator
from functools import cache
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from labgen.dhcp.jsonform import field_names
from labgen.dhcp.message import Message
from labgen.dhcp.pcap import BLOCK, Opening, cut_record
from labgen.ground.caches import own_folder

SOURCE = Path(__file__).with_name("scan.c")
LIBRARY = Path(__file__).with_name(f"_scan.{sys.implementation.cache_tag}.so")

Kept = tuple[int, float, bytes, int]
"""A frame that is not plain: number, time, octets, octets it had on the wire."""


class Scanner(Protocol):
    """The library's reading of one capture; frames are numbered from the start."""

    number: int
    messages: int
    copies: int
    snap: int
    first: float
    last: float

    def scan(self, octets: bytes, at: int, little: bool, unit: float, /) -> tuple[list[Message | Kept], int]:
        """The messages in whole records from `at` on, up to the first frame that is not plain, and where the next record begins."""
        ...

    def is_copy(
        self, payload: bytes, source: bytes, destination: bytes, ip_id: int, time: float,
        vlan: int, vni: int, outer_vlan: int, /,
    ) -> bool:  # fmt: skip
        """`Copies.is_copy` for a datagram of a frame that was handed back; -1 for None."""
        ...


class _Library(Protocol):
    FINGERPRINT: int

    def Scanner(  # noqa: N802  # a class of the library
        self,
        template: Message,
        names: tuple[str, ...],
        types: tuple[object, ...],
        relay_options: object,
        ports: tuple[int, ...],
        /,
    ) -> Scanner: ...


def kept_library() -> Path | None:
    """The path of the caller's own library, there or not; None where nothing is kept."""
    folder = own_folder("compiled")
    return None if folder is None else folder / f"_scan.{fingerprint():08x}.{sys.implementation.cache_tag}.so"


def compiled() -> Path | None:
    """The library that captures are read with, of the installation or the caller's own; None where there is none."""
    if library(LIBRARY) is not None:
        return LIBRARY
    kept = kept_library()
    return kept if kept is not None and library(kept) is not None else None


def fingerprint() -> int:
    """A number that changes with the source."""
    return zlib.crc32(SOURCE.read_bytes()) & 0x7FFFFFFF


def library(path: Path) -> _Library | None:
    """The library at a path, where it was compiled from this source for this Python."""
    return _loaded(path) if path.exists() else None


@cache
def _loaded(path: Path) -> _Library | None:
    loader = ExtensionFileLoader("_scan", str(path))
    spec = spec_from_loader("_scan", loader)
    if spec is None:
        return None
    try:
        module = module_from_spec(spec)
        loader.exec_module(module)
    except ImportError:
        return None
    found = cast("_Library", module)
    return found if fingerprint() == found.FINGERPRINT else None


def scanner(
    path: Path, template: Message, types: tuple[object, ...], relay_options: object, ports: tuple[int, ...]
) -> Scanner | None:
    """A scanner whose messages have the fields of `template` where the packet tells nothing else; frames to and from UDP `ports` are
    handed back where they are not plain DHCP. None without the library.
    """
    found = library(path)
    return (
        found.Scanner(template, field_names(Message), types, relay_options, ports)
        if found is not None
        else None
    )


_SOME: list[Message | Kept] = [(0, 0.0, b"", 0)]
"""Anything: what there is to look at before the first look."""


def blocks(stream: BinaryIO, opening: Opening, scanner: Scanner) -> Iterator[list[Message | Kept]]:
    """The messages in a capture, some records at a time. Raises DamagedCaptureError where the file stops making sense."""
    little, rest = opening.order == "<", b""
    error = None
    while error is None and (block := stream.read(BLOCK)):
        octets, at, items = rest + block, 0, _SOME
        while items:
            items, at = scanner.scan(octets, at, little, opening.unit)
            yield items
        rest = octets[at:]
        error = cut_record(rest, opening.order, scanner.number, more=True)
    error = error or cut_record(rest, opening.order, scanner.number, more=False)
    if error is not None:
        raise error
