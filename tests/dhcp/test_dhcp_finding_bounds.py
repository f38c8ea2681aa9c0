"""Where findings end: what looks like one, and is none."""

from __future__ import annotations

from dataclasses import replace

import pytest
from dhcp_lease_stories import (
    MAC,
    OTHER_MAC,
    Told,
    findings,
    other_server,
    release_lost,
    released_twice,
    renewal,
    renewed_all_the_time,
    same_address,
    same_binding,
)
from dhcp_story import ACK, Story

from labgen.dhcp import Binding, Context, Message, find, reconstruct


@pytest.mark.parametrize("tell", [same_address, same_binding, release_lost], ids=lambda tell: tell.__name__)
def test_findings_across_exchanges_and_tables(tell: Told) -> None:
    codes = {finding.code for finding in findings(tell)}
    assert codes & {"double-lease", "release-unmatched"}


@pytest.mark.parametrize(
    ("networks", "codes"),
    [
        ({MAC: "red", OTHER_MAC: "blue"}, set()),
        ({MAC: "red", OTHER_MAC: "red"}, {"double-lease"}),
        ({MAC: "red"}, {"double-lease"}),
    ],
    ids=["two VRFs", "one VRF", "who knows"],
)
def test_one_address_in_two_vrfs_is_two_addresses(networks: dict[str, str], codes: set[str]) -> None:
    story = Story()
    same_address(story)
    held = (Binding("172.16.0.6", "srv1", MAC), Binding("172.16.0.6", "srv2", OTHER_MAC))
    for context in (Context(networks=networks), Context(networks=networks, bindings=held)):
        found = find(reconstruct(story.told), context)
        assert {f.code for f in found if f.code == "double-lease"} == codes
    assert {f.code for f in find([], Context(networks=networks, bindings=held))} == codes


def test_address_passed_on_after_its_release_is_no_double_lease() -> None:
    story = Story()
    released_twice(story)
    other = Story(xid=9, start=130).acquire()
    story.told.extend(replace(message, mac=OTHER_MAC) for message in other.told)
    assert "double-lease" not in {finding.code for finding in find(reconstruct(story.told))}


def test_server_that_knows_the_foreign_identifier_is_not_asked_unexpectedly() -> None:
    """Without override the server sees whom the client chose."""
    story = Story()
    other_server(story)
    told = [_without_override(message) for message in story.told]
    assert "unexpected-address" not in {finding.code for finding in find(reconstruct(told))}


def _without_override(message: Message) -> Message:
    if message.relay_options is None:
        return message
    return replace(message, relay_options=replace(message.relay_options, server_id_override=None))


def test_relay_that_copies_a_direct_renewal_is_not_told_as_renewed_through_it() -> None:
    story = Story()
    renewal(story, "10.0.0.2", heard=True)
    assert "renew-to-relay" not in {finding.code for finding in find(reconstruct(story.told))}


@pytest.mark.parametrize(
    ("t1", "told"), [(10, None), (40, "every 10 s, with a lease of 1m and T1 after 40s")]
)
def test_renewals_at_the_t1_that_the_server_told_are_no_loop(t1: int, told: str | None) -> None:
    story = Story()
    renewed_all_the_time(story)
    heard = [replace(m, renewal_seconds=t1) if m.type is ACK else m for m in story.told]
    found = [f.message for f in find(reconstruct(heard)) if f.code == "renewal-loop"]
    assert [told is not None and told in message for message in found] == ([True] if told else [])


@pytest.mark.parametrize(("restarted", "codes"), [(False, ["renewal-loop"]), (True, [])])
def test_starts_that_somebody_makes_are_no_loop(restarted: bool, codes: list[str]) -> None:
    """A playbook starts its clients afresh each time it is run."""
    story = Story()
    for number in range(3):
        story.xid, story.now = 20 + number, 100.0 + 2 * number
        story.acquire()
    found = find(reconstruct(story.told), Context(restarted=restarted))
    assert [f.code for f in found if f.code == "renewal-loop"] == codes


def test_servers_reply_to_a_direct_request_may_lack_option_82() -> None:
    story = Story().acquire()
    story.told[2] = replace(story.told[2], giaddr=None, dst="172.16.0.6", option82=False, relay_options=None)
    assert "option-82-stripped" not in {finding.code for finding in find(reconstruct(story.told))}
