"""Text as a YAML scalar that every reader takes for that text, whatever the word: `on`, `null` and `0x1F` are names, too."""

from __future__ import annotations

import json
import re
from functools import lru_cache

_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./@-]*(?: [A-Za-z0-9_./@-]+)*|\d+\.\d+\.\d+\.\d+(?:/\d+)?")
_RESERVED = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


@lru_cache(maxsize=4096)
def quoted(value: str) -> str:
    """In quotes where it needs them. Remembered, since keys and names of devices come back with every node."""
    if _PLAIN.fullmatch(value) and value.lower() not in _RESERVED:
        return value
    return json.dumps(value, ensure_ascii=False)
