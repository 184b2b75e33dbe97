"""Merge requests: a branch that shall come into another, tried again after each push, and the branches that are
protected.

In: people who ask for a merge, pushes to either branch. Out: what the two come to together (`MergeRequestTried`, which
workflows listen to), what a queue wants to see tested (`MergeGroupMade`, the same), and merges. Asks: git, outside of
any transaction; the checks of the commit; policy.
"""

from dure.code.request.changing import AlreadyAsked, close_request, edit_request, open_request, reopen_request
from dure.code.request.comment import (
    RequestComment,
    RequestCommentDeleted,
    RequestCommented,
    RequestCommentEdited,
    comment,
    comments_on,
    delete_comment,
    edit_comment,
    find_comment,
)
from dure.code.request.following import follow_push
from dure.code.request.happened import (
    MergeGroupEnded,
    MergeGroupMade,
    MergeRequestClosed,
    MergeRequestEdited,
    MergeRequestMerged,
    MergeRequestOpened,
    MergeRequestQueued,
    MergeRequestReopened,
    MergeRequestSynchronized,
    MergeRequestTried,
    MergeRequestUnqueued,
)
from dure.code.request.labels import RequestLabelsChanged, label_request, labels_by_request
from dure.code.request.machine import Requests
from dure.code.request.merging import blockers, merge_request
from dure.code.request.protection import (
    Protection,
    Rules,
    closed_branches,
    is_protected,
    protect,
    protections_of,
    rules_for,
    state_in_queue,
    unprotect,
)
from dure.code.request.queue_machine import Queues
from dure.code.request.queueing import (
    WATCHED,
    Standing,
    count_queued,
    queue_request,
    queues_of,
    standing_of,
    unqueue_request,
    watch_push,
    watch_request,
)
from dure.code.request.request import UNDER_WAY, MergeRequest, find_request, request_ref, request_with, requests_of

__all__ = [
    "UNDER_WAY",
    "WATCHED",
    "AlreadyAsked",
    "MergeGroupEnded",
    "MergeGroupMade",
    "MergeRequest",
    "MergeRequestClosed",
    "MergeRequestEdited",
    "MergeRequestMerged",
    "MergeRequestOpened",
    "MergeRequestQueued",
    "MergeRequestReopened",
    "MergeRequestSynchronized",
    "MergeRequestTried",
    "MergeRequestUnqueued",
    "Protection",
    "Queues",
    "RequestComment",
    "RequestCommentDeleted",
    "RequestCommentEdited",
    "RequestCommented",
    "RequestLabelsChanged",
    "Requests",
    "Rules",
    "Standing",
    "blockers",
    "close_request",
    "closed_branches",
    "comment",
    "comments_on",
    "count_queued",
    "delete_comment",
    "edit_comment",
    "edit_request",
    "find_comment",
    "find_request",
    "follow_push",
    "is_protected",
    "label_request",
    "labels_by_request",
    "merge_request",
    "open_request",
    "protect",
    "protections_of",
    "queue_request",
    "queues_of",
    "reopen_request",
    "request_ref",
    "request_with",
    "requests_of",
    "rules_for",
    "standing_of",
    "state_in_queue",
    "unprotect",
    "unqueue_request",
    "watch_push",
    "watch_request",
]
