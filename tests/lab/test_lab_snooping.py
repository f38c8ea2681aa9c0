"""Access switches that snoop, in running labs: option 82 by value from the port to the server and back, and no servers at desks."""

from __future__ import annotations

from pathlib import Path

import pytest
from members import some
from snooping_specs import campus

from labgen.lab.embedded.provider import EmbeddedProvider
from labgen.plan.build import build
from labgen.render import folder as lab_folder
from labgen.spec.load import load
from labgen.verify import playbook, runner
from labgen.verify.judgement import Outcome
from labgen.verify.verdict import Conclusion, Verdict

pytest_plugins = ["lab_fixtures"]
pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("can_run_labs")]
CAMPUS = campus(reserved="eth3", pool="{lease: 12s, renew: 2s, rebind: 6s}")


def run(text: str, tmp_path: Path, *books: str, spoil: tuple[str, str, str] | None = None) -> Verdict:
    """The verdict of a lab; `spoil`: a file of the folder in which one text stands for another when it starts."""
    file, folder = tmp_path / "own.yml", tmp_path / "lab"
    file.write_text(text)
    lab_folder.write(build(load(str(file))), folder, force=False)
    if spoil is not None:
        own = folder / spoil[0]
        assert spoil[1] in own.read_text()
        own.write_text(own.read_text().replace(spoil[1], spoil[2]))
    lab = EmbeddedProvider().up(folder, lambda stage: None)
    try:
        loaded = [playbook.load(book, lab.plan) for book in books]
        return runner.verify(lab, loaded, tmp_path / "run", "embedded", lambda text: None)
    finally:
        lab.down()


def wrong(verdict: Verdict) -> dict[str, str]:
    return {c.id: c.judgement.observed for c in verdict.checks if c.judgement.outcome is not Outcome.PASS}


@pytest.mark.parametrize("server", some(["kea", "isc-dhcpd", "dnsmasq"], "dnsmasq"))
def test_option_82_of_the_access_port_comes_to_the_server_and_the_address_of_that_port_to_its_client(
    tmp_path: Path, server: str
) -> None:
    text = CAMPUS.replace("switches:", f"devices: {{server: {server}}}\nswitches:", 1)
    verdict = run(text.replace("12s", "20m").replace("2s", "10m").replace("6s", "15m"), tmp_path, "acquire")
    assert wrong(verdict) == {}
    assert "10.1.10.20" in {binding.address for binding in verdict.bindings if binding.node == "pc2"}
    inserted = next(c for c in verdict.checks if c.id == "snooping.inserts:pc1:access")
    assert "circuit-id eth2:10, remote-id access" in inserted.judgement.observed


def test_a_client_that_plays_a_server_is_stopped_at_its_port_and_goes_on_to_be_served(tmp_path: Path) -> None:
    verdict = run(CAMPUS, tmp_path, "rogue-server", "renew", "release")
    assert wrong(verdict) == {}
    assert "snooping.rogue:pc1:access" in {check.id for check in verdict.checks}


@pytest.mark.deep
def test_another_circuit_id_than_the_planned_is_found_at_the_access_switch(tmp_path: Path) -> None:
    spoil = ("config/access/etc/labgen-relay/snoop.yml", "eth2:10", "eth9:10")
    verdict = run(CAMPUS, tmp_path, "acquire", spoil=spoil)
    assert "eth9:10 instead of eth2:10" in wrong(verdict)["snooping.inserts:pc1:access"]
    assert "snooping.inserts:pc2:access" not in wrong(verdict)
    assert verdict.diagnosis is not None
    assert verdict.diagnosis.where == ("access",)


@pytest.mark.deep
def test_a_relay_that_does_not_trust_the_access_switch_is_the_cause(tmp_path: Path) -> None:
    verdict = run(CAMPUS.replace(", trust: true", ""), tmp_path, "acquire")
    assert verdict.conclusion is Conclusion.FAIL
    assert verdict.diagnosis is not None
    assert "core: arrived with option 82 of access and no giaddr, sent to nobody" in verdict.diagnosis.cause
    assert "trust: true" in verdict.diagnosis.next
