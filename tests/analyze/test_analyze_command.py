"""`labgen analyze` from the command line: files in, explanation out."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from labgen.cli.commands.analyze import analyze
from labgen.devices.formats import named, recognise
from labgen.dhcp import Analysis
from labgen.dhcp.following import Follower, appended
from labgen.dhcp.inputs import Collected, Input, Readers, node_name, read_input
from labgen.dhcp.logs import Reading
from labgen.ground.errors import InputError

LOGS = Path(__file__).parent / "logs"


def run(*arguments: str | Path, stdin: str | None = None) -> Result:
    return CliRunner().invoke(analyze, [str(item) for item in arguments], input=stdin)


def analysis(*arguments: str | Path) -> Analysis:
    result = run("--format", "json", *arguments)
    assert result.exception is None, result.output
    return Analysis.from_json(json.loads(result.stdout))


def test_client_and_server_log_with_different_clocks_become_one_exchange() -> None:
    found = analysis(LOGS / "ios-client.log", LOGS / "ios-server.log")
    acquired = found.exchanges[0]
    assert (acquired.client.mac, acquired.address, acquired.server_id) == (
        "02:00:00:00:00:c1",
        "172.16.8.9",
        "172.16.8.4",
    )
    assert {message.node for message in acquired.messages} == {"ios-client", "ios-server"}
    codes = {finding.code for finding in found.findings}
    assert {
        "unexpected-address",
        "nak-suppressed",
        "pool-address-leaked",
        "vss-not-understood",
        "ack-ignored",
    } <= codes


def test_table_shows_ladder_findings_lines_and_sources() -> None:
    result = run(LOGS / "ios-client.log", LOGS / "ios-server.log")
    assert result.exit_code == 0
    assert "DISCOVER" in result.stdout
    assert "Not sending DHCPNAK" in result.stdout
    assert "docs/findings/unexpected-address.md" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 110


def test_json_has_the_fields_of_the_schema() -> None:
    data = json.loads(run("--format", "json", LOGS / "kea.log").stdout)
    assert data["schema"] == "labgen/analysis/1"
    assert {"file", "format", "node", "role", "lines", "events", "unparsed"} <= data["sources"][0].keys()
    exchange = data["exchanges"][0]
    assert {
        "client",
        "kind",
        "xid",
        "outcome",
        "address",
        "server_id",
        "lease_seconds",
        "messages",
    } <= exchange.keys()
    assert {
        "time",
        "node",
        "role",
        "direction",
        "type",
        "giaddr",
        "relay_options",
        "file",
        "line",
    } <= exchange["messages"][0].keys()


class Balance(HTMLParser):
    """Counts tags left open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_html_page_is_whole_and_escapes_the_input(tmp_path: Path) -> None:
    log = tmp_path / "srv.log"
    log.write_text("DHCPDISCOVER from 02:00:00:00:00:c1 via 10.8.0.4: <script>alert(1)</script>\n")
    page = run("--format", "html", "--as", f"{log}=dhcpd:srv", log).stdout
    parser = Balance()
    parser.feed(page)
    assert parser.open == []
    assert "<script>alert" not in page
    assert page.count("<script>") == 1, "labgen's own"
    assert "&lt;script&gt;alert" in page


def test_mermaid_of_one_and_of_several_exchanges() -> None:
    assert run("--format", "mermaid", LOGS / "dhcrelay.log").stdout.startswith("sequenceDiagram")
    assert run("--format", "mermaid", LOGS / "kea.log").stdout.count("```mermaid") == 3


@pytest.mark.slow
def test_standard_input_is_read() -> None:
    script = "import sys; from labgen.cli.main import main; sys.argv=['labgen','analyze','--format','json','-']; main()"
    done = subprocess.run(
        [sys.executable, "-c", script], input=(LOGS / "dhcpd.log").read_bytes(), capture_output=True
    )
    assert json.loads(done.stdout)["sources"][0]["node"] == "stdin"


def test_format_node_and_role_can_be_given() -> None:
    file = LOGS / "udhcpc.log"
    (source,) = analysis("--as", f"{file}=udhcpc:user7:client", file).sources
    assert (source.format, source.node, source.role) == ("udhcpc", "user7", "client")


