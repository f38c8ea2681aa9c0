"""Logins of vendors' nodes: what the user says in the environment or keeps in a keyring, else what the image comes with.

Passwords are never written to a file or a log, and are no argument of a program.
"""

from __future__ import annotations

import os
import re
from importlib import import_module
from importlib.util import find_spec

USERNAME, PASSWORD = "LABGEN_USERNAME", "LABGEN_PASSWORD"
SERVICE = "labgen"
"""Under which a keyring has passwords, by node or `*`."""


def login(node: str, image: tuple[str, str]) -> tuple[str, str]:
    """Name and password for a node. LABGEN_USERNAME_NODE and LABGEN_PASSWORD_NODE (capitals, `_` for what is no letter or digit) go
    before LABGEN_USERNAME and LABGEN_PASSWORD, these before the keyring, and that before what the image has.
    """
    suffix = "_" + re.sub(r"[^A-Z0-9]", "_", node.upper())
    user = os.environ.get(USERNAME + suffix) or os.environ.get(USERNAME) or image[0]
    password = os.environ.get(PASSWORD + suffix) or os.environ.get(PASSWORD) or _kept(node) or image[1]
    return user, password


def secret(name: str) -> bool:
    """True if an environment variable holds a secret of labgen's."""
    return name == PASSWORD or name.startswith(f"{PASSWORD}_")


def _kept(node: str) -> str | None:
    """The password in the keyring, where the package `keyring` is installed and a keyring is open."""
    if find_spec("keyring") is None:
        return None
    keyring = import_module("keyring")
    try:
        found = keyring.get_password(SERVICE, node) or keyring.get_password(SERVICE, "*")
    except keyring.errors.KeyringError:
        return None
    return str(found) if found else None
