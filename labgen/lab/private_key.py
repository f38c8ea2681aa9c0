"""Private keys as people and labs have them."""

from __future__ import annotations

import io

import paramiko

from labgen.ground.errors import InputError

KINDS: tuple[type[paramiko.PKey], ...] = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)


def parse(text: str) -> paramiko.PKey:
    """A private key of whatever kind. InputError where it is none, or wants a pass phrase."""
    for kind in KINDS:
        try:
            return kind.from_private_key(io.StringIO(text))
        except (paramiko.SSHException, ValueError):
            continue
    raise InputError(
        "the private key cannot be read; one with a pass phrase belongs into an agent: `ssh-add`"
    )
