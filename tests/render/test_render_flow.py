"""The flow emitter writes YAML that reads back as what went in."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from labgen.render.flow import Value, block, flow, scalar

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")))
)
KEYS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), min_size=1, max_size=30)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=20)


@pytest.mark.slow
@given(VALUES)
def test_flow_reads_back_as_the_same_value(value: Value) -> None:
    assert yaml.safe_load(flow(value)) == value


NAMES = st.sampled_from(
    ["on", "y", "Null", "1", "10.0.0.1", "a: b", "02:00:ca:fe:00:ff", "- x", "it's"]
) | st.from_regex(r"[A-Za-z0-9_.-]{1,20}", fullmatch=True)
BLOCKS = st.recursive(
    st.dictionaries(
        NAMES, NAMES | st.just("") | st.none() | st.booleans() | st.integers() | st.lists(NAMES, min_size=1)
    ),
    lambda inner: st.dictionaries(NAMES, inner, min_size=1),
    max_leaves=6,
)


@pytest.mark.slow
@settings(deadline=None)
@given(BLOCKS.filter(bool))
def test_block_style_is_what_pyyaml_writes(value: dict[str, Value]) -> None:
    assert block(value) == yaml.safe_dump(value, sort_keys=False)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param("10.1.0.0/30", "10.1.0.0/30", id="prefix"),
        pytest.param("65000:1", '"65000:1"', id="route target is no sexagesimal number"),
        pytest.param("02:00:ca:fe:00:ff", '"02:00:ca:fe:00:ff"', id="mac"),
        pytest.param("on", '"on"', id="YAML 1.1 boolean"),
        pytest.param("1e3", '"1e3"', id="number-like"),
        pytest.param("OSPF adjacency", "OSPF adjacency", id="words"),
        pytest.param("", '""', id="empty"),
        pytest.param(True, "true", id="boolean"),
    ],
)
def test_scalars_are_quoted_only_where_yaml_needs_it(value: str | bool, text: str) -> None:
    assert scalar(value) == text
