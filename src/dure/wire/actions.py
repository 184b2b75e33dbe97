"""Actions that jobs use: how a runner gets them, and the mirrors of them that people keep in the house.

For runners, under /api/runner/v1 like the rest of `dure.wire.runner`:

    GET /jobs/{job}/actions?attempt&uses=OWNER/REPO@REF   -> ActionPin | 422 Refusal
    GET /jobs/{job}/actions/{digest}?attempt              the tree, as a .tar.gz, streamed

A pin holds for the whole run: every job of it, and every repetition, gets the same files under the same words.
"""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

ACTION_BYTES_MAX = 512 << 20
"""Of the packed tree of one action."""
ACTION_FILES_MAX = 100_000
USES_PATTERN = r"^[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}@[^\s@\x00-\x1f]{1,255}$"
STAND_INS = (
    "actions/checkout",
    "actions/upload-artifact",
    "actions/download-artifact",
    "actions/cache",
    "actions/setup-python",
    "actions/setup-node",
)
"""What a runner can do by itself where the house has no copy of the action."""

Uses = Annotated[str, Meta(max_length=460, pattern=USES_PATTERN)]
"""owner/repo@ref, without the path inside of the repository."""
ActionSource = Literal["house", "kept", "upstream"]
"""A project of this house, a mirror that somebody keeps here, or fetched from upstream."""


class ActionPin(Struct, kw_only=True):
    """Which files `owner/repo@ref` stands for in this run."""

    uses: str
    sha: str
    """The commit; of a mirror that was kept from a folder, empty."""
    digest: str
    size: int
    source: ActionSource


class ActionInfo(Struct, kw_only=True):
    """A mirror of an action that the house keeps."""

    name: str
    """owner/repo"""
    ref: str
    sha: str
    digest: str
    size: int
    source: ActionSource
    kept_by: str
    kept_at: datetime
    used_at: datetime | None = None


class ActionList(Struct, kw_only=True):
    actions: list[ActionInfo]


class ActionFrom(Struct, kw_only=True):
    """Keep a mirror of this, from a git repository that the house can reach."""

    uses: Uses
    url: Annotated[str, Meta(max_length=1000)] = ""
    """Empty: from upstream."""
