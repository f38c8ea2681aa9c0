"""Facts that all clients and servers on Linux hosts have alike: they run here, and every tool knows the host as `linux`."""

from __future__ import annotations

from labgen.devices.base import ClientCapability, DeviceFacts, Naming, ServerCapability
from labgen.devices.routing_suite import suite
from labgen.ground.vocabulary import Role

_NAMING = Naming(port="eth{n}", svi="vlan{vlan}", loopback="lo")
_ROUTING = tuple(f"{suite().programs}/{name}" for name in suite().router)


def client(name: str, title: str, *, package: str, can: ClientCapability | None = None) -> DeviceFacts:
    """A client whose program is called as the device is, of a Debian package."""
    return DeviceFacts(
        name=name,
        title=title,
        roles=frozenset({Role.CLIENT}),
        naming=_NAMING,
        netlab="linux",
        containerlab="linux",
        netmiko="linux",
        client=can or ClientCapability(vendor_class=True, user_class=True, asks_lease=True),
        evidence="run here",
        packages=(package,),
        programs=(name,),
        embedded=True,
    )


def server(
    name: str, title: str, can: ServerCapability, *, package: str, program: str, notes: tuple[str, ...] = ()
) -> DeviceFacts:
    """A server, with routing daemons beside it."""
    return DeviceFacts(
        name=name,
        title=title,
        roles=frozenset({Role.SERVER}),
        naming=_NAMING,
        netlab="linux",
        containerlab="linux",
        netmiko="linux",
        server=can,
        evidence="run here",
        packages=(package, suite().package),
        programs=(program, *_ROUTING),
        embedded=True,
        notes=notes,
    )
