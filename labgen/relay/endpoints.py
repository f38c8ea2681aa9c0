"""Which sockets a set of policies needs, and keeping exactly those open.

Start, reload, an interface that comes back and an address that changes are the same thing here: compare
what is wanted with what is open, open and close the difference, leave the rest (and what waits in it) alone.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Literal, NamedTuple

from labgen.ground.errors import InfrastructureError
from labgen.relay.config import DEFAULT_VRF, RelayConfig, VrfConfig
from labgen.relay.forward import Port
from labgen.relay.mmsg import Outbox
from labgen.relay.namespaces import Namespace
from labgen.relay.netlink import Interface, Interfaces
from labgen.relay.policy import LinkPolicy
from labgen.relay.sockets import client_socket, path_mtu, raw_socket, server_socket

_HOPELESS = (errno.EADDRINUSE, errno.EPERM, errno.EACCES)


class SocketKey(NamedTuple):
    """What a socket is for. `name`: interface, or giaddr; `ifindex` tells a new interface from the old."""

    kind: Literal["client", "gateway", "raw", "server"]
    vrf: str
    name: str
    ifindex: int = 0
    address: str = ""


@dataclass(slots=True, eq=False)
class Endpoint:
    """An open socket with what is sent by it; the port is there for those that receive."""

    sock: socket.socket
    box: Outbox
    port: Port


class Vrfs:
    """The VRFs of a configuration: a namespace each, or devices within the relay's own."""

    def __init__(self, config: RelayConfig, before: Vrfs | None = None) -> None:
        """Enters namespaces; those open in `before` are taken over. Raises InfrastructureError."""
        configs = {DEFAULT_VRF: None, **config.vrfs}
        self.devices = {name: vrf.device if vrf is not None else None for name, vrf in configs.items()}
        paths = {name: _namespace_path(vrf) for name, vrf in configs.items()}
        self.spaces: dict[Path | None, Namespace] = {}
        self._paths = paths
        try:
            for path in paths.values():
                if path not in self.spaces:
                    old = before.spaces.get(path) if before is not None else None
                    self.spaces[path] = old or Namespace(path)
        except InfrastructureError:
            self.close(keep=before.spaces.values() if before is not None else ())
            raise

    def space(self, vrf: str) -> Namespace:
        return self.spaces[self._paths[vrf]]

    def interfaces(self) -> dict[str, Interfaces]:
        """What each VRF has now; VRFs that are devices of one namespace see all of its interfaces."""
        found = {path: space.netlink.interfaces() for path, space in self.spaces.items()}
        return {vrf: found[path] for vrf, path in self._paths.items()}

    def path_mtu(self, vrf: str, target: IPv4Address) -> int:
        """MTU towards a server. Raises OSError where there is no route."""
        return self.space(vrf).run(lambda: path_mtu(target, self.devices[vrf]))

    def close(self, keep: Iterable[Namespace] = ()) -> None:
        kept = set(map(id, keep))
        for space in self.spaces.values():
            if id(space) not in kept:
                space.close()


def _namespace_path(vrf: VrfConfig | None) -> Path | None:
    return vrf.netns if vrf is not None else None


class Endpoints:
    """The open sockets. `failures` names those that could not be opened yet, and why."""

    def __init__(self) -> None:
        self.open: dict[SocketKey, Endpoint] = {}
        self.failures: dict[SocketKey, OSError] = {}

    def reconcile(self, wanted: Iterable[SocketKey], vrfs: Vrfs) -> tuple[list[Endpoint], list[Endpoint]]:
        """Open what is missing and give back (opened, to be closed).

        The caller closes once nothing refers to it. What cannot be opened is in `failures` and tried again by
        the next call.
        """
        keys = dict.fromkeys(wanted)
        self.failures.clear()
        opened: list[Endpoint] = []
        for key in keys:
            if key not in self.open:
                try:
                    self.open[key] = _open(key, vrfs)
                except OSError as error:
                    self.failures[key] = error
                else:
                    opened.append(self.open[key])
        return opened, [self.open.pop(key) for key in list(self.open) if key not in keys]

    def require(self) -> None:
        """Raises InfrastructureError where trying again cannot help: a taken port, missing rights."""
        for key, error in self.failures.items():
            if error.errno in _HOPELESS:
                raise InfrastructureError(
                    f"no socket for {key.kind} {key.name} in VRF {key.vrf}: {error.strerror}. Port 67 must be "
                    "free there, and labgen-relay run as root or with the capabilities docs/relay.md names."
                ) from error


def _open(key: SocketKey, vrfs: Vrfs) -> Endpoint:
    sock = vrfs.space(key.vrf).run(_opener(key, vrfs.devices[key.vrf]))
    name = f"{key.name}@{key.vrf}"
    return Endpoint(sock, Outbox(sock.fileno(), name), Port(name, sock.fileno()))


def _opener(key: SocketKey, device: str | None) -> Callable[[], socket.socket]:
    match key.kind:
        case "client":
            return lambda: client_socket(key.name)
        case "gateway":
            return lambda: client_socket(key.name, IPv4Address(key.address))
        case "raw":
            return lambda: raw_socket(key.name)
        case "server":
            return lambda: server_socket(IPv4Address(key.name), device)


def wanted_sockets(policies: Iterable[LinkPolicy], state: Mapping[str, Interfaces]) -> Iterator[SocketKey]:
    """The sockets that carry out `policies`; some may come more than once."""
    for policy in policies:
        vrf, interface = policy.config.vrf, policy.interface
        if interface is None:
            continue
        yield SocketKey("client", vrf, interface.name, interface.index)
        yield SocketKey("raw", vrf, interface.name, interface.index)
        for gateway in gateways(policy, state):
            for address in gateway.addresses:
                yield SocketKey("gateway", vrf, gateway.name, gateway.index, str(address.ip))
        for group in policy.groups:
            yield SocketKey("server", group.vrf, str(group.giaddr))
            # A giaddr that lives in the clients' VRF, reached by a leaked route, gets its replies there.
            if group.vrf != vrf and _has(state[vrf], group.giaddr):
                yield SocketKey("server", vrf, str(group.giaddr))


def gateways(policy: LinkPolicy, state: Mapping[str, Interfaces]) -> Iterator[Interface]:
    """The interfaces besides its own that a client interface listens on, those that exist."""
    found = state[policy.config.vrf]
    return (found[name] for name in policy.config.listen_also if name in found)


def _has(interfaces: Interfaces, address: IPv4Address) -> bool:
    return any(address == item.ip for interface in interfaces.values() for item in interface.addresses)
