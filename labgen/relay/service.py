"""The running relay: opens what its configuration asks for, keeps in step with the machine, moves packets."""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from labgen.ground.errors import InfrastructureError, LabgenError
from labgen.relay.assembly import Assembly
from labgen.relay.config import RelayConfig, load_config
from labgen.relay.control import ControlServer
from labgen.relay.counters import Counters
from labgen.relay.endpoints import Endpoint, Endpoints, Vrfs, wanted_sockets
from labgen.relay.forward import Forwarder, Port
from labgen.relay.log import JsonLog, shows_drops, shows_packets
from labgen.relay.namespaces import ALL_USED, NEEDED, Namespace, become, limit_capabilities
from labgen.relay.policy import LinkPolicy, resolve
from labgen.relay.tables import Group, Server, ambiguous_links

_RETRY_SECONDS = 1.0
_EVENTS = 32
"""Sockets taken per turn: room for more costs time even when few are ready."""
_TROUBLE_SECONDS = 1.0
"""The same trouble is not logged again within this time."""


class Relay:
    """One relay agent. `start`, then `run` until `stop` or SIGTERM."""

    def __init__(self, config: RelayConfig, path: Path | None = None) -> None:
        """`path` is read again by `reload`."""
        self._config = config
        self._path = path
        self.counters = Counters(started=time.monotonic())
        self.log = JsonLog(config.log)
        self._endpoints = Endpoints()
        self._vrfs: Vrfs | None = None
        self._policies: tuple[LinkPolicy, ...] = ()
        self._forwarder = Forwarder(self.counters, self._path_mtu, self._trouble)
        self._epoll = select.epoll()
        self._handlers: dict[int, Callable[[], object]] = {}
        self._quiet_until: dict[tuple[str, int], float] = {}
        self._ready = False
        self._missing: list[str] = []
        self._stopping = False
        self._reload_asked = False
        self._control = None
        if config.control is not None:
            commands = {"stats": self._tell_stats, "reload": self._tell_reload}
            self._control = ControlServer(config.control, commands)
            self._watch(self._control.fileno(), partial(self._accept, self._control))

    # Start, stop, reload.

    def start(self) -> None:
        """Open everything and log `ready` once it is. Raises InfrastructureError."""
        self._adopt(self._config)
        self._give_up_rights(self._config)
        # What lives this long need not be searched for garbage again.
        gc.freeze()

    def _give_up_rights(self, config: RelayConfig) -> None:
        if config.user is not None:
            become(config.user)
        if config.user is None and not config.drop_privileges:
            return
        keep = NEEDED if config.drop_privileges else ALL_USED
        for space in self._spaces():
            space.run(lambda: limit_capabilities(keep))
        limit_capabilities(keep)

    def stop(self) -> None:
        self._stopping = True

    def reload(self) -> None:
        """Read the configuration again and change over; packets that wait in sockets are kept.

        Raises LabgenError and stays with the old configuration when the new one cannot be carried out.
        """
        if self._path is not None:
            self._adopt(load_config(self._path))
            self.counters.reloads += 1
            self._reopen_log()
            self.log.write("reloaded", interfaces=[policy.key for policy in self._policies])

    def _reopen_log(self) -> None:
        try:
            self.log.reopen()
        except OSError as error:
            self._trouble("log", error.errno or 0)

    def _adopt(self, config: RelayConfig) -> None:
        old_config, old = self._config, self._vrfs
        self._vrfs = Vrfs(config, old)
        self._config = config
        try:
            self._synchronise()
            self._endpoints.require()
        except InfrastructureError:
            self._config, failed, self._vrfs = old_config, self._vrfs, old
            if old is not None:
                self._synchronise()
            failed.close(keep=self._spaces())
            raise
        for space in self._spaces():
            self._watch(space.netlink.fileno(), self._machine_changed)
        if old is not None:
            for space in set(old.spaces.values()) - set(self._spaces()):
                self._forget(space.netlink.fileno())
            old.close(keep=self._spaces())
        self._forwarder.trace = self.log.packet if shows_packets(config.log_level) else None
        self._forwarder.trace_drops = self.log.packet if shows_drops(config.log_level) else None

    def _spaces(self) -> list[Namespace]:
        return list(self._vrfs.spaces.values()) if self._vrfs is not None else []

    # Keeping in step.

    def _machine_changed(self) -> None:
        assert self._vrfs is not None
        for space in self._vrfs.spaces.values():
            space.netlink.drain()
        self._synchronise()

    def _synchronise(self) -> None:
        """Bring sockets and tables in line with configuration and interfaces."""
        assert self._vrfs is not None
        state = self._vrfs.interfaces()
        self._policies = resolve(self._config, state)
        opened, closing = self._endpoints.reconcile(wanted_sockets(self._policies, state), self._vrfs)
        assembly = Assembly(self.counters, self._endpoints, self._vrfs)
        self._forwarder.tables = assembly.connect(self._policies, state)
        for endpoint in opened:
            self._watch(endpoint.sock.fileno(), partial(self._serve, endpoint.port))
        for endpoint in closing:
            self._close(endpoint)
        self._announce()

    def _announce(self) -> None:
        """Log `ready` when everything is open, `waiting` with what is missing otherwise."""
        missing = [policy.key for policy in self._policies if policy.interface is None]
        missing += [
            f"{key.kind} {key.name}@{key.vrf}: {error.strerror}"
            for key, error in self._endpoints.failures.items()
        ]
        complete = not missing
        if complete and not self._ready:
            unaddressed = [policy.key for policy in self._policies if policy.address is None]
            clashes = [" and ".join(pair) for pair in ambiguous_links(self._policies)]
            interfaces = [policy.key for policy in self._policies]
            self.log.write(
                "ready",
                name=self._config.name,
                interfaces=interfaces,
                unaddressed=unaddressed,
                ambiguous=clashes,
            )
            _notify_systemd()
        elif missing and missing != self._missing:
            self.log.write("waiting", missing=missing)
        self._ready, self._missing = complete, missing

    # Moving packets.

    def run(self) -> None:
        """Serve until `stop`, SIGTERM or SIGINT; SIGHUP reloads."""
        wake, waker = socket.socketpair()
        waker.setblocking(False)
        signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop())
        signal.signal(signal.SIGHUP, lambda *_: self._ask_reload())
        self._watch(wake.fileno(), lambda: wake.recv(64))
        while not self._stopping:
            self._turn()
        self._shut_down()

    def _turn(self) -> None:
        for fd, _ in self._epoll.poll(None if self._ready else _RETRY_SECONDS, _EVENTS):
            # A handler before this one may have closed it.
            handler = self._handlers.get(fd)
            if handler is not None:
                handler()
        if self._reload_asked:
            self._reload_asked = False
            self._reload_logged()
        if not self._ready:
            self._synchronise()

    def _ask_reload(self) -> None:
        self._reload_asked = True

    def _reload_logged(self) -> str | None:
        """What spoke against it, None when done."""
        try:
            self.reload()
        except (LabgenError, OSError) as error:
            self.log.write("reload-failed", error=str(error))
            return str(error)
        return None

    # The control socket.

    def _accept(self, control: ControlServer) -> None:
        connection = control.accept()
        if connection is not None:
            self._watch(connection.fileno(), partial(self._answer, control, connection))

    def _answer(self, control: ControlServer, connection: socket.socket) -> None:
        self._forget(connection.fileno())
        control.answer(connection)

    def _tell_stats(self) -> Mapping[str, object]:
        counts = self.counters.snapshot(time.monotonic())
        return {"name": self._config.name, "log_lost": self.log.lost, **counts}

    def _tell_reload(self) -> Mapping[str, object]:
        trouble = self._reload_logged()
        return {"error": trouble} if trouble is not None else {"reloaded": True}

    def _serve(self, port: Port) -> None:
        try:
            self._forwarder.serve(port)
        except OSError as error:
            self._trouble(port.name, error.errno or 0)

    def _trouble(self, name: str, code: int) -> None:
        now = time.monotonic()
        if now >= self._quiet_until.get((name, code), 0.0):
            self._quiet_until[name, code] = now + _TROUBLE_SECONDS
            self.log.write("trouble", where=name, error=os.strerror(code))

    def _path_mtu(self, group: Group, server: Server) -> int:
        assert self._vrfs is not None
        try:
            return self._vrfs.path_mtu(group.policy.vrf, group.policy.servers[group.servers.index(server)])
        except OSError:
            # No route now: what the packet cannot do then is not the MTU's fault.
            return 1 << 16

    # The plumbing of the loop.

    def _watch(self, fd: int, handler: Callable[[], object]) -> None:
        if fd not in self._handlers:
            self._epoll.register(fd, select.EPOLLIN)
        self._handlers[fd] = handler

    def _forget(self, fd: int) -> None:
        if self._handlers.pop(fd, None) is not None:
            self._epoll.unregister(fd)

    def _close(self, endpoint: Endpoint) -> None:
        self._forget(endpoint.sock.fileno())
        endpoint.sock.close()

    def _shut_down(self) -> None:
        for endpoint in self._endpoints.open.values():
            self._close(endpoint)
        if self._vrfs is not None:
            self._vrfs.close()
        if self._control is not None:
            self._control.close()
        self._epoll.close()
        self.log.write("stopped")
        self.log.close()


def _notify_systemd() -> None:
    """Tell a service manager of Type=notify that the relay is ready, see sd_notify(3)."""
    address = os.environ.get("NOTIFY_SOCKET")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.connect("\0" + address[1:] if address.startswith("@") else address)
            sock.send(b"READY=1")
