"""Writes docs/reference from the code (spec, playbooks, checks, findings, command line, JSON forms), and docs/findings.

.venv/bin/python scripts/reference.py [--check]

With --check nothing is written, and the exit status is 1 where a page is not what the code says.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from types import MappingProxyType
from typing import Any

import click

from labgen.cli.main import cli
from labgen.dhcp.explain import as_index, as_markdown, explanations
from labgen.ground import resources
from labgen.schemas.published import document
from labgen.verify import playbook
from labgen.verify.check import registry, select

DOCS = Path(__file__).parent.parent / "docs"
NOTE = "<!-- Written by `make reference` from the code: change the code, not this page. -->"
Lines = Iterator[str]
Object = Mapping[str, Any]


def row(*cells: str) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"


def head(*cells: str) -> Lines:
    yield row(*cells)
    yield "|---" * len(cells) + "|"


# --- objects of a JSON Schema ---


def objects(schema: Object) -> Lines:
    """Tables of the objects a schema refers to, by name."""
    for label, own in sorted(schema.get("$defs", {}).items()):
        if "properties" in own or "enum" in own:
            yield from ("", f"### {label}", "")
            yield from table(own) if "properties" in own else _words(own)


def table(schema: Object) -> Lines:
    if schema.get("description"):
        yield from (str(schema["description"]), "")
    required = schema.get("required", ())
    yield from head("key", "what it is", "type", "default")
    for key, own in schema["properties"].items():
        default = "required" if key in required else _default(own)
        yield row(f"`{key}`", _sentence(own), kind(own), default)


def whole(name: str) -> Lines:
    """A schema: its own table, then those of the objects it refers to."""
    schema = document(name)
    yield from table(schema)
    yield from objects(schema)


def _words(schema: Object) -> Lines:
    if schema.get("description"):
        yield from (str(schema["description"]), "")
    yield ", ".join(f"`{word}`" for word in schema["enum"])


def _sentence(schema: Object) -> str:
    examples = schema.get("examples")
    shown = f" Example: `{examples[0]}`." if examples else ""
    return f"{schema.get('description', '')}{'.' if shown else ''}{shown}"


def _default(schema: Object) -> str:
    value = schema.get("default")
    return (
        "" if value in (None, "", [], {}) else f"`{str(value).lower() if isinstance(value, bool) else value}`"
    )


def kind(schema: Object) -> str:
    """A type in words, with links to the objects it refers to."""
    if "$ref" in schema:
        label = str(schema["$ref"]).rpartition("/")[2]
        return f"[{label}](#{label.lower()})"
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema:
            return " or ".join(dict.fromkeys(kind(each) for each in schema[word]))
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{word}`" for word in schema["enum"])
    if schema.get("type") == "array":
        items = schema.get("items") or {}
        return f"list of {kind(items)}" if items else "list"
    if schema.get("type") == "object":
        values = schema.get("additionalProperties")
        return f"name: {kind(values)}" if isinstance(values, dict) and values else "object"
    return str(schema.get("format") or schema.get("type") or "any")


# --- pages ---


def intent() -> Lines:
    yield from (
        "# Intent: every key",
        "",
        "What an intent may say; [the guide](../howto/intent.md) says how to come by one.",
        "",
    )
    yield from whole("intent")


def spec() -> Lines:
    yield from (
        "# Spec: every key",
        "",
        "What a spec may say; [the guide](../spec.md) says how to write one.",
        "",
    )
    yield from whole("spec")


def playbooks() -> Lines:
    yield from (
        "# Playbooks",
        "",
        "Those that come with labgen; [the guide](../playbooks.md) says how to run them.",
        "",
    )
    yield from head("playbook", "what it does", "needs", "lease", "checks")
    for name in resources.playbook_files():
        _, told = playbook.read(name)
        checks = sum(len(step.checks) for step in told.steps)
        lease = f"{told.lease} s" if told.lease else ""
        yield row(f"[`{name}`](#{name})", told.title, ", ".join(told.needs), lease, str(checks))
    for name in resources.playbook_files():
        _, told = playbook.read(name)
        yield from ("", f"## {name}", "", told.title)
        for number, step in enumerate(told.steps, 1):
            done = ", then ".join(f"{each.name} ({each.on})" for each in step.do) or "nothing is done"
            yield from ("", f"{number}. **{step.title or step.name}**: {done}")
            if step.checks:
                yield "    Checks: " + ", ".join(f"`{check}`" for check in step.checks)
    yield from ("", "## Keys of a playbook file", "")
    yield from whole("playbook")


def checks() -> Lines:
    used = _used()
    yield from ("# Checks", "", "Every check by name; parts in braces are what it is about.", "")
    for group, members in groupby(registry().values(), key=lambda check: check.family):
        yield from (f"## {group}", "")
        yield from head("check", "what must hold", "reference", "playbooks")
        for check in members:
            yield row(f"`{check.name}`", check.title, check.reference, ", ".join(used.get(check.name, ())))
        yield ""


def _used() -> Mapping[str, Sequence[str]]:
    """Playbooks by the checks they name or match."""
    found: dict[str, list[str]] = {}
    for name in resources.playbook_files():
        _, told = playbook.read(name)
        for check in select(pattern for step in told.steps for pattern in step.checks):
            found.setdefault(check.name, []).append(f"[{name}](playbooks.md#{name})")
    return found


def findings() -> Lines:
    yield from ("# Findings", "", "What `labgen analyze` and `labgen verify` explain; each has a page.", "")
    yield from head("finding", "severity", "what it is", "what it follows from")
    for each in sorted(explanations(), key=lambda each: each.code):
        yield row(
            f"[`{each.code}`](../findings/{each.code}.md)", each.severity.value, each.title, each.clause
        )


def command_line() -> Lines:
    yield from ("# Command line", "", "What `--help` says, command by command.")
    context = click.Context(cli, info_name="labgen", max_content_width=100, terminal_width=100)
    yield from ("", "```text", *cli.get_help(context).splitlines(), "```")
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        own = click.Context(
            command, info_name=name, parent=context, max_content_width=100, terminal_width=100
        )
        yield from (
            "",
            f"## {name}",
            "",
            "```text",
            *(line.rstrip() for line in command.get_help(own).splitlines()),
            "```",
        )


def json_forms() -> Lines:
    yield from (
        "# JSON forms",
        "",
        "Every property of what labgen writes; [JSON forms and their versions](../json.md) says what stays.",
    )
    definitions: dict[str, Any] = {}
    for name in ("plan", "verdict", "analysis", "matrix"):
        schema: Object = document(name)
        yield from ("", f"## {name}", "")
        yield from table(schema)
        definitions |= schema["$defs"]
    yield from ("", "## Objects in them")
    yield from objects({"$defs": definitions})


def index() -> Lines:
    yield from ("# Reference", "", "Written from the code of this release.", "")
    yield "* [Spec: every key](spec.md)"
    yield "* [Playbooks](playbooks.md)"
    yield "* [Intent](intent.md), the form of what a network labgen did not make should do"
    yield "* [Checks](checks.md)"
    yield "* [Findings](findings.md)"
    yield "* [Command line](cli.md)"
    yield "* [JSON forms](json.md), and [their versions](../json.md)"


PAGES: Mapping[str, Callable[[], Lines]] = MappingProxyType(
    {
        "index": index,
        "spec": spec,
        "intent": intent,
        "playbooks": playbooks,
        "checks": checks,
        "findings": findings,
        "cli": command_line,
        "json": json_forms,
    }
)


def text(page: str) -> str:
    return "\n".join([NOTE, "", *PAGES[page]()]).rstrip() + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a page is stale")
    check = parser.parse_args(arguments).check
    stale = {file: wanted for file, wanted in pages() if not _same(file, wanted)}
    for file, wanted in stale.items():
        if check:
            sys.stderr.write(
                f"{file.relative_to(DOCS.parent)} is not what the code says; run `make reference`\n"
            )
        else:
            file.parent.mkdir(exist_ok=True)
            file.write_text(wanted, encoding="utf-8")
    return int(check and bool(stale))


def pages() -> Iterator[tuple[Path, str]]:
    """Every page and its text."""
    yield from ((DOCS / "reference" / f"{name}.md", text(name)) for name in PAGES)
    yield from ((DOCS / "findings" / f"{each.code}.md", as_markdown(each)) for each in explanations())
    yield DOCS / "findings" / "README.md", as_index()


def _same(file: Path, wanted: str) -> bool:
    return file.is_file() and file.read_text(encoding="utf-8") == wanted


if __name__ == "__main__":
    sys.exit(main())
