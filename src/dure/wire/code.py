"""What is said about repositories, commits and files."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

CheckState = Literal["pending", "running", "success", "failure", "cancelled"]
ChangeState = Literal["added", "deleted", "renamed", "copied", "changed"]
FileKind = Literal["tree", "file", "executable", "link", "submodule"]


class RefInfo(Struct, kw_only=True):
    """A branch or a tag."""

    name: str
    sha: str
    url: str


class RepositoryInfo(Struct, kw_only=True):
    """The repository of a project, and where git finds it."""

    project: str
    clone_url: str
    default_branch: str
    empty: bool
    branches: list[RefInfo]
    tags: list[RefInfo]


class CheckInfo(Struct, kw_only=True):
    """What a later stage says of a commit."""

    name: str
    state: CheckState
    url: str
    words: str
    set_at: datetime


class CommitSummary(Struct, kw_only=True):
    sha: str
    title: str
    author: str
    author_email: str
    authored_at: datetime
    received_at: datetime | None
    """When it was first pushed here."""
    url: str


class CommitList(Struct, kw_only=True):
    commits: list[CommitSummary]
    next: int | None
    """How many to skip for those that follow, when there are more."""


class FileChange(Struct, kw_only=True):
    path: str
    old_path: str
    state: ChangeState
    added: int
    removed: int
    binary: bool


class CommitDetail(CommitSummary, kw_only=True):
    message: str
    parents: list[str]
    committer: str
    committed_at: datetime
    fixes: list[int]
    """The numbers of the issues that it says it fixes."""
    checks: list[CheckInfo]
    files: list[FileChange]
    more_files: int


class TreeItem(Struct, kw_only=True):
    name: str
    path: str
    kind: FileKind
    size: int | None


class FileAnswer(Struct, kw_only=True):
    """A folder with what is in it, or a file with its text."""

    path: str
    sha: str
    """The commit that it was read at."""
    kind: FileKind
    entries: list[TreeItem]
    size: int | None = None
    text: str | None = None
    """Nothing where the file is no text, or too long for this answer; the raw address has it."""
    raw_url: str | None = None


RequestState = Literal["open", "merged", "closed"]


class MergeRequestInfo(Struct, kw_only=True):
    """A branch that shall come into another."""

    number: int
    title: str
    state: RequestState
    source: str
    target: str
    author: str
    head: str
    """The commit that the source is at."""
    opened_at: datetime
    updated_at: datetime
    url: str
    labels: list[str]


class MergeRequestList(Struct, kw_only=True):
    requests: list[MergeRequestInfo]
    next: int | None
    """The number before which to go on, when there are more."""


class QueuePlace(Struct, kw_only=True):
    """A merge request in the queue of its target."""

    number: int
    title: str
    branch: str
    place: int
    """From 1, which is next. 0: something stands in its way, and it has no place yet."""
    manner: Literal["merge", "squash"]
    by: str
    queued_at: datetime
    sha: str | None
    """The commit that is tested, and that the branch moves to."""
    ref: str | None
    """Where that commit can be fetched."""
    base: str | None
    """What it stands on: the branch, or the commit of the one ahead."""
    checks: list[CheckInfo]


class MergeQueueList(Struct, kw_only=True):
    queued: list[QueuePlace]
    """Of every branch, the next first."""


class MergeRequestDetail(MergeRequestInfo, kw_only=True):
    body: str
    base: str
    """The commit that the target is at."""
    merge: str | None
    """What both come to, before anything is merged."""
    conflicts: list[str]
    blockers: list[str]
    """What stands in the way of a merge, a sentence each."""
    merged: str | None
    commits: list[CommitSummary]
    checks: list[CheckInfo]
    queue: QueuePlace | None
    """Where it stands in the queue of its target."""
    left_queue: str | None
    """Why it had to leave the queue when it last stood there."""


class NewMergeRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    source: Annotated[str, Meta(min_length=1, max_length=250, description="The branch with the change.")]
    target: Annotated[str, Meta(max_length=250, description="Empty for the default branch.")] = ""
    title: Annotated[str, Meta(max_length=1000, description="Empty for the title of the newest commit.")] = ""
    body: Annotated[str, Meta(max_length=100_000, description="Markdown.")] = ""


class MergeRequestChange(Struct, kw_only=True, forbid_unknown_fields=True):
    """What shall be different. What is left out stays."""

    title: Annotated[str, Meta(max_length=1000)] | None = None
    body: Annotated[str, Meta(max_length=100_000)] | None = None
    state: Literal["open", "closed"] | None = None
    labels: Annotated[list[Annotated[str, Meta(max_length=200)]], Meta(max_length=20)] | None = None


class NewMerge(Struct, kw_only=True, forbid_unknown_fields=True):
    """Merge it."""

    manner: Annotated[
        Literal["merge", "squash"], Meta(description="A merge commit, or one commit of all its changes.")
    ] = "merge"


class ProtectionInfo(Struct, kw_only=True):
    """A branch, or several, with what is asked for before something comes there."""

    pattern: str
    checks: list[str]
    by_request: bool
    """Nobody pushes to it; changes come by merge requests alone."""
    by_queue: bool
    """Merge requests go into it one after another, each tested on top of those ahead of it."""
    queue_minutes: int
    """So long the queue waits for the checks of one."""


class ProtectionList(Struct, kw_only=True):
    protections: list[ProtectionInfo]


class ProtectionWords(Struct, kw_only=True, forbid_unknown_fields=True):
    pattern: Annotated[str, Meta(min_length=1, max_length=200, description="`main`, or `release/*`.")]
    checks: Annotated[list[Annotated[str, Meta(max_length=200)]], Meta(max_length=50)] = []
    by_request: bool = False
    by_queue: bool = False
    queue_minutes: Annotated[int, Meta(ge=1, le=1440, description="How long the queue waits for checks.")] = 60
