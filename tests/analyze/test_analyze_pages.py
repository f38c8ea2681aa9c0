"""A page of text with blocks of logs tells one story: sentences name the nodes, blocks without a MAC join the client."""

from __future__ import annotations

from pathlib import Path

from analyze_text import told

from labgen.dhcp.model import Analysis

PAGE = """
# Two servers

We start the client **pc1** and look at its log:

```
DHCPDISCOVER on eth0 to 255.255.255.255 port 67 interval 3
DHCPOFFER of 198.51.100.20 from 198.51.100.1
DHCPREQUEST for 198.51.100.20 on eth0 to 255.255.255.255 port 67
...
DHCPACK of 198.51.100.20 from 198.51.100.1
bound to 198.51.100.20 -- renewal in 1730 seconds.
```

This is the log on **srv1**:

```
Mar  3 09:00:00 dhcpd[811]: DHCPDISCOVER from 00:00:5e:00:53:01 via 198.51.100.1
Mar  3 09:00:00 dhcpd[811]: DHCPOFFER on 198.51.100.20 to 00:00:5e:00:53:01 via 198.51.100.1
...
Mar  3 09:00:01 dhcpd[811]: DHCPREQUEST for 198.51.100.20 (192.0.2.10) from 00:00:5e:00:53:01 via 198.51.100.1
Mar  3 09:00:01 dhcpd[811]: DHCPACK on 198.51.100.20 to 00:00:5e:00:53:01 via 198.51.100.1
```

The second server (`srv2`) says:

```
Mar  3 09:00:00 dhcpd[811]: DHCPDISCOVER from 00:00:5e:00:53:01 via 198.51.100.1
Mar  3 09:00:01 dhcpd[811]: DHCPOFFER on 198.51.100.120 to 00:00:5e:00:53:01 via 198.51.100.1
```

And what is this?

```
!! DHCP thing of which nobody knows the form
```
"""


def story(folder: Path, text: str = PAGE) -> Analysis:
    return told(text, folder, "post.md")


def test_blocks_of_a_page_are_one_exchange(tmp_path: Path) -> None:
    (exchange,) = story(tmp_path).exchanges
    assert (exchange.outcome.value, exchange.address, exchange.client.mac) == (
        "bound",
        "198.51.100.20",
        "00:00:5e:00:53:01",
    )
    assert {message.node for message in exchange.messages} == {"pc1", "srv1", "srv2"}


def test_sentences_before_blocks_name_the_nodes(tmp_path: Path) -> None:
    nodes = [source.node for source in story(tmp_path).sources if source.format != "unknown block"]
    assert nodes == ["pc1", "srv1", "srv2"]


def test_block_in_no_known_form_is_listed_with_its_place(tmp_path: Path) -> None:
    (block,) = [source for source in story(tmp_path).sources if source.format == "unknown block"]
    assert block.unparsed_dhcp == 1
    assert "the block at line 35" in block.problems[0]


def test_story_of_a_page_has_no_false_error(tmp_path: Path) -> None:
    assert [finding.code for finding in story(tmp_path).findings] == []


INDENTED = """
# No address in a VRF

Topology: PC, SW1, firewall, DHCP server

```
interface Vlan30
 vrf forwarding GUEST
 ip helper-address 192.0.2.10
```

Debug on SW1:

    *Mar  5 12:00:01.115: DHCPD: setting giaddr to 198.51.100.1.
    *Mar  5 12:00:01.115: DHCPD: BOOTREQUEST from 0100.005e.0053.30 forwarded to 192.0.2.10.

    *Mar  5 12:00:05.111: DHCPD: setting giaddr to 198.51.100.1.
    *Mar  5 12:00:05.111: DHCPD: BOOTREQUEST from 0100.005e.0053.30 forwarded to 192.0.2.10.

* The DHCP server is reachable from the switch:

    ping works, the DHCP service fails only for VRF clients

What could it be?
"""


def test_blocks_that_are_only_indented_are_read_beside_fenced_ones(tmp_path: Path) -> None:
    found = story(tmp_path, INDENTED)
    (exchange,) = found.exchanges
    assert (exchange.client.mac, exchange.outcome.value) == ("00:00:5e:00:53:30", "no-reply")
    assert [m.line for m in exchange.messages] == [15, 18]
    assert [(source.format, source.node) for source in found.sources] == [("ios", "SW1")]
    (finding,) = found.findings
    assert finding.code == "no-reply"


def test_indented_paragraph_of_a_list_is_no_log(tmp_path: Path) -> None:
    text = "\n".join(line for line in INDENTED.splitlines() if "DHCPD:" not in line)
    found = story(tmp_path, text)
    assert [source.format for source in found.sources] == ["unknown"]
    assert [f.code for f in found.findings] == []


def test_indentation_means_nothing_in_html(tmp_path: Path) -> None:
    text = "<html><body>\n\n    Mar  3 09:00:00 dhcpd[811]: DHCPDISCOVER from 00:00:5e:00:53:01 via 198.51.100.1\n"
    text += "\n<pre>Mar  3 09:00:00 dhcpd[811]: DHCPDISCOVER from 00:00:5e:00:53:02 via 198.51.100.1</pre>\n"
    assert [e.client.mac for e in story(tmp_path, text).exchanges] == ["00:00:5e:00:53:02"]


def test_numbered_page_is_a_page(tmp_path: Path) -> None:
    numbered = "".join(f"{number:6}\t{line}\n" for number, line in enumerate(PAGE.splitlines(), 1))
    assert [node.node for node in story(tmp_path, numbered).sources] == [
        node.node for node in story(tmp_path, PAGE).sources
    ]
    assert [finding.code for finding in story(tmp_path, numbered).findings] == []


GUIDE = """
# How to check a relay

This section describes how to check what a relay does. The following is sample output of a relay without a server:

```
Mar  3 09:00:00 srv1 dhcpd[811]: DHCPDISCOVER from 00:00:5e:00:53:01 via 198.51.100.1
Mar  3 09:00:01 srv1 dhcpd[811]: DHCPOFFER on 198.51.100.20 to 00:00:5e:00:53:01 via 198.51.100.1
Mar  3 09:00:05 srv1 dhcpd[811]: DHCPDISCOVER from 00:00:5e:00:53:01 via 198.51.100.1
Mar  3 09:00:06 srv1 dhcpd[811]: DHCPOFFER on 198.51.100.20 to 00:00:5e:00:53:01 via 198.51.100.1
```
"""


def test_example_in_a_guide_is_a_note(tmp_path: Path) -> None:
    (finding,) = story(tmp_path, GUIDE).findings
    assert (finding.code, finding.severity) == ("offers-not-taken", "info")
    assert finding.message.startswith("as an example in documentation: OFFERs of 198.51.100.20")


def test_somebodys_own_log_is_evidence_though_a_guide_is_quoted_beside_it(tmp_path: Path) -> None:
    (finding,) = story(tmp_path, f"{GUIDE}\nThis is what I see on my server. Any ideas?\n").findings
    assert (finding.code, finding.severity) == ("offers-not-taken", "error")


def test_numbered_guide_is_a_guide(tmp_path: Path) -> None:
    numbered = "".join(f"{number:6}\t{line}\n" for number, line in enumerate(GUIDE.splitlines(), 1))
    (finding,) = story(tmp_path, numbered).findings
    assert (finding.code, finding.severity) == ("offers-not-taken", "info")
