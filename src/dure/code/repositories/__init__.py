"""Bare git repositories on disk: what is in them, read by libgit2 where that is quick and right, else by git."""

from dure.code.repositories.commit import CommitInfo
from dure.code.repositories.diff import Diff, FileDiff, Hunk, Line
from dure.code.repositories.elsewhere import fetched_tree
from dure.code.repositories.git import PUSH_BYTES_MAX, QUEUE_REFS, GitFailed, argv, environment
from dure.code.repositories.merging import UNRELATED
from dure.code.repositories.refs import GitRef, Step, is_ref_name, signed, steps_between
from dure.code.repositories.repositories import Repositories
from dure.code.repositories.tree import FILE_BYTES_MAX, TreeEntry

__all__ = [
    "FILE_BYTES_MAX",
    "PUSH_BYTES_MAX",
    "QUEUE_REFS",
    "UNRELATED",
    "CommitInfo",
    "Diff",
    "FileDiff",
    "GitFailed",
    "GitRef",
    "Hunk",
    "Line",
    "Repositories",
    "Step",
    "TreeEntry",
    "argv",
    "environment",
    "fetched_tree",
    "is_ref_name",
    "signed",
    "steps_between",
]
