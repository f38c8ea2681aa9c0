"""A Nornir connection to Linux machines, by netmiko, without a shell: every command has a channel of its own.

A login shell reads its profile and prints a prompt, which netmiko waits for with limits of its own. Where a machine is short of
processor time, a dozen shells that start at once take longer than those limits, and nobody ever types into one of them. Registered as
the connection plugin `labgen_linux`.
"""

from __future__ import annotations

from typing import Any

import paramiko
from netmiko.linux import LinuxSSH
from nornir.core.configuration import Config

CONNECTION = "labgen_linux"


class _Commands(paramiko.SSHClient):
    """An SSH client whose first channel starts nothing; netmiko asks for a shell in it."""

    def invoke_shell(self, *_: Any, **__: Any) -> paramiko.Channel:
        transport = self.get_transport()
        if transport is None:
            raise paramiko.SSHException("not connected")
        return transport.open_session(timeout=transport.auth_timeout)


class ShellLess(LinuxSSH):
    """netmiko's way to log in, and nothing else of it: `remote_conn_pre` is the SSH client, whose transport opens channels."""

    def open_channel(self, timeout: float) -> paramiko.Channel:
        """A new channel. Raises SSHException where none opens in so many seconds."""
        client = self.remote_conn_pre
        transport = client.get_transport() if client is not None else None
        if transport is None:
            raise paramiko.SSHException("not connected")
        return transport.open_session(timeout=timeout)

    def _get_ssh_client_instance(self) -> paramiko.SSHClient:
        return _Commands()

    def _try_session_preparation(self, force_data: bool = True) -> None:
        """There is no prompt to wait for."""

    def cleanup(self, command: str = "exit") -> None:
        """There is no shell to leave."""


class LinuxLogin:
    """Nornir's ConnectionPlugin."""

    connection: ShellLess

    def open(
        self,
        hostname: str | None,
        username: str | None,
        password: str | None,
        port: int | None,
        platform: str | None,
        extras: dict[str, Any] | None = None,
        configuration: Config | None = None,
    ) -> None:
        """`extras` are arguments for netmiko. Raises what netmiko and paramiko do where nobody can log in."""
        own = {
            "host": hostname,
            "username": username,
            "password": password,
            "port": port,
            "device_type": platform,
        }
        self.connection = ShellLess(**{**own, **(extras or {})})

    def close(self) -> None:
        self.connection.disconnect()
