"""What IOS and IOS XE log about DHCP with the debugs labgen turns on: the lines of one message, without time stamps."""

from __future__ import annotations

from dataclasses import dataclass

KINDS = {"OFFER": "Offer", "ACK": "Ack", "NAK": "Nak"}


@dataclass(frozen=True)
class Party:
    """A client as IOS names it: `mac` with colons, `port` in full."""

    name: str
    mac: str
    port: str

    @property
    def dotted(self) -> str:
        """The MAC address as IOS writes it."""
        return dotted(self.mac)

    @property
    def words(self) -> str:
        """The client identifier IOS makes of it."""
        return f"cisco-{self.dotted}-Gi{self.port.removeprefix('GigabitEthernet')}"

    @property
    def identifier(self) -> str:
        """The same as servers print it: type octet first, in dotted hexadecimal."""
        return grouped("00" + self.words.encode().hex())


def dotted(mac: str) -> str:
    return grouped(mac.replace(":", ""))


def grouped(digits: str) -> str:
    return ".".join(digits[at : at + 4] for at in range(0, len(digits), 4))


@dataclass(frozen=True)
class Lease:
    """What an exchange is about. `xid` in IOS's upper case hexadecimal; `override` is the relay's sub-option 11."""

    address: str
    override: str
    giaddr: str
    xid: str
    seconds: int = 86400


def entry(client: Party, lease: Lease, state: str, address: str, server: str) -> list[str]:
    """The table entry that goes with every message a client sends, and that `show dhcp lease` shows."""
    known = lease.seconds if address != "0.0.0.0" else 0
    text = client.words.encode().hex().upper()
    return [
        f"Temp IP addr: {address}  for peer on Interface: {client.port}",
        f"Temp  sub net mask: {'255.255.255.0' if known else '0.0.0.0'}",
        f"   DHCP Lease server: {server}, state: {state}",
        f"   DHCP transaction id: {lease.xid}",
        f"   Lease: {known} secs,  Renewal: {known // 2} secs,  Rebind: {known * 7 // 8} secs",
        "   Next timer fires after: 00:00:04",
        f"   Retry count: 1   Client-ID: {client.words}",
        f"   Client-ID hex dump: {text[:32]}",
        f"                       {text[32:]}",
        f"   Hostname: {client.name}",
    ]


def discovers(client: Party, lease: Lease) -> list[str]:
    return [
        f"RAC: Starting DHCP discover on {client.port}",
        f"DHCP: Try 1 to acquire address for {client.port}",
        "DHCP: SDiscover attempt # 1 for entry:",
        *entry(client, lease, "3 Selecting", "0.0.0.0", "0.0.0.0"),
        "DHCP: SDiscover: sending 290 byte length DHCP packet",
        f"            B'cast on {client.port} interface from 0.0.0.0",
    ]


def requests(client: Party, lease: Lease) -> list[str]:
    return [
        "DHCP: SRequest attempt # 1 for entry:",
        *entry(client, lease, "4 Requesting", lease.address, lease.override),
        f"DHCP: SRequest- Server ID option: {lease.override}",
        f"DHCP: SRequest- Requested IP addr option: {lease.address}",
        "DHCP: SRequest: 302 bytes",
        f"            B'cast on {client.port} interface from 0.0.0.0",
    ]


def renews(client: Party, lease: Lease) -> list[str]:
    return [
        "DHCP: Attempting to speed up renewal timer",
        "DHCP: QScan: Bound..T1 fired..Renewing",
        "DHCP: SRequest attempt # 1 for entry:",
        *entry(client, lease, "7 Renewing", lease.address, lease.override),
        f"DHCP: SRequest - ciaddr: {lease.address}",
        "DHCP: SRequest: 290 bytes",
    ]


def releases(client: Party, lease: Lease) -> list[str]:
    return [
        "DHCP: SRelease attempt # 1 for entry:",
        *entry(client, lease, "9 Releasing", lease.address, lease.override),
        f"DHCP: SRelease- Server ID option: {lease.override}",
        "DHCP: SRelease: 278 bytes",
        "DHCP: Client socket is closed",
    ]


def receives(client: Party, lease: Lease, kind: str, note: str = "", *, renewing: bool = False) -> list[str]:
    """A reply at the client; `note` is what it makes of one it does not want."""
    held = lease.address if renewing else "0.0.0.0"
    return [
        "DHCP: Received a BOOTREP pkt",
        f"DHCP: Scan: Message type: DHCP {KINDS[kind]}",
        f"DHCP: Scan: Client ID: {client.words}",
        f"DHCP: Scan: Server ID Option: {lease.override}",
        f"DHCP: Scan: Lease Time: {lease.seconds}",
        "DHCP: Scan: Subnet Address Option: 255.255.255.0",
        f"DHCP: rcvd pkt source: {lease.override},  destination:  255.255.255.255",
        "   UDP  sport: 43,  dport: 44,  length: 310",
        "   DHCP op: 2, htype: 1, hlen: 6, hops: 1",
        f"   DHCP server identifier: {lease.override}",
        f"        xid: {lease.xid}, secs: 0, flags: 8000",
        f"        client: {held}, your: {lease.address}",
        f"        srvr:   0.0.0.0, gw: {lease.override}",
        f"DHCP {KINDS[kind]} Message",
        *([f"DHCP: {note}"] if note else []),
    ]


