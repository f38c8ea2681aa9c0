"""docker, containerlab and netlab as `container_world` puts them on PATH, which imports this module: `PROGRAM ARGUMENTS...`.

They are started a thousand times, most of them to answer with a word: nothing that Python does not have built in is imported before it
is needed. The state of the machine is in the file LABGEN_TEST_WORLD, as `marshal` writes it.
"""

from __future__ import annotations

import marshal
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

FILE = os.environ["LABGEN_TEST_WORLD"]
NETLAB_FILES = ("clab-netlab.yml", "hosts.yml", "node_files")


def state() -> dict[str, Any]:
    with open(FILE, "rb") as file:  # noqa: PTH123  pathlib takes twice as long to import as all of this
        found: dict[str, Any] = marshal.load(file)
    return found


def keep(world: dict[str, Any]) -> None:
    whole = f"{FILE}.{os.getpid()}"
    with open(whole, "wb") as file:  # noqa: PTH123
        marshal.dump(world, file)
    os.replace(whole, FILE)  # noqa: PTH105  who reads meanwhile reads the one or the other


def told(value: object) -> str:
    import json

    return json.dumps(value)


def say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def fail(reason: str) -> None:
    say(reason)
    sys.stderr.write("Fatal error\n")
    sys.exit(1)


def field(text: str, key: str) -> str:
    import re

    found = re.search(rf"\b{key}: *([^,}}\s]+)", text)
    assert found is not None, key
    return found[1]


def docker(world: dict[str, Any], arguments: list[str]) -> None:
    match arguments:
        case ["version", *_]:
            say("20.10")
        case ["ps", *_]:
            say(*world["containers"])
        case ["container", "inspect", *names]:
            say(told([world["containers"][name] for name in names if name in world["containers"]]))
        case ["network", "ls", *_]:
            say(*world["networks"])
        case ["network", "inspect", *names]:
            subnets = {name: {"Config": [{"Subnet": world["networks"][name]}]} for name in names}
            say(told([{"Name": name, "IPAM": ipam} for name, ipam in subnets.items()]))
        case ["network", "rm", name]:
            world["networks"].pop(name, None)
            keep(world)
        case ["rm", "-f", "-v", *names]:
            for name in names:
                world["containers"].pop(name, None)
            keep(world)
        case ["exec", _, *command]:
            inside(" ".join(command), world["dead"])


def inside(command: str, dead: list[str]) -> None:
    """A node that has converged, unless daemons of it are dead."""
    routes = [{"dst": prefix, "gateway": "g"} for prefix in ("10.0.0.0/8", "172.16.0.0/12")]
    if "ospf neighbor" in command:
        say(told([] if dead else routes), *(() if dead else ["1.1.1.1           1 Full/-"] * 9))
    elif command.startswith("cat"):
        say(f"the last words of {command.rsplit('/', 1)[1]}")
    elif "kill -0" in command:
        asked = [part.partition(".pid")[0] for part in command.split("/run/labgen/")[1:]]
        say(*("0" if daemon in dead else "77" for daemon in asked))


def deploy(world: dict[str, Any], file: Path) -> None:
    text = file.read_text()
    lab = field(text, "name")
    world["networks"][field(text, "network")] = field(text, "ipv4-subnet")
    world["deployed"] += 1
    for node in world["nodes"]:
        world["containers"][f"clab-{lab}-{node}"] = {
            "Name": f"/clab-{lab}-{node}",
            "Image": "sha256:" + "ab" * 32,
            "Config": {
                "Image": "labgen/node:0.2",
                "Labels": {
                    "containerlab": lab,
                    "clab-topo-file": str(file.resolve()),
                    "clab-node-name": node,
                },
            },
            "State": {"Pid": os.getppid(), "Running": True, "Health": {"Status": "healthy"}},
            "Created": f"2026-03-01T10:00:{world['deployed']:02}.123456789Z",
        }
        keep(world)
        if world["fail"] == "deploy":
            fail(f"level=error msg={world['reason']}")


def destroy(world: dict[str, Any], file: Path) -> None:
    lab = field(file.read_text(), "name")
    for name in [*world["containers"]]:
        if world["containers"][name]["Config"]["Labels"]["containerlab"] == lab:
            del world["containers"][name]
    keep(world)


def containerlab(world: dict[str, Any], arguments: list[str]) -> None:
    from pathlib import Path

    if world["fail"] == "early":
        text = Path(arguments[2]).read_text()
        world["networks"][field(text, "network")] = field(text, "ipv4-subnet")
        keep(world)
        fail(world["reason"])
    if arguments[0] == "deploy":
        say("\x1b[32mINFO\x1b[0m Creating container")
        deploy(world, Path(arguments[2]))
    else:
        destroy(world, Path(arguments[2]))


def netlab(world: dict[str, Any], arguments: list[str]) -> None:
    from pathlib import Path

    if arguments[0] == "up":
        netlab_up(world, Path(arguments[1] if len(arguments) > 1 else "topology.yml").read_text())
    elif Path("clab-netlab.yml").exists():
        netlab_down(world, "--cleanup" in arguments)
    else:
        fail("no snapshot here")


def netlab_up(world: dict[str, Any], topology: str) -> None:
    from pathlib import Path

    if Path("netlab.lock").exists():
        fail("It looks like you have another lab running in this directory")
    mgmt = next(line for line in topology.splitlines() if "mgmt:" in line)
    lab, network, subnet = field(topology, "name"), field(mgmt, "_network"), field(mgmt, "ipv4")
    Path("clab-netlab.yml").write_text(f"name: {lab}\nnetwork: {network}\nipv4-subnet: {subnet}\n")
    Path("hosts.yml").write_text("all: {hosts: {}}\n")
    Path("node_files").mkdir(exist_ok=True)
    say("Created provider configuration file")
    if world["fail"] == "early":
        fail(world["reason"])
    Path("netlab.lock").touch()
    world["instances"][lab] = str(Path.cwd())
    deploy(world, Path("clab-netlab.yml"))


def netlab_down(world: dict[str, Any], cleanup: bool) -> None:
    from pathlib import Path

    lab = field(Path("clab-netlab.yml").read_text(), "name")
    destroy(world, Path("clab-netlab.yml"))
    if world["instances"].get(lab) == str(Path.cwd()):
        del world["instances"][lab]
        keep(world)
    Path("netlab.lock").unlink(missing_ok=True)
    for name in ("clab.yml", "config", *NETLAB_FILES) if cleanup else ():
        if Path(name).is_dir():
            import shutil

            shutil.rmtree(name)
        else:
            Path(name).unlink(missing_ok=True)


def nsenter(world: dict[str, Any], arguments: list[str]) -> None:
    """With tcpdump behind it: captures nothing, until it is ended."""
    from pathlib import Path

    Path(arguments[arguments.index("-w") + 1]).touch()
    import signal

    signal.pause()


def hang(world: dict[str, Any]) -> None:
    """For ever, with a child that holds the output open: both are known to the world by their pids."""
    child = os.fork()
    if child:
        keep({**world, "hung": [*world["hung"], os.getpid(), child]})
        say("Waiting for something")
        sys.stdout.flush()
    import signal

    signal.pause()


def main() -> None:
    programs = {"docker": docker, "containerlab": containerlab, "netlab": netlab, "nsenter": nsenter}
    world = state()
    if " ".join(sys.argv[1:]).startswith(world["hang"]):
        hang(world)
    programs[sys.argv[1]](world, sys.argv[2:])
