"""Rendered lines, looked up in the vendors' own public models: YANG, and VyOS' interface definitions.

`scripts/models.sh FOLDER` fetches the models, `python tests/devices/devices_models.py FOLDER` walks them and writes `models.json`: for
every device and role the lines labgen renders, with `confirmed`, `contradicted` or `unknown` and the release of the model. Nothing of the
models is kept. A line's names and numbers are replaced by `*`, so that it stands for every lab.

A model confirms that a word exists where it stands. Whether the device then does what labgen expects is another question.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from devices_lines import SOURCES, Words, lines, shape

RESULTS = Path(__file__).parent / "models.json"


CONTROLS: Mapping[str, tuple[str, ...]] = {
    "vjunos-switch": (
        "forwarding-options dhcp-relay group G relay-option-82 vss",
        "forwarding-options dhcp-relay group G relay-sources lo0.0",
        "system services dhcp-local-server group G interfaces ge-0/0/0.0",
        "interfaces ge-0/0/0 unit 0 family inet dhcp6",
    ),
    "vptx": (
        "forwarding-options dhcp-relay group G relay-option-82 vss",
        "forwarding-options dhcp-relay group G relay-sources lo0.0",
        "vlans V forwarding-options dhcp-safety",
    ),
    "srlinux": (
        "interface =e subinterface =0 ipv4 dhcp-relay link-selection",
        "interface =e subinterface =0 ipv4 dhcp-relay vrf",
    ),
    "sros": (
        "configure router =Base interface =i ipv4 dhcp link-selection",
        "configure router =Base interface =i ipv4 dhcp server-router",
    ),
    "vyos": (
        "service dhcp-server shared-network-name N subnet 172.16.0.0/24 default-router 172.16.0.1",
        "service dhcp-relay vrf red",
    ),
    "cat8000v": (
        "ip dhcp relay information option link-selection",
        "interface GigabitEthernet =* ip helper-addresses 10.0.0.1",
        "ip dhcp compatibility suboption vss standard",
    ),
    "iosxr": (
        "dhcp ipv4 profile P relay relay information option link-selection",
        "dhcp ipv4 interface I relays profile P",
    ),
}
"""Lines that no release has, or that another release had: a walk that confirms them confirms anything."""


def _any(module: Any) -> Any:
    """pyang has no types."""
    return module


ELIDED = {
    "routing-instances": ("instance",),
    "interfaces": ("interface",),
    "vlans": ("vlan",),
    "bridge-domains": ("domain",),
    "server-group": ("server-group", "address"),
}
"""Lists that Junos does not name in a configuration, by what holds them: only their keys stand there."""
NAMELESS = frozenset({"active-server-group", "router"})
"""Words of Junos that a value follows at once; in the model it is a leaf, or a list, of another name."""


class Schema:
    """YANG modules of a folder, parsed by pyang and put together by name: groupings, submodules and augments of containers."""

    def __init__(self, folder: Path) -> None:
        self.groupings: dict[str, Any] = {}
        self.augments: dict[str, list[Any]] = {}
        self.modules = [self._parse(file) for file in sorted(folder.rglob("*.yang"))]
        for module in filter(None, self.modules):
            self._collect(module)

    def _parse(self, file: Path) -> Any:
        from pyang import context, repository, yang_parser

        ctx = _any(context).Context(_any(repository).FileRepository(str(file.parent)))
        return _any(yang_parser).YangParser().parse(ctx, str(file), file.read_text(errors="replace"))

    def _collect(self, statement: Any) -> None:
        for sub in statement.substmts:
            if sub.keyword == "grouping":
                self.groupings.setdefault(sub.arg, sub)
            if sub.keyword == "augment":
                self.augments.setdefault(re.split(r"[/:]", sub.arg)[-1], []).append(sub)
            self._collect(sub)

    def top(self) -> dict[str, Any]:
        """Data nodes at the top of the modules, and what is augmented into others, by name. A name can be in several."""
        found: dict[str, list[Any]] = {}
        for module in filter(None, self.modules):
            for sub in module.substmts:
                shallow = sub.keyword == "augment" and sub.arg.count("/") == 1
                for each in [e for s in sub.substmts for e in self._data(s)] if shallow else self._data(sub):
                    found.setdefault(each.arg, []).append(each)
        return found

    def _data(self, statement: Any) -> Iterator[Any]:
        """The data nodes that a statement puts where it stands."""
        if statement.keyword in ("container", "list", "leaf", "leaf-list", "anyxml", "anydata"):
            yield statement
        elif statement.keyword in ("choice", "case"):
            for sub in statement.substmts:
                yield from self._data(sub)
        elif statement.keyword == "uses":
            grouping = self.groupings.get(statement.arg.rpartition(":")[2])
            for sub in grouping.substmts if grouping is not None else ():
                yield from self._data(sub)

    def children(self, statement: Any) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        own = [*statement.substmts]
        for augment in self.augments.get(statement.arg, ()):
            own += augment.substmts
        for sub in own:
            for each in self._data(sub):
                found.setdefault(each.arg, []).append(each)
        return found

    @staticmethod
    def keys(statement: Any) -> int:
        key = statement.search_one("key")
        return len(key.arg.split()) if key is not None and statement.keyword == "list" else 0

    def place(self, words: Words, start: Mapping[str, list[Any]]) -> str:
        """`confirmed` where all words are nodes, keys and values; `unknown` where the first is in no model; else `contradicted`."""
        rest = list(words)
        if not rest or rest[0] not in start:
            return "unknown"
        return "confirmed" if self._walk(rest, start) else "contradicted"

    def _walk(self, words: list[str], here: Mapping[str, list[Any]]) -> bool:
        if not words:
            return True
        for statement in here.get(words[0], ()):
            rest = words[1:]
            if statement.keyword in ("leaf", "leaf-list"):
                if self._value(statement, rest, here):
                    return True
                continue
            taken = self.keys(statement)
            if self._walk(rest[taken:], self.children(statement)):
                return True
            if any(word.startswith("=") for word in rest[:1]) and self._walk(
                rest[1:], self.children(statement)
            ):
                return True
            if statement.arg in NAMELESS and len(rest) == 1:
                return True
            inner = self.children(statement)
            listed = [each for name in ELIDED.get(statement.arg, ()) for each in inner.get(name, ())]
            if rest and any(self._walk([each.arg, *rest], inner) for each in listed):
                return True
            if rest[taken:] and any(self._walk([each.arg, *rest[taken:]], inner) for each in listed):
                return True
        plural = here.get(f"{words[0]}s", ())
        return any(  # `profile P` is the list `profile` in a container `profiles`
            self._walk(words, self.children(each)) for each in plural if each.keyword == "container"
        )

    def _value(self, statement: Any, rest: list[str], here: Mapping[str, list[Any]]) -> bool:
        """A leaf takes a value, unless its type is empty; further words may be its siblings, as in a command line."""
        kind = statement.search_one("type")
        empty = kind is not None and kind.arg == "empty"
        values = rest if empty else rest[1:]
        return not values or self._walk(values, here) or self._walk(rest, here)


class Definitions:
    """VyOS' interface definitions: XML with includes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        files = [file for file in folder.rglob("*.xml.in") if "include" not in file.parts]
        self.roots = [root for root in map(self._read, files) if root is not None]

    def _read(self, file: Path) -> Any:
        try:
            return ElementTree.fromstring(self._text(file))
        except ElementTree.ParseError:
            return None

    def _text(self, file: Path) -> str:
        text = file.read_text(errors="replace")
        return re.sub(r"#include <([^>]+)>", lambda match: self._included(match[1]), text)

    def _included(self, name: str) -> str:
        found = self.folder / name
        return re.sub(r"<\?xml[^>]*\?>", "", self._text(found)) if found.is_file() else ""

    def place(self, words: Words) -> str:
        tops = [node for root in self.roots for node in root]
        if not any(node.get("name") == words[0] for node in tops):
            return "unknown"
        return "confirmed" if self._walk(list(words), tops) else "contradicted"

    def _walk(self, words: list[str], here: Iterable[Any]) -> bool:
        if not words:
            return True
        for node in here:
            if node.get("name") != words[0]:
                continue
            inner = list(node.find("children") if node.find("children") is not None else ())
            taken = 1 if node.tag == "node" else 2
            if node.tag == "leafNode" and len(words) <= 2:
                return True
            if node.tag != "leafNode" and self._walk(words[taken:], inner):
                return True
        return False


