"""DHCP tables of Junos, as text: their JSON form was never seen, their text is in Juniper's DHCP User Guide and in
published sessions (`show dhcp server binding`, `show dhcp client binding detail`, `show dhcp relay statistics`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from labgen.devices.observed import DaemonState, Raw, RelayCounter
from labgen.dhcp.model import Binding, MessageRole
from labgen.ground.labplan import NodePlan

_IP = r"\d+\.\d+\.\d+\.\d+"
_ROW = re.compile(
    rf"(?P<address>{_IP})\s+(?:\S+\s+)?(?P<mac>[0-9a-f]{{2}}(?::[0-9a-f]{{2}}){{5}})\s+\d+\s+"
    r"(?P<state>[A-Z_]+)\S*(?:\s+(?P<port>\S+))?\s*$"
)
_FIELD = re.compile(r"\s*([A-Z][\w /]*?):?\s{2,}(\S.*?)\s*$")
_CLIENT = re.compile(r"\s*Client Interface/Id:\s*(\S+)")
_SECTION = re.compile(r"\s*(Packets dropped|Messages received|Messages sent|Packets forwarded):\s*$")
_COUNT = re.compile(r"\s+([A-Z][\w ]*?)\s{2,}(\d+)\s*$")


def bindings(node: NodePlan, raw: Raw) -> Iterator[Binding]:
    """`show dhcp server binding`: address, session, MAC, seconds left, state, interface."""
    for number, line in enumerate(raw.text.splitlines(), 1):
        if found := _ROW.match(line):
            yield Binding(
                address=found["address"],
                node=node.name,
                mac=found["mac"],
                state=found["state"].lower(),
                interface=found["port"],
                file=raw.file,
                line=number,
                text=line,
            )


def leases(node: NodePlan, raw: Raw) -> Iterator[Binding]:
    """`show dhcp client binding detail`: a block for each interface."""
    port, start, known = "", 0, dict[str, str]()
    for number, line in enumerate([*raw.text.splitlines(), "Client Interface/Id: end"], 1):
        if head := _CLIENT.match(line):
            if known.get("Client IP Address", "0.0.0.0") != "0.0.0.0":
                yield _lease(node, raw, port, start, known)
            port, start, known = head[1], number, {}
        elif found := _FIELD.match(line):
            known[found[1]] = found[2]


def _lease(node: NodePlan, raw: Raw, port: str, line: int, known: dict[str, str]) -> Binding:
    begin, end = (_seconds(known.get(name, "")) for name in ("Lease Start", "Lease Expires"))
    return Binding(
        address=known["Client IP Address"],
        node=node.name,
        mac=known.get("Hardware Address"),
        state=known.get("State", "").partition("(")[0].lower(),
        expires=end if known.get("Lease Expires", "").endswith("UTC") else None,
        lease_seconds=int(end - begin) if begin is not None and end is not None else None,
        server_id=known.get("Server Identifier"),
        interface=port,
        role=MessageRole.CLIENT,
        file=raw.file,
        line=line,
        text=f"Client Interface/Id: {port}",
    )


def _seconds(text: str) -> float | None:
    """A time of the device's clock; None where there is none."""
    try:
        return datetime.strptime(text[:19], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def counters(node: NodePlan, raw: Raw, vrf: str) -> Iterator[RelayCounter]:
    """`show dhcp relay statistics`."""
    section = ""
    for line in raw.text.splitlines():
        if start := _SECTION.match(line):
            section = start[1]
        elif (found := _COUNT.match(line)) and section:
            yield RelayCounter(node.name, f"{vrf} {section} {found[1]}", int(found[2]), raw.file)


def process(node: NodePlan, raw: Raw) -> Iterator[DaemonState]:
    """`show system processes`: jdhcpd relays, serves and is the client."""
    role = "server" if node.server else "relay"
    yield DaemonState(node.name, role, "jdhcpd" in raw.text, raw.file)
