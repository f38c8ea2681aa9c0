"""The VRFs of a configuration and the namespaces they are in, as they come and go: their sockets, and what the kernel has in them."""

from __future__ import annotations

import errno
import socket
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from labgen.dhcp.ports import SERVER_PORT
from labgen.ground.errors import InfrastructureError
from labgen.relay.config import RelayConfig
from labgen.relay.machine import Machine
from labgen.relay.mmsg import INTERFACE_NAME_SIZE, Outbox
from labgen.relay.netlink import Interface, Netlink, NetlinkWatch
from labgen.relay.opener import Opener
from labgen.relay.sockets import SocketSpec
from labgen.relay.tables import VrfLookup

_ROUTE_SECONDS = 1.0
_BUFFER_PER_INTERFACE = 1024 * 1024
_LARGEST_BUFFER = 32 * 1024 * 1024
_SMALLEST_BUFFER = 4 * 1024 * 1024
"""Octets a socket may hold back: a few thousand requests, the burst after a power cut."""


class Space:
    """One network namespace: what it has, and the socket that whole frames leave by."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.machine = Machine()
        self.raw = Outbox(-1, f"frames of {path or 'this namespace'}", INTERFACE_NAME_SIZE)
        self.netlink: Netlink | None = None
        self.watch: NetlinkWatch | None = None
        self._identity: tuple[int, int] | None = None
        self._raw_socket: socket.socket | None = None

    def moved(self, opener: Opener) -> bool:
        """True when the namespace at the path is another than the open one, is there now, or is gone."""
        return self.path is not None and opener.identity(self.path) != self._identity

    def open(self, opener: Opener) -> None:
        """Open what is needed to see it. Raises OSError and InfrastructureError."""
        identity = opener.identity(self.path)
        if identity is None:
            return
        self.netlink = Netlink(opener.open(self.path, SocketSpec("netlink")))
        self.watch = NetlinkWatch(opener.open(self.path, SocketSpec("watch")))
        self._raw_socket = opener.open(self.path, SocketSpec("raw"))
        self.raw.fd = self._raw_socket.fileno()
        self._identity = identity

    def close(self) -> None:
        for opened in (self.netlink, self.watch, self._raw_socket):
            if opened is not None:
                opened.close()
        self.netlink = self.watch = self._raw_socket = None
        self.raw.fd = -1
        self._identity = None


@dataclass(eq=False)
class Vrf:
    """One VRF: a namespace, or a device in one. `ports` are the UDP ports that the relay uses there."""

    name: str
    device: str
    space: Space
    ports: tuple[int, ...]
    tos: int
    buffer: int
    scope: VrfLookup = field(init=False)
    boxes: dict[int, Outbox] = field(init=False)
    sockets: dict[int, socket.socket] = field(default_factory=dict)
    _lock: socket.socket | None = None
    _device_index: int = 0
    _routes: dict[bytes, tuple[int, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.scope = VrfLookup(self.name, self._route)
        self.boxes = {port: Outbox(-1, f"{self.name}:{port}") for port in self.ports}

    @property
    def up(self) -> bool:
        return all(port in self.sockets for port in self.ports)

    def device_now(self) -> Interface | None:
        """The VRF device as it is now."""
        return self.space.machine.by_name.get(self.device)

    @property
    def there(self) -> bool:
        """True when the namespace, and the device if it is one, can be opened."""
        if self.space.netlink is None:
            return False
        device = self.device_now()
        return not self.device or (device is not None and device.kind == "vrf")

    @property
    def stale(self) -> bool:
        """True when its sockets are bound to a device that is not the one of that name any more."""
        device = self.device_now()
        return self.up and (
            not self.there or (device.index if device is not None else 0) != self._device_index
        )

    def has(self, interface: Interface) -> bool:
        """True when the kernel has an interface in this VRF."""
        return self.space.machine.vrf_of(interface) == self.device

    def open(self, opener: Opener) -> None:
        """Open those of its sockets that are not. Raises OSError; InfrastructureError where another relay serves it."""
        held = set(self.sockets)
        if self._lock is None:
            self._lock = self._locked(opener)
        try:
            for port in self.ports:
                if port not in held:
                    spec = SocketSpec("relay", self.device, port, self.tos, self.buffer)
                    self._use(port, opener.open(self.space.path, spec))
        except OSError:
            # What was there before stays, with what waits in it: its former user may want it back.
            for port in self.sockets.keys() - held:
                self.sockets.pop(port).close()
                self.boxes[port].fd = -1
            raise
        device = self.device_now()
        self._device_index = device.index if device is not None else 0

    def _locked(self, opener: Opener) -> socket.socket:
        try:
            return opener.open(self.space.path, SocketSpec("lock", name=f"labgen-relay/{self.device}"))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise InfrastructureError(
                f"another labgen-relay serves VRF {self.name}. Stop it first, or give its interfaces to that one."
            ) from error

    def _use(self, port: int, sock: socket.socket) -> None:
        self.sockets[port] = sock
        self.boxes[port].fd = sock.fileno()

    def same_place(self, other: Vrf) -> bool:
        """True when another configuration's VRF is in the same namespace and device."""
        return (self.space.path, self.device) == (other.space.path, other.device)

    def take(self, other: Vrf) -> None:
        """Take over the lock and the sockets of another in the same place, with what waits in them, as far as they are wanted."""
        self._lock, other._lock = other._lock, None
        self._device_index = other._device_index
        for port in self.ports:
            sock = other.sockets.pop(port, None)
            if sock is not None:
                sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, self.tos)
                self._use(port, sock)
                other.boxes[port].fd = -1

    def close(self) -> None:
        for sock in (self._lock, *self.sockets.values()):
            if sock is not None:
                sock.close()
        self._lock = None
        self.sockets.clear()
        for box in self.boxes.values():
            box.fd = -1
        self._routes.clear()

    def _route(self, address: bytes) -> int:
        """Index of the interface towards an address; remembered for a second."""
        now = time.monotonic()
        known = self._routes.get(address)
        if known is not None and known[1] > now:
            return known[0]
        found = self.route(address)
        if len(self._routes) > 4096:
            self._routes.clear()
        self._routes[address] = (found, now + _ROUTE_SECONDS)
        return found

    def route(self, address: bytes) -> int:
        netlink = self.space.netlink
        if netlink is None:
            return 0
        route = netlink.route(address, self._device_index)
        return route.ifindex if route is not None else 0

    def path_mtu(self, address: bytes) -> int:
        """Octets an IP packet to an address may have; unlimited without a route: that is not the MTU's fault."""
        netlink = self.space.netlink
        route = netlink.route(address, self._device_index) if netlink is not None else None
        if route is None:
            return 1 << 16
        interface = self.space.machine.by_index.get(route.ifindex)
        return route.mtu or (interface.mtu if interface is not None else 1 << 16)


