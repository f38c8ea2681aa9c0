"""DHCP relaying in SONiC's `config` commands (the click plugin `dhcp_relay` of docker-dhcp-relay), and in CONFIG_DB."""

from __future__ import annotations

import json
import shlex

from labgen.devices.relay_config import RelayReading
from labgen.devices.sonic import database
from labgen.devices.sonic.script import Script


def read(text: str) -> RelayReading:
    """`config` commands and those for FRR's shell. dhcp4relay has `config dhcpv4_relay add`, the relay before it `config dhcp_relay ipv4
    helper add VLAN-NUMBER SERVER...`. A text that is CONFIG_DB as JSON is read as that.
    """
    tables = _tables(text)
    if tables is not None:
        return database.read(tables, text)
    return scripted(text).reading()


def scripted(text: str) -> Script:
    """The tables that a script's commands make."""
    script = Script()
    for number, line in enumerate(text.splitlines(), 1):
        words = shlex.split(line, comments=True)
        if words[:1] in (["config"], ["sudo"]):
            script.config(number, words[1:] if words[0] == "config" else words[2:], line.strip())
        elif words[:1] == ["vtysh"]:
            script.vtysh([word for word in words[1:] if word != "-c"])
        else:
            script.other(words)
    return script


def _tables(text: str) -> dict[str, object] | None:
    """CONFIG_DB's tables, where a text is JSON."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return _nested(found) if isinstance(found, dict) else None


def _nested(tables: dict[str, object]) -> dict[str, object]:
    """CONFIG_DB as its file has it, of what its database holds: `TABLE|key`, and lists as texts under names that end in `@`."""
    if not any("|" in key for key in tables):
        return tables
    found: dict[str, object] = {}
    for name, fields in tables.items():
        table, _, key = name.partition("|")
        rows = found.setdefault(table, {})
        if isinstance(rows, dict) and isinstance(fields, dict):
            rows[key] = {
                str(field).removesuffix("@"): str(value).split(",") if str(field).endswith("@") else value
                for field, value in fields.items()
                if field != "NULL"
            }
    return found
