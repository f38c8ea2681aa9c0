"""Texts as people paste them, changed in ways that change nothing, and cut: findings stay or become fewer, nobody is blamed anew."""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from labgen.devices.formats import named, recognise, spare, tell
from labgen.dhcp.analysis import analyze
from labgen.dhcp.inputs import Input, Readers

HERE = Path(__file__).parent
TEXTS = [
    *sorted(HERE.glob("cases/*.txt"))[::3],
    *sorted(HERE.glob("logs/*.log"))[::5],
    *sorted(HERE.glob("stories/*.txt"))[::11],
]
Change = Callable[[str], str]
Found = Counter[tuple[str, str]]


def lines_of(text: str) -> list[str]:
    return text.rstrip("\n").split("\n")


def each(form: str) -> Change:
    return lambda text: "".join(form.format(line) for line in lines_of(text))


def numbered(text: str) -> str:
    return "".join(f"{number:6}\t{line}\n" for number, line in enumerate(lines_of(text), 1))


def in_last_column(text: str) -> str:
    """As a terminal of 80 columns breaks lines."""
    pieces = [line[at : at + 80] for line in lines_of(text) for at in range(0, max(len(line), 1), 80)]
    return "\n".join(pieces) + "\n"


MAC = re.compile(
    r"(?<![0-9a-fA-F:.-])[0-9a-fA-F]{2}(?P<mark>[:-])(?:[0-9a-fA-F]{2}(?P=mark)){4}[0-9a-fA-F]{2}(?![0-9a-fA-F:-])"
)
ADDRESS = re.compile(r"(?<![\d.])(?!0\.0\.0\.0|255\.)\d+\.\d+\.\d+\.(\d+)(?![\d.])")
SAME: dict[str, Change] = {
    "crlf": lambda text: text.replace("\n", "\r\n"),
    "mark": lambda text: "\ufeff" + text,
    "blanks": each("{}   \n"),
    "indented": each("    {}\n"),
    "quoted": each("> {}\n"),
    "entities": lambda text: html.escape(text, quote=True),
    "page": lambda text: f"<html><body><p>Hello</p><pre>{html.escape(text)}</pre></body></html>\n",
    "colours": each("\x1b[0;32m{}\x1b[0m\n"),
    "items": each("- `{}`\n"),
    "prompt": lambda text: f"root@gw1:~# cat log\n{text.rstrip()}\nroot@gw1:~#\n",
}
FEWER: dict[str, Change] = {
    "empty lines": each("{}\n\n"),
    "numbers": numbered,
    "80 columns": in_last_column,
    "hardware addresses": lambda text: MAC.sub(lambda found: f"{found[0][:9]}xx:xx:xx", text),
    "addresses": lambda text: ADDRESS.sub(r"x.x.x.\1", text),
    "container": lambda text: "".join(
        json.dumps({"log": f"{line}\n", "stream": "stdout"}) + "\n" for line in lines_of(text)
    ),
}


@cache
def original(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace").rstrip("\n") + "\n"


def found(text: str, where: Path) -> Found:
    where.write_text(text, encoding="utf-8", newline="")
    told = analyze([Input(str(where))], Readers(recognise, named, tell=tell, spare=spare))
    return Counter((finding.code, finding.severity.value) for finding in told.findings)


def errors(counted: Found) -> Found:
    return Counter({key: count for key, count in counted.items() if key[1] == "error"})


@cache
def before(file: Path, where: Path) -> Found:
    return found(original(file), where)


@pytest.mark.parametrize("file", TEXTS, ids=lambda file: file.stem)
def test_what_is_around_a_text_changes_nothing(file: Path, tmp_path: Path) -> None:
    where = tmp_path / file.name
    plain = before(file, where)
    assert {name: found(change(original(file)), where) for name, change in SAME.items()} == dict.fromkeys(
        SAME, plain
    )


@pytest.mark.parametrize("file", TEXTS, ids=lambda file: file.stem)
def test_what_makes_a_text_harder_to_read_blames_nobody(file: Path, tmp_path: Path) -> None:
    where = tmp_path / file.name
    known = errors(before(file, where))
    new = {name: errors(found(change(original(file)), where)) - known for name, change in FEWER.items()}
    assert not any(new.values()), new


FAULT_IN_THE_PART = {
    "udhcpc-two-runs",
    "uboot",
    "e-mikrotik-client",
    "q-uboot-late",
    "e-busybox-loop",
    "masked-mac-dhcpd",
}
"""Texts of which a part holds a client that asked again without any answer yet, or a reason for none."""


@pytest.mark.parametrize(
    "file", [f for f in TEXTS if f.stem not in FAULT_IN_THE_PART], ids=lambda file: file.stem
)
def test_end_of_a_text_is_no_missing_answer(file: Path, tmp_path: Path) -> None:
    where, lines = tmp_path / file.name, lines_of(original(file))
    known = errors(before(file, where))
    new = {
        left: errors(found("\n".join(lines[: len(lines) - left]) + "\n", where)) - known
        for left in range(1, min(6, len(lines)))
    }
    assert not any(new.values()), new
