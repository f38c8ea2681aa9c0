"""Whatever carried a log line here, the line is the same; nothing that commands a terminal goes further than the reader."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from click.testing import CliRunner

from labgen.cli.commands.analyze import analyze as command
from labgen.devices.dhcpd import log as dhcpd
from labgen.devices.formats import named, recognise, spare, tell
from labgen.devices.observed import Raw
from labgen.devices.reading import records
from labgen.dhcp.analysis import analyze
from labgen.dhcp.inputs import Input, Readers
from labgen.dhcp.margins import common_prefix
from labgen.dhcp.message import MessageRole
from labgen.dhcp.model import Analysis
from labgen.dhcp.stamps import moment
from labgen.dhcp.unwrap import clean, plain

CASES = Path(__file__).parent / "cases"
WORDS = "dhcpd[811]: DHCPDISCOVER from 00:00:5e:00:53:01 via 198.51.100.1"
STAMP = "2025-03-03T09:00:00Z"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f'{{"log":"{WORDS}\\n","stream":"stderr","time":"{STAMP}"}}', f"{STAMP} {WORDS}"),
        (
            '{"__REALTIME_TIMESTAMP":"1740992400000000","_HOSTNAME":"srv1","SYSLOG_IDENTIFIER":"dhcpd","_PID":"811",'
            f'"MESSAGE":"{WORDS.partition(": ")[2]}"}}',
            f"{STAMP} srv1 {WORDS}",
        ),
        (f"2025-03-03T09:00:00.123Z stderr F {WORDS}", f"2025-03-03T09:00:00.123Z {WORDS}"),
        (f"<134>1 {STAMP} srv1 dhcpd 811 - - {WORDS.partition(': ')[2]}", f"{STAMP} srv1 {WORDS}"),
        (f'<134>1 {STAMP} srv1 dhcpd 811 - [meta sequenceId="1"] {WORDS.partition(": ")[2]}', f"{STAMP} srv1 {WORDS}"),
        (f"<30>Mar  3 09:00:00 srv1 {WORDS}", f"Mar  3 09:00:00 srv1 {WORDS}"),
        (f"/var/log/syslog:Mar  3 09:00:00 srv1 {WORDS}", f"Mar  3 09:00:00 srv1 {WORDS}"),
        (f"dhcp-1  | Mar  3 09:00:00 srv1 {WORDS}", f"Mar  3 09:00:00 srv1 {WORDS}"),
        (f"2025-03-03T09:00:00\tInformational\tdhcpd\t{WORDS[13:]}\t", f"2025-03-03T09:00:00 dhcpd: {WORDS[13:]}"),
        (f"Mon 2025-03-03 09:00:00 UTC srv1 {WORDS}", f"2025-03-03 09:00:00Z srv1 {WORDS}"),
        ("a &lt;b&gt; &amp; c", "a <b> & c"),
    ],
    ids=["docker", "journal", "cri", "rfc5424", "rfc5424-data", "rfc3164", "grep", "compose", "page", "journalctl", "html"],
)  # fmt: skip
def test_line_is_taken_out_of_its_carrier(line: str, expected: str) -> None:
    assert plain(line).split() == expected.split()


@pytest.mark.parametrize(
    "line", ['{"event":"packet","ts":1.0}', '{"mac":"00:00:5e:00:53:01","msg":"x"}', "{broken", WORDS]
)
def test_line_that_is_no_carrier_stays_as_it_is(line: str) -> None:
    assert plain(line) == line


@pytest.mark.parametrize(
    "hostile",
    [
        "\x1b[2J\x1b[31m",
        "\x1b]0;title\x07",
        "\x1b]8;;http://198.51.100.1\x1b\\",
        "\x9b31m",
        "\u202eabc\u202c",
        "\u2066\u2069\u200f",
        "\x07\x08",
        "\x1bP1$r\x1b\\",
    ],
)
def test_escapes_and_marks_of_direction_are_taken_out(hostile: str) -> None:
    found = clean(f"a{hostile}b")
    assert found.replace("\ufffd", "").isprintable()
    assert found[0] == "a"
    assert found[-1] == "b"


@pytest.mark.parametrize("form", ["table", "json", "html", "mermaid"])
def test_no_output_holds_what_a_log_smuggles_in(form: str, tmp_path: Path) -> None:
    log = tmp_path / "srv.log"
    log.write_text(
        "Mar  3 09:00:00 s\x1b[31m dhcpd[1]: DHCPDISCOVER from 00:00:5e:00:53:01 (\x1b]0;x\x07\u202epc) via eth0"
        ": network 198.51.100.0/24: no free leases \x1b[2J\u202e\n"
        "Mar  3 09:00:01 s dhcpd[1]: Abandoning IP address 198.51.100.9: \x1b[1mdeclined.\x9b0m\n",
        encoding="utf-8",
    )
    result = CliRunner().invoke(command, ["--format", form, "--show-unparsed", str(log)])
    told = result.output
    assert "DHCPDISCOVER" in told or "DISCOVER" in told
    for mark in ("\x1b", "\x9b", "\x07", "\u202e", "\\u001b", "\\u202e"):
        assert mark not in told


def test_quote_marks_and_indentation_of_every_line_are_taken_off() -> None:
    assert common_prefix(["> a", "> b", "", ">", "> c"]) == "> "
    assert common_prefix(["    a", "      b"]) == "    "
    assert common_prefix(["a", "  b"]) == ""


def read(file: Path) -> Analysis:
    return analyze([Input(str(file))], Readers(recognise, named, tell=tell, spare=spare))


def test_empty_lines_without_end_are_not_read_to_the_end(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.gz"
    with gzip.open(bomb, "wb") as stream:
        stream.write(b"\n" * 30_000_000)
    (source,) = read(bomb).sources
    assert source.lines == 1_000_000
    assert "reading stopped after 1,000,000 empty lines in a row" in " ".join(source.problems)


def test_several_programs_and_hosts_in_one_file_are_told_apart(tmp_path: Path) -> None:
    log = tmp_path / "syslog"
    log.write_text(
        "Mar  3 09:00:00 srv1 dhcpd[811]: DHCPDISCOVER from 00:00:5e:00:53:01 via 198.51.100.1\n"
        "Mar  3 09:00:00 leaf1 dhcrelay[702]: Forwarded BOOTREQUEST for 00:00:5e:00:53:01 to 192.0.2.10\n"
        "Mar  3 09:00:00 srv1 dhcpd[811]: DHCPOFFER on 198.51.100.20 to 00:00:5e:00:53:01 via 198.51.100.1\n"
        "Mar  3 09:00:00 pc1 dhclient[77]: DHCPDISCOVER on eth0 to 255.255.255.255 port 67 interval 3\n"
        "Mar  3 09:00:01 pc1 dhclient[77]: DHCPREQUEST for 198.51.100.20 on eth0 to 255.255.255.255 port 67\n"
        "Mar  3 09:00:01 srv1 dhcpd[811]: DHCPREQUEST for 198.51.100.20 (192.0.2.10) from 00:00:5e:00:53:01 via 198.51.100.1\n"
        "Mar  3 09:00:01 srv1 dhcpd[811]: DHCPACK on 198.51.100.20 to 00:00:5e:00:53:01 via 198.51.100.1\n"
        "Mar  3 09:00:01 pc1 dhclient[77]: DHCPACK of 198.51.100.20 from 198.51.100.1\n"
        "Mar  3 09:00:02 pc1 kernel: eth0: link up\n",
        encoding="utf-8",
    )
    found = read(log)
    assert [(s.format, s.events) for s in found.sources] == [
        ("dhcpd", 4),
        ("dhcrelay", 1),
        ("dhclient", 3),
        ("other programs", 0),
    ]
    (exchange,) = found.exchanges
    assert {message.node for message in exchange.messages} == {"srv1", "leaf1", "pc1"}
    assert found.findings == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("subnet 198.51.100.0 netmask 255.255.255.0 {\n}\n", "a configuration of ISC dhcpd"),
        ("0000  ff ff ff ff ff ff 00 00 5e 00 53 01 08 00 45 10\n", "text2pcap"),
        ("ip dhcp pool users\n network 198.51.100.0\n", "labgen audit"),
        ("a,b,c,d,e\n1,2,3,4,5\n", "a table with the columns a,b,c,d,e"),
        ("hello\n", "none of its lines speaks of DHCP"),
        ("the dhcp server is down\n", "1 of its lines speak of DHCP"),
    ],
)
def test_unknown_text_gets_an_answer(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "x.txt"
    file.write_text(text, encoding="utf-8")
    (source,) = read(file).sources
    assert said in source.problems[0]
    assert "what would be read" in source.problems[0]


def test_recognised_and_unread_ends_with_four(tmp_path: Path) -> None:
    file = tmp_path / "srv.log"
    file.write_text("Mar  3 09:00:00 srv1 [kea-dhcp4 something else\n" * 3, encoding="utf-8")
    result = CliRunner().invoke(command, [str(file)])
    assert result.exception is not None
    assert getattr(result.exception, "exit_code", None) == 4
    assert "recognised as Kea DHCPv4 server log, but no line of it could be read" in str(result.exception)


@pytest.mark.parametrize(
    "lease",
    [
        "lease {\n  fixed-address 10.0.0.9;\n  option dhcp-lease-time " + "9" * 5000 + ";\n}\n",
        "lease {\n  fixed-address 10.0.0.9;\n  option dhcp-lease-time \u00b2;\n}\n",
        "lease {\n  fixed-address 10.0.0.9;\n  expire 1 2026/15/23 20:39:12;\n}\n",
        "lease {\n  fixed-address 10.0.0.9;\n  expire 1 0000/00/00 00:00:00;\n}\n",
    ],
)
def test_a_number_or_date_that_cannot_be_is_none(lease: str, tmp_path: Path) -> None:
    file = tmp_path / "client.leases"
    file.write_text(lease)
    (binding,) = analyze(
        [Input(str(file), "dhclient-leases")], Readers(recognise, named, tell=tell, spare=spare)
    ).bindings
    assert (binding.address, binding.lease_seconds, binding.expires) == ("10.0.0.9", None, None)


@pytest.mark.parametrize(
    ("parts", "seconds"),
    [
        (("2026", "11", "29", "00", "00", "01"), 1795910401.0),
        ((2026, 2, 28), 1772236800.0),
        (("2026", "13", "1"), None),
        (("2026", "0", "1"), None),
        (("0000", "1", "1"), None),
        (("99999", "1", "1"), None),
        (("2026", "1", "99"), None),
    ],
)
def test_a_moment_is_one_the_calendar_has(parts: tuple[str | int, ...], seconds: float | None) -> None:
    assert moment(parts) == seconds


def test_text_that_verify_collected_is_read_as_a_file_is() -> None:
    told = "DHCPACK on 198.51.100.20 to 00:00:5e:00:53:01 via 198.51.100.1"
    wrapped = f'{{"log":"dhcpd[811]: {told}\\n","stream":"stderr","time":"2025-03-03T09:00:00Z"}}\n\x1b[1m> \x1b[0mdhcpd[811]: {told}\r\n'
    found = records(dhcpd.parse, Raw(wrapped, "srv1.log"), "srv1", MessageRole.SERVER)
    assert [(m.type.value, m.yiaddr, m.giaddr, m.line, m.time) for m in found.messages] == [
        ("ACK", "198.51.100.20", "198.51.100.1", 1, 1740992400.0),
        ("ACK", "198.51.100.20", "198.51.100.1", 2, 1740992400.0),
    ]
    assert found.problems == ()
    assert all("\x1b" not in (message.text or "") for message in found.messages)
