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
from labgen.dhcp.stamps import MONTHS

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


STAMPED = re.compile(r"([A-Z][a-z]{2}) +(\d{1,2}) (\d\d:\d\d:\d\d) (\S+) ([\w./-]+)(?:\[(\d+)\])?: (.*)")


def stamped(found: re.Match[str], zone: str) -> str:
    return f"2026-{MONTHS.index(found[1]) + 1:02}-{int(found[2]):02}T{found[3]}{zone}"


def rfc5424(found: re.Match[str]) -> str:
    return f"<30>1 {stamped(found, '.123456+02:00')} {found[4]} {found[5]} {found[6] or '-'} - - {found[7]}"


def journal(found: re.Match[str]) -> str:
    fields = {"@timestamp": stamped(found, "Z"), "_HOSTNAME": found[4], "SYSLOG_IDENTIFIER": found[5]}
    return json.dumps({**fields, "_PID": found[6] or "1", "MESSAGE": found[7]})


def beside(found: re.Match[str]) -> str:
    return (
        f"{found[0]}\n{found[0][:15]} other sshd[88]: Accepted publickey for root from 203.0.113.77 port 5022"
    )


LINES: dict[str, Callable[[re.Match[str]], str]] = {
    "RFC 5424": rfc5424,
    "RFC 3164": lambda found: f"<30>{found[0]}",
    "zone": lambda found: f"{stamped(found, '+0530')} {found[4]} {found[5]}[{found[6] or 1}]: {found[7]}",
    "journal": journal,
    "compose": lambda found: f"pod-1  | {found[0]}",
    "another program": beside,
    "twice": lambda found: f"{found[0]}\n{found[0]}",
}
"""Forms that carriers give the lines of syslog."""


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


SYSLOGS = [
    f
    for f in sorted(HERE.glob("stories/*.txt"))[::3]
    if all(map(STAMPED.fullmatch, lines_of(f.read_text("utf-8"))))
]


@pytest.mark.parametrize("file", SYSLOGS, ids=lambda file: file.stem)
def test_carriers_of_syslog_change_nothing(file: Path, tmp_path: Path) -> None:
    where, lines = tmp_path / file.name, lines_of(original(file))
    known = errors(before(file, where))
    matches = [match for line in lines if (match := STAMPED.fullmatch(line))]
    forms = {name: "\n".join(map(form, matches)) + "\n" for name, form in LINES.items()}
    forms["newest first"] = "\n".join(reversed(lines)) + "\n"
    told = {name: frozenset(errors(found(text, where))) for name, text in forms.items()}
    assert told == dict.fromkeys(told, frozenset(known))


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
