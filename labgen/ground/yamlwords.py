"""Complaints of the YAML library, in words of somebody who writes a file."""

from __future__ import annotations

MAX_DEPTH = 40

_QUOTE = "put the value in quotes; indent with spaces, not tabs"
_INDENT = (
    "the indentation does not fit the lines before",
    "give keys of one mapping the same number of spaces",
)
WORDED: tuple[tuple[str, tuple[str, str]], ...] = (
    (r"cannot start any token", ("a character that YAML gives no meaning here", _QUOTE)),
    (r"expected ',' or|node content", ("a bracket is not closed, or a comma is missing", "close it, and separate values with commas")),
    (r"<block end>|expected key|<document start>|block (mapping|sequence)", _INDENT),
    (r"mapping values are not", ("a second colon where one value is expected", "put the value in quotes, or begin a new line")),
    (r"could not find expected ':'", ("a colon is missing after the key", "write `key: value`")),
    (r"quoted scalar|unexpected end", ("a quotation mark is not closed", "close it on the same line")),
    (r"unknown escape", ("a backslash that means nothing between double quotes", "use single quotes")),
    (r"undefined alias|tag", ("a tag or alias that is not defined", "write the value out")),
    (r"nesting|depth", (f"more than {MAX_DEPTH} levels deep", "close a bracket, or indent less")),
)  # fmt: skip
"""What the YAML library says, and the same in words of somebody who writes a file."""

SHAPED: tuple[tuple[str, str, tuple[str, str]], ...] = (
    (r"\{[A-Za-z_]+\}", r"expected ',' or|node content|<block end>", ("a value with braces in it", "put that value in quotes")),
    (r",\s*,", r"expected ',' or|node content", ("two commas with nothing between them", "leave one of them out")),
)  # fmt: skip
"""What a line without its quoted parts looks like, what the library says of it then, and what is wrong with it."""
