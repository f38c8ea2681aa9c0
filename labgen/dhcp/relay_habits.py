"""Habits of relays in requests beside giaddr: where one is served and another is not, the difference tells."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from labgen.dhcp.message import Message
from labgen.dhcp.relay_options import RelayOptions

_LINK, _VPN = "link selection (sub-option 5)", "a VPN (VSS, sub-option 151)"


class RelayHabits:
    """By giaddr, what all of a relay's requests name; a relay with requests of both kinds has no habit."""

    def __init__(self, asked: Iterable[Message]) -> None:
        self._named: dict[str, set[frozenset[str]]] = defaultdict(set)
        for message in asked:
            if message.giaddr is not None and message.frame is not None and not message.cut:
                self._named[message.giaddr].add(_named(message.relay_options))

    def difference(self, unserved: str, served: Sequence[str]) -> str:
        """Words for what the requests of all served relays name and those of another do not, or the other way round."""
        own = self._named.get(unserved, set())
        each = [self._named.get(giaddr, set()) for giaddr in served if giaddr != unserved]
        if len(own) != 1 or not each or any(len(one) != 1 for one in each):
            return ""
        (mine,) = own
        others = [next(iter(one)) for one in each]
        lacks = frozenset.intersection(*others) - mine
        alone = mine - frozenset.union(*others)
        if lacks:
            return f"; requests of {served[0]} name {_listed(lacks)}, and those of {unserved} do not"
        return (
            f"; requests of {unserved} name {_listed(alone)}, and those of {served[0]} do not"
            if alone
            else ""
        )


def _named(options: RelayOptions | None) -> frozenset[str]:
    if options is None:
        return frozenset()
    link = options.link_selection or options.cisco_link_selection
    return frozenset(name for name, there in ((_LINK, link), (_VPN, options.vss)) if there)


def _listed(names: Iterable[str]) -> str:
    return " and ".join(sorted(names, reverse=True))
