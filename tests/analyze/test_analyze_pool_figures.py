"""How full pools are, in forms of single makers: what is full is told, what is not full is not."""

from __future__ import annotations

import json
from pathlib import Path

import analyze_text
import pytest

from labgen.dhcp.model import Analysis

COLUMNS = ["subnet-id", "total-addresses", "cumulative-assigned-addresses", "assigned-addresses"]


def kea(assigned: int, *, many: bool, indent: int | None) -> str:
    table = {"columns": COLUMNS, "rows": [[10, 100, 450, assigned], [20, 100, 12, 5]]}
    answer = {"result": 0, "text": "stat-lease4-get: 2 rows found"} | {
        "arguments": {"result-set": table | {"timestamp": "2026-05-04 15:03:37.000000"}}
    }
    return json.dumps([answer] if many else answer, indent=indent)


def panos(assigned: int) -> str:
    return f"""
interface: "ethernet1/2"
Allocated IPs: {assigned}, Total number of IPs in pool: 50. {2 * assigned}.0000% used
ip              mac                state      duration   lease_time
192.0.2.10      00:00:5e:00:53:11  committed  0          Wed Mar  6 10:11:12 2026
"""


def read(text: str, folder: Path) -> Analysis:
    return analyze_text.told(text + "\n", folder, "srv.txt")


FORMS = [(True, 2), (True, None), (False, 2), (False, None)]


@pytest.mark.parametrize(("many", "indent"), FORMS)
def test_subnet_of_kea_without_free_address_is_told(many: bool, indent: int | None, tmp_path: Path) -> None:
    (finding,) = read(kea(100, many=many, indent=indent), tmp_path).findings
    assert finding.code == "pool-exhausted"
    assert "pool subnet[10] on srv: 100 of 100 addresses are leased" in finding.message


@pytest.mark.parametrize(("many", "indent"), FORMS)
def test_subnets_of_kea_with_free_addresses_are_counted_only(
    many: bool, indent: int | None, tmp_path: Path
) -> None:
    told = read(kea(99, many=many, indent=indent), tmp_path)
    assert not told.findings
    leased = {(c.subject, c.value) for c in told.counters if c.name == "Leased addresses"}
    assert leased == {("subnet[10]", 99), ("subnet[20]", 5)}


@pytest.mark.parametrize(("assigned", "codes"), [(50, ["pool-exhausted"]), (49, [])])
def test_pool_above_the_leases_of_an_interface(assigned: int, codes: list[str], tmp_path: Path) -> None:
    told = read(panos(assigned), tmp_path)
    assert [f.code for f in told.findings] == codes
    assert [(b.address, b.mac) for b in told.bindings] == [("192.0.2.10", "00:00:5e:00:53:11")]
    assert {(c.subject, c.value) for c in told.counters} == {("ethernet1/2", assigned), ("ethernet1/2", 50)}
