"""The reports of a matrix as files in its folder."""

from __future__ import annotations

import json
from pathlib import Path

from labgen.ground.errors import UsageError
from labgen.ground.writing import writing
from labgen.matrix import junit
from labgen.matrix.model import Matrix
from labgen.matrix.page import page
from labgen.render.folder import MANIFEST
from labgen.report import html

JSON = "matrix.json"


def json_text(matrix: Matrix) -> str:
    """The matrix as JSON: two spaces, newline at the end."""
    return json.dumps(matrix.to_json(), indent=2, ensure_ascii=False) + "\n"


def html_text(matrix: Matrix) -> str:
    """One HTML file that needs nothing else; it links the reports of the combinations below its folder."""
    return html.render("report/matrix.html.j2", page(matrix))


def require_own(folder: Path) -> None:
    """UsageError where a folder holds something that no matrix put there: neither its JSON nor a lab folder."""
    known = (folder / JSON).exists() or next(folder.glob(f"*/{MANIFEST}"), None)
    if folder.exists() and any(folder.iterdir()) and not known:
        raise UsageError(f"{folder} is not empty and holds no matrix; choose another with -o DIR")


def write(matrix: Matrix, folder: Path) -> dict[str, Path]:
    """Write matrix.json, junit.xml and matrix.html; their paths by format. Raises WriteError."""
    texts = {
        "json": (JSON, json_text(matrix)),
        "junit": ("junit.xml", junit.text(matrix)),
        "html": ("matrix.html", html_text(matrix)),
    }
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.values():
            (folder / name).write_text(text, encoding="utf-8")
    return {form: folder / name for form, (name, _) in texts.items()}
