"""A page of text with blocks of logs tells one story: sentences name the nodes, blocks without a MAC join the client."""

from __future__ import annotations

from pathlib import Path

from labgen.devices.formats import named, recognise, spare, tell
from labgen.dhcp.analysis import analyze
from labgen.dhcp.inputs import Input, Readers
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
    page = folder / "post.md"
    page.write_text(text, encoding="utf-8")
    return analyze([Input(str(page))], Readers(recognise, named, tell=tell, spare=spare))


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
