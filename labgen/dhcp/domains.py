"""Lists of domain names in an option (RFC 3397), which senders may compress as in DNS."""

from __future__ import annotations

POINTER = 0xC0
LONGEST = 63


def names(octets: bytes) -> tuple[str, ...] | None:
    """The names of a search list, whatever it repeats by pointers; None where it is none."""
    found, place = [], 0
    while place < len(octets):
        labels, after = _labels(octets, place)
        if after <= place:
            return None
        found.append(".".join(labels))
        place = after
    return tuple(found)


def _labels(octets: bytes, place: int) -> tuple[list[str], int]:
    """The labels of the name at a place, and where the next name begins; 0 where there is no name. Pointers lead backwards only."""
    labels: list[str] = []
    after, before = 0, place
    while place < len(octets):
        length = octets[place]
        if length == 0:
            return labels, after or place + 1
        if length & POINTER == POINTER and place + 1 < len(octets):
            after = after or place + 2
            place = (length & LONGEST) << 8 | octets[place + 1]
            if place >= before:
                break
            before = place
            continue
        label = octets[place + 1 : place + 1 + length]
        if length > LONGEST or len(label) < length:
            break
        labels.append(label.decode("ascii", "replace"))
        place += 1 + length
    return [], 0
