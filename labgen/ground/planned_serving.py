"""Leases as servers hand them out, and the places of clients, as planned."""

from typing import Literal, Self

from pydantic import Field, model_validator

from labgen.ground.planned_model import Address, LinuxName, Model, Name, Network, absent


def round_half_up(dividend: int, divisor: int) -> int:
    """The nearest whole number to a quotient, as servers round T1 and T2."""
    return (2 * dividend + divisor) // (2 * divisor)


class AddressRange(Model):
    """First and last address, both included."""

    first: Address
    """first address"""
    last: Address
    """last address, included"""

    def __contains__(self, address: object) -> bool:
        return isinstance(address, type(self.first)) and int(self.first) <= int(address) <= int(self.last)

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"

    @property
    def size(self) -> int:
        return int(self.last) - int(self.first) + 1


class OptionPlan(Model):
    """A DHCP option that is handed out: `data` are its octets in hexadecimal, as the ACK must have them, `text` what the spec says."""

    code: int
    """option code (RFC 2132)"""
    name: str = ""
    """name in a spec"""
    kind: str = "octets"
    """how it is written: addresses, text, uint16, routes, ..."""
    data: str
    """octets in hexadecimal"""
    text: str = ""
    """value for people"""


class ReservationPlan(Model):
    """An address kept for one client of the plan, or for whoever has this MAC address or sends this client identifier or
    `circuit_id`; it may lie outside the dynamic ranges.
    """

    address: Address
    """reserved address"""
    client: str = ""
    """client it is for"""
    circuit_id: str = ""
    """circuit-id it is for"""
    client_id: str = ""
    """client identifier it is for"""
    mac: str = ""
    """the client's, where it is known by that"""

    options: tuple[OptionPlan, ...] = Field(
        default=(), description="options that its client gets beside the segment's", exclude_if=absent
    )

    lease: int | None = Field(
        default=None, description="lease time of its client, seconds; null: the scope's", exclude_if=absent
    )

    behind: tuple[str, ...] = Field(
        default=(), description="clients whose relays send that circuit-id", exclude_if=absent
    )

    def for_client(self, client: str, mac: str) -> bool:
        """True if it is this client's alone."""
        if self.client or self.mac:
            return client == self.client or bool(mac and mac == self.mac)
        return self.behind == (client,)

    def may_serve(self, client: str, mac: str) -> bool:
        """True if this client may have it: alone, or as one of several behind its circuit-id."""
        return client in self.behind or self.for_client(client, mac)

    @property
    def by(self) -> str:
        """The identifier that the client is known by: mac, client-id or circuit-id."""
        return "mac" if self.mac else "client-id" if self.client_id else "circuit-id"


INFINITE = 0xFFFFFFFF
"""Seconds of a lease without an end (RFC 2131 section 3.3)."""


def _vendor(value: object) -> bool:
    return value == "vendor-class"


class ClassPlan(Model):
    """Clients of a segment whose vendor class (option 60), or first user class (option 77), begins with `value`."""

    name: str = Field(description="name of the class")
    value: str = Field(description="how the option that it is matched by begins")
    matched_by: Literal["vendor-class", "user-class"] = Field(
        default="vendor-class",
        description="vendor-class (option 60) or user-class (option 77)",
        exclude_if=_vendor,
    )
    told_by: Literal["vendor-class", "user-class"] = Field(
        default="vendor-class",
        description="as `matched_by`, whose name this was; it goes with version 2 of the form",
        exclude_if=_vendor,
    )
    lease: int | None = Field(
        default=None, description="lease time of its clients, seconds; null: the scope's", exclude_if=absent
    )
    clients: tuple[str, ...] = Field(default=(), description="clients of the plan that send it")
    ranges: tuple[AddressRange, ...] = Field(
        default=(), description="addresses for them alone; the scope's where there is none"
    )
    options: tuple[OptionPlan, ...] = Field(
        default=(), description="options that they get beside the segment's"
    )

    @model_validator(mode="before")
    @classmethod
    def _both_names(cls, data: object) -> object:
        """A plan of before `matched_by` had its name has it as `told_by`, and who reads that one still finds it."""
        if not isinstance(data, dict):
            return data
        said = {name: data[name] for name in ("told_by", "matched_by") if name in data}
        return data | dict.fromkeys(("told_by", "matched_by"), [*said.values()][-1]) if said else data


class SubnetPlan(Model):
    """The addresses that a server hands out in a secondary subnet of a segment."""

    prefix: Network = Field(description="the subnet")
    ranges: tuple[AddressRange, ...] = Field(description="addresses it hands out there")
    router: Address | None = Field(default=None, description="option 3 of its leases")


