"""What is said of merge requests, for programs, under /api/v1."""

from typing import Annotated

from litestar import delete, get, patch, post
from litestar.params import JSONBody, PathParameter

from dure.code.request import RequestComment, comment, comments_on, delete_comment, edit_comment, find_request
from dure.code.routes.request.api import HERE, TAGS
from dure.ledger import Work
from dure.plan import Project, in_project
from dure.shell import After, By, Limit, Number, Slug, read, refusals, write
from dure.wire import CommentInfo, CommentList, NewComment

COMMENTS = f"{HERE}/{{number:int}}/comments"
ONE = f"{COMMENTS}/{{comment_id:int}}"
CommentId = Annotated[int, PathParameter(ge=1, le=2**63 - 1)]


@get(COMMENTS, responses=refusals(), tags=TAGS, summary="Comments on a merge request")
async def comments(
    request: By, owner: Slug, name: Slug, number: Number, after: After = 0, limit: Limit = 50
) -> CommentList:
    """The oldest first."""

    def look(work: Work, project: Project) -> CommentList:
        asked = find_request(work, project, number)
        found = comments_on(work, project, asked, after=after, limit=limit + 1)
        shown = [comment_told(one) for one in found[:limit]]
        return CommentList(comments=shown, next=shown[-1].id if len(found) > limit else None)

    return await read(request, in_project(owner, name, look))


@post(COMMENTS, responses=refusals(409, 422), tags=TAGS, summary="Comment on a merge request")
async def new_comment(request: By, owner: Slug, name: Slug, number: Number, data: JSONBody[NewComment]) -> CommentInfo:
    def do(work: Work, project: Project) -> CommentInfo:
        return comment_told(comment(work, project, find_request(work, project, number, to_change=True), data.body))

    return await write(request, in_project(owner, name, do))


@patch(ONE, responses=refusals(409, 422), tags=TAGS, summary="Change a comment on a merge request")
async def change_comment(
    request: By, owner: Slug, name: Slug, number: Number, comment_id: CommentId, data: JSONBody[NewComment]
) -> CommentInfo:
    def do(work: Work, project: Project) -> CommentInfo:
        asked = find_request(work, project, number, to_change=True)
        return comment_told(edit_comment(work, project, asked, comment_id, data.body))

    return await write(request, in_project(owner, name, do))


@delete(ONE, responses=refusals(409), tags=TAGS, summary="Delete a comment on a merge request")
async def end_comment(request: By, owner: Slug, name: Slug, number: Number, comment_id: CommentId) -> None:
    def do(work: Work, project: Project) -> None:
        delete_comment(work, project, find_request(work, project, number, to_change=True), comment_id)

    await write(request, in_project(owner, name, do))


def comment_told(said: RequestComment) -> CommentInfo:
    return CommentInfo(id=said.id, author=said.author_name, body=said.body, at=said.at, edited_at=said.edited_at)


handlers = [comments, new_comment, change_comment, end_comment]
