"""Preflight: every name is defined, once, as what it is used for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from labgen.devices import registry
from labgen.ground import resources
from labgen.ground.errors import Problem, SpecError
from labgen.ground.vocabulary import DEFAULT_VRF
from labgen.ground.yamldoc import Place
from labgen.plan.preflight.case import PreflightCase
from labgen.plan.programs import is_path
from labgen.relay.dialects import DIALECTS
from labgen.spec.model import Spec
from labgen.spec.values import choose, closest


def define(name: str, known: Iterable[str]) -> str:
    """A remedy for a name that nothing has: the one that was meant, or to define it."""
    words = list(known)
    near = closest(name, words)
    if near is not None and _letters(near) != _letters(name):  # `sw9` is no slip for `sw1`
        return f"did you mean `{near}`?"
    return f"define `{name}`, or use one of: {', '.join(words) or 'none defined yet'}"


def _letters(name: str) -> str:
    return "".join(c for c in name.lower() if not c.isdecimal())


def everybody(spec: Spec) -> list[tuple[str, Place, str]]:
    """Every place that makes a node: its name, where, and as what."""
    found: list[tuple[str, Place, str]] = [
        *((name, ("servers", name), "server") for name in spec.servers),
        *((name, ("switches", n), "switch") for n, name in enumerate(spec.switches)),
    ]
    found += [(name, ("externals", name), "external router") for name in spec.externals]
    for segment_name, segment in spec.segments.items():
        for switch, members in segment.attach.items():
            for n, name in enumerate(members):
                again = switch != segment.homes[name][0] and name not in members[:n]  # a bond
                if name not in spec.servers and not again:
                    found.append((name, ("segments", segment_name, "attach", switch, n), "client"))
    return found


def unique(case: PreflightCase) -> Iterator[Problem]:
    """No two nodes have one name, whatever the case of its letters: hosts and folders tell none apart."""
    seen: dict[str, tuple[str, Place, str]] = {}
    for name, place, role in everybody(case.spec):
        first = seen.setdefault(name.lower(), (name, place, role))
        if first[1] == place:
            continue
        where = case.place_of(first[1])
        if first[0] != name:
            reason = f"node `{name}` and node `{first[0]}`{where} differ only in the case of their letters"
        else:
            reason = f"node `{name}` is used twice: as {_a(role)} here, as {_a(first[2])}{where}"
        yield case.problem(place, reason, "give each node one name and one place")


def _a(role: str) -> str:
    return f"{'an' if role[0] in 'aeiou' else 'a'} {role}"


def links(case: PreflightCase) -> Iterator[Problem]:
    """Links have two different known ends, and stand once each."""
    spec = case.spec
    known = {*spec.switches, *spec.servers}
    clients = {name for name, _, role in everybody(spec) if role == "client"} - known
    seen: dict[frozenset[str], int] = {}
    for n, ends in enumerate(spec.link_ends):
        written = spec.links[n].text or "-".join(ends)
        place = ("links", n)
        fault = _link(written, ends, known, clients)
        if fault is not None:
            yield case.problem(place, *fault)
        elif frozenset(ends) in seen:
            where = case.place_of(("links", seen[frozenset(ends)]))
            yield case.problem(place, f"link `{written}` stands twice, first{where}", "keep one of them")
        else:
            seen[frozenset(ends)] = n


def _meant_link(written: str, known: set[str]) -> str:
    """The link whose ends somebody put together by another sign; empty where there is none."""
    plain = written.replace("_", "-")
    pairs = (f"{one}-{other}" for one in known if plain.startswith(one.replace("_", "-")) for other in known)
    return next((pair for pair in pairs if pair.replace("_", "-") == plain), "")


def _link(written: str, ends: tuple[str, ...], known: set[str], clients: set[str]) -> tuple[str, str] | None:
    if len(written.split()) > 1:
        near = re.sub(r"\s*-\s*", "-", written.strip())
        remedy = "put a comma between links: `[a-b, c-d]`" if " " in near else f"write `{near}`"
        return f"link `{written}` holds a space", remedy
    if len(portless := re.sub(r":[^-\s:]+", "", written)) < len(written):
        return (
            f"link `{written}` names ports, which labgen numbers in the order of the links",
            f"write `{portless}`",
        )
    if not ends:
        return f"link `{written}` can be read in more than one way", "write its two ends as a list: `[a, b]`"
    if len(ends) != 2 or not all(ends):
        meant = _meant_link(written, known)
        return (
            f"link `{written}` needs exactly two ends",
            f"did you mean `{meant}`?" if meant else "write it as `sw1-sw2`; client links come from `attach`",
        )
    for end in ends:
        if end in clients:
            return (
                f"link `{written}`: `{end}` is a client",
                "clients hang on segments: name it under `attach` only",
            )
        if end not in known:
            return f"link `{written}`: there is no node `{end}`", define(end, sorted(known))
    if ends[0] == ends[1]:
        return f"link `{written}` connects a node to itself", "name two different nodes"
    return None


def attachments(case: PreflightCase) -> Iterator[Problem]:
    """Servers and segments hang on switches, and every server somewhere."""
    spec = case.spec
    for name, server in spec.servers.items():
        for switch in server.attach:
            if switch in spec.externals:
                reason = f"server `{name}` is attached to `{switch}`, an external router, behind which there are addresses alone"
                remedy = "attach it to a switch, or name its address under `relay.helpers`, beside a server of the lab"
                yield case.problem(("servers", name), reason, remedy)
            elif switch not in spec.switches:
                reason = f"server `{name}` is attached to `{switch}`, which is no switch"
                yield case.problem(("servers", name), reason, define(switch, spec.switches))
        linked = any(name in ends for ends in spec.link_ends)
        on_segment = any(name in members for s in spec.segments.values() for members in s.attach.values())
        if not (server.attach or linked or on_segment):
            first = spec.switches[0]
            yield case.problem(("servers", name), f"server `{name}` has no link", f"write `{name}: {first}`")
    for name, segment in spec.segments.items():
        for switch in segment.attach:
            if switch not in spec.switches:
                reason = f"segment `{name}` is attached to `{switch}`, which is no switch"
                place = ("segments", name, "attach", switch)
                yield case.problem(place, reason, define(switch, spec.switches))


def references(case: PreflightCase) -> Iterator[Problem]:
    """VRFs, servers, switches and devices that are named exist."""
    spec = case.spec
    for name, segment in spec.segments.items():
        place = ("segments", name)
        if segment.vrf != DEFAULT_VRF and segment.vrf not in spec.vrfs:
            reason = f"segment `{name}` is in VRF `{segment.vrf}`, which is not defined"
            yield case.problem((*place, "vrf"), reason, _define_vrf(segment.vrf, spec))
    for group in case.groups:
        relay = group.relay
        for n, server in enumerate(relay.servers):
            if server not in spec.servers:
                reason = f"relay to `{server}`: there is no such server"
                yield case.problem((*group.place, "servers", n), reason, define(server, spec.servers))
        if relay.server_vrf != DEFAULT_VRF and relay.server_vrf not in spec.vrfs:
            reason = f"server VRF `{relay.server_vrf}` is not defined"
            yield case.problem((*group.place, "server_vrf"), reason, _define_vrf(relay.server_vrf, spec))
        yield from _dialect(case, (*group.place, "dialect"), relay.dialect)
    if DEFAULT_VRF in spec.vrfs:
        reason = "VRF `default` is the global routing table, and is there without being defined"
        yield case.problem(("vrfs", DEFAULT_VRF), reason, "leave it out, or choose another name")


def _dialect(case: PreflightCase, place: Place, name: str | None) -> Iterator[Problem]:
    if name is not None and name not in DIALECTS:
        reason = f"labgen-relay has no dialect `{name}`"
        yield case.problem(place, reason, choose(name, DIALECTS))


def _define_vrf(name: str, spec: Spec) -> str:
    near = closest(name, [*spec.vrfs, DEFAULT_VRF])
    return f"did you mean `{near}`?" if near else f"add `vrfs: {{{name}: {{}}}}`"


def nodes(case: PreflightCase) -> Iterator[Problem]:
    """`nodes` names nodes there are, and reflectors are switches."""
    roles = case.ledger.roles
    for name in case.spec.nodes:
        if name not in roles:
            yield case.problem(("nodes", name), f"there is no node `{name}`", define(name, roles))
    overlay = case.spec.overlay
    for name in overlay.route_reflectors if overlay else ():
        if name not in case.spec.switches:
            reason = f"route reflector `{name}` is no switch"
            yield case.problem(("overlay", "route_reflectors"), reason, define(name, case.spec.switches))


def devices(case: PreflightCase) -> Iterator[Problem]:
    """Devices that are named are known."""
    spec = case.spec
    named: list[tuple[Place, str]] = [
        *((("devices", role.value), name) for role, name in spec.devices.items()),
        *((("nodes", node, "device"), each.device) for node, each in spec.nodes.items() if each.device),
        *((("servers", name, "device"), each.device) for name, each in spec.servers.items() if each.device),
    ]
    for place, name in named:
        if is_path(name):
            continue
        try:
            registry.get(name)
        except SpecError as error:
            yield from (case.problem(place, each.reason, each.remedy) for each in error.problems)


def playbooks(case: PreflightCase) -> Iterator[Problem]:
    """Playbooks that are named come with labgen, or are files."""
    known = resources.playbook_files()
    seen: set[str] = set()
    for n, name in enumerate(case.spec.playbooks):
        is_path = Path(name).suffix in {".yml", ".yaml"} or "/" in name
        if is_path and not Path(name).is_file():
            yield case.problem(
                ("playbooks", n), f"there is no playbook file {name}", "name a file that is there"
            )
        elif not is_path and name not in known:
            yield case.problem(("playbooks", n), f"there is no playbook `{name}`", choose(name, known))
        elif name in seen:
            yield case.problem(
                ("playbooks", n), f"playbook `{name}` is listed twice", "leave one of them out"
            )
        seen.add(name)


def findings(case: PreflightCase) -> Iterator[Problem]:
    """Findings that are expected exist."""
    if not case.spec.expect.findings:
        return
    from labgen.dhcp.explain import explanations  # few specs name one, and it brings the codec

    known = [each.code for each in explanations()]
    for n, code in enumerate(case.spec.expect.findings):
        if code not in known:
            yield case.problem(
                ("expect", "findings", n), f"there is no finding `{code}`", choose(code, known)
            )


def leases(case: PreflightCase) -> Iterator[Problem]:
    """Counts of leases are of segments with as many clients, and who gets none is a client."""
    clients = {name for name, _, role in everybody(case.spec) if role == "client"}
    for name, (wanted, total) in case.spec.expect.leases.items():
        place = ("expect", "leases", name)
        if name not in case.spec.segments:
            yield case.problem(place, f"there is no segment `{name}`", choose(name, case.spec.segments))
            continue
        members = [each for each in case.spec.segments[name].homes if each in clients]
        if len(members) != total:
            reason = f"segment `{name}` has {len(members)} clients, not {total}"
            yield case.problem(place, reason, f"write `N of {len(members)}`")
            continue
        left = total - len({*members} & {*case.spec.expect.no_lease})
        if wanted > left:
            reason = f"{wanted} clients of segment `{name}` are to get a lease, and `no_lease` leaves {left}"
            yield case.problem(place, reason, f"write `{left} of {total}`")
    for n, name in enumerate(case.spec.expect.no_lease):
        if name not in clients:
            yield case.problem(
                ("expect", "no_lease", n), f"`{name}` is no client", define(name, sorted(clients))
            )


CHECKS = (leases, unique, links, attachments, references, nodes, devices, playbooks, findings)
