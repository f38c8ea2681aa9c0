"""Every property of the published forms with its type, one a line: `properties.txt` beside this file.

Regenerate with `python tests/schemas/schema_properties.py`. Within a version lines come and none goes or changes; what comes is
told in docs/json.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from labgen.schemas.published import NAMES, document

TABLE = Path(__file__).with_name("properties.txt")
WRITTEN = tuple(name for name in NAMES if name not in ("spec", "intent"))
"""Forms that programs read; keys of a spec and of an intent are what people write, and docs/reference has them."""


def properties(name: str) -> Iterator[str]:
    schema: Mapping[str, Any] = document(name)
    yield from _of(schema, name)
    for label, own in sorted(schema.get("$defs", {}).items()):
        yield from _of(own, f"{name} {label}")


def _of(schema: Mapping[str, Any], place: str) -> Iterator[str]:
    required = schema.get("required", ())
    for key, own in sorted(schema.get("properties", {}).items()):
        yield f"{place}.{key}: {_kind(own)}{'' if key in required else ', may be absent'}"


def _kind(own: Mapping[str, Any]) -> str:
    if "anyOf" in own:
        return " or ".join(sorted(_kind(each) for each in own["anyOf"]))
    if "$ref" in own:
        return str(own["$ref"]).rpartition("/")[2]
    if "const" in own:
        return repr(own["const"])
    if own.get("type") == "array":
        return f"list of {_kind(own.get('items', {}))}"
    return str(own.get("format") or own.get("type") or "words" if "enum" not in own else "words")


def table() -> str:
    return "\n".join([*(line for name in WRITTEN for line in properties(name)), ""])


if __name__ == "__main__":
    TABLE.write_text(table())
