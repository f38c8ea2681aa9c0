"""The commands of README and tutorial, run as printed by an ordinary user in a fresh home."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from lab_user import User

ROOT = Path(__file__).resolve().parents[2]
pytest_plugins = ["lab_fixtures", "lab_user"]
pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("can_run_labs")]

ELSEWHERE = ("labgen watch --web", "pipx install", "make ")
"""Commands that other tests run: the page in a browser, the wheel, the Makefile itself."""
FAILS = ("--device server=kea-plain", "labgen diff ")
"""Commands that the pages print because they find something."""


def commands(page: str) -> list[str]:
    """Lines of the page's blocks that call labgen, without what a comment says. A capture shows its commands behind `$`."""
    text = re.sub(
        r"<!-- capture.*?<!-- /capture:\w+ -->",
        "",
        (ROOT / page).read_text(encoding="utf-8"),
        flags=re.DOTALL,
    )
    lines = [line.split("  #")[0].strip() for line in _in_plain_fences(text)]
    return [
        line
        for line in lines
        if line.startswith(("labgen ", "pipx ", "make ")) and not line.startswith(ELSEWHERE)
    ]


def _in_plain_fences(text: str) -> list[str]:
    """Lines between fences without a language."""
    found: list[str] = []
    fence: str | None = None
    for line in text.splitlines():
        if line.startswith("```"):
            fence = line if fence is None else None
        elif fence == "```":
            found.append(line)
    return found


def typed(command: str) -> str:
    """The command with what takes the place of a person and of a cup of coffee: Wireshark is whoever reads, and the matrix of all clients
    with all servers, whose combinations tests/matrix runs in part, has all clients with one server."""
    shorter = command.replace("--client all --server all", "--client all --server kea")
    return shorter.replace("wireshark -k -i -", "head -c 24 > capture.pcap")


def run_all(user: User, page: str, place: str) -> list[tuple[str, int, str]]:
    done = []
    for command in commands(page):
        result = user.run(f"mkdir -p {place} && cd {place} && {typed(command)}", seconds=900)
        done.append((command, result.returncode, result.stderr[-2000:]))
    return done


@pytest.mark.parametrize("page", ["README.md", pytest.param("docs/tutorial.md", marks=pytest.mark.deep)])
def test_commands_of_the_page_do_what_it_says(user: User, page: str) -> None:
    place = shlex.quote(Path(page).stem)
    spec = re.search(r"```yaml\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)
    if spec:
        user.run(f"mkdir -p {place}")
        user.write(f"{place}/my.yml", spec[1])
    found = run_all(user, page, place)
    assert len(found) > 5
    wrong = [
        each for each in found if (each[1] == 1) != any(word in each[0] for word in FAILS) or each[1] > 1
    ]
    assert wrong == []


@pytest.mark.deep
def test_commands_of_the_how_to_for_networks_do_what_it_says(user: User) -> None:
    spec = re.search(r"```yaml\n(.*?)```", (ROOT / "docs/howto/spec.md").read_text(), re.DOTALL)
    assert spec
    user.run("mkdir -p spec")
    user.write("spec/my.yml", spec[1])
    found = run_all(user, "docs/howto/spec.md", "spec")
    assert [command for command, _, _ in found] == ["labgen build my.yml -o campus", "labgen run my.yml"]
    assert [(code, error) for _, code, error in found if code] == []


def test_a_page_with_a_broken_command_would_be_found() -> None:
    assert "labgen run relay" in commands("docs/tutorial.md")
    assert not any("wireshark" in typed(command) for command in commands("README.md"))
