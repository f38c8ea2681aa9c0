"""Messages of an exchange, told briefly, for the tests of exchanges, findings and ladders.

The cast: client cl_a, relays sw1 (giaddr 10.0.0.4, override 172.16.0.4) and sw2 (10.0.0.5, 172.16.0.5),
servers srv1 (10.0.0.2) and srv2 (10.0.0.3).
"""

from __future__ import annotations

from dataclasses import replace

from labgen.dhcp.model import Direction, Message, MessageRole, MessageType, RelayOptions

MAC = "02:00:00:00:00:c1"
EVERYONE = "255.255.255.255"
GIADDR = {"sw1": "10.0.0.4", "sw2": "10.0.0.5"}
INSIDE = {"sw1": "172.16.0.4", "sw2": "172.16.0.5"}
SERVER = {"srv1": "10.0.0.2", "srv2": "10.0.0.3"}
OFFER, ACK, NAK = MessageType.OFFER, MessageType.ACK, MessageType.NAK
DISCOVER, REQUEST, RELEASE = MessageType.DISCOVER, MessageType.REQUEST, MessageType.RELEASE


class Story:
    """Collects messages; each call moves the clock on by a millisecond."""

    def __init__(self, xid: int | None = 0x1BFE, start: float = 100.0) -> None:
        self.xid = xid
        self.now = start
        self.told: list[Message] = []

    def add(self, message: Message) -> Message:
        self.now += 0.001
        line = len(self.told) + 1
        done = replace(message, time=self.now, xid=self.xid, file=f"{message.node}.log", line=line)
        self.told.append(done)
        return done

    def client(self, kind: MessageType, **fields: object) -> Message:
        """The client sends."""
        fields = {"src": "0.0.0.0", "dst": EVERYONE, "option82": False, **fields}
        return self.add(made(kind, "cl_a", MessageRole.CLIENT, Direction.TX, **fields))

    def at_client(self, kind: MessageType, via: str, **fields: object) -> Message:
        """The client receives from a relay."""
        fields = {"src": INSIDE[via], "dst": EVERYONE, "giaddr": GIADDR[via], "option82": False, **fields}
        return self.add(made(kind, "cl_a", MessageRole.CLIENT, Direction.RX, **fields))

    def relayed(self, kind: MessageType, via: str, server: str, **fields: object) -> Message:
        """A server receives a relay's copy."""
        ends = {"src": GIADDR[via], "dst": SERVER[server], "giaddr": GIADDR[via]}
        info = {"option82": True, "relay_options": option82(via)}
        return self.add(made(kind, server, MessageRole.SERVER, Direction.RX, **{**ends, **info, **fields}))

    def answer(self, kind: MessageType, via: str, server: str, **fields: object) -> Message:
        """A server answers to a relay."""
        ends = {"src": SERVER[server], "dst": GIADDR[via], "giaddr": GIADDR[via], "server_id": INSIDE[via]}
        info = {"option82": True, "relay_options": option82(via), "mask": "255.255.255.0"}
        return self.add(made(kind, server, MessageRole.SERVER, Direction.TX, **{**ends, **info, **fields}))

    def acquire(self, address: str = "172.16.0.6", via: str = "sw1", server: str = "srv1") -> Story:
        """One DISCOVER to ACK through one relay and one server."""
        chosen = INSIDE[via]
        self.client(DISCOVER)
        self.relayed(DISCOVER, via, server)
        self.answer(OFFER, via, server, yiaddr=address)
        self.at_client(OFFER, via, yiaddr=address, server_id=chosen)
        self.client(REQUEST, requested=address, server_id=chosen)
        self.relayed(REQUEST, via, server, requested=address, server_id=chosen)
        self.answer(ACK, via, server, yiaddr=address, lease_seconds=60)
        self.at_client(ACK, via, yiaddr=address, server_id=chosen, lease_seconds=60)
        return self


def option82(via: str, **more: object) -> RelayOptions:
    known = {"circuit_id": "Vlan1000", "link_selection": "172.16.0.0", "server_id_override": INSIDE[via]}
    return RelayOptions(**{**known, **more})  # type: ignore[arg-type]


def made(kind: MessageType, node: str, role: MessageRole, direction: Direction, **fields: object) -> Message:
    return Message(type=kind, node=node, role=role, direction=direction, mac=MAC, **fields)  # type: ignore[arg-type]