def assigned(client: Party, lease: Lease) -> list[str]:
    return [
        "DHCP: Sending notification of ASSIGNMENT:",
        f"  Address {lease.address} mask 255.255.255.0",
        f"%DHCP-6-ADDRESS_ASSIGN: Interface {client.port} assigned DHCP address {lease.address}, mask 255.255.255.0,"
        f" hostname {client.name}",
        "DHCP: Client socket is closed",
    ]


def _workspace(lease: Lease, vrf: str) -> list[str]:
    vpn = (
        [f"DHCPD: client's VPN is {vrf}."]
        if vrf
        else ["DHCPD: Bad VPN information type: 99.", "DHCPD: client's VPN is ."]
    )
    return [
        "DHCPD: Reload workspace interface GigabitEthernet2 tableid 0.",
        "DHCPD: found subnet_info_addr 172.16.0.0",
        f"DHCPD: Giaddr from server-id-override suboption {lease.override}",
        *vpn,
    ]


def _about(client: Party, lease: Lease, *, giaddr: bool = True) -> list[str]:
    return [
        f"  DHCPD: htype 1 chaddr {client.dotted}",
        f"  DHCPD: circuit id {b'Vlan1000'.hex()}",
        *([f"  DHCPD: giaddr = {lease.giaddr}"] if giaddr else []),
        "  DHCPD: interface = GigabitEthernet2",
    ]


def _reply(client: Party, lease: Lease, kind: str) -> list[str]:
    return [
        f"DHCPD: Sending DHCP{kind} to client {client.identifier} ({lease.address}).DHCPD: Setting only requested parameters",
        f"DHCPD: using server-id-override {lease.override}",
        "DHCPD: egress Interfce GigabitEthernet2",
        f"DHCPD: unicasting BOOTREPLY for client {client.dotted} to relay {lease.giaddr}.",
    ]


def offers(client: Party, lease: Lease, vrf: str = "") -> list[str]:
    """A server that gets a relayed DISCOVER and answers it."""
    return [
        *_workspace(lease, vrf),
        "DHCPD: Sending notification of DISCOVER:",
        *_about(client, lease),
        f"DHCPD: DHCPDISCOVER received from client {client.identifier} through relay {lease.giaddr}.",
        f"DHCPD: assigned IP address {lease.address} to client {client.identifier}.",
        *_reply(client, lease, "OFFER"),
    ]


def _gets_request(client: Party, lease: Lease, vrf: str) -> list[str]:
    return [
        *_workspace(lease, vrf),
        f"DHCPD: DHCPREQUEST received from client {client.identifier}.",
        "DHCPD: DHCPREQUEST received on interface GigabitEthernet2.",
    ]


def acknowledges(client: Party, lease: Lease, vrf: str = "") -> list[str]:
    return [
        *_gets_request(client, lease, vrf),
        "DHCPD: Found previous binding",
        "DHCPD: Client is connected via Relay",
        "DHCPD: Sending notification of ASSIGNMENT:",
        f" DHCPD: address {lease.address} mask 255.255.255.0",
        *_about(client, lease, giaddr=False),
        f"  DHCPD: lease time remaining (secs) = {lease.seconds}",
        *_reply(client, lease, "ACK"),
    ]


def stays_silent(client: Party, lease: Lease, own: str, vrf: str = "") -> list[str]:
    """A server that offered `own` and hears that another address was chosen."""
    return [
        *_gets_request(client, lease, vrf),
        f"DHCPD: client is confused about its IP address (requested {lease.address}, assigned {own}).",
        "DHCPD: Sending notification of ASSIGNMENT FAILURE:",
        *_about(client, lease),
        f"DHCPD: Not sending DHCPNAK to client {client.identifier} due toServer-id-override.",
    ]


def gets_release(client: Party, lease: Lease, vrf: str, *, own: bool) -> list[str]:
    """A server that is given an address back, whether it had given it or not."""
    ends = (
        f"DHCPD: returned {lease.address} to address pool p_172.16.0.0."
        if own
        else "DHCPD: no previous binding"
    )
    return [
        *_workspace(lease, vrf),
        f"DHCPD: DHCPRELEASE message received from client {client.identifier} ({lease.address}).",
        *_about(client, lease),
        ends,
    ]


def relays(client: Party, lease: Lease, kind: str, servers: tuple[str, ...]) -> list[str]:
    """An IOS relay that passes a request on."""
    return [
        "DHCPD: Reload workspace interface GigabitEthernet0/2 tableid 1.",
        f"DHCPD: DHCP{kind} received from client {client.identifier} on interface GigabitEthernet0/2.",
        f"DHCPD: setting giaddr to {lease.giaddr}.",
        *(f"DHCPD: BOOTREQUEST from {client.identifier} forwarded to {server}." for server in servers),
    ]
