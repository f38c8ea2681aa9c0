"""Patterns with many alternatives, asked only where a text has a part that one of them cannot do without: most lines have none."""

from __future__ import annotations

import re


class Words:
    """A pattern, which ignores case, and lower-case parts: every text that matches has one of them."""

    def __init__(self, pattern: str, parts: str) -> None:
        self._compiled = re.compile(pattern, re.IGNORECASE)
        self._parts = tuple(part.replace("_", " ") for part in parts.split())

    @property
    def pattern(self) -> str:
        """The pattern as it was written."""
        return self._compiled.pattern

    def everywhere(self, text: str) -> re.Match[str] | None:
        """What is found without a look for the parts."""
        return self._compiled.search(text)

    def search(self, text: str) -> re.Match[str] | None:
        """What `re.Pattern.search` gives."""
        lowered = text.lower()
        for part in self._parts:
            if part in lowered:
                return self._compiled.search(text)
        return None
