"""What was recorded of SONiC's dhcp4relay: `recorded/sonic`, described in docs/sonic.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from labgen.devices import formats, registry
from labgen.dhcp.frames import Datagram, plain
from labgen.dhcp.logs import Reading
from labgen.dhcp.options import RelayAgentInfo
from labgen.dhcp.packet import Packet
from labgen.dhcp.pcap import frames
from labgen.dhcp.remarks import Remark
from labgen.ground.labplan import LabPlan, NodePlan, RelayPlan
from labgen.ground.vocabulary import RelayOption
from labgen.plan.build import build
from labgen.spec.load import load

RECORDED = Path(__file__).parent / "recorded" / "sonic"
SYSTEM_MAC = "22:48:23:27:33:d8"
"""The switch's own, of DEVICE_METADATA."""
CODES = {
    RelayOption.CIRCUIT_ID: 1,
    RelayOption.REMOTE_ID: 2,
    RelayOption.LINK_SELECTION: 5,
    RelayOption.SERVER_ID_OVERRIDE: 11,
    RelayOption.VSS: 151,
}


@dataclass(frozen=True, slots=True)
class Seen:
    """A datagram of a recording."""

    datagram: Datagram
    packet: Packet

    @property
    def source(self) -> str:
        return ".".join(map(str, self.datagram.source))

    @property
    def destination(self) -> str:
        return ".".join(map(str, self.datagram.destination))

    @property
    def option82(self) -> tuple[bytes, ...]:
        """Every option 82 it has."""
        return tuple(option.data for option in self.packet.options if option.code == 82)

    @property
    def sub_options(self) -> dict[int, bytes]:
        """Those of its only option 82."""
        (data,) = self.option82
        return {sub.code: sub.data for sub in RelayAgentInfo.decode(data).sub_options}


def seen(name: str) -> Iterator[Seen]:
    """The DHCP datagrams of a recorded capture."""
    with (RECORDED / name).open("rb") as stream:
        for frame in frames(stream):
            datagram = plain(frame.data)
            assert datagram is not None, f"frame {frame.number} of {name}"
            yield Seen(datagram, Packet.decode(datagram.payload))


def recorded_plan() -> LabPlan:
    """The lab whose switch was recorded."""
    return build(load(str(RECORDED / "plan.yml")))


def expected(node: NodePlan, relay: RelayPlan) -> dict[int, bytes]:
    """The sub-options that the plan expects of a relay, by code."""
    can = registry.get(node.device).facts.relay
    assert can is not None and can.circuit is not None
    values: Mapping[RelayOption, bytes] = {
        RelayOption.CIRCUIT_ID: can.circuit(node, relay).encode(),
        RelayOption.REMOTE_ID: SYSTEM_MAC.encode(),
        RelayOption.LINK_SELECTION: (relay.link_selection or relay.link_address).packed,
        RelayOption.SERVER_ID_OVERRIDE: relay.link_address.packed,
        RelayOption.VSS: b"\0" + relay.vrf.encode(),
    }
    return {CODES[option]: values[option] for option in relay.sent}


def differences(node: NodePlan, relay: RelayPlan, requests: Sequence[Seen]) -> list[str]:
    """What of relayed requests is not as the plan has it; an error where there are none."""
    assert requests, "nothing was recorded"
    wanted = expected(node, relay)
    found = [
        f"giaddr {each.packet.giaddr} instead of {relay.giaddr}"
        for each in requests
        if each.packet.giaddr != relay.giaddr
    ]
    for each in requests:
        have = each.sub_options
        found += [
            f"sub-option {code}: {have.get(code)!r} instead of {wanted.get(code)!r}"
            for code in sorted(have.keys() | wanted.keys())
            if have.get(code) != wanted.get(code)
        ]
    return found


def remarks(name: str) -> tuple[list[Remark], Reading]:
    """What labgen hears in a recorded log, and the account of its lines."""
    found = formats.named("dhcp4relay")
    assert found is not None
    reading = Reading(name, "sw1")
    lines = list(enumerate((RECORDED / name).read_text().splitlines(), 1))
    assert formats.recognise([text for _, text in lines]) is found
    records = list(found.parse(lines, reading))
    assert all(isinstance(record, Remark) for record in records)
    return [record for record in records if isinstance(record, Remark)], reading
