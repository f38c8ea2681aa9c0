"""A program of the user's own in a plan."""

from pydantic import BaseModel, ConfigDict, Field


class ProgramPlan(BaseModel):
    """A program that runs on a node as its DHCP client, relay or server. What it says of itself is no evidence: the wire is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    argv: tuple[str, ...] = Field(
        description="the command, word by word; files by their path on this machine"
    )
    config: str | None = Field(
        default=None, description="text of the file it reads, on one line: `\\n` ends each of its lines"
    )
    ready: str = Field(
        default="", description="regular expression that its log shows once it serves, or is bound"
    )
    log: str = Field(default="", description="file it writes its log to; empty: its output is that")

    @property
    def config_text(self) -> str | None:
        """The text of the file as it is written."""
        return None if self.config is None else self.config.encode("ascii").decode("unicode_escape")
