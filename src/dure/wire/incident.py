"""What is said about incidents."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct


class SuspectInfo(Struct, kw_only=True):
    """A commit that may have led to it."""

    sha: str
    title: str
    author: str
    score: int
    reasons: list[str]


class IncidentInfo(Struct, kw_only=True):
    """Something that went wrong."""

    number: int
    title: str
    state: str
    """open or resolved"""
    kind: str
    environment: str
    service: str
    version: str
    back_to: str
    sha: str
    why: str
    deployment: int
    issue: int | None
    """The number of the issue that was opened for it."""
    suspect: str | None
    """The commit that most likely led to it; known once the house has looked."""
    opened_at: datetime
    resolved_at: datetime | None
    url: str


class IncidentList(Struct, kw_only=True):
    incidents: list[IncidentInfo]


class IncidentDetail(IncidentInfo, kw_only=True):
    suspects: list[SuspectInfo]
    postmortem: str
    """Markdown: what people wrote, or the draft from the ledger."""
    is_draft: bool


class NewPostmortem(Struct, kw_only=True, forbid_unknown_fields=True):
    words: Annotated[str, Meta(max_length=60_000, description="Markdown.")]
