"""Merge requests: a branch that shall come into another, tried again after each push, and the branches that are
protected.

In: people who ask for a merge, pushes to either branch. Out: what the two come to together (`MergeRequestTried`, which
workflows listen to), and merges. Asks: git, outside of any transaction; the checks of the commit; policy.
"""

from dure.code.request.changing import close_request, edit_request, open_request, reopen_request
from dure.code.request.following import follow_push
from dure.code.request.happened import (
    MergeRequestClosed,
    MergeRequestEdited,
    MergeRequestMerged,
    MergeRequestOpened,
    MergeRequestReopened,
    MergeRequestSynchronized,
    MergeRequestTried,
)
from dure.code.request.machine import Requests
from dure.code.request.merging import blockers, merge_request
from dure.code.request.protection import (
    Protection,
    closed_branches,
    is_protected,
    protect,
    protection_for,
    protections_of,
    unprotect,
)
from dure.code.request.request import MergeRequest, find_request, request_ref, request_with, requests_of

__all__ = [
    "MergeRequest",
    "MergeRequestClosed",
    "MergeRequestEdited",
    "MergeRequestMerged",
    "MergeRequestOpened",
    "MergeRequestReopened",
    "MergeRequestSynchronized",
    "MergeRequestTried",
    "Protection",
    "Requests",
    "blockers",
    "close_request",
    "closed_branches",
    "edit_request",
    "find_request",
    "follow_push",
    "is_protected",
    "merge_request",
    "open_request",
    "protect",
    "protection_for",
    "protections_of",
    "reopen_request",
    "request_ref",
    "request_with",
    "requests_of",
    "unprotect",
]
