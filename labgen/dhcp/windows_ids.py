"""Events of Windows' DHCP client that a collector keeps without their sentence: number and fields, put into words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

_CLIENT = "dhcp-client"
_WORDS = {
    1001: "DHCP: failed to get an address for the network card {card}, error {error}",
    1002: "DHCPNAK from server {server}: lease of {address} denied to the client {card}",
    1003: "DHCP: not able to renew the lease of the network card {card}, error {error}",
    1005: "DHCP: address conflict: {address} of the network card {card} is already in use",
    1007: "DHCP: no address for the network card {card}: it gave itself {address}",
}
_DEEPEST = 4


def told(data: Mapping[str, object]) -> str | None:
    """The words of an event; None for one that is none of the client's, or that only says what it does."""
    fields = dict(_flat(data, 0))
    provider = next((fields[key] for key in _PROVIDERS if _CLIENT in fields.get(key, "").lower()), None)
    number = next((fields[key] for key in _NUMBERS if fields.get(key, "").isdecimal()), None)
    words = (
        _WORDS.get(int(number)) if provider is not None and number is not None and len(number) < 6 else None
    )
    if words is None:
        return None
    card = fields.get("hwaddress", "").removeprefix("0x")
    return words.format(
        card=f"0x{card}" if card else "",
        error=fields.get("statuscode", "unknown"),
        address=_address(fields.get("address1", "")) or "an address",
        server=_address(fields.get("address2", "")),
    )


def _address(value: str) -> str:
    """An address as text; some collectors keep the number that it is in memory, its first octet last."""
    if not value.isdecimal() or int(value) > 0xFFFFFFFF:
        return value
    return ".".join(map(str, int(value).to_bytes(4, "little"))) if int(value) else ""


_PROVIDERS = (
    "provider",
    "providername",
    "provider_name",
    "sourcename",
    "source_name",
    "name",
    "@name",
    "source",
)
_NUMBERS = ("eventid", "event_id", "id", "eventcode", "code")


def _flat(data: Mapping[str, object], depth: int) -> Iterator[tuple[str, str]]:
    """The fields of an object and of those in it, by the last part of their names."""
    for key, value in data.items():
        if isinstance(value, Mapping) and depth < _DEEPEST:
            yield from _flat(value, depth + 1)
        elif isinstance(value, str | int):
            yield str(key).lower(), str(value)
