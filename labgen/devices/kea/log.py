"""Kea's log (kea-dhcp4, severities INFO and DEBUG, multi-line packet dumps), versions 2.2 to 3.x.

At INFO only the lease lines tell of replies; at DEBUG 40 and up every packet has a line, at 55 and up
its options. giaddr is not printed; it is taken from the subnet selection, or from where the reply goes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from labgen.devices.kea.packet import PacketDraft
from labgen.dhcp import masked
from labgen.dhcp.logs import DHCP_NAMES, RX, TX, Line, LogFormat, Reading, Record
from labgen.dhcp.message import MessageRole, MessageType
from labgen.dhcp.remarks import Cause
from labgen.dhcp.sentences import MASKED, make

_LINE = re.compile(
    r"(?:.{0,80}?\s)?(?:(FATAL|ERROR|WARN|INFO|DEBUG) +|(?<=: )(?=(?:DHCP4|DHCPSRV|ALLOC_ENGINE|HA)_[A-Z0-9_]+ ))"
    r"(?:\[kea-dhcp4(?:\.[A-Za-z_-][\w-]*)?[./]?((?:0x)?[\da-f.]*)\] +|(?=DHCP4_|DHCPSRV_|ALLOC_ENGINE_|HA_))([A-Z0-9_]{6,})(.*)"
)
_LABEL = re.compile(
    r" ?\[(?:hwtype=\d+ )?([^\[\]]*)\]"
    r", cid=\[([^\]]*)\](?:, tid=0x([0-9a-f]+))?(.*)"
)
_RECEIVED = re.compile(r"(\w+) \(type \d+\) received from (\S+) to (\S+) on interface (\S+)")
_SENDING = re.compile(r"packet (\w+) \(type \d+\) from (\S+?):(\d+) to (\S+?):(\d+) on interface (\S+)")
_DETAILS = re.compile(
    r"local_address=(\S+?):\d+, remote_address=(\S+?):(\d+), msg_type=(\w+) \(\d+\), transid=0x([0-9a-f]+)"
)
_ADDRESS = re.compile(rf"(?:address|lease) ({MASKED})(?![\w.])")
_RELAY_ADDRESS = re.compile(r"relay address:? (\d+\.\d+\.\d+\.\d+)")
_OPTION = re.compile(r" *type=(\d{3}), len=\d+:? ?,? ?(.*)")
_LIFETIME = re.compile(r"for (\d+) seconds")


class _Threads:
    """Packets being worked on, by thread, since Kea's threads write into one log."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.queries: dict[str, PacketDraft] = {}
        self.replies: dict[str, PacketDraft] = {}
        self.open: PacketDraft | None = None
        self.giaddrs: dict[str, str] = {}
        self.yiaddr: dict[tuple[str | None, int | None], tuple[str | None, int | None]] = {}
        self.granted_key: tuple[tuple[str | None, int | None], str | None, float | None] | None = None

    def done(self, thread: str) -> Iterator[Record]:
        """The packets that this thread had in hand, finished."""
        for drafts in (self.queries, self.replies):
            draft = drafts.pop(thread, None)
            if draft is not None:
                self._relay_of(draft)
                yield draft.message(self.reading)

    def _relay_of(self, draft: PacketDraft) -> None:
        """A relay sends all its packets from one address; its giaddr is not printed for each."""
        if draft.from_relay and draft.src is not None:
            if draft.giaddr is None:
                draft.giaddr = self.giaddrs.get(draft.src)
            else:
                self.giaddrs[draft.src] = draft.giaddr

    def flush(self) -> Iterator[Record]:
        for thread in list(dict.fromkeys([*self.queries, *self.replies])):
            yield from self.done(thread)


_Handler = Callable[[_Threads, str, "re.Match[str] | None", str, int, str], Iterable[Record]]


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """Messages and remarks from Kea's log."""
    threads = _Threads(reading)
    match, handlers = _LINE.match, _HANDLERS
    for number, text in lines:
        found = match(text)
        if found is None:
            if not _dump_line(threads, text):
                reading.miss(number, text)
            continue
        severity, thread, name, rest = found.groups("")
        threads.open = None
        handler = handlers.get(name)
        if handler is not None:
            yield from handler(threads, thread, _LABEL.match(rest), rest, number, text)
        else:
            if name.startswith(("DHCPSRV_SUBNET4_SELECT", "DHCPSRV_CFGMGR_SUBNET4")):
                _selected(threads, thread, rest)
            yield from _remarked(threads, severity, name, rest, number, text)
    yield from threads.flush()


