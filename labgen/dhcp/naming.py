"""Names of nodes from names of files."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath

STANDARD_INPUT = "-"
_VERB = re.compile(r"^(?:request|renew|rebind|release|acquire|discover|debug|log|show)[-_.](.+)$")
_SUFFIXES = frozenset(
    [
        ".pcap",
        ".pcapng",
        ".cap",
        ".dmp",
        ".log",
        ".txt",
        ".text",
        ".out",
        ".md",
        ".html",
        ".htm",
        ".json",
        ".jsonl",
        ".ndjson",
        ".csv",
        ".tsv",
        ".gz",
        ".xz",
        ".bz2",
        ".lease",
        ".leases",
        ".bin",
        ".conf",
        ".old",
        ".raw",
        ".trace",
    ]
)
_ROTATED = re.compile(r"(\.[a-z]+)\.\d{1,3}$|-\d{8}$")


def node_name(file: str) -> str:
    """A node's name from a file's: `logs/renew-srv1.log` is `srv1`'s, `192.0.2.1.pcap` is 192.0.2.1's."""
    if file == STANDARD_INPUT:
        return "stdin"
    name = PurePath(file).name
    while True:
        suffix = PurePath(name).suffix
        rotated = _ROTATED.search(name)
        if suffix.lower() in _SUFFIXES and name != suffix:
            name = name[: -len(suffix)]
        elif rotated is not None and (rotated.group(1) is None or rotated.group(1) in _SUFFIXES):
            name = name[: rotated.end(1)] if rotated.group(1) else name[: rotated.start()]
        else:
            break
    match = _VERB.match(name)
    return match.group(1) if match else name


def node_names(files: Sequence[str]) -> dict[str, str]:
    """A name for each file; files of one name in different folders are named by their folders: `leaf1/any`."""
    names = {file: node_name(file) for file in files}
    counts = Counter(names.values())
    for file, name in names.items():
        if counts[name] > 1:
            names[file] = _with_folder(
                file, name, [other for other in files if other != file and names[other] == name]
            )
    return names


def _with_folder(file: str, name: str, others: Sequence[str]) -> str:
    """The first folder above, going up, that tells a file from the others; its name as it is where the folders are the same."""
    parts = PurePath(file).parts[:-1]
    for up in range(1, len(parts) + 1):
        mine = parts[-up]
        if all(
            len(PurePath(other).parts) <= up or PurePath(other).parts[:-1][-up] != mine for other in others
        ):
            return f"{mine}/{name}"
    return name
