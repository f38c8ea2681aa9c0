"""YAML from files that users write: plain data, and the line of every key and value.

The one loader of specs, playbooks, relay configurations and intents. What it takes is a subset of YAML 1.2: text, whole and
decimal numbers, true and false, lists and mappings, anchors, merge keys, and top-level `x-` keys for what is only referred to.
Nothing is guessed: `010` is refused (YAML 1.1 reads eight), `10:20` and `2024-01-01` are text, `no` is text that a field for
yes or no understands. Size, depth and what aliases unfold to are bounded, so that no file takes the machine's memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from labgen.ground.errors import Problem, SpecError
from labgen.ground.yamlwords import MAX_DEPTH, SHAPED, WORDED

Place = tuple[str | int, ...]

MAX_CHARACTERS = 4 * 1024 * 1024
MAX_VALUES = 200_000
MAX_DIGITS = 20
SHOWN_WIDTH = 120

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MERGE = "<<"
_IGNORED_PREFIX = "x-"
_TAG = "tag:yaml.org,2002:"
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9_]+")


class Mark(NamedTuple):
    """A place in a file, counted from 1."""

    line: int
    column: int


class Document(NamedTuple):
    """A YAML file as plain data, and the place of every key and value by its path."""

    file: Path | None
    data: Any
    marks: Mapping[Place, Mark]
    lines: tuple[str, ...]

    def problem(self, path: Sequence[str | int], reason: str, remedy: str) -> Problem:
        """A problem at the nearest known place of `path`."""
        where = tuple(path)
        while where and where not in self.marks:
            where = where[:-1]
        return located(self.file, self.lines, self.marks.get(where), reason, remedy)


def located(file: Path | None, lines: Sequence[str], mark: Mark | None, reason: str, remedy: str) -> Problem:
    """A problem with its place and the text that stands there."""
    if mark is None:
        return Problem(reason, remedy, file)
    text = shown(lines[mark.line - 1]) if mark.line <= len(lines) else None
    return Problem(reason, remedy, file, mark.line, mark.column, text)


def shown(text: str) -> str:
    """Text of a file fit for a terminal: one line of bounded length, control characters written out."""
    short = text.strip()
    if len(short) > SHOWN_WIDTH:
        short = short[: SHOWN_WIDTH - 3] + "..."
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in short)


def read(file: Path) -> Document:
    """Parse a YAML file. SpecError when it cannot be read or is not the YAML labgen takes."""
    try:
        with file.open(encoding="utf-8-sig") as stream:
            text = stream.read(MAX_CHARACTERS + 1)
    except UnicodeDecodeError as error:
        remedy = "save it as plain UTF-8 text"
        raise SpecError([Problem("cannot read it: it is not UTF-8 text", remedy, file)]) from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        remedy = "give a readable YAML file"
        raise SpecError([Problem(f"cannot read it: {reason}", remedy, file)]) from error
    return parse(text, file)


def parse(text: str, file: Path | None = None) -> Document:
    """Parse YAML text whose top is a mapping; `file` is only named in errors. SpecError with the place of every fault."""
    document = _parse(text, file)
    if not isinstance(document.data, dict):
        raise SpecError([located(file, document.lines, Mark(1, 1), "expected a mapping of keys", _BEGIN)])
    kept = {key: value for key, value in document.data.items() if not key.startswith(_IGNORED_PREFIX)}
    return Document(file, kept, document.marks, document.lines)


_BEGIN = "write `key: value` lines, beginning with `name: my-lab`"


def value(text: str) -> Any:
    """One YAML value, as in `--set key=value`. SpecError when it is none."""
    return _parse(text, None).data


def _parse(text: str, file: Path | None) -> Document:
    lines = tuple(text[: MAX_CHARACTERS + 1].splitlines())
    if len(text) > MAX_CHARACTERS:
        reason = f"the file is larger than {MAX_CHARACTERS // 1024 // 1024} MiB"
        raise SpecError(
            [Problem(reason, "nothing labgen reads needs to be that long; is it the right file?", file)]
        )
    try:
        text.encode()
        root = _compose(text)
        building = _Building((), Mark(1, 1), _Budget())
        data = None if root is None else building.value(root, (), 0)
    except _Refused as refused:
        raise SpecError([located(file, lines, refused.mark, refused.reason, refused.remedy)]) from None
    except UnicodeEncodeError as error:
        raise SpecError([Problem("it is not UTF-8 text", "save it as plain UTF-8 text", file)]) from error
    except yaml.YAMLError as error:
        raise SpecError([_syntax(error, text, lines, file)]) from error
    if building.problems:
        raise SpecError([located(file, lines, *each) for each in building.problems])
    return Document(file, data, building.marks, lines)


class _Refused(Exception):  # noqa: N818 - it is no error of the program
    """The file says something this loader does not take."""

    def __init__(self, mark: Mark, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.mark, self.reason, self.remedy = mark, reason, remedy


class _Scalar(NamedTuple):
    mark: Mark
    text: str
    plain: bool
    tag: str | None


class _Collection:
    """`items` are added as they arrive, until it is no longer `open`."""

    def __init__(self, mark: Mark) -> None:
        self.mark = mark
        self.items: list[_Node] = []
        self.open = True


class _List(_Collection):
    """Its values."""


class _Mapping(_Collection):
    """`items` alternates keys and values."""


_Node = _Scalar | _List | _Mapping


def _compose(text: str) -> _Node | None:
    """The tree of nodes, without recursion: depth is bounded here, before anything else walks it."""
    anchors: dict[str, _Node] = {}
    root: _Node | None = None
    around: list[_Collection] = []
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.ScalarEvent) and around:
            around[-1].items.append(_node(event, anchors))
            continue
        if isinstance(event, yaml.CollectionEndEvent):
            around.pop().open = False
            continue
        if not isinstance(event, yaml.NodeEvent):
            continue
        node = _node(event, anchors)
        if around:
            around[-1].items.append(node)
        elif root is None:
            root = node
        else:
            raise _Refused(node.mark, "a second document begins here", "keep one; a file holds one document")
        if isinstance(event, yaml.CollectionStartEvent):
            assert isinstance(node, _Collection)
            around.append(node)
            if len(around) > MAX_DEPTH:
                raise _Refused(
                    node.mark, f"more than {MAX_DEPTH} levels deep", "close a bracket, or indent less"
                )
    return root


def _node(event: yaml.NodeEvent, anchors: dict[str, _Node]) -> _Node:
    assert event.start_mark is not None
    mark = Mark(event.start_mark.line + 1, event.start_mark.column + 1)
    node: _Node
    if isinstance(event, yaml.ScalarEvent):
        plain = event.style is None or event.style == ""
        tag = None if event.tag is None else _tag(event.tag, mark, _SCALAR_TAGS)
        node = _Scalar(mark, event.value, plain and event.tag is None, tag)
    elif isinstance(event, yaml.AliasEvent):
        return _referred(event.anchor or "", mark, anchors)
    elif isinstance(event, yaml.SequenceStartEvent):
        _tag(event.tag, mark, ("seq",))
        node = _List(mark)
    else:
        assert isinstance(event, yaml.MappingStartEvent)
        _tag(event.tag, mark, ("map",))
        node = _Mapping(mark)
    if event.anchor:
        anchors[event.anchor] = node
    return node


def _referred(name: str, mark: Mark, anchors: Mapping[str, _Node]) -> _Node:
    found = anchors.get(name)
    if found is None:
        raise _Refused(
            mark, f"`*{name}` refers to nothing", f"put `&{name}` before the value it should repeat"
        )
    if not isinstance(found, _Scalar) and found.open:
        raise _Refused(mark, f"`*{name}` stands inside the value it refers to", "write the value out")
    return found


_SCALAR_TAGS = ("str", "int", "float", "bool", "null")


def _tag(tag: str | None, mark: Mark, known: Sequence[str]) -> str | None:
    """The short name of a tag that means something here."""
    if tag is None:
        return None
    if tag == "!":
        return "str"
    name = tag.removeprefix(_TAG)
    if name == tag or name not in known:
        written = f"!!{name}" if name != tag else tag
        raise _Refused(mark, f"the tag `{shown(written)}` means nothing here", "write the value without it")
    return name


class _Budget:
    """The number of nodes that aliases may still unfold to."""

    def __init__(self) -> None:
        self.left = MAX_VALUES

    def spend(self, node: _Node, depth: int) -> None:
        self.left -= 1
        if self.left < 0 or depth > MAX_DEPTH:
            reason = f"repeated with `*`, this unfolds to more than {MAX_VALUES} values or {MAX_DEPTH} levels"
            raise _Refused(node.mark, reason, "write out what is meant, or refer to less")


class _Building:
    """State of the way from nodes to plain data."""

    def __init__(self, place: Place, mark: Mark, budget: _Budget) -> None:
        self.marks = {place: mark}
        self.problems: list[tuple[Mark, str, str]] = []
        self.budget = budget

    def value(self, node: _Node, path: Place, depth: int) -> Any:
        self.budget.spend(node, depth)
        self.marks.setdefault(path, node.mark)
        if isinstance(node, _Scalar):
            return self._scalar(node)
        if isinstance(node, _List):
            return [self.value(item, (*path, n), depth + 1) for n, item in enumerate(node.items)]
        return self._mapping(node, path, depth)

    def _mapping(self, node: _Mapping, path: Place, depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        merged: list[_Node] = []
        for key_node, value_node in _pairs(node):
            key = self._key(key_node)
            if key == _MERGE and isinstance(key_node, _Scalar) and key_node.plain:
                merged += value_node.items if isinstance(value_node, _List) else [value_node]
                continue
            place = (*path, key)
            if key in result:
                reason = f"key `{shown(key)}` stands here again (first in line {self.marks[place].line})"
                self.problems.append((key_node.mark, reason, "keep one of them"))
            self.marks[place] = key_node.mark
            result[key] = self.value(value_node, place, depth + 1)
        for source in merged:
            self._merge(source, result, path, depth)
        return result

    def _merge(self, source: _Node, result: dict[str, Any], path: Place, depth: int) -> None:
        """Keys of `source` that the mapping does not have itself."""
        if not isinstance(source, _Mapping):
            self.problems.append(
                (source.mark, "`<<` takes a mapping", "write `<<: *name`, where `&name` is one")
            )
            return
        self.budget.spend(source, depth)
        inner = _Building(path, source.mark, self.budget)
        for key, found in inner._mapping(source, path, depth + 1).items():
            if key not in result:
                result[key] = found
                self._adopt(inner.marks, (*path, key))
        self.problems.extend(inner.problems)

    def _adopt(self, marks: Mapping[Place, Mark], below: Place) -> None:
        for path, mark in marks.items():
            if path[: len(below)] == below:
                self.marks[path] = mark

    def _key(self, node: _Node) -> str:
        if isinstance(node, _Scalar):
            return node.text
        self.problems.append((node.mark, "a key is a word, not a list or a mapping", "write `key: value`"))
        return ""

    def _scalar(self, node: _Scalar) -> Any:
        if node.tag is not None and node.tag != "str":
            return self._tagged(node)
        return self._plain(node) if node.plain else node.text

    def _tagged(self, node: _Scalar) -> Any:
        """A value whose kind is written before it."""
        found = self._plain(node)
        kinds: dict[str, tuple[type, ...]] = {
            "int": (int,),
            "float": (int, float),
            "bool": (bool,),
            "null": (type(None),),
        }
        if type(found) not in kinds[str(node.tag)]:
            reason = f"`{shown(node.text)}` is not what `!!{node.tag}` says"
            self.problems.append((node.mark, reason, "write the value without the tag"))
        return found

    def _plain(self, node: _Scalar) -> Any:
        text = node.text
        if (word := text if text in _WORDS else text.lower()) in _WORDS:
            return _WORDS[word]
        if _INTEGER.fullmatch(text):
            return self._integer(node)
        if _DECIMAL.fullmatch(text) and len(text) <= MAX_DIGITS:
            return float(text)
        if _LEADING_ZERO.fullmatch(text):
            number = text.lstrip("+-0_") or "0"
            reason = f"`{shown(text)}` begins with a zero: YAML reads it as octal"
            self.problems.append(
                (node.mark, reason, f"write `{shown(number)}`, or '{shown(text)}' in quotes for text")
            )
        return text

    def _integer(self, node: _Scalar) -> int | str:
        if len(node.text) > MAX_DIGITS:
            reason = f"a number of {len(node.text)} digits"
            self.problems.append((node.mark, reason, "no key takes one that large; text stands in quotes"))
            return ""
        return int(node.text)


def _pairs(node: _Mapping) -> Iterator[tuple[_Node, _Node]]:
    return zip(node.items[::2], node.items[1::2], strict=True)


def _syntax(error: yaml.YAMLError, text: str, lines: tuple[str, ...], file: Path | None) -> Problem:
    said = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)
    position = getattr(error, "position", None)
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is not None:
        where: Mark | None = Mark(min(mark.line + 1, max(len(lines), 1)), mark.column + 1)
    elif isinstance(position, int):
        before = text[:position]
        where = Mark(before.count("\n") + 1, position - before.rfind("\n"))
        return located(file, lines, where, "not YAML: a control character", "save it as plain UTF-8 text")
    else:
        where = None
    line = lines[where.line - 1] if where and where.line <= len(lines) else ""
    for shape, pattern, (reason, remedy) in SHAPED:
        if re.search(pattern, said) and re.search(shape, _QUOTED.sub("", line)):
            return located(file, lines, where, f"not YAML: {reason}", remedy)
    for pattern, (reason, remedy) in WORDED:
        if re.search(pattern, said):
            return located(file, lines, where, f"not YAML: {reason}", remedy)
    return located(file, lines, where, f"not YAML: {said}", "check indentation, colons and brackets")
