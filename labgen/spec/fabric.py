"""The fabric in a spec: links, underlay, overlay, VRFs, address pools, and what single nodes do differently."""

from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from labgen.spec import addresses, values
from labgen.spec.addresses import Address, Mac, Prefix
from labgen.spec.base import NameList, SpecModel
from labgen.spec.program import Program
from labgen.spec.values import AsNumber, LeaseTime, Name, SegmentName, Text, VrfName, YesNo


class OverlaySpec(SpecModel):
    """`evpn` needs `asn` (iBGP between all switches, or towards `route_reflectors`); `static` is ingress replication."""

    data: Annotated[Literal["vxlan"], values.choice("vxlan")] = Field(
        default="vxlan", description="data plane of stretched segments", examples=["vxlan"]
    )
    control: Annotated[Literal["evpn", "static"], values.choice("evpn", "static")] = Field(
        default="static", description="`evpn`, or `static` ingress replication", examples=["evpn"]
    )
    asn: AsNumber | None = Field(
        default=None, description="AS number of EVPN's BGP sessions", examples=[65000]
    )
    peering: Annotated[Literal["ibgp", "ebgp"], values.choice("ibgp", "ebgp")] | None = Field(
        default=None,
        description="EVPN sessions: `ibgp` between loopbacks, `ebgp` over links of an eBGP underlay, else between loopbacks; absent: as "
        "the underlay",
        examples=["ebgp"],
    )
    multihoming: YesNo = Field(
        default=False,
        description="clients and servers may hang on two leaves by a bond (RFC 7432 section 8): name them under both in `attach`",
        examples=[True],
    )
    route_reflectors: NameList = Field(
        default=(), description="switches that reflect; without any, every switch peers with every other"
    )


UNDERLAYS = ("ospf", "isis", "ebgp", "static", "none")


class UnderlaySpec(SpecModel):
    """The routing by which switches learn each other's loopbacks and segments of the global table."""

    protocol: Annotated[Literal["ospf", "isis", "ebgp", "static", "none"], values.choice(*UNDERLAYS)] = Field(
        default="ospf", description="routing protocol between the switches", examples=["ebgp"]
    )
    unnumbered: YesNo = Field(
        default=False, description="eBGP over links without addresses (RFC 8950)", examples=[True]
    )
    asn: Annotated[Mapping[Name, AsNumber], BeforeValidator(values.mapping("asn: {leaf-1: 65101}"))] = Field(
        default={},
        description="AS numbers by switch; 4200000000 and the node id where absent",
        examples=[{"leaf-1": 65101}],
    )


def _underlay(value: object) -> object:
    if isinstance(value, dict | UnderlaySpec):
        return value
    if isinstance(value, str) and value.lower().replace("_", "-") in ("ebgp-unnumbered", "bgp-unnumbered"):
        return {"protocol": "ebgp", "unnumbered": True}
    if isinstance(value, str) and value.lower() in ("is-is", "bgp"):
        return {"protocol": {"is-is": "isis", "bgp": "ebgp"}[value.lower()]}
    return {"protocol": value}


UnderlayEntry = Annotated[
    UnderlaySpec,
    BeforeValidator(
        _underlay,
        json_schema_input_type=Literal["ospf", "isis", "ebgp", "ebgp-unnumbered", "static", "none"]
        | UnderlaySpec,
    ),
]


class VrfSpec(SpecModel):
    """A VRF. `transit_vni` turns on symmetric IRB: a number, or `true` for the next free one."""

    transit_vni: Annotated[
        Annotated[int, Field(ge=1, le=16777215)] | bool,
        BeforeValidator(lambda value: _transit(value)),
    ] = Field(
        default=False, description="symmetric IRB: a VNI, or `true` for the next free one", examples=[True]
    )
    leaks: Annotated[
        Mapping[VrfName, NameList],
        BeforeValidator(
            lambda value: _leaks(value),
            json_schema_input_type=VrfName | list[VrfName] | dict[VrfName, list[Name]],
        ),
    ] = Field(
        default={},
        description="other VRFs that this one exchanges routes with, and the switches that leak; all that have both where none is named",
        examples=[["services"]],
    )


def _leaks(value: object) -> object:
    """`services` and `[services]` are short for `{services: []}`."""
    if value is None or isinstance(value, dict):
        return value or {}
    several = values.one_or_more(value)
    return dict.fromkeys(several, ()) if isinstance(several, list | tuple) else several


def _transit(value: object) -> object:
    if isinstance(value, bool) or value is None:
        return bool(value)
    if isinstance(value, str) and value.lower() in ("yes", "on", "no", "off"):
        return value.lower() in ("yes", "on")
    if not isinstance(value, int) or not 1 <= value <= 16777215:
        raise values.wrong(
            f"{values.quoted(value)} is no VNI", "write a number from 1 to 16777215, or `true`"
        )
    return value


