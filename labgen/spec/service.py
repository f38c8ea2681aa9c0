"""The DHCP service in a spec: relays and pools."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from labgen.ground.made_once import MadeOnce
from labgen.ground.vocabulary import Existing, Redundancy, RelayOption
from labgen.ground.yamldoc import Place
from labgen.spec import addresses, values
from labgen.spec.addresses import Address
from labgen.spec.base import RangeList, SomeNames, SpecModel
from labgen.spec.shares import Share
from labgen.spec.values import Duration, LeaseTime, Name, Text, VrfName, YesNo

SOURCES = ("interface", "loopback", "uplink")


def _source(value: object) -> object:
    if isinstance(value, str) and not any(c in value for c in ".:/"):
        if value in SOURCES:
            return value
        near = values.closest(value, SOURCES)
        hint = f"did you mean `{near}`? " if near else ""
        raise values.wrong(
            f"a giaddr cannot be taken from {values.quoted(value)}",
            f"{hint}Use interface, loopback, uplink, or an address",
        )
    return addresses.address(value)


Source = Annotated[
    Literal["interface", "loopback", "uplink"] | Address,
    BeforeValidator(_source, json_schema_input_type=Literal["interface", "loopback", "uplink"] | Address),
]
Option82 = Annotated[RelayOption, values.choice(*(option.value for option in RelayOption))]
Option82List = Annotated[
    tuple[Option82, ...], BeforeValidator(values.one_or_more, json_schema_input_type=list[RelayOption])
]


FILLED_IN = ("host", "interface", "vlan", "segment", "vrf", "port")
LONGEST_IDENTIFIER = 64


def _identifier(value: object) -> str:
    if not isinstance(value, str) or not value or not value.isascii() or not value.isprintable():
        raise values.wrong(
            f"{values.quoted(value)} is no identifier that a relay could send",
            'write printable ASCII in quotes, such as "{host}:{interface}"',
        )
    for found in re.findall(r"\{([^}]*)\}?", value):
        if found not in FILLED_IN:
            near = values.closest(found, FILLED_IN)
            hint = f"did you mean `{{{near}}}`? " if near else ""
            raise values.wrong(
                f"nothing stands for `{{{found}}}` in an identifier",
                f"{hint}There are {', '.join(f'{{{each}}}' for each in FILLED_IN)}",
            )
    if len(value) > LONGEST_IDENTIFIER:
        raise values.wrong(
            f"an identifier of {len(value)} characters is too long", f"{LONGEST_IDENTIFIER} are the most"
        )
    return value


def _helpers(value: object) -> object:
    return [value] if isinstance(value, str) else values.as_list(value)


IDENTIFIER = rf"^([ -z|~]|\{{({'|'.join(FILLED_IN)})\}})+$"
Identifier = Annotated[
    str,
    BeforeValidator(
        _identifier,
        json_schema_input_type=Annotated[
            str, Field(min_length=1, max_length=LONGEST_IDENTIFIER, pattern=IDENTIFIER)
        ],
    ),
    MadeOnce(),
]
Helpers = Annotated[
    tuple[Address, ...], BeforeValidator(_helpers, json_schema_input_type=Address | list[Address])
]


OVERRIDABLE = (
    "servers", "server_vrf", "via", "source", "options", "circuit_id", "remote_id", "trust", "existing", "helpers", "dialect",
)  # fmt: skip
Override = Annotated[
    dict[str, Any], WithJsonSchema({"type": "object", "propertyNames": {"enum": list(OVERRIDABLE)}})
]
Overrides = Annotated[
    dict[Name, Override], BeforeValidator(values.mapping("overrides: {sw1: {source: loopback}}"))
]


class RelaySpec(SpecModel):
    """One group of servers that switches of a segment relay client broadcasts to.

    `source` is where giaddr comes from: the client interface, the loopback (of the server VRF, where that is not the default
    one), the interface towards the servers, or an address. `via` is a second relay that gets the messages instead of the
    servers and relays them on. `switches` are the ones that do this, where it is not all that route for the segment.
    """

    servers: SomeNames = Field(description="servers that each broadcast is relayed to", min_length=1)
    server_vrf: VrfName = Field(
        default="default", description="the VRF the servers are reached in", examples=["services"]
    )
    switches: SomeNames = Field(
        default=(),
        min_length=1,
        description="switches that relay so; all that route for the segment where absent",
        examples=[["sw1"]],
    )
    via: Name | None = Field(
        default=None,
        description="a second relay that gets the messages instead of the servers",
        examples=["core1"],
    )
    source: Source = Field(
        default="interface",
        description="giaddr: `interface` (on the segment), `loopback`, `uplink` (towards the servers), or an address",
        examples=["loopback"],
    )
    options: Option82List = Field(
        default=(),
        description="sub-options of option 82 (RFC 3046, 3527, 5107, 6607)",
        examples=[["circuit-id", "link-selection"]],
    )
    circuit_id: Identifier | None = Field(
        default=None,
        description="format of the circuit-id: `{host}`, `{interface}`, `{vlan}`, `{segment}`, `{vrf}` and `{port}` (where the "
        "client hangs) are filled in",
        examples=["{host}:{interface}:{vlan}"],
    )
    remote_id: Identifier | None = Field(
        default=None, description="format of the remote-id, as `circuit_id`", examples=["{host}"]
    )
    trust: YesNo = Field(
        default=False,
        description="take requests that somebody below, such as an access switch, put option 82 into",
        examples=[True],
    )
    existing: Annotated[Existing, values.choice(*(each.value for each in Existing))] | None = Field(
        default=None,
        description="what becomes of requests of other relays: `keep` their option 82, `append` to it, `replace` it, or `drop` them",
        examples=["keep"],
    )
    helpers: Helpers = Field(
        default=(),
        description="further helper addresses, of servers that are no node of the lab",
        examples=[["10.9.9.67"]],
    )
    overrides: Overrides = Field(
        default={},
        description="keys of the group that single switches have otherwise",
        examples=[{"sw1": {"source": "loopback"}}],
    )
    dialect: Text | None = Field(
        default=None, description="whose habits labgen-relay has on the wire", examples=["eos"]
    )


def _overridable(group: object, at: tuple[int, ...]) -> None:
    """Single switches have keys of a group otherwise, and no others."""
    overrides = group.get("overrides") if isinstance(group, dict) else None
    for switch, own in overrides.items() if isinstance(overrides, dict) else ():
        for key in own if isinstance(own, dict) else ():
            if key not in OVERRIDABLE:
                near = values.closest(str(key), OVERRIDABLE)
                remedy = f"did you mean `{near}`?" if near else f"use one of: {', '.join(OVERRIDABLE)}"
                raise values.wrong(
                    f"unknown key {values.quoted(key)} in what `{switch}` has otherwise",
                    remedy,
                    (*at, "overrides", str(switch), str(key)),
                )


def _spread(groups: list[Any]) -> list[Any]:
    """Groups without `overrides`: a switch that has some gets groups of its own, and of the others those that name nobody."""
    named = _named(groups)
    for n, group in enumerate(groups):
        _overridable(group, (n,) if len(groups) > 1 else ())
    found = list(groups)
    for group, switch in _apart(groups, named):
        own = (group.get("overrides") or {}).get(switch) or {}
        found.append({**group, **own, "switches": [switch], "overrides": {}})
    return [group if not isinstance(group, dict) else _without(group, named) for group in found]


def _apart(groups: list[Any], named: list[Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Groups that switches with overrides have for themselves, one after the other."""
    for switch in dict.fromkeys(named):
        for group in groups:
            if not isinstance(group, dict) or (group.get("switches") and switch not in group["switches"]):
                continue
            if isinstance((group.get("overrides") or {}).get(switch) or {}, dict):
                yield group, switch


