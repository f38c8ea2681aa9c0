"""A table that a program keeps in a page of the documentation, between two comments."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class PageTable:
    """The part of `page` between the comments `<!-- mark -->` and `<!-- /mark -->`, as `made` writes it."""

    page: Path
    mark: str
    made: Callable[[], str]

    def filled(self, text: str) -> str:
        """A page with its generated part replaced."""
        opening, closing = f"<!-- {self.mark} -->", f"<!-- /{self.mark} -->"
        before, _, rest = text.partition(opening)
        after = rest.partition(closing)[2]
        return f"{before}{opening}\n{self.made()}\n{closing}{after}"

    def main(self, description: str) -> int:
        """The program: it prints the table; with --write the page gets it, with --check the exit code says whether the page has it."""
        options = argparse.ArgumentParser(description=description)
        options.add_argument("--write", action="store_true")
        options.add_argument("--check", action="store_true")
        given = options.parse_args()
        text = self.page.read_text()
        if given.write:
            self.page.write_text(self.filled(text))
        elif given.check:
            return int(text != self.filled(text))
        else:
            print(self.made())
        return 0
