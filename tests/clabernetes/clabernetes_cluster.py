"""A cluster as labgen sees it: a stand-in `kubectl` on PATH, and in its pods stand-ins for the programs of a launcher.

What they answer lies in files of a folder, `facts`; what they were asked goes to `facts/calls`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KUBECTL = """#!/bin/sh
facts=$LABGEN_TEST_FACTS
echo "${KUBECONFIG:-}: $@" >>$facts/calls
while [ "$1" = --context ] || [ "$1" = -n ]; do shift 2; done
case "$1 $2" in
"config current-context") cat $facts/context; exit ;;
esac
if [ -e $facts/unreachable ]; then echo "dial tcp: connection refused" >&2; exit 1; fi
case "$1" in
api-resources) cat $facts/kinds ;;
create) cat >$facts/namespace ;;
apply) cat >$facts/applied; [ ! -e $facts/refusal ] || { cat $facts/refusal >&2; exit 1; } ;;
delete) rm -f $facts/namespace $facts/applied; echo '{"items": []}' >$facts/pods ;;
logs) cat $facts/logs ;;
get)
    case "$2" in
    --raw) echo '{}' ;;
    namespace) [ ! -e $facts/namespace ] || echo namespace/$3 ;;
    topologies*) cat $facts/topology ;;
    pods) cat $facts/pods ;;
    esac ;;
exec)
    while [ "$1" != -- ]; do shift; done; shift
    PATH=$facts/launcher:$PATH "$@"; status=$?
    [ $status = 0 ] || echo "command terminated with exit code $status" >&2
    exit $status ;;
esac
"""

DOCKER = """#!/bin/sh
facts=$LABGEN_TEST_FACTS
case "$1" in
container) printf '[{"Name": "/%s", "State": {"Pid": 4711, "Running": true, "Health": {"Status": "%s"}}}]' $3 "$(cat $facts/health)" ;;
logs) echo "kea-dhcp4: cannot open configuration" ;;
exec)
    shift; case "$1" in -*) shift ;; esac; shift
    case "$*" in
    *"test -e /run/labgen-ready"*) [ ! -e $facts/unready ] ;;
    *"/run/labgen/"*"kill -0"*) for word in $*; do case $word in /run/labgen/*) echo 4712 ;; esac; done ;;
    *"show ip ospf neighbor"*)
        echo '[{"dst": "0.0.0.0/1"}, {"dst": "128.0.0.0/1"}]'
        echo "1.1.1.1 1 Full/-"; echo "2.2.2.2 1 Full/-" ;;
    *) "$@" ;;
    esac ;;
esac
"""

NSENTER = """#!/bin/sh
echo "nsenter $@" >>$LABGEN_TEST_FACTS/calls
while [ "$1" != -w ]; do shift; done
echo captured >$2
"""

KINDS = {
    "c9s.run": "topologies   c9s.run/v1alpha1   true   Topology\nlaunchers   lp   c9s.run/v1alpha1   true   LauncherProfile\n",
    "clabernetes.containerlab.dev": "topologies   clabernetes.containerlab.dev/v1alpha1   true   Topology\n",
}
LABELS = {
    "c9s.run": "c9s.run/topologyNode",
    "clabernetes.containerlab.dev": "clabernetes/topologyNode",
}


@dataclass(frozen=True)
class StandIn:
    """The facts a cluster consists of."""

    facts: Path

    def write(self, name: str, text: str) -> None:
        (self.facts / name).write_text(text)

    def has(self, name: str) -> bool:
        return (self.facts / name).exists()

    def read(self, name: str) -> str:
        return (self.facts / name).read_text()

    @property
    def calls(self) -> list[str]:
        return self.read("calls").splitlines()

    def serves(self, group: str, nodes: tuple[str, ...], **states: dict[str, Any]) -> None:
        """clabernetes of an API group, with a launcher for each node; `states` of containers that are not ready, by node."""
        self.write("kinds", KINDS[group])
        self.write("topology", json.dumps({"status": {"topologyReady": not states}}))
        self.write(
            "pods", json.dumps({"items": [pod(LABELS[group], each, states.get(each)) for each in nodes]})
        )


def pod(label: str, node: str, waiting: dict[str, Any] | None = None) -> dict[str, Any]:
    """A launcher pod as the API server shows it."""
    state = {
        "ready": waiting is None,
        "restartCount": 5,
        "state": {"waiting": waiting} if waiting else {"running": {}},
    }
    return {
        "metadata": {"name": f"relay-{node}-5d8f-x2k", "labels": {label: node}},
        "spec": {"containers": [{"name": node}]},
        "status": {"containerStatuses": [state]},
    }


def install(folder: Path) -> StandIn:
    """Programs go to `folder/bin`, the launcher's to `folder/facts/launcher`."""
    facts = folder / "facts"
    for name, text in (
        ("bin/kubectl", KUBECTL),
        ("facts/launcher/docker", DOCKER),
        ("facts/launcher/nsenter", NSENTER),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    cluster = StandIn(facts)
    for name, text in (
        ("context", "prod\n"),
        ("health", "healthy"),
        ("calls", ""),
        ("logs", "image not found\n"),
    ):
        cluster.write(name, text)
    cluster.serves("c9s.run", ("srv", "relay", "user"))
    return cluster
