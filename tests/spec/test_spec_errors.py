"""A wrong spec says where, what, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from labgen.ground.errors import SpecError
from labgen.plan.build import build
from labgen.spec.load import load

GOOD = """\
name: bad
switches: [sw1, sw2]
links: [sw1-sw2]
overlay: {data: vxlan, control: evpn, asn: 65000}
vrfs: {client: {}}
segments:
  cv1:
    vrf: client
    gateway: anycast
    attach:
      sw1: [cl_a]
      sw2: [cl_b]
    relay:
      servers: [srv1]
      source: loopback
      options: [link-selection]
    pool:
      split: even
servers: {srv1: sw2}
"""


def problem(tmp_path: Path, old: str, new: str) -> SpecError:
    assert old in GOOD
    file = tmp_path / "bad.yml"
    file.write_text(GOOD.replace(old, new))
    with pytest.raises(SpecError) as caught:
        build(load(str(file)))
    assert str(file) in str(caught.value)
    return caught.value


def test_the_base_of_these_tests_is_a_good_spec(tmp_path: Path) -> None:
    file = tmp_path / "good.yml"
    file.write_text(GOOD)
    assert build(load(str(file))).name == "bad"


@pytest.mark.parametrize(
    ("old", "new", "line", "offending", "remedy"),
    [
        pytest.param(
            "    vrf: client",
            "    vfr: client",
            8,
            "unknown key `vfr` in segments.cv1",
            "did you mean `vrf`?",
            id="unknown key",
        ),
        pytest.param(
            "sw2: [cl_b]", "sw9: [cl_b]", 12, "`sw9`, which is no switch", "sw1, sw2", id="dangling switch"
        ),
        pytest.param("[sw1-sw2]", "[sw1-sw7]", 3, "no node `sw7`", "define `sw7`", id="dangling link end"),
        pytest.param(
            "[sw1-sw2]", "[sw1-sw2, sw1]", 3, "needs exactly two ends", "sw1-sw2", id="one-ended link"
        ),
        pytest.param("[sw1-sw2]", "[sw1-sw1]", 3, "connects a node to itself", "two different", id="loop"),
        pytest.param(
            "servers: [srv1]", "servers: [srv7]", 14, "no such server", "define `srv7`", id="dangling server"
        ),
        pytest.param(
            "vrf: client",
            "vrf: blue",
            8,
            "VRF `blue`, which is not defined",
            "vrfs: {blue: {}}",
            id="dangling VRF",
        ),
        pytest.param(
            "sw2: [cl_b]",
            "sw2: [cl_a]",
            12,
            "`cl_a` hangs on `sw1` and `sw2` at once, which is a bond",
            "write `multihoming: true` under `overlay`",
            id="client under two switches",
        ),
        pytest.param(
            "asn: 65000",
            "asn: no",
            4,
            "overlay.asn: `no` is no AS number",
            "from 1 to 4294967295",
            id="wrong type",
        ),
        pytest.param(", asn: 65000", "", 4, "EVPN needs an AS number", "asn: 65000", id="EVPN without AS"),
        pytest.param(
            "split: even",
            "split: {srv1: 10.9.9.1-10.9.9.9}",
            18,
            "outside segment `cv1`",
            "172.16.0.0/24",
            id="pool outside",
        ),
        pytest.param(
            "split: even",
            "split: {srv1: 172.16.0.9-172.16.0.3}",
            18,
            "is higher than",
            "172.16.0.3-172.16.0.9",
            id="pool backwards",
        ),
        pytest.param(
            "[link-selection]",
            "[circuit-id]",
            15,
            "link-selection is not sent",
            "RFC 3527",
            id="loopback giaddr",
        ),
        pytest.param(
            "source: loopback",
            "source: interface",
            15,
            "no route back",
            "source: loopback",
            id="no route back",
        ),
        pytest.param(
            "{srv1: sw2}",
            "{srv1: {}}",
            19,
            "server `srv1` has no link",
            "srv1: sw1",
            id="server without link",
        ),
    ],
)
def test_fault_names_line_text_and_remedy(
    tmp_path: Path, old: str, new: str, line: int, offending: str, remedy: str
) -> None:
    error = problem(tmp_path, old, new)
    first = error.problems[0]
    assert first.line == line
    assert first.text is not None
    assert first.text.strip() in GOOD.replace(old, new)
    assert offending in first.reason
    assert remedy in first.remedy


def test_every_fault_is_listed_at_once(tmp_path: Path) -> None:
    error = problem(tmp_path, "links: [sw1-sw2]", "links: [sw1-sw7, sw8-sw2]")
    assert len(error.problems) == 2


def test_overlapping_pools_are_an_error_that_offers_the_declaration(tmp_path: Path) -> None:
    file = tmp_path / "two.yml"
    file.write_text(
        GOOD.replace("servers: [srv1]", "servers: [srv1, srv2]")
        .replace("{srv1: sw2}", "{srv1: sw2, srv2: sw2}")
        .replace("split: even", "split: {srv1: 172.16.0.10-172.16.0.99, srv2: 172.16.0.90-172.16.0.120}")
    )
    with pytest.raises(SpecError) as caught:
        build(load(str(file)))
    assert "172.16.0.90-172.16.0.99" in str(caught.value)
    assert "split: shared" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b"name: [", "not YAML", id="syntax"),
        pytest.param(b"- a\n- b\n", "expected a mapping", id="list"),
        pytest.param(b"", "expected a mapping", id="empty"),
        pytest.param(b"\xff\xfe\x00", "not UTF-8", id="binary"),
        pytest.param(b"name: a\nname: b\n", "stands here again (first in line 1)", id="key twice"),
    ],
)
def test_unreadable_file_is_explained(tmp_path: Path, content: bytes, expected: str) -> None:
    file = tmp_path / "bad.yml"
    file.write_bytes(content)
    with pytest.raises(SpecError) as caught:
        load(str(file))
    assert expected in str(caught.value)


def test_unknown_scenario_lists_the_known_ones() -> None:
    with pytest.raises(SpecError, match="evpn-redundant-server"):
        load("no-such-scenario")


def test_unknown_device_suggests_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="did you mean `iosv`"):
        build(load("relay", {"server": "iosvv"}))


def test_a_fault_in_a_setting_names_the_option_not_a_line() -> None:
    with pytest.raises(SpecError) as caught:
        build(load("evpn-redundant-server", settings=["segments.cv1.relay.source=interface"]))
    assert caught.value.problems[0].line is None
    assert "--set segments.cv1.relay.source=interface: " in str(caught.value)


def test_an_unknown_node_in_a_device_option_names_the_option() -> None:
    with pytest.raises(SpecError, match="--device sw9=eos: there is no node `sw9`"):
        build(load("relay", {"sw9": "eos"}))


def test_of_very_many_problems_the_first_are_told_and_the_rest_counted(tmp_path: Path) -> None:
    file = tmp_path / "wrong.yml"
    file.write_text("name: x\n" + "".join(f"k{number}: 1\n" for number in range(300)))
    with pytest.raises(SpecError) as info:
        load(str(file))
    text = str(info.value)
    assert "wrong.yml:2:1: unknown key `k0`" in text
    assert "more problems; mend these first" in text
    assert "k200" not in text
    assert len(info.value.problems) > 250
