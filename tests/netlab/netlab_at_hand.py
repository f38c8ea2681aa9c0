"""netlab, imported once: each command line of standard input is run in a child of this process, as its program would run it.

Run by netlab's own Python. A request is a line of JSON with the folder and the arguments, an answer one with exit code and output. Most of
what a netlab command takes is its imports, and compiling the templates of devices, whose code is kept for the next one.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
import tempfile
import traceback
from typing import Any

COMMANDS = ("create", "initial")


def main() -> None:
    """Serve until standard input ends."""
    netsim: Any = importlib.import_module("netsim.cli")
    for command in COMMANDS:
        importlib.import_module(f"netsim.cli.{command}")
    with tempfile.TemporaryDirectory() as cache:
        _keep_templates(cache)
        for line in sys.stdin:
            request = json.loads(line)
            sys.stdout.write(json.dumps(_answer(netsim, request["folder"], request["arguments"])) + "\n")
            sys.stdout.flush()


def _keep_templates(cache: str) -> None:
    """Have every Jinja2 environment find the code of templates that were compiled before; their text is still read."""
    jinja2: Any = importlib.import_module("jinja2")
    made = jinja2.Environment.__init__

    def init(self: Any, *args: Any, **options: Any) -> None:
        made(self, *args, **{"bytecode_cache": jinja2.FileSystemBytecodeCache(cache), **options})

    jinja2.Environment.__init__ = init


def _answer(netsim: Any, folder: str, arguments: list[str]) -> dict[str, object]:
    with tempfile.TemporaryFile() as output:
        child = os.fork()
        if child == 0:
            gc.disable()  # it ends soon
            os.chdir(folder)
            for stream in (sys.stdout, sys.stderr):
                os.dup2(output.fileno(), stream.fileno())
            sys.argv = ["netlab", *arguments]
            try:
                netsim.main()
                code = 0
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else int(end.code is not None)
            except BaseException:  # noqa: BLE001  as Python ends a program with one
                traceback.print_exc()
                code = 1
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        output.seek(0)
        return {"code": status, "output": output.read().decode(errors="replace")}


if __name__ == "__main__":
    main()
