"""Which members of a kind `make test` tries."""

from __future__ import annotations

from typing import Any

import pytest
from members import some

WITH_ID = pytest.param("kea", 1, id="first", marks=pytest.mark.lab)


def kept(found: list[Any]) -> list[bool]:
    return [all(mark.name != "deep" for mark in getattr(each, "marks", ())) for each in found]


@pytest.mark.parametrize(
    ("members", "name"),
    [
        (["isc-dhcpd", "kea"], "kea"),
        ([("isc-dhcpd", 1), ("kea", 2)], "kea"),
        ([pytest.param("kea", 2, id="second"), WITH_ID], "first"),
        ([150, 300], "300"),
        ([kept, some], "some"),
    ],
)
def test_all_but_those_named_are_deep_and_nothing_is_lost(members: list[Any], name: str) -> None:
    found = some(members, name)
    assert kept(found) == [False, True]
    assert found[1] == members[1]
    values = [getattr(each, "values", each) for each in members]
    assert found[0].values == (values[0] if isinstance(values[0], tuple) else (values[0],))


def test_other_marks_stay() -> None:
    (found, _) = some([WITH_ID, "kea"], "kea")
    assert {mark.name for mark in found.marks} == {"lab", "deep"}


@pytest.mark.parametrize("names", [(), ("kae",), ("kea", "dnsmasq")])
def test_a_kind_of_which_nothing_is_tried_is_an_error(names: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="is kept, of"):
        some(["kea", "isc-dhcpd"], *names)