_CAUSES = {
    "DHCP4_SUBNET_SELECTION_FAILED": Cause.NO_SCOPE,
    "DHCP4_SUBNET_SELECTION_FAIL": Cause.NO_SCOPE,
    "ALLOC_ENGINE_V4_ALLOC_FAIL_NO_POOLS": Cause.POOL_EXHAUSTED,
    "ALLOC_ENGINE_V4_ALLOC_FAIL": Cause.POOL_EXHAUSTED,
    "ALLOC_ENGINE_V4_ALLOC_FAIL_SUBNET": Cause.POOL_EXHAUSTED,
    "ALLOC_ENGINE_V4_ALLOC_FAIL_SHARED_NETWORK": Cause.POOL_EXHAUSTED,
    "ALLOC_ENGINE_V4_ALLOC_FAIL_CLASSES": Cause.OTHER,
    "ALLOC_ENGINE_V4_DISCOVER_ADDRESS_CONFLICT": Cause.RESERVED_IN_USE,
    "ALLOC_ENGINE_V4_REQUEST_ADDRESS_RESERVED": Cause.REFUSED,
    "ALLOC_ENGINE_V4_REQUEST_IN_USE": Cause.REFUSED,
    "ALLOC_ENGINE_V4_REQUEST_OUT_OF_POOL": Cause.WRONG_NETWORK,
    "ALLOC_ENGINE_V4_REQUEST_INVALID": Cause.REFUSED,
    "DHCP4_DECLINE_LEASE": Cause.CONFLICT,
    "DHCP4_DECLINE_FAIL": Cause.FAILED,
    "DHCP4_LEASE_ADVERT_FAIL": Cause.OTHER,
    "DHCP4_LEASE_OFFER_FAIL": Cause.OTHER,
    "DHCP4_LEASE_ALLOC_FAIL": Cause.OTHER,
    "DHCP4_NO_SOCKETS_OPEN": Cause.FAILED,
    "DHCP4_PACKET_SEND_FAIL": Cause.FAILED,
    "DHCPSRV_OPEN_SOCKET_FAIL": Cause.FAILED,
    "DHCPSRV_NO_SOCKETS_OPEN": Cause.FAILED,
    "DHCP4_OPEN_SOCKET_FAIL": Cause.FAILED,
    "DHCP4_OPEN_SOCKET_FAILED": Cause.FAILED,
    "DHCP4_SERVER_INITIATED_DECLINE": Cause.CONFLICT,
    "DHCP4_HOOK_SUBNET4_SELECT_PARKING_LOT_FULL": Cause.FAILED,
    "DHCP4_HOOK_LEASE4_OFFER_PARKING_LOT_FULL": Cause.FAILED,
    "DHCP4_HOOK_LEASES4_COMMITTED_PARKING_LOT_FULL": Cause.FAILED,
    "DHCP4_HOOK_BUFFER_RCVD_DROP": Cause.REFUSED,
    "DHCP4_HOOK_BUFFER_SEND_SKIP": Cause.REFUSED,
    "DHCP4_HOOK_PACKET_RCVD_SKIP": Cause.REFUSED,
    "DHCP4_HOOK_PACKET_SEND_DROP": Cause.REFUSED,
    "DHCP4_HOOK_PACKET_SEND_SKIP": Cause.REFUSED,
    "DHCP4_HOOK_SUBNET4_SELECT_DROP": Cause.REFUSED,
    "DHCP4_HOOK_SUBNET4_SELECT_SKIP": Cause.REFUSED,
    "DHCP4_HOOK_LEASE4_OFFER_DROP": Cause.REFUSED,
    "DHCP4_HOOK_LEASES4_COMMITTED_DROP": Cause.REFUSED,
    "DHCP4_NO_LEASE_INIT_REBOOT": Cause.OTHER,
    "DHCPSRV_HOOK_LEASE4_SELECT_SKIP": Cause.REFUSED,
    "DHCPSRV_HOOK_LEASE4_RENEW_SKIP": Cause.REFUSED,
    "DHCPSRV_HOST_MGR_DB_OPEN_CONNECTION_WITH_RETRY_FAILED": Cause.FAILED,
    "DHCPSRV_LEASE_MGR_DB_OPEN_CONNECTION_WITH_RETRY_FAILED": Cause.FAILED,
    "DHCPSRV_SUBNET4_SELECT_BY_RELAY_ADDRESS_NO_MATCH": Cause.OTHER,
    "LIMITS_LEASE_LIMIT_EXCEEDED": Cause.REFUSED,
    "LIMITS_PACKET_WITH_CLIENT_CLASSES_RATE_LIMIT_DROPPED": Cause.REFUSED,
    "LIMITS_PACKET_WITH_SUBNET_ID_RATE_LIMIT_DROPPED": Cause.REFUSED,
    "RADIUS_AUTHENTICATION_ASYNC_REJECTED": Cause.REFUSED,
    "RADIUS_AUTHENTICATION_SYNC_REJECTED": Cause.REFUSED,
    "RADIUS_EXCHANGE_RECEIVED_ACCESS_REJECT": Cause.REFUSED,
    "RADIUS_AUTHENTICATION_ASYNC_FAILED": Cause.FAILED,
    "RADIUS_AUTHENTICATION_SYNC_FAILED": Cause.FAILED,
    "HA_SUBNET4_SELECT_NOT_FOR_US": Cause.OTHER,
    "HA_BUFFER4_RECEIVE_NOT_FOR_US": Cause.OTHER,
    "HA_COMMUNICATION_INTERRUPTED": Cause.FAILED,
    "HA_COMMUNICATIONS_FAILED": Cause.FAILED,
    "HA_HEARTBEAT_COMMUNICATIONS_FAILED": Cause.FAILED,
    "HA_LEASE_UPDATES_DISABLED": Cause.OTHER,
    "DHCP4_DISCOVER_QUEUE_FULL": Cause.FAILED,
    "DHCP4_PACKET_QUEUE_FULL": Cause.FAILED,
    "HA_STATE_TRANSITION": Cause.OTHER,
}
"""Kea's message identifiers that explain why a client is not served, or how its servers stand to each other."""