class NodeSpec(SpecModel):
    """The settings of one node that differ from its role's."""

    device: Text | None = Field(
        default=None, description="its device, instead of its role's", examples=["kea-plain"]
    )
    program: Program | None = Field(
        default=None,
        description="a program of your own that it runs as client, relay or server",
        examples=[{"command": "python3 my_client.py {interface}", "ready": "bound", "log": "stdout"}],
    )
    loopback: Address | None = Field(
        default=None, description="its loopback, instead of the pool's", examples=["10.255.0.11"]
    )
    asn: AsNumber | None = Field(default=None, description="its AS number, with eBGP", examples=[65101])
    asks_lease: LeaseTime | None = Field(
        default=None,
        description="lease time that a client asks for (option 51); none where absent",
        examples=["10m"],
    )
    addresses: Annotated[
        Mapping[SegmentName, Address], BeforeValidator(values.mapping("addresses: {users: 10.1.1.2}"))
    ] = Field(
        default={},
        description="its address in a segment, by the segment's name",
        examples=[{"users": "10.1.1.2"}],
    )


def _pool_default(text: str, what: str) -> Any:
    return Field(default=IPv4Network(text), description=f"pool of {what}", examples=[text])


class AddressingSpec(SpecModel):
    """Address pools; the defaults are netlab's. The management network follows from the lab's name unless it is set."""

    loopback: Prefix = _pool_default("10.0.0.0/24", "loopbacks, by node id")
    vrf_loopback: Prefix = _pool_default("10.2.0.0/16", "loopbacks in VRFs")
    p2p: Prefix = _pool_default("10.1.0.0/16", "point-to-point links, a /30 each")
    lan: Prefix = _pool_default("172.16.0.0/16", "segments without `prefix`, a /24 each")
    mgmt: Prefix | None = Field(
        default=None,
        description="pool of management addresses; follows from the lab's name, so that labs run side by side",
        examples=["192.168.121.0/24"],
    )
    anycast_mac: Mac = Field(
        default="02:00:ca:fe:00:ff",
        description="MAC address of anycast gateways",
        examples=["02:00:ca:fe:00:ff"],
    )


class NumberedLink(SpecModel):
    """A link with a subnet of its own."""

    link: str | tuple[Name, Name] = Field(description="its ends", examples=["leaf-1-spine-1"])
    prefix: Prefix = Field(
        description="its subnet; the node named first has the lower address", examples=["10.9.0.0/31"]
    )


class LinkSpec(SpecModel):
    """A point-to-point link. `text` is its short form `a-b`, which only the names of the nodes take apart; `prefix` is its subnet,
    where the spec says it.
    """

    text: str = ""
    ends: tuple[str, ...] = ()
    prefix: Prefix | None = None


def _link(value: object) -> object:
    if isinstance(value, LinkSpec):
        return value
    if isinstance(value, str):
        return {"text": value}
    if isinstance(value, list | tuple) and all(isinstance(end, str) for end in value):
        return {"ends": value}
    if isinstance(value, dict) and "prefix" in value:
        subnet, ends = addresses.prefix(value["prefix"]), value.get("link")
        if "link" in value and (
            more := next((str(key) for key in value if key not in ("link", "prefix")), "")
        ):
            remedy = "`faults: {a-b: {mtu: 1400}}`" if more == "mtu" else "a link has `link` and `prefix`"
            raise values.wrong(f"unknown key {values.quoted(more)} of a link", remedy, at=(more,))
        if set(value) == {"link", "prefix"} and isinstance(ends, str | list):
            return {**({"text": ends} if isinstance(ends, str) else {"ends": ends}), "prefix": subnet}
    if isinstance(value, dict) and len(value) == 1:
        ((one, other),) = value.items()
        if isinstance(other, str):
            return {"ends": [one, other]}
    raise values.wrong(
        f"{values.quoted(value)} is no link between two nodes",
        f"write {_meant(value) or '`a-b`, `[a, b]`, or `{link: a-b, prefix: 10.9.0.0/31}`'}",
    )


def _meant(value: object) -> str:
    """The link of a mapping whose only list has two names, as containerlab writes them: with ports or without."""
    lists = [each for each in value.values() if isinstance(each, list)] if isinstance(value, dict) else []
    if len(lists) != 1 or len(lists[0]) != 2:
        return ""
    return f"`{'-'.join(str(end).partition(':')[0] for end in lists[0])}`"


Link = Annotated[
    LinkSpec,
    BeforeValidator(
        _link,
        json_schema_input_type=str
        | Annotated[list[Name], Field(min_length=2, max_length=2)]
        | NumberedLink
        | Annotated[dict[Name, Name], Field(min_length=1, max_length=1)],
    ),
]


def apart(text: str, known: set[str]) -> tuple[str, ...]:
    """The ends of `a-b`, where names may hold hyphens: the cut that leaves two known names, else the best there is."""
    parts = text.split("-")
    cuts = [("-".join(parts[:n]), "-".join(parts[n:])) for n in range(1, len(parts))]
    whole = [cut for cut in cuts if set(cut) <= known]
    if whole:
        return whole[0] if len(whole) == 1 else ()
    half = [cut for cut in cuts if set(cut) & known]
    return half[0] if half else (cuts[0] if len(cuts) == 1 else tuple(parts))
