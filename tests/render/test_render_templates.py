"""Templates are strict, and found by device folder."""

from __future__ import annotations

import pytest
from jinja2 import TemplateNotFound, UndefinedError

from labgen.ground.templating import render


def test_a_name_nobody_defined_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="leases"):
        render("udhcpc/udhcpc-script.j2")


def test_a_template_nobody_brought_is_an_error() -> None:
    with pytest.raises(TemplateNotFound, match=r"nowhere/relay\.j2"):
        render("nowhere/relay.j2")