_GRAVE = frozenset({"ERROR", "FATAL"})
_FAILING = re.compile(
    r"FAIL|ERROR|EXCEPTION|INTERRUPT|CONFLICT|TERMINAT|REJECT|MISMATCH|NOT_FOUND|CLOCK_SKEW|SUSPEND|INVALID|SLOW"
    r"|QUEUE_(?:FULL|SIZE_GROWING)|TIMEOUT|DUPLICATES_DETECTED|PACKET_DROP|NO_STORAGE|PERFMON_ALARM"
)
_ADVICE = re.compile(
    r"MULTI_THREADING|DEPRECATED|LOGGER|NO_SUBNET|SECURITY|AUTHENTICATION|_CONFIG_|PATH|LFC|VERSION|ROOT_USER|USELESS"
    r"|CFGMGR_(?!IP_RES)|BAD_NAME|TESTING|RESERVATIONS_LOOKUP|_MT_|HOOK_LIST|LOGIMPL|SERVERID"
)
"""Warnings that advise how to configure Kea."""


def _remarked(
    threads: _Threads, severity: str, name: str, rest: str, number: int, text: str
) -> Iterator[Record]:
    """Kea's sentence as a remark: by its identifier, or because of its severity."""
    cause = _CAUSES.get(name) or _alarm(severity, name)
    if cause is None:
        threads.reading.chatter(number, text)
        return
    label = _LABEL.match(rest)
    mac = masked.mac(label.group(1)) if label is not None else None
    words = f"{name} {(label.group(4) if label else rest).strip(' ,:')}"
    xid = f"0x{label.group(3)}" if label is not None and label.group(3) else None
    fields = {"mac": mac, "xid": xid}
    yield make(threads.reading, number, text, words, MessageRole.SERVER, cause, fields)


