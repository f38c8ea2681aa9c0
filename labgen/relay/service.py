"""The running relay: opens what its configuration asks for, keeps in step with the machine, moves packets."""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from labgen.ground.errors import InfrastructureError, LabgenError
from labgen.relay import fastpath
from labgen.relay.config import RelayConfig, load_config
from labgen.relay.control import ControlServer
from labgen.relay.counters import Counters
from labgen.relay.fastpath import FastPath
from labgen.relay.forward import Forwarder, Port
from labgen.relay.log import DropLog, JsonLog, shows_packets
from labgen.relay.lookup import Lookup
from labgen.relay.mmsg import SendFailure
from labgen.relay.namespaces import ALL_USED, NEEDED, allow_open_files, become, limit_capabilities
from labgen.relay.opener import Opener
from labgen.relay.readiness import Readiness, named_in_a_line
from labgen.relay.tables import Group, Server
from labgen.relay.upkeep import Upkeep
from labgen.relay.vrfs import Space, Vrf

_TICK_SECONDS = 1.0
_EVENTS = 32
"""Sockets taken per turn: room for more costs time even when few are ready."""
_TROUBLE_SECONDS = 1.0
"""The same trouble is not logged again within this time."""
_FILES_BESIDE = 64
_FILES_PER_VRF = 8