def written_at(written: object) -> tuple[Place, ...]:
    """The path below `relay` of each group: a group of its own, or an entry for a single switch."""
    groups = list(written) if isinstance(written, list | tuple) else [written]
    of = [(n,) if isinstance(written, list | tuple) else () for n in range(len(groups))]
    named = _named(groups)
    alone = (
        (*of[_saying(groups, group, switch)], "overrides", switch) for group, switch in _apart(groups, named)
    )
    return (*of, *alone)


def _saying(groups: list[Any], group: dict[str, Any], switch: str) -> int:
    """The index of the group that says a switch has something otherwise: the group itself, or the first that does."""
    own = groups.index(group)
    saying: list[int] = [
        n for n in (own, *range(len(groups))) if switch in (groups[n].get("overrides") or {})
    ]
    return saying[0]


def _named(groups: list[Any]) -> list[Any]:
    """Switches with overrides."""
    return [
        switch
        for group in groups
        if isinstance(group, dict) and isinstance(group.get("overrides"), dict)
        for switch in group["overrides"]
    ]


def _without(group: dict[str, Any], named: list[Any]) -> dict[str, Any]:
    """A group of several switches without those that have groups of their own."""
    switches = group.get("switches")
    if not isinstance(switches, list) or len(switches) < 2:
        return group
    return {**group, "switches": [each for each in switches if each not in named]}


def _groups(value: object) -> object:
    found = _listed(value)
    overridden = isinstance(found, tuple) and any(
        isinstance(group, dict) and group.get("overrides") for group in found
    )
    return tuple(_spread(list(found))) if overridden and isinstance(found, tuple) else found


def _listed(value: object) -> object:
    if value is None or isinstance(value, RelaySpec):
        return () if value is None else (value,)
    if isinstance(value, dict):
        return (value,)
    if isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
        return tuple(value)
    if isinstance(value, tuple):
        return value
    shown = value if isinstance(value, str) and value.lower() not in ("yes", "on", "true") else "srv1"
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        shown = ", ".join(value)
    raise values.wrong(
        f"{values.quoted(value)} does not say what is relayed where",
        f"write `relay: {{servers: [{shown}]}}`, or `relay: none`",
    )


