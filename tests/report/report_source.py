"""Where a run of the tests comes from."""

from __future__ import annotations

from labgen.verify.provenance import Provenance

SOURCE = Provenance(
    labgen="0.2.0",
    python="3.11.2",
    kernel="Linux 6.1.0",
    machine="x86_64",
    system="Debian <12>",
    processors=2,
    memory=2048,
    provider="embedded",
    vrfs="netns",
    command="labgen run x --set 'a=<b>'",
    lab="x",
    started="2026-01-01T12:00:00+00:00",
    daemons={"frr": "8.4.4"},
    plan="ab" * 32,
    evidence="cd" * 32,
)
