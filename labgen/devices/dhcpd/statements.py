"""The grammar of dhcpd.conf(5): statements that end with a semicolon, and blocks in braces, in the order they are written."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from ipaddress import IPv4Network

from labgen.devices.linux.isc_options import NAMES

_TOKEN = re.compile(r'#[^\n]*|"(?:[^"\\]|\\.)*"|[{};]|[^\s{};"]+')
DECLARED = re.compile(r"option (\S+) code (\d+) =")


@dataclass
class Declaration:
    """Words before a brace, as `subnet ... netmask ...`, and what is in it."""

    words: str = ""
    entries: list[str | Declaration] = field(default_factory=list)

    @property
    def said(self) -> list[str]:
        """Statements right in it."""
        return [each for each in self.entries if isinstance(each, str)]

    @property
    def blocks(self) -> list[Declaration]:
        return [each for each in self.entries if isinstance(each, Declaration)]

    @property
    def prefix(self) -> IPv4Network | None:
        """The prefix of a subnet's block; None for every other."""
        words = self.words.split()
        if words[:1] != ["subnet"] or len(words) != 4:
            return None
        return IPv4Network(f"{words[1]}/{words[3]}", strict=False)

    def value(self, key: str) -> str:
        """The text after a keyword; empty where it is not said."""
        return next((text[len(key) :].strip() for text in self.said if text.startswith(f"{key} ")), "")


def parsed(text: str) -> Declaration:
    """A configuration as one block without words. Braces that do not match are closed at the end, or ignored."""
    stack: list[Declaration] = [Declaration()]
    words: list[str] = []
    for token in _TOKEN.findall(text):
        if token.startswith("#"):
            continue
        if token == "{":
            stack.append(Declaration(" ".join(words)))
        elif token == ";":
            stack[-1].entries.append(" ".join(words))
        elif token == "}" and len(stack) > 1:
            ended = stack.pop()
            stack[-1].entries.append(ended)
        words = [] if token in ("{", ";", "}") else [*words, token]
    return stack[0]


def codes(top: Declaration) -> dict[str, int]:
    """Codes of options by name: those dhcpd knows, and those that are declared."""
    declared = (match for text in top.said if (match := DECLARED.match(text)))
    return {**{name: code for code, name in NAMES.items()}, **{match[1]: int(match[2]) for match in declared}}
