"""Servers by name: what a name may stand for."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from labgen.relay.lookup import Lookup


@contextmanager
def answering(answers: list[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Lookup]:
    def resolve(*_: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_DGRAM, 17, "", (address, 0)) for address in answers]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    lookup = Lookup()
    try:
        yield lookup
    finally:
        lookup.close()


def wait(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_name_that_means_nobody_is_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hosts file has `localhost`, and name servers answer 0.0.0.0 for names they hide."""
    with answering(["127.0.0.1", "0.0.0.0"], monkeypatch) as lookup:
        assert not lookup._look_up("dhcp.example")
        assert lookup.take() == {}


def test_addresses_of_hosts_stay_beside_those_that_are_nobodys(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(["127.0.0.1", "10.0.0.9", "10.0.0.8", "10.0.0.9"], monkeypatch) as lookup:
        lookup.want(["dhcp.example"])
        wait(lambda: "dhcp.example" in lookup.take())
        assert [str(address) for address in lookup.take()["dhcp.example"]] == ["10.0.0.9", "10.0.0.8"]
