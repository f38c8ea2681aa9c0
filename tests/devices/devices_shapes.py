"""Shapes of labs that no scenario has, and labs built of them."""

from __future__ import annotations

from pathlib import Path

from devices_specs import planned

from labgen.devices import registry
from labgen.ground.errors import SpecError
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.ground.vocabulary import Role

FULL = "[circuit-id, remote-id, link-selection, server-id-override]"
LONG = "the-segment-of-all-users-on-the-seventh-floor-of-building-forty-2"

SHAPES = {
    "segments with other servers and options": """
segments:
  a: {prefix: 10.9.0.0/23, attach: {sw1: [a1]}, relay: {servers: [s1], options: [circuit-id]}}
  b: {attach: {sw1: [b1]}, relay: {servers: [s1, s2], options: [remote-id]}}
  c: {attach: {sw1: [c1]}, relay: {servers: [s2]}}
""",
    "one segment, two groups of servers": """
segments:
  a: {attach: {sw1: [a1]}, relay: [{servers: [s1], options: [circuit-id]}, {servers: [s2], options: [circuit-id]}]}
""",
    "two groups, two sources of giaddr": f"""
segments:
  a: {{attach: {{sw1: [a1]}}, relay: [{{servers: [s1], source: loopback, options: {FULL}}},
    {{servers: [s2], source: uplink, options: {FULL}}}]}}
""",
    "three VRFs, servers in the default one": f"""
vrfs: {{red: {{}}, blue: {{}}, green: {{}}}}
segments:
  a: {{vrf: red, attach: {{sw1: [a1]}}, relay: {{servers: [s1], source: loopback, options: {FULL}}}}}
  a2: {{vrf: red, attach: {{sw1: [a2c]}}, relay: {{servers: [s1], source: loopback, options: {FULL}}}}}
  b: {{vrf: blue, attach: {{sw1: [b1]}}, relay: {{servers: [s1, s2], source: loopback, options: {FULL}}}}}
  c: {{vrf: green, attach: {{sw1: [c1]}}, relay: {{servers: [s2], source: loopback, options: {FULL}}}}}
""",
    "two groups in two VRFs": f"""
vrfs: {{red: {{}}, mgmt: {{}}}}
segments:
  a: {{vrf: red, attach: {{sw1: [a1]}}, relay: [{{servers: [s1], server_vrf: mgmt, source: loopback, options: {FULL}}},
    {{servers: [s2], source: loopback, options: {FULL}}}]}}
  svc: {{vrf: mgmt, attach: {{sw1: [s1]}}, dhcp: false}}
servers: {{s1: {{}}, s2: sw1}}
""",
    "servers inside two VRFs": """
vrfs: {red: {}, blue: {}}
segments:
  a: {vrf: red, attach: {sw1: [a1]}, relay: {servers: [s1], server_vrf: red, options: [circuit-id]}}
  as: {vrf: red, attach: {sw1: [s1]}, dhcp: false}
  b: {vrf: blue, attach: {sw1: [b1]}, relay: {servers: [s2], server_vrf: blue, options: [circuit-id]}}
  bs: {vrf: blue, attach: {sw1: [s2]}, dhcp: false}
servers: {s1: {}, s2: {}}
""",
    "two VRFs with one prefix": """
vrfs: {red: {}, blue: {}}
segments:
  a: {vrf: red, prefix: 10.5.0.0/24, attach: {sw1: [a1]}, pool: {range: 10.5.0.10-10.5.0.20},
    relay: {servers: [s1], source: loopback, options: [link-selection, server-id-override, vss]}}
  b: {vrf: blue, prefix: 10.5.0.0/24, attach: {sw1: [b1]}, pool: {range: 10.5.0.30-10.5.0.40},
    relay: {servers: [s1], source: loopback, options: [link-selection, server-id-override, vss]}}
servers: {s1: sw1}
""",
    "a campus with trunks and VRRP": """
switches: [sw1, core-2, access-1]
links: [sw1-core-2, sw1-access-1, core-2-access-1]
segments:
  users: {vlan: 10, prefix: 10.1.1.0/24, gateway: {address: 10.1.1.254, protocol: vrrp, nodes: {sw1: 10.1.1.201, core-2: 10.1.1.202}},
    bridge: [access-1], attach: {access-1: [pc1]}, relay: {servers: [s1, s2], options: [circuit-id]}}
  voice: {vlan: 20, prefix: 10.1.2.0/25, gateway: {address: 10.1.2.126, nodes: [sw1]}, bridge: [access-1],
    attach: {access-1: [ph1]}, relay: {servers: [s1, s2], options: [circuit-id]}}
servers: {s1: sw1, s2: core-2}
""",
    "a campus with HSRP": """
switches: [sw1, core-2, access-1]
links: [sw1-core-2, sw1-access-1, core-2-access-1]
segments:
  users: {vlan: 310, prefix: 10.1.1.0/24, gateway: {address: 10.1.1.254, protocol: hsrp, nodes: {sw1: 10.1.1.201, core-2: 10.1.1.202}},
    bridge: [access-1], attach: {access-1: [pc1]}, relay: {servers: [s1], options: [circuit-id]}}
servers: {s1: sw1}
""",
    "eBGP between switches": """
switches: [sw1, l2, sp]
links: [sw1-sp, l2-sp]
underlay: {protocol: ebgp, asn: {sw1: 4200000001, l2: 4200000002, sp: 65000}}
segments:
  a: {attach: {sw1: [a1]}, relay: {servers: [s1], options: [circuit-id]}}
servers: {s1: l2}
""",
    "long names": f"""
segments:
  {LONG[:63]}: {{attach: {{sw1: [the-computer-of-the-director-of-everything]}}, relay: {{servers: [s1], options: [circuit-id]}}}}
""",
}  # fmt: skip