def test_unparsed_lines_are_counted_and_shown() -> None:
    result = run("--show-unparsed", LOGS / "ios-server.log")
    assert "%SYS-5-CONFIG_I" in result.stderr
    assert analysis(LOGS / "ios-server.log").sources[0].unparsed == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["gone.log"], "No such file"),
        (["--as", "x", "a.log"], "FILE=FORMAT:NODE"),
        (["--as", "other=ios:srv1", "a.log"], "not among the files"),
        (["--as", "a=ios:srv1:boss", "a"], "the role is one of"),
        ([], "Missing argument"),
        (["--follow", "-"], "one growing log"),
    ],
    ids=["missing-file", "malformed-as", "stray-as", "unknown-role", "no-file", "follow-stdin"],
)
def test_wrong_usage_says_what_to_do(arguments: list[str], said: str) -> None:
    result = run(*arguments)
    assert result.exit_code != 0
    assert said in result.output + str(result.exception)


def test_unknown_format_name_is_refused() -> None:
    file = LOGS / "kea.log"
    result = run("--as", f"{file}=kae:srv", file)
    assert isinstance(result.exception, InputError)
    assert "no format is called 'kae'; there are: capture, android, " in str(result.exception)
    assert ", kea-leases, " in str(result.exception)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(bytes(range(256)) * 40, "neither text nor a capture", id="binary"),
        pytest.param(b"hello\nworld\n", "no DHCP log", id="other-text"),
        pytest.param(b"", "no DHCP log", id="empty"),
        pytest.param(b"\xd4\xc3\xb2\xa1\x02\x00", "ends inside its header", id="cut-capture"),
        pytest.param(
            gzip.compress(b"DHCPDISCOVER from 02:00:00:00:00:c1 via x\n" * 99)[:40], "damaged", id="cut-gzip"
        ),
    ],
)
def test_unreadable_file_is_told_and_does_not_stop_the_others(tmp_path: Path, data: bytes, said: str) -> None:
    bad = tmp_path / "bad"
    bad.write_bytes(data)
    result = run("--format", "json", bad, LOGS / "dhcpd.log")
    sources = json.loads(result.stdout)["sources"]
    assert said in " ".join(sources[0]["problems"])
    assert sources[1]["events"] == 8


def test_compressed_log_is_read(tmp_path: Path) -> None:
    file = tmp_path / "srv1.log.gz"
    file.write_bytes(gzip.compress((LOGS / "dhcpd.log").read_bytes()))
    (source,) = analysis(file).sources
    assert (source.node, source.events) == ("srv1", 8)


def test_endless_line_is_cut_and_the_rest_is_read(tmp_path: Path) -> None:
    file = tmp_path / "srv1.log"
    file.write_bytes(
        (LOGS / "dhcpd.log").read_bytes() + b"x" * 500_000 + b"\n" + (LOGS / "dhcpd.log").read_bytes()
    )
    (source,) = analysis(file).sources
    assert source.events == 16
    assert "longer than 64 KiB" in source.problems[0]


def test_memory_is_bounded_by_the_limit(tmp_path: Path) -> None:
    file = tmp_path / "srv1.log"
    file.write_bytes((LOGS / "dhcpd.log").read_bytes() * 50)
    (source,) = analysis("--limit", "100", file).sources
    assert source.events + source.remarks == 100
    assert "stopped at 100 messages" in source.problems[0]


@pytest.mark.parametrize(
    ("before", "after"),
    [("# A post\n\n```\n", "\n```\n"), ("<!DOCTYPE html>\n<p>x</p><pre><code>", "</code></pre>\n")],
    ids=["markdown", "html"],
)
def test_logs_in_code_blocks_of_a_page(tmp_path: Path, before: str, after: str) -> None:
    page = tmp_path / "post.md"
    client = (
        (LOGS / "ios-client.log")
        .read_text()
        .replace("00:18:57: DHCP: SRequest att", "...\n00:18:57: DHCP: SRequest att")
    )
    server = (LOGS / "ios-server.log").read_text()
    page.write_text(before + client.strip() + after + "text\n" + before + server.strip() + after)
    sources = analysis(page).sources
    assert [(source.node, source.format, source.unparsed_dhcp) for source in sources] == [
        ("post-1", "ios", 0),
        ("srv1", "ios", 0),
    ]


