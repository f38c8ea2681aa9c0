"""Sub-options of option 82 (RFC 3046) into `RelayOptions`, from octets."""

from __future__ import annotations

from socket import inet_ntoa

from labgen.dhcp.relay_options import RelayOptions

_TEXT = {1: "circuit_id", 2: "remote_id", 6: "subscriber_id"}
_ADDRESS = {
    5: "link_selection",
    11: "server_id_override",
    150: "cisco_link_selection",
    152: "cisco_server_id_override",
}
_FLAG_UNICAST = 0x80
_VSS_NAME, _VSS_VPN_ID, _VSS_GLOBAL = 0, 1, 255


def split(octets: bytes) -> tuple[list[tuple[int, bytes]], str | None]:
    """Codes and values in order, without pad or end, and why the rest cannot be read; None where all was (RFC 3046 section 2.0)."""
    found: list[tuple[int, bytes]] = []
    at = 0
    while at < len(octets):
        stop = at + 2 + octets[at + 1] if at + 1 < len(octets) else len(octets) + 1
        if stop > len(octets):
            return found, f"sub-option {octets[at]} at octet {at} is cut short"
        found.append((octets[at], octets[at + 2 : stop]))
        at = stop
    return found, None if octets else "option 82 is empty"


def relay_options(octets: bytes) -> RelayOptions:
    """Decode the value of option 82. Never raises: what cannot be read is told in `malformed`. Of a sub-option that occurs twice the
    first counts, the other is in `other`.
    """
    found, problem = split(octets)
    known: dict[str, str | bool] = {}
    other: list[tuple[int, str]] = []
    met: set[int] = set()
    for code, value in found:
        if code in met or not _known(code, value, known):
            other.append((code, value.hex()))
        met.add(code)
    return RelayOptions(other=tuple(other), malformed=problem, **known)  # type: ignore[arg-type]


def _known(code: int, value: bytes, known: dict[str, str | bool]) -> bool:
    """Store a sub-option under its name; False when its code or length is not one we know."""
    if code in _TEXT:
        known[_TEXT[code]] = printable(value)
    elif code == 152 and not value:
        known["vss_control"] = True
    elif code in _ADDRESS and len(value) == 4:
        known[_ADDRESS[code]] = inet_ntoa(value)
    elif code == 10 and len(value) == 1:
        known["unicast"] = bool(value[0] & _FLAG_UNICAST)
    elif code == 151:
        known["vss"] = vss_text(value)
    else:
        return False
    return True


def printable(value: bytes) -> str:
    """Text when every octet is printable ASCII, else `0x` and hexadecimal octets."""
    if value and all(32 <= octet < 127 for octet in value):
        return value.decode("ascii")
    return "0x" + value.hex()


def vss_text(value: bytes) -> str:
    """Sub-option 151 (RFC 6607 section 3.5): the VRF name, `vpn-id ...`, `global`.

    A value without the type octet, as EOS writes it, is marked `(no type octet)`.
    """
    if not value:
        return "(empty)"
    kind, rest = value[0], value[1:]
    if kind == _VSS_NAME:
        return printable(rest) if rest else "(empty name)"
    if kind == _VSS_VPN_ID:
        return f"vpn-id {rest.hex()}"
    if kind == _VSS_GLOBAL:
        return "global"
    return f"{printable(value)} (no type octet)"
