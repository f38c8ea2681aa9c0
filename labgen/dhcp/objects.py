"""JSON objects over many lines, each as the one line that it would be in a log: `journalctl -o json-pretty`, event logs of Windows as
JSON, hits of a search.

Only objects that carry a line of a log, or a packet's fields, are joined; configurations and lists stay as they are.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from labgen.dhcp.logs import Line

_MOST_LINES, _DEEPEST = 400, 4


def are_spread(sample: Sequence[str]) -> bool:
    """True if a text has objects that begin with a line of their own."""
    return any(_opens(text) for text in sample)


def _opens(text: str) -> bool:
    return text[-1:] in "{ \t" and text.strip() == "{"


def joined(lines: Iterable[Line], is_log: Callable[[Mapping[str, object]], bool]) -> Iterator[Line]:
    """The lines, and one for each object that `is_log`, under the number of its first line."""
    source, held = iter(lines), deque[Line]()
    while True:
        line = held.popleft() if held else next(source, None)
        if line is None:
            return
        if not _opens(line[1]):
            yield line
            continue
        block = _block(line, held, source)
        found = _flat(block)
        if found is not None and is_log(found):
            yield line[0], json.dumps(found, ensure_ascii=False)
        else:
            yield line
            held.extendleft(reversed(block[1:]))


def _block(first: Line, held: deque[Line], source: Iterator[Line]) -> list[Line]:
    """The lines from an opening brace to the one that closes it as far in; what is read too far is in it as well."""
    indent = first[1][: len(first[1]) - len(first[1].lstrip())]
    block = [first]
    while len(block) < _MOST_LINES:
        line = held.popleft() if held else next(source, None)
        if line is None:
            break
        block.append(line)
        if line[1].startswith(indent + "}"):
            break
    return block


def _flat(block: Sequence[Line]) -> dict[str, object] | None:
    """The fields of an object, those of the objects in it as well where the names are free."""
    try:
        data = json.loads("\n".join(text for _, text in block).rstrip().removesuffix(","))
    except (ValueError, RecursionError):
        return None
    return _fields(data, 0) if isinstance(data, dict) else None


def _fields(data: Mapping[str, object], depth: int) -> dict[str, object]:
    own = {key: value for key, value in data.items() if not isinstance(value, Mapping)}
    if depth < _DEEPEST:
        for value in data.values():
            if isinstance(value, Mapping):
                own = _fields(value, depth + 1) | own
    return own
