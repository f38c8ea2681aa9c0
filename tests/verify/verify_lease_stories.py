"""What becomes of leases: renewed, rebound, released, expired, declined, kept while a server or relay fails."""

from __future__ import annotations

from verify_facts import ACK, DECLINE, DISCOVER, NAK, OFFER, RELEASE, REQUEST, Story, Tale
from verify_labs import SHORT, flagship, paired

from labgen.dhcp.model import Binding

A, B = "172.16.0.2", "172.16.0.130"
"""An address of srv1's pool and one of srv2's."""


def lab() -> Tale:
    return Tale(flagship(*SHORT))


def pair() -> Tale:
    return Tale(paired())


def leased() -> Tale:
    """cl_a has a lease of srv1, through sw1; the step that is judged begins now."""
    return lab().acquire("cl_a", "srv1", A, offers={"srv2": B}).wait(1).began()


def renewed() -> Tale:
    return leased().renew("cl_a", "srv1").bound("cl_a", "srv1")


def unrenewed() -> Tale:
    return leased().renew("cl_a", "srv1", answered=False)


def renewed_by_both() -> Tale:
    return leased().renew("cl_a", "srv1").answer(ACK, "srv2", "cl_a", "sw1", yiaddr=A, lease_seconds=12)


def renewed_elsewhere() -> Tale:
    """The REQUEST goes to an address that is not the identifier of the lease."""
    tale = leased()
    return tale.wait(2).fresh().unicast(REQUEST, "cl_a", "10.0.0.3", ciaddr=A)


def renewed_with_another_address() -> Tale:
    tale = leased()
    tale.wait(2).fresh().unicast(REQUEST, "cl_a", tale.lease["cl_a"].server_id or "", ciaddr=A)
    return tale.answer(ACK, "srv1", "cl_a", "sw1", yiaddr="172.16.0.9", lease_seconds=12)


def renewal_that_one_server_missed() -> Tale:
    tale = leased()
    to = tale.lease["cl_a"].server_id or ""
    return tale.wait(2).fresh().unicast(REQUEST, "cl_a", to, servers=["srv1"], ciaddr=A)


def rebound() -> Tale:
    return (
        leased().renew("cl_a", "srv1", answered=False).rebind("cl_a", "srv1", after=3).bound("cl_a", "srv1")
    )


def not_rebound() -> Tale:
    return leased().renew("cl_a", "srv1", answered=False).rebind("cl_a", "srv1", answered=False, after=3)


def rebound_without_relays() -> Tale:
    return leased().renew("cl_a", "srv1", answered=False).rebind("cl_a", "srv1", relays=[], after=3)


def rebound_by_both() -> Tale:
    return rebound().answer(NAK, "srv2", "cl_a", "sw2")


def rebound_and_lost() -> Tale:
    """The ACK leaves the server and the relay, and does not arrive."""
    tale = leased().rebind("cl_a", "srv1", answered=False)
    return tale.answer(ACK, "srv1", "cl_a", "sw1", arrives=False, yiaddr=A, lease_seconds=12)


def rebound_late() -> Tale:
    return leased().rebind("cl_a", "srv1", after=30)


def held_elsewhere(tale: Tale) -> Tale:
    """The server's table has another address than the client."""
    address = tale.lease["cl_a"].yiaddr or ""
    tale.bindings.clear()
    tale.addresses.clear()
    tale.bound("cl_a", "srv1", address)
    tale.bindings.pop()
    return tale.binding("srv1", "cl_a", "172.16.0.77")


def released() -> Tale:
    tale = leased()
    to = tale.lease["cl_a"].server_id or ""
    tale.fresh().unicast(RELEASE, "cl_a", to, ciaddr=A).daemon("srv1", True).daemon("srv2", True)
    return tale.says("cl_a", "lo", "default", "127.0.0.1/8")


def released_the_wrong_address() -> Tale:
    tale = leased()
    return tale.fresh().unicast(RELEASE, "cl_a", tale.lease["cl_a"].server_id or "", ciaddr="172.16.0.66")


def release_that_stays_on_the_segment() -> Tale:
    tale = leased()
    return tale.fresh().unicast(RELEASE, "cl_a", tale.lease["cl_a"].server_id or "", servers=[], ciaddr=A)


