"""The end of an exchange, and the client's state after it."""

from __future__ import annotations

from collections.abc import Sequence

from labgen.dhcp.drafts import chooses
from labgen.dhcp.message import Message, MessageRole, MessageType
from labgen.dhcp.model import Client, Exchange, ExchangeOutcome, Kind
from labgen.dhcp.segments import NOWHERE, Segment

# A relayed REQUEST does not show whether the client unicast it (RENEWING, from T1 at 0.5 of the lease) or
# broadcast it (REBINDING, from T2 at 0.875): RFC 2131 4.4.5. Between the two the time tells.
_REBIND_FROM = 0.8


def conclude(
    kind: Kind,
    undecided: bool,
    messages: Sequence[Message],
    client: Client,
    before: Exchange | None,
    segment: Segment = NOWHERE,
) -> Exchange:
    """Judge a finished transaction. `before` is the exchange that gave this client its lease, None when
    unseen.
    """
    if undecided:
        kind = _kind_of_exchange(messages, before)
    answer = _answer(messages)
    return Exchange(
        client=client,
        kind=kind,
        outcome=_outcome(kind, messages, answer),
        messages=tuple(messages),
        xid=next((message.xid for message in messages if message.xid is not None), None),
        address=_address(messages, answer),
        server_id=_server_id(messages, answer, before),
        lease_seconds=None if answer is None or kind not in _LEASING else _lease(messages, answer),
        segment=segment,
    )


_LEASING = frozenset({Kind.ACQUIRE, Kind.RENEW, Kind.REBIND})


def _kind_of_exchange(messages: Sequence[Message], before: Exchange | None) -> Kind:
    """Renewing or rebinding: RFC 2131 section 4.3.2 has the first unicast, so no relay takes part unless it asked to
    (RFC 5107) or says so (RFC 5010).
    """
    for message in messages:
        if message.type is not MessageType.REQUEST:
            continue
        if message.giaddr is None and message.dst is not None:
            return Kind.REBIND if message.dst == "255.255.255.255" else Kind.RENEW
        options = message.relay_options
        if options is not None and options.unicast is not None:
            return Kind.RENEW if options.unicast else Kind.REBIND
        if message.giaddr is not None and message.option82 is not None:
            overridden = options is not None and (
                options.server_id_override or options.cisco_server_id_override
            )
            if not overridden:
                return Kind.REBIND
    start = messages[0].time
    if before is None or before.ended is None or not before.lease_seconds or start is None:
        return Kind.RENEW
    return Kind.REBIND if start - before.ended >= _REBIND_FROM * before.lease_seconds else Kind.RENEW


def _answer(messages: Sequence[Message]) -> Message | None:
    """The ACK or NAK that decided: the first the client received; where no client is a witness, the
    first sent.
    """
    answers = [m for m in messages if m.type in (MessageType.ACK, MessageType.NAK) and not m.dropped]
    at_client = [m for m in answers if m.role is MessageRole.CLIENT and m.note != "ignored"]
    if at_client:
        return at_client[0]
    if any(m.role is MessageRole.CLIENT and m.type is MessageType.REQUEST for m in messages):
        # The client is a witness and did not receive what a server or relay sent: the answer was lost.
        return None
    return answers[0] if answers else None


def _outcome(kind: Kind, messages: Sequence[Message], answer: Message | None) -> ExchangeOutcome:
    if kind in _ENDED:
        return _ENDED[kind]
    if kind is Kind.LEASEQUERY:
        return next((_STATES[m.type] for m in messages if m.type in _STATES), ExchangeOutcome.NO_REPLY)
    if kind is Kind.BOOTP:
        given = any(m.type is MessageType.BOOTREPLY for m in messages)
        return ExchangeOutcome.BOUND if given else ExchangeOutcome.NO_REPLY
    if answer is not None:
        if answer.type is MessageType.NAK:
            return ExchangeOutcome.NAK
        if kind in (Kind.INFORM, Kind.BOOT_SERVER):
            return ExchangeOutcome.ANSWERED
        return ExchangeOutcome.BOUND if kind is Kind.ACQUIRE else ExchangeOutcome.RENEWED
    answered = any(message.type.is_reply or chooses(message) for message in messages)
    return ExchangeOutcome.INCOMPLETE if answered else ExchangeOutcome.NO_REPLY


_ENDED = {
    Kind.RELEASE: ExchangeOutcome.RELEASED,
    Kind.DECLINE: ExchangeOutcome.DECLINED,
    Kind.FORCERENEW: ExchangeOutcome.SENT,
}
_STATES = {
    MessageType.LEASEACTIVE: ExchangeOutcome.ACTIVE,
    MessageType.LEASEUNASSIGNED: ExchangeOutcome.UNASSIGNED,
    MessageType.LEASEUNKNOWN: ExchangeOutcome.UNKNOWN,
}


def _address(messages: Sequence[Message], answer: Message | None) -> str | None:
    if answer is not None and answer.type is MessageType.ACK and (answer.yiaddr or answer.ciaddr):
        return answer.yiaddr or answer.ciaddr
    same = (
        [m.yiaddr for m in messages if m.type is MessageType.ACK and m.yiaddr] if answer is not None else []
    )
    if same:
        return same[0]
    for message in messages:
        if message.type in _ASKING and (message.requested or message.ciaddr):
            return message.requested or message.ciaddr
    return next((m.yiaddr for m in messages if m.type in _GIVING and m.yiaddr), None)


_GIVING = frozenset({MessageType.OFFER, MessageType.BOOTREPLY})


_ASKING = frozenset(
    {
        MessageType.REQUEST,
        MessageType.RELEASE,
        MessageType.DECLINE,
        MessageType.INFORM,
        MessageType.LEASEQUERY,
        MessageType.NAK,
    }
)


def _server_id(messages: Sequence[Message], answer: Message | None, before: Exchange | None) -> str | None:
    if answer is not None and answer.server_id:
        return answer.server_id
    for message in messages:
        if message.type in _ASKING and message.server_id:
            return message.server_id
    if answer is not None:
        same = (m.server_id for m in messages if m.type is answer.type and m.server_id)
        found = next(same, None)
        if found is not None:
            return found
    if before is not None and before.server_id is not None:
        return before.server_id
    return next((m.dst for m in messages if _is_unicast_renewal(m)), None)


def _is_unicast_renewal(message: Message) -> bool:
    """A renewal that goes to the server identifier (RFC 2131 section 4.3.2)."""
    direct = message.giaddr is None and message.dst not in (None, "255.255.255.255")
    return message.type is MessageType.REQUEST and message.role is MessageRole.CLIENT and direct


def _lease(messages: Sequence[Message], answer: Message) -> int | None:
    if answer.lease_seconds is not None:
        return answer.lease_seconds
    return next((m.lease_seconds for m in messages if m.type is answer.type and m.lease_seconds), None)
