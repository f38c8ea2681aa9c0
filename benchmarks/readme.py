"""Runs every scenario and writes what came out into README and docs: terminal captures, the scenario table, the device table.

    python benchmarks/readme.py [--only capture|ladder|matrix|scenarios|devices]

Nothing in those places is typed by hand.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from labgen.devices import registry
from labgen.devices.base import DeviceFacts
from labgen.ground import resources
from labgen.ground.vocabulary import RelayOption
from labgen.plan.build import build
from labgen.spec.load import load

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
DOCS = ROOT / "docs"
LABGEN = str(Path(sys.executable).with_name("labgen"))
FLAGSHIP = "evpn-redundant-server"
MATRIX = ("--relay", "frr,frr-dhcrelay", "--server", "all")


def run(name: str, *more: str, form: str = "json", verb: str = "run") -> tuple[int, str, str]:
    """One `labgen run` (or another command) in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as work:
        command = [LABGEN, verb, name, "--format", form, *more]
        done = subprocess.run(command, capture_output=True, text=True, cwd=work)
    return done.returncode, done.stdout, done.stderr


def capture() -> str:
    """What `make demo` prints, without the list of checks and the second client's ladder."""
    code, out, err = run(FLAGSHIP, "--playbook", "acquire", form="table")
    if code:
        raise SystemExit(f"{FLAGSHIP} did not pass:\n{out}{err}")
    lines = list(_without_checks(out.splitlines()))
    starts = [n for n, line in enumerate(lines) if line.startswith("  acquire: ")]
    end = next(n for n, line in enumerate(lines) if line.startswith("Findings"))
    cut = (
        [*lines[: starts[1]], "  ... (the second client's exchange)", "", *lines[end:]]
        if len(starts) > 1
        else lines
    )
    body = "\n".join(line.rstrip() for line in [*err.splitlines(), "", *cut])
    return f"```\n$ labgen run {FLAGSHIP} --playbook acquire\n{body}\n```"


def _without_checks(lines: list[str]) -> Iterator[str]:
    inside = False
    for line in lines:
        if inside and not line.strip():
            inside = False
            yield "  ... (the checks, each with the nodes it is about)"
        if not inside:
            yield line
        inside = inside or line.startswith("Checks")


def ladder() -> str:
    """An acquisition through a relay between VRFs, as labgen draws it."""
    code, out, err = run("vrf-relay", "--playbook", "acquire", form="table")
    if code:
        raise SystemExit(f"vrf-relay did not pass:\n{out}{err}")
    lines = out.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("  acquire: "))
    end = next(n for n, line in enumerate(lines) if n > start and not line.strip())
    return "```\n" + "\n".join(line.rstrip() for line in lines[start:end]) + "\n```"


def matrix() -> str:
    """A small matrix, in which dnsmasq fails and dhcrelay is refused."""
    code, out, err = run(FLAGSHIP, *MATRIX, form="table", verb="matrix")
    if code != 1:
        raise SystemExit(f"the matrix ended with {code}, and 1 was expected:\n{out}{err}")
    body = "\n".join(line.rstrip() for line in [*err.splitlines(), "", *out.splitlines()])
    return f"```\n$ labgen matrix {FLAGSHIP} {' '.join(MATRIX)}\n{body}\n```"


def scenarios() -> str:
    """Nodes, checks and findings of every scenario, from runs made now."""
    rows = [
        "| scenario | what it shows | nodes | checks | findings worth a warning |",
        "|---|---|---|---|---|",
    ]
    wrong: list[str] = []
    for file in sorted(resources.topologies().glob("*.yml")):
        plan = build(load(str(file)))
        code, out, err = run(file.stem)
        if code:  # timers of a busy machine run late: once more
            code, out, err = run(file.stem)
        if code:
            wrong.append(f"{file.stem} ended with {code}:\n{err[-2000:]}")
            print(wrong[-1], file=sys.stderr)
            continue
        verdict = json.loads(out)
        found = {f["code"] for f in verdict["findings"] if f["severity"] != "info"}
        shown = ", ".join(f"[`{name}`](findings/{name}.md)" for name in sorted(found)) or "none"
        rows.append(f"| `{file.stem}` | {plan.summary} | {len(plan.nodes)} | {verdict['ran']} | {shown} |")
        print(rows[-1], file=sys.stderr)
    if wrong:
        raise SystemExit("\n".join(wrong))
    return "\n".join(rows)


def devices() -> str:
    """What every device can be, and how far that is proven."""
    head = "| device | what it is | netlab | containerlab | relay | between VRFs | sub-options | server | client | evidence |"
    return "\n".join(
        [head, "|" + "---|" * 10, *(_device(device.facts) for device in registry.everything().values())]
    )


def _device(facts: DeviceFacts) -> str:
    relay, server = facts.relay, facts.server
    cells = [
        f"`{facts.name}`",
        facts.title,
        facts.netlab or "–",
        facts.containerlab or "–",
        "yes" if relay else "–",
        ("yes" if relay.inter_vrf else "no") if relay else "–",
        ", ".join(_options(facts)) or ("none" if relay else "–"),
        ("honours 11" if server.honours_override else "own identifier") if server else "–",
        "yes" if facts.client else "–",
        facts.trust,
    ]
    return "| " + " | ".join(cells) + " |"


def _options(facts: DeviceFacts) -> Iterator[str]:
    if facts.relay:
        yield from (
            name
            for name, has in (
                ("5", RelayOption.LINK_SELECTION in facts.relay.options),
                ("11", RelayOption.SERVER_ID_OVERRIDE in facts.relay.options),
                ("151", RelayOption.VSS in facts.relay.options),
            )
            if has
        )


def put(page: Path, mark: str, content: str) -> str:
    """A page with one marked place filled anew."""
    pattern = rf"(<!-- {re.escape(mark)} -->\n).*?(<!-- /{re.escape(mark)} -->)"
    text = page.read_text(encoding="utf-8")
    found, count = re.subn(pattern, lambda match: f"{match[1]}{content}\n{match[2]}", text, flags=re.DOTALL)
    if count != 1:
        raise SystemExit(f"{page.name} has {count} places marked {mark}; there must be one")
    return found


PLACES = {
    "capture": (README, "capture:demo", capture),
    "ladder": (DOCS / "inter-vrf.md", "capture:ladder", ladder),
    "matrix": (DOCS / "matrix.md", "capture:matrix", matrix),
    "scenarios": (DOCS / "scenarios.md", "table:scenarios", scenarios),
    "devices": (DOCS / "devices.md", "table:devices", devices),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=sorted(PLACES))
    only = parser.parse_args().only
    for name, (page, mark, make) in PLACES.items():
        if only in (None, name):
            content = make()
            page.write_text(put(page, mark, content), encoding="utf-8")


if __name__ == "__main__":
    main()
