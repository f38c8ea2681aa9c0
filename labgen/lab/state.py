"""The folder of this user alone in which labgen remembers what runs.

It is `labgen` below XDG_RUNTIME_DIR, else below /run/user/UID, else below XDG_STATE_HOME (~/.local/state), by the XDG Base
Directory Specification. What lies there is acted upon later, perhaps by root: so nobody else may have been able to write it,
which is looked at on each use and not only when the folder is made.
"""

from __future__ import annotations

import os
import pwd
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from labgen.ground.errors import InfrastructureError

NAME = "labgen"
_PRIVATE = 0o700


class StateFolder:
    """An open folder nobody else can write to. Names are those of files directly in it."""

    def __init__(self, path: Path, handle: int) -> None:
        self.path = path
        self._handle = handle

    def fileno(self) -> int:
        """A descriptor of the folder, to lock it."""
        return self._handle

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(entry.name for entry in os.scandir(self._handle)))

    def read(self, name: str) -> bytes | None:
        """Content of a file; None where there is none, or it is a link or somebody else's."""
        try:
            file = os.open(
                name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=self._handle
            )
        except OSError:
            return None
        with os.fdopen(file, "rb") as stream:
            found = os.fstat(file)
            return stream.read() if stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() else None

    def write(self, name: str, content: bytes) -> None:
        """Put a file in its place whole: readers see the old content or the new."""
        draft = f".{name}.{secrets.token_hex(4)}"
        file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=self._handle)
        try:
            with os.fdopen(file, "wb") as stream:
                stream.write(content)
            os.rename(draft, name, src_dir_fd=self._handle, dst_dir_fd=self._handle)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(draft, dir_fd=self._handle)
            raise

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self._handle)


@contextmanager
def opened() -> Iterator[StateFolder]:
    """The folder, made if need be. InfrastructureError where this user has no place for it, or somebody else could write to it."""
    path = _base() / NAME
    try:
        path.mkdir(mode=_PRIVATE, exist_ok=True)
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise InfrastructureError(
            f"{path} is not a folder labgen can use ({error.strerror}); "
            "remove it, or set XDG_STATE_HOME to a folder of your own"
        ) from error
    try:
        found = os.fstat(handle)
        if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) != _PRIVATE:
            raise InfrastructureError(
                f"{path} is not private (owner {found.st_uid}, mode {stat.S_IMODE(found.st_mode):04o}), so what it says about "
                "running labs cannot be trusted; look at it, then remove it"
            )
        yield StateFolder(path, handle)
    finally:
        os.close(handle)


def _base() -> Path:
    for runtime in filter(None, (os.environ.get("XDG_RUNTIME_DIR"), f"/run/user/{os.geteuid()}")):
        if _own(Path(runtime)):
            return Path(runtime)
    for folder in _state_homes():
        with suppress(OSError):
            folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        if _own(folder):
            return folder
    raise InfrastructureError(
        "labgen found no folder of your own to remember running labs in; set XDG_STATE_HOME to one only you can write to"
    )


def _state_homes() -> Iterator[Path]:
    """The folders where state may be kept; HOME is somebody else's under some ways of becoming root."""
    if named := os.environ.get("XDG_STATE_HOME"):
        yield Path(named)
    homes = [os.environ.get("HOME", "")]
    with suppress(KeyError):
        homes.append(pwd.getpwuid(os.geteuid()).pw_dir)
    yield from (Path(home, ".local/state") for home in homes if home)


def _own(folder: Path) -> bool:
    """True if only this user and root can change what is in a folder, or put another in its place."""
    try:
        real = folder.resolve(strict=True)
        if not folder.is_absolute() or not real.is_dir() or real.stat().st_uid != os.geteuid():
            return False
        return _closed(real) and all(_closed(above, sticky=True) for above in real.parents)
    except OSError:
        return False


def _closed(folder: Path, *, sticky: bool = False) -> bool:
    found = folder.stat()
    if found.st_uid not in (0, os.geteuid()):
        return False
    return not found.st_mode & 0o022 or bool(sticky and found.st_mode & stat.S_ISVTX)
