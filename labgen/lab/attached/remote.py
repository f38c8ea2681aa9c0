"""Running commands on nodes of a network that labgen did not make: over SSH, or through a container engine."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import paramiko

from labgen.adopt.intent.access import Container, Ssh
from labgen.ground.errors import InputError, NodeUnreachableError
from labgen.lab import private_key
from labgen.lab.attached.capture import ChannelStream, ProcessStream, Stream
from labgen.lab.deadline import patience
from labgen.lab.provider import SshAccess

CONNECT_SECONDS = 10.0


def ssh_access(node: str, access: Ssh) -> SshAccess:
    """The login of netmiko. NodeUnreachableError where the host key is not known and has to be."""
    return SshAccess(
        user=access.user or os.environ.get("USER", "root"),
        host=access.host,
        port=access.port,
        private_key=_key(access.key),
        host_key="" if access.host_key == "any" else "\n".join(_host_keys(node, access)),
        password=access.password,
        agent=not access.key and not access.password,
        options=access.options,
    )


def _key(file: str) -> str:
    if not file:
        return ""
    try:
        return Path(file).expanduser().read_text()
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}: correct `key`") from error


def _host_keys(node: str, access: Ssh) -> Iterator[str]:
    """The machine's keys, as the user's known_hosts has them."""
    file = Path(access.known_hosts or "~/.ssh/known_hosts").expanduser()
    name = access.host if access.port == 22 else f"[{access.host}]:{access.port}"
    known = paramiko.HostKeys()
    if file.is_file():
        known.load(str(file))
    found = known.lookup(name)
    if not found:
        scan = (
            f"ssh-keyscan {'-p ' + str(access.port) + ' ' if access.port != 22 else ''}{access.host} >>{file}"
        )
        raise NodeUnreachableError(
            f"{node}: the host key of {name} is not in {file}, so nobody knows who would answer: compare its fingerprint "
            f"and add it (`{scan}`), or say `host_key: any`"
        )
    for kind in found:
        yield f"{kind} {found[kind].get_base64()}"


def connect(node: str, access: Ssh) -> socket.socket:
    """A TCP connection to a node's SSH server, through the jump host where there is one."""
    if access.jump:
        command = f"ssh -o BatchMode=yes -W {access.host}:{access.port} {access.jump}"
        return cast(socket.socket, paramiko.ProxyCommand(command))  # paramiko takes it for one
    try:
        return socket.create_connection((access.host, access.port), CONNECT_SECONDS * patience())
    except OSError as error:
        raise NodeUnreachableError(
            f"{node} ({access.host}) does not answer on port {access.port}: {error}"
        ) from error


def client(node: str, access: Ssh) -> paramiko.SSHClient:
    """A connection of its own, for what goes on beside the questions. NodeUnreachableError where it does not come about."""
    wanted = ssh_access(node, access)
    found = paramiko.SSHClient()
    name = access.host if access.port == 22 else f"[{access.host}]:{access.port}"
    for line in wanted.host_key.splitlines():
        kind, _, text = line.partition(" ")
        entry = paramiko.hostkeys.HostKeyEntry.from_line(f"{name} {kind} {text}")
        if entry is not None and entry.key is not None:
            found.get_host_keys().add(name, kind, entry.key)
    found.set_missing_host_key_policy(
        paramiko.RejectPolicy() if wanted.host_key else paramiko.AutoAddPolicy()
    )
    try:
        found.connect(
            access.host,
            access.port,
            wanted.user,
            password=wanted.password or None,
            pkey=private_key.parse(wanted.private_key) if wanted.private_key else None,
            sock=cast(Any, connect(node, access)),
            allow_agent=wanted.agent,
            look_for_keys=wanted.agent,
            timeout=CONNECT_SECONDS * patience(),
        )
    except (OSError, paramiko.SSHException) as error:
        raise NodeUnreachableError(f"{node} ({access.host}): {' '.join(str(error).split())}") from error
    return found


def stream(node: str, access: Ssh | Container, command: str) -> Stream:
    """A shell command on a node, with its output as it comes."""
    if isinstance(access, Container):
        inside = ("-i",) if access.program[-1] != "netns" else ()
        argv = (*access.program, "exec", *inside, access.name, "sh", "-c", command)
        return ProcessStream(
            subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        )
    connection = client(node, access)
    transport = connection.get_transport()
    assert transport is not None
    channel = transport.open_session()
    channel.exec_command(command)
    return ChannelStream(connection, channel)
