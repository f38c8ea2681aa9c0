"""NetworkManager's DHCPv4 client (internal): it tells of transactions and addresses, not of single
messages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.dhcp.logs import RX, TX, Line, LogFormat, Reading, Record
from labgen.dhcp.message import Direction, Message, MessageType, Role

_EPOCH = re.compile(r"\[(\d{9,10}\.\d+)\]")
_LINE = re.compile(
    r"dhcp4 \((?P<interface>[^)]+)\): +(?:"
    r"activation: (?P<begin>beginning transaction)"
    r"|state changed (?:\S+ -> )?(?P<state>new lease|bound|extended|no lease|renew|rebind|expire"
    r"|terminated|timeout)"
    r"(?:, address=(?P<address>[\d.]+))?"
    r"|(?:received )?(?P<sent>DISCOVER|REQUEST|RELEASE|DECLINE|OFFER|ACK"
    r"|NAK) of (?P<of>[\d.]+) from (?P<source>[\d.]+)"
    r"|option dhcp_server_identifier +=> '?(?P<server>[\d.]+)"
    r"|address (?P<plain>[\d.]+)"
    r"|(?P<known>option|dhclient|activation|canceled|lease|gateway|plen|server|domain|nameserver"
    r"|client|trying|send"
    r"|expires|hostname|dns|wins|mtu|vendor|classless|state|requested|started|stop|unmanaged|init|cleanup))"
)
_OTHER = re.compile(r"NetworkManager(?:\[\d+\])?: <|<(?:info|warn|debug|trace|error)>")
_BOUND = frozenset({"new lease", "bound", "extended"})


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """A DISCOVER for each transaction that begins, an ACK for each lease."""
    for number, text in lines:
        found = _LINE.match(text, max(0, text.find("dhcp4 (")))
        if found is None:
            if _OTHER.search(text) is None or "dhcp" in text.lower():
                reading.miss(number, text)
            continue
        if found["begin"]:
            yield _message(MessageType.DISCOVER, TX, found, reading, number, text)
        elif found["state"] in _BOUND and found["address"]:
            yield _message(MessageType.ACK, RX, found, reading, number, text)


def _message(
    kind: MessageType, direction: Direction, found: re.Match[str], reading: Reading, number: int, text: str
) -> Message:
    epoch = _EPOCH.search(text)
    if epoch is not None:
        reading.stamps.kind = "epoch"
    return Message(
        type=kind,
        node=reading.node_of(text),
        role=reading.role or Role.CLIENT,
        direction=direction,
        time=float(epoch.group(1)) if epoch is not None else reading.time(text),
        dst="255.255.255.255" if direction is TX else None,
        yiaddr=found["address"] if direction is RX else None,
        interface=found["interface"],
        note="from the log of transactions",
        file=reading.file,
        line=number,
        text=text,
    )


LOG = LogFormat(
    name="networkmanager",
    title="NetworkManager",
    role=Role.CLIENT,
    telling=re.compile(r"dhcp4 \([\w.@-]+\): "),
    parse=parse,
)