class ScopePlan(Model):
    """The addresses, options and times that one server hands out on one segment. Times in seconds (RFC 2131 T1, T2). `options` are those
    beside mask, router and times."""

    segment: str
    """segment"""
    prefix: Network
    """subnet"""
    vrf: str
    """VRF of the clients"""
    ranges: tuple[AddressRange, ...]
    """addresses it hands out"""
    excluded: tuple[AddressRange, ...] = ()
    """addresses inside the ranges that it does not hand out"""
    router: Address | None = None
    """option 3"""
    lease: int
    """lease time, seconds"""
    renew: int
    """T1, seconds"""
    rebind: int
    """T2, seconds"""
    shortest: int | None = Field(
        default=None,
        description="shortest lease that a client gets that asks for less, seconds; null: `lease`",
        exclude_if=absent,
    )
    longest: int | None = Field(
        default=None,
        description="longest lease that a client gets that asks for more, seconds; null: `lease`",
        exclude_if=absent,
    )
    asked: dict[str, int] = Field(
        default={}, description="lease time that clients ask for, seconds, by client", exclude_if=absent
    )
    quarantine: int | None = Field(
        default=None,
        description="seconds that a declined address is left alone; null: as the server has it",
        exclude_if=absent,
    )
    cache: float | None = Field(
        default=None,
        description="share of a lease within which whoever asks again gets what is left of it; null: never",
        exclude_if=absent,
    )
    ping_check: bool = Field(
        default=False,
        description="whether the server asks by ICMP if somebody has an address before it offers it",
        exclude_if=absent,
    )
    relays: tuple[Address, ...]
    """giaddr values this scope is asked through"""
    direct: bool = False
    """the server hears the clients' broadcasts itself"""
    named_by: tuple[Address, ...] = ()
    """giaddr values outside the prefix that alone tell the scope: no link selection is sent"""
    options: tuple[OptionPlan, ...] = ()
    """further options"""
    open: bool = Field(
        default=False,
        description="nobody said which options there are beside mask and router",
        exclude_if=absent,
    )
    reservations: tuple[ReservationPlan, ...] = ()
    """addresses kept for clients"""
    classes: tuple[ClassPlan, ...] = Field(
        default=(), description="classes of clients with options or ranges of their own", exclude_if=absent
    )
    secondary: tuple[SubnetPlan, ...] = Field(
        default=(),
        description="secondary subnets of the segment, whose addresses clients get, too",
        exclude_if=absent,
    )

    @property
    def every_range(self) -> tuple[AddressRange, ...]:
        """Dynamic addresses of the prefix and of the secondary subnets."""
        return (*self.ranges, *(part for each in self.secondary for part in each.ranges))

    @property
    def lease_times(self) -> tuple[int, ...]:
        """Lease times of classes and single clients."""
        own = [each.lease for each in self.classes] + [each.lease for each in self.reservations]
        return tuple(each for each in own if each is not None)

    def of(self, client: str, mac: str = "") -> Self:
        """The scope as it is for one client: with the options of its class and of what is reserved for it, and the ranges it is
        given addresses of."""
        own = next((each for each in self.classes if client in each.clients), None)
        kept = next((each for each in self.reservations if each.for_client(client, mac)), None)
        return self.joined(own, kept, self.asked.get(client))

    def joined(self, own: ClassPlan | None, kept: ReservationPlan | None, asked: int | None = None) -> Self:
        """The scope as it is for whoever is in a class and has an address kept, and asks for a lease of so many seconds."""
        options = {option.code: option for option in self.options}
        for each in (own, kept):
            options |= {option.code: option for option in each.options} if each else {}
        ranges = own.ranges if own and own.ranges else self.ranges
        ordered = tuple(options[code] for code in sorted(options))
        lease = self._granted(asked, (kept and kept.lease) or (own and own.lease) or self.lease)
        return self.model_copy(update={"options": ordered, "ranges": ranges}).lasting(lease)

    def _granted(self, asked: int | None, lease: int) -> int:
        """The lease of a client whose time is `lease` unless it asks for another, which it gets within bounds."""
        wanted = lease if asked is None else asked
        return min(max(wanted, min(self.shortest or lease, lease)), max(self.longest or lease, lease))

    def lasting(self, lease: int) -> Self:
        """The scope with another lease time; T1 and T2 keep their share of it."""
        if lease == self.lease:
            return self
        if INFINITE in (lease, self.lease):
            times = (lease, lease) if lease == INFINITE else (lease // 2, lease * 7 // 8)
        else:
            times = (
                round_half_up(lease * self.renew, self.lease),
                round_half_up(lease * self.rebind, self.lease),
            )
        return self.model_copy(update={"lease": lease, "renew": times[0], "rebind": times[1]})

    def around(self, address: Address) -> Self:
        """The scope as it is for a lease of this address: mask, ranges and router are its subnet's."""
        subnet = next((each for each in self.secondary if address in each.prefix), None)
        if subnet is None:
            return self
        own = {"prefix": subnet.prefix, "ranges": subnet.ranges, "router": subnet.router}
        return self.model_copy(update=own)


class ServerPlan(Model):
    """A server. A switch that is nearer to another of its addresses asks it there."""

    address: Address
    """the address relays send to, and which answers"""
    linux: str = "lo"
    """the kernel interface that has it"""
    scopes: tuple[ScopePlan, ...]
    """what it hands out, by segment"""


class ClientPlan(Model):
    """The place that a client is connected to. `requested` are options it asks for beside mask, router and times."""

    segment: Name
    """segment the client is on"""
    interface: str
    """interface, as its device spells it"""
    linux: LinuxName
    """interface, as the kernel of a Linux node names it"""
    requested: tuple[int, ...] = ()
    """options it asks for beside mask, router and times"""
    vendor_class: str = Field(
        default="", description="what it sends as vendor class (option 60)", exclude_if=absent
    )
    user_class: str = Field(
        default="", description="what it sends as user class (option 77)", exclude_if=absent
    )
    asks_lease: int | None = Field(
        default=None, description="lease time it asks for (option 51), seconds", exclude_if=absent
    )