def released_and_still_bound() -> Tale:
    return released().binding("srv1", "cl_a", A)


def released_and_still_configured() -> Tale:
    return released().configured("cl_a", A)


def expired() -> Tale:
    """Nobody answers; the client looks for a new lease when the old one has run out."""
    tale = not_rebound().says("cl_a", "lo", "default", "127.0.0.1/8").wait(5.5)
    return tale.fresh().broadcast(DISCOVER, "cl_a")


def gone_too_early() -> Tale:
    return not_rebound().fresh().broadcast(DISCOVER, "cl_a")


def never_tried() -> Tale:
    return leased().wait(12)


def still_configured() -> Tale:
    return expired().configured("cl_a", A)


def declined() -> Tale:
    tale = leased().acted()
    tale.roles["selected-server"] = ("srv1",)
    tale.fresh().broadcast(DISCOVER, "cl_a")
    tale.answer(OFFER, "srv1", "cl_a", "sw1", yiaddr=A)
    tale.fresh().broadcast(DECLINE, "cl_a", requested=A, server_id=tale.lease["cl_a"].server_id)
    return tale.wait(1).acquire("cl_a", "srv1", "172.16.0.6")


def set_aside(seconds: int) -> Tale:
    """As above, where the spec says an hour; the server has the address aside for some time."""
    tale = Tale(flagship(*SHORT, "segments.cv1.pool.quarantine=3600"))
    tale.acquire("cl_a", "srv1", A, offers={"srv2": B}).wait(1).began().acted()
    tale.fresh().broadcast(DECLINE, "cl_a", requested=A)
    tale.bindings.append(
        Binding(A, "srv1", state="declined", expires=tale.now + seconds, file="raw/srv1/leases.txt", line=1)
    )
    return tale


def took_it_unseen() -> Tale:
    tale = leased().acted()
    tale.roles["selected-server"] = ("srv1",)
    return tale.acquire("cl_a", "srv1", A)


def decline_that_stays_on_the_segment() -> Tale:
    tale = leased().acted()
    tale.roles["selected-server"] = ("srv1",)
    return tale.fresh().broadcast(DECLINE, "cl_a", servers=[], requested=A)


def declined_and_got_again() -> Tale:
    tale = leased().acted()
    tale.fresh().broadcast(DECLINE, "cl_a", requested=A)
    return tale.wait(1).acquire("cl_a", "srv1", A)


def server_failed() -> Tale:
    """srv1 stops; the lease runs out, and srv2 gives another."""
    tale = leased().acted().daemon("srv1", False).daemon("srv2", True)
    tale.roles |= {"selected-server": ("srv1",), "other-servers": ("srv2",)}
    tale.renew("cl_a", "srv1", answered=False).rebind("cl_a", "srv1", answered=False, after=2).wait(8)
    return tale.acquire("cl_a", "srv2", B).bound("cl_a", "srv2")


def refused_by_the_survivor() -> Tale:
    tale = leased().acted().daemon("srv1", False).daemon("srv2", True)
    tale.roles["selected-server"] = ("srv1",)
    tale.renew("cl_a", "srv1", answered=False)
    return tale.rebind("cl_a", "srv1", answered=False).answer(NAK, "srv2", "cl_a", "sw1")


def nobody_took_over() -> Tale:
    tale = leased().acted().daemon("srv1", False)
    tale.roles["selected-server"] = ("srv1",)
    return tale.renew("cl_a", "srv1", answered=False).rebind("cl_a", "srv1", answered=False)


def given_of_the_wrong_pool() -> Tale:
    tale = leased().acted().daemon("srv1", False)
    tale.roles["selected-server"] = ("srv1",)
    return tale.wait(12).acquire("cl_a", "srv2", A)


def taken_over_by_the_partner() -> Tale:
    """A pair: the partner extends the lease."""
    tale = pair().acquire("pc1", "dhcp1", "10.50.1.60", "core").wait(1).began().acted()
    tale.roles["selected-server"] = ("dhcp1",)
    return tale.rebind("pc1", "dhcp2", "core").bound("pc1", "dhcp2").binding("dhcp1", "pc1", "10.50.1.60")


