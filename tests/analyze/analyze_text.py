"""Texts as users hand them to `labgen analyze`, with every format that labgen reads."""

from __future__ import annotations

from pathlib import Path

from labgen.devices.formats import named, recognise, spare, tell
from labgen.dhcp.analysis import analyze
from labgen.dhcp.inputs import Input, Readers
from labgen.dhcp.model import Analysis

READERS = Readers(recognise, named, tell=tell, spare=spare)


def analysis(*files: Path) -> Analysis:
    """What is found in files that are read together."""
    return analyze([Input(str(file)) for file in files], READERS)


def told(text: str, folder: Path, name: str = "text.txt") -> Analysis:
    """What is found in a text, in a file called so."""
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return analysis(file)
