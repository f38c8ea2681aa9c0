"""Routers and firewalls beyond the fabric: what a border switch hands a VRF over to."""

from ipaddress import IPv4Interface
from typing import Annotated

from pydantic import BeforeValidator, Field

from labgen.spec import addresses, values
from labgen.spec.addresses import Prefix
from labgen.spec.base import SpecModel
from labgen.spec.values import AsNumber, Name, VrfName

INTERFACE = r"^\d{1,3}(\.\d{1,3}){3}/\d{1,2}$"
SMALLEST, LARGEST = 31, 24


def _address(value: object) -> IPv4Interface:
    if isinstance(value, IPv4Interface):
        return value
    found = addresses.interface(value)
    if not LARGEST <= found.network.prefixlen <= SMALLEST:
        raise values.wrong(
            f"a link with the mask /{found.network.prefixlen} is none between two routers", "write /30 or /31"
        )
    inside = found.network.prefixlen == SMALLEST or found.ip not in (
        found.network.network_address,
        found.network.broadcast_address,
    )
    if not inside:
        raise values.wrong(
            f"{found.ip} is the network or broadcast address of {found.network}, and no router's",
            f"write `{next(found.network.hosts())}/{found.network.prefixlen}`",
        )
    return found


class HandoverSpec(SpecModel):
    """A link between an external router and a border switch, in one VRF: VRF-lite. With an `asn` the two speak eBGP,
    else routes are static.
    """

    vrf: VrfName = Field(default="default", description="VRF of the switch's port", examples=["users"])
    address: Annotated[
        IPv4Interface,
        BeforeValidator(
            _address,
            json_schema_input_type=Annotated[str, Field(pattern=INTERFACE, examples=["10.8.0.1/30"])],
        ),
    ] = Field(
        description="the external's address on the link; the switch has the other one",
        examples=["10.8.0.1/30"],
    )
    asn: AsNumber | None = Field(
        default=None,
        description="the external's AS number in an eBGP session; routes are static where absent",
        examples=[64999],
    )


def _several(value: object) -> object:
    return (value,) if isinstance(value, dict) else values.as_list(value)


Handovers = Annotated[
    tuple[HandoverSpec, ...],
    BeforeValidator(
        _several, json_schema_input_type=HandoverSpec | Annotated[list[HandoverSpec], Field(min_length=1)]
    ),
    Field(min_length=1),
]


class ExternalSpec(SpecModel):
    """A router or firewall that is no part of the fabric: FRR in the lab. Attached in two VRFs, it is where routes leak between them."""

    attach: Annotated[
        dict[Name, Handovers],
        BeforeValidator(values.mapping("attach: {border-1: {vrf: users, address: 10.8.0.1/30, asn: 64999}}")),
    ] = Field(
        description="border switches it has a link to, and how",
        examples=[{"border-1": {"vrf": "users", "address": "10.8.0.1/30", "asn": 64999}}],
        min_length=1,
    )
    reaches: Annotated[
        tuple[Prefix, ...],
        BeforeValidator(values.one_or_more, json_schema_input_type=Prefix | list[Prefix]),
    ] = Field(
        default=(),
        description="prefixes behind it: it announces them, and every address in them answers",
        examples=[["10.9.9.0/24"]],
    )

    @property
    def asn(self) -> int | None:
        """Its AS number; None where all its routes are static."""
        return next((each.asn for some in self.attach.values() for each in some if each.asn), None)


External = Annotated[
    ExternalSpec,
    BeforeValidator(
        values.mapping("fw1: {attach: {border-1: {address: 10.8.0.1/30}}}"),
        json_schema_input_type=ExternalSpec,
    ),
]
