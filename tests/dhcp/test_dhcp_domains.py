"""Search lists: what was compressed is the same list."""

from __future__ import annotations

import pytest

from labgen.dhcp.domains import names

LIB = bytes.fromhex("036c696203756e69076578616d706c6500")
UNI = bytes.fromhex("03756e69076578616d706c6500")


@pytest.mark.parametrize(
    ("octets", "wanted"),
    [
        pytest.param(LIB + UNI, ("lib.uni.example", "uni.example"), id="as it is"),
        pytest.param(LIB + b"\xc0\x04", ("lib.uni.example", "uni.example"), id="a pointer for a name"),
        pytest.param(
            UNI + b"\x03lib\xc0\x00", ("uni.example", "lib.uni.example"), id="a pointer for the end of a name"
        ),
        pytest.param(b"", (), id="nothing"),
        pytest.param(b"\x03uni", None, id="cut off"),
        pytest.param(b"\xc0\x00", None, id="a pointer to itself"),
        pytest.param(UNI + b"\xc0\x40", None, id="a pointer to nowhere"),
        pytest.param(b"\x03uni\xc0\x00", None, id="a loop"),
        pytest.param(b"\x41" + b"a" * 65 + b"\x00", None, id="a label that is too long"),
    ],
)
def test_names_are_read_whatever_is_compressed(octets: bytes, wanted: tuple[str, ...] | None) -> None:
    assert names(octets) == wanted
