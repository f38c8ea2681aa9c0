"""A program of one's own as client, relay or server."""

import re
import shlex
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import BeforeValidator, Field

from labgen.spec import values
from labgen.spec.base import SpecModel
from labgen.spec.values import Text

PLACEHOLDERS = ("interface", "interfaces", "name", "config", "address", "giaddr", "servers")
STDOUT = "stdout"


def _command(value: object) -> tuple[str, ...]:
    if isinstance(value, list | tuple):
        words = [str(each) for each in value if isinstance(each, str | int)]
        if len(words) != len(value):
            raise values.wrong("a word of the command is no text", "write it in quotes")
    else:
        if not isinstance(value, str) or not value.strip():
            raise values.wrong(
                f"{values.quoted(value)} is no command",
                'write it as for a shell, such as "python3 client.py {interface}"',
            )
        try:
            words = shlex.split(value)
        except ValueError as error:
            raise values.wrong(
                f"{values.quoted(value)} cannot be taken apart: {str(error).lower()}", "close the quotes"
            ) from error
    if not words:
        raise values.wrong("the command is empty", 'write it as for a shell, such as "./client {interface}"')
    shell = next((word for word in words if re.fullmatch(r"\d*(>>?|<)\S*|\|\|?|&&?|;", word)), "")
    if shell:
        raise values.wrong(
            f"`{shell}` is for a shell, and the program is started without one",
            'write `sh -c "..."`, or put it into a script beside the spec',
        )
    for word in words:
        for found in re.findall(r"\{(\w*)\}", word):
            if found not in PLACEHOLDERS:
                near = values.closest(found, PLACEHOLDERS)
                hint = f"did you mean `{{{near}}}`? " if near else ""
                listed = ", ".join(f"{{{each}}}" for each in PLACEHOLDERS)
                raise values.wrong(
                    f"nothing stands for `{{{found}}}` in a command", f"{hint}There are {listed}"
                )
    return tuple(words)


def _pattern(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise values.wrong(
            f"{values.quoted(value)} is no text that a log could show", 'write a word of it, such as "bound"'
        )
    try:
        re.compile(value)
    except re.error as error:
        raise values.wrong(
            f"{values.quoted(value)} is no regular expression: {error}", f'write "{re.escape(value)}"'
        ) from error
    return value


def _log(value: object) -> str:
    if value == STDOUT:
        return STDOUT
    if (
        not isinstance(value, str)
        or not PurePosixPath(value).is_absolute()
        or ".." in PurePosixPath(value).parts
    ):
        raise values.wrong(
            f"{values.quoted(value)} is no place of a log",
            "write `stdout`, or a path in the node, such as /var/log/client.log",
        )
    return value


Word = Annotated[str, Field(pattern=rf"^([^{{]|\{{({'|'.join(PLACEHOLDERS)})\}})+$")]
LogPlace = Annotated[str, Field(pattern=r"^(stdout|/.*)$")]


class ProgramSpec(SpecModel):
    """A program that runs instead of the device's DHCP daemon. In `command`, `{interface}` is the client's port, `{interfaces}` those that
    clients or relays are on, `{config}` the file of `config`, `{address}` the server's own address, `{giaddr}` the relay's, `{servers}`
    whom the relay asks, `{name}` the node."""

    command: Annotated[
        tuple[str, ...],
        BeforeValidator(_command, json_schema_input_type=Word | Annotated[list[Word], Field(min_length=1)]),
    ] = Field(
        description="how it is started, in the foreground; files are looked up beside the spec",
        examples=["python3 my_client.py {interface}"],
        min_length=1,
    )
    config: Text | None = Field(
        default=None,
        description="a file that it reads, beside the spec, or its text; `{config}` is where the node has it",
        examples=["my_client.conf"],
    )
    ready: Annotated[str, BeforeValidator(_pattern, json_schema_input_type=str)] | None = Field(
        default=None,
        description="a regular expression that its log shows once it serves, or, of a client, is bound",
        examples=["bound"],
    )
    log: Annotated[str, BeforeValidator(_log, json_schema_input_type=LogPlace)] = Field(
        default=STDOUT, description="`stdout`, or the file it writes its log to", examples=["stdout"]
    )


Program = Annotated[
    ProgramSpec,
    BeforeValidator(values.first_word("command", empty=False), json_schema_input_type=str | ProgramSpec),
]
