"""A schema that is made once serves every field: what is published, and what is refused, are as without."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from labgen.ground.errors import SpecError
from labgen.schemas.published import document
from labgen.spec import load

EACH_FOR_ITSELF = """
import json, sys
from labgen.ground.made_once import MadeOnce
MadeOnce.__get_pydantic_core_schema__ = lambda self, source, handler: handler(source)
from labgen.schemas.published import document
print(json.dumps([document(name) for name in sys.argv[1:]]))
"""


@pytest.mark.slow
def test_the_published_schemas_are_those_without() -> None:
    names = ("spec", "plan", "intent")
    command = [sys.executable, "-c", EACH_FOR_ITSELF, *names]
    each = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert json.loads(each) == json.loads(json.dumps([document(name) for name in names]))


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        pytest.param("segments.user.attach.relay=[pc]", None, id="fits"),
        pytest.param("segments.user.attach.relay=[pc!]", "`pc!`", id="in-a-list"),
        pytest.param("servers.srv=relay!", "`relay!`", id="by-itself"),
        pytest.param("nodes.pc!.loopback=10.0.0.1", "`pc!`", id="as-a-key"),
        pytest.param("segments.user.prefix=10.0.0.1/33", "10.0.0.1/33", id="prefix"),
        pytest.param("nodes.srv.loopback=10.0.0.999", "10.0.0.999", id="address"),
        pytest.param("segments.user.stretch=perhaps", "perhaps", id="yes-or-no"),
    ],
)
def test_every_field_is_held_to_its_kind(setting: str, said: str | None) -> None:
    try:
        load.load("relay", {}, [setting])
    except SpecError as error:
        assert said is not None
        assert said in str(error)
    else:
        assert said is None