def _alarm(severity: str, name: str) -> Cause | None:
    """The cause of a sentence without an entry: an error always has one, a warning unless it is advice."""
    if severity in _GRAVE:
        return Cause.FAILED
    if severity != "WARN":
        return None
    if _FAILING.search(name) and not name.endswith("_WARNING"):
        return Cause.FAILED
    return None if _ADVICE.search(name) else Cause.OTHER


def _received(
    threads: _Threads, thread: str, label: re.Match[str] | None, rest: str, number: int, text: str
) -> Iterable[Record]:
    match = _RECEIVED.search(rest)
    if match is None or match.group(1) not in DHCP_NAMES:
        return
    yield from threads.done(thread)
    draft = PacketDraft(DHCP_NAMES[match.group(1)], RX, number, text)
    draft.src, draft.dst, draft.interface = match.group(2), match.group(3), match.group(4)
    draft.identify(label)
    threads.queries[thread] = draft


def _query(
    threads: _Threads, thread: str, label: re.Match[str] | None, rest: str, number: int, text: str
) -> Iterable[Record]:
    match = _DETAILS.search(rest)
    if match is None or match.group(4) not in DHCP_NAMES:
        return
    draft = threads.queries.get(thread)
    if draft is None or draft.type is not DHCP_NAMES[match.group(4)]:
        yield from threads.done(thread)
        draft = threads.queries[thread] = PacketDraft(DHCP_NAMES[match.group(4)], RX, number, text)
        draft.identify(label)
    draft.dst, draft.src, draft.detailed = match.group(1), match.group(2), True
    draft.from_relay = match.group(3) == "67"
    threads.open = draft


def _sending(
    threads: _Threads, thread: str, label: re.Match[str] | None, rest: str, number: int, text: str
) -> Iterable[Record]:
    match = _SENDING.search(rest)
    if match is None or match.group(1) not in DHCP_NAMES:
        return
    draft = PacketDraft(DHCP_NAMES[match.group(1)], TX, number, text)
    draft.src, draft.dst, draft.interface = match.group(2), match.group(4), match.group(6)
    draft.identify(label)
    if match.group(5) == "67":
        draft.giaddr = draft.dst
        query = threads.queries.get(thread)
        if query is not None and query.giaddr is None:
            query.giaddr = draft.giaddr
    elif (
        (asking := threads.queries.get(thread)) is not None
        and asking.src == draft.dst
        and asking.key == draft.key
    ):
        asking.ciaddr = asking.ciaddr or asking.src
    granted = threads.yiaddr.get(draft.key)
    if granted is not None and draft.type in (MessageType.OFFER, MessageType.ACK):
        draft.yiaddr, draft.lease = granted
    yield from threads.done(thread)
    threads.replies[thread] = draft


def _response(
    threads: _Threads, thread: str, label: re.Match[str] | None, rest: str, number: int, text: str
) -> Iterable[Record]:
    draft = threads.replies.get(thread)
    if draft is not None:
        draft.detailed = True
        threads.open = draft
    return ()


def _leased(
    threads: _Threads, thread: str, label: re.Match[str] | None, rest: str, number: int, text: str
) -> Iterable[Record]:
    """A lease line names the address of the reply that follows; at severity INFO it is all there is."""
    address, lifetime = _ADDRESS.search(rest), _LIFETIME.search(rest)
    if address is None:
        return ()
    acked = "has been" in rest or "LEASE_ALLOC" in text or "LEASE_REUSE" in text
    draft = PacketDraft(MessageType.ACK if acked or lifetime else MessageType.OFFER, TX, number, text)
    draft.identify(label)
    granted = (masked.address(address.group(1)), int(lifetime.group(1)) if lifetime else None)
    threads.yiaddr[draft.key] = granted
    if len(threads.yiaddr) > 50_000:
        threads.yiaddr.pop(next(iter(threads.yiaddr)))
    if thread in threads.queries:
        return ()
    granted_key = (draft.key, granted[0], threads.reading.time(text))
    if (
        acked and "LEASE_REUSE" in text and granted_key == threads.granted_key
    ):  # of the ACK of the line before
        threads.reading.chatter(number, text)
        return ()
    threads.granted_key = granted_key if acked else None
    draft.yiaddr, draft.lease = granted
    return [draft.message(threads.reading)]


