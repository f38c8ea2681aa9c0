"""A run as one file to send: the report with all evidence inside it, and all frames as one pcapng."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from labgen.ground.labplan import LabPlan
from labgen.ground.writing import writing
from labgen.report import history, html, json_, junit, pcapng
from labgen.report.write import evidence
from labgen.verify.evidence import RUN_FILE, RunEvidence
from labgen.verify.verdict import Verdict

FRAMES = "frames.pcapng"
_KINDS = {".pcap": "application/vnd.tcpdump.pcap", ".pcapng": "application/x-pcapng", ".json": "application/json",
          ".xml": "application/xml"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file inside the page. `href` is its content as a `data:` URL."""

    name: str
    id: str
    href: str


def write(verdict: Verdict, plan: LabPlan, folder: Path, target: Path) -> Path:
    """Write the bundle of a run that lies in `folder`. Raises WriteError."""
    text = page(verdict, plan, folder)
    with writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return target


def page(verdict: Verdict, plan: LabPlan, folder: Path) -> str:
    """The report as one HTML document without links to other files."""
    files = evidence(folder)
    run = RunEvidence.kept(folder)
    made = {
        FRAMES: pcapng.write(verdict, folder),
        "verdict.json": json_.text(verdict).encode(),
        "junit.xml": junit.text(verdict).encode(),
    }
    kept = {name: (folder / name).read_bytes() for name in (*((RUN_FILE,) if run else ()), *files)}
    earlier = [line for line in history.read(folder.parent) if line.run != folder.name]
    return html.text(verdict, plan, files, run, earlier, attachments(made | kept))


def attachments(files: Mapping[str, bytes]) -> dict[str, Attachment]:
    """Files by their path in the run's folder."""
    return {
        name: Attachment(name, f"file-{number}", f"data:{_kind(name)};base64,{b64encode(data).decode()}")
        for number, (name, data) in enumerate(files.items())
    }


def _kind(name: str) -> str:
    return _KINDS.get(Path(name).suffix, "text/plain")
