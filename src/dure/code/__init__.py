"""Code: the repository of each project, what is pushed to it, what is known of each commit, and merge requests.

In: pushes over HTTP by the real git; checks that later rooms set on commits; people who ask for a merge.
Out: `Pushed`, `CheckSet` and `MergeRequestTried` in the ledger, commits with the moment of their reception, trees,
diffs and files.
Asks: the policy who may read and push; plan, for projects and for the issues that commits say they fix.
"""

from dure.code.check import STATES, Check, CheckSet, checks_by_sha, checks_of, overall, set_check
from dure.code.commit import Commit, Fix, commit_of, commit_ref, fixes_of, fixing_commits, received_commits
from dure.code.newcomer import has_brought
from dure.code.push import Push, Pushed, PushedCommit, Ref, head_of, pushes_of, refs_of
from dure.code.reception import Reception
from dure.code.repositories import CommitInfo, Diff, FileDiff, GitFailed, Repositories, TreeEntry, fetched_tree
from dure.code.repository import Repository, create_repository, find_repository, repository_of
from dure.code.request import (
    MergeGroupEnded,
    MergeGroupMade,
    MergeRequest,
    MergeRequestClosed,
    MergeRequestEdited,
    MergeRequestMerged,
    MergeRequestTried,
    Queues,
    RequestCommentDeleted,
    RequestCommented,
    RequestCommentEdited,
    RequestLabelsChanged,
    Requests,
    find_comment,
    find_request,
    is_protected,
    labels_by_request,
    request_ref,
    request_with,
    requests_of,
)

__all__ = [
    "STATES",
    "Check",
    "CheckSet",
    "Commit",
    "CommitInfo",
    "Diff",
    "FileDiff",
    "Fix",
    "GitFailed",
    "MergeGroupEnded",
    "MergeGroupMade",
    "MergeRequest",
    "MergeRequestClosed",
    "MergeRequestEdited",
    "MergeRequestMerged",
    "MergeRequestTried",
    "Push",
    "Pushed",
    "PushedCommit",
    "Queues",
    "Reception",
    "Ref",
    "Repositories",
    "Repository",
    "RequestCommentDeleted",
    "RequestCommentEdited",
    "RequestCommented",
    "RequestLabelsChanged",
    "Requests",
    "TreeEntry",
    "checks_by_sha",
    "checks_of",
    "commit_of",
    "commit_ref",
    "create_repository",
    "fetched_tree",
    "find_comment",
    "find_repository",
    "find_request",
    "fixes_of",
    "fixing_commits",
    "has_brought",
    "head_of",
    "is_protected",
    "labels_by_request",
    "overall",
    "pushes_of",
    "received_commits",
    "refs_of",
    "repository_of",
    "request_ref",
    "request_with",
    "requests_of",
    "set_check",
]
