"""Compiled templates are kept from one start to the next, where only their owner can write, and never stand in for a changed one."""

from __future__ import annotations

import marshal
import os
import sys
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

from labgen.ground.template_cache import TemplateCache, template_cache


@pytest.fixture
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    return tmp_path / "caches/labgen/templates"


def rendered(source: str, cache: TemplateCache | None, *, autoescape: bool = False) -> str:
    loader = DictLoader({"page": source})
    environment = Environment(loader=loader, bytecode_cache=cache, autoescape=autoescape)
    return environment.get_template("page").render(name="<you>")


def compiled(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def test_a_template_is_compiled_once(caches: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert rendered("hello {{ name }}", template_cache()) == "hello <you>"
    assert len(compiled(caches)) == 1
    monkeypatch.setattr(Environment, "_generate", lambda *_, **__: pytest.fail("compiled again"))
    assert rendered("hello {{ name }}", template_cache()) == "hello <you>"


def test_the_folder_is_its_owners_alone(caches: Path) -> None:
    assert template_cache() is not None
    assert caches.stat().st_mode & 0o777 == 0o700


def test_a_changed_template_is_compiled_anew(caches: Path) -> None:
    assert rendered("hello {{ name }}", template_cache()) == "hello <you>"
    assert rendered("bye {{ name }}", template_cache()) == "bye <you>"
    assert rendered("bye {{ name }}", template_cache()) == "bye <you>"


def test_what_one_environment_compiled_serves_no_other_kind(caches: Path) -> None:
    assert rendered("hello {{ name }}", template_cache()) == "hello <you>"
    assert rendered("hello {{ name }}", template_cache(), autoescape=True) == "hello &lt;you&gt;"
    assert len(compiled(caches)) == 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xe3",
        b"no bytecode",
        marshal.dumps("text"),
        marshal.dumps((1, 2, 3)),
        marshal.dumps(("old", None)),
    ],
)
def test_a_file_that_is_broken_is_written_anew(caches: Path, content: bytes) -> None:
    rendered("hello {{ name }}", template_cache())
    (file,) = compiled(caches)
    whole = file.read_bytes()
    for broken in (content, whole[: len(whole) // 2]):
        file.write_bytes(broken)
        assert rendered("hello {{ name }}", template_cache()) == "hello <you>"
        assert compiled(caches) == [file]
        assert file.read_bytes() == whole


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_a_folder_that_others_can_write_to_is_not_read(caches: Path, mode: int) -> None:
    assert template_cache() is not None
    caches.chmod(mode)
    assert template_cache() is None


def test_a_folder_of_somebody_else_is_not_read(caches: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert template_cache() is not None
    other = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: other)
    assert template_cache() is None


def test_a_link_to_a_folder_is_not_read(caches: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    caches.parent.mkdir(parents=True)
    caches.symlink_to(tmp_path / "elsewhere")
    assert template_cache() is None


def test_nothing_is_kept_where_python_is_to_write_no_bytecode(
    caches: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert template_cache() is None
    assert not caches.exists()


def test_nothing_is_kept_where_there_is_no_place(caches: Path, tmp_path: Path) -> None:
    (tmp_path / "caches").write_text("a file")
    assert template_cache() is None
    assert rendered("hello {{ name }}", None) == "hello <you>"


def test_a_relative_place_is_no_place(caches: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "caches")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    rendered("hello {{ name }}", template_cache())
    assert len(compiled(tmp_path / "home/.cache/labgen/templates")) == 1
    assert not caches.exists()


def test_what_cannot_be_written_is_no_error(caches: Path) -> None:
    cache = template_cache()
    caches.rmdir()
    assert rendered("hello {{ name }}", cache) == "hello <you>"
    assert not caches.exists()
