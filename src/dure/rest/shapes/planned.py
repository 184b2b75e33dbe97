"""Issues, comments and labels."""

from collections.abc import Sequence

from dure.code import MergeRequest, RequestComment
from dure.plan import Comment, Issue, Label, Row
from dure.rest.shapes.said import Addresses, Shape, moment, user_shape


def label_shape(at: Addresses, label: Label) -> Shape:
    return {
        "id": label.id,
        "name": label.name,
        "color": "ededed",
        "default": False,
        "description": label.description or None,
        "url": at.api("labels", label.name),
    }


def issue_shape(at: Addresses, issue: Issue, labels: Sequence[Label]) -> Shape:
    return {
        **numbered(at, issue.number, issue.title, is_open=issue.is_open),
        "id": issue.id,
        "body": issue.body or None,
        "user": user_shape(at.house, issue.author, issue.author_name),
        "labels": [label_shape(at, label) for label in labels],
        "comments": issue.comments,
        "created_at": moment(issue.opened_at),
        "updated_at": moment(issue.updated_at),
        "closed_at": moment(issue.closed_at),
    }


def row_shape(at: Addresses, row: Row) -> Shape:
    """An issue as lists have it, without its words."""
    return {
        **numbered(at, row.number, row.title, is_open=row.is_open),
        "id": row.id,
        "user": user_shape(at.house, row.author_name, row.author_name),
        "labels": [label_shape(at, label) for label in row.labels],
        "assignees": [user_shape(at.house, name, name) for name in row.assignees],
        "comments": row.comments,
        "created_at": moment(row.opened_at),
        "updated_at": moment(row.updated_at),
        "closed_at": moment(row.closed_at),
    }


def numbered(at: Addresses, number: int, title: str, *, is_open: bool) -> Shape:
    return {
        "number": number,
        "title": title,
        "state": "open" if is_open else "closed",
        "url": at.api("issues", number),
        "html_url": at.page("issues", number),
        "comments_url": at.api("issues", number, "comments"),
        "labels_url": at.api("issues", number, "labels"),
        "repository_url": at.api(),
        "locked": False,
    }


def request_as_issue(at: Addresses, one: MergeRequest, labels: Sequence[Label]) -> Shape:
    """A merge request where an issue is expected."""
    page = at.page("requests", one.number)
    merged = moment(one.closed_at) if one.merged_sha else None
    return {
        **numbered(at, one.number, one.title, is_open=one.is_open),
        "id": one.id,
        "body": one.body or None,
        "user": user_shape(at.house, one.author, one.author_name),
        "labels": [label_shape(at, label) for label in labels],
        "created_at": moment(one.opened_at),
        "updated_at": moment(one.updated_at),
        "closed_at": moment(one.closed_at),
        "html_url": page,
        "pull_request": {"url": at.api("pulls", one.number), "html_url": page, "merged_at": merged},
    }


def comment_shape(at: Addresses, thing: Issue | MergeRequest, comment: Comment | RequestComment) -> Shape:
    page = "requests" if isinstance(thing, MergeRequest) else "issues"
    return {
        "id": comment.id,
        "body": comment.body,
        "user": user_shape(at.house, comment.author, comment.author_name),
        "created_at": moment(comment.at),
        "updated_at": moment(comment.edited_at or comment.at),
        "url": at.api("issues", "comments", comment.id),
        "html_url": f"{at.page(page, thing.number)}#comment-{comment.id}",
        "issue_url": at.api("issues", thing.number),
    }
