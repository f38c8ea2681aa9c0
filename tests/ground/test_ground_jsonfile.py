"""JSON that is written to be read: the octets of the standard library, in less time."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from labgen.ground import jsonfile

_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(_VALUES)
def test_indented_json_is_that_of_the_standard_library(value: object) -> None:
    assert jsonfile.indented(value) == json.dumps(value, indent=2)
