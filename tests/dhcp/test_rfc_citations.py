"""Every RFC and every section of one that labgen cites is in the table, which was made from the RFCs' text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from rfc_sections import RFCS

ROOT = Path(__file__).parents[2]
FOLDERS = ("labgen", "docs", "topologies", "playbooks", "templates", "tests", "benchmarks")
SUFFIXES = {".py", ".md", ".yml", ".j2", ".txt"}
SECTION = r"\d+(?:\.\d+)*"
# Fixtures hold numbers that must not be found.
OWN = {"test_rfc_citations.py", "rfc_sections.py"}

_JOINED = re.compile(r'"\s*\n\s*f?"|\n[ \t]*(?:#[ \t]*)?(?=\S)')
_CITED = re.compile(
    rf"RFC (?P<rfcs>\d+(?:(?:/|, | and )\d{{3,4}}\b)*)(?: (?P<bare>\d+(?:\.\d+)+))?"
    rf"|\bsections? (?P<sections>{SECTION}(?:(?:, | and ){SECTION})*)"
    r"|(?P<paragraph>\n\s*\n)"
)


def citations(text: str) -> Iterator[tuple[int, str | None]]:
    """RFC and section (None where the RFC alone is named); a section belongs to the RFC named last in its paragraph."""
    joined = "\n\n".join(
        _JOINED.sub(lambda seam: "" if '"' in seam[0] else " ", part) for part in re.split(r"\n\s*\n", text)
    )
    rfc: int | None = None
    for found in _CITED.finditer(joined):
        if found["paragraph"]:
            rfc = None
        elif found["rfcs"]:
            numbers = [int(number) for number in re.findall(r"\d+", found["rfcs"])]
            rfc = numbers[-1]
            yield from ((number, None) for number in numbers)
            if found["bare"]:
                yield rfc, found["bare"]
        elif rfc is not None:
            yield from ((rfc, section) for section in re.findall(SECTION, found["sections"]))


def known(rfc: int, section: str | None) -> bool:
    return rfc in RFCS and (section is None or section in RFCS[rfc].sections)


def cited() -> dict[tuple[int, str | None], list[str]]:
    paths = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in SUFFIXES]
    places: dict[tuple[int, str | None], list[str]] = {}
    for path in [ROOT / "README.md", *(path for path in paths if path.name not in OWN)]:
        for citation in citations(path.read_text(encoding="utf-8")):
            places.setdefault(citation, []).append(str(path.relative_to(ROOT)))
    return places


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("RFC 5107 section 4", [(5107, None), (5107, "4")], id="one"),
        pytest.param(
            "RFC 2132 9.14, RFC 4361", [(2132, None), (2132, "9.14"), (4361, None)], id="bare number"
        ),
        pytest.param(
            "RFC 2131 sections 3.2 and 4.3.2",
            [(2131, None), (2131, "3.2"), (2131, "4.3.2")],
            id="two sections",
        ),
        pytest.param("RFC 791, 768", [(791, None), (768, None)], id="two RFCs"),
        pytest.param(
            "RFC 2131 section 3.1 point 3: any; section 4.4.1.",
            [(2131, None), (2131, "3.1"), (2131, "4.4.1")],
            id="second section later in the sentence",
        ),
        pytest.param('"a; RFC "\n        "5107 section 4"', [(5107, None), (5107, "4")], id="split literal"),
        pytest.param("not (RFC 2131\n  section 4.3.5)", [(2131, None), (2131, "4.3.5")], id="split line"),
        pytest.param("# as RFC 3046\n# section 2.1", [(3046, None), (3046, "2.1")], id="split comment"),
        pytest.param("RFC 951.\n\nXML, section 2.2", [(951, None)], id="section of something else"),
    ],
)
def test_citations_are_found_in_text(text: str, expected: list[tuple[int, str | None]]) -> None:
    assert list(citations(text)) == expected


@pytest.mark.parametrize("wrong", [(5107, "9"), (2131, "4.5"), (5170, None)])
def test_what_no_rfc_has_is_not_known(wrong: tuple[int, str | None]) -> None:
    assert not known(*wrong)


@pytest.mark.slow
def test_every_citation_is_in_the_table() -> None:
    wrong = {citation: places for citation, places in cited().items() if not known(*citation)}
    assert not wrong, "look the section up in the RFC, then correct the citation or add it to rfc_sections.py"


@pytest.mark.slow
def test_table_holds_only_what_is_cited() -> None:
    places = cited()
    held = {(rfc, None) for rfc in RFCS} | {(rfc, s) for rfc, entry in RFCS.items() for s in entry.sections}
    assert held <= places.keys()
