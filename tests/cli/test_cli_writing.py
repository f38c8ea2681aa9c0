"""What the system does not let labgen write is told with the reason, and is never exit code 1."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from labgen.ground.errors import WriteError
from labgen.ground.writing import writing


@pytest.mark.parametrize(
    ("number", "reason", "way_out"),
    [
        pytest.param(errno.EACCES, "Permission denied", "-o DIR", id="missing rights"),
        pytest.param(errno.EROFS, "Read-only file system", "-o DIR", id="read-only"),
        pytest.param(errno.ENOSPC, "No space left on device", "make room", id="full"),
        pytest.param(errno.EDQUOT, "Disk quota exceeded", "make room", id="quota"),
    ],
)
def test_refusal_of_the_system_names_place_reason_and_way_out(number: int, reason: str, way_out: str) -> None:
    with pytest.raises(WriteError) as raised, writing(Path("labs/mine")):
        raise OSError(number, "")
    assert raised.value.exit_code == 3
    assert "labs/mine" in str(raised.value) and reason in str(raised.value) and way_out in str(raised.value)


def test_the_very_file_is_named_where_the_system_names_it() -> None:
    with (
        pytest.raises(WriteError, match=r"cannot write labs/mine/plan\.json: Permission denied"),
        writing(Path("labs/mine")),
    ):
        raise PermissionError(errno.EACCES, "", "labs/mine/plan.json")


def test_errors_about_something_else_pass() -> None:
    with pytest.raises(ConnectionRefusedError), writing(Path("labs")):
        raise ConnectionRefusedError(errno.ECONNREFUSED, "")
