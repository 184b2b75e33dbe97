"""Issues, what is said about them, and their labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from litestar import Response
from litestar.params import QueryParameter
from msgspec import UNSET, Struct, UnsetType

from dure.code import (
    MergeRequest,
    RequestComment,
    close_request,
    comments_on,
    edit_request,
    find_request,
    label_request,
    labels_by_request,
    reopen_request,
)
from dure.code import comment as comment_request
from dure.kit import Missing
from dure.ledger import Work
from dure.plan import (
    Comment,
    Filter,
    Issue,
    Label,
    Project,
    assign,
    close_issue,
    comment,
    comments_of,
    edit_issue,
    find_issue,
    labels_of,
    labels_on,
    list_issues,
    open_issue,
    reopen_issue,
    set_labels,
)
from dure.rest.about import request_meant
from dure.rest.grant import WRITE, Wanted, acting
from dure.rest.routes.asked import (
    REPO,
    Asked,
    Id,
    Shape,
    Text,
    Word,
    act,
    addresses,
    body_of,
    changes,
    does,
    drops,
    listed,
    makes,
    reads,
    see,
    sets,
    told,
    turn_of,
    whole_paged,
    within,
)
from dure.rest.shapes import comment_shape, issue_shape, label_shape, request_as_issue, row_shape

READS, WRITES = Wanted("issues"), Wanted("issues", WRITE)
OTHER = "pull-requests"
LOOKS, SPEAKS = Wanted("issues", instead=OTHER), Wanted("issues", WRITE, instead=OTHER)
"""Where a job may mean the merge request that its run is about, or that it opened."""
ISSUES = f"{REPO}/issues"
ISSUE = f"{ISSUES}/{{number:int}}"
InState = Annotated[str, QueryParameter(name="state", max_length=20)]
REASONS = {"completed": "done", "not_planned": "not planned", "duplicate": "duplicate"}


class Named(Struct):
    name: str = ""


class NewIssue(Struct):
    title: str
    body: str | None = None
    labels: list[str | Named] = []
    assignees: list[str] = []


class Change(Struct):
    title: str | None = None
    body: str | UnsetType | None = UNSET
    state: str | None = None
    state_reason: str | None = None
    labels: list[str | Named] | None = None
    assignees: list[str] | None = None

    @property
    def words(self) -> str | None:
        return None if isinstance(self.body, UnsetType) else self.body or ""


class NewComment(Struct):
    body: str


class Labels(Struct):
    labels: list[str | Named] = []


Thing = Issue | MergeRequest


@dataclass(frozen=True)
class Whole:
    project: Project
    thing: Thing
    labels: Sequence[Label]


def names_of(said: Sequence[str | Named]) -> list[str]:
    return [each if isinstance(each, str) else each.name for each in said]


# open: `find_request` and `find_issue` ask before anything is told.
def thing_meant(work: Work, project: Project, number: int, wanted: Wanted = READS) -> Thing:
    """The issue with this number, or the merge request that the job means by it."""
    found = request_meant(work, project, number)
    changes_it = wanted.level == WRITE
    if found is not None:
        return find_request(work, project, number, to_change=True) if changes_it else found
    # What is as good for a merge request is not for an issue.
    acting(work.actor, wanted)
    return find_issue(work, project, number, to_change=changes_it)


# open: whoever has the thing in hand has asked.
def labels_at(work: Work, project: Project, thing: Thing) -> Sequence[Label]:
    if isinstance(thing, MergeRequest):
        return labels_by_request(work, project, [thing.id]).get(thing.id, ())
    return labels_on(work, [thing.id]).get(thing.id, ())


# open: `thing_meant` asks.
def whole(work: Work, project: Project, number: int) -> Whole:
    found = thing_meant(work, project, number)
    return Whole(project, found, labels_at(work, project, found))


# open: `label_request` and `set_labels` ask.
def put_labels(work: Work, project: Project, thing: Thing, names: Sequence[str]) -> None:
    if isinstance(thing, MergeRequest):
        label_request(work, project, thing, names)
    else:
        set_labels(work, project, thing, names)


def shape(request: Asked, found: Whole) -> Shape:
    at = addresses(request, found.project)
    if isinstance(found.thing, MergeRequest):
        return request_as_issue(at, found.thing, found.labels)
    return issue_shape(at, found.thing, found.labels)


@reads(ISSUES)
async def issues(
    request: Asked,
    owner: Word,
    repo: Word,
    in_state: InState = "open",
    labels: Text = "",
    assignee: Text = "",
    creator: Text = "",
) -> Response[list[Shape]]:
    """Without their words, which are told of each by itself."""
    wanted = tuple(label for label in labels.split(",") if label)
    sought = Filter(
        state=None if in_state == "all" else in_state, labels=wanted, assignee=assignee or None, author=creator or None
    )

    turn = turn_of(request)

    def find(work: Work, project: Project) -> list[Shape]:
        listing = list_issues(work, project, sought, skip=turn.skip, limit=turn.limit)
        return [row_shape(addresses(request, project), row) for row in listing.rows]

    return listed(request, turn, await see(request, READS, within(owner, repo, find)))


@makes(ISSUES)
async def new_issue(request: Asked, owner: Word, repo: Word) -> Response[Shape]:
    said = await body_of(request, NewIssue)

    def do(work: Work, project: Project) -> Whole:
        made = open_issue(
            work,
            project,
            title=said.title,
            body=said.body or "",
            labels=known_labels(work, project, names_of(said.labels)),
            assignees=said.assignees,
        )
        return Whole(project, made, labels_at(work, project, made))

    return told(shape(request, await act(request, WRITES, within(owner, repo, do))), 201)


# open: `labels_of` asks before anything is told.
def known_labels(work: Work, project: Project, names: Sequence[str]) -> list[str]:
    """GitHub passes over what a bot may not make; so do we, with labels that the project does not have."""
    there = {label.name.lower(): label.name for label in labels_of(work, project)}
    return [there[name.lower()] for name in names if name.lower() in there]


@reads(ISSUE)
async def issue(request: Asked, owner: Word, repo: Word, number: Id) -> Response[Shape]:
    return told(shape(request, await see(request, LOOKS, within(owner, repo, lambda w, p: whole(w, p, number)))))


@changes(ISSUE)
async def change(request: Asked, owner: Word, repo: Word, number: Id) -> Response[Shape]:
    said = await body_of(request, Change)

    def do(work: Work, project: Project) -> Whole:
        found = thing_meant(work, project, number, WRITES)
        if said.labels is not None:
            put_labels(work, project, found, known_labels(work, project, names_of(said.labels)))
        if isinstance(found, MergeRequest):
            change_request(work, project, found, said)
        else:
            change_issue(work, project, found, said)
        return whole(work, project, number)

    return told(shape(request, await act(request, SPEAKS, within(owner, repo, do))))


# open: each verb asks.
def change_issue(work: Work, project: Project, found: Issue, said: Change) -> None:
    if said.title is not None or said.words is not None:
        edit_issue(work, project, found, title=said.title, body=said.words)
    if said.assignees is not None:
        assign(work, project, found, said.assignees)
    if said.state == "closed":
        close_issue(work, project, found, reason=REASONS.get(said.state_reason or "", "done"))
    elif said.state == "open":
        reopen_issue(work, project, found)


# open: each verb asks.
def change_request(work: Work, project: Project, found: MergeRequest, said: Change) -> None:
    """Nobody is assigned to one here."""
    if said.title is not None or said.words is not None:
        edit_request(work, project, found, title=said.title, body=said.words)
    if said.state == "closed":
        close_request(work, project, found)
    elif said.state == "open":
        reopen_request(work, project, found)


@reads(f"{ISSUE}/comments")
async def comments(request: Asked, owner: Word, repo: Word, number: Id) -> Response[list[Shape]]:
    turn = turn_of(request)

    def find(work: Work, project: Project) -> list[Shape]:
        found = thing_meant(work, project, number)
        said: Sequence[Comment | RequestComment]
        if isinstance(found, MergeRequest):
            said = comments_on(work, project, found, limit=turn.skip + turn.limit)[turn.skip :]
        else:
            said = comments_of(work, project, found, skip=turn.skip, limit=turn.limit)
        return [comment_shape(addresses(request, project), found, each) for each in said]

    return listed(request, turn, await see(request, LOOKS, within(owner, repo, find)))


@makes(f"{ISSUE}/comments")
async def new_comment(request: Asked, owner: Word, repo: Word, number: Id) -> Response[Shape]:
    said = await body_of(request, NewComment)

    def do(work: Work, project: Project) -> Shape:
        found, at = thing_meant(work, project, number, WRITES), addresses(request, project)
        if isinstance(found, MergeRequest):
            return comment_shape(at, found, comment_request(work, project, found, said.body))
        return comment_shape(at, found, comment(work, project, found, said.body))

    return told(await act(request, SPEAKS, within(owner, repo, do)), 201)


@reads(f"{ISSUE}/labels")
async def labels(request: Asked, owner: Word, repo: Word, number: Id) -> Response[list[Shape]]:
    found = await see(request, LOOKS, within(owner, repo, lambda w, p: whole(w, p, number)))
    return told([label_shape(addresses(request, found.project), label) for label in found.labels])


@does(f"{ISSUE}/labels")
async def more_labels(request: Asked, owner: Word, repo: Word, number: Id) -> Response[list[Shape]]:
    return await with_labels(request, owner, repo, number, more=True)


@sets(f"{ISSUE}/labels")
async def these_labels(request: Asked, owner: Word, repo: Word, number: Id) -> Response[list[Shape]]:
    return await with_labels(request, owner, repo, number, more=False)


async def with_labels(request: Asked, owner: str, repo: str, number: int, *, more: bool) -> Response[list[Shape]]:
    said: Labels | list[str | Named] = await body_of(request, Labels | list[str | Named])  # type: ignore[arg-type]
    names = names_of(said if isinstance(said, list) else said.labels)

    def do(work: Work, project: Project) -> Whole:
        found = thing_meant(work, project, number, WRITES)
        before = [label.name for label in labels_at(work, project, found)] if more else []
        put_labels(work, project, found, [*before, *known_labels(work, project, names)])
        return whole(work, project, number)

    found = await act(request, SPEAKS, within(owner, repo, do))
    return told([label_shape(addresses(request, found.project), label) for label in found.labels])


@drops(f"{ISSUE}/labels/{{label:str}}")
async def no_label(request: Asked, owner: Word, repo: Word, number: Id, label: Word) -> Response[list[Shape]]:
    def do(work: Work, project: Project) -> Whole:
        found = thing_meant(work, project, number, WRITES)
        before = [each.name for each in labels_at(work, project, found)]
        left = [name for name in before if name.lower() != label.lower()]
        if left == before:
            raise Missing
        put_labels(work, project, found, left)
        return whole(work, project, number)

    found = await act(request, SPEAKS, within(owner, repo, do))
    return told([label_shape(addresses(request, found.project), each) for each in found.labels])


@reads(f"{REPO}/labels")
async def all_labels(request: Asked, owner: Word, repo: Word) -> Response[list[Shape]]:
    def find(work: Work, project: Project) -> list[Shape]:
        return [label_shape(addresses(request, project), label) for label in labels_of(work, project)]

    return whole_paged(request, await see(request, READS, within(owner, repo, find)))


handlers = [
    issues,
    new_issue,
    issue,
    change,
    comments,
    new_comment,
    labels,
    more_labels,
    these_labels,
    no_label,
    all_labels,
]
