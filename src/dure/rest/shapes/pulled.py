"""Merge requests, and what changed from one commit to another."""

from collections.abc import Sequence

from dure.code import FileDiff, MergeRequest, Repository
from dure.kit import Text
from dure.plan import Label, Project
from dure.rest.shapes.coded import repository_shape
from dure.rest.shapes.planned import label_shape
from dure.rest.shapes.said import Addresses, Shape, moment, user_shape

STATES = {"added": "added", "deleted": "removed", "renamed": "renamed", "copied": "copied"}
TRYING = "trying"
CUT_FROM_CHARACTERS = 1000
"""A line that is as long as that may have been cut where the change was read, so there is no patch to be had."""


def pull_shape(
    at: Addresses, project: Project, repository: Repository | None, one: MergeRequest, labels: Sequence[Label]
) -> Shape:
    """As lists have it."""
    here = repository_shape(at, project, repository)
    sides = {"head": (one.source, one.head_sha), "base": (one.target, one.target_sha)}
    return {
        "id": one.id,
        "number": one.number,
        "title": one.title,
        "body": one.body or None,
        "state": "open" if one.is_open else "closed",
        "draft": False,
        "locked": False,
        "user": user_shape(at.house, one.author, one.author_name),
        **{
            side: {"label": f"{project.owner}:{ref}", "ref": ref, "sha": sha, "user": here["owner"], "repo": here}
            for side, (ref, sha) in sides.items()
        },
        "merge_commit_sha": one.merged_sha or one.merge_sha or None,
        "merged_at": moment(one.closed_at) if one.merged_sha else None,
        "labels": [label_shape(at, label) for label in labels],
        "assignees": [],
        "requested_reviewers": [],
        "requested_teams": [],
        "milestone": None,
        "created_at": moment(one.opened_at),
        "updated_at": moment(one.updated_at),
        "closed_at": moment(one.closed_at),
        "url": at.api("pulls", one.number),
        "html_url": at.page("requests", one.number),
        "commits_url": at.api("pulls", one.number, "commits"),
        "statuses_url": at.api("statuses", one.head_sha),
    }


def whole_pull_shape(
    at: Addresses,
    project: Project,
    repository: Repository | None,
    one: MergeRequest,
    labels: Sequence[Label],
    blocked: Sequence[Text],
    commits: int,
    files: Sequence[FileDiff],
) -> Shape:
    """With what is known of it alone."""
    mergeable = None if one.phase == TRYING or not one.is_open else not one.conflicting
    state = "unknown" if mergeable is None else "dirty" if not mergeable else "blocked" if blocked else "clean"
    return {
        **pull_shape(at, project, repository, one, labels),
        "merged": bool(one.merged_sha),
        "merged_by": user_shape(at.house, one.ended_by, one.ended_by_name) if one.merged_sha else None,
        "mergeable": mergeable,
        "mergeable_state": state,
        "rebaseable": False,
        "maintainer_can_modify": False,
        "review_comments": 0,
        "commits": commits,
        "additions": sum(file.added for file in files),
        "deletions": sum(file.removed for file in files),
        "changed_files": len(files),
    }


def file_shape(at: Addresses, file: FileDiff, sha: str) -> Shape:
    told: Shape = {
        "sha": file.blob,
        "filename": file.path,
        "status": STATES.get(file.state, "modified"),
        "additions": file.added,
        "deletions": file.removed,
        "changes": file.added + file.removed,
        "blob_url": at.page("code", sha, file.path),
        "contents_url": f"{at.api('contents', file.path)}?ref={sha}",
    }
    if file.state in ("renamed", "copied"):
        told["previous_filename"] = file.old_path
    patch = patch_of(file)
    return {**told, "patch": patch} if patch else told


def patch_of(file: FileDiff) -> str | None:
    """Nothing of what is too long to be shown, and of what is no text."""
    lines = [line for hunk in file.hunks for line in hunk.lines]
    if not lines or any(len(line.words) >= CUT_FROM_CHARACTERS for line in lines):
        return None
    return "\n".join(
        "\n".join([hunk.head, *(written(line.sign, line.words) for line in hunk.lines)]) for hunk in file.hunks
    )


def written(sign: str, words: str) -> str:
    return words if sign == "\\" else f"{sign}{words}"
