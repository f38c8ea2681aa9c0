"""IPv6 is refused wherever an address can be written, with its place, until it is built."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from labgen.ground.errors import SpecError
from labgen.relay import config as relay
from labgen.schemas.published import document
from labgen.spec.load import load

Where = tuple[str, ...]
IPV6 = {"address": "2001:db8::1", "prefix": "2001:db8::/64"}
SPEC: dict[str, Any] = {
    "name": "six",
    "devices": {"switch": "frr", "server": "kea", "client": "dhclient"},
    "switches": ["sw"],
    "segments": {"a": {"attach": {"sw": ["pc"]}, "relay": {"servers": ["srv"]}}},
    "servers": {"srv": "sw"},
}
FOUR = """name: six
switches: [sw]
segments:
  a: {attach: {sw: [pc]}, relay: {servers: [srv]}, MORE}
servers: {srv: sw}
"""
RELAY: dict[str, Any] = {"interfaces": [{"name": "eth1", "servers": [{"address": "10.0.0.1"}]}]}
BESIDE = {"via": {"to": "10.0.0.0/8"}, "to": {"via": "10.0.0.1"}}
"""What a key needs beside it."""
NAMES = {"nodes": "sw", "segments": "a", "addresses": "a", "reservations": "pc"}
"""What stands for a name that the user chooses, by the key above it."""


def addresses(schema: Any, root: Any, path: Where = (), above: Where = ()) -> Iterator[tuple[Where, str]]:
    """Every place of a schema where an address or a prefix is written; `*` is a name, `[]` an entry of a list."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name not in above:
            yield from addresses(root["$defs"][name], root, path, (*above, name))
        return
    pattern = schema.get("pattern", "")
    if schema.get("format") == "ipv4" or "25[0-5]" in pattern or "/(3[0-2]" in pattern:
        yield path, "prefix" if "3[0-2]" in pattern else "address"
    for each in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from addresses(each, root, path, above)
    for own in schema.get("patternProperties", {}).values():
        yield from addresses(own, root, (*path, "*"), above)
    for name, own in schema.get("properties", {}).items():
        yield from addresses(own, root, (*path, name), above)
    for key, mark in (("additionalProperties", "*"), ("items", "[]")):
        if isinstance(schema.get(key), dict):
            yield from addresses(schema[key], root, (*path, mark), above)


def places(schema: Any) -> list[Any]:
    found = dict.fromkeys(addresses(schema, schema))
    return [pytest.param(path, kind, id=".".join(path)) for path, kind in found]


def written(base: Any, path: Where, value: str) -> Any:
    """`base` with a value at a place, and what is needed around it."""
    if not path:
        return value
    head, *rest = path
    if head == "[]":
        first, *others = base if isinstance(base, list) and base else [None]
        return [written(first, tuple(rest), value), *others]
    inside = base if isinstance(base, dict) else BESIDE.get(head, {})
    if rest[:1] == ["*"]:
        rest[0] = NAMES.get(head, "sw")
    return {**inside, head: written(inside.get(head), tuple(rest), value)}


def line_of(file: Path, value: str) -> int:
    (number,) = [n for n, line in enumerate(file.read_text().splitlines(), 1) if value in line]
    return number


@pytest.mark.slow
@pytest.mark.parametrize(("path", "kind"), places(document("spec")))
def test_a_spec_with_ipv6_is_refused_where_it_is_written(tmp_path: Path, path: Where, kind: str) -> None:
    file = tmp_path / "six.yml"
    file.write_text(yaml.safe_dump(written(SPEC, path, IPV6[kind]), sort_keys=False, default_flow_style=None))
    with pytest.raises(SpecError) as caught:
        load(str(file))
    told = [problem for problem in caught.value.problems if "IPv6" in problem.reason]
    assert [(problem.line, IPV6[kind] in problem.reason) for problem in told] == [
        (line_of(file, IPV6[kind]), True)
    ]


@pytest.mark.parametrize(("path", "kind"), places(relay.RelayConfig.model_json_schema()))
def test_a_relay_with_ipv6_is_refused_where_it_is_written(tmp_path: Path, path: Where, kind: str) -> None:
    file = tmp_path / "relay.yml"
    file.write_text(
        yaml.safe_dump(written(RELAY, path, IPV6[kind]), sort_keys=False, default_flow_style=None)
    )
    with pytest.raises(SpecError) as caught:
        relay.load_config(file)
    told = [problem for problem in caught.value.problems if "IPv4" in problem.reason]
    assert [problem.line for problem in told] == [line_of(file, IPV6[kind])]


@pytest.mark.parametrize(
    ("path", "kind"), [(("segments", "a", "prefix"), "prefix"), (("nodes", "sw", "loopback"), "address")]
)
def test_ipv6_given_on_the_command_line_is_refused_by_its_setting(
    tmp_path: Path, path: Where, kind: str
) -> None:
    file = tmp_path / "six.yml"
    file.write_text(yaml.safe_dump(SPEC, sort_keys=False, default_flow_style=None))
    with pytest.raises(SpecError) as caught:
        load(str(file), {}, [f"{'.'.join(path)}={IPV6[kind]}"])
    (problem,) = caught.value.problems
    assert "IPv6" in problem.reason
    assert "--set" in str(caught.value)


def test_the_same_with_ipv4_is_accepted(tmp_path: Path) -> None:
    file = tmp_path / "four.yml"
    file.write_text(
        yaml.safe_dump(
            written(SPEC, ("segments", "a", "prefix"), "10.9.0.0/24"),
            sort_keys=False,
            default_flow_style=None,
        )
    )
    assert str(load(str(file)).spec.segments["a"].prefix) == "10.9.0.0/24"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("pool: {range: 2001:db8::1-2001:db8::9}", "segments.a.pool.range"),
        ("pool: {range: [172.16.0.9, 'fe80::1']}", "segments.a.pool.range"),
        ("pool: {split: {srv: 2001:db8::1-2001:db8::9}}", "segments.a.pool.split"),
        ("classes: {p: {vendor_class: x, range: 2001:db8::1}}", "segments.a.classes.p.range"),
        ("secondary: [{prefix: 172.17.0.0/24, range: 2001:db8::1}]", "segments.a.secondary"),
        ("options: {224: 2001:db8::1}", "segments.a.options"),
        ("options: {224: ['2001:db8::1', '2001:db8::2']}", "segments.a.options"),
    ],
)
def test_ranges_and_options_of_ipv6_are_refused_with_their_line(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "six.yml"
    file.write_text(FOUR.replace("MORE", text))
    with pytest.raises(SpecError) as caught:
        load(str(file))
    said = str(caught.value)
    assert said.startswith(f"{file}:4:") and says in said
    assert "is an IPv6 address; labgen builds and checks IPv4 so far" in said


@pytest.mark.parametrize(
    "text",
    [
        "pool: {range: 172.16.0.1-172.16.0.9}",
        'options: {224: "00:01:02:03:04:05:06:07"}',
        "options: {224: 'a::b is text'}",
        "options: {224: 10.0.0.1}",
    ],
)
def test_what_only_looks_like_ipv6_is_taken(tmp_path: Path, text: str) -> None:
    """Eight octets with colons are octets."""
    file = tmp_path / "four.yml"
    file.write_text(FOUR.replace("MORE", text))
    load(str(file))
