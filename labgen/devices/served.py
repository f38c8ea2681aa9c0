"""Subnets that DHCP servers hand out, read from their own configurations, as far as an intent says it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from typing import Any

from labgen.ground.labplan import OptionPlan


@dataclass
class Served:
    """A subnet as a server's configuration has it. `reservations` and `classes` are as a pool of an intent has them; 0 where a
    time is not said."""

    prefix: IPv4Network
    ranges: list[str] = field(default_factory=list)
    lease: int = 0
    renew: int = 0
    rebind: int = 0
    shortest: int = 0
    longest: int = 0
    router: str = ""
    shared_with: IPv4Network | None = None
    """the first subnet of the shared network that it is a further one of"""
    reservations: dict[str, Any] = field(default_factory=dict)
    classes: dict[str, dict[str, Any]] = field(default_factory=dict)
    heard: frozenset[str] | None = None
    """addresses that its server is asked at, where the configuration names them"""
    options: dict[int, str] | None = None
    """what is handed out beside mask, router and times, by code: octets in hexadecimal, or the value as it is written; None where nobody
    reads it"""

    def pool(self) -> dict[str, Any]:
        """The subnet in the form that an intent has."""
        found: dict[str, Any] = {"ranges": self.ranges}
        times = {name: getattr(self, name) for name in ("lease", "renew", "rebind", "shortest", "longest")}
        found |= {name: value for name, value in times.items() if value}
        if (self.renew, self.rebind) == (self.lease // 2, self.lease * 7 // 8):
            found = {name: value for name, value in found.items() if name not in ("renew", "rebind")}
        if self.reservations:
            found |= {"reservations": self.reservations} | ({} if self.ranges else {"ranges": "none"})
        return found | ({"classes": self.classes} if self.classes else {})


def spanned(text: str) -> str:
    """A range, however its ends are put apart."""
    return "-".join(re.findall(r"\d+\.\d+\.\d+\.\d+", text))


def kept(address: str, lease: int) -> Any:
    """A reservation, in its long form where it has a lease time."""
    return {"address": address, "lease": lease} if lease else address


def spelled(option: OptionPlan) -> set[str]:
    """Forms in which an option may be written: as its value, as octets, and as the number that a single octet is."""
    number = {str(int(option.data, 16))} if len(option.data) == 2 else set()
    return {option.data, spelling(option.text), *number}


def spelling(text: str) -> str:
    """A value without what makes no difference: blanks, quotes, colons between octets, case."""
    octets = re.fullmatch(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2})*", text)
    return (text.replace(":", "") if octets else re.sub(r'["\s]', "", text)).lower()
