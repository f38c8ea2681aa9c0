"""Vendors' relays on the wire, as data.

A dialect decides which sub-options are sent when a configuration does not list them, under which codes, and
how their values are spelled. Each entry names the source of what it reproduces.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Literal, NamedTuple

from labgen.ground.suboption import SubOptionCode


class SentSubOption(StrEnum):
    """Sub-options a configuration can ask for, in the order they are sent."""

    CIRCUIT_ID = "circuit-id"
    REMOTE_ID = "remote-id"
    LINK_SELECTION = "link-selection"
    FLAGS = "flags"
    SERVER_ID_OVERRIDE = "server-id-override"
    VSS = "vss"


class Dialect(NamedTuple):
    """One vendor's habits.

    `always` is sent in every request, `crossing` in addition when the server is in another VRF than the
    client. `adds_link_selection`: link selection is added by itself whenever giaddr lies outside the client's
    subnet. `circuit_id` is a format of `{host}`, `{interface}` and `{port}`, the port of the bridge that the client
    is behind (the interface itself where it is no bridge, or the bridge has not learned the client). `link_value`:
    the network's or the relay's own address. `vss_type_octet`: sub-option 151 starts with its type octet (RFC
    6607); `vss_control`: an empty 152 beside it. `relayed`: what happens to requests that another relay has seen.
    """

    name: str
    source: str
    always: tuple[SentSubOption, ...]
    crossing: tuple[SentSubOption, ...] = ()
    adds_link_selection: bool = True
    circuit_id: str = "{interface}"
    remote_id: Literal["mac", "mac-text", "host"] = "mac"
    link_code: int = SubOptionCode.LINK_SELECTION
    link_value: Literal["network", "address"] = "address"
    override_code: int = SubOptionCode.SERVER_ID_OVERRIDE
    vss_type_octet: bool = True
    vss_control: bool = True
    relayed: Literal["forward", "append", "replace", "discard"] = "forward"


_CIRCUIT, _REMOTE, _LINK, _FLAGS, _OVERRIDE, _VSS = SentSubOption

_ALL = (
    Dialect(
        "plain",
        source="RFC 3046 alone: circuit-id, whatever giaddr is",
        always=(_CIRCUIT,),
        adds_link_selection=False,
    ),
    Dialect(
        "rfc",
        source="RFC 3046, 3527, 5010, 5107 and 6607 to the letter",
        always=(_CIRCUIT, _FLAGS),
        crossing=(_LINK, _OVERRIDE, _VSS),
    ),
    Dialect(
        "eos",
        source="Arista EOS manual, DHCP relay across VRF; seen in 4.28.3M: no type octet in sub-option 151",
        always=(_CIRCUIT, _REMOTE),
        crossing=(_LINK, _OVERRIDE, _VSS),
        link_value="network",
        vss_type_octet=False,
    ),
    Dialect(
        "ios",
        source="Cisco IOS 15.6 `ip dhcp relay information option vpn`: private 150 and 152, no circuit-id",
        always=(),
        crossing=(_LINK, _OVERRIDE, _VSS),
        link_code=SubOptionCode.CISCO_LINK_SELECTION,
        override_code=SubOptionCode.VSS_CONTROL,
        vss_control=False,
    ),
    Dialect(
        "ios-standard",
        source="Cisco IOS XE with `ip dhcp compatibility suboption ... standard`: 5, 11, and RFC 6607's 151",
        always=(),
        crossing=(_LINK, _OVERRIDE, _VSS),
        vss_control=False,
    ),
    Dialect(
        "nxos",
        source="Cisco NX-OS `ip dhcp relay information option vpn` without `sub-option type cisco`",
        always=(_CIRCUIT, _REMOTE),
        crossing=(_LINK, _OVERRIDE, _VSS),
        vss_control=False,
    ),
    Dialect(
        "aoscx",
        source="Aruba AOS-CX 10.06 VXLAN EVPN guide, `dhcp-relay option 82 source-interface`: 5, 11 and 151",
        always=(_CIRCUIT, _REMOTE),
        crossing=(_LINK, _OVERRIDE, _VSS),
        vss_control=False,
    ),
    Dialect(
        "sonic",
        source="SONiC dhcp4relay c8ce985, recorded: 1 host:port:vlan, 2 MAC as text, 5 network, 11, 151; discards relayed requests",
        always=(_CIRCUIT, _REMOTE),
        crossing=(_LINK, _OVERRIDE, _VSS),
        adds_link_selection=False,
        circuit_id="{host}:{port}:{interface}",
        remote_id="mac-text",
        link_value="network",
        vss_control=False,
        relayed="discard",
    ),
)


def wanted_options(
    dialect: Dialect, listed: Iterable[SentSubOption] | None, crossing: bool, outside: bool
) -> set[SentSubOption]:
    """The sub-options that a request gets for a server: those `listed`, else the dialect's own.

    `crossing`: the server is in another VRF than the client; `outside`: giaddr is not in the clients' subnet.
    """
    if listed is not None:
        names = set(listed)
    else:
        names = {*dialect.always, *(dialect.crossing if crossing else ())}
        # RFC 3527: the server needs the client's subnet from elsewhere when giaddr does not tell it.
        if dialect.adds_link_selection and outside:
            names.add(SentSubOption.LINK_SELECTION)
    return names if crossing else names - {SentSubOption.VSS}


DIALECTS: Mapping[str, Dialect] = MappingProxyType({dialect.name: dialect for dialect in _ALL})
"""Every dialect by its name in a configuration."""
