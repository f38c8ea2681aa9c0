"""Captures of clients that get packets which nobody can use, and of their like that are well."""

from __future__ import annotations

from socket import inet_aton

from analyze_wire import ACK, ALL, DISCOVER, INFORM, OFFER, RELEASE, REQUEST, Wire, option

SERVER, ROUTER, A, B = "192.0.2.10", "198.51.100.1", "198.51.100.21", "198.51.100.22"
MASK = option(1, inet_aton("255.255.255.0"))
GATEWAY = option(3, inet_aton(ROUTER))
PXE = option(60, b"PXEClient:Arch:00007")
_PAYLOAD = 42


def route(prefix: str, width: int) -> bytes:
    return bytes((width,)) + inet_aton(prefix)[: (width + 7) // 8] + inet_aton(ROUTER)


def other_identifiers() -> Wire:
    wire = Wire()
    for xid in range(1, 5):
        wire.send(DISCOVER, 1, xid)
        wire.send(OFFER, 1, xid, SERVER, ALL, yiaddr=A, server=SERVER, lease=3600, more=MASK)
        wire.send(REQUEST, 1, xid, requested=A, server=SERVER)
        wire.send(ACK, 1, xid, SERVER, ALL, yiaddr=A, server="192.0.2.11", lease=3600, more=MASK)
        wire.wait(20)
    return wire


def to_port(port: int) -> Wire:
    wire = Wire()
    wire.acquire(2, 2, B)
    for _ in range(4):
        wire.send(DISCOVER, 1, 1, ports=(68, port))
        wire.wait(4)
    wire.acquire(3, 3, "198.51.100.23")
    return wire


def renewed(lease: int) -> Wire:
    """A lease that is renewed at half of its time."""
    wire = Wire()
    for xid in range(1, 9):
        wire.send(REQUEST, 1, xid, A, SERVER, ciaddr=A)
        wire.send(ACK, 1, xid, SERVER, A, ciaddr=A, yiaddr=A, server=SERVER, lease=lease, more=MASK)
        wire.wait(lease / 2)
    return wire


def renewed_in_vain(source: str) -> Wire:
    """Renewals from this address, and a rebinding that is answered."""
    wire = Wire()
    wire.acquire(1, 1, A)
    for _ in range(3):
        wire.wait(600)
        wire.send(REQUEST, 1, 2, source, SERVER, ciaddr=A)
    wire.wait(1350)
    wire.send(REQUEST, 1, 3, A, ALL, ciaddr=A)
    wire.send(ACK, 1, 3, SERVER, A, ciaddr=A, yiaddr=A, server=SERVER, lease=3600, more=MASK)
    return wire


def leased(
    more: bytes,
    server: str = SERVER,
    pauses: tuple[float, ...] = (),
    asks: bytes = b"",
    source: str = SERVER,
) -> Wire:
    """One client that is bound, afresh after each pause, by ACKs with these options."""
    wire = Wire()
    for xid, pause in enumerate((0.0, *pauses), 1):
        wire.wait(pause)
        for kind, answer in ((DISCOVER, OFFER), (REQUEST, ACK)):
            named = server if kind == REQUEST else None
            wire.send(kind, 1, xid, requested=A if kind == REQUEST else None, server=named, more=asks)
            wire.send(answer, 1, xid, source, A, yiaddr=A, server=server, lease=3600, more=more)
    return wire


def edited(wire: Wire, *edits: tuple[int, bytes]) -> None:
    """Write octets into the BOOTP packet that was sent last."""
    time, frame = wire.records[-1]
    for at, octets in edits:
        frame = frame[: _PAYLOAD + at] + octets + frame[_PAYLOAD + at + len(octets) :]
    wire.records[-1] = time, frame


def refused(*edits: tuple[int, bytes], server: str = SERVER, times: int = 3) -> Wire:
    """OFFERs, changed so, after which the client asks again."""
    wire = Wire()
    for _ in range(times):
        wire.send(DISCOVER, 1, 1)
        wire.send(OFFER, 1, 1, SERVER, ALL, yiaddr=A, server=server, lease=3600, more=MASK)
        edited(wire, *edits)
        wire.wait(4)
    return wire


def relayed(
    giaddr: str = ROUTER, back: str = ROUTER, port: int = 67, *, offers: bool = True, **sent: int
) -> Wire:
    wire = Wire()
    for _ in range(3):
        hops = sent.get("hops", 1)
        wire.send(DISCOVER, 1, 1, giaddr, SERVER, hops=hops, giaddr=giaddr, ports=(port, 67))
        if offers:
            wire.send(OFFER, 1, 1, SERVER, back, giaddr=back, yiaddr=A, server=SERVER, lease=3600, more=MASK)
        wire.wait(4)
    if not offers:
        wire.relayed(2, 2, "198.51.100.90", "198.51.100.2", SERVER)
    return wire


def to_another_client() -> Wire:
    wire = Wire()
    for xid in range(1, 5):
        wire.send(DISCOVER, 1, xid)
        wire.send(OFFER, 2, xid, SERVER, ALL, yiaddr=A, server=SERVER, lease=3600)
        wire.wait(4)
    return wire


def boot_server() -> Wire:
    """A machine that boots: its DHCP server knows no boot file, a boot server no address."""
    wire = Wire()
    for _ in range(3):
        wire.send(DISCOVER, 1, 1, more=PXE)
        wire.send(OFFER, 1, 1, "192.0.2.30", ALL, server="192.0.2.30", more=PXE)
        wire.wait(4)
    wire.acquire(1, 1, A)
    return wire


def committed(count: int) -> Wire:
    wire = Wire()
    for xid in range(1, count + 1):
        wire.send(DISCOVER, 1, xid)
        wire.send(ACK, 1, xid, SERVER, ALL, yiaddr=A, server=SERVER, lease=3600, more=MASK)
        wire.wait(4)
    return wire


def other_subnet(more: bytes = b"") -> Wire:
    wire = Wire()
    wire.relayed(1, 1, "203.0.113.21", ROUTER, SERVER, more=MASK + more)
    return wire


def waited(secs: int) -> Wire:
    """Two clients that are answered once they say that they have waited four seconds, and one that always says the same."""
    wire = Wire()
    for client in (2, 3):
        for since in (0, 4):
            wire.send(DISCOVER, client, client)
            edited(wire, (8, bytes((0, since))))
            wire.wait(4)
        address = f"198.51.100.{20 + client}"
        wire.send(OFFER, client, client, SERVER, address, yiaddr=address, server=SERVER, lease=3600)
        wire.send(REQUEST, client, client, requested=address, server=SERVER)
        wire.send(ACK, client, client, SERVER, address, yiaddr=address, server=SERVER, lease=3600)
    for _ in range(5):
        wire.send(DISCOVER, 1, 1)
        edited(wire, (8, bytes((0, secs))))
        wire.wait(5)
    return wire


def unacknowledged(requests: int = 3, wanted: str | None = A, named: str | None = SERVER) -> Wire:
    """A client without broadcast flag, which is offered an address by broadcast, and one whose ACK goes the same way."""
    wire = Wire()
    wire.send(DISCOVER, 1, 1)
    wire.send(OFFER, 1, 1, SERVER, ALL, yiaddr=A, server=SERVER, lease=3600)
    for _ in range(requests):
        wire.send(REQUEST, 1, 1, requested=wanted, server=named)
        wire.wait(4)
    return wire


def nameless() -> Wire:
    wire = Wire()
    wire.acquire(2, 2, B)
    for _ in range(4):
        wire.send(DISCOVER, 1, 1)
        edited(wire, (28, bytes(6)))
        wire.wait(4)
    wire.acquire(3, 3, "198.51.100.23")
    return wire


def remembered(seconds: float) -> Wire:
    """REQUESTs for an address of another network that nobody refuses, and the lease that the client gets after all."""
    wire = Wire()
    for _ in range(2):
        wire.send(REQUEST, 1, 1, requested="203.0.113.9")
        wire.wait(seconds / 2)
    wire.acquire(1, 2, A)
    return wire


def given_back(pause: float, times: int) -> Wire:
    """A lease that is released each time so many seconds after it was won."""
    wire = Wire()
    for xid in range(1, times + 1):
        wire.acquire(1, xid, A)
        wire.wait(pause)
        wire.send(RELEASE, 1, xid + 100, A, SERVER, ciaddr=A, server=SERVER)
        wire.wait(3)
    return wire


def late_acks(rounds: int) -> Wire:
    wire = Wire()
    for xid in range(1, rounds + 1):
        wire.send(DISCOVER, 1, xid)
        wire.send(OFFER, 1, xid, SERVER, ALL, yiaddr=A, server=SERVER, lease=3600, more=MASK)
        wire.send(REQUEST, 1, xid, requested=A, server=SERVER)
        wire.wait(8)
        wire.send(DISCOVER, 1, xid + 100)
        wire.send(ACK, 1, xid, SERVER, ALL, yiaddr=A, server=SERVER, lease=3600, more=MASK)
        wire.wait(2)
    return wire


def sent_on(*, broadcast: bool, answers: bool = True) -> Wire:
    """A client behind a machine that sends its frames on as its own; the OFFERs go to the client's own hardware address."""
    wire = Wire()
    for _ in range(4):
        wire.send(DISCOVER, 1, 1, source="00:00:5e:00:53:77", broadcast=broadcast)
        if answers:
            wire.send(OFFER, 1, 1, SERVER, A, yiaddr=A, server=SERVER, lease=3600, more=MASK)
            time, frame = wire.records[-1]
            wire.records[-1] = time, bytes.fromhex("00005e005301") + frame[6:]
        wire.wait(4)
    return wire


def answered_from(source: str) -> Wire:
    wire = Wire()
    for _ in range(3):
        wire.send(DISCOVER, 1, 1, ROUTER, SERVER, hops=1, giaddr=ROUTER)
        wire.send(OFFER, 1, 1, source, ROUTER, giaddr=ROUTER, yiaddr=A, server=SERVER, lease=3600, more=MASK)
        wire.wait(4)
    return wire


def informing(answered: int = 2) -> Wire:
    """Two hosts that ask for options; this many of them are answered."""
    wire = Wire()
    for xid in range(1, 9):
        client, own = 1 + xid % 2, (A, B)[xid % 2]
        wire.send(INFORM, client, xid, own, ALL, ciaddr=own)
        if xid % 2 < answered:
            wire.send(ACK, client, xid, SERVER, own, ciaddr=own, server=SERVER, more=MASK)
        wire.wait(10)
    return wire


def bootp_in_vain() -> Wire:
    wire = Wire()
    wire.acquire(2, 2, B)
    for _ in range(4):
        wire.send(DISCOVER, 1, 1)
        time, frame = wire.records[-1]
        wire.records[-1] = time, frame[:282] + bytes(3) + frame[285:]
        wire.wait(4)
    wire.acquire(3, 3, "198.51.100.23")
    return wire


def short(*, others_as_well: bool) -> Wire:
    """A client whose requests are shorter than BOOTP's, beside one with longer ones, or with the same."""
    pad = b"" if others_as_well else bytes(80)
    wire = Wire()
    for client in (2, 3):
        own = f"198.51.100.{20 + client}"
        wire.send(DISCOVER, client, client, more=pad)
        wire.send(OFFER, client, client, SERVER, own, yiaddr=own, server=SERVER, lease=60)
        wire.send(REQUEST, client, client, requested=own, server=SERVER, more=pad)
        wire.send(ACK, client, client, SERVER, own, yiaddr=own, server=SERVER, lease=60)
        if client == 2:
            for _ in range(4):
                wire.send(DISCOVER, 1, 1)
                wire.wait(4)
    return wire


def offers_alone() -> Wire:
    """OFFERs to a relay for requests that pass elsewhere, beside a client of that relay whose requests pass here."""
    wire = Wire()
    wire.relayed(2, 2, B, ROUTER, SERVER)
    for _ in range(4):
        wire.send(OFFER, 1, 1, SERVER, ROUTER, giaddr=ROUTER, yiaddr=A, server=SERVER, lease=60, more=MASK)
        wire.wait(5)
    wire.relayed(3, 3, "198.51.100.23", ROUTER, SERVER)
    return wire


def doubled(more: bytes) -> Wire:
    wire = Wire()
    for _ in range(3):
        wire.send(DISCOVER, 1, 1, ROUTER, SERVER, hops=2, giaddr=ROUTER, more=more)
        wire.wait(4)
    wire.relayed(2, 2, "198.51.100.90", ROUTER, SERVER)
    return wire


def relayed_well(more: bytes) -> Wire:
    wire = Wire()
    wire.relayed(1, 1, A, ROUTER, SERVER, more=more)
    return wire
