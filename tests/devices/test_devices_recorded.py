"""Native configurations against running configurations recorded on real devices, section by section.

Every line labgen renders must be in the recording, and every line of the recording must be rendered, but for the
differences listed here, each with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from devices_specs import VRF_RELAY, planned
from reference_labs import REFERENCE

from labgen.devices import registry
from labgen.ground.labplan import LabPlan
from labgen.plan.build import build
from labgen.spec import load

pytestmark = pytest.mark.reference


NOT_DHCP = (
    (r"! |boot|(no )?aaa |username |transceiver|spanning-tree|version |platform |diagnostic|memory |license|redundancy",
     "the machine itself"),
    (r"crypto |[0-9A-F]{8} |quit|certificate|login on-success|control-plane|call-home|subscriber|multilink",
     "the machine itself"),
    (r"mmi |no mmi|ethernet lmi|ip cef|no ipv6 cef|no scheduler|lldp run|no service|service |line |no logging",
     "the machine itself"),
    (r"event manager applet", "how the machine was reached (theirs), and debugs after a restart (labgen's)"),
    (r"management |vrf instance management|no ip routing vrf management|vrf definition MGMT|ip ssh",
     "how the machine was reached"),
    (r"interface (Management\d|GigabitEthernet0/0|GigabitEthernet1)($| /)", "management, per hypervisor"),
    (r"logging |ip host |no ip domain lookup|ip domain name|ip (no )?http|no ip http|ip forward-protocol",
     "names, logs, and services of the machine"),
    (r"hostname ", "checked by the file's name"),
)  # fmt: skip

ONLY_RECORDED = (
    (
        r"interface Ethernet\d+ / mac-address",
        "netlab numbers the MACs of virtual machines; containers bring theirs",
    ),
    (r"interface \S+ / (duplex|speed|media-type|negotiation)", "what IOS shows without being told"),
    (r"interface \S+ / no mop (enabled|sysid)", "what IOS XE shows without being told"),
    (r"route-map next-hop-self-ipv6", "there is no IPv6 in this lab"),
    (r"mpls ip$", "the VRF template of netlab; there is no MPLS in this lab"),
)

ONLY_RENDERED = (
    (r"interface GigabitEthernet\S+ / no shutdown", "IOS does not show it on an interface that is up"),
    (r"ip dhcp excluded-address 172\.16\.0\.129 172\.16\.0\.254",
     "the recorded first server may hand out the second's half; labgen keeps the pools apart"),
)  # fmt: skip


def lines(text: str) -> Iterator[str]:
    """Every line with the lines it stands under, as `interface Vlan1000 / vrf client`."""
    path: list[tuple[int, str]] = []
    for line in text.splitlines():
        word = line.strip()
        if not word or word.startswith("!") or word == "end":
            continue
        depth = len(line) - len(line.lstrip())
        path = [*((d, w) for d, w in path if d < depth), (depth, word)]
        yield " / ".join(w for _, w in path)


def differences(rendered: str, recorded: str) -> tuple[list[str], list[str]]:
    """Lines of one side only, without those about the machine."""

    def relevant(text: str) -> set[str]:
        return {line for line in lines(text) if not any(re.match(pattern, line) for pattern, _ in NOT_DHCP)}

    ours, theirs = relevant(rendered), relevant(recorded)
    return sorted(ours - theirs), sorted(theirs - ours)


def unjustified(found: list[str], allowed: tuple[tuple[str, str], ...]) -> list[str]:
    return [line for line in found if not any(re.match(pattern, line) for pattern, _ in allowed)]


def recording(lab: str, node: str) -> str:
    file = REFERENCE / lab / "config" / f"{node}.cfg"
    if not file.is_file():
        pytest.skip(f"no recorded configurations at {REFERENCE}; set LABGEN_REFERENCE")
    return file.read_text()


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> dict[str, LabPlan]:
    loaded = load.load(
        "evpn-redundant-server", {"switch": "eos", "server": "csr", "client": "iosv"}, ["timers=device"]
    )
    return {
        "evpn-redundant-server": build(loaded),
        "vrf-relay": planned(VRF_RELAY, tmp_path_factory.mktemp("vrf"), {}),
    }


NODES = [
    *[("evpn-redundant-server", node) for node in ("sw1", "sw2", "sw3", "srv1", "srv2", "cl_a", "cl_b")],
    *[("vrf-relay", node) for node in ("relay", "srv", "user")],
]


@pytest.mark.parametrize(("lab", "node"), NODES, ids=[f"{lab}-{node}" for lab, node in NODES])
def test_configuration_is_the_recorded_one(plans: dict[str, LabPlan], lab: str, node: str) -> None:
    recorded = recording(lab, node)
    plan = plans[lab]
    (artifact,) = registry.get(plan.node(node).device).artifacts(plan, plan.node(node))
    ours, theirs = differences(artifact.text, recorded)
    assert unjustified(ours, ONLY_RENDERED) == []
    assert unjustified(theirs, ONLY_RECORDED) == []


@pytest.mark.parametrize(("lab", "node"), NODES, ids=[f"{lab}-{node}" for lab, node in NODES])
def test_host_name_is_the_recorded_one(plans: dict[str, LabPlan], lab: str, node: str) -> None:
    assert f"hostname {node}" in lines(recording(lab, node))
    plan = plans[lab]
    (artifact,) = registry.get(plan.node(node).device).artifacts(plan, plan.node(node))
    assert f"hostname {node}" in lines(artifact.text)


def test_every_listed_difference_occurs(plans: dict[str, LabPlan]) -> None:
    """A difference that is gone must leave the list."""
    seen: list[str] = []
    for lab, node in NODES:
        plan = plans[lab]
        (artifact,) = registry.get(plan.node(node).device).artifacts(plan, plan.node(node))
        ours, theirs = differences(artifact.text, recording(lab, node))
        seen += [*ours, *theirs]
    unused = [p for p, _ in (*ONLY_RECORDED, *ONLY_RENDERED) if not any(re.match(p, line) for line in seen)]
    assert unused == []
