"""VRFs, tunnels and EVPN in SONiC's `config` commands and those for FRR's shell; the rest of the routing is of others."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.devices.fabric_config import ConfiguredInstance, ConfiguredPeer, ConfiguredVrf, FabricReading
from labgen.devices.sonic.config_reader import scripted
from labgen.devices.sonic.script import Script

EVPN = "address-family l2vpn evpn"


def read(text: str) -> FabricReading:
    """The tables that a script makes."""
    script = scripted(text)
    return FabricReading(
        vrfs=tuple(_vrfs(script)),
        instances=tuple(_instances(script)) if _advertises(script) else (),
        peers=tuple(_peers(script)),
        tunnels=script.vtep if script.spoken else "",
        redistributed=frozenset(_redistributed(script)),
    )


def _vrfs(script: Script) -> Iterator[ConfiguredVrf]:
    """A transit VNI is a VRF's where SONiC and FRR both know it, and a VLAN of the VRF is mapped to it."""
    for name, vni in script.vrfs.items():
        mapped = any(
            vlan.vni == vni and (port := script.ports.get(f"Vlan{number}")) is not None and port.vrf == name
            for number, vlan in script.vlans.items()
        )
        shell = next((each for each in script.shells if f"vrf {name}" in each), ())
        own = [line for each in _of(script, name) if EVPN in each for line in each]
        tells = "advertise ipv4 unicast" in own
        yield ConfiguredVrf(
            name,
            next((line.removeprefix("rd ") for line in own if line.startswith("rd ")), ""),
            frozenset(_targets(own, "import")),
            frozenset(_targets(own, "export")) if tells else frozenset(),
            vni if mapped and f"vni {vni}" in shell else 0,
        )


def _of(script: Script, vrf: str) -> Iterator[tuple[str, ...]]:
    """Commands to BGP of a VRF."""
    for each in script.shells:
        if any(line.startswith("router bgp ") and line.endswith(f" vrf {vrf}") for line in each):
            yield each


def _targets(lines: list[str], direction: str) -> Iterator[str]:
    head = f"route-target {direction} "
    yield from (line.removeprefix(head) for line in lines if line.startswith(head))


def _advertises(script: Script) -> bool:
    return any("advertise-all-vni" in each for each in script.shells)


def _instances(script: Script) -> Iterator[ConfiguredInstance]:
    vlans = {vlan.vni: vlan.number for vlan in script.vlans.values() if vlan.vni}
    for each in script.shells:
        for line in each:
            number = line.removeprefix("vni ")
            if EVPN in each and number != line and int(number) in vlans:
                yield ConfiguredInstance(
                    vlans[int(number)],
                    next((own.removeprefix("rd ") for own in each if own.startswith("rd ")), ""),
                    frozenset(_targets(list(each), "import")),
                    frozenset(_targets(list(each), "export")),
                )


def _peers(script: Script) -> Iterator[ConfiguredPeer]:
    """Sessions that EVPN is turned on for; who they are with is configured elsewhere."""
    for each in script.shells:
        for line in each if EVPN in each else ():
            words = line.split()
            if words[:1] == ["neighbor"] and words[2:] == ["activate"]:
                yield ConfiguredPeer(words[1], 0, families=frozenset({"evpn"}), extended=True)


def _redistributed(script: Script) -> Iterator[tuple[str, str, str]]:
    for name in script.vrfs:
        for each in _of(script, name):
            if "address-family ipv4 unicast" in each:
                lines = (line.split() for line in each if line.startswith("redistribute "))
                yield from (("bgp", words[1], name) for words in lines)
