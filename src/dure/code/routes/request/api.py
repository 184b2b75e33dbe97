"""Merge requests for programs, under /api/v1."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Literal

from litestar import get, patch, post
from litestar.params import JSONBody, QueryParameter

from dure.code.repositories import CommitInfo, Repositories
from dure.code.request import (
    MergeRequest,
    close_request,
    edit_request,
    find_request,
    label_request,
    merge_request,
    open_request,
    reopen_request,
)
from dure.code.routes.asked import API, Asked, Home, ask_git, come_home
from dure.code.routes.told import check_told, commit_told
from dure.code.whole import InQueue, RequestPage, request_page, requests_page
from dure.ledger import Work
from dure.plan import Label, Project, in_project
from dure.shell import By, Limit, Number, Slug, read, refusals, write
from dure.wire import (
    MergeRequestChange,
    MergeRequestDetail,
    MergeRequestInfo,
    MergeRequestList,
    NewMerge,
    NewMergeRequest,
    QueuePlace,
    RequestState,
)

TAGS = ["merge requests"]
HERE = f"{API}/merge-requests"
COMMITS_MAX = 250
Before = Annotated[int | None, QueryParameter(ge=1, le=2**31 - 1, description="The number before which to go on.")]
InState = Annotated[
    Literal["open", "merged", "closed"] | None, QueryParameter(name="state", description="Without it, all.")
]


@get(HERE, responses=refusals(422), tags=TAGS, summary="Merge requests")
async def requests(
    request: By, owner: Slug, name: Slug, in_state: InState = None, before: Before = None, limit: Limit = 50
) -> MergeRequestList:
    """The latest first."""
    look = partial(requests_page, state=in_state, before=before, limit=limit)
    found = await read(request, in_project(owner, name, look))
    return MergeRequestList(
        requests=[request_told(found.project, one, found.labels.get(one.id, [])) for one in found.rows],
        next=found.older,
    )


@post(HERE, responses=refusals(409, 422), tags=TAGS, summary="Open a merge request")
async def new_request(request: By, owner: Slug, name: Slug, data: JSONBody[NewMergeRequest]) -> MergeRequestInfo:
    home = await come_home(request, owner, name)
    title = data.title or await title_of(request, home, data.source)

    def make(work: Work, project: Project) -> MergeRequestInfo:
        made = open_request(work, project, source=data.source, target=data.target, title=title, body=data.body)
        return request_told(project, made)

    return await write(request, in_project(owner, name, make))


@get(f"{HERE}/{{number:int}}", responses=refusals(422), tags=TAGS, summary="A merge request")
async def one(request: By, owner: Slug, name: Slug, number: Number) -> MergeRequestDetail:
    """With its commits, its checks, and what stands in the way of a merge."""
    return await detail(request, owner, name, number)


@patch(f"{HERE}/{{number:int}}", responses=refusals(409, 422), tags=TAGS, summary="Change a merge request")
async def change(
    request: By, owner: Slug, name: Slug, number: Number, data: JSONBody[MergeRequestChange]
) -> MergeRequestDetail:
    """Its words, its labels, or whether it is open."""

    def do(work: Work, project: Project) -> None:
        found = find_request(work, project, number, to_change=True)
        if data.title is not None or data.body is not None:
            edit_request(work, project, found, title=data.title, body=data.body)
        if data.labels is not None:
            label_request(work, project, found, data.labels)
        if data.state == "closed":
            close_request(work, project, found)
        elif data.state == "open":
            reopen_request(work, project, found)

    await write(request, in_project(owner, name, do))
    return await detail(request, owner, name, number)


@post(f"{HERE}/{{number:int}}/merges", responses=refusals(409, 422), tags=TAGS, summary="Merge it")
async def merge(request: By, owner: Slug, name: Slug, number: Number, data: JSONBody[NewMerge]) -> MergeRequestDetail:
    """Refused while something stands in its way. It is done in a moment, not at once."""

    def do(work: Work, project: Project) -> None:
        merge_request(work, project, find_request(work, project, number, to_change=True), data.manner)

    await write(request, in_project(owner, name, do))
    return await detail(request, owner, name, number)


async def detail(request: Asked, owner: str, name: str, number: int) -> MergeRequestDetail:
    home = await come_home(request, owner, name)
    found = await read(request, in_project(owner, name, partial(request_page, number=number)))
    return detail_told(home, found, await commits_of(request, home, found.request))


async def commits_of(request: Asked, home: Home, asked: MergeRequest) -> list[CommitInfo]:
    """What it brings, the latest first; once it is merged, what it brought."""
    known = asked.onto or asked.target_sha

    def find(repositories: Repositories) -> list[CommitInfo]:
        return repositories.new_commits(home.repository.id, [asked.head_sha], [known], COMMITS_MAX)

    return await ask_git(request, find)


async def title_of(request: Asked, home: Home, branch: str) -> str:
    """The title of the newest commit of a branch."""

    def find(repositories: Repositories) -> str:
        sha = repositories.head(home.repository.id, branch)
        commit = repositories.commit(home.repository.id, sha) if sha else None
        return commit.title if commit is not None else ""

    return await ask_git(request, find)


def request_told(project: Project, one: MergeRequest, labels: Sequence[Label] = ()) -> MergeRequestInfo:
    return MergeRequestInfo(
        number=one.number,
        title=one.title,
        state=state_of(one),
        source=one.source,
        target=one.target,
        author=one.author_name,
        head=one.head_sha,
        opened_at=one.opened_at,
        updated_at=one.updated_at,
        url=f"/{project.path}/requests/{one.number}",
        labels=[label.name for label in labels],
    )


def state_of(one: MergeRequest) -> RequestState:
    states: dict[str, RequestState] = {"merged": "merged", "closed": "closed"}
    return states.get(one.phase, "open")


def detail_told(home: Home, found: RequestPage, commits: Sequence[CommitInfo]) -> MergeRequestDetail:
    one = found.request
    summary = request_told(found.project, one, found.labels)
    return MergeRequestDetail(
        **{field: getattr(summary, field) for field in summary.__struct_fields__},
        body=one.body,
        base=one.target_sha,
        merge=one.merge_sha or None,
        conflicts=one.conflicting,
        blockers=[str(words) for words in found.blockers],
        merged=one.merged_sha or None,
        commits=[commit_told(home, commit, {}) for commit in commits],
        checks=[check_told(check) for check in found.checks],
        queue=None if found.queued is None else place_told(found.queued),
        left_queue=str(one.why_left) if one.is_open and one.why_left is not None else None,
    )


def place_told(found: InQueue) -> QueuePlace:
    standing, queued = found.standing, found.standing.queued
    return QueuePlace(
        number=standing.request.number,
        title=standing.request.title,
        branch=standing.branch,
        place=standing.place,
        manner="squash" if queued.manner == "squash" else "merge",
        by=queued.by_name,
        queued_at=queued.queued_at,
        sha=queued.group_sha or None,
        ref=standing.ref or None,
        base=queued.base_sha or None,
        checks=[check_told(check) for check in found.checks],
    )


handlers = [requests, new_request, one, change, merge]