def used_vrfs(config: RelayConfig) -> set[str]:
    """Names of the VRFs that interfaces and servers are in."""
    servers = {server.vrf for item in config.interfaces for server in item.servers}
    return servers | {item.vrf for item in config.interfaces}


def vrfs_of(config: RelayConfig, known: Iterable[Space] = ()) -> dict[str, Vrf]:
    """The VRFs that interfaces and servers of a configuration are in; namespaces in `known` are taken over."""
    spaces = {space.path: space for space in known}
    used = used_vrfs(config)
    found: dict[str, Vrf] = {}
    clients = Counter(item.vrf for item in config.interfaces)
    for name in sorted(used):
        place = config.vrfs.get(name)
        path = place.netns if place is not None else None
        space = spaces.setdefault(path, Space(path))
        ports = tuple(dict.fromkeys((SERVER_PORT, config.relay_port)))
        buffer = min(max(_SMALLEST_BUFFER, clients[name] * _BUFFER_PER_INTERFACE), _LARGEST_BUFFER)
        device = (place.device if place is not None else None) or ""
        found[name] = Vrf(name, device, space, ports, config.dscp << 2, buffer)
        found[name].scope.any_source = config.reply_source == "any"
    return found


def spaces_of(vrfs: Iterable[Vrf]) -> Iterator[Space]:
    """The namespaces of some VRFs, each once."""
    return iter(dict.fromkeys(vrf.space for vrf in vrfs))
