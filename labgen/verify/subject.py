"""The subject of one run of a check, as names of the plan."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

from labgen.dhcp.jsonform import Json


@dataclass(frozen=True, slots=True)
class Subject:
    """The subject of a check, as names of the plan; parts that are not used are empty."""

    client: str = ""
    """client"""
    switch: str = ""
    """switch"""
    server: str = ""
    """server"""
    segment: str = ""
    """segment"""
    peer: str = ""
    """another client, or what the client must reach"""
    finding: str = ""
    """code of a finding"""

    @property
    def key(self) -> str:
        """The parts that are used, as check ids end with them."""
        return ":".join(self.parts.values())

    @property
    def parts(self) -> dict[str, str]:
        """Name and value of each part that is used, in a fixed order."""
        return {f.name: value for f in fields(self) if (value := getattr(self, f.name))}

    @property
    def node(self) -> str:
        """The one node it is about, where the check does not say which role that has."""
        return self.switch or self.server or self.client

    def to_json(self) -> dict[str, Json]:
        return dict(self.parts)


NOUNS = {
    "client": "client",
    "switch": "switch",
    "server": "server",
    "segment": "segment",
    "peer": "peer",
    "finding": "finding",
    "node": "node",
}


def title(template: str, subject: Subject) -> str:
    """A check's title for one subject: `{server} answers {client}`."""
    return template.format(node=subject.node, **{f.name: getattr(subject, f.name) for f in fields(subject)})


def common_title(template: str, subjects: Iterable[Subject]) -> str:
    """A check's title for many subjects: parts in which they differ become `each client`."""
    known = tuple(subjects)
    values = {name: {str(getattr(s, name)) for s in known} for name in NOUNS}
    return template.format(
        **{
            name: f"each {NOUNS[name]}" if len(each) > 1 else min(each, default="")
            for name, each in values.items()
        }
    )