def moved_by_the_partner() -> Tale:
    tale = pair().acquire("pc1", "dhcp1", "10.50.1.60", "core").wait(1).began().acted()
    tale.roles["selected-server"] = ("dhcp1",)
    return tale.wait(12).acquire("pc1", "dhcp2", "10.50.1.99", "core")


def relay_failed() -> Tale:
    """sw1, through which cl_a renews, stops: rebinding goes through sw2."""
    tale = leased().acted().daemon("sw1", False).daemon("sw2", True)
    tale.roles["renewal-relay"] = ("sw1",)
    to = tale.lease["cl_a"].server_id or ""
    tale.wait(2).fresh().unicast(REQUEST, "cl_a", to, servers=[], ciaddr=A)
    return tale.rebind("cl_a", "srv1", "sw2", relays=["sw2"], after=2).bound("cl_a", "srv1")


def relay_that_asks_one_server_alone() -> Tale:
    """sw1 stops, and sw2 passes the rebinding on to srv1 only."""
    tale = leased().acted().daemon("sw1", False).daemon("sw2", True)
    tale.wait(4).fresh().broadcast(REQUEST, "cl_a", ["sw2"], ["srv1"], ciaddr=A)
    return tale.answer(ACK, "srv1", "cl_a", "sw2", yiaddr=A, lease_seconds=12).bound("cl_a", "srv1")


def relay_that_goes_on() -> Tale:
    tale = leased().acted().daemon("sw1", True)
    tale.roles["renewal-relay"] = ("sw1",)
    return tale.renew("cl_a", "srv1").rebind("cl_a", "srv1")


def no_other_relay() -> Tale:
    tale = leased().acted().daemon("sw1", False)
    tale.roles["renewal-relay"] = ("sw1",)
    return tale.rebind("cl_a", "srv1", answered=False, relays=[])


def rebooted() -> Tale:
    tale = leased().acted()
    tale.fresh().broadcast(REQUEST, "cl_a", requested=A)
    return tale.answer(ACK, "srv1", "cl_a", "sw1", yiaddr=A, lease_seconds=12).bound("cl_a", "srv1")


def forgot_its_lease() -> Tale:
    return leased().acted().acquire("cl_a", "srv1", "172.16.0.6")


def refused_at_boot() -> Tale:
    tale = leased().acted()
    tale.fresh().broadcast(REQUEST, "cl_a", requested=A)
    return tale.answer(NAK, "srv2", "cl_a", "sw1")


def moved() -> Tale:
    return renewed().knows("sw1", "cl_a", "10.0.0.5").knows("sw2", "cl_a", None)


def moved_and_unseen() -> Tale:
    return renewed().knows("sw1", "cl_a", None)


def two_leases() -> Tale:
    """The loser acknowledges, too."""
    tale = lab().began().acquire("cl_a", "srv1", A, offers={"srv2": B})
    return tale.answer(ACK, "srv2", "cl_a", "sw1", yiaddr=B, lease_seconds=12)