def walk(device: str, models: Path) -> dict[str, dict[str, str]]:
    """Verdicts of a device's lines, by role."""
    source = SOURCES[device]
    look = _looker(models / source.folder, source.style)
    return {
        role: {" ".join(shape(words)): look(words) for words in sorted(told)}
        for role, told in lines(device).items()
    }


def controls(device: str, models: Path) -> dict[str, str]:
    """Verdicts of the lines that must not be confirmed."""
    source = SOURCES[device]
    look = _looker(models / source.folder, source.style)
    return {line: look(tuple(line.split())) for line in CONTROLS.get(device, ())}


@cache
def _schema(folder: Path) -> tuple[Schema, Mapping[str, list[Any]]]:
    schema = Schema(folder)
    return schema, schema.top()


def _looker(folder: Path, style: str) -> Callable[[Words], str]:
    if style == "vyos":
        return Definitions(folder).place
    schema, top = _schema(folder)

    def look(words: Words) -> str:
        found = schema.place(words, top)
        if style == "cli":  # its models follow the command line closely, not to the letter
            native = top.get("native", [])
            inner: dict[str, list[Any]] = dict(top)
            for each in native:
                for name, nodes in schema.children(each).items():
                    inner.setdefault(name, []).extend(nodes)
            found = schema.place(words, inner)
            return "confirmed" if found == "confirmed" else "unknown"
        return found

    return look


def main() -> None:
    """Walks the models in the folder of the command line; what is not there keeps its results."""
    models = Path(sys.argv[1])
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for device, source in SOURCES.items():
        if not (models / source.folder).is_dir():
            continue
        told = walk(device, models)
        results[device] = {
            "repository": source.repository,
            "release": source.release,
            "lines": told,
            "controls": controls(device, models),
        }
        for role, each in told.items():
            sys.stdout.write(f"{device} {role} {dict(Counter(each.values()))}\n")
    RESULTS.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