VENDORS = [name for name, device in registry.everything().items() if not device.facts.embedded]
SWITCHES = [
    *(name for name in VENDORS if Role.SWITCH in registry.get(name).facts.roles),
    "cumulus_nvue:5.14",
    "cumulus_nvue:5.15",
    "vyos:1.4",
]
SERVERS = [
    *(name for name in VENDORS if Role.SERVER in registry.get(name).facts.roles),
    "cumulus_nvue:5.14",
    "cumulus_nvue:5.15",
    "vyos:1.4",
]


_NO_VRF_OF_THE_SERVERS = frozenset(
    ["cumulus_nvue", "srlinux", "sros", "vyos", "cumulus_nvue:5.14", "cumulus_nvue:5.15", "vyos:1.4"]
)
_NO_PREFIX_TWICE = _NO_VRF_OF_THE_SERVERS | {"dellos10", "vjunos-router", "vjunos-switch", "vptx"}
_NO_TWO_GROUPS = _NO_PREFIX_TWICE | {"cat8000v", "csr", "iol", "iosv", "nxos", "sonic"}

REFUSED: dict[str, frozenset[str]] = {
    "segments with other servers and options": frozenset(
        [
            "arubacx",
            "cumulus_nvue",
            "eos",
            "nxos",
            "vyos",
            "cumulus_nvue:5.14",
            "cumulus_nvue:5.15",
            "vyos:1.4",
        ]
    ),
    "one segment, two groups of servers": frozenset(),
    "two groups, two sources of giaddr": _NO_TWO_GROUPS | {"arubacx"},
    "three VRFs, servers in the default one": _NO_VRF_OF_THE_SERVERS,
    "two groups in two VRFs": _NO_TWO_GROUPS,
    "servers inside two VRFs": frozenset({"vyos", "vyos:1.4"}),
    "two VRFs with one prefix": _NO_PREFIX_TWICE,
    "a campus with trunks and VRRP": frozenset({"iosv", "srlinux"}),
    "a campus with HSRP": frozenset(SWITCHES) - {"cat8000v", "csr", "iol", "nxos"},
    "eBGP between switches": frozenset({"nxos"}),
    "long names": frozenset(),
}
"""Switches that cannot do a shape, each for a reason that `refused.txt` or the device's facts have."""


def spec(shape: str) -> str:
    text = SHAPES.get(shape, shape).strip("\n")
    servers = "" if "\nservers:" in text else "servers: {s1: sw1, s2: sw1}\n"
    switches = "" if "switches:" in text else "switches: [sw1]\n"
    return f"name: shape\n{switches}{text}\n{servers}"


def built(shape: str, folder: Path, **devices: str) -> LabPlan | list[str]:
    """The plan, or the reasons of a refusal."""
    try:
        return planned(spec(shape), folder, devices)
    except SpecError as error:
        return [problem.reason for problem in error.problems]


def texts(plan: LabPlan, node: NodePlan) -> str:
    return "\n".join(file.text for file in registry.get(node.device).artifacts(plan, node))
