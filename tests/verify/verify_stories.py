"""For each check a story in which it holds and one in which it does not, with the reason it must give."""

from __future__ import annotations

from verify_facts import DISCOVER, NAK, OFFER, REQUEST, Story, Tale
from verify_labs import MOVING, isis, leaky, paired, two_segments, written
from verify_lease_stories import A, B, lab, two_leases
from verify_snooping_stories import WRONG, answered, asked, forged

from labgen.verify.remark import NotDone


def addressed() -> Tale:
    tale = lab()
    for switch, own in (("sw1", "172.16.0.4"), ("sw2", "172.16.0.5")):
        tale.says(switch, "vlan1000", "client", f"{own}/24").says(
            switch, "varp1000", "client", "172.16.0.1/24"
        )
    return tale.daemon("sw1", True).daemon("sw2", True)


def without_its_address() -> Tale:
    return lab().says("sw1", "vlan1000", "default", "172.16.0.4/24").daemon("sw1", False)


def gateway_down() -> Tale:
    return lab().says("sw1", "varp1000", "client", "172.16.0.1/24", up=False)


def with_a_server_of_its_own() -> Tale:
    return addressed().says("srv2", "eth1", "default", "10.0.0.2/32")


def virtual(both: bool) -> Tale:
    """A gateway that moves between two cores, up at one of them or at both."""
    tale = Tale(written(MOVING)).says("c1", "vrrp1000", "default", "10.1.10.254/24")
    return tale.says("c2", "vrrp1000", "default", "10.1.10.254/24", up=both)


def leak_ports(down: str = "", moved: str = "") -> Tale:
    """The two ends of the wire between two VRFs; one is down, or in the other VRF."""
    tale = Tale(leaky())
    for end in (each for leak in tale.plan.node("core").leaks for each in leak.ends):
        vrf = "default" if end.linux == moved else end.vrf
        tale.says("core", end.linux, vrf, str(end.address), up=end.linux != down)
    return tale


def together(state: str) -> Tale:
    return Tale(paired()).partnered("dhcp1", "recover").partnered("dhcp1", state).partnered("dhcp2", "normal")


def acquired() -> Tale:
    return lab().began().acquire("cl_a", "srv1", A, offers={"srv2": B})


def asked_for_what_nobody_offered() -> Tale:
    tale = lab().began().fresh().broadcast(DISCOVER, "cl_a")
    tale.answer(OFFER, "srv1", "cl_a", "sw1", yiaddr=A)
    return tale.broadcast(REQUEST, "cl_a", requested="172.16.0.99", server_id="172.16.0.4")


def chose_a_later_offer() -> Tale:
    """A client may wait for more offers, and take the second."""
    tale = lab().began().fresh().broadcast(DISCOVER, "cl_a")
    tale.answer(OFFER, "srv1", "cl_a", "sw1", yiaddr=A).answer(OFFER, "srv2", "cl_a", "sw2", yiaddr=B)
    return tale.broadcast(REQUEST, "cl_a", requested=B, server_id="172.16.0.5")


def refused() -> Tale:
    return acquired().answer(NAK, "srv2", "cl_a", "sw2")


def late() -> Tale:
    tale = acquired()
    tale.remarks["cl_a"] = NotDone("acquire", "no lease within 15 s")
    return tale


def reaches(neighbor: bool) -> Tale:
    return lab().began().leases({"cl_a": A, "cl_b": B}).reach("cl_a", B, neighbor)


def routed(answers: bool) -> Tale:
    return (
        Tale(two_segments())
        .began()
        .leases({"c1": "172.16.0.9", "c3": "172.16.1.9"})
        .reach("c1", "172.16.1.9", answers)
    )


def leaking(answers: bool) -> Tale:
    held = {"pc1": "10.1.1.9", "p1": "10.9.8.9"}
    return Tale(leaky()).began().leases(held).reach("pc1", "10.9.8.9", answers)


def at_the_server(answers: bool) -> Tale:
    return Tale(two_segments()).began().leases({"c1": "172.16.0.9"}).reach("c1", "10.0.0.1", answers)


def beside(state: str) -> Tale:
    """A spine of an IS-IS underlay with two leaves, one of which is in a state."""
    return Tale(isis()).adjacent("spine", "eth2", "up").adjacent("spine", "eth3", state)


STORIES = (
    Story("client.choice", "cl_a", chose_a_later_offer, asked_for_what_nobody_offered, "REQUEST for 172.16.0.99"),
    Story("client.no-nak", "cl_a", acquired, refused, "1 NAK from 172.16.0.5"),
    Story("step.in-time", "cl_a", acquired, late, "no lease within 15 s"),
    Story("reach.neighbor", "cl_a:cl_b", lambda: reaches(True), lambda: reaches(False), "172.16.0.130 is silent"),
    Story("reach.server", "c1:srv", lambda: at_the_server(True), lambda: at_the_server(False), "10.0.0.1 is silent"),
    Story("reach.other-segment", "c1:c3", lambda: routed(True), lambda: routed(False), "172.16.1.9 is silent"),
    Story("reach.leaked", "pc1:p1", lambda: leaking(True), lambda: leaking(False), "10.9.8.9 is silent"),
    Story("server.partners", "dhcp1", lambda: together("normal"), lambda: together("partner-down"), "its state is partner-down"),
    Story("control-plane.underlay", "spine", lambda: beside("up"), lambda: beside("init"), "leaf2 init"),
    Story("control-plane.gateway", "sw1:cv1", addressed, without_its_address, "in VRF default"),
    Story("control-plane.anycast", "sw1:cv1", addressed, gateway_down, "varp1000 in VRF client, down"),
    Story("node.owners", "", addressed, with_a_server_of_its_own, "srv2 has 10.0.0.2 of srv1 on eth1"),
    Story("control-plane.vrrp", "users", lambda: virtual(False), lambda: virtual(True), "c1 and c2 have it at once"),
    Story("control-plane.leak", "core", leak_ports, lambda: leak_ports(down="leak1a"), "leak1a in VRF users, down"),
    Story("relay.running", "sw1", addressed, without_its_address, "relay does not run on sw1"),
    Story("snooping.inserts", "pc1:access", asked, lambda: asked(WRONG), "circuit-id (1) eth3:10 instead of eth2:10"),
    Story("snooping.strips", "pc1:access", lambda: answered(stripped=True), lambda: answered(stripped=False), "1 of 1 carry it"),
    Story("snooping.private", "pc1:access", asked, lambda: asked(strays=True), "DISCOVER of pc1 towards pc2"),
    Story("snooping.rogue", "pc1:access", lambda: forged(stopped=True), lambda: forged(stopped=False), "access (eth1.10)"),
    Story("server.loser-silent", "cl_a", lambda: lab().began().acquire("cl_a", "srv1", A, offers={"srv2": B}), two_leases,
          "srv2 sent ACK to 10.0.0.4"),
)  # fmt: skip
