"""Commands for networks that labgen did not make: import, intent, audit."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import click

from labgen.cli.deferred import deferring
from labgen.ground.errors import InputError, UsageError
from labgen.ground.writing import writing

with deferring():
    from labgen.adopt.audit import read, rules
    from labgen.adopt.audit.against import against
    from labgen.adopt.audit.read import Configuration, Unreadable
    from labgen.adopt.audit.rules import AuditFinding
    from labgen.adopt.intent import load as intent_file
    from labgen.adopt.intent.draft import gather
    from labgen.adopt.intent.draft import text as draft_text
    from labgen.adopt.intent.plan import plan as intent_plan
    from labgen.adopt.netlab import write


@click.command(
    "import",
    epilog="\b\nExamples:\n  labgen import topology.yml -o spec.yml && labgen build spec.yml\n"
    "  labgen import topology.yml | less",
)
@click.argument("topology", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Spec to write [default: stdout]."
)
@click.option("--force", is_flag=True, help="Overwrite the file.")
def import_(topology: Path, output: Path | None, force: bool) -> None:
    """Make a spec of the netlab topology TOPOLOGY: the same network, with equal addresses.

    What the spec cannot say is listed on stderr and at its head.
    """
    result = write.imported(topology)
    text = write.text(result, topology.name)
    if output is None:
        click.echo(text, nl=False)
    else:
        if output.exists() and not force:
            raise UsageError(f"{output} is there already; --force overwrites it")
        output.write_text(text)
    for sentence in result.lost:
        click.echo(f"not in the spec: {sentence}", err=True)
    for sentence in result.chosen:
        click.echo(f"chosen: {sentence}", err=True)
    if output is not None:
        click.echo(f"next: labgen build {output}", err=True)


@click.command(
    epilog="\b\nExamples:\n  labgen intent dc1.clab.yml -o dc1.yml\n  labgen intent configs/ inventory/ -o dc1.yml\n"
    "  labgen intent netlab-lab/ -o lab.yml && labgen verify --intent lab.yml"
)
@click.argument("sources", nargs=-1, metavar="[SOURCE]...", type=click.Path(path_type=Path))
@click.option("--name", default="", help="Name of the network [default: as the sources say].")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="File to write [default: stdout]."
)
@click.option("--force", is_flag=True, help="Overwrite the file.")
def intent(sources: tuple[Path, ...], name: str, output: Path | None, force: bool) -> None:
    """Draft an intent: what DHCP relaying of a lab or network that labgen did not make is meant to do.

    A SOURCE is a containerlab or netlab topology (or the folder of one), an inventory of Nornir or Ansible, a folder with running
    configurations, a spec or a lab folder; several are taken together. What they do not tell is marked, for a person to complete;
    `labgen verify --intent` says what is still missing, with file and line. Without a source, the file is an example.
    """
    found = gather.draft(sources, name) if sources else draft_text.example(name)
    text = draft_text.text(found)
    if output is None:
        click.echo(text, nl=False)
        return
    if output.exists() and not force:
        raise UsageError(f"{output} is there already; --force overwrites it")
    with writing(output):
        output.write_text(text)
    for sentence in found.missing:
        click.echo(f"to complete: {sentence}", err=True)
    click.echo(f"next: labgen verify --intent {output} --observe", err=True)


@click.command(
    epilog="\b\nExamples:\n  labgen audit configs/\n  labgen audit configs/ --device leaf1=eos --device border=nxos\n"
    "  labgen audit sw1.cfg --format json\n  labgen audit configs/ --intent dc1.yml\n\n\b\n"
    "Exit codes: 0 nothing that cannot work; 1 there is; 2 nothing to read."
)
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--device",
    "told",
    multiple=True,
    metavar="NODE=DEVICE",
    help="Whose configuration it is; `all=DEVICE` for every file.",
)
@click.option(
    "--intent",
    "meant",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Hold the configurations against this intent, too.",
)
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
def audit(path: Path, told: tuple[str, ...], meant: Path | None, form: str) -> int:
    """Say what of DHCP relaying cannot work in the running configurations of PATH, a folder or a file.

    Nothing is started and no device is asked. EOS, IOS and IOS XE, NX-OS, IOS XR, Junos and others are recognised.
    """
    wrong = next((each for each in told if "=" not in each), None)
    if wrong is not None:
        raise UsageError(f"--device {wrong}: write NODE=DEVICE, or all={wrong}")
    nodes, unreadable = read.folder(path, dict(each.split("=", 1) for each in told))
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
