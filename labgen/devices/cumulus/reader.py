"""Questions to a running Cumulus Linux switch.

Units as in NVIDIA's documentation of DHCP relays and servers, for every VRF and both ways of naming them (up to 5.13, and since); files of
the client as ifupdown2 passes them to dhclient. Unverified on a switch.
"""

from __future__ import annotations

from labgen.devices.base import Action, Probe, Reader
from labgen.devices.isc import IscSwitch, ServerProgram
from labgen.devices.linux.systemd import ROOT

_LEASES = "/var/lib/dhcp/dhclient.{port}.leases"


def client(port: str) -> dict[str, Action]:
    """dhclient with ifupdown2's files. It has no signal to renew: its timers do that."""
    leases = _LEASES.format(port=port)
    files = f"-pf /run/dhclient.{port}.pid -lf {leases} {port}"
    start = f"{ROOT}dhclient -4 -nw {files}"
    end = f"{ROOT}dhclient -4 -x {files}; {ROOT}ip -4 address flush dev {port}"
    fresh = f"{end}; {ROOT}rm -f {leases}; {start}"
    watch, bound = f"ip -4 address show dev {port}", "inet "
    return {
        "acquire": Action((fresh,), watch, bound),
        "bind": Action((f"{watch} | grep -q inet || {{ {fresh}; }}",), watch, bound),
        "release": Action((f"{ROOT}dhclient -4 -r {files}",)),
        "vanish": Action((end,)),
        "reboot": Action((f"{end}; {start}",), watch, bound),
    }


_SWITCH = IscSwitch(
    relays="dhcrelay*",
    server=ServerProgram("dhcpd*", "/var/lib/dhcp/dhcpd.leases"),
    client_leases=_LEASES,
    client=client,
    about_relays=(Probe("nv-show-service-dhcp-relay", "nv show service dhcp-relay -o json"),),
)

READER = Reader(_SWITCH.probes, _SWITCH.observe, _SWITCH.actions)
