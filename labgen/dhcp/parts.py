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
        """The match, found without a look for the parts."""
        return self._compiled.search(text)

    def search(self, text: str) -> re.Match[str] | None:
        """The match that `re.Pattern.search` gives."""
        return self._compiled.search(text) if self.may_be_in(text.lower()) else None

    def may_be_in(self, lowered: str) -> bool:
        """True if a text in lower case, of a line or of many, has one of the parts."""
        for part in self._parts:  # noqa: SIM110  any() costs more than most of these looks
            if part in lowered:
                return True
        return False