class Relay:
    """One relay agent. `start`, then `run` until `stop` or SIGTERM."""

    def __init__(self, config: RelayConfig, path: Path | None = None) -> None:
        """`path` is read again by `reload`."""
        self._path = path
        self._opener = Opener(namespaces=any(vrf.netns is not None for vrf in config.vrfs.values()))
        self.counters = Counters(started=time.monotonic())
        self.log = JsonLog(config.log)
        self._drops = DropLog(self.log, config.log_level)
        self._forwarder = Forwarder(self.counters, self._path_mtu, self._trouble)
        self._fast = self._load_fast_path()
        self._ports: dict[int, Port] = {}
        self._epoll = select.epoll()
        self._handlers: dict[int, Callable[[], object]] = {}
        self._quiet_until: dict[tuple[str, int], float] = {}
        self._lookup = Lookup()
        self._watch(self._lookup.fileno(), self._looked_up)
        self._upkeep = self._plan(config, None)
        self._readiness = Readiness(self.log, compiled=self._fast is not None)
        self._hindrance = ""
        self._waker: socket.socket | None = None
        self._next_tick = 0.0
        self._stopping = False
        self._reload_asked = False
        self._control = None
        if config.control is not None:
            commands = {"stats": self._tell_stats, "reload": self._tell_reload}
            self._control = ControlServer(config.control, commands)
            self._watch(self._control.fileno(), partial(self._accept, self._control))

    def _load_fast_path(self) -> FastPath | None:
        """The compiled cache, where there is one and it may be used."""
        library = fastpath.load()
        if library is None:
            return None
        try:
            made = FastPath(library, self._forwarder.inbox, self._serve_slot, self._not_sent)
        except MemoryError:
            # Where memory may not become code (MemoryDenyWriteExecute), C cannot call Python.
            return None
        self._forwarder.teach(made)
        return made

    def _plan(self, config: RelayConfig, before: Upkeep | None) -> Upkeep:
        names = before.names if before is not None else {}
        return Upkeep(config, self.counters, self._opener, self, names, before)

    # Start, stop, reload.

    def start(self) -> None:
        """Open what there is, and log `ready` once the first interface relays. Raises InfrastructureError."""
        self._hear_signals()
        config = self._upkeep.config
        allow_open_files(_FILES_BESIDE + _FILES_PER_VRF * len(self._upkeep.vrfs))
        self._upkeep.start()
        self._give_up_rights(config)
        self._take_up(config)
        # What lives this long need not be searched for garbage again.
        gc.freeze()
        gc.enable()

    def _hear_signals(self) -> None:
        """Before anybody is told that the relay is there: who is told may send one at once."""
        wake, waker = socket.socketpair()
        waker.setblocking(False)
        signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop())
        signal.signal(signal.SIGHUP, lambda *_: self._ask_reload())
        self._watch(wake.fileno(), lambda: wake.recv(64))
        self._waker = waker

    def _take_up(self, config: RelayConfig) -> None:
        """Do what follows from a configuration that has been taken up."""
        servers = (server.address for item in config.interfaces for server in item.servers)
        self._forwarder.recipients = self._upkeep.recipients
        self._lookup.want(address for address in servers if isinstance(address, str))
        self._drops = DropLog(self.log, config.log_level)
        self._forwarder.trace = self.log.packet if shows_packets(config.log_level) else None
        self._forwarder.trace_drops = self._drops.dropped
        if self._fast is not None:
            self._fast.clear()
            self._fast.switch(self._forwarder.trace is None)
        self._readiness.announce(self._upkeep)

    def _give_up_rights(self, config: RelayConfig) -> None:
        if config.user is not None:
            become(config.user)
        if config.user is None and not config.drop_privileges:
            return
        limit_capabilities(NEEDED if config.drop_privileges else ALL_USED)

    def stop(self) -> None:
        self._stopping = True

    def reload(self) -> None:
        """Read the configuration again and change over; packets that wait in sockets are kept.

        Raises LabgenError and stays with the old configuration when the new one cannot be carried out.
        """
        if self._path is None:
            return
        config = load_config(self._path)
        if not self._upkeep.adopt(config):
            self._replace(config)
        self.counters.reloads += 1
        self._reopen_log()
        self._take_up(config)
        keys = [link.policy.key for link in self._upkeep.links]
        self.log.write("reloaded", interfaces=named_in_a_line(keys), relaying=len(keys))

    def _replace(self, config: RelayConfig) -> None:
        """Change over to a configuration that is another in more than its interfaces."""
        old = self._upkeep
        self._upkeep = self._plan(config, old)
        try:
            self._change_over(old)
        except LabgenError:
            failed, self._upkeep = self._upkeep, old
            self._change_back(failed)
            raise

    def _change_over(self, old: Upkeep) -> None:
        for vrf in old.vrfs.values():
            self.closing(vrf)
        self._upkeep.take_sockets(old)
        for vrf in self._upkeep.vrfs.values():
            if vrf.up:
                self.opened(vrf)
        self._upkeep.start()
        old.close(keep=self._upkeep.spaces)

    def _change_back(self, failed: Upkeep) -> None:
        for vrf in failed.vrfs.values():
            self.closing(vrf)
        self._upkeep.take_sockets(failed)
        failed.close(keep=self._upkeep.spaces)
        for vrf in self._upkeep.vrfs.values():
            if vrf.up:
                self.opened(vrf)
        self._upkeep.retry()

    def _reopen_log(self) -> None:
        try:
            self.log.reopen()
        except OSError as error:
            self._trouble("log", error.errno or 0)

    # Keeping in step: what Upkeep tells.

    def opened(self, vrf: Vrf) -> None:
        self._forget_decisions()
        for sock in vrf.sockets.values():
            port = Port(vrf.name, sock.fileno(), vrf.scope)
            self._watch(sock.fileno(), partial(self._serve, port))
            self._ports[port.fd] = port
            if self._fast is not None:
                self._fast.take_over(port.fd, port.scope)

    def closing(self, vrf: Vrf) -> None:
        self._forget_decisions()
        for sock in vrf.sockets.values():
            self._forget(sock.fileno())
            self._ports.pop(sock.fileno(), None)
            if self._fast is not None:
                self._fast.give_back(sock.fileno())

    def _forget_decisions(self) -> None:
        """Something is different from when the compiled cache was told what to do with packets."""
        if self._fast is not None:
            self._fast.clear()

    def seen(self, space: Space) -> None:
        self._forget_decisions()
        assert space.watch is not None
        self._watch(space.watch.fileno(), partial(self._machine_changed, space))

    def losing(self, space: Space) -> None:
        self._forget_decisions()
        assert space.watch is not None
        self._forget(space.watch.fileno())

    def tell(self, event: str, **fields: str) -> None:
        self.log.write(event, **fields)

    def _machine_changed(self, space: Space) -> None:
        if self._upkeep.changed(space):
            self._note_change()
        if self._upkeep.touched:
            self._forget_decisions()

    def _looked_up(self) -> None:
        if self._upkeep.looked_up(self._lookup.take()):
            self._note_change()
        self._forget_decisions()

    def _note_change(self) -> None:
        self._readiness.note_change(self._upkeep)

    def _tick(self) -> None:
        """Look at what nobody announces: namespaces, sockets to be tried again, numbers to be told."""
        now = time.monotonic()
        if now >= self._next_tick:
            self._next_tick = now + _TICK_SECONDS
            self._drops.tick()
            if self._upkeep.changeable:
                self._retry()
            if self._readiness.changed:
                self._readiness.announce(self._upkeep)

    def _retry(self) -> None:
        self._readiness.changed = True
        try:
            self._upkeep.retry()
        except InfrastructureError as error:
            # What is open goes on; what cannot be followed any more is told.
            if str(error) != self._hindrance:
                self._hindrance = str(error)
                self.log.write("trouble", where="namespaces", error=self._hindrance)

    # Moving packets.

    def run(self) -> None:
        """Serve until `stop`, SIGTERM or SIGINT; SIGHUP reloads."""
        while not self._stopping:
            self._turn()
        self._shut_down()

    def _turn(self) -> None:
        for fd in self._heard():
            # A handler before this one may have closed it.
            handler = self._handlers.get(fd)
            if handler is not None:
                handler()
        if self._reload_asked:
            self._reload_asked = False
            self._reload_logged()
        self._tick()

    def _heard(self) -> Sequence[int]:
        """Descriptors that something waits at; ports are served meanwhile where the compiled cache does that."""
        if self._fast is not None:
            return self._fast.wait(self._epoll.fileno(), _TICK_SECONDS)
        return [fd for fd, _ in self._epoll.poll(_TICK_SECONDS, _EVENTS)]

    def _ask_reload(self) -> None:
        self._reload_asked = True

    def _reload_logged(self) -> str | None:
        """Load the configuration again and log the result; the reason against it, None when done."""
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
        if self._fast is not None:
            self._fast.harvest()
        counts = self.counters.snapshot(time.monotonic())
        return {"name": self._upkeep.config.name, "log_lost": self.log.lost, **counts}

    def _tell_reload(self) -> Mapping[str, object]:
        trouble = self._reload_logged()
        return {"error": trouble} if trouble is not None else {"reloaded": True}

    def _serve(self, port: Port) -> None:
        try:
            self._forwarder.serve(port)
        except OSError as error:
            self._trouble(port.name, error.errno or 0)

    def _serve_slot(self, fd: int, slot: int) -> None:
        """Serve what the compiled cache leaves to Python: a packet, or an error of a socket."""
        port = self._ports[fd]
        if slot < 0:
            self._trouble(port.name, -slot)
        else:
            self._forwarder.serve_slot(port, slot)

    def _not_sent(self, pointer: int, code: int) -> None:
        self._trouble(self._upkeep.recipients.name(SendFailure(pointer, code), "the network"), code)

    def _trouble(self, name: str, code: int) -> None:
        now = time.monotonic()
        if now >= self._quiet_until.get((name, code), 0.0):
            self._quiet_until[name, code] = now + _TROUBLE_SECONDS
            self.log.write("trouble", where=name, error=os.strerror(code))

    def _path_mtu(self, group: Group, server: Server) -> int:
        return self._upkeep.vrfs[group.policy.vrf].path_mtu(server.address)

    # The plumbing of the loop.

    def _watch(self, fd: int, handler: Callable[[], object]) -> None:
        if fd not in self._handlers:
            self._epoll.register(fd, select.EPOLLIN)
        self._handlers[fd] = handler

    def _forget(self, fd: int) -> None:
        if self._handlers.pop(fd, None) is not None:
            self._epoll.unregister(fd)

    def _shut_down(self) -> None:
        self._upkeep.close()
        if self._fast is not None:
            self._fast.close()
        self._lookup.close()
        self._opener.close()
        if self._control is not None:
            self._control.close()
        self._epoll.close()
        self.log.write("stopped")
        self.log.close()
