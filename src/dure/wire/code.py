"""What is said about repositories, commits and files."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

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
