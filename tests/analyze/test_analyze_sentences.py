"""Sentences of daemons, one at a time beside a healthy lease: what each is told as, and which of them nobody should be told."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from labgen.devices.formats import named, recognise, spare, tell
from labgen.dhcp.analysis import analyze
from labgen.dhcp.inputs import Input, Readers

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
SENTENCES: dict[str, dict[str, list[str]]] = yaml.load(
    (Path(__file__).parent / "sentences.yml").read_text(encoding="utf-8"), Loader=LOADER
)
HEALTHY = {
    "kea": "INFO  [kea-dhcp4.leases/77.140] DHCP4_LEASE_ALLOC [hwtype=1 02:00:00:00:00:01], cid=[no info], tid=0x9: "
    "lease 198.51.100.20 has been allocated for 3600 seconds",
    "dnsmasq-dhcp": "DHCPACK(eth0) 198.51.100.20 02:00:00:00:00:01 pc",
    "dhcpcd": "eth1: leased 198.51.100.20 for 3600 seconds",
    "odhcpd": "Got DHCPv4 request on eth0",
    "dhcpd": "DHCPACK on 198.51.100.20 to 02:00:00:00:00:01 via eth0",
}
ROWS = [
    (code, program, sentence)
    for code, programs in SENTENCES.items()
    for program, sentences in programs.items()
    for sentence in sentences
]


def line(program: str, second: int, sentence: str) -> str:
    if program == "kea":
        return f"2025-03-03 09:00:0{second}.000 {sentence}\n"
    return f"Mar  3 09:00:0{second} gw1 {program}[77]: {sentence}\n"


@pytest.mark.parametrize(("code", "program", "sentence"), ROWS)
def test_a_sentence_is_told_as_what_it_is(tmp_path: Path, code: str, program: str, sentence: str) -> None:
    file = tmp_path / "server.log"
    file.write_text(line(program, 0, HEALTHY[program]) + line(program, 1, sentence), encoding="utf-8")
    found = analyze([Input(str(file))], Readers(recognise, named, tell=tell, spare=spare)).findings
    assert [finding.code for finding in found] == ([] if code == "nothing" else [code])
    assert all(sentence.split()[-1].rstrip(".") in finding.message for finding in found)
    assert all(finding.severity == "warning" for finding in found if code == "node-complains")
