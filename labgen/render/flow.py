"""YAML in flow style, one line a value: what netlab and containerlab topologies are written in; and in block style.

PyYAML's emitter takes longer than everything else `labgen build` does; this one covers what labgen emits, and
tests read it back through PyYAML.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

import yaml

from labgen.ground.yamltext import quoted

Scalar = str | int | float | bool | None
Value = Scalar | Iterable["Value"] | Mapping[str, "Value"]


def scalar(value: Scalar) -> str:
    """A scalar YAML 1.1 reads back as the same value of the same type."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    return quoted(value)


def flow(value: Value) -> str:
    """`{id: 2, module: [ospf]}`. Order is kept."""
    kind = type(value)
    if kind is str:
        return quoted(value)  # type: ignore[arg-type]
    if kind is dict:
        return _flow_mapping(value)  # type: ignore[arg-type]
    if kind is list or kind is tuple:
        return _flow_list(value)  # type: ignore[arg-type]
    if isinstance(value, str):
        return quoted(value)
    if value is None or isinstance(value, (bool, int, float)):
        return scalar(value)
    return _flow_mapping(value) if isinstance(value, Mapping) else _flow_list(value)


def _flow_mapping(value: Mapping[str, Value]) -> str:
    return "{" + ", ".join([f"{quoted(key)}: {flow(item)}" for key, item in value.items()]) + "}"


def _flow_list(value: Iterable[Value]) -> str:
    return "[" + ", ".join([flow(item) for item in value]) + "]"


def block(value: Mapping[str, Value], indent: str = "") -> str:
    """A mapping of names over several lines, as PyYAML lays it out and quotes it. Lists in it hold scalars alone."""
    return "".join([f"{indent}{_quoted(key)}:{_below(item, indent)}" for key, item in value.items()])


def _below(value: Value, indent: str) -> str:
    if isinstance(value, str):
        return f" {_quoted(value)}\n"
    if value is None or isinstance(value, (bool, int, float)):
        return f" {scalar(value)}\n"
    if isinstance(value, Mapping):
        return "\n" + block(value, indent + "  ") if value else " {}\n"
    return "\n" + "".join([f"{indent}-{_below(item, indent)}" for item in value])


@lru_cache(maxsize=4096)
def _quoted(text: str) -> str:
    """PyYAML is asked only about what is not plain to us either."""
    if quoted(text) == text:
        return text
    return yaml.safe_dump(text).removesuffix("\n").removesuffix("\n...")
