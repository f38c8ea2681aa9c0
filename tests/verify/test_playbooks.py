"""A playbook is bound to a plan before anything runs."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from pkgutil import iter_modules

import pytest
from verify_labs import written

from labgen.ground.errors import SpecError
from labgen.ground.labplan import LabPlan
from labgen.plan.build import build
from labgen.spec import values
from labgen.spec.load import load as load_spec
from labgen.verify import checks, groups
from labgen.verify.check import plan_checks, registry, select
from labgen.verify.playbook import load, within

SHORT_LEASES = ("segments.cv1.pool.lease=12s", "segments.cv1.pool.renew=2s", "segments.cv1.pool.rebind=4s")


@pytest.fixture(scope="module")
def flagship() -> LabPlan:
    return build(load_spec("evpn-redundant-server"))


def test_acquire_plans_at_least_25_checks_on_the_flagship(flagship: LabPlan) -> None:
    book = load("acquire", flagship)
    assert book.planned == sum(len(step.planned) for step in book.steps)
    assert book.planned >= 25


def test_check_ids_of_a_step_are_unique(flagship: LabPlan) -> None:
    for step in load("acquire", flagship).steps:
        ids = [planned.id for planned in step.planned]
        assert len(ids) == len(set(ids))


def test_titles_name_their_subjects(flagship: LabPlan) -> None:
    titles = [planned.title for step in load("acquire", flagship).steps for planned in step.planned]
    assert "srv1 receives the DISCOVER of cl_a once per relay" in titles
    assert not [title for title in titles if "{" in title]


def test_every_check_says_what_it_follows_or_is_local() -> None:
    assert all(check.title and check.name.count(".") == 1 for check in registry().values())


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        pytest.param(
            "name: x\nsteps:\n  - name: s\n    checks: [no.such]\n",
            4,
            "no check is named `no.such`",
            id="unknown check",
        ),
        pytest.param(
            "name: x\nsteps:\n  - name: s\n    do: [{action: acquire, on: nobody}]\n",
            4,
            "`nobody`",
            id="unknown node",
        ),
        pytest.param(
            "name: x\nsteps:\n  - name: s\n    chekcs: []\n", 4, "unknown key `chekcs`", id="unknown key"
        ),
        pytest.param(
            "name: x\nsteps:\n  - name: s\n    do: [{action: a, timeout: soon}]\n",
            4,
            "timeout",
            id="bad timeout",
        ),
    ],
)
def test_a_wrong_playbook_says_where(
    tmp_path: Path, flagship: LabPlan, text: str, line: int, expected: str
) -> None:
    file = tmp_path / "x.yml"
    file.write_text(text)
    with pytest.raises(SpecError) as caught:
        load(str(file), flagship)
    assert caught.value.problems[0].line == line
    assert expected in caught.value.problems[0].reason


def test_unknown_playbook_lists_the_known_ones(flagship: LabPlan) -> None:
    with pytest.raises(SpecError, match="acquire"):
        load("aquire", flagship)


@pytest.mark.parametrize(
    ("scenario", "devices"),
    [
        pytest.param("vxlan-redundant-server", {}, id="relays send no override"),
        pytest.param("evpn-redundant-server", {"srv2": "kea-plain"}, id="a server does not honour it"),
    ],
)
def test_relay_failure_needs_relays_that_clients_renew_through(
    scenario: str, devices: dict[str, str]
) -> None:
    plan = build(load_spec(scenario, devices, SHORT_LEASES))
    with pytest.raises(SpecError, match="server-id-override"):
        load("relay-failure", plan)
    assert load("relay-failure", build(load_spec("evpn-redundant-server", {}, SHORT_LEASES))).planned


SPARE = """\
name: spare
switches: [sw]
segments:
  phones: {prefix: 10.6.1.0/24, attach: {sw: [ph1, pc1]}, relay: {servers: [d]}, pool: {range: RANGE}RESERVED}
servers: {d: sw}
"""


@pytest.mark.parametrize(
    ("handed", "reserved", "fits"),
    [
        pytest.param("10.6.1.50-10.6.1.51", "", True, id="two addresses"),
        pytest.param("10.6.1.50-10.6.1.50", "", False, id="one address"),
        pytest.param(
            "10.6.1.50-10.6.1.60", ", reservations: {ph1: 10.6.1.10}", False, id="reserved for the first"
        ),
        pytest.param(
            "10.6.1.50-10.6.1.60", ", reservations: {pc1: 10.6.1.10}", True, id="reserved for another"
        ),
        pytest.param(
            "none", ", reservations: {ph1: 10.6.1.10, pc1: 10.6.1.11}", False, id="reserved ones alone"
        ),
    ],
)
def test_an_address_is_refused_only_where_there_is_another(handed: str, reserved: str, fits: bool) -> None:
    plan = written(SPARE.replace("RANGE", handed).replace("RESERVED", reserved))
    if fits:
        assert load("decline", plan).planned
    else:
        with pytest.raises(SpecError, match="an address to spare"):
            load("decline", plan)


GUESTS = """\
name: guests
switches: [sw]
segments:
  guests: {prefix: 10.8.8.0/24, attach: {sw: [g1, g2]}, relay: {servers: [srv]}, pool: {range: 10.8.8.10-10.8.8.10}}
