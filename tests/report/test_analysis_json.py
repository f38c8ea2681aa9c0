"""The JSON of an analysis in pieces is the JSON of the analysis."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from labgen.devices.formats import named, recognise, tell
from labgen.dhcp.analysis import analyze
from labgen.dhcp.inputs import Input, Readers
from labgen.dhcp.model import Analysis
from labgen.report.analysis_json import chunks

CASES = Path(__file__).parents[1] / "analyze" / "cases"


def told(*names: str) -> Analysis:
    return analyze([Input(str(CASES / name)) for name in names], Readers(recognise, named, tell=tell))


@pytest.mark.parametrize(
    "names",
    [
        pytest.param((), id="empty"),
        pytest.param(("leasequery.pcap",), id="no findings"),
        pytest.param(("bystander.pcap",), id="one finding"),
        pytest.param(("rotated-1.pcap", "decline-and-conflict.txt"), id="two sources"),
    ],
)
def test_pieces_are_the_whole(names: tuple[str, ...]) -> None:
    analysis = told(*names)
    assert "".join(chunks(analysis)) == json.dumps(analysis.to_json(), indent=2) + "\n"


def test_no_piece_holds_more_than_a_batch_of_exchanges() -> None:
    one = told("rotated-1.pcap")
    many = Analysis(one.sources, one.exchanges * 200)
    longest = max(len(json.dumps(e.to_json(), indent=2)) for e in one.exchanges)
    pieces = list(chunks(many))
    assert sum(piece.count('"outcome"') for piece in pieces) == len(many.exchanges)
    assert max(map(len, pieces)) < 100 * 2 * longest