def test_collectors_file_is_split_by_host(tmp_path: Path) -> None:
    log = tmp_path / "all.log"
    lines = (LOGS / "dhcpd.log").read_text()
    log.write_text(lines + lines.replace(" srv1 ", " srv2 "))
    nodes = {message.node for exchange in analysis(log).exchanges for message in exchange.messages}
    assert nodes == {"srv1", "srv2"}


@pytest.mark.parametrize(
    ("file", "node"),
    [
        ("logs/renew-srv1.log", "srv1"),
        ("srv1.log.gz", "srv1"),
        ("sw1.pcapng", "sw1"),
        ("-", "stdin"),
        ("cl_a", "cl_a"),
    ],
)
def test_node_is_named_after_the_file(file: str, node: str) -> None:
    assert node_name(file) == node


def test_growing_log_is_told_once_it_has_ended(tmp_path: Path) -> None:
    log = tmp_path / "srv1.log"
    lines = (LOGS / "dhcpd.log").read_text().splitlines(keepends=True)
    log.write_text("".join(lines[:3]))
    kind = named("dhcpd")
    assert kind is not None
    follower = Follower(kind, lambda: Reading("srv1.log", "srv1"), patience=60)
    polls = iter([True, True, False])

    def more() -> bool:
        if (again := next(polls)) and log.stat().st_size < 400:
            log.write_text("".join(lines[:5]))
        return again

    batches: list[list[str]] = []
    for line in appended(log, forever=more, poll=0.01):
        if line is not None:
            follower.feed([line])
        else:
            batches.append([exchange.outcome.value for exchange in follower.news()[0]])
    assert batches == [[], ["bound"], []]


def test_rotated_log_is_read_from_its_start(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("one\ntwo\n")
    polls = iter([True, False])

    def more() -> bool:
        log.write_text("new\n")
        return next(polls)

    seen = [line[1] for line in appended(log, forever=more, poll=0.01) if line is not None]
    assert seen == ["one", "two", "new"]


@pytest.mark.slow
def test_reading_does_not_hold_a_log_in_memory(tmp_path: Path) -> None:
    """Half a million lines of other daemons leave nothing behind."""
    log = tmp_path / "big.log"
    log.write_text(
        (LOGS / "dhcpd.log").read_text() + "Nov 23 20:25:11 srv1 sshd[1]: session opened\n" * 300_000
    )
    into = Collected(1000)
    read_input(Input(str(log)), Readers(recognise, named), into)
    (source,) = into.sources
    assert (source.events, source.unparsed) == (8, 300_000)
    assert len(into.records) == source.events + source.remarks


def test_help_is_quick_and_has_examples() -> None:
    result = run("--help")
    assert "labgen analyze srv1.log" in result.output


@pytest.mark.parametrize(
    ("option", "text", "said"),
    [
        ("--subnet", "nope", "no IPv4 prefix"),
        ("--subnet", "10.0.0.0/33", "no IPv4 prefix"),
        ("--subnet", "::/0", "no IPv4 prefix"),
        ("--subnet", "10.0.0.1/24", "an address in 10.0.0.0/24"),
        ("--server", "srv1", "no IPv4 address"),
        ("--server", "999.1.1.1", "no IPv4 address"),
        ("--server", "\uff110.0.0.1", "no IPv4 address"),
    ],
)
def test_what_is_to_be_judged_by_is_read_or_refused(
    option: str, text: str, said: str, tmp_path: Path
) -> None:
    (tmp_path / "x.log").touch()
    done = CliRunner().invoke(analyze, [option, text, str(tmp_path / "x.log")])
    assert (done.exit_code, said in done.output) == (2, True), done.output


@pytest.mark.slow
def test_a_named_pipe_is_announced_before_it_is_waited_for(tmp_path: Path) -> None:
    pipe, log = tmp_path / "kea.log", LOGS / "kea.log"
    os.mkfifo(pipe)
    command = [sys.executable, "-m", "labgen", "analyze", "--format", "json", str(pipe)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as reader:
        assert reader.stderr is not None
        assert (
            reader.stderr.readline() == f"{pipe}: a named pipe, which is read once something writes to it\n"
        )
        pipe.write_bytes(log.read_bytes())
        told, _ = reader.communicate()
    assert len(json.loads(told)["exchanges"]) == len(analysis(log).exchanges) > 0


def test_an_ordinary_file_is_not_called_a_pipe() -> None:
    assert run(LOGS / "kea.log").stderr == ""