RelayGroups = Annotated[
    tuple[RelaySpec, ...],
    BeforeValidator(_groups, json_schema_input_type=RelaySpec | list[RelaySpec] | Literal["none"]),
]


# --- pools ---


def _split(value: object) -> object:
    if isinstance(value, str) and value in ("even", "shared"):
        return value
    if isinstance(value, dict):
        return value
    near = values.closest(value, ("even", "shared")) if isinstance(value, str) else None
    raise values.wrong(
        f"{values.quoted(value)} does not say who hands out what",
        (f"did you mean `{near}`? " if near else "")
        + "Write `even`, `shared`, or ranges per server: `{srv1: 10.1.1.10-10.1.1.99}`",
    )


RESERVED_ONLY = "none"


def _range(value: object) -> object:
    """`none`, which is also what `no` and `false` say; else one range or several."""
    if value is False or (isinstance(value, str) and value.lower() == RESERVED_ONLY):
        return RESERVED_ONLY
    if value == []:
        raise values.wrong("no range is listed", "write `none` for reserved addresses alone, or leave it out")
    listed = values.one_or_more(value)
    for each in listed if isinstance(listed, list | tuple) else ():
        addresses.refuse_ipv6(each)
    return listed


PoolRange = Annotated[
    Literal["none"] | tuple[Text, ...],
    BeforeValidator(_range, json_schema_input_type=str | list[str] | Literal[False]),
]
RangesByServer = dict[Name, RangeList]
Split = Annotated[
    Literal["even", "shared"] | RangesByServer,
    BeforeValidator(_split, json_schema_input_type=Literal["even", "shared"] | RangesByServer),
]
MODES = tuple(mode.value for mode in Redundancy)


class PoolSpec(SpecModel):
    """The addresses that servers hand out: `range` is the pool of the segment, `mode` how several servers share it, `split` who has which
    part of it where they do not speak to each other."""

    range: PoolRange = Field(
        default=(),
        description="addresses handed out; all that are nobody's where absent; `none`: reserved ones only",
        examples=["10.1.1.50-10.1.1.99"],
    )
    mode: Annotated[Redundancy, values.choice(*MODES)] | None = Field(
        default=None,
        description="`split`: each server its own part; `shared`: all the same, without knowing of each other; "
        "`failover`, `load-balance`, `hot-standby`: a pair that keeps one lease database",
        examples=["hot-standby"],
    )
    split: Split = Field(
        default="even",
        description="`even`, `shared`, or ranges per server",
        examples=[{"srv1": "172.16.0.10-172.16.0.99"}],
    )
    lease: LeaseTime = Field(default=86400, description="lease time, or `infinite`", examples=["8h"])
    shortest: Duration | None = Field(
        default=None,
        description="shortest lease that a client gets that asks for less; `lease` where absent",
        examples=["10m"],
    )
    longest: LeaseTime | None = Field(
        default=None,
        description="longest lease that a client gets that asks for more; `lease` where absent",
        examples=["7d"],
    )
    quarantine: Duration | None = Field(
        default=None,
        description="how long an address is left alone that a client declined; the server's own where absent",
        examples=["1h"],
    )
    ping_check: YesNo = Field(
        default=False,
        description="`true`: the server asks by ICMP whether an address is in use before it offers it",
        examples=[True],
    )
    cache: Share | None = Field(
        default=None,
        description="while less than this share of a lease has gone, whoever asks again gets what is left of it; never where absent",
        examples=["25%"],
    )
    renew: Duration | None = Field(
        default=None, description="T1; half of the lease where absent", examples=["4h"]
    )
    rebind: Duration | None = Field(
        default=None, description="T2; seven eighths of the lease where absent", examples=["7h"]
    )

    @property
    def ranges(self) -> tuple[str, ...]:
        """The ranges it names."""
        return () if isinstance(self.range, str) else self.range

    @property
    def by_server(self) -> Mapping[str, tuple[str, ...]] | None:
        """The ranges that `split` names server by server; None where it is a word."""
        return None if isinstance(self.split, str) else self.split

    @model_validator(mode="before")
    @classmethod
    def _failover_is_a_mode(cls, data: object) -> object:
        """`failover: load-balance` is another way to write `mode: load-balance`."""
        if isinstance(data, dict) and "failover" in data and "mode" not in data:
            rest = {key: value for key, value in data.items() if key != "failover"}
            return {**rest, "mode": "failover" if data["failover"] is True else data["failover"]}
        return data

    @property
    def redundancy(self) -> Redundancy:
        """The way in which several servers share the segment."""
        if self.mode is not None:
            return self.mode
        return Redundancy.SHARED if self.split == "shared" else Redundancy.SPLIT
