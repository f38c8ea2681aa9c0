"""JSON from a file that anybody may have written: plain data or one clear error, in bounded time and memory; and JSON to be read."""

from __future__ import annotations

import json
import os
import stat
from json.encoder import encode_basestring_ascii
from pathlib import Path
from typing import Any

from labgen.ground.errors import InputError

MOST_OCTETS = 128 * 1024 * 1024


def read(file: Path, remedy: str) -> Any:
    """The value in a JSON file. InputError, with `remedy` as the next step, where it cannot be read or is not JSON as labgen writes it:
    UTF-8, no NaN, of a depth and a length that a lab of a thousand nodes does not reach."""
    try:
        return _parsed(octets(file).decode("utf-8"))
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}: {remedy}") from error
    except UnicodeError as error:
        raise InputError(f"{file} is damaged: it is not UTF-8 text; {remedy}") from error
    except RecursionError as error:
        raise InputError(f"{file} is damaged: it is nested too deep; {remedy}") from error
    except json.JSONDecodeError as error:
        raise InputError(f"{file}:{error.lineno}: {error.msg}; {remedy}") from error
    except ValueError as error:
        raise InputError(f"{file} is damaged: {str(error).partition(';')[0]}; {remedy}") from error


def octets(file: Path) -> bytes:
    """The contents of a file. OSError, or ValueError for one that is too large or no regular file: no pipe or device is waited for."""
    handle = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise ValueError("it is no ordinary file")
        found = stream.read(MOST_OCTETS + 1)
    if len(found) > MOST_OCTETS:
        raise ValueError(f"it is larger than {MOST_OCTETS // 1024 // 1024} MiB")
    return found


def _parsed(text: str) -> Any:
    data = json.loads(text, parse_constant=_no_number)
    if "\\ud" in text or "\\uD" in text:
        json.dumps(
            data, ensure_ascii=False
        ).encode()  # half of a surrogate pair is text that nothing can write again
    return data


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")


def indented(value: Any, start: str = "\n") -> str:
    """As `json.dumps(value, indent=2)`, in a third of the time: what is compiled of the library does not indent. Keys are text."""
    kind = type(value)
    if kind is str:
        return encode_basestring_ascii(value)
    below = start + "  "
    if kind is dict and value:
        pairs = [f"{encode_basestring_ascii(key)}: {indented(item, below)}" for key, item in value.items()]
        return f"{{{below}{f',{below}'.join(pairs)}{start}}}"
    if (kind is list or kind is tuple) and value:
        return f"[{below}{f',{below}'.join([indented(item, below) for item in value])}{start}]"
    return json.dumps(value)
