"""Needs of a lab that a kernel may lack."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from labgen.lab.embedded import netlink
from labgen.lab.embedded.blueprint import Blueprint


def kinds(blueprint: Blueprint) -> dict[str, str]:
    """Kinds of network devices the lab is made of, each with what needs it."""
    wanted = {"veth": "every link", "bridge": "every segment"}
    if blueprint.vxlans:
        wanted["vxlan"] = "stretched segments"
    if blueprint.anycasts:
        wanted["macvlan"] = "anycast gateways"
    return wanted


def lacking(blueprint: Blueprint, knows: Callable[[str], bool] = netlink.knows_device_kind) -> str:
    """A sentence about the kinds this kernel lacks, with the remedy; empty where it has them all."""
    gone = list(_lacking(blueprint, knows))
    if not gone:
        return ""
    devices = " and ".join(f"`{kind}` devices, which {user} need" for kind, user in gone)
    modules = " ".join(kind for kind, _ in gone)
    return (
        f"this kernel has no {devices}; try `sudo modprobe -a {modules}`, or run the lab in a kernel of its own "
        "(--kernel uml). `labgen doctor` shows what else there is"
    )


def _lacking(blueprint: Blueprint, knows: Callable[[str], bool]) -> Iterator[tuple[str, str]]:
    for kind, user in kinds(blueprint).items():
        try:
            if not knows(kind):
                yield kind, user
        except OSError:
            continue  # something else stands in the way, and the start's own error tells it
