"""Every relay, server and client that runs here works with the others; each is in one combination at least."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context

import pytest
from members import some
from scenario_labs import Told, try_out

from labgen.devices import registry
from labgen.verify.verdict import Conclusion

SIDE_BY_SIDE = 3
FLAGSHIP = "evpn-redundant-server"

PASSING = {
    "kea-plain": ("relay", {"switch": "frr", "server": "kea-plain", "client": "udhcpc"}),
    "dnsmasq behind dhcrelay": (
        "relay",
        {"switch": "frr-dhcrelay", "server": "dnsmasq", "client": "dhcpcd"},
    ),
    "isc-dhcpd-plain behind dnsmasq": (
        "relay",
        {"switch": "frr-dnsmasq", "server": "isc-dhcpd-plain", "client": "dhclient"},
    ),
    "isc-dhcpd, two of them in the default VRF": (FLAGSHIP, {"server": "isc-dhcpd", "client": "dhcpcd"}),
    "kea-plain, two of them in the default VRF": (FLAGSHIP, {"server": "kea-plain", "client": "udhcpc"}),
}
KEPT = (
    "dnsmasq behind dhcrelay",
    "isc-dhcpd-plain behind dnsmasq",
)
REFUSED = (FLAGSHIP, {"server": "dnsmasq", "client": "dhcpcd"})


@pytest.fixture(scope="module")
def verdicts(request: pytest.FixtureRequest) -> Iterator[Mapping[str, Future[Told]]]:
    """Of the combinations that a chosen test asks for."""
    chosen = {item.name for item in request.session.items}
    test = test_devices_work_together.__name__
    cases = {case: PASSING[case] for case in PASSING if f"{test}[{case}]" in chosen}
    if (
        test_a_pair_of_dnsmasq_behind_overriding_relays_is_caught_refusing_the_others_leases.__name__
        in chosen
    ):
        cases["refused"] = REFUSED
    with ProcessPoolExecutor(SIDE_BY_SIDE, mp_context=get_context("spawn")) as pool:
        yield {case: pool.submit(try_out, name, devices) for case, (name, devices) in cases.items()}


@pytest.mark.lab
@pytest.mark.parametrize("case", some(PASSING, *KEPT))
def test_devices_work_together(verdicts: Mapping[str, Future[Told]], case: str) -> None:
    told = verdicts[case].result()
    assert told.conclusion is Conclusion.PASS, told.faults


@pytest.mark.lab
def test_a_pair_of_dnsmasq_behind_overriding_relays_is_caught_refusing_the_others_leases(
    verdicts: Mapping[str, Future[Told]],
) -> None:
    told = verdicts["refused"].result()
    assert told.conclusion is Conclusion.FAIL
    silent = [text for check, text in told.faults.items() if check.startswith("server.loser-silent:")]
    assert any("sent NAK" in text for text in silent), told.faults


def test_every_device_that_runs_here_is_tried() -> None:
    here = {name for name, device in registry.everything().items() if device.facts.embedded}
    tried = {device for _, devices in (*PASSING.values(), REFUSED) for device in devices.values()}
    assert here == tried | {"kea"}
