"""Issues for programs, under /api/v1. Acts are things of their own: a closure is posted, and deleted to reopen."""

from functools import partial

from litestar import delete, get, patch, post
from litestar.params import JSONBody

from dure.plan.issue import (
    change_issue,
    comment,
    comments_of,
    delete_comment,
    edit_comment,
    entries_of,
    list_issues,
    open_whole,
    reply,
    search_issues,
    whole_issue,
)
from dure.plan.routes.api_projects import HERE
from dure.plan.routes.asked import (
    After,
    By,
    Limit,
    Number,
    Place,
    Query,
    Slug,
    change,
    house_of,
    read,
    read_issue,
    refusals,
    write,
)
from dure.plan.routes.told import comment_told, comments_told, entries_told, issue_told, listing_told
from dure.plan.search import parse_filter
from dure.shell import language_of
from dure.wire import (
    CommentInfo,
    CommentList,
    EntryList,
    IssueChange,
    IssueDetail,
    IssueList,
    NewClosure,
    NewComment,
    NewIssue,
)

TAGS = ["issues"]
ISSUE = f"{HERE}/issues/{{number:int}}"


@get("/api/v1/issues", responses=refusals(422), tags=TAGS, summary="Search issues everywhere")
async def issues_everywhere(request: By, q: Query = "", cursor: Place = "", limit: Limit = 50) -> IssueList:
    """In all projects that you may read. Without a filter: the open issues."""
    search = partial(search_issues, sought=parse_filter(q, state="open"), cursor=cursor, limit=limit)
    return listing_told(await house_of(request).read(request.user, search))


@get(f"{HERE}/issues", responses=refusals(422), tags=TAGS, summary="Issues")
async def issues(
    request: By, owner: Slug, name: Slug, q: Query = "", cursor: Place = "", limit: Limit = 50
) -> IssueList:
    """Of one project. Without a filter: the open issues, the newest first."""
    find = partial(list_issues, sought=parse_filter(q, state="open"), cursor=cursor, limit=limit)
    return listing_told(await read(request, owner, name, find))


@post(f"{HERE}/issues", responses=refusals(409, 422), tags=TAGS, summary="Open an issue")
async def new_issue(request: By, owner: Slug, name: Slug, data: JSONBody[NewIssue]) -> IssueDetail:
    make = partial(
        open_whole,
        title=data.title,
        body=data.body,
        labels=data.labels,
        assignees=data.assignees,
        milestone=data.milestone,
    )
    return issue_told(await write(request, owner, name, make))


@get(ISSUE, responses=refusals(), tags=TAGS, summary="An issue")
async def issue(request: By, owner: Slug, name: Slug, number: Number) -> IssueDetail:
    return issue_told(await read_issue(request, owner, name, number, whole_issue))


@patch(ISSUE, responses=refusals(409, 422), tags=TAGS, summary="Change an issue")
async def edit(request: By, owner: Slug, name: Slug, number: Number, data: JSONBody[IssueChange]) -> IssueDetail:
    do = partial(
        change_issue,
        title=data.title,
        body=data.body,
        labels=data.labels,
        assignees=data.assignees,
        milestone=data.milestone,
    )
    return issue_told(await change(request, owner, name, number, do))


@post(f"{ISSUE}/closures", responses=refusals(409, 422), tags=TAGS, summary="Close an issue")
async def close(request: By, owner: Slug, name: Slug, number: Number, data: JSONBody[NewClosure]) -> IssueDetail:
    """With a last word, if you give one. An issue that is closed stays as it is."""
    do = partial(reply, body=data.comment, act="close", reason=data.reason)
    return issue_told(await change(request, owner, name, number, do))


@delete(f"{ISSUE}/closures", status_code=200, responses=refusals(409), tags=TAGS, summary="Reopen an issue")
async def reopen(request: By, owner: Slug, name: Slug, number: Number) -> IssueDetail:
    """An issue that is open stays as it is."""
    return issue_told(await change(request, owner, name, number, partial(reply, body="", act="reopen")))


@get(f"{ISSUE}/comments", responses=refusals(), tags=TAGS, summary="Comments")
async def comments(
    request: By, owner: Slug, name: Slug, number: Number, after: After = 0, limit: Limit = 50
) -> CommentList:
    """The oldest first."""
    find = partial(comments_of, after=after, limit=limit + 1)
    return comments_told(await read_issue(request, owner, name, number, find), limit)


@post(f"{ISSUE}/comments", responses=refusals(409, 422), tags=TAGS, summary="Comment")
async def new_comment(request: By, owner: Slug, name: Slug, number: Number, data: JSONBody[NewComment]) -> CommentInfo:
    return comment_told(await change(request, owner, name, number, partial(comment, body=data.body)))


@patch(f"{ISSUE}/comments/{{comment_id:int}}", responses=refusals(409, 422), tags=TAGS, summary="Change a comment")
async def change_comment(
    request: By, owner: Slug, name: Slug, number: Number, comment_id: Number, data: JSONBody[NewComment]
) -> CommentInfo:
    do = partial(edit_comment, comment_id=comment_id, body=data.body)
    return comment_told(await change(request, owner, name, number, do))


@delete(f"{ISSUE}/comments/{{comment_id:int}}", responses=refusals(409), tags=TAGS, summary="Delete a comment")
async def end_comment(request: By, owner: Slug, name: Slug, number: Number, comment_id: Number) -> None:
    await change(request, owner, name, number, partial(delete_comment, comment_id=comment_id))


@get(f"{ISSUE}/thread", responses=refusals(), tags=TAGS, summary="The thread of an issue")
async def thread(
    request: By, owner: Slug, name: Slug, number: Number, after: After = 0, limit: Limit = 50
) -> EntryList:
    """Everything that happened to it, in all rooms of the house, the oldest first."""
    found = await read_issue(request, owner, name, number, partial(entries_of, after=after, limit=limit))
    return entries_told(found.entries, found.said, language_of(request), found.next)


handlers = [
    issues_everywhere,
    issues,
    new_issue,
    issue,
    edit,
    close,
    reopen,
    comments,
    new_comment,
    change_comment,
    end_comment,
    thread,
]
