"""Finding one's way through the options of a packet that stays where it is.

`sname` and `file` are never looked into: whatever option 52 says of them, they are relayed as they are (R23).
"""

from __future__ import annotations

_END = 255
_MESSAGE_TYPE = 53
_RELAY_AGENT = 82


def walk(buffer: bytearray | bytes, start: int, stop: int) -> tuple[int, int, int]:
    """Offset of the end option (`stop` without one), message type (0: none), offset of option 82 (0: none).

    The first offset is -1 when an option runs past `stop`. Octets up to `stop + 1` must exist.
    """
    kind = typed = agent = 0
    while start < stop:
        code = buffer[start]
        if code == _END:
            return start, kind, agent
        if code:
            if code == _MESSAGE_TYPE and not typed and buffer[start + 1]:
                kind, typed = buffer[start + 2], 1
            elif code == _RELAY_AGENT and not agent:
                agent = start
            start += 2 + buffer[start + 1]
        else:
            start += 1
    return (start, kind, agent) if start == stop else (-1, kind, agent)


def without_relay_agent(buffer: bytearray, start: int, stop: int) -> tuple[bytes, bytes]:
    """The options from `start` up to `stop` (where `walk` found the end) without option 82, and its value.

    Everything else keeps its octets and order; instances of option 82 are joined (RFC 3396).
    """
    kept, value = bytearray(), bytearray()
    while start < stop:
        code = buffer[start]
        size = 2 + buffer[start + 1] if code else 1
        if code == _RELAY_AGENT:
            value += buffer[start + 2 : start + size]
        else:
            kept += buffer[start : start + size]
        start += size
    return bytes(kept), bytes(value)
