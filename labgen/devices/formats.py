"""Every text format labgen reads, from the device packages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from labgen.devices.dhclient import leases as dhclient_leases
from labgen.devices.dhclient import log as dhclient_log
from labgen.devices.dhcpcd import log as dhcpcd_log
from labgen.devices.dhcpd import leases as dhcpd_leases
from labgen.devices.dhcpd import log as dhcpd_log
from labgen.devices.dhcrelay import log as dhcrelay_log
from labgen.devices.dnsmasq import leases as dnsmasq_leases
from labgen.devices.dnsmasq import log as dnsmasq_log
from labgen.devices.eos import show as eos_show
from labgen.devices.ios import log as ios_log
from labgen.devices.iosxr import show as iosxr_show
from labgen.devices.kea import leases as kea_leases
from labgen.devices.kea import log as kea_log
from labgen.devices.labgen_relay import log as labgen_relay_log
from labgen.devices.networkd import log as networkd_log
from labgen.devices.networkmanager import log as networkmanager_log
from labgen.devices.nxos import show as nxos_show
from labgen.devices.udhcpc import log as udhcpc_log
from labgen.dhcp.logs import LogFormat

FORMATS: tuple[LogFormat, ...] = (
    ios_log.LOG,
    kea_log.LOG,
    dnsmasq_log.LOG,
    labgen_relay_log.LOG,
    udhcpc_log.LOG,
    dhcpcd_log.LOG,
    networkd_log.LOG,
    networkmanager_log.LOG,
    dhclient_log.LOG,
    dhcrelay_log.LOG,
    dhcpd_log.LOG,
    kea_leases.LEASES,
    dhcpd_leases.LEASES,
    dhclient_leases.LEASES,
    dnsmasq_leases.LEASES,
    eos_show.SHOW,
    iosxr_show.SHOW,
    nxos_show.SHOW,
)


def named(name: str) -> LogFormat | None:
    """The format with this name."""
    return next((item for item in FORMATS if item.name == name), None)


def recognise(sample: Iterable[str], formats: Sequence[LogFormat] = FORMATS) -> LogFormat | None:
    """The format most lines of the sample speak for, None when none does."""
    scores = dict.fromkeys((item.name for item in formats), 0)
    for text in sample:
        for item in formats:
            if item.telling.search(text):
                scores[item.name] += 1
    best = max(formats, key=lambda item: scores[item.name])
    return best if scores[best.name] else None