LEASE_STORIES = (
    Story("renew.request", "cl_a", renewed, renewed_elsewhere, "to 10.0.0.3"),
    Story("renew.copies", "cl_a:srv2", renewed, renewal_that_one_server_missed, "no REQUEST arrived"),
    Story("renew.relayed", "cl_a", renewed, renewal_that_one_server_missed, "REQUEST leaves sw1 for srv2: 0 of 1"),
    Story("rebind.relayed", "cl_a", rebound, rebound_and_lost, "ACK arrives at cl_a: 0 of 1"),
    Story("release.relayed", "cl_a", released, release_that_stays_on_the_segment, "RELEASE leaves sw1 for srv1: 0 of 1"),
    Story("renew.answer", "cl_a", renewed, unrenewed, "no answer"),
    Story("renew.loser-silent", "cl_a", renewed, renewed_by_both, "srv1 sent ACK; srv2 sent ACK"),
    Story("renew.witnesses", "cl_a", renewed, lambda: held_elsewhere(renewed()), "server: 172.16.0.77"),
    Story("observed.lease", "cl_a", renewed, lambda: held_elsewhere(renewed()), "server: 172.16.0.77"),
    Story("rebind.unanswered", "cl_a", rebound, renewed, "ACK from 172.16.0.4"),
    Story("rebind.request", "cl_a", rebound, rebound_late, "31.0 s after"),
    Story("rebind.copies", "cl_a:srv1", rebound, rebound_without_relays, "no REQUEST arrived"),
    Story("rebind.answer", "cl_a", rebound, not_rebound, "no answer"),
    Story("rebind.loser-silent", "cl_a", rebound, rebound_by_both, "srv2 sent NAK"),
    Story("rebind.witnesses", "cl_a", rebound, lambda: held_elsewhere(rebound()), "server: 172.16.0.77"),
    Story("round-trip.rebinding", "cl_a:sw1:srv1", rebound, rebound_and_lost, "ACK arrives at cl_a: 0 of 1"),
    Story("release.request", "cl_a", released, released_the_wrong_address, "RELEASE of 172.16.0.66"),
    Story("release.reaches-owner", "cl_a", released, release_that_stays_on_the_segment, "seen at no server"),
    Story("release.unbound", "cl_a", released, released_and_still_bound, "172.16.0.2 on srv1"),
    Story("release.address", "cl_a", released, released_and_still_configured, "172.16.0.2/24"),
    Story("expire.attempts", "cl_a", expired, never_tried, "0 by unicast, 0 by broadcast"),
    Story("expire.discover", "cl_a", expired, gone_too_early, "DISCOVER 6.0 s"),
    Story("expire.address", "cl_a", expired, still_configured, "172.16.0.2/24"),
    Story("decline.request", "cl_a", declined, took_it_unseen, "no DECLINE"),
    Story("decline.reaches-owner", "cl_a", declined, decline_that_stays_on_the_segment, "seen at no server"),
    Story("decline.set-aside", "cl_a", declined, declined_and_got_again, "172.16.0.2 again"),
    Story("decline.quarantine", "cl_a", lambda: set_aside(3600), lambda: set_aside(86400), "declined on srv1 for 86400 s"),
    Story("fault.selected-server", "cl_a", server_failed, lambda: server_failed().daemon("srv1", True), "it runs on srv1"),
    Story("fault.other-servers", "cl_a", lambda: server_failed().daemon("srv2", False), server_failed, "it runs on srv2"),
    Story("fault.renewal-relay", "cl_a", relay_failed, relay_that_goes_on, "it runs on sw1"),
    Story("fault.servers", "srv1", server_failed, lambda: lab().daemon("srv1", True), "it runs on srv1"),
    Story("server-failure.renewal", "cl_a", server_failed, refused_by_the_survivor, "srv2 sent NAK"),
    Story("server-failure.takeover", "cl_a", server_failed, nobody_took_over, "no lease after the failure"),
    Story("server-failure.pool", "cl_a", server_failed, given_of_the_wrong_pool, A),
    Story("server-failure.address", "pc1", taken_over_by_the_partner, moved_by_the_partner, "10.50.1.99 from dhcp2"),
    Story("focus.witnesses", "cl_a", server_failed, lambda: held_elsewhere(server_failed()), "server: 172.16.0.77"),
    Story("focus.rebound", "cl_a", rebound, lambda: held_elsewhere(rebound()), "server: 172.16.0.77"),
    Story("focus.relayed", "cl_a", relay_failed, relay_that_asks_one_server_alone, "REQUEST leaves sw2 for srv2: 0 of 1"),
    Story("relay-failure.renewal", "cl_a", relay_failed, relay_that_goes_on, "1 answered"),
    Story("relay-failure.rebind", "cl_a", relay_failed, no_other_relay, "no answer"),
    Story("relay-failure.way", "cl_a", relay_failed, relay_that_goes_on, "with giaddr 10.0.0.4"),
    Story("reboot.request", "cl_a", rebooted, forgot_its_lease, "1 DISCOVER"),
    Story("reboot.address", "cl_a", rebooted, refused_at_boot, "NAK from"),
    Story("move.address", "cl_a", rebooted, forgot_its_lease, "ACK for 172.16.0.6"),
    Story("move.mac", "cl_a:sw1", moved, moved_and_unseen, "local"),
    Story("move.renewal", "cl_a", moved, renewed_with_another_address, "ACK for 172.16.0.9"),
    Story("move.witnesses", "cl_a", moved, lambda: held_elsewhere(renewed()), "server: 172.16.0.77"),
)  # fmt: skip