def _noted(
    threads: _Threads, thread: str, label: re.Match[str] | None, rest: str, number: int, text: str
) -> Iterable[Record]:
    """A refusal or a drop: kept as a note on the query it is about; without that a remark."""
    draft = threads.queries.get(thread)
    said = (label.group(4) if label else rest).lstrip(" ,:")
    if draft is not None:
        draft.note = "no lease" if "no such lease" in said or "not found" in said else said
        draft.text_more(number)
    if "failed to select a subnet" in said or draft is None:
        cause = Cause.NO_SCOPE if "select a subnet" in said else Cause.REFUSED
        fields = {"mac": masked.mac(label.group(1)) if label is not None else None}
        return [make(threads.reading, number, text, said, MessageRole.SERVER, cause, fields)]
    return ()


def _released(
    threads: _Threads, thread: str, label: re.Match[str] | None, rest: str, number: int, text: str
) -> Iterable[Record]:
    address = _ADDRESS.search(rest)
    draft = threads.queries.get(thread)
    if draft is not None:
        draft.ciaddr = draft.ciaddr or (masked.address(address.group(1)) if address else None)
        return ()
    draft = PacketDraft(MessageType.RELEASE, RX, number, text)
    draft.identify(label)
    draft.ciaddr = masked.address(address.group(1)) if address else None
    return [draft.message(threads.reading)]


def _release_failed(
    threads: _Threads, thread: str, label: re.Match[str] | None, rest: str, number: int, text: str
) -> Iterable[Record]:
    records = list(_released(threads, thread, label, rest, number, text))
    if thread in threads.queries:
        threads.queries[thread].note = "no lease"
    return records


def _selected(threads: _Threads, thread: str, rest: str) -> None:
    match = _RELAY_ADDRESS.search(rest)
    draft = threads.queries.get(thread)
    if match is None or draft is None:
        return
    if match.group(1) != "0.0.0.0":
        draft.giaddr = match.group(1)


def _dump_line(threads: _Threads, text: str) -> bool:
    """A line of a packet dump: an option, a sub-option, or a heading."""
    match = _OPTION.match(text)
    if match is not None:
        if threads.open is not None:
            threads.open.option(int(match.group(1)), match.group(2), indented=text.startswith("    "))
        return True
    return text.startswith(("options:", "sname", "file", "hwaddr")) or not text.strip()


_HANDLERS: dict[str, _Handler] = {
    "DHCP4_PACKET_RECEIVED": _received,
    "DHCP4_QUERY_DATA": _query,
    "DHCP4_PACKET_SEND": _sending,
    "DHCP4_RESPONSE_DATA": _response,
    "DHCP4_LEASE_ADVERT": _leased,
    "DHCP4_LEASE_OFFER": _leased,
    "DHCP4_LEASE_ALLOC": _leased,
    "DHCP4_LEASE_REUSE": _leased,
    "DHCP4_RELEASE": _released,
    "DHCP4_RELEASE_FAIL": _release_failed,
    "DHCP4_RELEASE_FAIL_NO_LEASE": _release_failed,
    "DHCP4_RELEASE_FAIL_WRONG_CLIENT": _noted,
    **{f"DHCP4_PACKET_{word}_{number:04d}": _noted for word in ("DROP", "NAK") for number in range(1, 20)},
}

LOG = LogFormat(
    name="kea",
    title="Kea DHCPv4 server log",
    role=MessageRole.SERVER,
    telling=re.compile(
        r"\[kea-dhcp4|(?:kea-dhcp4\[\d+\]:|\b(?:FATAL|ERROR|WARN|INFO|DEBUG)) +(?:DHCP4|DHCPSRV|ALLOC_ENGINE_V4|HA)_[A-Z0-9_]+ "
    ),
    parse=parse,
    programs=frozenset({"kea-dhcp4", "kea"}),
)