servers: {srv: sw}
"""


@pytest.mark.parametrize(
    ("expect", "alone"),
    [("", False), ("expect: {leases: {guests: 2 of 2}}", False), ("expect: {leases: {guests: 1 of 2}}", True),
     ("expect: {no_lease: [g2]}", True)],
)  # fmt: skip
def test_where_clients_are_to_stay_without_a_lease_only_acquire_is_run_by_default(
    expect: str, alone: bool
) -> None:
    """The others would wait for a lease of every client in vain."""
    chosen = within(written(GUESTS.replace(".10-10.8.8.10", ".10-10.8.8.20") + expect))
    assert (chosen == ("acquire",)) == alone
    assert chosen[0] == "acquire"


TWO_GROUPS = """\
name: two-groups
switches: [a, b]
links: [a-b]
vrfs: {users: {}}
segments:
  desk:
    vrf: users
    attach: {a: [p1, p2]}
    relay:
      - {servers: [s1], source: loopback, options: [link-selection, server-id-override]}
      - {servers: [s2], source: loopback, options: [link-selection, server-id-override]}
    pool: {lease: 12s, renew: 2s, rebind: 4s}
servers: {s1: a, s2: b}
"""


def test_two_groups_of_servers_on_one_switch_are_one_relay() -> None:
    with pytest.raises(SpecError, match="two relays"):
        load("relay-failure", written(TWO_GROUPS))


@pytest.mark.parametrize(("client", "fits"), [("dhclient", True), ("udhcpc", False), ("dhcpcd", False)])
def test_only_clients_that_can_be_made_to_look_before_they_take_an_address_are_to_decline(
    client: str, fits: bool
) -> None:
    plan = written(f"{TWO_GROUPS}devices: {{client: {client}}}\n")
    if fits:
        assert load("decline", plan).planned
    else:
        with pytest.raises(SpecError, match=f"{client} has no action `look-first`"):
            load("decline", plan)
    assert "decline" not in within(plan) or fits


@pytest.mark.parametrize(("client", "planned"), [("dhclient", True), ("udhcpc", False)])
def test_only_clients_that_remember_a_lease_are_to_ask_for_it_after_a_reboot(
    client: str, planned: bool
) -> None:
    plan = written(f"{TWO_GROUPS}devices: {{client: {client}}}\n")
    ids = [each.id for each in plan_checks(("reboot.*",), plan)]
    assert ("reboot.request:p1" in ids) is planned
    assert "reboot.address:p1" in ids


def test_checks_of_a_family_stand_together_in_a_fixed_order() -> None:
    """Whatever their modules are called: verdicts and pages list them so."""
    families = [name for name, _ in groupby(registry().values(), key=lambda check: check.family)]
    assert len(families) == len(set(families))
    named = set(checks.ORDER)
    assert len(named) == len(checks.ORDER)
    assert {module.name for module in iter_modules(checks.__path__)} - named == {"subjects"}


def test_a_pattern_asks_what_the_rest_builds_on_first() -> None:
    assert [check.name for check in select(["renew.*"])] == [
        "renew.request",
        "renew.copies",
        "renew.answer",
        "renew.loser-silent",
        "renew.witnesses",
        "renew.relayed",
    ]
    assert [check.name for check in select(["release.*"])][-1] == "release.relayed"


def test_no_node_has_the_name_of_a_group() -> None:
    assert set(groups.NAMES) <= set(values.RESERVED)


def test_clients_renew_before_servers_are_asked_for_what_they_still_hold() -> None:
    """udhcpc takes 16 s for the shortest lease there is: its binding would have run out where the failure took long."""
    plan = build(load_spec("evpn-redundant-server", {"client": "udhcpc"}, SHORT_LEASES))
    recover = load("server-failure", plan).steps[-1]
    done = [each.action for each in recover.spec.do]
    assert done.index("renew") > done.index("bind") > done.index("start-server")
    assert any(each.id.startswith("lease.single-binding") for each in recover.planned)
