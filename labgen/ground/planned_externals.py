"""External routers of a plan, and the border switches' side of them."""

from pydantic import Field

from labgen.ground.planned_model import Address, Interface, Model, Network


class ExternalPlan(Model):
    """The part of a node that makes it an external router. `addresses` are on its loopback, so that every address of what it reaches
    answers."""

    reaches: tuple[Network, ...] = Field(default=(), description="prefixes behind it")
    addresses: tuple[Interface, ...] = Field(default=(), description="loopback addresses, one in each prefix")
    learns: tuple[Network, ...] = Field(
        default=(), description="prefixes of the fabric it must have routes to"
    )


class HandoverPlan(Model):
    """A border switch's link to an external router in one VRF: VRF-lite (RFC 4364 section 10)."""

    external: str = Field(description="the external router")
    vrf: str = Field(description="VRF of the link")
    interface: str = Field(description="kernel name of the switch's port")
    address: Address = Field(description="the external's address on the link")
    asn: int | None = Field(default=None, description="the external's AS number; null: routes are static")
    local_asn: int = Field(description="the switch's AS number in the session")
    reaches: tuple[Network, ...] = Field(default=(), description="prefixes that are behind the external")
