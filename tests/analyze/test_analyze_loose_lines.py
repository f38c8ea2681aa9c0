"""Lines of logs among the sentences of a page, and sentences among the lines of a log."""

from __future__ import annotations

from pathlib import Path

from analyze_text import told

_FAILED = "systemd-networkd[661]: eth1: Could not set DHCPv4 address: Connection timed out"


def test_lines_of_a_log_outside_the_fences_of_a_page_are_read(tmp_path: Path) -> None:
    page = f"# Report\n\nLogs from syslog:\n{_FAILED}\nsystemd-networkd[661]: eth1: Failed\n\n```sh\nuname -a\n```\n"
    found = told(page, tmp_path, "page.md").findings
    assert any(_FAILED.partition(": ")[2] in one.message for one in found)


def test_healthy_lines_outside_the_fences_say_nothing(tmp_path: Path) -> None:
    page = (
        "# Report\n\nIt works again:\n"
        "Mar  3 10:00:01 cl1 dhclient[77]: DHCPREQUEST on eth1 to 255.255.255.255 port 67\n"
        "Mar  3 10:00:01 cl1 dhclient[77]: DHCPACK from 192.0.2.1\n"
        "Mar  3 10:00:01 cl1 dhclient[77]: bound to 192.0.2.9 -- renewal in 1200 seconds.\n\n```sh\nuname -a\n```\n"
    )
    result = told(page, tmp_path, "page.md")
    assert len(result.exchanges) == 1 and not result.findings


def test_sentence_about_something_else_is_no_line_of_the_log_below_it(tmp_path: Path) -> None:
    text = (
        "Syslog also shows the same with the Manager going to failed state\n"
        "Dec  7 07:31:57 cl1 dhclient[694]: DHCPDISCOVER on eth1 to 255.255.255.255 port 67 interval 4\n"
        "Dec  7 07:31:58 cl1 dhclient[694]: DHCPOFFER from 192.0.2.1\n"
    )
    assert not told(text, tmp_path).findings


def test_frames_of_a_traceback_are_not_quoted(tmp_path: Path) -> None:
    agent = "2024-09-10 15:22:49.344 3177 ERROR neutron.agent.dhcp.agent"
    text = (
        f"{agent} [-] Unable to restart dhcp for b51178a6: AttributeError: 'Plugin' object has no attribute 'ports'\n"
        f"{agent} Traceback (most recent call last):\n"
        f'{agent}   File "/usr/lib/python3/dist-packages/neutron/agent/dhcp/agent.py", line 274, in _call_driver\n'
        f"{agent}     rv = getattr(driver, action)(**action_kwargs)\n"
    )
    found = told(text, tmp_path).findings
    assert [one.code for one in found] == ["node-complains"]
    assert "Unable to restart" in found[0].message and "Traceback" not in found[0].message


def test_boot_loader_says_what_its_lease_lacks(tmp_path: Path) -> None:
    bound = "BOOTP broadcast 1\nDHCP client bound to address 192.0.2.150 (150 ms)\n"
    found = told(f"{bound}*** ERROR: `serverip' not set\nCannot autoload with TFTPGET\n", tmp_path).findings
    assert {one.code for one in found} == {"node-complains"}
    assert not told(f"{bound}TFTP from server 192.0.2.1; our IP address is 192.0.2.150\n", tmp_path).findings


def test_guard_of_the_kernel_is_heard_by_the_profile_of_its_program(tmp_path: Path) -> None:
    line = 'apparmor="DENIED" operation="mknod" profile="/usr/sbin/{}" name="/var/lib/state.new"'
    assert [one.code for one in told(line.format("dnsmasq"), tmp_path).findings] == ["node-complains"]
    assert not told(line.format("mysqld"), tmp_path).findings
