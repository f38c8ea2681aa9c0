"""A network made by hand, of programs as their packages have them: verified by its intent, and looked at without being touched."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hand_labs import HOSTS, INTENT, WAYS, by_ssh, verify
from members import some

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(os.geteuid() != 0, reason="the network made by hand needs root"),
    pytest.mark.skipif(shutil.which("dhcrelay") is None, reason="dhcrelay is not installed"),
]

DEEP = pytest.mark.deep
FAULTS = [
    pytest.param("relay-stopped", "relay.running", "relay does not run on sw", id="relay stopped"),
    pytest.param(
        "wrong-helper",
        "relay.requests",
        "10.9.0.9, which is no planned server",
        id="wrong helper",
        marks=DEEP,
    ),
    pytest.param(
        "pool-exhausted", "server.offers", "ALLOC_ENGINE_V4_ALLOC_FAIL", id="pool exhausted", marks=DEEP
    ),
    pytest.param("rogue-server", "client.planned-servers", "10.1.1.250", id="rogue server"),
]


@pytest.mark.parametrize(
    "way",
    some(WAYS, "by_ssh", "by_containers", "by_inventory", "by_containerlabs_ansible_inventory"),
    ids=lambda way: way.__name__.removeprefix("by_"),
)
def test_a_healthy_network_of_somebody_else_passes_every_check(
    tmp_path: Path, way: Callable[[Path], None]
) -> None:
    way(tmp_path)
    told = verify(tmp_path, "none")
    assert told.outcomes("fail") | told.outcomes("error") | told.outcomes("blocked") == set(), told.stderr
    assert (told.exit_code, told.verdict["verdict"], told.verdict["provider"]) == (0, "pass", "attached")
    assert {"lease.witnesses", "round-trip.discover", "server.sub-options", "reach.gateway"} <= told.outcomes(
        "pass"
    )
    assert [each["address"] for each in told.verdict["bindings"] if each["node"] == "srv"] == ["10.1.1.100"]


@pytest.mark.parametrize(("fault", "check", "words"), FAULTS)
def test_a_broken_network_fails_by_the_check_of_what_is_broken(
    tmp_path: Path, fault: str, check: str, words: str
) -> None:
    by_ssh(tmp_path)
    told = verify(tmp_path, fault)
    assert told.exit_code == 1
    assert told.cause.partition(":")[0] == check, told.verdict["diagnosis"]
    assert words in str(told.verdict["diagnosis"])
    assert "labgen logs" not in str(told.verdict), "labgen's own commands do not reach this network"


def test_looking_at_a_client_with_a_lease_agrees_with_its_server(tmp_path: Path) -> None:
    by_ssh(tmp_path)
    told = verify(tmp_path, "none", ("--observe", "--for", "0"), lease=True)
    assert (told.exit_code, told.verdict["verdict"]) == (0, "pass"), told.stderr
    assert {"observed.lease", "client.configured", "relay.running", "server.running"} <= told.outcomes("pass")
    assert "relay.forwards" in told.outcomes("skipped")
    assert any(
        "checks lack a witness" in each and "relay.forwards" in each for each in told.verdict["not_covered"]
    )


def test_looking_where_nobody_asked_for_a_lease_is_incomplete_and_no_failure(tmp_path: Path) -> None:
    by_ssh(tmp_path)
    told = verify(tmp_path, "none", ("--observe", "--for", "0"))
    assert (told.exit_code, told.verdict["verdict"]) == (4, "incomplete")
    assert told.outcomes("fail") | told.outcomes("error") == set()


@pytest.mark.parametrize(
    ("fault", "check"),
    [
        pytest.param("relay-stopped", "relay.running", id="relay stopped", marks=DEEP),
        pytest.param("wrong-helper", "relay.requests", id="wrong helper"),
        pytest.param("pool-exhausted", "server.offers", id="pool exhausted", marks=DEEP),
        pytest.param("rogue-server", "observed.lease", id="rogue server", marks=DEEP),
    ],
)
def test_looking_at_a_broken_network_tells_what_is_broken(tmp_path: Path, fault: str, check: str) -> None:
    by_ssh(tmp_path)
    told = verify(tmp_path, fault, ("--observe", "--for", "20"), lease=True)
    assert told.exit_code == 1
    assert check in told.outcomes("fail"), told.outcomes("fail")


RECORDER = """\
#!/bin/sh
# As an engine that is asked to run a command in a container: writes down what it is asked, and does it in the node.
line=$(printf '%%s ' "$*" | tr '\\n' ' ')
printf '%%s\\n' "$line" >>%(log)s
[ "$2" != -i ] || { shift; set -- exec "$@"; }
name=$2; shift 2
for each in /proc/[0-9]*; do
    [ "$(readlink $each/ns/pid)" = "$(readlink /proc/self/ns/pid)" ] && continue
    pid=${each#/proc/}
    [ "$(nsenter -t $pid -u hostname 2>/dev/null)" = "$name" ] && exec nsenter -t $pid -m -n -u -p -- "$@"
done
"""
EACH = r"for ns in '' \$\(ls /run/netns 2>/dev/null\); do in=\$\{ns:\+nsenter --net=/run/netns/\$ns\};"
"""In the node's own network namespace, and in those of its VRFs."""
READS = re.compile(
    r"^exec \S+ sh -c exec 2>&1 (?:"
    rf"ip -j -4 route|{EACH} \$in ip -j link; done"
    rf"|{EACH} printf '%s ' \$\{{ns:-default\}}; \$in ip -j address; done"
    r"|for f in /run/labgen/\*\.pid /run/frr/\*\.pid; do [^>]*(?:2>/dev/null[^>]*)+echo \$s \$\(basename \$f \.pid\); done"
    r"|if \[ -e \S+ \]; then cat \S+; fi|cat \S+|\{ p=\$\(cat .* && echo running \|\| echo stopped"
    r"|perl -MIO::Socket::UNIX -e '.*' /run/kea/kea4-ctrl-socket '\{\"command\": \"lease4-get-all\"\}'"
    r") $"
)


def test_looking_sends_nodes_nothing_but_questions(tmp_path: Path) -> None:
    recorder, log = tmp_path / "engine", tmp_path / "asked.log"
    recorder.write_text(RECORDER % {"log": log})
    recorder.chmod(0o755)
    access = {name: f"{{container: {name}, program: [{recorder}]}}" for name in HOSTS}
    text = (INTENT % access).replace("captures: [pc:eth1, sw:lan, sw:eth2, srv:eth1]", "captures: []")
    (tmp_path / "intent.yml").write_text(text)
    told = verify(tmp_path, "none", ("--observe",), lease=True)
    assert (told.exit_code, told.outcomes("fail")) == (0, set()), told.stderr
    asked = log.read_text().splitlines()
    assert {line.split()[1] for line in asked} == set(HOSTS)
    assert [line for line in asked if not READS.match(line)] == []


def test_captures_are_taken_where_the_intent_says_and_nowhere_else(tmp_path: Path) -> None:
    recorder, log = tmp_path / "engine", tmp_path / "asked.log"
    recorder.write_text(RECORDER % {"log": log})
    recorder.chmod(0o755)
    access = {name: f"{{container: {name}, program: [{recorder}]}}" for name in HOSTS}
    (tmp_path / "intent.yml").write_text((INTENT % access).replace("pc:eth1, sw:lan, sw:eth2, ", ""))
    verify(tmp_path, "none", ("--observe", "--for", "0"), lease=True)
    dumps = [line for line in log.read_text().splitlines() if "tcpdump" in line]
    assert [line.split()[2] for line in dumps] == ["srv"]
