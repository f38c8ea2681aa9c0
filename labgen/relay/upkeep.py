"""Keeping in step with the machine: what is configured, what the kernel has, and what is in the tables.

Start, reload, an interface that comes back, an address that changes and a namespace that goes are the same thing here: names of
interfaces that were touched, and for each of them what it now comes to. What an event costs is what it touches.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Protocol

from labgen.ground.errors import InfrastructureError
from labgen.relay.assembly import LinkAssembly, Place
from labgen.relay.bridges import port_finder
from labgen.relay.config import InterfaceConfig, RelayConfig
from labgen.relay.counters import Counters
from labgen.relay.egress import Recipients
from labgen.relay.named import followers_of, named_items, named_places
from labgen.relay.netlink import Interface
from labgen.relay.opener import Opener
from labgen.relay.policy import Names, named, resolve_link
from labgen.relay.tables import ClientLink
from labgen.relay.values import is_pattern
from labgen.relay.vrfs import Space, Vrf, spaces_of, used_vrfs, vrfs_of

_HOPELESS = (errno.EADDRINUSE, errno.EPERM, errno.EACCES, errno.EMFILE)


class Observer(Protocol):
    """The receiver of news about what was opened and what is going on."""

    def opened(self, vrf: Vrf) -> None: ...
    def closing(self, vrf: Vrf) -> None: ...
    def seen(self, space: Space) -> None: ...
    def losing(self, space: Space) -> None: ...
    def tell(self, event: str, **fields: str) -> None: ...


class Upkeep:
    """One configuration, carried out as far as the machine allows now. `waiting` says by `name@vrf` what it does not allow."""

    def __init__(
        self,
        config: RelayConfig,
        counters: Counters,
        opener: Opener,
        observer: Observer,
        names: Names,
        before: Upkeep | None = None,
    ) -> None:
        """Namespaces that are open in `before` are taken over."""
        self.config = config
        self.names = dict(names)
        self.waiting: dict[str, str] = {}
        self.touched = False
        self._opener = opener
        self._observer = observer
        known: Iterable[Space] = before.spaces if before is not None else ()
        self.vrfs = vrfs_of(config, known)
        self.spaces: tuple[Space, ...] = tuple(spaces_of(self.vrfs.values()))
        places = {name: Place(vrf.scope, vrf.boxes, vrf.space.raw) for name, vrf in self.vrfs.items()}
        self.recipients = Recipients()
        self.assembly = LinkAssembly(config, counters, self.recipients, places)
        self._items = named_items(config)
        self._patterns = [item for item in config.interfaces if is_pattern(item.name)]
        self._followers = followers_of(config)
        self._seen: dict[tuple[str, str], Interface] = {}
        self._complaints: dict[str, str] = {}
        self._devices = {(vrf.space, vrf.device): vrf for vrf in self.vrfs.values()}
        self._named = named_places(config, self.vrfs)
        self._homes: dict[tuple[Space, str], set[Vrf]] = {}

    @property
    def links(self) -> Iterator[ClientLink]:
        return self.assembly.links

    # Coming and going.

    def start(self) -> None:
        """Open what there is. Raises InfrastructureError for what trying again cannot help: a taken port, missing rights."""
        for space in self.spaces:
            if space.netlink is None:
                self._open_space(space, hopeless=True)
        for vrf in self.vrfs.values():
            self._open_vrf(vrf, hopeless=True)
        for space in self.spaces:
            self._touch(space, set(space.machine.by_name) | self._names_in(space))

    def adopt(self, config: RelayConfig) -> bool:
        """Take over a configuration that differs in its interfaces only; False, and nothing done, where it is another otherwise.

        What that costs is what differs.
        """
        items = named_items(config)
        if self._patterns or len(items) < len(config.interfaces) or not self._alike(config):
            return False
        old, self._items, self.config = self._items, items, config
        self._followers = followers_of(config)
        self._named = named_places(config, self.vrfs)
        for place in old.keys() - items.keys():
            self.assembly.remove(old[place].key)
            self.waiting.pop(old[place].key, None)
        for (vrf, name), item in items.items():
            if old.get((vrf, name)) != item:
                self._refresh(self.vrfs[vrf], item)
        return True

    def _alike(self, config: RelayConfig) -> bool:
        """True when a configuration says the same but for its interfaces, and they are in the same VRFs."""
        mine, others = (each.model_copy(update={"interfaces": ()}) for each in (self.config, config))
        return mine == others and used_vrfs(config) == set(self.vrfs)

    def take_sockets(self, before: Upkeep) -> None:
        """Take over sockets of the same VRFs, with what waits in them."""
        for name, vrf in self.vrfs.items():
            old = before.vrfs.get(name)
            if old is not None and vrf.same_place(old):
                vrf.take(old)

    def close(self, keep: Iterable[Space] = ()) -> None:
        """Close what is open, but for namespaces that somebody took over."""
        kept = set(keep)
        for vrf in self.vrfs.values():
            self._close_vrf(vrf)
        for space in self.spaces:
            if space not in kept and space.watch is not None:
                self._observer.losing(space)
                space.close()

    def retry(self) -> None:
        """Look for namespaces that came, went or were made anew, and open what could not be opened before."""
        for space in self.spaces:
            if space.moved(self._opener):
                self._lose_space(space)
                self._open_space(space)
                self._touch(space, set(space.machine.by_name) | self._names_in(space))
        for vrf in self.vrfs.values():
            self._follow_device(vrf)

    @property
    def changeable(self) -> bool:
        """True while there is something that nobody announces: a namespace, or a socket to be tried again."""
        return any(space.path is not None for space in self.spaces) or not all(
            vrf.up for vrf in self.vrfs.values()
        )

    def missing(self) -> list[str]:
        """The parts that are not there yet, in words."""
        places = [
            f"VRF {name}: {self._complaints.get(name, 'not there')}"
            for name, vrf in self.vrfs.items()
            if not vrf.up
        ]
        places += [f"server {name}: its name has not been looked up" for name in self._unresolved()]
        keys = (item.key for item in self._items.values())
        return places + [f"{key}: {self.waiting[key]}" for key in keys if key in self.waiting]

    def _open_space(self, space: Space, hopeless: bool = False) -> None:
        where = f"namespace {space.path}" if space.path is not None else "this namespace"
        try:
            space.open(self._opener)
        except FileNotFoundError:
            space.close()
        except OSError as error:
            space.close()
            if hopeless:
                raise InfrastructureError(
                    f"cannot open sockets in {where}: {error.strerror}. Run labgen-relay as root or with the "
                    "capabilities docs/relay.md names."
                ) from error
            self._complain(where, error.strerror or str(error))
        except InfrastructureError as error:
            space.close()
            if hopeless:
                raise
            self._complain(where, str(error))
        if space.netlink is not None:
            self._complaints.pop(where, None)
            self._observer.seen(space)
            space.machine.replace(space.netlink.interfaces())

    def _lose_space(self, space: Space) -> None:
        gone = set(space.machine.by_name) | self._names_in(space)
        for vrf in self._vrfs_in(space):
            self._close_vrf(vrf)
        if space.watch is not None:
            self._observer.losing(space)
            space.close()
        space.machine.replace({})
        self._touch(space, gone)

    def _open_vrf(self, vrf: Vrf, hopeless: bool = False) -> None:
        if vrf.up or not vrf.there:
            return
        try:
            vrf.open(self._opener)
        except InfrastructureError as error:
            if hopeless:
                raise
            self._complain(vrf.name, str(error))
        except OSError as error:
            if hopeless and error.errno in _HOPELESS:
                raise InfrastructureError(
                    f"no socket for port 67 in VRF {vrf.name}: {error.strerror}. Port 67 must be free there, and "
                    "labgen-relay run as root or with the capabilities docs/relay.md names."
                ) from error
            self._complain(vrf.name, error.strerror or str(error))
        else:
            self._complaints.pop(vrf.name, None)
            self._observer.opened(vrf)

    def _close_vrf(self, vrf: Vrf) -> None:
        self._observer.closing(vrf)
        vrf.close()

    def _complain(self, subject: str, text: str) -> None:
        """Tell once, until it changes."""
        if self._complaints.get(subject) != text:
            self._complaints[subject] = text
            self._observer.tell("trouble", where=subject, error=text)

    def _follow_device(self, vrf: Vrf) -> None:
        if vrf.stale:
            self._close_vrf(vrf)
        self._open_vrf(vrf)

    # Following what changes.

    def changed(self, space: Space) -> bool:
        """Take in what a namespace announced; True when anything of it concerned the relay. `touched` says if anything changed at all."""
        assert space.watch is not None
        assert space.netlink is not None
        messages = space.watch.read()
        if messages is None:
            touched = space.machine.replace(space.netlink.interfaces())
        else:
            touched = set().union(*(space.machine.apply(message) for message in messages))
        self.touched = bool(touched)
        return self._touch(space, touched)

    def looked_up(self, names: Names) -> bool:
        """Take over addresses of servers given by name; True when they changed."""
        changed = {name for name, addresses in names.items() if self.names.get(name) != addresses}
        self.names.update(names)
        for link in list(self.links):
            if any(server.address in changed for server in link.policy.config.servers):
                self._refresh(self.vrfs[link.policy.config.vrf], link.policy.config)
        return bool(changed)

    def _unresolved(self) -> list[str]:
        """Servers given by names that stand for no address yet."""
        servers = (server.address for item in self.config.interfaces for server in item.servers)
        return [name for name in dict.fromkeys(servers) if isinstance(name, str) and not self.names.get(name)]

    def _names_in(self, space: Space) -> set[str]:
        """Interfaces that the configuration names in a namespace, there or not."""
        return {name for home, name in self._items if self.vrfs[home].space is space}

    def _vrfs_in(self, space: Space) -> list[Vrf]:
        return [vrf for vrf in self.vrfs.values() if vrf.space is space]

    def _touch(self, space: Space, names: set[str]) -> bool:
        """Bring everything in line with what some interfaces are now; True when that concerned the relay."""
        concerned = False
        subjects: dict[str, tuple[Vrf, InterfaceConfig]] = {}
        for name in sorted(names):
            device = self._devices.get((space, name))
            if device is not None:
                self._follow_device(device)
                concerned = True
            for vrf in self._concerned(space, name):
                self._follow(vrf, name)
                for item in self._subjects(vrf, name):
                    subjects[item.key] = (vrf, item)
        for vrf, item in subjects.values():
            concerned |= self._refresh(vrf, item)
        return concerned

    def _concerned(self, space: Space, name: str) -> set[Vrf]:
        """The VRFs that an interface is in now, was in before, or is configured in."""
        found = set(self._named.get((space, name), ()))
        found.update(self._homes.get((space, name), ()))
        now = space.machine.by_name.get(name)
        home = self._devices.get((space, space.machine.vrf_of(now))) if now is not None else None
        if home is not None:
            found.add(home)
        return found

    def _subjects(self, vrf: Vrf, name: str) -> Iterator[InterfaceConfig]:
        """The client interfaces that an interface of a VRF means something for."""
        for subject in (name, *self._followers.get((vrf.name, name), ())):
            item = self._item(vrf.name, subject)
            if item is not None:
                yield named(item, subject)

    def _item(self, vrf: str, name: str) -> InterfaceConfig | None:
        item = self._items.get((vrf, name))
        if item is None:
            fitting = (item for item in self._patterns if item.vrf == vrf and fnmatchcase(name, item.name))
            item = next(fitting, None)
        return item

    def _follow(self, vrf: Vrf, name: str) -> None:
        """Membership and own addresses of a VRF by one interface."""
        scope, place = vrf.scope, (vrf.space, name)
        self._homes.get(place, set()).discard(vrf)
        old = self._seen.pop((vrf.name, name), None)
        if old is not None:
            scope.leave(old)
        now = vrf.space.machine.by_name.get(name)
        if now is None or not vrf.has(now):
            return
        self._seen[vrf.name, name] = now
        self._homes.setdefault(place, set()).add(vrf)
        scope.enter(now)

    def _refresh(self, vrf: Vrf, item: InterfaceConfig) -> bool:
        """Put one client interface into the tables as it is now, or take it out; True when that made a difference."""
        key = item.key
        interface = vrf.space.machine.by_name.get(item.name)
        if interface is None or not vrf.has(interface):
            known = self.assembly.policy(key) is not None
            self.assembly.remove(key)
            return (
                self._wait(item, _missing(vrf) if interface is None else _misplaced(vrf, interface)) or known
            )
        waited = self.waiting.pop(key, None) is not None
        self._complaints.pop(key, None)
        policy = resolve_link(self.config, item, self._visible(vrf, item), self.names)
        gateways = [vrf.space.machine.by_name[name] for name in item.listen_also if self._in(vrf, name)]
        if self.assembly.policy(key) != policy or gateways:
            self.assembly.put(policy, gateways, port_finder(vrf.space, interface))
            return True
        return waited

    def _wait(self, item: InterfaceConfig, why: _Hindrance) -> bool:
        """Note what a client interface waits for; True when that is something else than before."""
        key = item.key
        if self._items.get((item.vrf, item.name)) is None:
            # Nobody waits for an interface that only a pattern asks for.
            return self.waiting.pop(key, None) is not None
        if why.lasts:
            self._complain(key, why.text)
        if self.waiting.get(key) == why.text:
            return False
        self.waiting[key] = why.text
        return True

    def _in(self, vrf: Vrf, name: str) -> bool:
        interface = vrf.space.machine.by_name.get(name)
        return interface is not None and vrf.has(interface)

    def _visible(self, vrf: Vrf, item: InterfaceConfig) -> dict[str, Interface]:
        names = (item.name, item.unnumbered) if item.unnumbered else (item.name,)
        return {name: vrf.space.machine.by_name[name] for name in names if self._in(vrf, name)}


@dataclass(frozen=True, slots=True)
class _Hindrance:
    """The reason why a client interface is not relayed for; it `lasts` where waiting for something to come does not help."""

    text: str
    lasts: bool = False


def _missing(vrf: Vrf) -> _Hindrance:
    return _Hindrance("no such interface" if vrf.there else f"VRF {vrf.name} is not there")


def _misplaced(vrf: Vrf, interface: Interface) -> _Hindrance:
    inside = vrf.space.machine.vrf_of(interface)
    where = f"VRF device {inside}" if inside else "no VRF device"
    return _Hindrance(f"configured in VRF {vrf.name}, but the kernel has it in {where}", lasts=True)
