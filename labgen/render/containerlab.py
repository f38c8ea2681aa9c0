"""LabPlan -> containerlab: clab.yml, and the files that exist for containers alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache

from labgen.devices import registry
from labgen.devices.base import Artifact, Device
from labgen.devices.linux import container as linux
from labgen.devices.tools import ContainerDevice, ContainerNode, Files
from labgen.ground.labplan import LabPlan, LinkPlan, NodePlan
from labgen.ground.templating import render
from labgen.render.flow import Value, flow

Pairs = Iterator[tuple[str, Value]]
MISSING_IMAGE = "labgen/bring-your-own:{device}"


def artifacts(
    plan: LabPlan, nodes: dict[str, ContainerNode] | None = None, text: str = ""
) -> Iterator[Artifact]:
    """clab.yml and `clab/`. `nodes` and `text` save the work of `containers` and `topology` where it is done already."""
    nodes = nodes or containers(plan)
    yield Artifact("clab.yml", text or topology(plan, nodes))
    for node in nodes.values():
        yield from node.files


def containers(plan: LabPlan, files: Mapping[str, Files] | None = None) -> dict[str, ContainerNode]:
    """Every node as containerlab sees it. `files` saves rendering every node's own files again."""
    files = files or registry.files(plan)
    return {node.name: container_node(plan, node, files[node.name]) for node in plan.nodes}


def container_node(plan: LabPlan, node: NodePlan, files: Files) -> ContainerNode:
    """A node as containerlab sees it: by the device's own word, or derived from a Linux device's daemons."""
    own = _own_word(node.device)
    if own:
        return own.container(plan, node, files)
    device = registry.get(node.device)
    if device.facts.embedded:
        return linux.container_node(device, plan, node, files)
    return ContainerNode(device.facts.containerlab, MISSING_IMAGE.format(device=device.facts.name))


@cache
def _own_word(device: str) -> ContainerDevice | None:
    """The device, where it says itself how containerlab sees it. Asked once: such questions to a Protocol are slow."""
    found: Device = registry.get(device)
    return found if isinstance(found, ContainerDevice) else None


def topology(plan: LabPlan, nodes: dict[str, ContainerNode], called: Callable[[str], str] = str) -> str:
    """Text of clab.yml. `called` gives the names nodes and the lab go by."""
    blocks = [(called(node.name), _node(node, nodes[node.name])) for node in plan.nodes]
    blocks += [(lan_name(link), _lan(link)) for link in _lans(plan)]
    return render(
        "clab/clab.yml.j2",
        name=flow(called(plan.name)),
        mgmt=plan.nodes[0].mgmt.network,
        network=network(plan),
        nodes=[(flow(name), [(key, flow(value)) for key, value in block]) for name, block in blocks],
        links=[
            flow({"endpoints": [f"{called(node)}:{port}" for node, port in ends]})
            for link in plan.links
            for ends in _endpoints(plan, link, nodes)
        ],
    )


def network(plan: LabPlan) -> str:
    """Name of the Docker network that is the lab's management network: one of its own for each lab."""
    return f"labgen-{plan.name}"


def ready_tests(plan: LabPlan) -> dict[str, str]:
    """The shell command that succeeds in a node once it is ready, by node; of those that have one."""
    tests = {name: node.health.test if node.health else node.ready for name, node in containers(plan).items()}
    return {name: test for name, test in tests.items() if test}


def _node(node: NodePlan, container: ContainerNode) -> Pairs:
    yield "kind", container.kind
    yield "image", container.image
    yield "mgmt-ipv4", str(node.mgmt.ip)
    yield "labels", {"labgen-role": node.role.value, "labgen-device": node.device}
    if container.startup_config:
        yield "startup-config", container.startup_config
    if container.privileged is not None:
        yield "privileged", container.privileged
    optional: tuple[tuple[str, Value], ...] = (
        ("cap-add", list(container.cap_add)),
        ("sysctls", dict(container.sysctls)),
        ("env", dict(container.env)),
        ("binds", [f"{source}:{target}" for source, target in container.binds]),
        ("exec", list(container.exec)),
    )
    yield from ((key, value) for key, value in optional if value)
    if container.health:
        yield "healthcheck", _health(container)


def _health(container: ContainerNode) -> dict[str, Value]:
    health = container.health
    assert health is not None
    return {
        "test": ["CMD-SHELL", health.test],
        "start-period": health.start_period,
        "interval": health.interval,
        "timeout": health.timeout,
        "retries": health.retries,
    }


def _lans(plan: LabPlan) -> list[LinkPlan]:
    """Links with other than two ends; containerlab's links have two, so these get a bridge in a container."""
    return [link for link in plan.links if len(link.endpoints) != 2]


def lan_names(plan: LabPlan) -> tuple[str, ...]:
    """Names of the bridges that stand for LANs."""
    return tuple(lan_name(link) for link in _lans(plan))


def lan_name(link: LinkPlan) -> str:
    """Name of the bridge that stands for a link of more than two ends."""
    return f"lan-{link.index}"


def _lan(link: LinkPlan) -> Pairs:
    ports = " ".join(f"eth{number}" for number in range(1, len(link.endpoints) + 1))
    yield "kind", "linux"
    yield "image", linux.IMAGE
    yield "privileged", False
    yield "cap-add", ["NET_ADMIN"]
    yield (
        "exec",
        [
            "ip link add lan type bridge stp_state 0",
            f"bash -c 'for port in {ports}; do ip link set dev $port master lan up; done'",
            "ip link set dev lan up",
        ],
    )


def _endpoints(
    plan: LabPlan, link: LinkPlan, nodes: dict[str, ContainerNode]
) -> Iterator[list[tuple[str, str]]]:
    """Node and port name of both ends of each containerlab link."""
    ends = []
    for end in link.endpoints:
        index = plan.node(end.node).interface(end.linux).index
        ends.append((end.node, nodes[end.node].port.format(n=index)))
    if len(ends) == 2:
        yield ends
    else:
        yield from ([end, (lan_name(link), f"eth{number}")] for number, end in enumerate(ends, 1))
