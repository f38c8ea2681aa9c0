"""What labgen has can be listed and explained by name."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from labgen.cli.main import cli
from labgen.devices import registry as devices
from labgen.dhcp.explain import explanations
from labgen.ground import resources
from labgen.ground.errors import UsageError
from labgen.verify.check import registry as checks


def labgen(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


@pytest.mark.parametrize(
    ("command", "known"),
    [
        ("playbooks", set(resources.playbook_files())),
        ("devices", set(devices.everything())),
        ("checks", set(checks())),
    ],
)
def test_list_has_everything_once(command: str, known: set[str]) -> None:
    rows = json.loads(labgen(command, "--format", "json").stdout)
    assert [row["name"] for row in rows] == list(dict.fromkeys(row["name"] for row in rows))
    assert {row["name"] for row in rows} == known
    table = labgen(command).stdout.splitlines()
    assert {line.split()[0] for line in table} == known


@pytest.mark.parametrize(
    ("name", "words"),
    [
        pytest.param("renew-unreachable", ("finding, error", "RFC 2131", "What to change:"), id="finding"),
        pytest.param("server.pool", ("check", "Judged by the playbooks: acquire"), id="check"),
        pytest.param("relay-failure", ("playbook", "do     stop-relay on renewal-relay"), id="playbook"),
        pytest.param("kea", ("device", "roles: server", "kea-dhcp4-server"), id="device"),
    ],
)
def test_name_is_explained(name: str, words: tuple[str, ...]) -> None:
    done = labgen("explain", name)
    assert done.exit_code == 0, done.stderr
    assert [word for word in words if word not in done.stdout] == []


def test_unknown_name_is_a_usage_error_with_the_nearest() -> None:
    done = labgen("explain", "renew-unreachabel")
    assert isinstance(done.exception, UsageError) and done.exception.exit_code == 2
    assert "`renew-unreachable`" in str(done.exception)


def test_every_finding_can_be_explained() -> None:
    from labgen.cli.explain import everything

    assert {page.code for page in explanations()} <= set(everything())
