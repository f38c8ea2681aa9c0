"""Commands for networks that labgen did not make: import, intent, audit."""

from __future__ import annotations

import dataclasses
import json
from contextlib import suppress
from pathlib import Path

import click

from labgen.adopt.audit import read, rules
from labgen.adopt.audit.against_intent import against
from labgen.adopt.audit.finding import AuditFinding
from labgen.adopt.audit.read import Configuration, Unreadable
from labgen.adopt.intent import load as intent_file
from labgen.adopt.intent.access import Container
from labgen.adopt.intent.draft import gather
from labgen.adopt.intent.draft import text as draft_text
from labgen.adopt.intent.plan import plan as intent_plan
from labgen.adopt.netlab import write
from labgen.ground.errors import InputError, LabgenError, UsageError
from labgen.ground.writing import writing
from labgen.lab.containers.tool import run
from labgen.lab.deadline import Deadline
from labgen.plan.build import build
from labgen.spec.load import load


def import_(topology: Path, output: Path | None, force: bool) -> None:
    """Run `labgen import`."""
    result = write.imported(topology)
    text = write.text(result, topology.name)
    _put(text, output, force)
    for sentence in result.lost:
        click.echo(f"not in the spec: {sentence}", err=True)
    for sentence in result.chosen:
        click.echo(f"chosen: {sentence}", err=True)
    if output is not None:
        _say_whether_it_builds(output)


def _put(text: str, output: Path | None, force: bool) -> None:
    """A text into a file, or to standard output where none is named."""
    if output is None:
        click.echo(text, nl=False)
        return
    if output.exists() and not force:
        raise UsageError(f"{output} is there already; --force overwrites it")
    with writing(output):
        output.write_text(text)


def _say_whether_it_builds(spec: Path) -> None:
    """Print what an imported spec still lacks, or the next step. Networks without hosts and links with several VLANs are netlab's tests of
    other things, and say too little for a lab with DHCP in it."""
    try:
        build(load(str(spec)))
    except LabgenError as error:
        click.echo(f"to complete, before it can be built:\n{error}", err=True)
    else:
        click.echo(f"next: labgen build {spec}", err=True)


def intent(
    sources: tuple[Path, ...], name: str, output: Path | None, force: bool, offline: bool = False
) -> None:
    """Run `labgen intent`."""
    found = gather.draft(sources, name, None if offline else _look) if sources else draft_text.example(name)
    text = draft_text.text(found)
    _put(text, output, force)
    if output is None:
        return
    for sentence in found.missing:
        click.echo(f"to complete: {sentence}", err=True)
    click.echo(f"next: labgen verify --intent {output} --observe", err=True)


def _look(container: Container, script: str) -> str:
    """The output of a script in a container; empty where the container does not run, or its engine is not there."""
    command = (*container.program, "exec", container.name, "sh", "-c", script)
    with suppress(OSError, LabgenError):
        done = run(command, Deadline.patient(20))
        return done.stdout.decode(errors="replace") if not done.exit_code else ""
    return ""


def audit(path: Path, named: tuple[str, ...], meant: Path | None, form: str) -> int:
    """Run `labgen audit`; the exit code."""
    wrong = next((each for each in named if "=" not in each), None)
    if wrong is not None:
        raise UsageError(f"--device {wrong}: write NODE=DEVICE, or all={wrong}")
    nodes, unreadable = read.folder(path, dict(each.split("=", 1) for each in named))
    if not nodes:
        raise InputError(
            f"{path}: none of {len(unreadable)} files is a configuration that labgen reads; --device NODE=DEVICE says whose it is"
        )
    found = rules.audit(nodes)
    if meant is not None:
        found = (*against(nodes, intent_plan(intent_file.load(meant).intent, {})), *found)
    _print(form, nodes, unreadable, found)
    return 1 if any(each.severity == "error" for each in found) else 0


def _print(
    form: str, nodes: list[Configuration], unreadable: list[Unreadable], found: tuple[AuditFinding, ...]
) -> None:
    relays = sum(len(node.config.relays) for node in nodes)
    if form == "json":
        document = {
            "schema": "labgen/audit/1",
            "nodes": [
                {
                    "node": node.node,
                    "file": node.file,
                    "device": node.device,
                    "relays": len(node.config.relays),
                }
                for node in nodes
            ],
            "unreadable": [dataclasses.asdict(each) for each in unreadable],
            "findings": [dataclasses.asdict(each) for each in found],
        }
        click.echo(json.dumps(document, indent=2))
        return
    for each in found:
        place = f"{each.file}:{each.line}" if each.line else each.file
        click.echo(
            f"{each.severity:7}  {each.node}  {each.message}\n         {place}  {each.code}\n         {each.remedy}"
        )
    for file in unreadable:
        click.echo(f"not read: {file.file}: {file.reason}", err=True)
    counts = {severity: sum(each.severity == severity for each in found) for severity in ("error", "warning")}
    click.echo(
        f"{len(nodes)} configurations, {relays} relaying interfaces: {counts['error']} errors, {counts['warning']} warnings. "
        "Not looked at: whether routing carries giaddr to the servers, access lists, the servers' own pools."
    )
